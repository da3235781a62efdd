"""Telling who waits for a process that it has ended: at once if it ran here, by the store if it ran elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiida.orm import load_node
from aiida.orm.backend import get_store

__all__ = ('Watcher',)

#: Seconds between two looks at the change counter of the store.
_LOOK = 0.02
#: Seconds after which processes are looked at even if nothing seems to have changed.
_FAILSAFE = 5.0


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
        self._timer = None
        if not self._elsewhere:
            return
        delay = self._interval or _LOOK
        counter = get_store().change_counter() if not self._interval else -1
        self._waited += delay
        if counter == -1 or counter != self._counter or self._waited >= _FAILSAFE:
            self._counter = counter
            self._waited = 0.0
            for pk in list(self._elsewhere):
                if load_node(pk=pk).is_terminated:
                    self.ended(pk)
        if self._elsewhere:
            self._schedule(delay)
