"""`aiida.work.workchain` of AiiDA 0.10: work chains."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import plumpy.processes
from plumpy.greenback_bridge import has_portal, sync_await

from aiida.common.extendeddicts import AttributeDict
from aiida.engine import Awaitable, AwaitableTarget, ExitCode, if_, return_, while_
from aiida.engine import ToContext as ModernToContext
from aiida.engine.processes.workchains.workchain import WorkChain as ModernWorkChain
from aiida.work.hooks import ProtectLess
from aiida.work.interstep import Interstep, Outputs, UpdateContext, append_, assign_, update_of
from aiida.work.legacy.wait_on import WaitOn, WaitOnProcess, pid_of
from aiida.work.notices import tell_of_module
from aiida.work.process import Process
from aiida.work.spec import WorkChainSpec

__all__ = ('Outputs', 'ToContext', 'WorkChain', 'append_', 'assign_', 'if_', 'return_', 'while_')

tell_of_module(
    __name__, '`WorkChain`, `ToContext`, `append_`, `assign_`, `if_`, `while_` and `return_` of `aiida.engine`'
)


def ToContext(**kwargs: Any) -> list[UpdateContext]:
    """Return intersteps that let a work chain wait, for a step to return.

    :param kwargs: by key of the context: the handle or node of a process, ``Outputs`` of one, or either in ``append_``.
    """
    return [update_of(key, value) for key, value in kwargs.items()]


class WorkChain(ModernWorkChain, Process, metaclass=ProtectLess):
    """A work chain as it was written for AiiDA 0.10, over that of today.

    Inputs and outputs are open. Steps may return an interstep, or a list of them; what is waited for is there when
    the next step is taken.
    """

    _node_class = ModernWorkChain._node_class
    _spec_class = WorkChainSpec  # type: ignore[assignment]
    Context = AttributeDict

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Parameters and errors as for a work chain of today."""
        super().__init__(*args, **kwargs)
        self._intersteps: list[Interstep] = []
        self._barriers: list[tuple[Any, Awaitable]] = []

    # what is done between steps

    def insert_barrier(self, wait_on: Any) -> None:
        """Wait for something before the next step is taken.

        :param wait_on: a wait-on, the handle or the node of a process.
        :raises ValueError: if it is something else.
        """
        awaitable = Awaitable(
            pk=pid_of(wait_on), key=None, action=None, target=AwaitableTarget.PROCESS, outputs=False, resolved=False
        )
        self._barriers.append((wait_on, awaitable))
        self._awaitables.append(awaitable)

    def remove_barrier(self, wait_on: Any) -> None:
        """Do not wait for something after all.

        :param wait_on: the very object that was inserted.
        :raises ValueError: if it was not.
        """
        for index, (known, awaitable) in enumerate(self._barriers):
            if known is wait_on:
                del self._barriers[index]
                self._resolve_awaitable(awaitable, None)
                return
        raise ValueError(f'{wait_on!r} was not inserted as a barrier of {self} in this step')

    def awaited(self) -> list[WaitOn]:
        """Return what it waits for."""
        return [WaitOnProcess(awaitable.pk) for awaitable in self._awaitables]

    def insert_intersteps(self, intersteps: Interstep | Sequence[Interstep]) -> None:
        """Do something between this step and the next.

        :param intersteps: what, one or several.
        :raises TypeError: if it is something else.
        """
        given = [intersteps] if isinstance(intersteps, Interstep) else list(intersteps)
        for interstep in given:
            if not isinstance(interstep, Interstep):
                raise TypeError(f'between two steps an `Interstep` is done, not {interstep!r}')
        self._intersteps.extend(given)

    def _promise(self, key: str, value: Any) -> None:
        """Have what is waited for in the context when the next step is taken."""
        self.insert_intersteps(update_of(key, value))

    # how the engine is told of it

    def save_instance_state(self, out_state: Any, save_context: Any) -> None:
        """Put what is needed to restore the work chain into ``out_state``, with what is done before the next step."""
        super().save_instance_state(out_state, save_context)
        out_state['intersteps'] = self._intersteps

    def load_instance_state(self, saved_state: Any, load_context: Any) -> None:
        """Restore the work chain."""
        self._intersteps = list(saved_state['intersteps'])
        self._barriers = []
        super().load_instance_state(saved_state, load_context)

    def _relink_placeholders(self) -> None:
        """Nothing of what is waited for is in the context before it is there."""

    def _resolve_awaitable(self, awaitable: Awaitable, value: Any) -> None:
        """Wait for something no longer."""
        awaitable.resolved = True
        self._awaitables = [item for item in self._awaitables if item is not awaitable]

    def _do_step(self, *args: Any) -> Any:
        self._take_up_intersteps()
        return super()._do_step(*args)

    def _do_nothing(self, *_: Any) -> None:
        self._take_up_intersteps()

    def _take_up_intersteps(self) -> None:
        """Do what is to be done before a step."""
        intersteps, self._intersteps, self._barriers = self._intersteps, [], []
        for interstep in intersteps:
            interstep.on_next_step_starting(self)

    def _heed(self, result: Any) -> ExitCode | None:
        """Do what a step asks for by what it returned.

        :raises TypeError: if that is neither an interstep, a list of them, an exit code nor nothing.
        """
        # those that an interstep has inserted before the step, in which nothing was waited for yet
        early = [item for _, item in self._barriers if not any(item is known for known in self._awaitables)]
        self._awaitables = early + self._awaitables
        exit_code = None
        if isinstance(result, Interstep | list | tuple) and not isinstance(result, ExitCode):
            self.insert_intersteps(result)
        elif result is None or (isinstance(result, ModernToContext | ExitCode | int) and not isinstance(result, bool)):
            exit_code = super()._heed(result)
        else:
            raise TypeError(
                f'a step returns nothing, an `Interstep` or a list of them (as `ToContext` gives), not {result!r}'
            )
        for interstep in list(self._intersteps):
            interstep.on_last_step_finished(self)
        return exit_code

    # ending it

    def abort(self, msg: str | None = None, timeout: float | None = None) -> bool:
        """Kill the work chain and what it called, and wait until it is done.

        In a step of its own there is nothing to wait for: the work chain ends when the step does.

        :param msg: why, for the report.
        :param timeout: seconds to wait at most, ``None`` for as long as it takes.
        :return: whether it is aborted.
        """
        if self.has_terminated():
            return bool(self.killed())
        message = 'Aborting' if msg is None else f'Aborting: {msg}'
        self.report('%s', message)
        self._ask_to_die(message)
        if self.has_terminated() or timeout == 0 or plumpy.processes.Process.current() is self:
            return bool(self.has_terminated() and self.killed())
        deadline = None if timeout is None else time.monotonic() + timeout
        self._wait_for_end(deadline)
        return bool(self.has_terminated() and self.killed())

    def abort_nowait(self, msg: str | None = None) -> bool:
        """Kill the work chain at the end of the step it is in; return whether it is done already."""
        return self.abort(msg, timeout=0)

    def _is_driven_here(self) -> bool:
        """Return whether the loop it lives in is that of this thread."""
        try:
            return asyncio.get_running_loop() is self.loop
        except RuntimeError:
            return not self.loop.is_running()

    def _ask_to_die(self, message: str) -> None:
        if self._is_driven_here():
            self.kill(message)
        else:
            self.loop.call_soon_threadsafe(self.kill, message)

    def _wait_for_end(self, deadline: float | None) -> None:
        """Wait until it is terminated, or the deadline has passed; whoever runs it does so meanwhile."""

        async def wait() -> None:
            while not self.has_terminated() and (deadline is None or time.monotonic() < deadline):
                await asyncio.sleep(_LOOK)

        if not self._is_driven_here():
            while not self.has_terminated() and (deadline is None or time.monotonic() < deadline):
                time.sleep(_LOOK)
        elif not self.loop.is_running():
            self.loop.run_until_complete(wait())
        elif has_portal():
            sync_await(wait())


#: Seconds between two looks at whether it is terminated.
_LOOK = 0.02
