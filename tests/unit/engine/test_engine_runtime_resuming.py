"""Who has a process when several could."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from engine_samples import Leaf, Stuck

from aiida import orm
from aiida.common.exceptions import InvalidOperation, StorageUnavailable
from aiida.engine import run, submit
from aiida.engine.processes.control import kill_processes
from aiida.engine.runners import Runner
from aiida.engine.runtime.resuming import restore, resume
from aiida.engine.runtime.timestamps import note_state_change as note_state_change_of


def last_leaf() -> Any:
    return orm.QueryBuilder().append(orm.WorkChainNode).order_by({orm.WorkChainNode: {'id': 'desc'}}).first(flat=True)


@pytest.fixture
def broken_once(monkeypatch: Any) -> None:
    """The first transition of a process meets a database that is locked."""
    calls: list[int] = []

    def note_state_change(node: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise StorageUnavailable('database is locked')
        note_state_change_of(node)

    monkeypatch.setattr('aiida.engine.processes.recording.note_state_change', note_state_change)


def test_two_runners_of_one_interpreter_do_not_run_the_same(runner: Runner, store: Any) -> None:
    node = runner.submit(Stuck)
    fence = store.read_run(node.pk).fence
    with Runner() as other:
        with pytest.raises(InvalidOperation, match='is run by'):
            restore(other, node.pk)  # type: ignore[arg-type]
        with pytest.raises(InvalidOperation, match='is run by'):
            resume(other, node.pk)  # type: ignore[arg-type]
        assert other.live_process(node.pk) is None
    assert store.read_run(node.pk).fence == fence
    kill_processes([node])


def test_each_take_raises_the_fence(runner: Runner, store: Any) -> None:
    node = runner.submit(Stuck)
    process: Any = runner.live_process(node.pk)
    runner.unregister(process)
    restored: Any = restore(runner, node.pk)  # type: ignore[arg-type]
    assert restored is not process
    assert restored._life.fence == process._life.fence + 1 == store.read_run(node.pk).fence
    restored.kill()


@pytest.mark.parametrize('go_on', ['kill', 'resume'])
def test_after_trouble_with_the_store_it_can_be_gone_on_with(
    runner: Runner, store: Any, broken_once: None, go_on: str
) -> None:
    with pytest.raises(StorageUnavailable):
        run(Leaf, x=1)
    node = last_leaf()
    row = store.read_run(node.pk)
    assert row.owner is None
    assert 'database is locked' in row.last_error
    if go_on == 'kill':
        kill_processes([node], timeout=1)
        assert node.is_killed
        return
    process = resume(runner, node.pk)
    runner.run_until_complete(asyncio.wait_for(process.future(), 5))  # type: ignore[arg-type]
    assert node.is_finished_ok


def test_even_if_it_could_not_be_given_back(runner: Runner, store: Any, broken_once: None, monkeypatch: Any) -> None:
    def release(*args: Any, **kwargs: Any) -> None:
        raise StorageUnavailable('database is locked')

    with monkeypatch.context() as patch:
        patch.setattr(type(store), 'release', release)
        with pytest.raises(StorageUnavailable):
            run(Leaf, x=1)
    node = last_leaf()
    assert store.read_run(node.pk).owner == runner.owner
    kill_processes([node], timeout=1)
    assert node.is_killed


def test_what_cannot_be_read_back_is_not_kept(runner: Runner, store: Any) -> None:
    node = submit(Leaf, x=1)
    fence = store.read_run(node.pk).fence
    store.save_checkpoint(node.pk, b'rubbish', fence)
    with pytest.raises(Exception, match=str(node.pk)):
        restore(runner, node.pk)  # type: ignore[arg-type]
    row = store.read_run(node.pk)
    assert row.owner is None
    assert row.last_error
