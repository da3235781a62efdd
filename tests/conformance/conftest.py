"""A store in memory, a runner, the computer of this machine; and the marker that names rows of the inventory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from aiida.common.log import LOG_LEVEL_REPORT, NodeLogHandler
from aiida.engine.runners import RUNNER, Runner
from profiles_of_tests import make_computer


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line('markers', 'row(*ids): the rows of the inventory that a test proves')


@pytest.fixture
def runner(store: Any) -> Iterator[Runner]:
    """The runner of the interpreter, on a store in memory, with logs in the database."""
    from aiida.orm.utils.log import DBLogHandler

    logger, handler = logging.getLogger('aiida'), DBLogHandler()
    level, others = logger.level, [other for other in logger.handlers if isinstance(other, NodeLogHandler)]
    for other in others:
        logger.removeHandler(other)
    logger.addHandler(handler)
    logger.setLevel(LOG_LEVEL_REPORT)
    try:
        with Runner() as made, RUNNER.override(made):
            yield made
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        for other in others:
            logger.addHandler(other)


@pytest.fixture
def computer(store: Any, tmp_path: Any) -> Any:
    """This machine, by local transport and direct scheduler."""
    return make_computer('here', tmp_path / 'scratch', 0.1, use_login_shell=False)
