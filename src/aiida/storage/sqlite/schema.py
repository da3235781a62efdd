"""The tables of a database: made, recognised and completed."""

from __future__ import annotations

from aiida.common.exceptions import CorruptStorage, IncompatibleStorageSchema
from aiida.storage.shared.store import REVISION
from aiida.storage.sql import load_script
from aiida.storage.sqlite.connection import Database

__all__ = ('REVISION', 'RUNTIME_VERSION', 'add_runtime_tables', 'create_tables', 'read_revision')

#: The version of our own tables, kept in ``PRAGMA user_version``, which AiiDA leaves at 0.
RUNTIME_VERSION = 3

#: The script that leads from each earlier version to the next one, and the number of that one.
_STEPS = {0: 'runtime_sqlite', 1: 'runtime_sqlite_v2', 2: 'runtime_sqlite_v3'}


def create_tables(database: Database) -> None:
    """Make all tables of an empty database."""
    with database.transaction():
        database.run_script(load_script('schema_sqlite'))
        database.execute('INSERT INTO alembic_version (version_num) VALUES (?)', (REVISION,))
        add_runtime_tables(database)


def read_revision(database: Database) -> str | None:
    """Return the revision of AiiDA's schema, ``None`` if the database is empty.

    :raises CorruptStorage: if there are tables, but not AiiDA's.
    """
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    if 'alembic_version' not in tables:
        raise CorruptStorage(f'{database.place} has tables, but not those of AiiDA')
    rows = database.execute('SELECT version_num FROM alembic_version')
    if len(rows) != 1:
        raise CorruptStorage(f'{database.place} does not say which revision of the schema it has')
    return str(rows[0][0])


def add_runtime_tables(database: Database) -> None:
    """Bring our own tables to the version this program knows.

    :raises IncompatibleStorageSchema: if they are newer.
    """
    version = _runtime_version(database)
    if version == RUNTIME_VERSION:
        return
    with database.transaction():
        # somebody else may have done it while we waited for the lock
        version = _runtime_version(database)
        if version > RUNTIME_VERSION:
            raise IncompatibleStorageSchema(
                f'{database.place} was used by a newer release: its runtime tables have version {version}, '
                f'this release knows {RUNTIME_VERSION}; upgrade nabucco'
            )
        while version < RUNTIME_VERSION:
            database.run_script(load_script(_STEPS[version]))
            version += 1
            database.execute(f'PRAGMA user_version = {version}')


def _runtime_version(database: Database) -> int:
    return int(database.execute('PRAGMA user_version')[0][0])
