"""Fixtures for a configuration and profiles of the tests' own.

Nothing here writes to the configuration of the user: the tests get one in a temporary folder, which ``AIIDA_PATH`` says
to the programs they start.
"""

from __future__ import annotations

import os
import pathlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from aiida.manage import configuration
from aiida.manage.configuration.settings import (
    DEFAULT_AIIDA_PATH_VARIABLE,
    DEFAULT_CONFIG_DIR_NAME,
    DEFAULT_CONFIG_FILE_NAME,
    AiiDAConfigDir,
)
from aiida.tools.pytest_fixtures.missing import skip_without
from aiida.tools.pytest_fixtures.resetting import empty, is_resettable, make_resettable

if TYPE_CHECKING:
    from aiida.manage.configuration import Profile
    from aiida.manage.configuration.config import Config

__all__ = ('temporary_config', 'temporary_profile')

#: The profile of the user that tests are to be run in; it has to be marked as one for tests.
TEST_PROFILE_VARIABLE = 'AIIDA_TEST_PROFILE'
SQLITE = 'core.sqlite_dos'
EMAIL = 'test@localhost'
_OTHER_STORES = ('core.psql_dos', 'core.sqlite_temp', 'core.sqlite_zip')


@contextmanager
def temporary_config(dirpath: pathlib.Path) -> Iterator[Config]:
    """Let the configuration be an empty one below a folder; the one before comes back afterwards.

    The profile that is loaded stays loaded.

    :param dirpath: the folder; the configuration is in ``.aiida`` below it.
    """
    folder = pathlib.Path(dirpath) / DEFAULT_CONFIG_DIR_NAME
    before = AiiDAConfigDir.get()
    config_before = configuration.CONFIG
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DEFAULT_AIIDA_PATH_VARIABLE, str(folder))
        AiiDAConfigDir.set(folder)
        configuration.reset_config()
        try:
            yield configuration.get_config(create=True)
        finally:
            AiiDAConfigDir.set(before)
            configuration.CONFIG = config_before


@contextmanager
def temporary_profile(
    config: Config,
    *,
    storage_backend: str = SQLITE,
    storage_config: dict[str, Any] | None = None,
    broker_backend: str | None = None,
    broker_config: dict[str, Any] | None = None,
    name: str | None = None,
    email: str = EMAIL,
) -> Iterator[Profile]:
    """Make a profile for tests and let it be the one that is loaded; the one before comes back afterwards.

    The test is skipped if the store is one that is not supported.

    :param config: the configuration to add it to.
    :param storage_backend: the entry point of the store.
    :param storage_config: where the store is to be; below the folder of the configuration for ``None``.
    :param broker_backend: the entry point of a message broker; it is noted, and none is needed.
    :param broker_config: how the broker is reached.
    :param name: the name; one that nobody else has for ``None``.
    :param email: the email of the user.
    """
    _require_store(storage_backend)
    name = name or secrets.token_hex(16)
    if storage_config is None:
        storage_config = {'filepath': str(pathlib.Path(config.dirpath) / name / 'storage')}
    profile = configuration.create_profile(
        config,
        storage_backend=storage_backend,
        storage_config=storage_config,
        broker_backend=broker_backend,
        broker_config=broker_config,
        name=name,
        email=email,
        is_test_profile=True,
    )
    config.set_default_profile(name, overwrite=True).store()
    with configuration.profile_context(profile, allow_switch=True):
        yield make_resettable(profile)


def _require_store(storage_backend: str) -> None:
    from aiida.plugins.entry_point import get_entry_point_names

    if storage_backend in _OTHER_STORES and storage_backend not in get_entry_point_names('aiida.storage'):
        skip_without(f'there is no store `{storage_backend}`', f'use `storage_backend="{SQLITE}"`')


def add_test_profile(config: Config, name: str, path: pathlib.Path) -> None:
    """Copy the description of a profile for tests from the configuration of the user, which is only read.

    :param config: the configuration to copy it to.
    :param name: the name of the profile.
    :param path: the configuration file of the user.
    :raises RuntimeError: if there is no such file, or the profile is not marked as one for tests.
    :raises ConfigurationError: if the file cannot be understood.
    :raises ProfileConfigurationError: if there is no such profile.
    """
    from aiida.common.json import loads
    from aiida.manage.configuration.config import Config

    if not path.is_file():
        raise RuntimeError(f'{TEST_PROFILE_VARIABLE} says `{name}`, but there is no configuration {path}')
    content = loads(path.read_text(encoding='utf8'))
    if configuration.config_needs_migrating(content, str(path)):
        content = configuration.upgrade_config(content)
    profile = Config(path, content).get_profile(name)
    if not profile.is_test_profile:
        raise RuntimeError(
            f'{TEST_PROFILE_VARIABLE} says `{name}`, which is not marked as a profile for tests. Those delete all that '
            f'is in it: if you want that, set `test_profile` of this profile to true in {path}'
        )
    config.add_profile(profile).set_default_profile(name, overwrite=True).store()


@contextmanager
def _chosen_profile(config: Config, name: str) -> Iterator[Profile]:
    """Let a profile for tests that was there before be the one that is loaded, emptied."""
    profile = config.get_profile(name)
    with configuration.profile_context(profile, allow_switch=True):
        make_resettable(profile)
        empty(profile)
        yield profile


@pytest.fixture(scope='session')
def aiida_config_factory() -> Callable[[pathlib.Path], AbstractContextManager[Config]]:
    """A function that takes a folder and returns a context with an empty configuration in it; see
    :func:`temporary_config`."""
    return temporary_config


@pytest.fixture(scope='session', autouse=True)
def aiida_config(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Config]:
    """The configuration of all tests, in a temporary folder.

    It is empty, unless the variable ``AIIDA_TEST_PROFILE`` says a profile of the user: then that one is in it too.
    """
    factory = _fixture(request, 'aiida_config_factory') or temporary_config
    with _config_of_tests(tmp_path_factory, factory) as config:
        yield config


def _fixture(request: pytest.FixtureRequest, name: str) -> Any:
    """Return the value of a fixture; ``None`` if a plugin imported others from here by name, but not this one."""
    try:
        return request.getfixturevalue(name)
    except pytest.FixtureLookupError:
        return None


@contextmanager
def _config_of_tests(
    tmp_path_factory: pytest.TempPathFactory, factory: Callable[[pathlib.Path], AbstractContextManager[Config]]
) -> Iterator[Config]:
    users = AiiDAConfigDir.get() / DEFAULT_CONFIG_FILE_NAME
    name = os.environ.get(TEST_PROFILE_VARIABLE)
    with factory(tmp_path_factory.mktemp('config')) as config:
        if name:
            add_test_profile(config, name, users)
        yield config


@pytest.fixture
def aiida_config_tmp(
    tmp_path: pathlib.Path, aiida_config_factory: Callable[[pathlib.Path], AbstractContextManager[Config]]
) -> Iterator[Config]:
    """An empty configuration for one test."""
    with aiida_config_factory(tmp_path) as config:
        yield config


@pytest.fixture(scope='session')
def aiida_profile_factory() -> Iterator[Callable[..., Any]]:
    """A function that takes a configuration and returns a context with a new profile in it, loaded; see
    :func:`temporary_profile` for its parameters.

    Called as of old, with a dictionary of what differs from the usual profile or with nothing, it returns a new profile
    that stays loaded until the end of the tests.
    """
    with ExitStack() as stack:

        def factory(config: Config | dict[str, Any] | None = None, **kwargs: Any) -> Any:
            if config is None or isinstance(config, dict):
                made = temporary_profile(configuration.get_config(), **_from_description(config or {}), **kwargs)
                return stack.enter_context(made)
            return temporary_profile(config, **kwargs)

        yield factory


def _from_description(description: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of :func:`temporary_profile` that a part of a description of a profile says."""
    storage = description.get('storage') or {}
    broker = description.get('process_control') or {}
    found = {
        'storage_backend': storage.get('backend'),
        'storage_config': storage.get('config'),
        'broker_backend': broker.get('backend'),
        'broker_config': broker.get('config'),
        'email': description.get('default_user_email'),
    }
    return {key: value for key, value in found.items() if value is not None}


@pytest.fixture(scope='session', autouse=True)
def aiida_profile(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Profile]:
    """The profile of all tests, loaded; it is in SQLite and needs no service.

    Beside the usual members it has ``reset_storage()``, also called ``clear_profile()`` and ``reset_db()``, which
    deletes all that is in it but the user. With the variable ``AIIDA_TEST_PROFILE`` it is that profile of the user,
    which has to be marked as one for tests.
    """
    with ExitStack() as stack:
        config = _fixture(request, 'aiida_config') or stack.enter_context(
            _config_of_tests(tmp_path_factory, temporary_config)
        )
        factory = _fixture(request, 'aiida_profile_factory') or temporary_profile
        loaded = configuration.get_profile()
        if loaded is not None and is_resettable(loaded) and loaded in config.profiles:
            yield loaded  # the fixture is there twice, as a plugin and imported by its name
            return
        name = os.environ.get(TEST_PROFILE_VARIABLE)
        chosen = name if name in config.profile_names else None
        yield stack.enter_context(_chosen_profile(config, chosen) if chosen else factory(config))


@pytest.fixture
def aiida_profile_tmp(
    aiida_config_tmp: Config, aiida_profile_factory: Callable[..., AbstractContextManager[Profile]]
) -> Iterator[Profile]:
    """A profile for one test, in a configuration for this test."""
    with aiida_profile_factory(aiida_config_tmp) as profile:
        yield profile


@pytest.fixture
def aiida_profile_clean(aiida_profile: Profile) -> Profile:
    """The profile of all tests, emptied before the test."""
    empty(aiida_profile)
    return aiida_profile


@pytest.fixture(scope='class')
def aiida_profile_clean_class(aiida_profile: Profile) -> Profile:
    """The profile of all tests, emptied before the first test of a class."""
    empty(aiida_profile)
    return aiida_profile
