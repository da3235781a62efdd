"""Pauses whose carrying out was interrupted."""

from __future__ import annotations

import time
from typing import Any

import pytest

from aiida import orm
from aiida.engine import submit
from aiida.engine.processes.control import get_active_processes, play_processes
from aiida.engine.runtime.pauses import mark_pauses


@pytest.fixture
def classes(worker: Any) -> Any:
    import worker_processes

    return worker_processes


def test_a_pause_that_nobody_carried_out_is_shown_and_can_be_ended(worker: Any, classes: Any, wait_until: Any) -> None:
    node = submit(classes.Simple, number=orm.Int(1))
    # as if who asked for it had been killed before it could be carried out
    node.backend.set_desired(node.pk, 'pause', 'a break')
    worker.start()
    wait_until(lambda: node.paused)
    assert node.process_status == 'a break'
    assert get_active_processes(paused=True, project='id') == [node.pk]
    play_processes(all_entries=True)
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok


def test_a_pause_that_somebody_ends_just_now_is_left_to_them(
    worker: Any, classes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = submit(classes.Simple, number=orm.Int(1))
    store = node.backend
    store.set_desired(node.pk, 'pause', 'a break')
    begun = store.now()
    monkeypatch.setattr(type(store), 'now', lambda _: begun)
    monkeypatch.setattr(time, 'time', lambda: begun + 3600)  # the clock of this host is fast

    def found_and_taken() -> list[int]:
        store.claim_one(node.pk, 'elsewhere:1@there:1', store.now(), store.now() + 30)
        return [node.pk]

    monkeypatch.setattr(store, 'unmarked_pauses', found_and_taken)
    mark_pauses('this:1@here:1')
    assert store.read_run(node.pk).owner == 'elsewhere:1@there:1'
    assert not node.paused
