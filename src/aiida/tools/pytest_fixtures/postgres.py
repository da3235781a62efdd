"""A PostgreSQL server of the tests' own: in a temporary folder, reached by a socket in it, thrown away at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

__all__ = ('PostgresCluster', 'find_program', 'why_there_is_none')

_PROGRAMS = ('initdb', 'pg_ctl', 'postgres')
#: Where distributions put the programs that are on nobody's path.
_FOLDERS = ('/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/opt/homebrew/opt/postgresql*/bin')
_OWNER = 'tests'
#: A server of tests need not survive a power cut; it listens to its own socket and to no network.
_SETTINGS = {
    'listen_addresses': "''",
    'fsync': 'off',
    'full_page_writes': 'off',
    'synchronous_commit': 'off',
    'shared_buffers': '32MB',
}
#: Seconds that a program of PostgreSQL may take.
_PATIENCE = 60.0


def find_program(program: str) -> str | None:
    """Return the path of a program of PostgreSQL, of the version that sorts last if there are several."""
    found = [str(path) for folder in _FOLDERS for path in Path('/').glob(f'{folder[1:]}/{program}')]
    return max(found, key=_version) if found else shutil.which(program)


def _version(path: str) -> list[int]:
    return [int(part) for part in ''.join(c if c.isdigit() else ' ' for c in path).split()]


def _user() -> str | None:
    """Return the user the server runs as, as it does not run as root; ``None`` for the one of the tests."""
    if os.geteuid() != 0:
        return None
    for name in ('postgres', 'nobody'):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None


def why_there_is_none() -> str | None:
    """Return why no server can be run here; ``None`` if one can."""
    for program in _PROGRAMS:
        if find_program(program) is None:
            return f'there is no `{program}` on this machine: install PostgreSQL (Debian: the package `postgresql`)'
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return 'the driver of PostgreSQL is not there: pip install "nabucco[postgres]"'
    if os.geteuid() == 0 and _user() is None:
        return 'PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`'
    return None


class PostgresCluster:
    """A server that is started when its folder is first asked for."""

    #: The user all of it belongs to, and options of `initdb`: who may come in as whom.
    owner = _OWNER
    access = ('-A', 'trust')

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._user = _user()

    @property
    def folder(self) -> Path:
        """The folder of the server and its socket; it is made, and the server started, when it is asked for.

        :raises subprocess.CalledProcessError: if it does not start.
        """
        if self._folder is None:
            # the path of a socket has to be short
            self._folder = Path(tempfile.mkdtemp(prefix='pg-', dir='/tmp'))
            if self._user is not None:
                shutil.chown(self._folder, self._user)
            self._run('initdb', '-U', self.owner, *self.access, '-E', 'UTF8', '--no-sync')
            self.start()
        return self._folder

    def settings(self) -> dict[str, object]:
        """Return what the server is told when it is started."""
        return {**_SETTINGS, 'unix_socket_directories': self._folder}

    def start(self) -> None:
        """Start it; what was in it is there again."""
        options = ' '.join(f'-c {name}={value}' for name, value in self.settings().items())
        self._run('pg_ctl', '-w', '-l', f'{self._folder}/log', '-o', options, 'start')

    def stop(self, mode: str = 'immediate') -> None:
        """Stop it.

        :param mode: as `pg_ctl` knows them; ``immediate`` is like a crash.
        """
        self._run('pg_ctl', '-w', '-m', mode, 'stop')

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(find_program(program)), '-D', f'{self._folder}/data', *arguments],
            check=True,
            user=self._user,
            cwd=self._folder,
            env={**os.environ, 'LC_ALL': 'C.UTF-8'},
            stdout=subprocess.DEVNULL,
            timeout=_PATIENCE,
        )

    def create_database(
        self,
        database_name: str | None = None,
        database_username: str | None = None,
        database_password: str | None = None,
    ) -> dict[str, Any]:
        """Make a database and the user it belongs to, and return how it is reached.

        :param database_name: its name; one that nobody else has for ``None``.
        :param database_username: the user; one of the tests for ``None``.
        :param database_password: the password of the user.
        """
        from uuid import uuid4

        import psycopg
        from psycopg import sql

        name = database_name or f'test-{uuid4().hex}'
        user = database_username or 'guest'
        password = database_password or 'guest'
        host = str(self.folder)
        with psycopg.connect(host=host, user=self.owner, dbname='postgres', autocommit=True) as connection:
            if connection.execute('SELECT 1 FROM pg_roles WHERE rolname = %s', (user,)).fetchone() is None:
                connection.execute(
                    sql.SQL('CREATE USER {} PASSWORD {}').format(sql.Identifier(user), sql.Literal(password))
                )
            connection.execute(
                sql.SQL('CREATE DATABASE {} OWNER {}').format(sql.Identifier(name), sql.Identifier(user))
            )
        return {
            'database_hostname': host,
            'database_port': 5432,
            'database_name': name,
            'database_username': user,
            'database_password': password,
        }

    def remove(self) -> None:
        """Stop the server, if it was started, and delete all that is in it."""
        if self._folder is None:
            return
        try:
            self.stop()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
