"""A worker in a thread of its own, for the profile of a test."""

from __future__ import annotations

import pathlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aiida.engine.daemon.worker import Worker
from aiida.manage.manager import get_manager

HERE = pathlib.Path(__file__).parent


class WorkerThread:
    """Runs workers of the loaded profile beside the test."""

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs
        self._thread: threading.Thread | None = None
        self.worker: Worker | None = None
        self.failure: BaseException | None = None
        #: Seconds that steps have to end when the worker is stopped.
        self.patience = 2.0

    def start(self) -> WorkerThread:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def _run(self, ready: threading.Event) -> None:
        try:
            runner = get_manager().create_runner(broker_submit=True)
            with runner:

                async def serve() -> None:
                    self.worker = Worker(runner, **self._kwargs)
                    ready.set()
                    await self.worker.run(self.patience)

                runner.loop.run_until_complete(serve())
        except BaseException as exception:
            self.failure = exception
            ready.set()

    def stop(self) -> None:
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.runner.loop.call_soon_threadsafe(worker.stop)
        if self._thread is not None:
            self._thread.join(20)
            assert not self._thread.is_alive()
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def worker(profile: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerThread]:
    """A worker that is not started yet."""
    monkeypatch.syspath_prepend(str(HERE))
    made = WorkerThread()
    yield made
    made.stop()


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Wait for something to become true."""

    def wait(condition: Callable[[], Any], seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, 'it did not come true in time'
            time.sleep(0.01)

    return wait
