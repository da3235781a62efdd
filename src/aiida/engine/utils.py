"""Small things the engine is made of."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import plumpy.processes

from aiida.engine.runtime.interrupts import hides_interrupt
from aiida.engine.runtime.loops import loop_scope
from aiida.engine.runtime.timestamps import get_process_state_change_timestamp, set_process_state_change_timestamp

if TYPE_CHECKING:
    from aiida.engine.processes.builder import ProcessBuilder
    from aiida.engine.processes.process import Process
    from aiida.engine.runners import Runner

__all__ = (
    'InterruptableFuture',
    'get_process_state_change_timestamp',
    'interruptable_task',
    'is_process_function',
    'loop_scope',
    'set_process_state_change_timestamp',
)

LOGGER = logging.getLogger('aiida.engine.utils')


def prepare_inputs(inputs: dict[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
    """Return the inputs of a launch, given either as one dictionary or as keywords.

    :raises ValueError: if both are given.
    :raises TypeError: if ``inputs`` is no dictionary.
    """
    if inputs is not None and kwargs:
        raise ValueError('Cannot specify both `inputs` and `kwargs`: give one dictionary, or keywords')
    if inputs is not None and not isinstance(inputs, Mapping):
        raise TypeError(f'the inputs are given as a dictionary by name of port, not as {inputs!r}')
    if kwargs:
        return kwargs
    return dict(inputs) if inputs is not None else {}


def metadata_of(process: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata that a launch gives, those in a builder included.

    :param process: class, builder or instance.
    :param given: the inputs that are given beside it.
    """
    from aiida.engine.processes.builder import ProcessBuilder

    own = process.metadata if isinstance(process, ProcessBuilder) else {}
    return {**own, **(given.get('metadata') or {})}


def instantiate_process(runner: Runner, process: Process | type[Process] | ProcessBuilder, **inputs: Any) -> Process:
    """Return a process that is ready to be run.

    :param runner: who is to run it.
    :param process: a class, an instance (which takes no inputs), or a builder (whose inputs are added to).
    :param inputs: values by name of port.
    :raises ValueError: if it is none of these.
    :raises RuntimeError: if the runner was closed.
    """
    from aiida.engine.processes.builder import ProcessBuilder
    from aiida.engine.processes.process import Process

    if runner.is_closed():
        raise RuntimeError('this runner was closed and runs nothing any more: make a new one')
    if isinstance(process, Process):
        if inputs:
            raise ValueError('an instance of a process has its inputs already; give inputs with a class or builder')
        if process.runner is not runner:
            raise ValueError(f'{process} belongs to another runner: launch its class')
        return process
    if isinstance(process, ProcessBuilder):
        builder = process
        process_class = builder._process_class  # an input may have the name of the property
        inputs = {**builder._inputs(prune=True), **inputs}
    elif is_process_function(process):
        process_class = process.process_class  # type: ignore[attr-defined]
    elif inspect.isclass(process) and issubclass(process, Process):
        process_class = process
    else:
        raise ValueError(
            f'invalid process {type(process)}, needs to be Process or ProcessBuilder, not {process!r}; '
            'a function becomes a process with the decorator `calcfunction` or `workfunction`'
        )
    return process_class(runner=runner, inputs=inputs)


class InterruptableFuture(asyncio.Future):  # type: ignore[type-arg]
    """A future that can be made to fail from outside while something is waited for."""

    def interrupt(self, reason: Exception) -> None:
        """Let it fail with ``reason``."""
        self.set_exception(reason)

    async def with_interrupt(self, coro: Awaitable[Any]) -> Any:
        """Wait for ``coro`` and return its result, unless this is interrupted first.

        :raises Exception: what it was interrupted with.
        """
        task = asyncio.ensure_future(coro)
        waited: set[asyncio.Future[Any]] = {task, self}
        while True:
            done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if self in done:
                error = self.exception()
                if error is not None:
                    task.cancel()
                    raise error
                waited = {task}
            if task in done:
                return task.result()


def interruptable_task(
    coro: Callable[[InterruptableFuture], Awaitable[Any]], loop: asyncio.AbstractEventLoop | None = None
) -> InterruptableFuture:
    """Run a coroutine function as a task that can be interrupted.

    :param coro: called with the future that is returned.
    :param loop: the loop to run it in, the current one for ``None``.
    """
    loop = loop if loop is not None else asyncio.get_event_loop()
    future = InterruptableFuture(loop=loop)

    async def execute() -> None:
        try:
            result = await coro(future)
        except asyncio.CancelledError:
            if not future.done():
                future.cancel()
            raise
        except (Exception, KeyboardInterrupt) as exception:
            if not future.done():
                future.set_exception(exception)
            elif exception is not future.exception():
                LOGGER.warning('interrupted task failed with %r', exception)
            if isinstance(exception, KeyboardInterrupt):
                raise
        else:
            if not future.done():
                future.set_result(result)

    task = loop.create_task(execute())
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # Ctrl-C was told already
    future._task = task  # type: ignore[attr-defined]  # a task that nothing refers to may be collected
    return future


def ensure_coroutine(fct: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """Return a coroutine function that does what a function does; one that is one already is returned unchanged."""
    if inspect.iscoroutinefunction(fct):
        return fct

    @functools.wraps(fct)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return fct(*args, **kwargs)

    return wrapper


async def exponential_backoff_retry(
    fct: Callable[..., Any],
    initial_interval: int | float = 10.0,
    max_attempts: int = 5,
    logger: logging.Logger | None = None,
    ignore_exceptions: None | type[BaseException] | tuple[type[BaseException], ...] = None,
    on_retry: Callable[[int, float, Exception], object] | None = None,
) -> Any:
    """Call a function or coroutine function until it succeeds, waiting twice as long after each failure.

    :param initial_interval: seconds to wait after the first failure.
    :param max_attempts: how often it is called at most.
    :param logger: where failures are told.
    :param ignore_exceptions: what is passed on at once.
    :param on_retry: called before each wait, with the number of the next attempt, the seconds until then, and why.
    :raises Exception: what the last call raised.
    :raises KeyboardInterrupt: if the failure hides one.
    """
    logger = logger if logger is not None else LOGGER
    call = ensure_coroutine(fct)
    interval = initial_interval
    for attempt in range(1, max_attempts + 1):
        try:
            return await call()
        except Exception as exception:
            if hides_interrupt(exception):
                raise KeyboardInterrupt from exception
            if ignore_exceptions is not None and isinstance(exception, ignore_exceptions):
                raise
            name = getattr(fct, '__name__', repr(fct))
            if attempt == max_attempts:
                logger.warning('%s failed %d times, the last time with %r', name, attempt, exception)
                raise
            logger.warning('attempt %d of %s failed, next in %s seconds: %r', attempt, name, interval, exception)
            if on_retry is not None:
                on_retry(attempt + 1, interval, exception)
            await asyncio.sleep(interval)
            interval *= 2
    raise ValueError('max_attempts must be at least 1')


def is_process_function(function: Any) -> bool:
    """Return whether a function is a calcfunction or workfunction."""
    return bool(getattr(function, 'is_process_function', False))


def is_process_scoped() -> bool:
    """Return whether the calling code is run by a process."""
    return plumpy.processes.Process.current() is not None
