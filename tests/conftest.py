"""What all tests share: a configuration of their own, a store in memory, a profile on disk."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest

_HOME = tempfile.TemporaryDirectory(prefix='nabucco-tests-')
os.environ['AIIDA_PATH'] = _HOME.name

from aiida.common.log import configure_logging  # noqa: E402
from aiida.manage import configuration, get_manager  # noqa: E402 - AIIDA_PATH has to be set first
from aiida.manage.configuration.settings import AiiDAConfigDir  # noqa: E402


@pytest.fixture(scope='session', autouse=True)
def _never_the_users_configuration() -> Iterator[None]:
    """Check that the configuration is the tests' own, before and after all of them."""
    assert AiiDAConfigDir.get() == pathlib.Path(_HOME.name) / '.aiida'
    configure_logging()
    yield
    get_manager().unload_profile()
    _HOME.cleanup()


@pytest.fixture(autouse=True)
def _loggers_as_they_were(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from aiida.common import log
    from profiles_of_tests import loggers_as_they_were

    for name in ('CLI_ACTIVE', 'CLI_LOG_LEVEL'):
        monkeypatch.setattr(log, name, getattr(log, name))
    with loggers_as_they_were():
        yield


@pytest.fixture(scope='session')
def postgres_server() -> Iterator[Any]:
    """A server of PostgreSQL of the tests' own; without the program the test is skipped."""
    import postgres_server

    reason = postgres_server.why_there_is_none()
    if reason is not None:
        pytest.skip(reason)
    server = postgres_server.PostgresServer()
    yield server
    server.remove()


@pytest.fixture
def store() -> Iterator[Any]:
    """A store in memory that is the one of the orm; nothing else of a profile is there."""
    from aiida.orm.backend import STORE
    from aiida.storage.sqlite.store import SqliteStore

    made = SqliteStore.in_memory()
    try:
        with STORE.override(made):
            yield made
    finally:
        made.close()


@pytest.fixture
def config_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    """An empty folder that is the one of the configuration; no profile is loaded, before and after."""
    manager = get_manager()
    manager.unload_profile()
    configuration.reset_config()
    folder = tmp_path / '.aiida'
    monkeypatch.setenv('AIIDA_PATH', str(tmp_path))
    AiiDAConfigDir.set(folder)
    try:
        yield folder
    finally:
        manager.unload_profile()
        configuration.reset_config()
        monkeypatch.undo()
        AiiDAConfigDir.set(None)


@pytest.fixture(scope='session')
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The folder of a store as it is when it was just made: to copy it is quicker than to make another one."""
    from aiida.storage.sqlite.backend import SqliteDosStorage

    folder = tmp_path_factory.mktemp('stores') / 'empty'
    SqliteDosStorage.initialise(folder).close()
    return folder


@pytest.fixture
def profile(config_folder: pathlib.Path, empty_store: pathlib.Path) -> Any:
    """A profile on disk, loaded, with a user and the computer ``localhost`` (core.local, core.direct), configured."""
    from aiida.manage.configuration import stores
    from profiles_of_tests import make_profile

    folder = config_folder / 'repository' / 'sqlite_dos_test'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores, 'initialise_store', lambda _: shutil.copytree(empty_store, folder))
        return make_profile(config_folder, 'core.sqlite_dos', {'filepath': str(folder)})


@pytest.fixture
def localhost(profile: Any) -> Any:
    """The computer of the profile."""
    from aiida import orm

    return orm.load_computer('localhost')


@pytest.fixture
def bash(computer: Any) -> Any:
    """The shell as a code on the computer of the test."""
    from aiida.orm import InstalledCode

    return InstalledCode(label='bash', computer=computer, filepath_executable='/bin/bash').store()
