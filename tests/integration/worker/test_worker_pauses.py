"""Pauses whose carrying out was interrupted."""

from __future__ import annotations

from typing import Any

import pytest

from aiida import orm
from aiida.engine import submit
from aiida.engine.processes.control import get_active_processes, play_processes


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
