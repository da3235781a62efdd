"""A store in memory, a runner, and a computer that is this machine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from aiida.engine.runners import RUNNER, Runner
from profiles_of_tests import make_computer


@pytest.fixture(autouse=True)
def runner(store: Any) -> Iterator[Runner]:
    """The runner of the interpreter."""
    with Runner() as made, RUNNER.override(made):
        yield made


@pytest.fixture
def kept_messages() -> Iterator[None]:
    """Keep messages about a process with its node, as they are with a profile that was loaded."""
    from aiida.orm.utils.log import DBLogHandler

    logger, handler = logging.getLogger('aiida'), DBLogHandler()
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


@pytest.fixture
def computer(store: Any, tmp_path: Any) -> Any:
    """This machine, by local transport and direct scheduler."""
    return make_computer('here', tmp_path / 'scratch', 1, use_login_shell=False)
