"""Whether somebody takes up what is submitted."""

from __future__ import annotations

import logging
import time

from aiida.common.claims import owner_is_alive
from aiida.orm.backend import STORE
from aiida.orm.utils.upstairs import upstairs

__all__ = ('Presence',)

LOGGER = logging.getLogger('aiida.engine.launch')

#: How long ago a worker that is alive may have said so, in seconds.
_HEARTBEAT = 60.0


class Presence:
    """Looks for workers now and then, and warns when there are none."""

    def __init__(self, interval: float = 20.0) -> None:
        """
        :param interval: seconds in which it is not looked, nor warned, again.
        """
        self._interval = interval
        self._next_look = 0.0

    def check(self, pk: int | None) -> None:
        """Warn if nobody takes up what was just submitted.

        :param pk: the process.
        """
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + self._interval
        if not self.is_there():
            LOGGER.warning(
                'the daemon is not running: Process<%s> waits for workers; `verdi daemon start` starts some',
                pk,
            )

    @staticmethod
    def is_there() -> bool:
        """Return whether the daemon of the loaded profile runs or a worker is alive; true if no profile is loaded."""
        from aiida.engine.daemon.client import DaemonClient

        profile = upstairs('aiida.manage.configuration:get_profile')()
        if profile is None or not STORE.is_filled or DaemonClient(profile).is_daemon_running:
            return True
        store = STORE.get()
        now = store.now()
        workers = store.list_workers()
        return any(now - worker.heartbeat < _HEARTBEAT and owner_is_alive(worker.id) for worker in workers)
