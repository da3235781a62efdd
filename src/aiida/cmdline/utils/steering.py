"""Killing, pausing and playing from the command line, with or without somebody who runs the processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from aiida.cmdline.utils import echo
from aiida.common.claims import owner_is_alive

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

__all__ = ('steer',)

Verb = Literal['killing', 'pausing', 'playing']


def steer(
    processes: Sequence[ProcessNode], verb: Verb, *, message: str | None = None, force: bool = False, timeout: float
) -> bool:
    """Kill, pause or play processes, and say for each what became of the request.

    :param message: why, for the status of the processes.
    :param force: when killing, whether jobs are left to themselves, and whether a process that cannot be brought
        back is marked as killed.
    :param timeout: seconds in which whoever runs one should have obeyed.
    :return: whether all requests could be made.
    """
    request = _request(verb, message, force)
    handed_over: list[ProcessNode] = []
    succeeded = True
    for process in processes:
        if process.is_terminated:
            echo.echo_error(f'Process<{process.pk}> is already terminated')
            succeeded = False
        elif _is_run_elsewhere(process):
            handed_over.append(process)
        elif reason := _do_here(process, verb, request, force):
            echo.echo_error(reason)
            succeeded = False
        else:
            echo.echo_success(f'scheduled {verb} Process<{process.pk}>')
    _hand_over(handed_over, verb, request, timeout)
    return succeeded


Request = Callable[[list['ProcessNode'], float], None]


def _request(verb: Verb, message: str | None, force: bool) -> Request:
    """Return what asks processes to do something, given them and the seconds in which they should have obeyed."""
    from aiida.engine.processes import control

    if verb == 'killing':
        return lambda nodes, timeout: control.kill_processes(
            nodes, msg_text=message or '', force=force, timeout=timeout
        )
    if verb == 'pausing':
        return lambda nodes, timeout: control.pause_processes(nodes, msg_text=message or '', timeout=timeout)
    return lambda nodes, timeout: control.play_processes(nodes, timeout=timeout)


def _is_run_elsewhere(process: ProcessNode) -> bool:
    run = process.backend.read_run(process.pk)  # type: ignore[arg-type]
    return run is not None and run.owner is not None and owner_is_alive(run.owner)


def _do_here(process: ProcessNode, verb: Verb, request: Request, force: bool) -> str | None:
    """Do what is asked of a process that nobody runs; return why not."""
    from aiida.common.exceptions import TransportTaskException
    from aiida.engine.processes.control import ProcessTimeoutException

    if process.backend.read_run(process.pk) is None:  # type: ignore[arg-type]
        if process.is_terminated:
            return None
        reason = f'Process<{process.pk}> is unreachable: who runs it, if anybody, is not known'
    else:
        try:
            request([process], 0.0)
        except ProcessTimeoutException:
            return None  # a worker has taken it meanwhile, and obeys
        except TransportTaskException as exception:
            return f'{exception}, as `verdi process kill -F {process.pk}` does'
        except Exception as exception:  # whatever the code of a plugin raises
            reason = f'Process<{process.pk}> cannot be brought back: {type(exception).__name__}: {exception}'
            if verb == 'killing' and not force and (trouble := _kill_jobs(process)):
                return f'{trouble}; `verdi process kill -F {process.pk}` leaves it to itself'
        else:
            if verb == 'killing':
                _kill_called(process, request, force)
            return None
    if verb != 'killing':
        return reason
    # a process that runs elsewhere unknown to all, or has a job on a computer, is not given up without being asked to
    if not force and (_may_go_on(process) or process.backend.read_run(process.pk) is None):  # type: ignore[arg-type]
        return f'{reason}; `verdi process kill -F {process.pk}` marks it as killed'
    _mark_as_killed(process)
    _kill_called(process, request, force)
    return None


def _kill_jobs(process: ProcessNode) -> str | None:
    """Kill the jobs of a process that nobody runs, and of those it called; return why not."""
    if trouble := _kill_job(process):
        return trouble
    below = (_kill_jobs(child) for child in _alive_below(process) if not _is_run_elsewhere(child))
    return next(filter(None, below), None)


def _kill_job(process: ProcessNode) -> str | None:
    """Kill the job of a calculation that nobody runs, which its process cannot do any more; return why not."""
    from aiida.orm import CalcJobNode

    if not isinstance(process, CalcJobNode) or process.get_remote_workdir() is None:
        return None
    from aiida.engine.daemon.execmanager import kill_calculation

    try:
        with process.get_authinfo().get_transport() as transport:
            kill_calculation(process, transport)
    except Exception as exception:  # whatever the code of a plugin raises
        return f'the job of Process<{process.pk}> could not be killed: {type(exception).__name__}: {exception}'
    return None


def _may_go_on(process: ProcessNode) -> bool:
    """Return whether there may be a job on a computer that goes on without its process."""
    from aiida.orm import CalcJobNode

    return isinstance(process, CalcJobNode) and process.get_job_id() is not None


def _kill_called(process: ProcessNode, request: Request, force: bool) -> None:
    """Kill those of the processes that a process called that nobody runs; the others obey by themselves."""
    for child in _alive_below(process):
        if not _is_run_elsewhere(child) and (reason := _do_here(child, 'killing', request, force)):
            echo.echo_warning(reason)


def _alive_below(process: ProcessNode) -> Iterator[ProcessNode]:
    return (child for child in process.called if not child.is_terminated)


def _mark_as_killed(process: ProcessNode) -> None:
    """Write down that a process was killed, without bringing it back."""
    with process.backend.transaction():
        process.backend.finish(process.pk)  # type: ignore[arg-type]
        process.set_process_state('killed')
        process.set_process_status('Marked as killed: nobody ran it')
        process.seal()


def _hand_over(processes: list[ProcessNode], verb: Verb, request: Request, timeout: float) -> None:
    """Ask those who run processes."""
    if not processes:
        return
    from aiida.engine.processes.control import ProcessTimeoutException

    late: ProcessTimeoutException | None = None
    try:
        request(processes, timeout)
    except ProcessTimeoutException as exception:
        late = exception
    for process in processes:
        echo.echo_success(f'scheduled {verb} Process<{process.pk}>')
    if late is not None and timeout > 0:
        echo.echo_report(str(late))
