"""A worker: a program that takes up the processes of a profile, as long as nobody stops it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiida.common.exceptions import StorageUnavailable
from aiida.common.log import configure_logging
from aiida.common.options import get_option_value
from aiida.engine.daemon.fingerprint import LoadedCode
from aiida.engine.daemon.memory import MEGABYTE, MemoryLimit, resident_memory
from aiida.engine.daemon.parent import REPLACED
from aiida.engine.daemon.reaching import open_when_reachable
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
#: Seconds between two looks at what was imported and how much memory is taken.
_LOOK = 1.0
#: Seconds between two switches of threads: a step that computes does not hold up the loop for long.
_SWITCH = 0.001
#: Threads for the transfers of jobs that wait, beside one for each slot: steps that block do not hold these up.
_TRANSFERS = 32


class Worker:
    """Takes up processes and runs them, until it is told to stop or has grown too large."""

    def __init__(
        self,
        runner: Runner,
        slots: int = 200,
        memory: MemoryLimit | None = None,
        ask_for_another: Callable[[], bool] = lambda: True,
        lease: float | None = None,
    ) -> None:
        """
        :param runner: who runs the processes; submitted ones are left to the workers by it.
        :param slots: how many processes may take steps at the same time.
        :param memory: how much memory it may take; ``None`` for no limit.
        :param ask_for_another: called in a thread when it takes more; lets another worker be started, and returns
            whether this one is to end.
        :param lease: for how many seconds it holds a process without saying so again; 30 for ``None``.
        """
        runner.become_worker(LEASE if lease is None else lease, slots + _TRANSFERS)
        self.runner = runner
        self.dispatcher = Dispatcher(runner, slots)
        #: Whether it has ended, or is about to, as it had grown too large.
        self.is_replaced = False
        self._memory = memory
        self._ask_for_another = ask_for_another
        self._code = LoadedCode()
        self._code.look()
        self._code_is_told = True
        self.heart = Heart(self._record(), lambda: runner.loop.call_soon_threadsafe(self.dispatcher.poke), lease)
        self._stopped: asyncio.Event = asyncio.Event()

    def _record(self) -> WorkerRecord:
        now = get_store().now()
        return WorkerRecord(
            id=self.runner.owner,
            host=socket.gethostname(),
            pid=os.getpid(),
            started=now,
            heartbeat=now,
            fingerprint=self._code.fingerprint(),
        )

    def stop(self) -> None:
        """Let :meth:`run` return soon."""
        self._stopped.set()
        self.dispatcher.stop()

    async def run(self, patience: float = _PATIENCE) -> None:
        """Take up processes until :meth:`stop`, and give back what is not terminated then.

        Of a worker that has grown too large the steps that are at work end, however long they last.

        :param patience: seconds in which the steps that are at work may end after :meth:`stop`.
        """
        store = get_store()
        try:
            store.register_worker(self.heart._worker)
        except StorageUnavailable as exception:  # the heart does so as soon as that is possible
            LOGGER.warning('worker %s cannot be announced at the moment: %s', self.runner.owner, exception)
        self.heart.start()
        loop = asyncio.get_running_loop()
        messages.take_tasks(lambda _: loop.call_soon_threadsafe(self.dispatcher.hear))
        serving = asyncio.create_task(self.dispatcher.serve())
        stopped = asyncio.create_task(self._stopped.wait())
        watching = asyncio.create_task(self._watch_itself())
        try:
            await asyncio.wait({serving, stopped, watching}, return_when=asyncio.FIRST_COMPLETED)
            for task in (serving, watching):
                if task.done():
                    task.result()
            if watching.done() and not stopped.done():
                await self._end_steps(stopped)
        finally:
            watching.cancel()
            stopped.cancel()
            messages.take_tasks(None)
            await self.dispatcher.leave(patience)
            serving.cancel()
            self.heart.stop()
            with contextlib.suppress(StorageUnavailable):
                store.remove_worker(self.runner.owner)

    async def _watch_itself(self) -> None:
        """Tell which code was loaded meanwhile, until this worker has grown too large and another one is started."""
        while True:
            await asyncio.sleep(_LOOK)
            self._tell_code()
            if self._memory is None or not self._memory.is_exceeded():
                continue
            self.is_replaced = await asyncio.to_thread(self._ask_for_another)
            if self.is_replaced:
                LOGGER.warning(
                    'worker %s has %d MB, the limit is %d MB: another one takes its place, this one ends the steps '
                    'that are at work',
                    self.runner.owner,
                    resident_memory() // MEGABYTE,
                    self._memory.bytes // MEGABYTE,
                )
                return

    def _tell_code(self) -> None:
        """Write what was loaded since, as soon as the store can be reached."""
        if self._code.look():
            self._code_is_told = False
        if self._code_is_told:
            return
        store, code = get_store(), self._code.fingerprint()
        with contextlib.suppress(StorageUnavailable):
            self.heart._worker = self.heart._worker._replace(heartbeat=store.now(), fingerprint=code)
            store.register_worker(self.heart._worker)
            self._code_is_told = True

    async def _end_steps(self, stopped: asyncio.Task[bool]) -> None:
        """Give everything back but the processes that are in the middle of a step, and wait for these steps.

        :param stopped: done when they are not to be waited for any more.
        """
        messages.take_tasks(None)
        leaving = asyncio.create_task(self.dispatcher.leave(math.inf))
        await asyncio.wait({leaving, stopped}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        await asyncio.wait({leaving})


def start_daemon_worker(foreground: bool = False, log_file: str | None = None, is_supervised: bool = False) -> None:
    """Run a worker for the profile that is loaded, until it gets SIGTERM or SIGINT, or has grown too large.

    :param foreground: whether it tells what it does on the terminal, instead of in ``log_file``.
    :param log_file: where it tells what it does.
    :param is_supervised: whether there is a supervisor that starts another one when this one has grown too large.
    """
    configure_logging(with_orm=True, daemon=not foreground and log_file is not None, daemon_log_file=log_file)
    sys.setswitchinterval(_SWITCH)
    runner = RUNNER.get()
    open_when_reachable(lambda: get_store().now())  # it may have gone away again
    slots = get_option_value('daemon.worker_process_slots', 200)
    worker = Worker(runner, slots, _memory_limit(), _ask_supervisor if is_supervised else lambda: True)

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
    os._exit(REPLACED if worker.is_replaced else 0)


def _memory_limit() -> MemoryLimit:
    memory = MemoryLimit(get_option_value('daemon.worker_memory_limit'))
    if memory.is_too_low:
        LOGGER.warning(
            'the option daemon.worker_memory_limit says less than the %d MB that a worker takes when it starts; %d MB '
            'is the limit of this one',
            memory.at_start // MEGABYTE,
            memory.bytes // MEGABYTE,
        )
    return memory


def _ask_supervisor() -> bool:
    """Return whether the supervisor of this worker lets it end, and starts another one at once."""
    from aiida.engine.daemon.client import get_daemon_client

    return get_daemon_client()._replace_worker(os.getpid())


def _told(worker: Worker, number: signal.Signals) -> Callable[[], None]:
    def told() -> None:
        LOGGER.info('worker %s got %s', worker.runner.owner, number.name)
        worker.stop()

    return told
