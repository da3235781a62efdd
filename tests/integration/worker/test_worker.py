"""What a worker does with processes that are submitted to it."""

from __future__ import annotations

import itertools
import pathlib
import time
from typing import Any

import pytest
from plumpy.exceptions import PersistenceError

from aiida import orm
from aiida.common import claims
from aiida.common.claims import Owner
from aiida.common.exceptions import StorageUnavailable
from aiida.engine import submit
from aiida.engine.processes.control import kill_processes, pause_processes, play_processes
from aiida.engine.runtime import dispatching, leases, resuming


@pytest.fixture
def classes(worker: Any) -> Any:
    import worker_processes

    return worker_processes


def test_submitted_processes_are_run(worker: Any, classes: Any, wait_until: Any) -> None:
    nodes = [submit(classes.Simple, number=orm.Int(number)) for number in range(20)]
    assert not any(node.is_terminated for node in nodes)
    worker.start()
    wait_until(lambda: all(node.is_terminated for node in nodes))
    assert [node.outputs.number.value for node in nodes] == [*range(1, 21)]


def test_a_parent_leaves_the_memory_while_it_waits(
    worker: Any, classes: Any, wait_until: Any, tmp_path: pathlib.Path
) -> None:
    node = submit(classes.ParentOfUntilFile, path=orm.Str(str(tmp_path / 'file')))
    worker.start()
    wait_until((tmp_path / 'file.begun').exists)
    wait_until(lambda: worker.worker.runner.live_process(node.pk) is None)
    (child,) = node.called
    run = node.backend.read_run(node.pk)
    assert (run.owner, run.ready_since) == (None, None)
    assert node.backend.waiting_for(node.pk) == [child.pk]
    assert node.process_status == f'Waiting for child processes: {child.pk}'
    (tmp_path / 'file').touch()
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok


def test_more_waiting_parents_than_slots(profile: Any, worker: Any, classes: Any, wait_until: Any) -> None:
    nodes = [submit(classes.Parent, children=orm.Int(2)) for _ in range(10)]
    worker._kwargs['slots'] = 1
    worker.start()
    wait_until(lambda: all(node.is_terminated for node in nodes))
    assert all(node.is_finished_ok for node in nodes)


def test_nothing_is_left_of_what_has_ended(worker: Any, classes: Any, wait_until: Any) -> None:
    node = submit(classes.Parent, children=orm.Int(3))
    worker.start()
    wait_until(lambda: node.is_terminated)
    store = node.backend
    wait_until(lambda: len(worker.worker.dispatcher) == 0)
    assert store.lease_holders() == []
    assert store.list_checkpoints() == []
    assert all(store.read_run(called.pk) is None for called in (node, *node.called))


def test_processes_run_within_a_step(worker: Any, classes: Any, wait_until: Any) -> None:
    node = submit(classes.Nesting)
    worker.start()
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok, node.exception
    assert node.outputs.number.value == 6
    assert [child.process_label for child in node.called] == ['Parent', 'Simple']
    assert len(node.called[0].called) == 2


def test_what_a_step_raises_is_the_end_of_its_process_only(worker: Any, classes: Any, wait_until: Any) -> None:
    bad, good = submit(classes.Raising), submit(classes.Simple, number=orm.Int(1))
    worker.start()
    wait_until(lambda: bad.is_terminated and good.is_terminated)
    assert bad.is_excepted
    assert 'StopIteration' in bad.exception  # which leaves the loop alone
    assert good.is_finished_ok


def test_a_step_that_computes_delays_nobody(worker: Any, classes: Any, wait_until: Any) -> None:
    classes.ENOUGH.clear()
    busy = submit(classes.Computing, seconds=orm.Float(60.0))
    worker.start()
    wait_until(lambda: str(busy.process_state) == 'ProcessState.RUNNING')
    others = [submit(classes.Simple, number=orm.Int(number)) for number in range(10)]
    wait_until(lambda: all(node.is_terminated for node in others))
    assert not busy.is_terminated
    classes.ENOUGH.set()
    wait_until(lambda: busy.is_terminated)


def test_a_tree_is_killed(worker: Any, classes: Any, wait_until: Any, tmp_path: pathlib.Path) -> None:
    node = submit(classes.ParentOfUntilFile, path=orm.Str(str(tmp_path / 'file')))
    worker.start()
    wait_until((tmp_path / 'file.begun').exists)
    wait_until(lambda: worker.worker.runner.live_process(node.pk) is None)
    kill_processes([node], msg_text='enough', timeout=10)
    assert node.is_killed
    assert node.process_status == 'enough'
    (child,) = node.called
    wait_until(lambda: worker.worker.runner.live_process(child.pk).is_killing)
    (tmp_path / 'file').touch()
    wait_until(lambda: child.is_terminated)
    assert child.is_killed
    assert not (tmp_path / 'file.after').exists()


def test_pausing_and_playing(worker: Any, classes: Any, wait_until: Any, tmp_path: pathlib.Path) -> None:
    node = submit(classes.UntilFile, path=orm.Str(str(tmp_path / 'file')))
    worker.start()
    wait_until((tmp_path / 'file.begun').exists)
    node.backend.set_desired(node.pk, 'pause', 'a moment')
    wait_until(lambda: worker.worker.runner.live_process(node.pk)._pausing is not None)
    (tmp_path / 'file').touch()
    wait_until(lambda: node.paused)
    wait_until(lambda: worker.worker.runner.live_process(node.pk) is None)
    assert node.backend.read_run(node.pk).owner is None
    assert not (tmp_path / 'file.after').exists()
    play_processes([node], timeout=10)
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok
    assert (tmp_path / 'file.after').exists()


def test_a_process_that_is_paused_before_it_begins_is_not_taken_up(worker: Any, classes: Any, wait_until: Any) -> None:
    paused, other = (submit(classes.Simple, number=orm.Int(number)) for number in (1, 2))
    pause_processes([paused])
    worker.start()
    wait_until(lambda: other.is_terminated)
    assert not paused.is_terminated
    play_processes([paused], timeout=10)
    wait_until(lambda: paused.is_terminated)
    assert paused.is_finished_ok


def test_a_worker_that_is_stopped_gives_everything_back(
    worker: Any, classes: Any, wait_until: Any, tmp_path: pathlib.Path
) -> None:
    node = submit(classes.UntilFile, path=orm.Str(str(tmp_path / 'file')))
    worker.start()
    wait_until((tmp_path / 'file.begun').exists)
    (tmp_path / 'file').touch()
    worker.stop()
    run = node.backend.read_run(node.pk)
    assert run is None or run.owner is None
    assert node.backend.list_workers() == []
    worker.start()
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok


def test_steps_that_outlast_the_stop_of_a_worker_are_no_failed_attempts(
    worker: Any, classes: Any, wait_until: Any, tmp_path: pathlib.Path
) -> None:
    node = submit(classes.UntilFile, path=orm.Str(str(tmp_path / 'file')))
    worker.patience = 0.0
    fences = [0]
    for _ in range(dispatching.MAX_ATTEMPTS):
        worker.start()
        wait_until((tmp_path / 'file.begun').exists)
        (tmp_path / 'file.begun').unlink()
        worker.stop()
        run = node.backend.read_run(node.pk)
        assert (run.owner, run.attempts, run.last_error) == (None, 0, None)
        fences.append(run.fence)
    assert all(later > before + 1 for before, later in itertools.pairwise(fences))
    assert node.backend.list_workers() == []
    (tmp_path / 'file').touch()
    worker.start()
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok
    assert (tmp_path / 'file.after').exists()


def test_a_process_that_kills_its_workers_is_set_aside(worker: Any, classes: Any, wait_until: Any) -> None:
    poison, good = (submit(classes.Simple, number=orm.Int(number)) for number in (1, 2))
    store = poison.backend
    for _ in range(dispatching.MAX_ATTEMPTS):
        assert store.claim_one(poison.pk, 'nowhere:1:0', time.time(), time.time() - 1) is not None
        assert [run.node_id for run in store.reclaim(time.time())] == [poison.pk]
    worker.start()
    wait_until(lambda: good.is_terminated and poison.paused)
    assert 'set aside after 5 attempts: the lease of nowhere:1:0 ran out' in poison.process_status
    play_processes([poison], timeout=10)
    wait_until(lambda: poison.is_terminated)
    assert poison.is_finished_ok


def test_a_checkpoint_that_cannot_be_read_is_tried_again_later(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = submit(classes.Simple, number=orm.Int(1))
    unbundle, tries = resuming.unbundle, []

    def fail_once(*args: Any) -> Any:
        tries.append(args)
        if len(tries) == 1:
            raise PersistenceError('it is not legible')
        return unbundle(*args)

    monkeypatch.setattr(resuming, 'unbundle', fail_once)
    monkeypatch.setattr(claims, 'BACK_OFF', 0.5)
    worker.start()
    wait_until(lambda: len(tries) == 1)
    wait_until(lambda: node.backend.read_run(node.pk).last_error)
    run = node.backend.read_run(node.pk)
    assert (run.owner, run.attempts, run.last_error) == (None, 1, 'PersistenceError: it is not legible')
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok


def test_a_store_out_of_reach_is_no_fault_of_a_process(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = submit(classes.Simple, number=orm.Int(1))
    store = type(node.backend)
    save, failures = store.save_checkpoint, []

    def save_checkpoint(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(failures) < 3:
            failures.append(1)
            raise StorageUnavailable('the disk is gone')
        save(self, *args, **kwargs)

    monkeypatch.setattr(store, 'save_checkpoint', save_checkpoint)
    worker.start()
    wait_until(lambda: node.is_terminated)
    assert failures == [1, 1, 1]
    assert node.is_finished_ok


def test_a_process_lost_by_its_owner_is_taken_over(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, 'BEAT', 0.05)
    here, there, held = (submit(classes.Simple, number=orm.Int(1)) for _ in range(3))
    store, now = here.backend, time.time()
    gone = str(Owner.of(2**22 + 1))  # no program of this machine has such a number
    assert store.claim_one(here.pk, gone, now, now + 3600)
    assert store.claim_one(there.pk, 'elsewhere:1@:0', now, now + 1.0)
    assert store.claim_one(held.pk, 'elsewhere:2@:0', now, now + 3600)
    worker.start()
    wait_until(lambda: here.is_terminated)
    assert time.time() < now + 1.0 or there.is_terminated
    wait_until(lambda: there.is_terminated)
    assert here.is_finished_ok
    assert there.is_finished_ok
    assert not held.is_terminated


def test_who_waits_is_not_counted_while_nothing_changes(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = submit(classes.Resident)
    worker.start()
    wait_until(lambda: waiting.process_state.value == 'waiting')
    counted = []
    room = dispatching.Dispatcher._room
    monkeypatch.setattr(dispatching.Dispatcher, '_room', lambda self: (counted.append(1), room(self))[1])
    time.sleep(0.6)
    assert len(counted) <= 6  # it has looked some 30 times for changes at least
    done = submit(classes.Simple, number=orm.Int(1))
    wait_until(lambda: done.is_terminated)
    assert counted
