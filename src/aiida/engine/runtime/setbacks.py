"""What a worker knows of trouble that is no fault of processes: what cannot be imported, a disk that is full.

Such trouble uses up no attempts. It is tried again ever more slowly, and what needs a module that could not be imported
a moment ago is not tried at all.
"""

from __future__ import annotations

import importlib
import time
from typing import NamedTuple

from aiida.common.claims import back_off
from aiida.common.exceptions import EntryPointError

__all__ = ('Setbacks', 'import_failure')

#: Seconds between two tries of a process whose storage is in trouble, at most.
_LONGEST_REST = 30.0
#: Seconds after which trouble of the storage counts as another one.
_FORGOTTEN_AFTER = 120.0


def import_failure(exception: BaseException) -> BaseException | None:
    """Return the error that says what could not be imported, among an error and those that led to it."""
    error: BaseException | None = exception
    while error is not None:
        if isinstance(error, ImportError | EntryPointError):
            return error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return None


class _Missing(NamedTuple):
    """Something that could not be imported: how often in a row, until when it is not tried, and why."""

    failures: int
    until: float
    reason: str


class Setbacks:
    """The trouble of one worker; times are seconds of the monotonic clock."""

    def __init__(self) -> None:
        #: By what could not be imported.
        self._missing: dict[str, _Missing] = {}
        #: What processes could not be made for the lack of, by pk.
        self._needs: dict[int, str] = {}
        #: How often in a row a process met trouble of the storage, and when last, by pk.
        self._rests: dict[int, tuple[int, float]] = {}

    def waits_for(self, pk: int) -> tuple[float, str] | None:
        """Return for how many seconds a process is not to be tried, and why; ``None`` if it is."""
        missing = self._missing.get(self._needs.get(pk, ''))
        rest = 0.0 if missing is None else missing.until - time.monotonic()
        return None if missing is None or rest <= 0 else (rest, missing.reason)

    def lacks(self, pk: int, failure: BaseException, exception: BaseException) -> tuple[float, str]:
        """Note that something could not be imported; return for how many seconds, and why, a process waits.

        :param failure: see :func:`import_failure`.
        :param exception: what it led to.
        """
        key = getattr(failure, 'name', None) or str(failure)
        now, known = time.monotonic(), self._missing.get(key)
        if known is None or known.until <= now:
            failures = 1 if known is None else known.failures + 1
            reason = f'its code cannot be imported here: {exception}'
            known = self._missing[key] = _Missing(failures, now + back_off(failures), reason)
        self._needs[pk] = key
        importlib.invalidate_caches()  # what is being installed has to be found next time
        return known.until - now, known.reason

    def made(self, pk: int) -> None:
        """Note that a process could be made, so that what it needs is there."""
        if self._needs:
            self._missing.pop(self._needs.pop(pk, ''), None)

    def rests(self, pk: int) -> float:
        """Note that a process met trouble of the storage; return for how many seconds it rests: none the first time."""
        now = time.monotonic()
        times, last = self._rests.get(pk, (0, now))
        times = 1 if now - last > _FORGOTTEN_AFTER else times + 1
        self._rests[pk] = times, now
        return 0.0 if times == 1 else float(min(2.0 ** min(times - 2, 30), _LONGEST_REST))

    def over(self, pk: int) -> None:
        """Forget the trouble of a process, which has ended or come further."""
        self._rests.pop(pk, None)
        self._needs.pop(pk, None)
