"""Which workers are there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiida.storage.records import WorkerRecord

__all__ = ('alive_workers',)

#: How long ago a worker that is alive may have said so, in seconds.
HEARTBEAT_LIMIT = 60.0


def alive_workers() -> list[WorkerRecord]:
    """Return the workers of the loaded profile that said lately that they are alive."""
    from aiida.manage.manager import get_manager

    now = time.time()
    workers = get_manager().get_profile_storage().list_workers()
    return [worker for worker in workers if now - worker.heartbeat < HEARTBEAT_LIMIT]
