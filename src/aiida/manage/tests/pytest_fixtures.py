"""Fixtures for the tests of plugins, as older plugins load them: ``aiida.tools.pytest_fixtures`` and a few more.

New plugins say ``pytest_plugins = ['aiida.tools.pytest_fixtures']``. That module stands above this one, so it is named
here and loaded by pytest; what is imported from here by its name is fetched from there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import asyncio

    from aiida.manage.configuration import Profile
    from aiida.manage.configuration.config import Config
    from aiida.orm import Computer, InstalledCode

_FIXTURES = 'aiida.tools.pytest_fixtures'

pytest_plugins = [_FIXTURES]


def __getattr__(name: str) -> Any:
    """Fetch the fixtures that this module does not define."""
    if not name.startswith('_'):
        fixtures = import_module(_FIXTURES)
        if name in fixtures.__all__:
            return getattr(fixtures, name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


def _empty(profile: Profile | None) -> None:
    """Delete all that is in a profile for tests but its user."""
    import_module(f'{_FIXTURES}.resetting').empty(profile)


@pytest.fixture
def clear_database_after_test(aiida_profile: Profile) -> Iterator[Profile]:
    """The profile of all tests, emptied after the test."""
    yield aiida_profile
    _empty(aiida_profile)


@pytest.fixture
def clear_database(clear_database_after_test: Profile) -> Profile:
    """The profile of all tests, emptied after the test."""
    return clear_database_after_test


@pytest.fixture
def clear_database_before_test(aiida_profile: Profile) -> Profile:
    """The profile of all tests, emptied before the test."""
    _empty(aiida_profile)
    return aiida_profile


@pytest.fixture(scope='class')
def clear_database_before_test_class(aiida_profile: Profile) -> Profile:
    """The profile of all tests, emptied before the first test of a class."""
    _empty(aiida_profile)
    return aiida_profile


@pytest.fixture(scope='session')
def aiida_test_profile() -> str | None:
    """The profile of the user that tests are run in, as ``AIIDA_TEST_PROFILE`` says; ``None`` for a temporary one."""
    return os.environ.get('AIIDA_TEST_PROFILE')


@pytest.fixture(scope='session')
def aiida_instance(aiida_config: Config) -> Config:
    """The configuration of all tests, by its former name."""
    return aiida_config


@pytest.fixture
def temp_dir() -> Iterator[str]:
    """The path of a folder that is deleted after the test."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        yield folder


@pytest.fixture
def temporary_event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A new event loop that is the current one, closed after the test."""
    import asyncio

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        loop.close()
        asyncio.set_event_loop(None)


@pytest.fixture
def aiida_caplog(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The fixture ``caplog``, which also gets the messages of ``aiida`` loggers, each once."""
    from aiida.common.log import AIIDA_LOGGER

    if caplog.handler in AIIDA_LOGGER.handlers or AIIDA_LOGGER.propagate:
        yield caplog
        return
    AIIDA_LOGGER.addHandler(caplog.handler)
    try:
        yield caplog
    finally:
        AIIDA_LOGGER.removeHandler(caplog.handler)


@pytest.fixture
def aiida_local_code_factory(aiida_localhost: Computer) -> Callable[..., InstalledCode]:
    """A function that returns a program of this machine as a code, stored: the one there is, or a new one.

    It takes

    * ``entry_point``: that of the calculation;
    * ``executable``: the program, by its path or as the ``PATH`` finds it;
    * ``computer``: the computer, ``localhost`` by default;
    * ``label``: what the code is called, as the program by default;
    * ``kwargs``: what the class of codes takes, as ``prepend_text``;

    and raises ``ValueError`` if there is no such program.
    """

    def factory(
        entry_point: str,
        executable: str,
        computer: Computer = aiida_localhost,
        label: str | None = None,
        **kwargs: Any,
    ) -> InstalledCode:
        import shutil

        from aiida.orm import InstalledCode

        label = label or executable
        path = shutil.which(executable)
        if path is None:
            raise ValueError(f'The executable "{executable}" was not found in the $PATH: install it or give its path')
        found = _find_code(computer, label, entry_point, path)
        if found is not None:
            return found
        return InstalledCode(
            label=label,
            description=kwargs.pop('description', label),
            default_calc_job_plugin=entry_point,
            computer=computer,
            filepath_executable=path,
            **kwargs,
        ).store()

    return factory


def _find_code(computer: Computer, label: str, entry_point: str, path: str) -> InstalledCode | None:
    from aiida.orm import Computer, InstalledCode, QueryBuilder

    filters = {'label': label, 'attributes.input_plugin': entry_point, 'attributes.filepath_executable': path}
    query = QueryBuilder().append(Computer, filters={'id': computer.pk}, tag='computer')
    query.append(InstalledCode, filters=filters, with_computer='computer')
    found: InstalledCode | None = query.first(flat=True)
    return found
