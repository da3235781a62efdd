"""Which computers are held: one row for each, changed by whoever has seen it last."""

from __future__ import annotations

import uuid

import pytest

from aiida.common.exceptions import IntegrityError
from aiida.storage.records import EntityKind, HoldRecord


@pytest.fixture
def computer_id(store):
    values = {'hostname': 'h', 'description': '', 'scheduler_type': 's', 'transport_type': 't', 'metadata': {}}
    return store.insert_entity(EntityKind.COMPUTER, {'uuid': str(uuid.uuid4()), 'label': 'fidis', **values})


def first(computer_id, **values):
    return HoldRecord(computer_id, 1, 10.0, 10.0, None, 0, 'it does not answer', 1)._replace(**values)


def test_a_row_is_written_and_read(store, computer_id):
    assert store.read_hold(computer_id) is None
    assert store.write_hold(first(computer_id))
    assert store.read_hold(computer_id) == first(computer_id)
    held = first(computer_id, failures=2, failed_at=20.0, until=60.5, revision=2)
    assert store.write_hold(held)
    assert store.list_holds() == [held]


def test_who_has_not_seen_the_last_change_changes_nothing(store, computer_id):
    assert store.write_hold(first(computer_id))
    assert not store.write_hold(first(computer_id, error='another'))
    assert store.write_hold(first(computer_id, until=5.0, revision=2))
    assert not store.write_hold(first(computer_id, until=7.0, revision=2))
    assert store.read_hold(computer_id).until == 5.0


def test_a_success_lifts_what_had_not_come_further(store, computer_id):
    store.write_hold(first(computer_id, stage=1))
    assert not store.lift_hold(computer_id, 0)
    assert store.lift_hold(computer_id, 1)
    assert not store.lift_hold(computer_id, 2)
    assert store.list_holds() == []


def test_a_row_belongs_to_a_computer(store, computer_id):
    with pytest.raises(IntegrityError):
        store.write_hold(first(4711))
    store.write_hold(first(computer_id))
    store.delete_entity(EntityKind.COMPUTER, computer_id)
    assert store.list_holds() == []
