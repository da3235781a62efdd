"""A PostgreSQL server of the tests' own: in a temporary folder, on a free port, thrown away at the end.

The programs are looked for on the path and where Debian puts them; what they are is said by ``find_program``.
PostgreSQL does not run as root, so there the server runs as the user `postgres`, or as `nobody`.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

USER, PASSWORD = 'tester', 'secret-of-the-tests'
_NUMBERS = itertools.count()
_RESTART_NUMBERS = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"


def find_program(name: str) -> str | None:
    """Return the path of a program of PostgreSQL, of the newest version there is."""
    found = sorted(Path('/usr/lib/postgresql').glob(f'*/bin/{name}'), key=lambda path: float(path.parts[-3]))
    return str(found[-1]) if found else shutil.which(name)


def missing() -> str | None:
    """Return why there can be no server here, ``None`` if there can."""
    for name in ('initdb', 'pg_ctl', 'postgres'):
        if find_program(name) is None:
            return f'PostgreSQL is not installed here: there is no `{name}` (Debian: the package `postgresql`)'
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return 'the driver of PostgreSQL is not installed: pip install "nabucco[postgres]"'
    return None


def _unprivileged() -> str | None:
    """Return the user a server started by root is run as."""
    if os.geteuid() != 0:
        return None
    for name in ('postgres', 'nobody'):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise RuntimeError('PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`')


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return int(listener.getsockname()[1])


class PostgresServer:
    """A server that is started when it is made."""

    def __init__(self) -> None:
        # the path of a socket must be short
        self.folder = Path(tempfile.mkdtemp(prefix='pg-', dir='/tmp'))
        self.port = _free_port()
        self._user = _unprivileged()
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        password = self.folder / 'password'
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run('initdb', '-U', USER, '-A', 'scram-sha-256', f'--pwfile={password}', '-E', 'UTF8', '--no-sync')
        self.start()
        self._reused: str | None = None

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(find_program(program)), '-D', str(self.folder / 'data'), *arguments],
            check=True,
            user=self._user,
            cwd=self.folder,
            env={**os.environ, 'LC_ALL': 'C.UTF-8'},
            stdout=subprocess.DEVNULL,
            timeout=60,
        )

    def start(self) -> None:
        """Start it, without any care for the disk."""
        settings = {
            'port': self.port,
            'listen_addresses': '127.0.0.1',
            'unix_socket_directories': self.folder,
            'fsync': 'off',
            'full_page_writes': 'off',
            'shared_buffers': '32MB',
            'max_connections': 100,
            'autovacuum': 'off',
        }
        options = ' '.join(f'-c {name}={value}' for name, value in settings.items())
        self._run('pg_ctl', '-w', '-l', str(self.folder / 'log'), '-o', options, 'start')

    def stop(self, mode: str = 'immediate') -> None:
        """Stop it: ``immediate`` is like a crash."""
        self._run('pg_ctl', '-w', '-m', mode, 'stop')

    def remove(self) -> None:
        """Stop it and delete all of it."""
        self.stop()
        shutil.rmtree(self.folder)

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
