"""Running what belongs to the user beside the loop, so that no process delays another, nor the answer to a kill."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import plumpy.processes

from aiida.engine.runtime.current import use_runner

if TYPE_CHECKING:
    from aiida.engine.runners import Runner

__all__ = ('Background', 'beside')


async def beside(function: Callable[..., Any], *args: Any) -> Any:
    """Run a function of the process that is running beside the loop, if its runner does that."""
    runner: Runner | None = getattr(plumpy.processes.Process.current(), 'runner', None)
    return function(*args) if runner is None else await runner.background(function, *args)


class Background:
    """Threads for the steps, functions, parsers and transfers of the processes of one runner.

    Each thread launches what its step launches with a runner of its own.
    """

    def __init__(self, runner: Runner, threads: int) -> None:
        """
        :param runner: whose processes they work for.
        :param threads: how many may work at the same time.
        """
        self._runner = runner
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix='aiida-step')
        self._local = threading.local()
        #: How many functions are at work, by the pid of the process.
        self.busy: Counter[Any] = Counter()

    async def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a function of the process that is running, and return its result.

        It goes on to its end though who waits for it is cancelled, and is waited for all the same.
        """
        process = plumpy.processes.Process.current()
        pid = None if process is None else process.pid
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[tuple[bool, Any]] = loop.create_future()

        def ended(done: Future[tuple[bool, Any]]) -> None:
            # one message to the loop for all there is to say: each wakes it up
            with contextlib.suppress(RuntimeError):  # it was closed meanwhile
                loop.call_soon_threadsafe(self._note, pid, waiting, done)

        self.busy[pid] += 1
        self._pool.submit(context.run, self._call, function, args, kwargs).add_done_callback(ended)
        try:
            succeeded, result = await asyncio.shield(waiting)
        except asyncio.CancelledError:
            await asyncio.wait({waiting})
            raise
        if not succeeded:
            raise result
        return result

    def _note(self, pid: Any, waiting: asyncio.Future[tuple[bool, Any]], done: Future[tuple[bool, Any]]) -> None:
        """Say, in the loop, that a function has ended."""
        self.busy[pid] -= 1
        if not self.busy[pid]:
            del self.busy[pid]
        if waiting.done():
            return
        if done.cancelled():
            waiting.cancel()
        else:
            waiting.set_result(done.result())

    def _call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> tuple[bool, Any]:
        """Return whether a function returned, and what; some exceptions cannot be passed on by a future."""
        runner = getattr(self._local, 'runner', None)
        if runner is None:
            runner = self._local.runner = self._runner.sibling()
            runner.is_waited_for = True
        try:
            with use_runner(runner):
                return True, function(*args, **kwargs)
        except BaseException as exception:
            return False, exception

    def close(self) -> None:
        """Take nothing on any more; what is at work is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
