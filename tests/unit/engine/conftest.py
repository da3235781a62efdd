"""A store in memory and a runner, made anew for each test."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from aiida.common.log import LOG_LEVEL_REPORT
from aiida.engine.runners import RUNNER, Runner


@pytest.fixture(autouse=True)
def logs_in_the_database() -> Iterator[None]:
    """Reports of processes are kept with their nodes, as they are when a profile is loaded."""
    from aiida.orm.utils.log import DBLogHandler

    logger, handler = logging.getLogger('aiida'), DBLogHandler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(LOG_LEVEL_REPORT)
    yield
    logger.setLevel(level)
    logger.removeHandler(handler)


@pytest.fixture(autouse=True)
def runner(store: Any) -> Iterator[Runner]:
    """The runner of the interpreter."""
    with Runner() as made, RUNNER.override(made):
        yield made
