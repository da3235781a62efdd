"""A computer in the store of a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def computer(store: Any, tmp_path: Path) -> Any:
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
