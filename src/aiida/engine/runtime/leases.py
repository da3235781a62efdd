"""The beat of a worker's heart: its leases are renewed, and what others have lost is freed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from aiida.common.claims import owner_is_alive
from aiida.common.exceptions import ClosedStorage, StorageUnavailable
from aiida.orm.backend import get_store
from aiida.storage.records import WorkerRecord

__all__ = ('BEAT', 'LEASE', 'Heart')

LOGGER = logging.getLogger('aiida.engine.runtime.leases')

#: Seconds for which a worker holds a process without saying so again.
LEASE = 30.0
#: Seconds between two beats.
BEAT = 5.0
#: Seconds without a beat after which a worker on another host is taken for dead.
_SILENCE = 10 * LEASE
#: Seconds between two beats, or by which the clock was set, after which the others may not have renewed their leases
#: either: the database was locked, the machine slept, somebody has set the clock.
_GAP = LEASE / 3


class Heart(threading.Thread):
    """Renews the leases of a worker, in a thread of its own so that nothing the worker does can delay it."""

    def __init__(self, worker: WorkerRecord, on_freed: Callable[[], object]) -> None:
        """
        :param worker: whose heart it is.
        :param on_freed: called, in this thread, when processes were freed that others had lost.
        """
        super().__init__(name='aiida-heart', daemon=True)
        self._worker = worker
        self._on_freed = on_freed
        self._ended = threading.Event()
        #: When it beat last, by the clock of the wall and by one that nobody sets.
        self._last: tuple[float, float] | None = None
        self._lenient_until = 0.0

    def run(self) -> None:
        """Beat until :meth:`stop`."""
        while True:
            try:
                self.beat()
            except ClosedStorage:
                return
            except StorageUnavailable as exception:
                LOGGER.warning('the leases could not be renewed, trying again in %g seconds: %s', BEAT, exception)
            except Exception:
                LOGGER.exception('the leases could not be renewed, trying again in %g seconds', BEAT)
            if self._ended.wait(BEAT):
                return

    def beat(self) -> None:
        """Renew the leases, and free what others have lost."""
        store = get_store()
        with store.transaction():
            now = time.time()  # not before there was the right to write, for which it may have waited
            store.renew(self._worker.id, now + LEASE)
        gone = [owner for owner in store.lease_holders() if not owner_is_alive(owner)]
        freed = store.reclaim(now, gone, 0.0 if self._is_lenient(now, time.monotonic()) else None)
        for run in freed:
            LOGGER.warning('Process<%s> is taken over: %s', run.node_id, run.last_error)
        workers = store.list_workers()
        for other in workers:
            if not owner_is_alive(other.id) or (other.heartbeat < now - _SILENCE and other.id != self._worker.id):
                store.remove_worker(other.id)
        if all(worker.id != self._worker.id for worker in workers):  # it was silent for long, and is here after all
            store.register_worker(self._worker._replace(heartbeat=now))
        if freed:
            self._on_freed()

    def _is_lenient(self, wall: float, steady: float) -> bool:
        """Return whether leases that ran out are left to their owners, who get the time to renew them."""
        if self._last is not None:
            passed, really = wall - self._last[0], steady - self._last[1]
            if really > _GAP or abs(passed - really) > _GAP:
                self._lenient_until = steady + LEASE
        self._last = wall, steady
        return steady < self._lenient_until

    def stop(self) -> None:
        """Beat no more."""
        self._ended.set()
