"""Waiting for processes that are run elsewhere, whatever happens meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from aiida import orm
from aiida.common.exceptions import StorageUnavailable
from aiida.engine.runners import Runner
from aiida.engine.runtime import watching


def running() -> Any:
    node = orm.WorkChainNode()
    node.set_process_state('running')
    return node.store()


def end(node: Any) -> None:
    node.set_process_state('finished')
    node.seal()


def wait_for(runner: Runner, nodes: list[Any], seconds: float = 5.0) -> list[int]:
    """Run the loop until the end of all of these was told of, or the time is over."""
    told: list[int] = []

    def tell(pk: int) -> None:
        told.append(pk)
        if len(told) == len(nodes):
            runner.loop.stop()

    for node in nodes:
        runner.call_on_process_finish(node.pk, lambda pk=node.pk: tell(pk))  # type: ignore[misc]
    runner.loop.call_later(seconds, runner.loop.stop)
    runner.loop.run_forever()
    return told


@pytest.mark.parametrize('trouble', [StorageUnavailable('locked'), OSError('disk')])
def test_trouble_with_the_store_ends_no_waiting(runner: Runner, store: Any, monkeypatch: Any, trouble: Any) -> None:
    monkeypatch.setattr(watching, '_PATIENCE', 0.01)
    node = running()
    original, looks = type(store).change_counter, []

    def change_counter(self: Any) -> Any:
        looks.append(1)
        if len(looks) in (2, 3):
            raise trouble
        return original(self)

    monkeypatch.setattr(type(store), 'change_counter', change_counter)
    runner.loop.call_later(0.15, end, node)
    assert wait_for(runner, [node]) == [node.pk]
    assert len(looks) > 3


def test_a_node_that_was_deleted_has_ended(runner: Runner, store: Any) -> None:
    gone, other = running(), running()
    runner.loop.call_later(0.05, store.delete_nodes, [gone.pk])
    runner.loop.call_later(0.15, end, other)
    assert wait_for(runner, [gone, other]) == [gone.pk, other.pk]
