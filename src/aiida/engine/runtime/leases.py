"""The beat of a worker's heart: its leases are renewed, and what others have lost is freed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiida.common.claims import owner_is_alive
from aiida.common.exceptions import ClosedStorage, StorageUnavailable
from aiida.orm.backend import get_store
from aiida.storage.records import WorkerRecord

if TYPE_CHECKING:
    from aiida.storage.ports import Store

__all__ = ('BEAT', 'LEASE', 'Heart')

LOGGER = logging.getLogger('aiida.engine.runtime.leases')

#: Seconds for which a worker holds a process without saying so again.
LEASE = 30.0
#: Seconds between two beats.
BEAT = 5.0
#: How many beats there are in a lease, of whatever length that is.
_BEATS = 6
#: A worker on another host is taken for dead after so many leases without a beat.
_SILENCE = 10
#: Seconds between two beats if a row could not be renewed, since somebody was writing it.
_SOON = 0.5
#: Seconds between two looks at whether any time is further in the future than it can be.
_REVIEW = 60.0


class Heart(threading.Thread):
    """Renews the leases of a worker, in a thread of its own so that nothing the worker does can delay it.

    All times are those of the clock that the workers share. That clock may be set while they work. If it was set
    forward, all leases seem to have run out, so they are left to their owners until these have had the time to renew
    them. If it was set back, what is in the future now is brought back.
    """

    def __init__(self, worker: WorkerRecord, on_freed: Callable[[], object], lease: float | None = None) -> None:
        """
        :param worker: whose heart it is.
        :param on_freed: called, in this thread, when processes were freed that others had lost.
        :param lease: for how many seconds it holds processes; it beats six times in that. :data:`LEASE` for ``None``.
        """
        super().__init__(name='aiida-heart', daemon=True)
        self._worker = worker
        self._on_freed = on_freed
        self._ended = threading.Event()
        self._lease, self._beat = (LEASE, BEAT) if lease is None else (lease, lease / _BEATS)
        #: Seconds between two beats, or by which the clock was set, after which the others may not have renewed their
        #: leases either: the database was locked, the machine slept, somebody has set the clock.
        self._gap = self._lease / 3
        #: When it beat last, by the clock of all and by one that nobody sets.
        self._last: tuple[float, float] | None = None
        self._lenient_until = 0.0
        self._next_review = 0.0

    def run(self) -> None:
        """Beat until :meth:`stop`."""
        while True:
            soon = False
            try:
                soon = not self.beat()
            except ClosedStorage:
                return
            except StorageUnavailable as exception:
                LOGGER.warning('the leases could not be renewed, trying again in %g seconds: %s', self._beat, exception)
            except Exception:
                LOGGER.exception('the leases could not be renewed, trying again in %g seconds', self._beat)
            if self._ended.wait(min(self._beat, _SOON) if soon else self._beat):
                return

    def beat(self) -> bool:
        """Renew the leases, and free what others have lost; return whether all leases could be renewed."""
        store = get_store()
        store.now()  # where a server has to be asked for it, this is not done in the transaction
        with store.transaction():
            now = store.now()  # not before there was the right to write, for which it may have waited
            renewed = store.renew(self._worker.id, now + self._lease)
        is_lenient = self._is_lenient(now, time.monotonic())
        self._free_lost(store, now, is_lenient)
        self._keep_list(store, now, is_lenient)
        return len(renewed) >= len(store.runs_of(self._worker.id))

    def _free_lost(self, store: Store, now: float, is_lenient: bool) -> None:
        """Free the processes of programs that are gone, and those whose leases ran out unless that is no proof."""
        gone = [owner for owner in store.lease_holders() if not owner_is_alive(owner)]
        freed = store.reclaim(now, gone, 0.0 if is_lenient else None)
        for run in freed:
            LOGGER.warning('Process<%s> is taken over: %s', run.node_id, run.last_error)
        if self._review(store, now) or freed:
            self._on_freed()

    def _keep_list(self, store: Store, now: float, is_lenient: bool) -> None:
        """Delete the workers that are gone or were silent for too long; be on the list."""
        workers = store.list_workers()
        silent_before = 0.0 if is_lenient else now - _SILENCE * self._lease
        for other in workers:
            if other.id != self._worker.id and (other.heartbeat < silent_before or not owner_is_alive(other.id)):
                store.remove_worker(other.id)
        if all(worker.id != self._worker.id for worker in workers):  # it was silent for long, and is here after all
            store.register_worker(self._worker._replace(heartbeat=now))

    def _review(self, store: Store, now: float) -> bool:
        """Bring back what is too far in the future, now and then; return whether anything was."""
        if time.monotonic() < self._next_review:
            return False
        self._next_review = time.monotonic() + _REVIEW
        number = store.pull_forward(now, max(self._lease, LEASE))
        if number:
            LOGGER.warning('the clock was set back: %s rows were too far in the future', number)
        return number > 0

    def _is_lenient(self, wall: float, steady: float) -> bool:
        """Return whether leases that ran out are left to their owners, who get the time to renew them."""
        if self._last is None:  # the clock may have been set just before
            self._lenient_until = steady + 2 * self._beat
        else:
            passed, really = wall - self._last[0], steady - self._last[1]
            if really > self._gap or abs(passed - really) > self._gap:
                self._lenient_until = steady + self._lease
                self._next_review = 0.0
        self._last = wall, steady
        return steady < self._lenient_until

    def stop(self) -> None:
        """Beat no more."""
        self._ended.set()
