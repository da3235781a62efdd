"""`aiida.work.run` of AiiDA 0.10: launching, and handles of what runs."""

from __future__ import annotations

import contextvars
import enum
from collections.abc import Mapping
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import plumpy.processes

from aiida.engine import Awaitable, Process, construct_awaitable, launch
from aiida.orm import load_node
from aiida.work.inputs import modern_inputs
from aiida.work.notices import tell_of_module
from aiida.work.util import is_workfunction

if TYPE_CHECKING:
    from aiida.work.persistence import Persistence

__all__ = (
    'RunningInfo',
    'RunningType',
    'async_',
    'legacy_calc',
    'legacy_workflow',
    'queue_up',
    'run',
    'submit',
)

tell_of_module(__name__, '`run`, `run_get_pk` and `submit` of `aiida.engine`; the node of a process is its handle')


class RunningType(enum.Enum):
    """What kind of thing is running."""

    PROCESS = 0
    LEGACY_CALC = 1
    LEGACY_WORKFLOW = 2


class RunningInfo(NamedTuple):
    """A handle of something that is running: of what kind it is, and its pk."""

    type: RunningType
    pid: int

    def as_awaitable(self) -> Awaitable:
        """Return what a work chain waits for; also one of today takes a handle."""
        return construct_awaitable(load_node(pk=self.pid))  # type: ignore[arg-type]


def legacy_calc(pk: int) -> RunningInfo:
    """Return the handle of a calculation.

    :param pk: the number of its node.
    """
    return RunningInfo(RunningType.LEGACY_CALC, pk)


def legacy_workflow(pk: int) -> RunningInfo:
    """Return the handle of a workflow.

    :param pk: the number of its node.
    """
    return RunningInfo(RunningType.LEGACY_WORKFLOW, pk)


def process_class_of(process: Any) -> Any:
    """Return what is launched for a class: itself, unless it is not the class of a process but stands for one."""
    if isinstance(process, type) and not issubclass(process, Process) and hasattr(process, 'process'):
        return process.process()
    return process


def run(process_class: Any, *args: Any, **inputs: Any) -> Any:
    """Run a process or work function to its end.

    :param process_class: a process class, or a function that is run as a process.
    :param args: positional arguments of a function.
    :param inputs: values by name; ``_return_pid=True`` asks for the pk too.
    :return: the outputs by name, of a function what it returns; with the pk if that is asked for.
    :raises ValueError: if it is neither.
    """
    return_pid = inputs.pop('_return_pid', False)
    if is_workfunction(process_class):
        if return_pid:
            result, pk = process_class.run_get_pk(*args, **modern_inputs(inputs))
            return result, pk
        return process_class(*args, **inputs)
    chosen = process_class_of(process_class)
    if not (isinstance(chosen, type) and issubclass(chosen, Process)):
        raise ValueError(f'what is run is a process class or work function, not {process_class!r}')
    if args:
        raise ValueError(f'the inputs of {chosen.__name__} are given by name, not as {args!r}')
    outputs, pk = launch.run_get_pk(chosen, **modern_inputs(inputs))
    return (outputs, pk) if return_pid else outputs


def submit(process_class: Any, _jobs_store: Any = None, **inputs: Any) -> RunningInfo:
    """Launch a process, and return at once: workers run it, or whoever runs the work chain that launches it.

    :param process_class: a process class.
    :param _jobs_store: is not looked at: what is to be run is told by the store of the profile.
    :param inputs: values by name.
    :return: a handle of it.
    :raises AssertionError: for a work function, which is called.
    """
    if is_workfunction(process_class):
        raise AssertionError(f'the work function `{process_class.__name__}` cannot be submitted: call it')
    given = modern_inputs(inputs)
    chosen = process_class_of(process_class)
    caller: Any = plumpy.processes.Process.current()
    if caller is not None:
        launched = caller.submit(chosen, given)
        return launched if isinstance(launched, RunningInfo) else RunningInfo(RunningType.PROCESS, launched.pk)
    return RunningInfo(RunningType.PROCESS, launch.submit(chosen, given).pk)  # type: ignore[arg-type]


def queue_up(process_class: Any, inputs: Mapping[str, Any], storage: Persistence | None) -> int:
    """Make a process and leave it to the workers.

    :param process_class: a process class.
    :param inputs: values by name.
    :param storage: where a pickle tells of it too, until it has ended; ``None`` for nowhere.
    :return: the pk.
    """
    pid = submit(process_class, **inputs).pid
    if storage is not None:
        storage.note(pid)
    return pid


def async_(process_class: Any, *args: Any, **inputs: Any) -> Future[Any]:
    """Run a process or work function beside the caller, in a thread.

    It was called ``async``, which is a keyword today: ``getattr(aiida.work.run, 'async')``.

    :return: a future of what :func:`run` returns.
    """
    future: Future[Any] = Future()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            future.set_result(context.run(run, process_class, *args, **inputs))
        except BaseException as exception:
            future.set_exception(exception)

    Thread(target=work, name='aiida-work-async', daemon=True).start()
    return future


globals()['async'] = async_
