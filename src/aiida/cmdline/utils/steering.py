"""Killing, pausing and playing from the command line: what is said of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from aiida.cmdline.utils import echo

if TYPE_CHECKING:
    from aiida.engine.runtime.steering import Request
    from aiida.orm import ProcessNode

__all__ = ('steer',)

Verb = Literal['killing', 'pausing', 'playing']

_DONE = {'killing': 'is killed', 'pausing': 'is paused', 'playing': 'goes on'}
_COMMAND = {'killing': 'kill', 'pausing': 'pause', 'playing': 'play'}


def steer(
    processes: Sequence[ProcessNode], verb: Verb, *, force: bool = False, timeout: float, wait: bool = False
) -> bool:
    """Kill, pause or play processes, and say for each what became of the request.

    :param force: when killing, whether jobs are left to themselves, and whether a process of which it is not known who
        runs it is marked as killed.
    :param timeout: seconds in which whoever runs one should have answered; with 0 no answer is waited for.
    :param wait: whether to wait until it is done.
    :return: whether all could be asked, and all answered.
    """
    from aiida.engine.runtime.steering import Refusal

    request = _request(verb, force)
    asked: list[ProcessNode] = []
    pending: list[ProcessNode] = []
    for process in processes:
        try:
            if request.make(process):
                pending.append(process)
        except Refusal as refusal:
            hint = f'; `verdi process {_COMMAND[verb]} -F {process.pk}` {refusal.forced}' if refusal.forced else ''
            echo.echo_error(f'{refusal}{hint}')
        else:
            asked.append(process)
    deaf = [process.pk for process in request.wait_until_heard(pending, timeout)] if timeout > 0 else []
    for process in asked:
        if process.pk in deaf:
            echo.echo_error(f'Process<{process.pk}> is unreachable')
        else:
            echo.echo_success(f'scheduled {verb} Process<{process.pk}>')
    if deaf:
        echo.echo_report(
            f'There was no answer within {timeout:g} seconds. What was asked for stays asked for, and is done when '
            'whoever runs the process looks at it, or is found to be gone.'
        )
    if wait:
        _wait(request, [process for process in asked if process.pk not in deaf], verb)
    return len(asked) == len(processes) and not deaf


def _request(verb: Verb, force: bool) -> Request:
    from aiida.engine.processes.control import request_to_play
    from aiida.engine.runtime.steering import Request

    if verb == 'killing':
        return Request('kill', 'Killed through `verdi process kill`', force)
    return Request('pause', 'Paused through `verdi process pause`') if verb == 'pausing' else request_to_play()


def _wait(request: Request, processes: list[ProcessNode], verb: Verb) -> None:
    """Wait until it is done, with each process in turn and all below it."""
    for process in processes:
        request.wait_until_done([process], math.inf, below=True)
        ended = process.is_terminated and verb != 'killing'
        echo.echo_success(f'Process<{process.pk}> {"has terminated" if ended else _DONE[verb]}')
