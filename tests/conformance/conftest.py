"""A store in memory, a runner, the computer of this machine; and the marker that names rows of the inventory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from aiida.common.log import LOG_LEVEL_REPORT, NodeLogHandler
from aiida.engine.runners import RUNNER, Runner


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
    from aiida.orm import Computer

    made = Computer(
        label='here',
        hostname='localhost',
        description='this machine',
        transport_type='core.local',
        scheduler_type='core.direct',
        workdir=str(tmp_path / 'scratch'),
    ).store()
    made.set_minimum_job_poll_interval(0.1)
    made.set_default_mpiprocs_per_machine(1)
    made.configure(safe_interval=0.0, use_login_shell=False)
    return made


@pytest.fixture
def bash(computer: Any) -> Any:
    """The shell as a code."""
    from aiida.orm import InstalledCode

    return InstalledCode(label='bash', computer=computer, filepath_executable='/bin/bash').store()
