"""Leaving alone a computer that cannot be used: nothing there fails for it, all wait, and one tries now and then.

What fails because of a computer is counted for the computer, whoever meets it in whichever program. After as many
failures in a row as a task has attempts the computer is *held*. Its row in ``computer_hold`` says when it is tried
again; the first who asks then does so, the others wait on. A success lets everybody go on.
"""

from __future__ import annotations

import asyncio
import logging
import time
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from aiida.common import timezone
from aiida.orm.backend import get_store
from aiida.storage.records import HoldRecord

if TYPE_CHECKING:
    from aiida.orm import Computer

__all__ = ('ComputerTrouble', 'Guard', 'Stage', 'describe', 'lift', 'note_success')

LOGGER = logging.getLogger('aiida.engine.runtime.holding')

#: Seconds after which a computer that is held is tried again at the latest.
LONGEST_HOLD = 600.0
#: Seconds without another one after which failures that led to no hold are forgotten.
_FORGOTTEN_AFTER = 3600.0
#: Seconds between two looks at whether a computer is held still; all who wait in a program look together.
_LOOK = 1.0


class Stage(IntEnum):
    """How far somebody came who used a computer."""

    CONNECT = 0
    CONNECTED = 1
    SCHEDULER = 2


class ComputerTrouble(Exception):
    """A task failed because of the computer, not because of its job."""

    def __init__(self, stage: Stage, reason: Exception) -> None:
        """
        :param stage: how far it had come: a success that comes less far proves nothing.
        :param reason: the error; if it says that it is not ``transient``, the computer is held at once.
        """
        super().__init__(str(reason))
        self.stage = stage
        self.reason = reason

    @property
    def is_lasting(self) -> bool:
        """Whether somebody has to do something before it works again."""
        return not getattr(self.reason, 'transient', True)


def describe(hold: HoldRecord, label: str, now: float | None = None) -> str:
    """Return what is told of processes that wait for a computer that is held.

    :param now: the time: if the next try was due before it, there is no job that would have made it.
    """
    times = f'{hold.failures} failures' if hold.failures > 1 else 'a failure'
    until = hold.until or 0.0
    if now is not None and until <= now:
        then = 'the next job there tries again'
    else:
        then = f'next try at {timezone.clock(datetime.fromtimestamp(until, UTC))}'
    return (
        f'computer {label} is held after {times}: {hold.error}; {then} '
        f'(by itself; `verdi computer test {label}` tries at once)'
    )


def lift(computer: Computer) -> bool:
    """Let all go on that wait for a computer; return whether it was held, or had failed lately."""
    return note_success(computer.pk, Stage.SCHEDULER)  # type: ignore[arg-type]


def note_success(computer_id: int, stage: Stage) -> bool:
    """Forget the failures of a computer of those that had not come further; return whether there were any."""
    store = get_store()
    hold = store.read_hold(computer_id)
    if hold is None or hold.stage > stage or not store.lift_hold(computer_id, stage):
        return False
    _forget(store, computer_id)
    if hold.until is not None:
        LOGGER.info('Computer<%s> can be used again', computer_id)
    return True


class Guard:
    """Stands between one task and the computer it needs."""

    def __init__(self, computer: Computer, interval: float, most: int) -> None:
        """
        :param interval: seconds between the first failure and the next try; it doubles with each failure.
        :param most: failures in a row after which the computer is held.
        """
        assert computer.pk is not None, 'jobs have computers that are stored'
        self._id = computer.pk
        self._label = computer.label
        self._interval = interval
        self._most = most
        #: How often the task has met a failure of the computer, whatever was forgotten of those meanwhile.
        self._met = 0
        #: Whether the computer had failed lately when its turn came.
        self.is_suspicious = False

    def is_held(self) -> bool:
        """Return whether the computer is held at the moment."""
        hold = get_store().read_hold(self._id)
        return hold is not None and hold.until is not None

    async def wait(self, tell: Callable[[str], Any]) -> None:
        """Wait while the computer is held, unless it is time to try and nobody else does.

        :param tell: called with what to say of who waits, when that changes.
        :raises StorageUnavailable: if the store is out of reach.
        """
        told = None
        while True:
            hold = _look_at(self._id)
            self.is_suspicious = hold is not None
            if hold is None or hold.until is None:
                return
            remaining = hold.until - get_store().now()
            if (remaining <= 0 or remaining > 2 * LONGEST_HOLD) and self._take_turn(hold):  # or the clock was set
                return
            text = describe(hold, self._label)
            if text != told:
                tell(text)
                told = text
            await asyncio.sleep(min(max(remaining, 0.02), _LOOK))

    def _take_turn(self, hold: HoldRecord) -> bool:
        """Let nobody else try for a while; return whether it is this one's turn."""
        store = get_store()
        _forget(store, self._id)
        until = get_store().now() + self._pause_after(hold.failures)
        return store.write_hold(hold._replace(until=until, revision=hold.revision + 1))

    def _pause_after(self, failures: int) -> float:
        """Return the seconds until the next try after so many failures."""
        return float(min(self._interval * 2 ** min(failures - 1, 30), LONGEST_HOLD))

    def note_failure(self, began: float, trouble: ComputerTrouble) -> bool:
        """Count a failure, unless another one was counted since this attempt began; return whether it is held.

        :param began: when that was, in seconds since the epoch.
        :raises StorageUnavailable: if the store is out of reach.
        """
        store = get_store()
        # a connection that breaks in use may be the job's doing: it gives up after as many attempts as it has
        self._met += trouble.stage is not Stage.CONNECTED
        while True:
            hold = store.read_hold(self._id)
            if hold is not None and hold.failed_at > began and (hold.until is not None or self._met < self._most):
                return hold.until is not None
            if store.write_hold(changed := self._after(hold, trouble)):
                break
        _forget(store, self._id)
        if changed.until is not None:
            LOGGER.warning('%s', describe(changed, self._label))
        return changed.until is not None

    def _after(self, hold: HoldRecord | None, trouble: ComputerTrouble) -> HoldRecord:
        """Return the row after a failure."""
        now = get_store().now()
        error = str(trouble.reason) or type(trouble.reason).__name__
        patience = max(_FORGOTTEN_AFTER, 4 * self._pause_after(self._most))
        if hold is None:
            new = HoldRecord(self._id, 1, now, now, None, trouble.stage, error, 1)
        elif hold.until is None and hold.failed_at < now - patience:
            new = HoldRecord(self._id, 1, now, now, None, trouble.stage, error, hold.revision + 1)
        else:
            new = hold._replace(
                failures=hold.failures + 1,
                failed_at=now,
                stage=max(hold.stage, trouble.stage),
                error=error,
                revision=hold.revision + 1,
            )
        if trouble.is_lasting:
            return new._replace(until=now + LONGEST_HOLD)
        if max(new.failures, self._met) >= self._most or new.until is not None:
            return new._replace(until=now + self._pause_after(new.failures))
        return new

    def note_success(self, stage: Stage) -> None:
        """Forget the failures of those that had not come further."""
        note_success(self._id, stage)


#: What was seen last of each computer, and when by the monotonic clock, by store.
_SEEN: weakref.WeakKeyDictionary[Any, dict[int, tuple[float, HoldRecord | None]]] = weakref.WeakKeyDictionary()


def _look_at(computer_id: int) -> HoldRecord | None:
    """Return the row of a computer: if it is held, as it was a moment ago maybe."""
    store, now = get_store(), time.monotonic()
    seen = _SEEN.setdefault(store, {})
    at, hold = seen.get(computer_id, (0.0, None))
    if hold is None or now - at > _LOOK / 2:
        hold = store.read_hold(computer_id)
        seen[computer_id] = now, hold
    return hold


def _forget(store: Any, computer_id: int) -> None:
    _SEEN.get(store, {}).pop(computer_id, None)
