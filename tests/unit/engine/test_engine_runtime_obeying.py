"""Obeying the rows of processes, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from engine_samples import Stuck

from aiida import orm
from aiida.common.exceptions import StorageUnavailable
from aiida.engine.processes.control import kill_processes, play_processes
from aiida.engine.runners import Runner
from aiida.engine.runtime import obeying


@pytest.fixture(autouse=True)
def look_often(monkeypatch: Any) -> None:
    monkeypatch.setattr(obeying, '_LOOK', 0.02)


def launched(runner: Runner) -> Any:
    node = runner.submit(Stuck)
    return runner.live_process(node.pk)


def drive(runner: Runner, condition: Callable[[], bool], seconds: float = 3.0) -> None:
    """Run the loop until a condition holds, and fail if it does not in time."""

    async def wait() -> None:
        while not condition():
            await asyncio.sleep(0.01)

    runner.run_until_complete(asyncio.wait_for(wait(), seconds))  # type: ignore[arg-type]


def is_waiting(process: Any) -> Callable[[], bool]:
    return lambda: process.state.value == 'waiting'


def test_what_is_asked_while_the_rows_are_read_is_seen(runner: Runner, store: Any, monkeypatch: Any) -> None:
    process = launched(runner)
    drive(runner, is_waiting(process))
    asked: list[int] = []
    original = type(store).runs_of

    def runs_of(self: Any, owner: str) -> Any:
        rows = original(self, owner)
        if not asked:
            asked.append(1)
            store.set_desired(process.pid, 'kill', 'just after it was read')
        return rows

    drive(runner, lambda: runner.obedience._counter == store.change_counter())
    monkeypatch.setattr(type(store), 'runs_of', runs_of)
    orm.Int(1).store()
    drive(runner, process.has_terminated)
    assert process.node.process_status == 'just after it was read'


def test_looking_writes_nothing(runner: Runner, store: Any) -> None:
    process = launched(runner)
    drive(runner, is_waiting(process))
    drive(runner, lambda: runner.obedience._counter == store.change_counter())
    before = store.change_counter()
    runner.run_until_complete(asyncio.sleep(0.1))  # type: ignore[arg-type]
    assert store.change_counter() == before
    kill_processes([process.node])


@pytest.mark.parametrize('trouble', [StorageUnavailable('locked'), OSError('disk')])
def test_trouble_with_the_store_ends_no_obedience(
    runner: Runner, store: Any, monkeypatch: Any, trouble: Exception
) -> None:
    process = launched(runner)
    drive(runner, is_waiting(process))
    original, looks = type(store).change_counter, []

    def change_counter(self: Any) -> Any:
        looks.append(1)
        if len(looks) < 3:
            raise trouble
        return original(self)

    monkeypatch.setattr(type(store), 'change_counter', change_counter)
    store.set_desired(process.pid, 'kill', 'enough')
    drive(runner, process.has_terminated)


def test_one_that_cannot_obey_keeps_none_of_the_others_from_it(runner: Runner, store: Any, monkeypatch: Any) -> None:
    first, second = launched(runner), launched(runner)
    drive(runner, lambda: is_waiting(first)() and is_waiting(second)())
    tries = []

    def refuse(*args: Any, **kwargs: Any) -> None:
        tries.append(1)
        raise ValueError('not me')

    monkeypatch.setattr(first, 'kill', refuse)
    store.set_desired(first.pid, 'kill')
    store.set_desired(second.pid, 'kill')
    drive(runner, second.has_terminated)
    drive(runner, lambda: len(tries) > 1)
    monkeypatch.undo()
    kill_processes([first.node])


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


def test_what_paused_by_itself_can_be_played_from_elsewhere(elsewhere: Runner) -> None:
    async def launch() -> Any:
        process = launched(elsewhere)
        while not is_waiting(process)():
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        return process

    process = asyncio.run_coroutine_threadsafe(launch(), elsewhere.loop).result(5)
    node: Any = orm.load_node(process.pid)
    for _ in range(2):

        async def pause() -> None:
            action: Any = process.pause('the transport failed')
            if asyncio.isfuture(action):
                await action

        asyncio.run_coroutine_threadsafe(pause(), elsewhere.loop).result(5)
        assert node.paused
        play_processes([node], timeout=3)
        assert not node.paused
    kill_processes([node])
    assert node.is_killed
