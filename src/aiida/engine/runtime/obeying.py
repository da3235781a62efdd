"""Doing with the processes that live here what their rows say is wanted of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ClosedStorage, StorageUnavailable
from aiida.orm.backend import get_store

if TYPE_CHECKING:
    import asyncio

    from aiida.engine.processes.process import Process
    from aiida.storage.records import RunRecord

__all__ = ('Obedience',)

#: Seconds between two looks at the rows.
_LOOK = 0.5


class Obedience:
    """Looks at the rows of the processes of one runner while its loop runs, and obeys."""

    def __init__(self, loop: asyncio.AbstractEventLoop, owner: str, live: dict[Any, Process]) -> None:
        """
        :param loop: the loop of the runner.
        :param owner: the name under which it holds its processes.
        :param live: its processes by pk, which it keeps up to date.
        """
        self._loop = loop
        self._owner = owner
        self._live = live
        self._timer: asyncio.TimerHandle | None = None
        self._counter = -1
        self._obeyed: dict[int, str] = {}

    def watch(self) -> None:
        """Look from now on, as long as there are processes."""
        if self._timer is None:
            self._timer = self._loop.call_later(_LOOK, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._live:
            self._obeyed.clear()
            return
        try:
            store = get_store()
            counter = store.change_counter()
            if counter != self._counter:
                lease: Any = None  # held as long as this program lives
                for row in store.renew(self._owner, lease):
                    self._obey(row)
                self._counter = store.change_counter()
        except (StorageUnavailable, ClosedStorage):
            pass  # the same may succeed at the next look; the processes find out by themselves
        self.watch()

    def _obey(self, row: RunRecord) -> None:
        process = self._live.get(row.node_id)
        wanted = row.desired_state
        if process is None or process.has_terminated() or self._obeyed.get(row.node_id, 'run') == wanted:
            return
        self._obeyed[row.node_id] = wanted
        if wanted == 'kill':
            process.kill(row.desired_message)
        elif wanted == 'pause':
            process.pause(row.desired_message)
        else:
            process.play()
