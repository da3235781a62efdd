"""Telling who waits for a process that it has ended: at once if it ran here, by the store if it ran elsewhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiida.common.exceptions import NotExistent, StorageUnavailable
from aiida.orm import load_node
from aiida.orm.backend import get_store

__all__ = ('Watcher',)

LOGGER = logging.getLogger('aiida.engine.runtime.watching')

#: Seconds between two looks at the change counter of the store.
_LOOK = 0.02
#: Seconds after which processes are looked at even if nothing seems to have changed.
_FAILSAFE = 5.0
#: Seconds until the next look after one that failed.
_PATIENCE = 0.5


class Watcher:
    """Calls back when processes end."""

    def __init__(self, loop: asyncio.AbstractEventLoop, interval: float) -> None:
        """
        :param loop: where the callbacks are called.
        :param interval: seconds between two looks at processes elsewhere; 0 looks when the store changed.
        """
        self._loop = loop
        self._interval = interval
        self._waiting: dict[Any, list[Callable[[], Any]]] = {}
        self._elsewhere: set[Any] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._counter = -1
        self._waited = 0.0

    def call_when_ended(self, pk: int, callback: Callable[[], Any], lives_here: bool) -> None:
        """Call ``callback()`` in the loop once the process of this number has ended.

        :param lives_here: whether :meth:`ended` will be called for it.
        """
        self._waiting.setdefault(pk, []).append(callback)
        if not lives_here:
            self._elsewhere.add(pk)
            self._schedule(0)

    def ended(self, pk: Any) -> None:
        """Call back who waits for a process that has ended."""
        self._elsewhere.discard(pk)
        for callback in self._waiting.pop(pk, ()):
            self._loop.call_soon(callback)

    def _schedule(self, delay: float) -> None:
        if self._timer is None or (delay == 0 and self._timer.when() > self._loop.time()):
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_later(delay, self._look)
            if delay == 0:
                self._counter = -1

    def _look(self) -> None:
        """Look at the processes elsewhere, and look again later whatever comes of it."""
        self._timer = None
        if not self._elsewhere:
            return
        delay = self._interval or _LOOK
        try:
            self._look_at_all(delay)
        except Exception as exception:
            self._counter = -1
            delay = max(delay, _PATIENCE)
            if not isinstance(exception, StorageUnavailable):
                LOGGER.exception('processes that run elsewhere could not be looked at; the next look is soon')
        finally:
            if self._elsewhere:
                self._schedule(delay)

    def _look_at_all(self, delay: float) -> None:
        counter = get_store().change_counter() if not self._interval else -1
        self._waited += delay
        if counter != -1 and counter == self._counter and self._waited < _FAILSAFE:
            return
        self._counter = counter
        self._waited = 0.0
        for pk in list(self._elsewhere):
            if _has_ended(pk):
                self.ended(pk)


def _has_ended(pk: int) -> bool:
    """Return whether a process is terminated, or its node was deleted."""
    try:
        return bool(load_node(pk=pk).is_terminated)
    except NotExistent:
        return True
