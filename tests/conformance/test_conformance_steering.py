"""Rows C and J: pausing, playing and killing, in every state and from everywhere; checkpoints that fail."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conformance_inventory import row
from conformance_processes import Counter, Stuck, Tree
from plumpy.exceptions import KilledError, PersistenceError

from aiida import orm
from aiida.engine import AiiDAPersister, ProcessState, WorkChain, run, run_get_node
from aiida.engine.processes import control

pytestmark = pytest.mark.usefixtures('runner')


def told(process):
    node = orm.load_node(process.pid)
    return process.paused, node.paused, node.process_status


@row('C01', 'F14')
def test_pausing_and_playing_several_times():
    process = Counter(inputs={'x': 1})
    assert process.pause('one') is True
    assert told(process) == (True, True, 'one')
    assert process.pause('two') is True
    assert told(process) == (True, True, 'one')
    assert process.play() is True
    assert told(process) == (False, False, None)
    assert process.play() is True
    assert process.pause() is True
    assert told(process) == (True, True, None)
    process.play()
    process.set_status('busy')
    process.pause('three')
    process.play()
    assert told(process) == (False, False, 'busy')
    assert process.kill('bye') is True
    assert process.kill('again') is True
    assert process.pause('late') is False
    assert process.play() is True
    assert told(process) == (False, False, 'bye')
    assert process.node.is_killed
    with pytest.raises(KilledError, match='bye'):
        run(process)


class Inner(WorkChain):
    """Steers itself in its first step, as its input says."""

    trail: list = []

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('ways', valid_type=orm.List)
        spec.input('ends', valid_type=orm.Int, default=lambda: orm.Int(0))
        spec.outline(cls.first, cls.second)

    def first(self):
        for way in self.inputs.ways.get_list():
            getattr(self, way)(*() if way == 'play' else ('inside',))
        if self.inputs.ends.value < 0:
            raise ValueError('on purpose')
        return self.inputs.ends.value

    def second(self):
        self.trail.append('second')


@row('C01')
@pytest.mark.parametrize(
    ('ways', 'ends', 'state', 'pauses', 'goes_on'),
    [
        (['pause'], 0, 'finished', 1, True),
        (['kill'], 0, 'killed', 0, False),
        (['pause', 'play'], 0, 'finished', 0, True),
        (['pause', 'kill'], 0, 'killed', 0, False),
        (['kill', 'pause'], 0, 'killed', 0, False),
        (['kill', 'kill'], 0, 'killed', 0, False),
        (['kill'], -1, 'killed', 0, False),
        (['kill'], 5, 'killed', 0, False),
        (['pause'], 5, 'finished', 0, False),
        (['pause'], -1, 'excepted', 0, False),
    ],
)
def test_steering_from_within_a_step(runner, ways, ends, state, pauses, goes_on):
    async def go():
        task = runner.start_task(process)
        seen = 0
        while not process.has_terminated():
            await asyncio.sleep(0.005)
            if process.paused and not process.has_terminated():
                assert told(process) == (True, True, 'inside')
                seen += 1
                process.play()
        await task
        return seen

    Inner.trail.clear()
    process = Inner(inputs={'ways': ways, 'ends': ends})
    assert runner.loop.run_until_complete(asyncio.wait_for(go(), 20)) == pauses
    assert process.state.value == orm.load_node(process.pid).process_state.value == state
    assert orm.load_node(process.pid).is_sealed
    assert bool(Inner.trail) is goes_on


@row('C01', 'F14')
@pytest.mark.parametrize('paused', [True, False])
def test_steering_what_waits_for_others(runner, paused):
    """A parent is paused and played several times while it waits, and killed with all below."""

    async def go():
        task = runner.start_task(process)
        while len(process.node.called_descendants) < 2 or process.state is not ProcessState.WAITING:
            await asyncio.sleep(0.005)
        waiting = told(process)[2]
        assert waiting.startswith('Waiting for child processes: ')
        for number in range(3):
            outcome = process.pause(f'number {number}')
            assert outcome is True or await outcome is True
            assert told(process) == (True, True, f'number {number}')
            assert process.play() is True
            await asyncio.sleep(0.01)
            assert told(process) == (False, False, waiting)
        if paused:
            outcome = process.pause('then')
            assert outcome is True or await outcome is True
        first, second = process.kill('all'), process.kill('twice')
        assert first is True or await first is True
        assert second is True or await second is True
        await task

    process = Tree()
    runner.loop.run_until_complete(asyncio.wait_for(go(), 20))
    assert process.node.process_status == 'all'
    statuses = [node.process_status for node in process.node.called_descendants]
    assert [node.is_killed for node in process.node.called_descendants] == [True, True]
    assert statuses[0] == f'Killed by parent Tree<{process.pid}>'


@row('C01', 'J06', 'M06')
def test_steering_from_another_thread(runner):
    def steer():
        node = orm.load_node(process.pid)
        while node.process_state is not ProcessState.WAITING:
            time.sleep(0.01)
        for number in range(2):
            control.pause_processes([node], msg_text=f'number {number}', timeout=20)
            seen.append((node.paused, node.process_status))
            control.play_processes([node], timeout=20)
            seen.append((node.paused, node.process_status))
        control.kill_processes([node], msg_text='enough', timeout=20)
        seen.append((node.is_killed, node.process_status))

    seen = []
    process = Stuck()
    thread = threading.Thread(target=steer)
    thread.start()
    with pytest.raises(KilledError, match='enough'):
        run(process)
    thread.join()
    waiting = f'Waiting for child processes: {process.pid}'
    assert seen == [(True, 'number 0'), (False, waiting), (True, 'number 1'), (False, waiting), (True, 'enough')]


class Late(WorkChain):
    """Launches another one after it was asked to end."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.outline(cls.only)

    def only(self):
        self.kill('enough')
        self.submit(Stuck)


@row('F14')
def test_what_is_launched_after_the_request_is_killed_too(runner):
    process = Late()
    with pytest.raises(KilledError, match='enough'):
        run(process)
    (child,) = process.node.called
    assert child.is_killed
    assert child.process_status == f'Killed by parent Late<{process.pid}>'


# checkpoints that fail


@row('C02', 'C08')
def test_a_persister_that_fails_is_told(runner, monkeypatch):
    def fail(self, process, tag=None):
        raise PersistenceError('the disk is full')

    monkeypatch.setattr(AiiDAPersister, 'save_checkpoint', fail)
    node = run_get_node(Counter, x=2).node
    assert node.is_finished_ok
    (warning,) = [log for log in orm.Log.collection.get_logs_for(node) if log.levelname == 'WARNING']
    assert 'the disk is full' in warning.message


# from another program

PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
from aiida import load_profile
load_profile()
from aiida.engine import run
from conformance_processes import Stuck, Tree
print('begun', flush=True)
try:
    run(Tree)
except BaseException as exception:
    print(type(exception).__name__, exception, flush=True)
"""


@row('J06', 'J07', 'M06', 'C07')
def test_steering_from_another_program(tmp_path):
    """`verdi process` reaches what a program runs, and its children."""

    def verdi(*arguments):
        command = [sys.executable, '-m', 'aiida', *arguments]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    def rows(*options):
        text = verdi(
            'process', 'list', '-a', '-r', '-P', 'process_label', 'state', 'paused', 'process_status', *options
        )
        return [
            line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith(('Report', 'Warn'))
        ]

    env = {**os.environ, 'AIIDA_PATH': str(tmp_path)}
    verdi('presto')
    program = subprocess.Popen(
        [sys.executable, '-c', PROGRAM.format(folder=str(Path(__file__).parent))],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while len(listed := rows()) < 3 or 'Waiting' not in str(listed):
            assert time.monotonic() < deadline, listed
        pk = verdi('process', 'list', '-r', '-P', 'pk').split()[0]
        verdi('process', 'pause', '--wait', '-t', '20', pk)
        tree, *below = rows()
        assert 'True' in tree[1]
        assert ['True' in text for _, text in below] == [True, True]
        assert 'Paused through' in tree[1]
        verdi('process', 'play', '--wait', '-t', '20', pk)
        assert 'True' not in rows()[0][1]
        verdi('process', 'kill', '-t', '20', pk)
        output, _ = program.communicate(timeout=30)
        assert 'KilledError' in output
        assert 'Killed through' in output
        assert ['Killed' in text for _, text in rows()] == [True] * 3
        assert 'already terminated' in verdi('process', 'kill', pk)
    finally:
        program.kill()
        program.wait()
