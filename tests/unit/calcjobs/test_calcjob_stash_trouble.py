"""Files that are put aside or brought back while the computer gives trouble."""

import asyncio
import os

import pytest

from aiida.engine import run_get_node
from aiida.engine.processes.calcjobs import tasks
from aiida.orm import RemoteData, load_node
from aiida.plugins import CalculationFactory
from aiida.transports.plugins.local import LocalTransport

NAMES = ['a', 'b', 'd/c']


@pytest.fixture
def impatient(monkeypatch):
    """Two attempts, a hundredth of a second apart."""
    values = {tasks.RETRY_INTERVAL_OPTION: 0.01, tasks.MAX_ATTEMPTS_OPTION: 2}
    monkeypatch.setattr(tasks, 'get_option_value', lambda name, default=None: values.get(name, default))


@pytest.fixture
def folder(computer, tmp_path):
    """A folder with files on the computer."""
    for name in NAMES:
        (tmp_path / 'made' / 'by' / 'hand' / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / 'made' / 'by' / 'hand' / name).write_text(name)
    return RemoteData(computer=computer, remote_path=str(tmp_path / 'made' / 'by' / 'hand')).store()


def stashing(folder, base, mode):
    stash = {'target_base': str(base), 'source_list': ['a', 'b', 'd'], 'stash_mode': mode}
    if mode != 'copy':
        stash['dereference'] = False
    return {'source_node': folder, 'metadata': {'computer': folder.computer, 'options': {'stash': stash}}}


def unstashing(kept):
    unstash = {'source_list': ['*'], 'unstash_target_mode': 'NewRemoteData'}
    return {'source_node': kept, 'metadata': {'computer': kept.computer, 'options': {'unstash': unstash}}}


def tree(root):
    return sorted(
        os.path.relpath(os.path.join(place, name), root)
        for place, _, names in os.walk(root)
        for name in names
        if 'aiida' not in f'{place[len(root) :]}/{name}'
    )


def live_through(runner, monkeypatch, process_class, inputs, verb, calls_that_work):
    """Run a job, of whose calls of a verb only so many work until it is played; return its node and what it told."""
    node = runner.submit(process_class, **inputs)
    process = runner.live_process(node.pk)
    right, calls, told = getattr(LocalTransport, verb), [], []

    def fail(*args, **kwargs):
        calls.append(args)
        if len(calls) > calls_that_work:
            raise OSError('the network is down')
        return right(*args, **kwargs)

    async def live():
        with monkeypatch.context() as patch:
            patch.setattr(LocalTransport, verb, fail)
            while not process.paused:
                await asyncio.sleep(0.01)
        told.append(load_node(node.pk).process_status)
        process.play()
        while not process.has_terminated():
            await asyncio.sleep(0.01)

    runner.run_until_complete(runner.loop.create_task(asyncio.wait_for(live(), 20)))
    return load_node(node.pk), told[0]


@pytest.mark.usefixtures('impatient')
@pytest.mark.parametrize(('mode', 'verb', 'calls'), [('copy', 'copy', 1), ('tar', 'compress', 0)])
def test_put_aside(runner, monkeypatch, folder, tmp_path, mode, verb, calls):
    inputs = stashing(folder, tmp_path / 'kept', mode)
    node, status = live_through(runner, monkeypatch, CalculationFactory('core.stash'), inputs, verb, calls)
    assert 'stash' in status
    assert 'the network is down' in status
    assert node.is_finished_ok
    kept = node.outputs.remote_stash
    back = run_get_node(CalculationFactory('core.unstash'), **unstashing(kept)).node
    assert tree(back.outputs.remote_folder.get_remote_path()) == NAMES


@pytest.mark.usefixtures('impatient')
@pytest.mark.parametrize(
    ('mode', 'verb', 'calls'),
    [('copy', 'copy', 1), ('tar', 'extract', 0), ('tar', 'rename', 1), ('tar.xz', 'rename', 2)],
)
def test_brought_back(runner, monkeypatch, folder, tmp_path, mode, verb, calls):
    """What is there half is replaced, and nothing else is left."""
    kept = run_get_node(CalculationFactory('core.stash'), **stashing(folder, tmp_path / 'kept', mode)).node
    inputs = unstashing(kept.outputs.remote_stash)
    node, status = live_through(runner, monkeypatch, CalculationFactory('core.unstash'), inputs, verb, calls)
    assert 'unstash' in status
    assert 'the network is down' in status
    assert node.is_finished_ok
    place = node.outputs.remote_folder.get_remote_path()
    assert tree(place) == NAMES
    assert [name for name in os.listdir(os.path.dirname(place)) if 'unstash' in name] == []


def test_killed_while_it_waits(runner, folder, tmp_path):
    """There is no job to be killed."""
    inputs = stashing(folder, tmp_path / 'kept', 'copy')
    node = runner.submit(CalculationFactory('core.stash'), **inputs)
    process = runner.live_process(node.pk)

    async def live():
        while process.node.get_state() is None:
            await asyncio.sleep(0)
        process.kill('no longer needed')
        while not process.has_terminated():
            await asyncio.sleep(0.01)

    runner.run_until_complete(runner.loop.create_task(asyncio.wait_for(live(), 20)))
    assert load_node(node.pk).is_killed
    assert not (tmp_path / 'kept').exists()
