"""Killing, pausing and playing processes that live here."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from engine_samples import Fan, Leaf, Slow, Stuck
from plumpy.exceptions import KilledError

from aiida import orm
from aiida.engine import ToContext, WorkChain, run, submit, while_
from aiida.engine.processes.control import (
    ProcessTimeoutException,
    get_active_processes,
    kill_processes,
    pause_processes,
    play_processes,
)
from aiida.engine.runners import Runner


def live(runner: Runner, process: Any, action: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a process beside something that acts on it, and return what that returns."""

    async def both() -> Any:
        task = runner.start_task(process)
        result = await asyncio.wait_for(action(), 5)
        await asyncio.wait([task], timeout=5)
        return result

    return runner.run_until_complete(both())  # type: ignore[arg-type]


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


def test_kill_before_it_runs(store: Any) -> None:
    process = Leaf(inputs={'x': 1})
    assert process.kill('not wanted') is True
    node = process.node
    assert (node.is_killed, node.is_sealed, node.process_status) == (True, True, 'not wanted')
    assert store.list_checkpoints() == []
    assert store.read_run(node.pk) is None
    with pytest.raises(KilledError):
        run(process)
    assert process.kill() is True


def test_kill_of_what_has_ended() -> None:
    process = Leaf(inputs={'x': 1})
    run(process)
    assert process.kill() is False
    assert process.node.is_finished_ok


def test_kill_in_its_own_step() -> None:
    class Suicidal(WorkChain):
        @classmethod
        def define(cls, spec: Any) -> None:
            super().define(spec)
            spec.outline(cls.first, cls.second)

        def first(self) -> None:
            self.kill('enough')

        def second(self) -> None:
            raise AssertionError('it is dead')

    process = Suicidal()
    with pytest.raises(KilledError, match='enough'):
        run(process)
    assert process.node.is_killed
    assert process.node.is_sealed


def test_kill_takes_the_children_along(runner: Runner, store: Any) -> None:
    process = Slow()

    async def kill() -> Any:
        await until(lambda: bool(process.node.called) and process.node.called[0].process_state.value == 'waiting')
        return await process.kill('all of you')  # type: ignore[misc]

    assert live(runner, process, kill) is True
    child = process.node.called[0]
    assert process.node.is_killed
    assert process.node.process_status == 'all of you'
    assert child.is_killed
    assert child.process_status == f'Killed by parent Slow<{process.pid}>'
    assert child.is_sealed
    assert store.list_checkpoints() == []
    assert not runner._live


def test_keyword_of_the_older_signature() -> None:
    process = Leaf(inputs={'x': 1})
    process.kill(msg='older')
    assert process.node.process_status == 'older'


def test_pause_and_play_before_it_runs(runner: Runner) -> None:
    process = Leaf(inputs={'x': 1})
    process.pause('wait')
    assert process.node.paused
    assert process.node.process_status == 'wait'
    assert orm.load_node(process.pid).process_status == 'wait'

    async def play() -> None:
        await asyncio.sleep(0.02)
        assert process.state.value == 'created'  # type: ignore[union-attr]
        process.play()

    live(runner, process, play)
    assert process.node.is_finished_ok
    assert not process.node.paused
    assert process.node.process_status is None


def test_pause_while_it_waits(runner: Runner) -> None:
    done: list[str] = []

    class Waits(WorkChain):
        @classmethod
        def define(cls, spec: Any) -> None:
            super().define(spec)
            spec.outline(cls.launch, cls.after)

        def launch(self) -> Any:
            return ToContext(fan=self.submit(Fan, n=orm.Int(3)))

        def after(self) -> None:
            done.append('after')

    process = Waits()

    async def pause_and_play() -> None:
        await until(lambda: process.state.value == 'waiting')  # type: ignore[union-attr]
        action: Any = process.pause('a rest')
        assert await action is True
        child = process.node.called[0]
        await until(lambda: child.is_terminated)
        await asyncio.sleep(0.03)
        assert done == []
        assert process.node.paused
        assert process.node.process_status == 'a rest'
        process.play()

    live(runner, process, pause_and_play)
    assert done == ['after']
    assert process.node.is_finished_ok
    assert not process.node.paused


def test_kill_while_paused(runner: Runner) -> None:
    process = Stuck()

    async def pause_and_kill() -> None:
        await until(lambda: process.state.value == 'waiting')  # type: ignore[union-attr]
        await process.pause()  # type: ignore[misc]
        result = process.kill('done waiting')
        if asyncio.isfuture(result):
            await result

    live(runner, process, pause_and_kill)
    assert process.node.is_killed
    assert process.node.is_sealed


def test_child_elsewhere_is_asked_by_its_row(runner: Runner, store: Any) -> None:
    process = Slow()

    async def kill() -> None:
        await until(lambda: bool(process.node.called) and process.node.called[0].process_state.value == 'waiting')
        child = process.node.called[0]
        elsewhere = runner._live.pop(child.pk)
        process.kill('from afar')
        await asyncio.sleep(0.01)
        row = store.read_run(child.pk)
        assert (row.desired_state, row.desired_message) == ('kill', f'Killed by parent Slow<{process.pid}>')
        runner._live[child.pk] = elsewhere
        elsewhere.kill()

    live(runner, process, kill)
    assert process.node.is_killed


@pytest.mark.parametrize('first', ['pause', 'news'])
def test_pause_and_news_at_the_same_moment(runner: Runner, first: str) -> None:
    process = Stuck()

    async def both() -> None:
        await until(lambda: process.state.value == 'waiting')  # type: ignore[union-attr]
        await asyncio.sleep(0.01)
        awaitable = process._awaitables[0]
        if first == 'news':
            process._on_awaitable_finished(awaitable)
        action: Any = process.pause('now')
        if first == 'pause':
            process._on_awaitable_finished(awaitable)
        assert await action is True
        assert process.node.paused
        process.play()

    live(runner, process, both)
    assert process.node.is_finished_ok


class Endless(WorkChain):
    """Takes step after step without ever waiting."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.outline(while_(cls.always)(cls.step_on))

    def always(self) -> bool:
        return True

    def step_on(self) -> None:
        self.ctx.i = self.ctx.get('i', 0) + 1


def test_what_never_waits_can_be_paused_and_killed(runner: Runner) -> None:
    process = Endless()

    async def act() -> None:
        await until(lambda: process.ctx.get('i', 0) > 3)
        assert process.pause('a rest') is True
        steps = process.ctx.i
        await asyncio.sleep(0.02)
        assert process.ctx.i == steps
        process.play()
        await until(lambda: process.ctx.i > steps)
        assert process.kill('enough') is True

    live(runner, process, act)
    assert process.node.is_killed


def test_work_chains_take_turns(runner: Runner) -> None:
    first, second = Endless(), Endless()

    async def watch() -> None:
        task = runner.start_task(second)
        await until(lambda: first.ctx.get('i', 0) > 5)
        assert second.ctx.i > 2
        first.kill()
        second.kill()
        await task

    live(runner, first, watch)


@pytest.fixture
def elsewhere(store: Any) -> Iterator[Runner]:
    """A runner in a thread, which counts as another program."""
    started = threading.Event()
    made: list[Runner] = []

    def target() -> None:
        with Runner() as other:
            made.append(other)
            other.loop.call_soon(started.set)
            other.start()

    thread = threading.Thread(target=target)
    thread.start()
    started.wait()
    yield made[0]
    made[0].stop()
    thread.join()


def launch_there(runner: Runner, process_class: Any) -> Any:
    async def schedule() -> Any:
        return runner.schedule(process_class)

    return asyncio.run_coroutine_threadsafe(schedule(), runner.loop).result(5)


def test_what_is_run_elsewhere_obeys_its_row(elsewhere: Runner) -> None:
    node = launch_there(elsewhere, Slow)
    node = orm.load_node(node.pk)
    pause_processes([node], msg_text='a rest')
    assert node.paused
    assert node.process_status == 'a rest'
    play_processes([node])
    assert not node.paused
    kill_processes([node], msg_text='enough')
    assert node.is_killed
    assert node.process_status == 'enough'
    assert all(child.is_killed for child in node.called)
    with pytest.raises(ValueError, match='either'):
        kill_processes()
    with pytest.raises(ValueError, match='either'):
        kill_processes([node], all_entries=True)


def test_what_nobody_runs_is_dealt_with_here(store: Any) -> None:
    nodes = [submit(Leaf, x=number) for number in range(3)]
    assert get_active_processes() == nodes
    assert get_active_processes(project='id') == [node.pk for node in nodes]
    pause_processes(nodes[:2])
    assert [node.paused for node in nodes] == [True, True, False]
    assert get_active_processes(paused=True) == nodes[:2]
    assert [row.node_id for row in store.claim('worker', 1e10, 2e10, limit=9)] == [nodes[2].pk]
    store.release(nodes[2].pk, 1, 0.0)
    play_processes(all_entries=True)
    assert not any(node.paused for node in nodes)
    kill_processes(all_entries=True)
    assert all(node.is_killed and node.is_sealed for node in nodes)
    assert store.list_checkpoints() == []


def test_what_lives_here_is_dealt_with_at_once() -> None:
    process = Leaf(inputs={'x': 1})
    pause_processes([process.node])
    assert process.paused
    play_processes([process.node])
    assert not process.paused
    kill_processes([process.node])
    assert process.node.is_killed


def test_who_does_not_answer(store: Any, caplog: Any) -> None:
    node = submit(Leaf, x=1)
    assert store.claim_one(node.pk, 'elsewhere:1:1.0', 1.0, 1e12) is not None
    with pytest.raises(ProcessTimeoutException, match=f'Process<{node.pk}>'):
        kill_processes([node], timeout=0.05)
    assert store.read_run(node.pk).desired_state == 'kill'
    done = run.get_node(Leaf, x=1).node  # type: ignore[attr-defined]
    kill_processes([done])
    assert f'Process<{done.pk}> is already terminated' in caplog.text
