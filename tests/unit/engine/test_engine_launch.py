"""Launching: from scripts, threads, running loops, and handing over to workers."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from typing import Any

import pytest
from engine_samples import Fan, Leaf, add, add_twice

from aiida import orm
from aiida.common.claims import Owner
from aiida.common.exceptions import ConfigurationError, InvalidOperation
from aiida.engine import Process, ProcessFuture, await_processes, run, run_get_node, run_get_pk, submit
from aiida.engine.runners import RUNNER, Runner


def test_forms() -> None:
    assert run(Leaf, x=2)['y'] == 4
    assert run(Leaf, {'x': 2})['y'] == 4
    assert run(Leaf, inputs={'x': 2})['y'] == 4
    result, node = run_get_node(Leaf, x=2)
    assert result['y'].uuid == node.outputs.y.uuid
    named = run_get_node(Leaf, x=2)
    assert (named.result['y'], named.node.is_finished_ok) == (4, True)
    assert run_get_pk(Leaf, x=2).pk > named.node.pk
    instance = Leaf(inputs={'x': 2})
    assert run(instance)['y'] == 4


@pytest.mark.parametrize('what', [3, None, 'text', print, dict, orm.Int])
def test_what_is_no_process(what: Any) -> None:
    with pytest.raises(ValueError, match='invalid process'):
        run(what)


def test_inputs_given_twice() -> None:
    with pytest.raises(ValueError, match='both'):
        run(Leaf, {'x': 1}, x=2)
    with pytest.raises(TypeError, match='process functions only'):
        run(Leaf, orm.Int(1))


def test_invalid_inputs_leave_nothing_behind(store: Any) -> None:
    with pytest.raises(ValueError, match=r'inputs\.x'):
        run(Leaf, x='text')
    assert orm.QueryBuilder().append(orm.Node).count() == 0
    assert store.list_checkpoints() == []


def test_nothing_is_alive_after_a_run(store: Any, runner: Runner) -> None:
    _, node = run_get_node(Fan, n=3)
    assert store.list_checkpoints() == []
    assert store.read_run(node.pk) is None
    assert all(store.read_run(child.pk) is None for child in node.called)
    assert not runner._live
    assert not runner._tasks


def test_without_provenance(store: Any) -> None:
    result, node = run_get_node(Leaf, x=2, metadata={'store_provenance': False})
    assert result['y'] == 4
    assert not node.is_stored
    assert node.is_finished_ok
    assert orm.QueryBuilder().append(orm.Node).count() == 0


def test_without_a_profile() -> None:
    code = 'from aiida.engine import Process; Process()'
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=False)
    assert 'load_profile' in result.stderr
    assert ConfigurationError.__name__ in result.stderr


def test_threads_have_runners_of_their_own() -> None:
    results: dict[int, Any] = {}

    def work(number: int) -> None:
        results[number] = (run(Leaf, x=number)['y'].value, add(number, 1).value, run(Fan, n=2)['total'].value)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: (2 * number, number + 1, 2) for number in range(6)}


def test_inside_a_running_loop(store: Any) -> None:
    async def cell() -> Any:
        await asyncio.sleep(0)
        _, node = run_get_node(Fan, n=3)
        return (
            run(Leaf, x=3)['y'].value,
            add_twice(1, 2).value,
            node.is_finished_ok,
            run(Leaf(inputs={'x': 1}))['y'].value,
        )

    assert asyncio.run(cell()) == (6, 5, True, 2)
    assert store.list_checkpoints() == []


def test_errors_inside_a_running_loop() -> None:
    async def cell() -> None:
        run(Leaf, x='text')

    with pytest.raises(ValueError, match=r'inputs\.x'):
        asyncio.run(cell())


def test_inside_a_running_loop_with_a_portal() -> None:
    from plumpy.greenback_bridge import ensure_portal

    async def cell() -> Any:
        await ensure_portal()
        return run(Fan, n=3)['total'].value

    assert asyncio.run(cell()) == 6


def test_submit_leaves_it_to_the_workers(store: Any) -> None:
    node = submit(Leaf, x=2)
    assert node.process_state.value == 'created'
    assert not node.is_held
    row = store.read_run(node.pk)
    assert row is not None
    assert row.owner is None
    assert row.ready_since is not None
    assert store.list_checkpoints(node.pk) == [(node.pk, '')]
    claimed = store.claim('worker', time.time(), time.time() + 60)
    assert [run_row.node_id for run_row in claimed] == [node.pk]


def test_submitted_process_is_continued_from_its_checkpoint(store: Any, runner: Runner) -> None:
    from aiida.engine.runtime.resuming import resume

    builder = Leaf.get_builder()
    builder.x = orm.Int(4)  # type: ignore[attr-defined]
    nodes = [submit(Leaf, {'x': 2}), submit(builder), submit(Leaf(inputs={'x': 5}))]
    futures = [resume(runner, node.pk).future() for node in nodes]
    for future in futures:
        runner.run_until_complete(future)
    await_processes(nodes)
    assert [node.outputs.y.value for node in nodes] == [4, 8, 10]
    assert store.list_checkpoints() == []


def test_submit_refuses() -> None:
    with pytest.raises(TypeError, match='add'):
        submit(add, x=1, y=2)
    with pytest.raises(InvalidOperation, match='store_provenance'):
        submit(Leaf, x=1, metadata={'store_provenance': False})
    with pytest.raises(ValueError, match='both'):
        submit(Leaf, {'x': 1}, x=1)


def test_await_processes_tells_and_returns(caplog: Any) -> None:
    _, node = run_get_node(Leaf, x=1)
    await_processes([node])
    waiting = submit(Leaf, x=1)
    timer = threading.Timer(0.15, lambda: _end(waiting.pk))
    timer.start()
    await_processes([node, waiting], wait_interval=0.05)  # type: ignore[arg-type]
    timer.join()
    assert waiting.is_terminated


def _end(pk: int) -> None:
    from aiida.engine.runtime.resuming import resume

    with Runner() as other:
        other.run_until_complete(resume(other, pk).future())


def test_waiting_for_a_process_that_is_run_elsewhere(runner: Runner) -> None:
    node = submit(Leaf, x=1)
    seen: list[Any] = []

    async def wait() -> Any:
        done = asyncio.get_running_loop().create_future()
        runner.call_on_process_finish(node.pk, lambda: done.set_result(node.process_state.value))
        future = runner.get_process_future(node.pk)
        thread = threading.Thread(target=_end, args=(node.pk,))
        thread.start()
        seen.append(await asyncio.wait_for(done, 5))
        seen.append((await asyncio.wait_for(future, 5)).pk)
        thread.join()

    runner.run_until_complete(wait())  # type: ignore[arg-type]
    assert seen == ['finished', node.pk]


def test_process_future_needs_a_way_to_learn(runner: Runner) -> None:
    _, node = run_get_node(Leaf, x=1)
    with pytest.raises(ValueError, match='poll interval'):
        ProcessFuture(node.pk, runner.loop)
    assert ProcessFuture(node.pk, runner.loop, poll_interval=0.1).result().pk == node.pk


def test_runner_that_leaves_processes_to_the_workers(store: Any) -> None:
    for options in ({'rmq_submit': True}, {'broker_submit': True}):
        with Runner(**options) as runner:  # type: ignore[arg-type]
            assert runner.is_daemon_runner
            node = runner.submit(Leaf, x=1)
        assert store.read_run(node.pk).owner is None
    assert runner.is_closed()


def test_current_process() -> None:
    assert Process.current() is None
    run(Leaf, x=1)
    assert Process.current() is None


def test_runner_slot_is_overridden(runner: Runner) -> None:
    assert RUNNER.get() is runner


SCRIPT = """
    import signal, sys, time
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a program in the background has it ignored
    sys.path.insert(0, {folder!r})
    from aiida import orm
    from aiida.orm.backend import STORE
    from aiida.storage.sqlite.store import SqliteStore
    from aiida.engine.runners import RUNNER, Runner
    from aiida.engine import WorkChain, ToContext, run, run_get_node, calcfunction
    from engine_interruptible import *

    store = SqliteStore({store!r})
    STORE.fill(lambda: store)
    runner = Runner()
    RUNNER.fill(lambda: runner)
    try:
        {launch}
    except KeyboardInterrupt:
        print('interrupted', flush=True)
    else:
        print('went on', flush=True)
"""

INTERRUPTIBLE = """
    import time, asyncio
    from aiida import orm
    from aiida.engine import WorkChain, ToContext, calcfunction

    def announce():
        print('ready', flush=True)
        time.sleep(30)

    class Sleeping(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.outline(cls.sleep)

        def sleep(self):
            announce()

    class Parent(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.outline(cls.launch, cls.done)

        def launch(self):
            return ToContext(a=self.submit(Sleeping), b=self.submit(Sleeping))

        def done(self):
            pass

    class Waiting(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.outline(cls.wait, cls.done)

        def wait(self):
            self.loop.call_later(0.1, print, 'ready', )
            import sys
            self.loop.call_later(0.15, sys.stdout.flush)
            return ToContext(me=self.node)

        def done(self):
            pass

    @calcfunction
    def sleep():
        announce()

    async def cell():
        from aiida.engine import run
        run(Waiting)
"""


@pytest.mark.parametrize(
    ('launch', 'killed'),
    [
        ('run(Sleeping)', ['Sleeping']),
        ('run(Waiting)', ['Waiting']),
        ('run(Parent)', ['Parent', 'Sleeping', 'Sleeping']),
        ('sleep()', ['sleep']),
        ('asyncio.run(cell())', ['Waiting']),
    ],
)
def test_ctrl_c_kills_the_process_and_what_it_called(tmp_path: Any, launch: str, killed: list[str]) -> None:
    from aiida.storage.sqlite.store import SqliteStore

    folder = tmp_path / 'store'
    SqliteStore.initialise(folder, user_email='a@b').close()
    (tmp_path / 'engine_interruptible.py').write_text(textwrap.dedent(INTERRUPTIBLE))
    script = textwrap.dedent(SCRIPT).format(folder=str(tmp_path), store=str(folder), launch=launch)
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, '-c', script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == 'ready'
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert out.strip() == 'interrupted', err
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    assert time.monotonic() - started < 20
    found = SqliteStore(folder)
    try:
        rows = list(found.select("SELECT attributes FROM db_dbnode WHERE node_type LIKE 'process%' ORDER BY id", ()))
        import json

        attributes = [json.loads(row[0]) for row in rows]
        assert [entry['process_label'] for entry in attributes] == killed
        assert [entry['process_state'] for entry in attributes] == ['killed'] * len(killed)
        assert all(entry['sealed'] for entry in attributes)
        assert found.list_checkpoints() == []
    finally:
        found.close()


def test_handlers_of_the_user_are_left_alone() -> None:
    def mine(*_: Any) -> None:
        pass

    before = signal.signal(signal.SIGINT, mine)
    try:
        run(Leaf, x=1)
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)
    run(Leaf, x=1)
    assert signal.getsignal(signal.SIGINT) is before


def test_owner_tells_host_and_process(runner: Runner) -> None:
    assert runner.owner is not None
    owner = Owner.parse(runner.owner)
    assert (owner.host, owner.pid) == (socket.gethostname(), os.getpid())


def test_dry_run_is_not_submitted(runner: Runner) -> None:
    with pytest.raises(InvalidOperation, match='dry run'):
        runner.submit(Leaf, x=1, metadata={'dry_run': True})


def test_last_change_of_state() -> None:
    from aiida.common.timezone import now
    from aiida.engine.utils import get_process_state_change_timestamp

    assert get_process_state_change_timestamp() is None
    before = now()
    add(1, 2)
    calculation = get_process_state_change_timestamp('calculation')
    assert calculation is not None
    assert before <= calculation <= now()
    assert get_process_state_change_timestamp('work') is None
    run(Leaf, x=1)
    assert get_process_state_change_timestamp('work') == get_process_state_change_timestamp()
    with pytest.raises(ValueError, match='process_type'):
        get_process_state_change_timestamp('other')
