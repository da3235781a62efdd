"""A store in memory for every test of this folder, and a computer in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _store(store: Any) -> None:
    """Let every test have a store of its own."""


@pytest.fixture
def computer(tmp_path: Path) -> Any:
    """A computer that is this machine, configured for the user."""
    from aiida import orm

    made = orm.Computer(
        label='here',
        hostname='localhost',
        transport_type='core.local',
        scheduler_type='core.direct',
        workdir=str(tmp_path / 'work'),
    ).store()
    made.configure(safe_interval=0.0)
    return made
