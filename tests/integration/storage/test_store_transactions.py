"""Transactions: all or nothing, joined when nested, isolated between threads."""

from __future__ import annotations

import threading

import pytest

from aiida.common.exceptions import ClosedStorage, IntegrityError, InvalidOperation, NotExistent
from aiida.storage.records import LinkRecord


def test_what_a_transaction_wrote_is_there_afterwards(store, record):
    first, second = record(), record()
    assert not store.in_transaction
    with store.transaction():
        assert store.in_transaction
        store.insert_node(first)
        store.insert_node(second)
        store.insert_links([LinkRecord(first.id, second.id, 'create', 'x')])
    assert not store.in_transaction
    assert store.read_node(second.id).uuid == second.uuid
    assert store.read_links(first.id, 'outgoing') == [LinkRecord(first.id, second.id, 'create', 'x')]


def test_an_exception_rolls_back_everything_and_passes_on(store, record):
    first, second = record(), record()
    with pytest.raises(KeyError), store.transaction():
        store.insert_node(first)
        with store.transaction():
            store.insert_node(second)
        raise KeyError
    assert store.read_nodes([first.id, second.id]) == []
    assert not store.in_transaction


def test_an_exception_inside_rolls_back_the_outermost_even_if_it_was_swallowed(store, record):
    first, second = record(), record()
    with pytest.raises(InvalidOperation, match='not passed on'), store.transaction():
        store.insert_node(first)
        try:
            with store.transaction():
                raise KeyError('inside')
        except KeyError:
            pass
        store.insert_node(second)
    assert store.read_nodes([first.id, second.id]) == []
    # and the next transaction is not concerned
    store.insert_node(record())


def test_on_commit_runs_after_the_outermost_commit_in_order(store, record):
    calls = []
    with store.transaction():
        with store.transaction():
            store.on_commit(lambda: calls.append(('first', store.in_transaction)))
            store.on_rollback(lambda: calls.append('never'))
        store.on_commit(lambda: calls.append(('second', store.in_transaction)))
        store.insert_node(record())
        assert calls == []
    assert calls == [('first', False), ('second', False)]


def test_on_commit_runs_at_once_without_a_transaction_and_on_rollback_never(store):
    calls = []
    store.on_commit(lambda: calls.append('commit'))
    store.on_rollback(lambda: calls.append('rollback'))
    assert calls == ['commit']
    with pytest.raises(KeyError), store.transaction():
        raise KeyError
    assert calls == ['commit']


def test_on_rollback_undoes_in_reverse_order(store, record):
    calls = []
    with pytest.raises(KeyError), store.transaction():
        store.insert_node(record())
        store.on_rollback(lambda: calls.append(1))
        store.on_rollback(lambda: calls.append(2))
        store.on_commit(lambda: calls.append('never'))
        raise KeyError
    assert calls == [2, 1]


def test_on_rollback_runs_when_the_commit_itself_fails(store, record):
    calls = []
    target = record()
    with pytest.raises(IntegrityError), store.transaction():
        store.insert_node(target)
        store.on_rollback(lambda: calls.append('undone'))
        # the reference to a node that is not there is only checked at the commit
        store.insert_links([LinkRecord(4711, target.id, 'create', 'x')])
    assert calls == ['undone']
    with pytest.raises(NotExistent):
        store.read_node(target.id)
    store.insert_node(record())


def test_an_action_that_fails_does_not_keep_the_others_from_running(store):
    calls = []

    def fail():
        raise RuntimeError('of the action')

    with pytest.raises(RuntimeError, match='of the action'), store.transaction():
        store.on_commit(fail)
        store.on_commit(lambda: calls.append('ran'))
    assert calls == ['ran']


def test_an_action_may_open_a_transaction(store, record):
    inserted = record()
    with store.transaction():
        store.on_commit(lambda: store.insert_node(inserted))
    assert store.read_node(inserted.id).uuid == inserted.uuid


def test_threads_do_not_see_what_is_not_committed(store, record):
    inserted = record()
    open_in_other, seen = threading.Event(), []
    go_on = threading.Event()

    def write():
        with store.transaction():
            store.insert_node(inserted)
            open_in_other.set()
            go_on.wait(5)

    def read():
        seen.append(store.in_transaction)
        seen.append(store.find_nodes('uuid', inserted.uuid))

    writer = threading.Thread(target=write)
    writer.start()
    assert open_in_other.wait(5)
    reader = threading.Thread(target=read)
    reader.start()
    reader.join(0.3)
    # a store that lets the threads take turns has the reader wait, another one answers at once
    go_on.set()
    writer.join(5)
    reader.join(5)
    assert seen in ([False, []], [False, [inserted.id]])
    assert store.find_nodes('uuid', inserted.uuid) == [inserted.id]


def test_a_rollback_in_one_thread_leaves_the_other_alone(store, record):
    kept, dropped = [record() for _ in range(30)], [record() for _ in range(30)]

    def write(records, fail):
        for item in records:
            try:
                with store.transaction():
                    store.insert_node(item)
                    if fail:
                        raise KeyError
            except KeyError:
                pass

    threads = [
        threading.Thread(target=write, args=(kept, False)),
        threading.Thread(target=write, args=(dropped, True)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert all(store.find_nodes('uuid', item.uuid) == [item.id] for item in kept)
    assert not any(store.find_nodes('uuid', item.uuid) for item in dropped)


def test_many_threads_lose_nothing(store, record):
    setting = 'counter'
    store.write_setting(setting, 0)

    def count():
        for _ in range(25):
            with store.transaction():
                store.write_setting(setting, store.read_setting(setting) + 1)

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert store.read_setting(setting) == 150


def test_a_closed_store_says_so(store, record):
    store.close()
    assert store.is_closed
    for use in (
        lambda: store.insert_node(record()),
        lambda: store.read_setting('x'),
        lambda: list(store.select('SELECT 1', ())),
        lambda: store.claim('a', 0.0, 1.0),
    ):
        with pytest.raises(ClosedStorage):
            use()
    store.close()


def test_closing_inside_a_transaction_drops_it(store, record):
    with store.transaction():
        store.insert_node(record())
        store.close()
    assert store.is_closed
