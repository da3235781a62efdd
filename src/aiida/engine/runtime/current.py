"""The runner of this interpreter, and the one of each thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ClosedStorage, LostLease, StorageUnavailable
from aiida.common.slots import Slot
from aiida.engine.exceptions import PluginUnavailable

if TYPE_CHECKING:
    from aiida.engine.runners import Runner

__all__ = ('INFRASTRUCTURE_ERRORS', 'RUNNER', 'current_runner', 'runner_for', 'use_runner')

#: Filled by ``aiida.manage`` when a profile is loaded.
RUNNER: Slot[Runner] = Slot(
    'a runner', 'load a profile first, e.g. with `from aiida import load_profile; load_profile()`'
)

#: What is not the fault of a process: it is left where its checkpoint says, and does not become ``Excepted``.
INFRASTRUCTURE_ERRORS: tuple[type[BaseException], ...] = (
    StorageUnavailable,
    LostLease,
    ClosedStorage,
    PluginUnavailable,
)


class _ThreadRunner:
    """The runner a thread made for itself; closed with the thread."""

    def __init__(self, parent: Runner) -> None:
        self.parent = parent
        self.runner = parent.sibling()

    def __del__(self) -> None:
        self.runner.close()


_LOCAL = threading.local()


def current_runner() -> Runner:
    """Return the runner for the calling thread.

    The runner of the interpreter belongs to the thread it was made in; each other thread gets one of its own, with a
    loop of its own.

    :raises ConfigurationError: if no profile is loaded.
    """
    chosen: Runner | None = getattr(_LOCAL, 'chosen', None)
    if chosen is not None and not chosen.is_closed():
        return chosen
    runner = RUNNER.get()
    if runner.thread_id == threading.get_ident():
        return runner
    holder: _ThreadRunner | None = getattr(_LOCAL, 'holder', None)
    if holder is None or holder.parent is not runner or holder.runner.is_closed():
        holder = _LOCAL.holder = _ThreadRunner(runner)
    return holder.runner


def runner_for(process: Any) -> Runner:
    """Return the runner for what a process launches: its own, unless a step of it is at work in another thread.

    :param process: the process that launches; ``None`` if nothing is running.
    """
    runner: Runner | None = getattr(process, 'runner', None)
    if runner is not None and runner.thread_id == threading.get_ident():
        return runner
    return current_runner()


class use_runner:  # noqa: N801 - reads as a function
    """Context in which a runner is the one of this thread."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._before: Runner | None = None

    def __enter__(self) -> Runner:
        self._before = getattr(_LOCAL, 'chosen', None)
        _LOCAL.chosen = self._runner
        return self._runner

    def __exit__(self, *_: object) -> None:
        _LOCAL.chosen = self._before
