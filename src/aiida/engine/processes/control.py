"""Killing, pausing and playing processes, wherever they are run.

What is wanted of a process is written to its row, and whoever runs it obeys at the next boundary. If nobody does,
because it waits for a worker or its program is gone, it is carried out here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from plumpy.exceptions import PersistenceError
from plumpy.process_states import ProcessState

from aiida.common import timezone
from aiida.common.exceptions import AiidaException, NotExistent, TransportTaskException
from aiida.common.log import AIIDA_LOGGER
from aiida.engine.runners import Runner
from aiida.engine.runtime import messages
from aiida.engine.runtime.current import current_runner
from aiida.engine.runtime.resuming import RunElsewhere, is_held, restore
from aiida.orm import CalcFunctionNode, CalcJobNode, ProcessNode, QueryBuilder, WorkFunctionNode
from aiida.storage.records import RunRecord

if TYPE_CHECKING:
    from aiida.engine.processes.process import Process

__all__ = (
    'ProcessTimeoutException',
    'get_active_processes',
    'kill_processes',
    'pause_processes',
    'play_processes',
)

LOGGER = AIIDA_LOGGER.getChild('engine.processes')
_MODULE = 'aiida.engine.processes.control'
_ACTIVE = ('created', 'running', 'waiting')
_LOOK = 0.02


class ProcessTimeoutException(AiidaException):
    """Whoever runs a process did not do in time what was asked."""


def get_active_processes(paused: bool = False, project: str | list[str] = '*') -> list[Any]:
    """Return the processes that are not terminated, oldest first.

    :param paused: only those that are paused.
    :param project: what is returned of each, the node for ``*``.
    """
    filters: dict[str, Any] = {'attributes.process_state': {'in': list(_ACTIVE)}}
    if paused:
        filters['attributes.paused'] = True
    query = QueryBuilder().append(ProcessNode, tag='process', filters=filters, project=project)
    query.order_by({'process': {'id': 'asc'}})
    return query.all(flat=True)


def kill_processes(
    processes: list[ProcessNode] | None = None,
    *,
    msg_text: str = f'Killed through `{_MODULE}.kill_processes`',
    force: bool = False,
    all_entries: bool = False,
    timeout: float = 5.0,
) -> None:
    """Kill processes and those they called.

    Of a process function it is not noted who runs it. If its program was killed it stays active for ever, and cannot be
    told from one that runs: it is marked as killed only with ``force``. One that does run fails when it ends.

    :param processes: which.
    :param msg_text: why, for their status.
    :param force: whether jobs on computers are left to themselves, and process functions marked as killed.
    :param all_entries: all that are not terminated, instead of ``processes``.
    :param timeout: seconds in which whoever runs one should have obeyed.
    :raises ValueError: if both or neither of ``processes`` and ``all_entries`` are given.
    :raises ProcessTimeoutException: if some did not obey; the request stays.
    :raises TransportTaskException: if the job of one that nobody runs could not be killed.
    """
    _perform(
        _choose(processes, all_entries, lambda: get_active_processes()),
        'kill',
        msg_text,
        timeout,
        act=lambda process: process.kill(msg_text, force),
        done=lambda node: node.is_terminated,
        force=force,
    )


def pause_processes(
    processes: list[ProcessNode] | None = None,
    *,
    msg_text: str = f'Paused through `{_MODULE}.pause_processes`',
    all_entries: bool = False,
    timeout: float = 5.0,
) -> None:
    """Pause processes; parameters and errors as for :func:`kill_processes`."""
    _perform(
        _choose(processes, all_entries, lambda: get_active_processes()),
        'pause',
        msg_text,
        timeout,
        act=lambda process: process.pause(msg_text),
        done=lambda node: node.is_terminated or node.paused,
    )


def play_processes(
    processes: list[ProcessNode] | None = None, *, all_entries: bool = False, timeout: float = 5.0
) -> None:
    """Let paused processes go on; parameters and errors as for :func:`kill_processes`."""
    _perform(
        _choose(processes, all_entries, lambda: get_active_processes(paused=True)),
        'run',
        f'Played at {timezone.now().isoformat()}',  # tells the request from the ones before
        timeout,
        act=lambda process: process.play(),
        done=lambda node: node.is_terminated or not node.paused,
    )


def _choose(
    processes: list[ProcessNode] | None, all_entries: bool, everything: Callable[[], list[Any]]
) -> list[ProcessNode]:
    if bool(processes) == all_entries:
        raise ValueError('give either `processes` or `all_entries=True`')
    return everything() if all_entries else list(processes or ())


def _perform(
    nodes: list[ProcessNode],
    wanted: Literal['run', 'pause', 'kill'],
    message: str | None,
    timeout: float,
    act: Callable[[Any], Any],
    done: Callable[[Any], bool],
    force: bool = False,
) -> None:
    """Ask for something of processes, do it where nobody else can, and wait until it is done."""
    asked = []
    for node in nodes:
        if node.is_terminated:
            LOGGER.error('Process<%s> is already terminated.', node.pk)
        else:
            if _ask(node, wanted, message, act, force):
                asked.append(node)
            if wanted == 'kill':
                _down(node, act, force)
    deadline = time.monotonic() + timeout
    while asked and time.monotonic() < deadline:
        asked = [node for node in asked if not done(node)]
        if asked:
            time.sleep(_LOOK)
    if asked:
        pks = ', '.join(f'Process<{node.pk}>' for node in asked)
        raise ProcessTimeoutException(
            f'no answer within {timeout} seconds from: {pks}; what was asked for stays asked for'
        )


def _ask(node: ProcessNode, wanted: Any, message: str | None, act: Callable[[Any], Any], force: bool) -> bool:
    """Ask for something of a process; return whether somebody else has to do it."""
    live = current_runner().live_process(node.pk)
    if live is not None:
        act(live)
        return False
    store = node.backend
    pk: Any = node.pk
    if not store.set_desired(pk, wanted, message):
        if messages.request_elsewhere(pk, wanted, message, force):
            return True
        if not (wanted == 'kill' and force and _seal(node, message)):
            LOGGER.error('Process<%s> is unreachable: who runs it, if anybody, is not known.', pk)
        return False
    row = store.read_run(pk)
    if row is None or _is_held(row):
        messages.poke(pk)
        return row is not None
    try:
        _carry_out(pk, act, wanted, force)
    except (RunElsewhere, NotExistent):  # a worker was quicker
        return True
    return False


def _down(node: ProcessNode, act: Callable[[Any], Any], force: bool) -> None:
    """Do something with all below a process that nobody runs; whoever runs the others is told by the process above."""
    for child in node.called:
        if child.is_terminated:
            continue
        row = node.backend.read_run(child._record.id)  # type: ignore[arg-type]
        if row is not None and current_runner().live_process(child.pk) is None and not _is_held(row):
            try:
                _carry_out(row.node_id, act, 'kill', force)
            except (AiidaException, PersistenceError) as exception:
                LOGGER.error('Process<%s>, which Process<%s> called, stays as it is: %s', child.pk, node.pk, exception)
        _down(child, act, force)


def _seal(node: ProcessNode, message: str | None) -> bool:
    """Mark as killed a process function of which it is not known who runs it; return whether it is one."""
    if not isinstance(node, CalcFunctionNode | WorkFunctionNode):
        return False
    with node.backend.transaction():
        node.set_process_state(ProcessState.KILLED)
        node.set_process_status(message)
        node.seal()
    return True


def _is_held(row: RunRecord) -> bool:
    return is_held(row.owner, row.node_id)


def _carry_out(pk: int, act: Callable[[Any], Any], wanted: str, force: bool) -> None:
    """Do something with a process that nobody runs, and leave it to the workers again unless that ended it.

    The job of a process that is to be killed is killed first, unless ``force``; if that fails, the process stays.
    """
    with Runner() as runner:
        process = restore(runner, pk)
        try:
            if wanted == 'kill' and not force:
                _kill_job(process)
            act(process)
        finally:
            if not process.has_terminated():
                process.give_away()
                messages.send_task(pk)


def _kill_job(process: Process) -> None:
    """Kill the job of a process that waits for it; one that is paused does so by itself.

    :raises TransportTaskException: if that failed.
    """
    node = process.node
    if process.paused or not isinstance(node, CalcJobNode) or node.get_remote_workdir() is None:
        return
    from aiida.engine.daemon.execmanager import kill_calculation

    try:
        with node.get_transport() as transport:
            kill_calculation(node, transport)
    except Exception as exception:  # whatever the code of a plugin raises
        raise TransportTaskException(
            f'the job of Process<{node.pk}> could not be killed: {type(exception).__name__}: {exception}; '
            '`force=True` leaves it to itself'
        ) from exception
