"""Doing with the processes that live here what their rows say is wanted of them."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import StorageUnavailable
from aiida.engine.runtime import newsreel
from aiida.orm.backend import get_store

if TYPE_CHECKING:
    import asyncio

    from aiida.engine.processes.process import Process
    from aiida.storage.records import RunRecord

__all__ = ('Obedience',)

LOGGER = logging.getLogger('aiida.engine.runtime.obeying')

#: Seconds between two looks at the rows.
_LOOK = 0.1


class Obedience:
    """Looks at the rows of the processes of one runner while its loop runs, and obeys."""

    def __init__(self, loop: asyncio.AbstractEventLoop, live: dict[Any, Process], owner: str) -> None:
        """
        :param loop: the loop of the runner.
        :param live: its processes by pk, which it keeps up to date.
        :param owner: the name under which they are held.
        """
        self._owner = owner
        self._loop = loop
        self._live = live
        self._timer: asyncio.TimerHandle | None = None
        self._counter = -1
        #: What was obeyed last, by pk: what is wanted, and with which message.
        self._obeyed: dict[int, tuple[str, str | None]] = {}

    def watch(self) -> None:
        """Look from now on, as long as there are processes."""
        if self._timer is None:
            self._timer = self._loop.call_later(_LOOK, self._look)

    def _look(self) -> None:
        """Look at all rows if something has changed, and look again later whatever comes of it."""
        self._timer = None
        if not self._live:
            return
        try:
            self._look_at_all()
        except Exception as exception:
            self._counter = -1
            if not isinstance(exception, StorageUnavailable):
                LOGGER.exception('what is wanted of the processes could not be read; the next look is soon')
        finally:
            self.watch()

    def receive(self, recipient: str, message: dict[str, Any]) -> Any:
        """Do what somebody asks of a process by a message, in the loop; called in another thread.

        Its row is looked at before, so that a request that came with a message is not overtaken by it.

        :param recipient: the pk.
        :param message: what is asked, as :class:`plumpy.process_comms.MessageBuilder` makes it.
        :return: a future of the answer.
        """
        import kiwipy

        answer = kiwipy.Future()

        def act() -> None:
            with kiwipy.capture_exceptions(answer):
                with contextlib.suppress(StorageUnavailable):
                    self._look_at_all()
                process = self._live.get(int(recipient))
                if process is None:
                    raise LookupError(f'Process<{recipient}> is not run here any more')
                outcome = process.message_receive(None, message)
                if isinstance(outcome, kiwipy.Future):
                    kiwipy.chain(outcome, answer)
                else:
                    answer.set_result(outcome)

        self._loop.call_soon_threadsafe(act)
        return answer

    def _look_at_all(self) -> None:
        store = get_store()
        counter = store.change_counter()  # before the rows: what changes meanwhile is seen at the next look
        if counter == self._counter:
            return
        self._counter = counter
        for row in store.runs_of(self._owner):
            process = self._live.get(row.node_id)
            if process is None or process._life.is_done_here or row.fence != process._life.fence:
                continue
            try:
                self.obey(row, process)
            except Exception:
                self._counter = -1
                LOGGER.exception('Process<%s> could not do what is wanted of it: %s', row.node_id, row.desired_state)

    def forget(self, pk: int) -> None:
        """Forget what a process was told that does not live here any more."""
        self._obeyed.pop(pk, None)

    def obey(self, row: RunRecord, process: Process) -> None:
        """Do what is wanted if that is news; the message of a request to go on tells it from the ones before."""
        wanted = (row.desired_state, row.desired_message)
        before = self._obeyed.get(row.node_id)
        if before == wanted:
            return
        if row.desired_state != 'run' or before is not None:
            self._acknowledge(row)
        if row.desired_state == 'kill':
            process.kill(row.desired_message)
        elif row.desired_state == 'pause':
            process.pause(row.desired_message)
        elif before is not None and (process.paused or process._pausing is not None):  # not what was restored as paused
            process.play()  # or does not pause after all, at the end of its step
        if row.node_id in self._live:
            self._obeyed[row.node_id] = wanted

    def _acknowledge(self, row: RunRecord) -> None:
        """Let whoever asks know that it was heard, long before it is done maybe."""
        payload = {'wanted': row.desired_state, 'status': row.desired_message}
        get_store().record_event(row.node_id, newsreel.ASKED, payload)
