"""Profiles for tests, whatever their store."""

from __future__ import annotations

import pathlib
from typing import Any

from aiida.manage import configuration, get_manager

__all__ = ('make_profile',)


def make_profile(config_folder: pathlib.Path, backend: str, storage: dict[str, Any]) -> Any:
    """Make the profile of a test, load it, and set up the computer ``localhost``."""
    from aiida import orm

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
    scratch = config_folder / 'scratch' / made.name
    computer = orm.Computer(
        label='localhost',
        hostname='localhost',
        description='this machine',
        transport_type='core.local',
        scheduler_type='core.direct',
        workdir=str(scratch),
    ).store()
    computer.set_minimum_job_poll_interval(0.0)
    computer.set_default_mpiprocs_per_machine(1)
    computer.configure(safe_interval=0.0)
    return made
