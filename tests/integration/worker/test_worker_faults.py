"""What goes wrong at the worst moment: a commit that fails, a clock that jumps, a kill that comes late."""

from __future__ import annotations

import pathlib
import time
from typing import Any

import pytest

from aiida import orm
from aiida.common.claims import MAX_ATTEMPTS, back_off
from aiida.common.exceptions import StorageUnavailable
from aiida.engine import ProcessState, submit
from aiida.engine.processes.control import pause_processes
from aiida.engine.processes.process import Process
from aiida.engine.runtime import dispatching, leases
from aiida.manage.manager import get_manager
from aiida.tools import delete_nodes


@pytest.fixture
def classes(worker: Any) -> Any:
    import worker_processes

    return worker_processes


def fail_once(monkeypatch: pytest.MonkeyPatch, store: Any, name: str, error: Exception) -> list[Any]:
    """Let a verb of the store fail the first time it is called."""
    verb, failures = getattr(type(store), name), []

    def failing(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not failures:
            failures.append(args)
            raise error
        return verb(self, *args, **kwargs)

    monkeypatch.setattr(type(store), name, failing)
    return failures


def test_an_end_that_could_not_be_written_is_written_later(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = submit(classes.Simple, number=orm.Int(1))
    failures = fail_once(monkeypatch, node.backend, 'finish', StorageUnavailable('the disk is full'))
    worker.start()
    wait_until(lambda: node.is_terminated, 10)
    assert failures
    assert node.is_finished_ok
    assert node.outputs.number.value == 2


def test_a_kill_that_comes_while_a_parent_begins_to_wait(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    node = submit(classes.ParentOfUntilFile, path=orm.Str(str(tmp_path / 'file')))
    store = node.backend
    wait_for = type(store).wait_for

    def asked_just_before(self: Any, parent: int, children: Any) -> None:
        self.set_desired(parent, 'kill', 'enough')
        wait_for(self, parent, children)

    monkeypatch.setattr(type(store), 'wait_for', asked_just_before)
    worker.start()
    wait_until(lambda: node.is_terminated, 5)  # though its child has not ended
    assert node.is_killed
    (tmp_path / 'file').touch()
    (child,) = node.called
    wait_until(lambda: child.is_terminated)
    assert child.is_killed


def test_nested_processes_need_no_slot_of_their_own(worker: Any, classes: Any, wait_until: Any) -> None:
    nodes = [submit(classes.Nesting) for _ in range(3)]
    worker._kwargs['slots'] = 1
    worker.start()
    wait_until(lambda: all(node.is_terminated for node in nodes))
    assert all(node.is_finished_ok for node in nodes)


def test_what_cannot_be_set_aside_at_the_moment_is_set_aside_later(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = submit(classes.Simple, number=orm.Int(1))
    good = [submit(classes.Simple, number=orm.Int(number)) for number in range(4)]
    store = poison.backend
    for _ in range(dispatching.MAX_ATTEMPTS):
        assert store.claim_one(poison.pk, 'nowhere:1:0', time.time(), time.time() - 1) is not None
        assert store.reclaim(time.time())
    # taken up first, with the others
    store.claim_one(poison.pk, 'nowhere:1:0', time.time(), None)
    store.release(poison.pk, store.read_run(poison.pk).fence, 1.0, 'it was there')
    failures = fail_once(monkeypatch, store, 'set_desired', StorageUnavailable('the disk is full'))
    worker.start()
    wait_until(lambda: poison.paused and all(node.is_terminated for node in good), 10)
    assert failures
    assert 'set aside after 6 attempts: ValueError' not in poison.process_status
    assert 'it was there' in poison.process_status


def test_pausing_again_for_the_same_reason(worker: Any, classes: Any, wait_until: Any, tmp_path: pathlib.Path) -> None:
    node = submit(classes.UntilFile, path=orm.Str(str(tmp_path / 'file')))
    worker.start()
    keeper = submit(classes.UntilFile, path=orm.Str(str(tmp_path / 'other')))
    wait_until((tmp_path / 'file.begun').exists)
    wait_until((tmp_path / 'other.begun').exists)
    runner = worker.worker.runner
    node.backend.set_desired(node.pk, 'pause', 'a moment')
    wait_until(lambda: runner.live_process(node.pk)._pausing is not None)
    (tmp_path / 'file').touch()
    wait_until(lambda: runner.live_process(node.pk) is None)
    assert node.pk not in runner.obedience._obeyed
    (tmp_path / 'other').touch()
    wait_until(lambda: keeper.is_terminated)


def test_a_process_that_is_steered_is_held_with_a_lease(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = submit(classes.Simple, number=orm.Int(1))
    seen = []

    def look(self: Any, *args: Any) -> Any:
        seen.append(node.backend.read_run(node.pk))
        return True

    monkeypatch.setattr(Process, 'pause', look)
    pause_processes([node], timeout=0.1)
    assert seen[0].owner is not None
    assert seen[0].lease_until is not None  # if the command is killed now, a worker takes over


def test_what_was_not_launched_after_all_is_not_counted(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    node = submit(classes.Stumbling, path=orm.Str(str(tmp_path / 'file')))
    worker.start()
    wait_until((tmp_path / 'file.begun').exists)
    runner = worker.worker.runner
    wait_until(lambda: runner.live_process(node.pk) is not None and runner.live_process(node.pk)._life.launched == 1)
    (tmp_path / 'file').touch()
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok, node.exception
    assert len(node.called) == 1


def test_what_is_held_by_a_worker_that_does_not_know_of_it_is_given_back(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, '_SWEEP', 0.3)
    node, now = submit(classes.Simple, number=orm.Int(1)), time.time()
    # as if the answer to the claim had been lost
    assert node.backend.claim_one(node.pk, get_manager().get_runner().owner, now, now + leases.LEASE)
    worker.start()
    wait_until(lambda: node.is_terminated, 10)
    assert node.is_finished_ok


def test_what_only_waits_is_not_what_its_workers_died_of(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setattr(dispatching, '_SWEEP', 0.1)
    monkeypatch.setattr(dispatching, '_HARMLESS', 0.2)
    node = submit(classes.Resident)
    store = node.backend
    worker.start()
    wait_until(lambda: node.process_state is ProcessState.WAITING)
    worker.stop()
    for _ in range(dispatching.MAX_ATTEMPTS - 1):
        assert store.claim_one(node.pk, 'nowhere:1:0', time.time(), time.time() - 1) is not None
        assert store.reclaim(time.time())
    worker.start()
    wait_until(lambda: store.read_run(node.pk).owner is not None and store.read_run(node.pk).attempts == 0, 10)


def test_a_process_that_is_deleted_while_it_runs(
    worker: Any, classes: Any, wait_until: Any, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    node = submit(classes.UntilFile, path=orm.Str(str(tmp_path / 'file')))
    worker.start()
    wait_until((tmp_path / 'file.begun').exists)
    delete_nodes([node.pk], dry_run=False)
    (tmp_path / 'file').touch()
    wait_until(lambda: worker.worker.runner.live_process(node.pk) is None)
    other = submit(classes.Simple, number=orm.Int(1))
    wait_until(lambda: other.is_terminated)
    assert not [record for record in caplog.records if record.exc_info]


def test_what_cannot_be_killed_is_tried_again_within_the_longest_rest(
    worker: Any, classes: Any, wait_until: Any
) -> None:
    node = submit(classes.Simple, number=orm.Int(1))
    store = node.backend
    store.save_checkpoint(node.pk, b'torn', 0)
    store.set_desired(node.pk, 'kill', 'enough')
    for _ in range(MAX_ATTEMPTS + 3):
        run = store.claim_one(node.pk, 'worker:1', store.now(), store.now() + 30)
        store.release(node.pk, run.fence, store.now(), 'a fault')
    worker.start()
    wait_until(lambda: store.read_run(node.pk).attempts > MAX_ATTEMPTS + 3)
    wait_until(lambda: store.read_run(node.pk).owner is None)
    assert store.read_run(node.pk).ready_since <= store.now() + back_off(MAX_ATTEMPTS)
