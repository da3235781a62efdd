"""A store that cannot be reached when a worker begins."""

from __future__ import annotations

import pytest

from aiida.common.exceptions import IncompatibleStorageSchema, StorageUnavailable, UnreachableStorage
from aiida.engine.daemon import reaching


def unreachable(cause):
    exception = UnreachableStorage('the database cannot be reached')
    exception.__cause__ = cause
    return exception


def test_what_may_be_there_later():
    assert reaching.is_away(StorageUnavailable('locked'))
    assert reaching.is_away(unreachable(StorageUnavailable('refused')))
    assert not reaching.is_away(unreachable(FileNotFoundError('gone')))
    assert not reaching.is_away(IncompatibleStorageSchema('old'))


def test_it_is_opened_when_it_can_be_reached(monkeypatch, caplog):
    monkeypatch.setattr(reaching, '_LOOK', 0.0)
    monkeypatch.setattr(reaching.LOGGER, 'propagate', True)
    answers = [StorageUnavailable('refused'), StorageUnavailable('refused'), StorageUnavailable('starting up')]

    def open_store():
        if answers:
            raise answers.pop(0)

    with caplog.at_level('WARNING'):
        reaching.open_when_reachable(open_store)
    assert [record.getMessage() for record in caplog.records] == [
        'the worker begins when the store can be reached: refused',
        'the worker begins when the store can be reached: starting up',
        'the store can be reached',
    ]


def test_what_never_opens_is_told_at_once():
    def open_store():
        raise unreachable(FileNotFoundError('gone'))

    with pytest.raises(UnreachableStorage):
        reaching.open_when_reachable(open_store)
