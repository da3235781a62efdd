"""A worker: a program that takes up the processes of a profile, as long as nobody stops it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiida.common.exceptions import StorageUnavailable
from aiida.common.log import configure_logging
from aiida.common.options import get_option_value
from aiida.engine.runtime import messages
from aiida.engine.runtime.current import RUNNER
from aiida.engine.runtime.dispatching import Dispatcher
from aiida.engine.runtime.leases import LEASE, Heart
from aiida.orm.backend import get_store
from aiida.storage.records import WorkerRecord

if TYPE_CHECKING:
    from aiida.engine.runners import Runner

__all__ = ('Worker', 'start_daemon_worker')

LOGGER = logging.getLogger('aiida.engine.daemon.worker')

#: Seconds in which the steps that are at work may end when a worker is stopped.
_PATIENCE = 5.0
#: Seconds between two switches of threads: a step that computes does not hold up the loop for long.
_SWITCH = 0.001
#: Steps, parsers and transfers at the same time, however many slots there are.
_THREADS = 200


class Worker:
    """Takes up processes and runs them, until it is told to stop."""

    def __init__(self, runner: Runner, slots: int = 200, fingerprint: str = '') -> None:
        """
        :param runner: who runs the processes; submitted ones are left to the workers by it.
        :param slots: how many processes may take steps at the same time.
        :param fingerprint: says which code it has loaded.
        """
        runner.become_worker(LEASE, _THREADS)
        self.runner = runner
        self.dispatcher = Dispatcher(runner, slots)
        self.heart = Heart(self._record(fingerprint), lambda: runner.loop.call_soon_threadsafe(self.dispatcher.poke))
        self._stopped: asyncio.Event = asyncio.Event()

    def _record(self, fingerprint: str) -> WorkerRecord:
        now = time.time()
        return WorkerRecord(
            id=self.runner.owner,
            host=socket.gethostname(),
            pid=os.getpid(),
            started=now,
            heartbeat=now,
            fingerprint=fingerprint,
        )

    def stop(self) -> None:
        """Let :meth:`run` return soon."""
        self._stopped.set()
        self.dispatcher.stop()

    async def run(self, patience: float = _PATIENCE) -> None:
        """Take up processes until :meth:`stop`, and give back what is not terminated then.

        :param patience: seconds in which the steps that are at work may end.
        """
        store = get_store()
        store.register_worker(self.heart._worker)
        self.heart.start()
        loop = asyncio.get_running_loop()
        messages.take_tasks(lambda _: loop.call_soon_threadsafe(self.dispatcher.hear))
        serving = asyncio.create_task(self.dispatcher.serve())
        stopped = asyncio.create_task(self._stopped.wait())
        try:
            await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        finally:
            stopped.cancel()
            messages.take_tasks(None)
            await self.dispatcher.leave(patience)
            serving.cancel()
            self.heart.stop()
            with contextlib.suppress(StorageUnavailable):
                store.remove_worker(self.runner.owner)


def start_daemon_worker(foreground: bool = False, log_file: str | None = None) -> None:
    """Run a worker for the profile that is loaded, until it gets SIGTERM or SIGINT.

    :param foreground: whether it tells what it does on the terminal, instead of in ``log_file``.
    :param log_file: where it tells what it does.
    """
    from aiida.engine.daemon.fingerprint import current_fingerprint

    configure_logging(with_orm=True, daemon=not foreground and log_file is not None, daemon_log_file=log_file)
    sys.setswitchinterval(_SWITCH)
    runner = RUNNER.get()
    worker = Worker(runner, get_option_value('daemon.worker_process_slots', 200), current_fingerprint())

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _told(worker, number))
        LOGGER.info('worker %s is ready', runner.owner)
        await worker.run()

    runner.loop.run_until_complete(serve())
    LOGGER.info('worker %s has stopped', runner.owner)
    # steps that did not end in time go with the program; what they do is not written
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _told(worker: Worker, number: signal.Signals) -> Callable[[], None]:
    def told() -> None:
        LOGGER.info('worker %s got %s', worker.runner.owner, number.name)
        worker.stop()

    return told
