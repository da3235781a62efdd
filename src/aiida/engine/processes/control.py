"""Killing, pausing and playing processes, wherever they are run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiida.common import timezone
from aiida.common.exceptions import AiidaException, TransportTaskException
from aiida.common.log import AIIDA_LOGGER
from aiida.engine.runtime.steering import Refusal, Request
from aiida.orm import ProcessNode, QueryBuilder

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
    :param force: whether jobs on computers are left to themselves, and processes of which it is not known who runs them
        marked as killed.
    :param all_entries: all that are not terminated, instead of ``processes``.
    :param timeout: seconds in which whoever runs one should have obeyed.
    :raises ValueError: if both or neither of ``processes`` and ``all_entries`` are given.
    :raises ProcessTimeoutException: if some did not obey; the request stays.
    :raises TransportTaskException: if the job of one that nobody runs could not be killed.
    """
    _perform(_choose(processes, all_entries, get_active_processes), Request('kill', msg_text, force), timeout)


def pause_processes(
    processes: list[ProcessNode] | None = None,
    *,
    msg_text: str = f'Paused through `{_MODULE}.pause_processes`',
    all_entries: bool = False,
    timeout: float = 5.0,
) -> None:
    """Pause processes and those they called; parameters and errors as for :func:`kill_processes`."""
    _perform(_choose(processes, all_entries, get_active_processes), Request('pause', msg_text), timeout)


def play_processes(
    processes: list[ProcessNode] | None = None, *, all_entries: bool = False, timeout: float = 5.0
) -> None:
    """Let paused processes and those they called go on; parameters and errors as for :func:`kill_processes`."""
    chosen = _choose(processes, all_entries, lambda: get_active_processes(paused=True))
    _perform(chosen, request_to_play(), timeout)


def request_to_play() -> Request:
    """Return a request to let processes go on, whose message tells it from the ones before."""
    return Request('run', f'Played at {timezone.now().isoformat()}')


def _choose(
    processes: list[ProcessNode] | None, all_entries: bool, everything: Callable[[], list[Any]]
) -> list[ProcessNode]:
    if bool(processes) == all_entries:
        raise ValueError('give either `processes` or `all_entries=True`')
    return everything() if all_entries else list(processes or ())


def _perform(nodes: list[ProcessNode], request: Request, timeout: float) -> None:
    """Ask for something of processes, and wait until it is done."""
    asked = []
    for node in nodes:
        try:
            if request.make(node):
                asked.append(node)
        except TransportTaskException as refusal:
            raise TransportTaskException(f'{refusal}; `force=True` leaves it to itself') from refusal
        except Refusal as refusal:
            LOGGER.error('%s.', refusal)
    late = request.wait_until_done(asked, timeout)
    if late:
        pks = ', '.join(f'Process<{node.pk}>' for node in late)
        raise ProcessTimeoutException(
            f'no answer within {timeout} seconds from: {pks}; what was asked for stays asked for'
        )
