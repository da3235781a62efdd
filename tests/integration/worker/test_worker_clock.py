"""The clock is set while workers work: nothing is taken from who has it, and nothing waits for the old time."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable
from typing import Any

import pytest

from aiida import orm
from aiida.engine import submit
from aiida.engine.daemon.worker import Worker
from aiida.engine.runtime.leases import Heart
from aiida.storage.records import WorkerRecord
from aiida.storage.sqlite.connection import Database

#: Seconds of a lease in these tests; hearts beat six times in that.
LEASE = 1.2
#: What no program that is seen from here may be called.
ELSEWHERE = 'elsewhere:1@there:1'


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the clock of the store by so many seconds."""
    ahead = [0.0]

    def now(self: Any) -> float:
        return time.time() + ahead[0]

    def set_by(seconds: float) -> None:
        ahead[0] += seconds

    monkeypatch.setattr(Database, 'now', now)
    return set_by


@pytest.fixture
def classes(worker: Any) -> Any:
    import worker_processes

    worker._kwargs['lease'] = LEASE
    return worker_processes


def beats(number: int) -> float:
    return number * LEASE / 6


def heart_of_another(store: Any, name: str = 'another:1@there:1') -> Heart:
    """Return the heart of a worker that has begun just now."""
    record = WorkerRecord(name, 'another', 1, store.now(), store.now(), '')
    store.register_worker(record)
    return Heart(record, lambda: None, LEASE)


@pytest.mark.parametrize('hours', [5, -5])
def test_what_lives_is_left_to_its_worker(
    worker: Any, classes: Any, wait_until: Any, set_clock: Any, tmp_path: pathlib.Path, hours: float
) -> None:
    node = submit(classes.UntilFile, path=orm.Str(str(tmp_path / 'file')))
    worker.start()
    wait_until((tmp_path / 'file.begun').exists)
    store = node.backend
    before = store.read_run(node.pk)
    (tmp_path / 'file.begun').unlink()
    old = heart_of_another(store)
    old.beat()
    set_clock(hours * 3600)
    old.beat()  # saw the clock jump
    heart_of_another(store, 'new:1@there:1').beat()  # did not, it has only begun
    wait_until(lambda: abs(store.read_run(node.pk).lease_until - store.now() - LEASE) < LEASE, 5)
    after = store.read_run(node.pk)
    assert (after.owner, after.fence, after.attempts) == (before.owner, before.fence, 0)
    assert {worker.id for worker in store.list_workers()} >= {before.owner, 'another:1@there:1'}
    (tmp_path / 'file').touch()
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok
    assert not (tmp_path / 'file.begun').exists()


def test_what_is_ready_does_not_wait_for_the_clock(worker: Any, classes: Any, wait_until: Any, set_clock: Any) -> None:
    set_clock(3600)
    nodes = [submit(classes.Simple, number=orm.Int(number)) for number in range(3)]
    failed = submit(classes.Simple, number=orm.Int(7))
    store = failed.backend
    run = store.claim_one(failed.pk, ELSEWHERE, store.now(), None)
    store.release(failed.pk, run.fence, store.now() + 20.0, 'ImportError: no plugin')
    paused = submit(classes.Simple, number=orm.Int(8))
    store.set_desired(paused.pk, 'pause')
    set_clock(-3600)
    worker.start()
    wait_until(lambda: all(node.is_terminated for node in nodes), 10)
    resting = store.read_run(failed.pk)
    assert (resting.owner, resting.attempts) == (None, 1)
    assert 15 < resting.ready_since - store.now() < 100  # it rests, but not for an hour
    store.set_desired(paused.pk, 'run')
    wait_until(lambda: paused.is_terminated, 10)


def test_a_clock_that_is_set_back_while_a_worker_works(
    worker: Any, classes: Any, wait_until: Any, set_clock: Any
) -> None:
    set_clock(7200)
    worker.start()
    first = submit(classes.Parent, children=orm.Int(2))
    wait_until(lambda: first.is_terminated)
    second = submit(classes.Simple, number=orm.Int(1))
    store = second.backend
    run = store.claim_one(second.pk, ELSEWHERE, store.now(), store.now() + LEASE)
    if run is not None:  # unless the worker was quicker
        store.register_worker(WorkerRecord(ELSEWHERE, 'elsewhere', 1, store.now(), store.now(), ''))
    set_clock(-7200)  # what is held by a worker that has died is free when its lease is over by the new clock
    third = submit(classes.Simple, number=orm.Int(1))
    wait_until(lambda: third.is_terminated, 5)
    wait_until(lambda: all(worker.heartbeat <= store.now() + 1 for worker in store.list_workers()), 5)
    assert store.now() < time.time() + 1
    lease = store.read_run(second.pk)
    assert lease is None or lease.lease_until is None or lease.lease_until < store.now() + 31


def test_a_back_off_is_not_cut_short_by_a_worker_that_starts(
    worker: Any, classes: Any, wait_until: Any, set_clock: Any
) -> None:
    node = submit(classes.Simple, number=orm.Int(1))
    store = node.backend
    run = store.claim_one(node.pk, ELSEWHERE, store.now(), None)
    store.release(node.pk, run.fence, store.now() + 10.0, 'ImportError: no plugin')
    due = store.read_run(node.pk).ready_since
    worker.start()
    time.sleep(beats(4))
    assert store.read_run(node.pk).ready_since == due


def test_a_worker_of_another_host_that_is_silent_is_given_two_beats_when_a_worker_starts(
    worker: Any, classes: Any, wait_until: Any
) -> None:
    node = submit(classes.Simple, number=orm.Int(1))
    store = node.backend
    assert store.claim_one(node.pk, ELSEWHERE, store.now(), store.now() - 100)
    heart = heart_of_another(store)
    heart.beat()
    assert store.read_run(node.pk).owner == ELSEWHERE
    worker.start()
    wait_until(lambda: node.is_terminated, 5)
    assert node.is_finished_ok


def test_the_lease_is_that_of_the_worker(worker: Any, classes: Any, wait_until: Any, tmp_path: pathlib.Path) -> None:
    node = submit(classes.UntilFile, path=orm.Str(str(tmp_path / 'file')))
    worker.start()
    wait_until((tmp_path / 'file.begun').exists)
    store, made = node.backend, worker.worker
    assert isinstance(made, Worker)
    assert 0 < store.read_run(node.pk).lease_until - store.now() <= LEASE
    time.sleep(beats(8))
    assert store.read_run(node.pk).lease_until > store.now()
    (tmp_path / 'file').touch()
    wait_until(lambda: node.is_terminated)
