"""The event loop that connections live on: a thread of its own, so that nobody who is busy keeps them from living.

A connection answers to signs of life while a process computes, and outlives the event loop of whoever opened it.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ('close_loop', 'loop_is_running', 'on_ssh_loop', 'wait_on_ssh_loop')

T = TypeVar('T')

_lock = threading.Lock()
#: The process that made the loop, as threads do not survive a fork; the loop; its thread.
_current: tuple[int, asyncio.AbstractEventLoop, threading.Thread] | None = None


def _loop() -> asyncio.AbstractEventLoop:
    """Return the loop of this process, running."""
    global _current
    with _lock:
        if _current is None or _current[0] != os.getpid():
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=loop.run_forever, name='aiida-ssh', daemon=True)
            thread.start()
            _current = (os.getpid(), loop, thread)
        return _current[1]


def loop_is_running() -> bool:
    """Return whether anything was run on the loop in this process."""
    return _current is not None and _current[0] == os.getpid()


async def on_ssh_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the loop of connections and return its result; who is cancelled cancels it."""
    loop = _loop()
    if asyncio.get_running_loop() is loop:
        return await coroutine
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, loop))


def wait_on_ssh_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the loop of connections and hold the calling thread until it is done."""
    future = asyncio.run_coroutine_threadsafe(coroutine, _loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def close_loop() -> None:
    """End the loop and its thread; what needs one later gets another."""
    global _current
    with _lock:
        if _current is None or _current[0] != os.getpid():
            _current = None
            return
        _, loop, thread = _current
        _current = None
    loop.call_soon_threadsafe(loop.stop)
    thread.join(2)
    if not thread.is_alive():
        loop.close()
