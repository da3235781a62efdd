"""Running what belongs to the user beside the loop, so that no process delays another, nor the answer to a kill."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
        self.busy[pid] += 1
        future = self._pool.submit(context.run, self._call, function, args, kwargs)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: self._done(loop, pid))
        waiting = asyncio.wrap_future(future)
        try:
            succeeded, result = await asyncio.shield(waiting)
        except asyncio.CancelledError:
            await asyncio.wait({waiting})
            raise
        if not succeeded:
            raise result
        return result

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

    def _done(self, loop: asyncio.AbstractEventLoop, pid: Any) -> None:
        def note() -> None:
            self.busy[pid] -= 1
            if not self.busy[pid]:
                del self.busy[pid]

        if not loop.is_closed():
            loop.call_soon_threadsafe(note)

    def close(self) -> None:
        """Take nothing on any more; what is at work is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
