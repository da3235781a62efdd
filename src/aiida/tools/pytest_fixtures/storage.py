"""Fixtures that say where the data of a profile are to be."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from aiida.tools.pytest_fixtures.missing import skip_without

_POSTGRES = 'PostgreSQL'
_INSTEAD = 'use the fixture `config_sqlite_dos` with `storage_backend="core.sqlite_dos"`'


@pytest.fixture(scope='session')
def config_sqlite_dos(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """A function that returns the ``storage_config`` of a profile in SQLite.

    It takes ``filepath``, the folder of the store; a new temporary one for ``None``.
    """

    def factory(filepath: str | pathlib.Path | None = None) -> dict[str, Any]:
        return {'filepath': str(filepath or tmp_path_factory.mktemp('test_sqlite_dos_storage'))}

    return factory


@pytest.fixture(scope='session')
def postgres_cluster() -> None:
    """A cluster of PostgreSQL; the test is skipped."""
    skip_without(_POSTGRES, _INSTEAD)


@pytest.fixture(scope='session')
def config_psql_dos() -> None:
    """A function that returns the ``storage_config`` of a profile in PostgreSQL; the test is skipped."""
    skip_without(_POSTGRES, _INSTEAD)
