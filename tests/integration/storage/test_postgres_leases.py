"""Leases in PostgreSQL: nobody who renews waits for anybody, so that no two programs wait for each other."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest

from aiida.engine.runtime import leases
from aiida.orm.backend import STORE
from aiida.storage.postgres.store import PostgresStore
from aiida.storage.records import WorkerRecord

LEASE = 30.0


@pytest.fixture
def store(postgres_store: Any) -> Any:
    """The one of this module."""
    return postgres_store


@pytest.fixture
def second(postgres_store: Any, postgres_config: Any) -> Any:
    """The same store, opened by another program."""
    instance = PostgresStore(postgres_config(postgres_store))
    yield instance
    instance.close()


def worker(store: Any, name: str, heartbeat: float) -> WorkerRecord:
    record = WorkerRecord(name, 'host', 1, heartbeat, heartbeat, '')
    store.register_worker(record)
    return record


def test_who_renews_waits_for_nobody(postgres_store: Any, second: Any, run: Any) -> None:
    """Not even for a program that was stopped in the middle of a transaction: all its other processes would be lost."""
    ids = [run(owner='w', lease_until=1.0) for _ in range(3)]
    with second.transaction():
        second.set_desired(ids[1], 'pause')
        begin = time.monotonic()
        assert {row.node_id for row in postgres_store.renew('w', 9.0)} == {ids[0], ids[2]}
        assert time.monotonic() - begin < 5
        assert postgres_store.reclaim(5.0) == []  # nobody else takes what is being written
    assert {row.node_id for row in postgres_store.renew('w', 9.0)} == set(ids)


def test_a_heart_beats_again_soon_if_a_row_was_being_written(postgres_store: Any, second: Any, run: Any) -> None:
    first, other = (run(owner='w', lease_until=postgres_store.now() + 1) for _ in range(2))
    with STORE.override(postgres_store):
        heart = leases.Heart(worker(postgres_store, 'w', postgres_store.now()), lambda: None)
        assert heart.beat()
        before = {pk: postgres_store.read_run(pk).lease_until for pk in (first, other)}
        with second.transaction():
            second.set_desired(first, 'pause')
            assert not heart.beat()
            assert postgres_store.read_run(first).lease_until == before[first]
        assert heart.beat()
        assert all(postgres_store.read_run(pk).lease_until > before[pk] for pk in (first, other))


def test_threads_that_renew_never_meet_in_a_deadlock(postgres_store: Any, run: Any) -> None:
    """Whatever the order in which others lock rows of one owner."""
    ids = [run(owner='w', lease_until=1.0) for _ in range(30)]
    worker(postgres_store, 'w', postgres_store.now())
    failures: list[BaseException] = []
    ended = threading.Event()

    def renew() -> None:
        while not ended.is_set():
            postgres_store.renew('w', postgres_store.now() + LEASE)

    def write() -> None:
        """Write one row after the other, in an order in which no two writers meet, but for those who renew."""
        for _ in range(25):
            with postgres_store.transaction():
                for node_id in ids:
                    if random.random() < 0.5:
                        postgres_store.set_desired(node_id, 'run')

    def noting(function: Any) -> threading.Thread:
        def call() -> None:
            try:
                function()
            except BaseException as failure:
                failures.append(failure)

        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        return thread

    hearts = [noting(renew) for _ in range(4)]
    writers = [noting(write) for _ in range(2)]
    for thread in writers:
        thread.join(60)
    ended.set()
    for thread in hearts:
        thread.join(10)
    assert not any(thread.is_alive() for thread in (*hearts, *writers))
    assert failures == []
