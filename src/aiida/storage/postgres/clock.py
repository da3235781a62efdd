"""The clock of the server: the one clock that programs on several hosts have in common."""

from __future__ import annotations

import time
from collections.abc import Callable

from aiida.common.exceptions import ClosedStorage, StorageUnavailable

__all__ = ('ServerClock',)

#: For how many seconds it is known how far the clock of the server is ahead.
_GOOD_FOR = 2.0
#: A clock that nobody sets, and that goes on while the machine sleeps where there is such a one.
_STEADY = getattr(time, 'CLOCK_BOOTTIME', time.CLOCK_MONOTONIC)


def _steady() -> float:
    return time.clock_gettime(_STEADY)


class ServerClock:
    """Tells the time of the server, which is asked every few seconds; between, a clock that nobody sets goes on."""

    def __init__(self, ask: Callable[[], float]) -> None:
        """
        :param ask: returns the time of the server, in seconds since the epoch; its errors are passed on.
        """
        self._ask = ask
        self._ahead: float | None = None
        self._asked = 0.0

    def now(self, may_ask: bool = True) -> float:
        """Return the time of the server, in seconds since the epoch, as well as it is known: to half a round trip.

        :param may_ask: whether the server may be asked; it is anyway the first time.
        :raises StorageUnavailable: if it does not answer the first time.
        """
        begun = _steady()
        ahead = self._ahead
        if ahead is None or (may_ask and begun - self._asked > _GOOD_FOR):
            ahead = self._measure(begun)
        return _steady() + ahead

    def _measure(self, begun: float) -> float:
        try:
            said = self._ask()
        except (StorageUnavailable, ClosedStorage):
            if self._ahead is None:
                raise
            self._asked = _steady()
            return self._ahead
        self._asked = _steady()
        self._ahead = said - (begun + self._asked) / 2
        return self._ahead
