"""Profiles and computers for tests, whatever their store."""

from __future__ import annotations

import contextlib
import logging
import pathlib
from collections.abc import Iterator
from typing import Any

from aiida.common import log
from aiida.manage import configuration, get_manager

__all__ = ('loggers_as_they_were', 'make_computer', 'make_profile')


@contextlib.contextmanager
def loggers_as_they_were() -> Iterator[None]:
    """Loading a profile and calling `verdi` set the loggers up; they are left as they were found."""
    loggers = [logging.getLogger(name) for name, _ in log._LOGGERS]
    found = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, found, strict=True):
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)


def make_profile(config_folder: pathlib.Path, backend: str, storage: dict[str, Any]) -> Any:
    """Make the profile of a test, load it, and set up the computer ``localhost``."""
    config = configuration.get_config(create=True)
    made = configuration.create_profile(
        config,
        name='test',
        email='test@localhost',
        storage_backend=backend,
        storage_config=storage,
        is_test_profile=True,
    )
    config.set_default_profile(made.name).store()
    get_manager().load_profile(made, allow_switch=True)
    make_computer('localhost', config_folder / 'scratch' / made.name, poll_interval=0.0)
    return made


def make_computer(
    label: str,
    workdir: pathlib.Path,
    poll_interval: float,
    *,
    hostname: str = 'localhost',
    transport_type: str = 'core.local',
    **authentication: Any,
) -> Any:
    """Set up this machine as a computer whose jobs are started directly, and configure it for the user of the test.

    :param poll_interval: seconds between two looks at the jobs.
    """
    from aiida.orm import Computer

    computer = Computer(
        label=label,
        hostname=hostname,
        description='this machine',
        transport_type=transport_type,
        scheduler_type='core.direct',
        workdir=str(workdir),
    ).store()
    computer.set_minimum_job_poll_interval(poll_interval)
    computer.set_default_mpiprocs_per_machine(1)
    computer.configure(safe_interval=0.0, **authentication)
    return computer
