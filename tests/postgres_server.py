"""The server of the testing kit as a program elsewhere has it: with a port, a password, and ends."""

from __future__ import annotations

import itertools
import os
import socket
import tempfile
from pathlib import Path
from typing import Any

from aiida.tools.pytest_fixtures.postgres import PostgresCluster, find_program, why_there_is_none

__all__ = ('PostgresServer', 'find_program', 'why_there_is_none')

USER, PASSWORD = 'tester', 'secret-of-the-tests'
_NUMBERS = itertools.count()
_RESTART_NUMBERS = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return int(listener.getsockname()[1])


class PostgresServer(PostgresCluster):
    """A server that is started when it is made."""

    owner = USER

    def __init__(self) -> None:
        super().__init__()
        self.port = _free_port()
        self._reused: str | None = None
        with tempfile.NamedTemporaryFile('w', prefix='password-') as password:
            password.write(PASSWORD)
            password.flush()
            os.chmod(password.name, 0o644)
            self.access = ('-A', 'scram-sha-256', f'--pwfile={password.name}')
            assert self.folder.is_dir()

    def settings(self) -> dict[str, object]:
        """Return what the server is told when it is started."""
        network = {'port': self.port, 'listen_addresses': '127.0.0.1', 'max_connections': 100}
        return {**super().settings(), **network, 'synchronous_commit': 'on', 'autovacuum': 'off'}

    def execute(self, sql: str, database: str = 'postgres') -> list[tuple[Any, ...]]:
        """Run a statement as somebody else would, and return its rows."""
        import psycopg

        options = {'host': '127.0.0.1', 'port': self.port, 'user': USER, 'password': PASSWORD}
        with psycopg.connect(dbname=database, autocommit=True, **options) as connection:
            cursor = connection.execute(sql)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def config(self, database: str, folder: Path) -> dict[str, Any]:
        """Return what a profile says of its store."""
        return {
            'database_engine': 'postgresql_psycopg',
            'database_hostname': '127.0.0.1',
            'database_port': self.port,
            'database_username': USER,
            'database_password': PASSWORD,
            'database_name': database,
            'repository_uri': f'file://{folder}',
        }

    def empty_database(self) -> str:
        """Make a database without any table and return its name."""
        name = f'test_{next(_NUMBERS)}'
        self.execute(f'CREATE DATABASE {name}')
        return name

    def new_config(self, folder: Path) -> dict[str, Any]:
        """Make a database for a store, still empty, and return what a profile says of it."""
        return self.config(self.empty_database(), folder)

    def new_store(self, folder: Path) -> Any:
        """Return a store with one user and nothing else; the database is that of the store before it, emptied."""
        from aiida.storage.postgres.store import PostgresStore
        from aiida.storage.shared.store import EMPTIED_TABLES

        if self._reused is None:
            config = self.new_config(folder)
            self._reused = config['database_name']
            return PostgresStore.initialise(config, user_email='aiida@localhost')
        tables = [*EMPTIED_TABLES, 'db_dbuser', 'db_dbsetting']
        self.execute('; '.join(f'DELETE FROM {table}' for table in tables), self._reused)
        self.execute(_RESTART_NUMBERS, self._reused)
        folder.mkdir(parents=True)
        store = PostgresStore(self.config(self._reused, folder))
        store._welcome('aiida@localhost')
        return store
