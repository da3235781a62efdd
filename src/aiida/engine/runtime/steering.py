"""Asking something of processes wherever they are run, and doing it where nobody runs them.

What is wanted of a process is written to its row, and whoever runs it obeys at the next boundary. If nobody does,
because it waits for a worker or its program is gone, it is done here. All below a process is reached with it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

from plumpy.process_states import ProcessState

from aiida.common.claims import Owner
from aiida.common.exceptions import AiidaException, LostLease, NotExistent, TransportTaskException
from aiida.common.log import AIIDA_LOGGER
from aiida.engine.exceptions import PastException
from aiida.engine.runners import Runner
from aiida.engine.runtime import messages, newsreel
from aiida.engine.runtime.current import INFRASTRUCTURE_ERRORS, current_runner
from aiida.engine.runtime.leases import LEASE
from aiida.engine.runtime.resuming import RunElsewhere, is_held, restore
from aiida.orm import CalcFunctionNode, CalcJobNode, ProcessNode, WorkFunctionNode
from aiida.orm.backend import get_store
from aiida.storage.records import RunRecord

__all__ = ('JobRefusal', 'Refusal', 'Request', 'Wanted', 'mark_as_killed')

LOGGER = AIIDA_LOGGER.getChild('engine.runtime.steering')

Wanted = Literal['run', 'pause', 'kill']

#: How it shows that somebody else has taken or ended a process meanwhile.
_QUICKER: tuple[type[BaseException], ...] = (RunElsewhere, NotExistent, PastException, LostLease)
_PASSED_ON: tuple[type[BaseException], ...] = (*_QUICKER, *INFRASTRUCTURE_ERRORS)

#: Seconds between two looks at what became of a request.
_LOOK = 0.02


class Refusal(AiidaException):
    """What is asked of a process cannot be done."""

    def __init__(self, reason: str, forced: str | None = None) -> None:
        """
        :param reason: why.
        :param forced: what a request with force does, as in `... leaves it to itself`; ``None`` if that is no help.
        """
        super().__init__(reason)
        self.forced = forced


class JobRefusal(Refusal, TransportTaskException):
    """The job of a process could not be killed."""


class Request:
    """One thing that is asked of processes."""

    def __init__(self, wanted: Wanted, message: str | None, force: bool = False) -> None:
        """
        :param wanted: to kill or pause processes, or to let them run.
        :param message: why, for their status.
        :param force: when killing, whether jobs on computers are left to themselves, and whether processes are killed
            of which nobody knows who runs them, or whether that program, which is no worker, is alive.
        """
        self.wanted = wanted
        self.message = message
        self.force = force
        self._heard: set[Any] = set()
        #: The killed processes of which all they called has ended.
        self._ended_below: set[Any] = set()
        #: The processes that were asked, or will be by who is above them, and whether somebody else has to do it.
        self._asked: dict[Any, bool | None] = {}
        self._after = newsreel.latest()

    # asking

    def make(self, node: ProcessNode) -> bool:
        """Ask a process and all below it; return whether somebody else has to do it.

        :raises Refusal: if it cannot be done. What was written to the row of the process stays there.
        """
        if node.is_terminated:
            if node.pk in self._asked:  # it was killed with its caller
                return False
            raise Refusal(f'Process<{node.pk}> is already terminated')
        known = self._asked.get(node.pk)
        if known is not None:
            return known
        is_pending = self._asked[node.pk] = self._ask(node)
        self._ask_below(node, is_abandoned=not is_pending and current_runner().live_process(node.pk) is None)
        return is_pending

    def _ask(self, node: ProcessNode) -> bool:
        pk: Any = node.pk
        live = current_runner().live_process(pk)
        if live is not None:
            self._act(live)
            return False
        if not node.backend.set_desired(pk, self.wanted, self.message):
            return self._ask_without_row(node)
        row = node.backend.read_run(pk)
        if row is None:  # it has ended meanwhile
            return False
        if is_held(row) and not self._frees(row):
            messages.poke(pk)
            return True
        try:
            self._carry_out(node)
        except _QUICKER:
            return True
        return False

    def _ask_without_row(self, node: ProcessNode) -> bool:
        if messages.request_elsewhere(node.pk, self.wanted, self.message, self.force):
            self._heard.add(node.pk)
            return True
        if node.is_terminated:
            return False
        if self.wanted == 'kill' and self.force:
            mark_as_killed(node, self.message)
            return False
        raise Refusal(
            f'Process<{node.pk}> is unreachable: who runs it, if anybody, is not known',
            'marks it as killed' if self.wanted == 'kill' else None,
        )

    def _ask_below(self, node: ProcessNode, is_abandoned: bool) -> None:
        """Ask all below a process.

        :param is_abandoned: whether nobody ran the process, so that nobody runs the functions it called.
        """
        for child in node.called:
            pk: Any = child.pk
            if child.is_terminated or self._asked.setdefault(pk, None) is not None:
                continue
            row = child.backend.read_run(pk)
            if row is None:
                self._ask_function(child, is_abandoned)
            # of a kill those that somebody runs are told by whoever runs, or has killed, the process above
            elif self.wanted != 'kill' or not self._is_left_alone(row):
                try:
                    self._asked[pk] = self._ask(child)
                except Refusal as refusal:
                    LOGGER.error('Process<%s>, which Process<%s> called, stays as it is: %s', pk, node.pk, refusal)
            self._ask_below(child, is_abandoned)

    def _is_left_alone(self, row: RunRecord) -> bool:
        """Return whether what is asked of a process below is left to whoever runs it."""
        return current_runner().live_process(row.node_id) is not None or (is_held(row) and not self._frees(row))

    def _frees(self, row: RunRecord) -> bool:
        """Return whether a process was given back that is to be killed by force.

        That is done if a program holds it for good of which it cannot be told whether it is alive: it may have run in a
        container that is gone. If it is alive, it can write nothing any more.
        """
        if self.wanted != 'kill' or not self.force or row.owner is None or row.lease_until is not None:
            return False
        if Owner.parse(row.owner).can_be_told:
            return False
        with contextlib.suppress(LostLease):
            store = get_store()
            store.release(row.node_id, row.fence, store.now())
        return True

    def _ask_function(self, node: ProcessNode, is_abandoned: bool) -> None:
        """End a function that was called by a process nobody ran; a live one is steered with its caller."""
        if self.wanted == 'kill' and is_abandoned and isinstance(node, CalcFunctionNode | WorkFunctionNode):
            mark_as_killed(node, self.message)

    # doing it here

    def _act(self, process: Any) -> None:
        if self.wanted == 'kill':
            process.kill(self.message, self.force)
        elif self.wanted == 'pause':
            process.pause(self.message)
        else:
            process.play()

    def _carry_out(self, node: ProcessNode) -> None:
        """Do it with a process that nobody runs, and leave that to the workers again unless it has ended.

        The job of a process that is to be killed is killed first, unless that is forced; else the process stays.
        """
        pk: Any = node.pk
        with Runner() as runner:
            runner.hears = False  # its loop does not run: a request would never be answered
            runner.lease = LEASE  # if this program is killed now, a worker does what is wanted
            try:
                process = restore(runner, pk)
            except _PASSED_ON:
                raise
            except Exception as exception:  # whatever the code of a plugin raises
                self._do_without_process(node, exception)
                return
            try:
                if self.wanted == 'kill' and not self.force and not process.paused:  # one that is paused does it itself
                    _kill_job(node)
                self._act(process)
            finally:
                if not process.has_terminated():
                    process._life.give_away()
                    messages.send_task(pk)

    def _do_without_process(self, node: ProcessNode, exception: Exception) -> None:
        """End a process that cannot be brought back from its checkpoint; nothing else can be done with it.

        :raises Refusal: if something else is wanted, or if its job cannot be killed.
        """
        if self.wanted != 'kill':
            reason = f'Process<{node.pk}> cannot be brought back: {type(exception).__name__}: {exception}'
            raise Refusal(reason) from exception
        if not self.force:
            _kill_job(node)
        mark_as_killed(node, self.message)

    # what became of it

    def is_done(self, node: ProcessNode) -> bool:
        """Return whether a process is as it was asked to be."""
        if node.is_terminated or self.wanted == 'kill':
            return node.is_terminated
        return node.paused is (self.wanted == 'pause')

    def is_done_below(self, node: ProcessNode) -> bool:
        """Return whether a process is as it was asked to be, and if it was killed, all that it called has ended too.

        A killed process does not wait for what others run, whose steps may take long to end. Of functions, which have
        no row, it is not waited for those that nobody runs.
        """
        if not self.is_done(node):
            return False
        return self.wanted != 'kill' or self._has_ended_below(node)

    def _has_ended_below(self, node: ProcessNode) -> bool:
        if node.pk in self._ended_below:
            return True
        for child in node.called:
            if not child.is_terminated and child.backend.read_run(cast('int', child.pk)) is not None:
                return False
            if not self._has_ended_below(child):
                return False
        self._ended_below.add(node.pk)
        return True

    def is_heard(self, node: ProcessNode) -> bool:
        """Return whether whoever runs a process knows what is asked of it, or has done it already."""
        for number, pk, kind, _, payload in get_store().read_events(self._after):
            self._after = number
            if kind == newsreel.ASKED and payload.get('wanted') == self.wanted:
                self._heard.add(pk)
        return node.pk in self._heard or self.is_done(node)

    def wait_until_heard(self, nodes: Sequence[ProcessNode], timeout: float) -> list[ProcessNode]:
        """Wait until whoever runs processes knows; return those of which nobody does after so many seconds."""
        return _wait(nodes, timeout, self.is_heard)

    def wait_until_done(self, nodes: Sequence[ProcessNode], timeout: float, below: bool = False) -> list[ProcessNode]:
        """Wait until it is done; return the processes with which it is not after so many seconds.

        :param below: whether to wait for what killed processes called, too.
        """
        return _wait(nodes, timeout, self.is_done_below if below else self.is_done)


def mark_as_killed(node: ProcessNode, message: str | None) -> None:
    """Write down that a process which nobody runs was killed, and that what it called is to be.

    :param message: why, for its status.
    """
    store = node.backend
    alive = [cast('int', child.pk) for child in node.called if not child.is_terminated]
    with store.transaction():
        # rows of children are locked before those of their parents, as everywhere
        for pk in sorted(alive, reverse=True):
            store.set_desired(pk, 'kill', f'Killed with Process<{node.pk}>')
        store.finish(node.pk)  # type: ignore[arg-type]
        node.set_process_state(ProcessState.KILLED)
        node.set_process_status(message)
        node.seal()


def _wait(nodes: Sequence[ProcessNode], timeout: float, is_over: Callable[[ProcessNode], bool]) -> list[ProcessNode]:
    deadline = time.monotonic() + timeout
    store = get_store()
    while True:
        counter = store.change_counter()
        nodes = [node for node in nodes if not is_over(node)]
        while nodes and store.change_counter() == counter:
            if time.monotonic() > deadline:
                return list(nodes)
            time.sleep(_LOOK)
        if not nodes or time.monotonic() > deadline:
            return [node for node in nodes if not is_over(node)]


def _kill_job(node: ProcessNode) -> None:
    """Kill the job of a process that waits for it.

    :raises JobRefusal: if that failed.
    """
    if not isinstance(node, CalcJobNode) or node.get_remote_workdir() is None:
        return
    from aiida.engine.daemon.execmanager import kill_calculation

    try:
        with node.get_transport() as transport:
            kill_calculation(node, transport)
    except Exception as exception:  # whatever the code of a plugin raises
        reason = f'the job of Process<{node.pk}> could not be killed: {type(exception).__name__}: {exception}'
        raise JobRefusal(reason, 'leaves it to itself') from exception
