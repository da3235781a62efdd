"""Workers that kill themselves at a chosen event: a program that forks one for each line it is told.

An event is the moment before or after a commit, or before or after something that has an effect outside: an upload, a
submission, a retrieval, a kill. A line holds the number of the event at which the worker kills itself, 0 for never. The
answer is a line with the status the worker ended with and the number of events it has seen.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import os
import signal
import sys
import threading
import time
from typing import Any

from aiida import load_profile
from aiida.engine.daemon import execmanager
from aiida.engine.daemon.worker import Worker
from aiida.engine.processes import control
from aiida.manage.manager import get_manager
from aiida.storage.postgres import connection as postgres
from aiida.storage.sqlite import connection as sqlite

_EFFECTS = ('upload_calculation', 'submit_calculation', 'retrieve_calculation', 'kill_calculation')
#: Seconds a worker has for what there is to do.
_LIMIT = 30.0


class Fault:
    """Counts events and kills the program at one of them."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.seen = 0

    def event(self) -> None:
        with self._lock:
            self.seen = next(self._numbers)
            if self.seen == self._at:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Any) -> Any:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.event()
            result = function(*args, **kwargs)
            self.event()
            return result

        return wrapped


def work(at: int, told: int) -> None:
    """Run a worker until nothing is left to do."""
    fault = Fault(at)
    load_profile()
    worker = Worker(get_manager().create_daemon_runner())
    for database in (sqlite.Database, postgres.Database):
        database._commit = fault.around(database._commit)  # type: ignore[method-assign]
    for name in _EFFECTS:
        setattr(execmanager, name, fault.around(getattr(execmanager, name)))

    async def run() -> int:
        working = asyncio.create_task(worker.run())
        end = time.monotonic() + _LIMIT
        while control.get_active_processes(project='id'):
            if time.monotonic() > end or working.done():
                for node in control.get_active_processes():
                    print(
                        node, node.process_state, node.process_status, node.backend.read_run(node.pk), file=sys.stderr
                    )
                return 1
            await asyncio.sleep(0.02)
        worker.stop()
        await working
        return 0

    status = worker.runner.loop.run_until_complete(run())
    os.write(told, str(fault.seen).encode())
    os._exit(status)


def main() -> None:
    for line in sys.stdin:
        hear, tell = os.pipe()
        child = os.fork()
        if child == 0:
            work(int(line), tell)
        os.close(tell)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), int(os.read(hear, 100) or 0), flush=True)
        os.close(hear)


if __name__ == '__main__':
    main()
