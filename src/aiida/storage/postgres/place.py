"""Where a profile's description says that its data are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from aiida.common.exceptions import ConfigurationError

__all__ = ('connection_options', 'describe', 'repository_folder')

_PORT = 5432
#: What libpq calls the keys of a profile's description.
_OPTIONS = {
    'database_hostname': 'host',
    'database_port': 'port',
    'database_username': 'user',
    'database_password': 'password',
    'database_name': 'dbname',
}


def connection_options(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what libpq needs to know; without a host it takes the socket of this machine.

    :raises ConfigurationError: if the name of the database or of the user is missing.
    """
    for key in ('database_name', 'database_username'):
        if not config.get(key):
            raise ConfigurationError(f'the profile does not say where its data are: storage.config.{key} is missing')
    return {name: config[key] for key, name in _OPTIONS.items() if config.get(key)}


def describe(config: Mapping[str, Any]) -> str:
    """Return what a database is called in messages, without its password."""
    host = config.get('database_hostname') or 'this machine'
    port = config.get('database_port') or _PORT
    return f'the database {config.get("database_name")} of PostgreSQL on {host}:{port}'


def repository_folder(config: Mapping[str, Any]) -> Path:
    """Return the folder the container with the content of files is in.

    :raises ConfigurationError: if it is missing, or not a folder of this machine.
    """
    uri = config.get('repository_uri')
    if not uri:
        raise ConfigurationError(
            'the profile does not say where its files are: storage.config.repository_uri is missing'
        )
    parsed = urlparse(str(uri))
    if parsed.scheme not in ('', 'file') or parsed.netloc not in ('', 'localhost'):
        raise ConfigurationError(f'files are kept in a folder, as file:///path: storage.config.repository_uri is {uri}')
    return Path(unquote(parsed.path))
