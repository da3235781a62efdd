"""The states of a process where they differ from plumpy's."""

from __future__ import annotations

import asyncio
import sys
from inspect import isawaitable, iscoroutinefunction
from typing import TYPE_CHECKING, Any, cast

from plumpy import process_states
from plumpy.exceptions import UnsuccessfulResult
from plumpy.lang import NULL
from plumpy.persistence import Savable
from plumpy.process_states import Command, Interruption, ProcessState, Stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumpy.persistence import LoadSaveContext
    from plumpy.processes import Process

__all__ = ('Running', 'Waiting')


class Running(process_states.Running):
    """Runs a function of the process.

    The task of the process has a portal through which synchronous code can wait, so the function needs no wrapper.
    """

    def __init__(self, process: Process, run_fn: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        process_states.State.__init__(self, process)
        self.run_fn = run_fn
        self.args = args
        self.kwargs = kwargs
        self._run_handle = None

    def save(self, save_context: LoadSaveContext | None = None) -> dict[str, Any]:
        """Return what is needed to make the state again."""
        state: dict[str, Any] = {
            '!!meta': {'class_name': f'{__name__}:Running'},
            'in_state': True,
            'args': self.args,
            'kwargs': self.kwargs,
            self.RUN_FN: self.run_fn.__name__,
        }
        if self._command is not None:
            state[self.COMMAND] = self._command.save(save_context)
        return state

    def load_instance_state(self, saved_state: Any, load_context: Any) -> None:
        """Take over what :meth:`save` returned."""
        super().load_instance_state(saved_state, load_context)
        self.run_fn = getattr(self.process, saved_state[self.RUN_FN])
        if self.COMMAND in saved_state:
            self._command = cast('Any', Savable.load(saved_state[self.COMMAND], load_context))

    async def execute(self) -> process_states.State:  # type: ignore[override]
        """Run the function and return the state its result leads to."""
        command: Any = self._command
        if command is None:
            self._running = True
            try:
                runner = cast('Any', self.process).runner
                if runner.has_background and not iscoroutinefunction(self.run_fn):
                    command = await runner.background(self.run_fn, *self.args, **self.kwargs)
                else:
                    command = self.run_fn(*self.args, **self.kwargs)
                if isawaitable(command):
                    command = await command
            except Interruption:
                raise
            except Exception:
                return cast('process_states.State', self.create_state(ProcessState.EXCEPTED, *sys.exc_info()[1:]))
            finally:
                self._running = False
            if not isinstance(command, Command):
                if isinstance(command, UnsuccessfulResult):
                    command = Stop(command.result, False)
                else:
                    command = Stop(command, True)
        return self._action_command(command)


class Waiting(process_states.Waiting):
    """Waits to be resumed.

    A request to pause or kill and the news it waits for may come in any order, also both before the state can act: none
    of them is lost.
    """

    _missed: tuple[Any, ...] = ()

    def interrupt(self, reason: Any) -> None:
        """Stop waiting with ``reason``, unless it was resumed already: then the transition that follows obeys."""
        if not self._waiting_future.done():
            self._waiting_future.set_exception(reason)

    def resume(self, value: Any = NULL) -> None:
        """Go on with ``value``; if it is being interrupted, once it waits again."""
        if self._waiting_future.done():
            self._missed = (value,)
        else:
            self._waiting_future.set_result(value)

    async def execute(self) -> process_states.State:  # type: ignore[override]
        """Wait, and return the state that follows."""
        try:
            return await super().execute()
        except Interruption:
            if self._missed:
                self._waiting_future = asyncio.get_running_loop().create_future()
                self._waiting_future.set_result(self._missed[0])
            raise
