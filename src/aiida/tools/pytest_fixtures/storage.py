"""Fixtures that say where the data of a profile are to be."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from aiida.tools.pytest_fixtures.missing import skip_without

if TYPE_CHECKING:
    from aiida.tools.pytest_fixtures.postgres import PostgresCluster

_INSTEAD = 'or use the fixture `config_sqlite_dos` with `storage_backend="core.sqlite_dos"`'


@pytest.fixture(scope='session')
def config_sqlite_dos(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """A function that returns the ``storage_config`` of a profile in SQLite.

    It takes ``filepath``, the folder of the store; a new temporary one for ``None``.
    """

    def factory(filepath: str | pathlib.Path | None = None) -> dict[str, Any]:
        return {'filepath': str(filepath or tmp_path_factory.mktemp('test_sqlite_dos_storage'))}

    return factory


@pytest.fixture(scope='session')
def postgres_cluster() -> Iterator[PostgresCluster]:
    """A server of PostgreSQL for these tests alone, started when ``create_database`` is first called on it.

    ``create_database(database_name=None, database_username=None, database_password=None)`` returns how the new database
    is reached. Where PostgreSQL cannot be run, the tests are skipped with the reason.
    """
    from aiida.tools.pytest_fixtures import postgres

    reason = postgres.why_there_is_none()
    if reason is not None:
        skip_without(reason, _INSTEAD)
    cluster = postgres.PostgresCluster()
    yield cluster
    cluster.remove()


@pytest.fixture(scope='session')
def config_psql_dos(
    tmp_path_factory: pytest.TempPathFactory, postgres_cluster: PostgresCluster
) -> Callable[..., dict[str, Any]]:
    """A function that returns the ``storage_config`` of a profile in PostgreSQL, in a new database.

    It takes ``database_name``, ``database_username`` and ``database_password``, all chosen for ``None``.
    """

    def factory(
        database_name: str | None = None, database_username: str | None = None, database_password: str | None = None
    ) -> dict[str, Any]:
        config = postgres_cluster.create_database(database_name, database_username, database_password)
        folder = tmp_path_factory.mktemp('test_psql_dos_repository')
        return {**config, 'repository_uri': folder.as_uri()}

    return factory
