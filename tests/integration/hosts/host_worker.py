"""A worker with short leases, on a host whose clock may be wrong: LEASE SLOTS SECONDS-AHEAD."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time

lease, slots, ahead = float(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
true_time = time.time
time.time = lambda: true_time() + ahead  # type: ignore[assignment]

from aiida import load_profile  # noqa: E402
from aiida.engine.daemon.worker import Worker  # noqa: E402
from aiida.manage.manager import get_manager  # noqa: E402
from aiida.orm.backend import get_store  # noqa: E402

load_profile()
logging.basicConfig(stream=sys.stderr, level='WARNING', format='%(asctime)s %(name)s %(message)s', force=True)
worker = Worker(get_manager().create_daemon_runner(), slots, lease=lease)


async def serve() -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    working = asyncio.create_task(worker.run(patience=1.0))
    while not any(record.id == worker.runner.owner for record in get_store().list_workers()):
        await asyncio.sleep(0.01)
    print('ready', flush=True)
    await working


worker.runner.loop.run_until_complete(serve())
