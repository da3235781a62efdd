"""A profile that may be read and not be written to."""

import os

import pytest

from aiida.common.exceptions import InvalidOperation
from aiida.storage.sqlite import connection
from aiida.storage.sqlite.store import SqliteStore


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A store with a setting in it, whose files cannot be written to (not even by root, to whom all is permitted)."""
    folder = tmp_path / 'store'
    store = SqliteStore.initialise(folder, user_email='a@b')
    with store.transaction():
        store.write_setting('colour', 'red')
    store.close()
    for path in (folder / 'database.sqlite', folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    monkeypatch.setattr(connection, '_is_writable', lambda path: False)
    yield folder
    folder.chmod(0o755)


def test_it_can_be_read(folder):
    store = SqliteStore(folder)
    try:
        assert store.read_setting('colour') == 'red'
        assert store.list_processes() == []
        assert list(store.select('SELECT email FROM db_dbuser', (), 10)) == [('a@b',)]
    finally:
        store.close()


def test_writing_says_why_not(folder):
    store = SqliteStore(folder)
    try:
        with pytest.raises(InvalidOperation, match=r'database\.sqlite is read-only'):
            store.write_setting('colour', 'blue')
        assert store.read_setting('colour') == 'red'
    finally:
        store.close()


def test_what_another_program_has_written_is_seen(tmp_path, monkeypatch):
    folder = tmp_path / 'store'
    writer = SqliteStore.initialise(folder, user_email='a@b')
    monkeypatch.setattr(connection, '_is_writable', lambda path: False)
    reader = SqliteStore(folder)
    try:
        with writer.transaction():
            writer.write_setting('colour', 'green')
        assert reader.read_setting('colour') == 'green'
    finally:
        reader.close()
        writer.close()


@pytest.mark.skipif(os.geteuid() == 0, reason='to root all is permitted')
def test_what_is_writable_is_found_out(tmp_path):
    path = tmp_path / 'database.sqlite'
    assert connection._is_writable(path)
    path.touch(0o444)
    assert not connection._is_writable(path)
    path.chmod(0o644)
    tmp_path.chmod(0o555)
    try:
        assert not connection._is_writable(path)
    finally:
        tmp_path.chmod(0o755)
