"""A store in memory, a runner, and a computer that is this machine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from aiida.engine.runners import RUNNER, Runner


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
    from aiida.orm import Computer

    made = Computer(
        label='here',
        hostname='localhost',
        description='this machine',
        transport_type='core.local',
        scheduler_type='core.direct',
        workdir=str(tmp_path / 'scratch'),
    ).store()
    made.set_minimum_job_poll_interval(1)
    made.set_default_mpiprocs_per_machine(1)
    made.configure(safe_interval=0.0, use_login_shell=False)
    return made


@pytest.fixture
def bash(computer: Any) -> Any:
    """The shell as a code."""
    from aiida.orm import InstalledCode

    return InstalledCode(label='bash', computer=computer, filepath_executable='/bin/bash').store()
