"""Who has lost a process writes nothing of it any more."""

from __future__ import annotations

from typing import Any

import pytest
from engine_samples import Leaf
from plumpy.exceptions import PersistenceError
from plumpy.process_states import ProcessState

from aiida.common.exceptions import LostLease
from aiida.engine.processes import recording
from aiida.engine.runners import Runner


def unsavable(*args: Any, **kwargs: Any) -> None:
    raise PersistenceError('this cannot be saved')


@pytest.fixture(params=['unsavable', 'no persister'])
def lost(request: Any, runner: Runner, store: Any, monkeypatch: Any) -> Any:
    """A process without a new checkpoint, which another program has taken."""
    process = Leaf(inputs={'x': 1})
    if request.param == 'unsavable':
        monkeypatch.setattr(runner.persister, 'save_checkpoint', unsavable)
    else:
        monkeypatch.setattr(runner, '_persister', None)
    store.release(process.pid, process._life.fence, 0.0)
    assert store.claim_one(process.pid, 'elsewhere:1:1.0', 1.0, 2e12) is not None
    return process


def test_status_is_not_written(lost: Any, store: Any) -> None:
    lost.set_status('from the old owner')
    with pytest.raises(LostLease, match='elsewhere'):
        lost._write_at_once()
    assert 'process_status' not in store.read_attributes(lost.pid)


def test_transition_is_not_written(lost: Any, store: Any) -> None:
    before = store.read_attributes(lost.pid)
    lost.node.set_process_status('from the old owner')
    lost._life.recorded_state = None
    with pytest.raises(LostLease, match='elsewhere'):
        recording.entered(_running(lost), None)
    assert store.read_attributes(lost.pid) == before


def _running(process: Any) -> Any:
    process._state = process.create_state(ProcessState.RUNNING, process.run)
    return process


def test_who_has_it_writes(store: Any) -> None:
    process = Leaf(inputs={'x': 1})
    process.set_status('mine')
    process._write_at_once()
    assert store.read_attributes(process.pid)['process_status'] == 'mine'
