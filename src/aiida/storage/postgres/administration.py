"""Making a user and a database on a server, for a profile that is to have its own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from aiida.common.exceptions import StorageUnavailable, UnreachableStorage
from aiida.storage.postgres.connection import connect

__all__ = ('create_database',)

_LOCAL = ('localhost', '127.0.0.1', '::1')
_LONGEST_NAME = 63


def create_database(
    name: str, *, host: str = 'localhost', port: int = 5432, username: str = 'postgres', password: str | None = None
) -> dict[str, Any]:
    """Make a user and a database that belongs to it, and return what a profile says of them.

    :param name: what both are called; a number is added if there is one of this name already.
    :param username: who may make users and databases; on this machine also by the socket of the server.
    :raises UnreachableStorage: if the server cannot be reached, or refuses.
    """
    options = {'host': host, 'port': port, 'user': username, 'password': password}
    connection = _connect({key: value for key, value in options.items() if value is not None})
    try:
        free = _free_name(connection, name[: _LONGEST_NAME - 4])
        secret = secrets.token_hex(16)
        quoted = _quoted(free)
        for statement in (
            f"CREATE ROLE {quoted} LOGIN PASSWORD '{secret}'",
            f'GRANT {quoted} TO CURRENT_USER',
            f"CREATE DATABASE {quoted} OWNER {quoted} ENCODING 'UTF8' TEMPLATE template0",
        ):
            _run(connection, statement)
    finally:
        connection.close()
    return {
        'database_engine': 'postgresql_psycopg',
        'database_hostname': host,
        'database_port': port,
        'database_username': free,
        'database_password': secret,
        'database_name': free,
    }


def _connect(options: Mapping[str, Any]) -> Any:
    """Connect as given, or by the socket of this machine, where the server may know the user of the system."""
    place = f'PostgreSQL on {options["host"]}:{options["port"]}, as the user {options["user"]},'
    try:
        return connect({**options, 'dbname': 'template1'}, place)
    except StorageUnavailable as error:
        if options['host'] in _LOCAL:
            by_socket = {key: value for key, value in options.items() if key != 'host'}
            try:
                return connect({**by_socket, 'dbname': 'template1'}, place)
            except StorageUnavailable:
                pass
        raise UnreachableStorage(
            f'{error}; users and databases are made by a user who may: '
            'name one with --postgres-username and --postgres-password'
        ) from error


def _run(connection: Any, statement: str) -> Any:
    import psycopg

    try:
        return connection.execute(statement)
    except psycopg.Error as error:
        reason = ' '.join(str(error).split())
        raise UnreachableStorage(f'PostgreSQL does not make a user and a database: {reason}') from error


def _free_name(connection: Any, name: str) -> str:
    """Return a name that neither a user nor a database has."""
    taken = {row[0] for row in _run(connection, 'SELECT rolname FROM pg_roles UNION SELECT datname FROM pg_database')}
    free, number = name, 0
    while free in taken:
        number += 1
        free = f'{name}-{number}'
    return free


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
