"""The tables of a database: made, recognised and completed."""

from __future__ import annotations

from aiida.common.exceptions import CorruptStorage, IncompatibleStorageSchema
from aiida.storage.postgres.connection import Database
from aiida.storage.shared.store import EMPTIED_TABLES, REVISION
from aiida.storage.sql import load_script

__all__ = ('RUNTIME_VERSION', 'add_runtime_tables', 'create_tables', 'drop_tables', 'read_revision')

#: The version of our own tables, kept in the comment on ``process_run``: aiida-core may empty all tables.
RUNTIME_VERSION = 3

#: The script that leads from each earlier version to the next one, and the number of that one.
_STEPS = {0: 'runtime_postgres', 1: 'runtime_postgres_v2', 2: 'runtime_postgres_v3'}
_COMMENT = 'runtime tables of Nabucco, version '
#: Programs that make tables in the same database at the same time take turns.
_LOCK = 'SELECT pg_advisory_xact_lock(1851944290, 0)'


def create_tables(database: Database) -> None:
    """Make all tables of an empty database."""
    with database.transaction():
        database.execute(_LOCK)
        database.run_script(load_script('schema_postgres'))
        database.execute('INSERT INTO alembic_version (version_num) VALUES (?)', (REVISION,))
    add_runtime_tables(database)


def drop_tables(database: Database) -> None:
    """Drop all tables of AiiDA's and ours; others in the database stay."""
    tables = [*EMPTIED_TABLES, 'db_dbuser', 'db_dbsetting', 'alembic_version']
    with database.transaction():
        database.execute(_LOCK)
        database.run_script(f'DROP TABLE IF EXISTS {", ".join(tables)}')


def read_revision(database: Database) -> str | None:
    """Return the revision of AiiDA's schema, ``None`` if the database is empty.

    :raises CorruptStorage: if there are tables, but not AiiDA's.
    """
    if not _has_table(database, 'alembic_version'):
        if _has_table(database, 'db_dbnode'):
            raise CorruptStorage(f'{database.place} has tables, but does not say of which revision of the schema')
        return None
    rows = database.execute('SELECT version_num FROM alembic_version')
    if len(rows) != 1:
        raise CorruptStorage(f'{database.place} does not say which revision of the schema it has')
    return str(rows[0][0])


def add_runtime_tables(database: Database) -> None:
    """Bring our own tables to the version this program knows.

    :raises IncompatibleStorageSchema: if they are newer.
    """
    if _runtime_version(database) == RUNTIME_VERSION:
        return
    with database.transaction():
        database.execute(_LOCK)
        # somebody else may have done it while we waited for the lock
        version = _runtime_version(database)
        if version > RUNTIME_VERSION:
            raise IncompatibleStorageSchema(
                f'{database.place} was used by a newer release: its runtime tables have version {version}, '
                f'this release knows {RUNTIME_VERSION}; upgrade nabucco'
            )
        for number in range(version, RUNTIME_VERSION):
            database.run_script(load_script(_STEPS[number]))
        database.run_script(f"COMMENT ON TABLE process_run IS '{_COMMENT}{RUNTIME_VERSION}'")


def _runtime_version(database: Database) -> int:
    found = """
        SELECT obj_description(oid, 'pg_class') FROM pg_class
        WHERE relname = 'process_run' AND relkind = 'r' AND pg_table_is_visible(oid)
    """
    rows = database.execute(found)
    if not rows:
        return 0
    comment = rows[0][0] or ''
    if not comment.startswith(_COMMENT):
        raise CorruptStorage(f'{database.place} has a table process_run that is not one of ours: {comment!r}')
    return int(comment.removeprefix(_COMMENT))


def _has_table(database: Database, name: str) -> bool:
    """Return whether there is a table of this name where unqualified names are looked up."""
    # `to_regclass` would answer by what the connection remembers, not by what was committed while it waited for a lock
    found = 'SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = ? AND pg_table_is_visible(oid))'
    return bool(database.execute(found, (name,))[0][0])
