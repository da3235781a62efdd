"""Leases and times: one clock for all, and nothing too far in the future."""

from __future__ import annotations

import time
from typing import Any

import pytest

from aiida.common.claims import MAX_ATTEMPTS, back_off
from aiida.common.exceptions import StorageUnavailable
from aiida.storage.postgres import clock
from aiida.storage.postgres.clock import ServerClock
from aiida.storage.records import WorkerRecord

LEASE = 30.0


def worker(store: Any, name: str, heartbeat: float) -> WorkerRecord:
    record = WorkerRecord(name, 'host', 1, heartbeat, heartbeat, '')
    store.register_worker(record)
    return record


def test_nothing_is_too_far_in_the_future(store: Any, run: Any) -> None:
    now = store.now()
    ready, soon, failed, paused, lost, kept, local = (run() for _ in range(7))
    store.release(ready, 0, now + 3600)
    store.release(soon, 0, now + 0.5)
    store.release(failed, 0, now + 3600, 'no plugin')
    store.release(paused, 0, now + 3600)
    store.set_desired(paused, 'pause')
    store.claim_one(lost, 'elsewhere', now, now + 3600)
    store.claim_one(kept, 'alive', now, now + LEASE)
    store.claim_one(local, 'script', now, None)
    worker(store, 'silent', now + 3600)
    worker(store, 'alive', now - 3)
    assert store.pull_forward(now, LEASE) == 5
    times = {pk: store.read_run(pk) for pk in (ready, soon, failed, paused, lost, kept, local)}
    assert times[ready].ready_since == times[paused].ready_since == now
    assert times[soon].ready_since == now + 0.5
    assert 0 < times[failed].ready_since - now - back_off(MAX_ATTEMPTS) < 2
    assert [times[pk].lease_until for pk in (lost, kept, local)] == [now + LEASE, now + LEASE, None]
    assert {record.id: record.heartbeat for record in store.list_workers()} == {'silent': now, 'alive': now - 3}
    counter = store.change_counter()
    assert store.pull_forward(now, LEASE) == 0  # and writes nothing
    assert store.change_counter() == counter


def test_a_back_off_is_left_alone(store: Any, run: Any) -> None:
    node_id, now = run(), store.now()
    for attempts in range(1, MAX_ATTEMPTS + 1):
        store.release(node_id, 0, now + back_off(attempts), 'no plugin')
        assert store.pull_forward(now, LEASE) == 0
        assert store.read_run(node_id).attempts == attempts


def test_an_attempt_that_failed_names_host_and_number(store: Any, run: Any) -> None:
    name = 'host:12@machine.boot.4026531836:77'
    silent, gone, claimed, taken = (run() for _ in range(4))
    now = store.now()
    store.claim_one(silent, name, now, now - 1)
    store.claim_one(gone, name, now, now + 100)
    assert [row.last_error for row in store.reclaim(now)] == ['the lease of host:12 ran out']
    assert [row.last_error for row in store.reclaim(now, [name])] == ['host:12 is gone']
    store.claim_one(claimed, name, now, now - 1)
    assert store.claim_one(claimed, 'w', now, now + 1).last_error == 'the lease of host:12 ran out'
    store.claim_one(taken, name, now, now - 1)
    rows = store.claim('w', now + 1, now + 60, limit=10)
    assert [row.last_error for row in rows if row.node_id == taken] == ['the lease of host:12 ran out']


def test_the_clock_is_that_of_the_server(postgres_store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, 'time', lambda: 1.0)
    said = float(postgres_store._database.execute('SELECT extract(epoch FROM clock_timestamp())')[0][0])
    assert abs(postgres_store.now() - said) < 1.0
    with postgres_store.transaction():
        assert abs(postgres_store.now() - said) < 1.0


def test_the_server_is_asked_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    steady, asked = [100.0], []

    def ask() -> float:
        asked.append(steady[0])
        return 5000.0 + steady[0]

    monkeypatch.setattr(clock, '_steady', lambda: steady[0])
    of_server = ServerClock(ask)
    assert of_server.now(may_ask=False) == 5100.0  # the first time it has to be asked
    steady[0] += 1.0
    assert of_server.now() == 5101.0
    assert asked == [100.0]
    steady[0] += 10.0
    assert of_server.now(may_ask=False) == 5111.0
    assert of_server.now() == 5111.0
    assert asked == [100.0, 111.0]


def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    steady, answers = [0.0], [StorageUnavailable('gone'), 50.0, StorageUnavailable('gone')]

    def ask() -> float:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(clock, '_steady', lambda: steady[0])
    of_server = ServerClock(ask)
    with pytest.raises(StorageUnavailable):
        of_server.now()
    assert of_server.now() == 50.0
    steady[0] += 10.0
    assert of_server.now() == 60.0
    assert not answers
    steady[0] += 1.0
    assert of_server.now() == 61.0  # who does not answer is not asked all the time
