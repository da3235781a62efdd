"""Ctrl-C wherever it comes."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
import weakref
from typing import Any

import pytest

from aiida.engine.runtime.interrupts import interruptible, uninterrupted


@pytest.fixture(autouse=True)
def no_garbage_of_others() -> None:
    """Coroutines that other tests have left are closed now, not while Ctrl-C is on its way."""
    gc.collect()


def wait() -> None:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        time.sleep(0.001)


def interrupt(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.001)


class Ending:
    def __del__(self) -> None:
        interrupt()


def test_an_interrupt_is_raised() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        interrupt()
        wait()


def test_an_interrupt_waits_for_a_transition() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interruptible():
        with uninterrupted():
            interrupt()
            done.append(1)
        done.append(2)
    assert done == [1]


def test_an_interrupt_in_a_finalizer_is_not_lost() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        Ending()
        wait()


def test_an_interrupt_in_a_weak_set_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Data(set):  # type: ignore[type-arg]
        def discard(self, item: Any) -> None:
            interrupt()
            super().discard(item)

    kept: Any = weakref.WeakSet()
    kept.data = Data()
    with pytest.raises(KeyboardInterrupt), interruptible():
        thing = type('Thing', (), {})()
        kept.add(thing)
        del thing
        wait()


def test_an_interrupt_that_a_failure_took_the_place_of_is_not_tried_again() -> None:
    """Ctrl-C between the closing of a file and the note that it was closed, as in `shutil.rmtree`."""
    from aiida.engine.utils import exponential_backoff_retry

    calls: list[int] = []

    async def clean_up() -> None:
        calls.append(1)
        descriptor = os.open(os.devnull, os.O_RDONLY)
        try:
            os.close(descriptor)
            raise KeyboardInterrupt
        finally:
            os.close(descriptor)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(exponential_backoff_retry(clean_up, initial_interval=0.01, max_attempts=3))
    assert len(calls) == 1
