"""What is done in a storm to the services that its programs use."""

from __future__ import annotations

import asyncio
import pathlib
import random
import sqlite3
import subprocess
import time
from typing import Any

from aiida.manage.manager import get_manager
from rabbitmq_server import find_server

#: Who is connected to a server of PostgreSQL, but for who asks.
_OTHERS = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()'


class PostgresTrouble:
    """A server that goes away and comes back."""

    def __init__(self, server: Any, longest: float) -> None:
        """
        :param server: of the tests.
        :param longest: for how many seconds it is away at most.
        """
        self._server = server
        self._longest = longest

    def __call__(self, dice: random.Random) -> None:
        if dice.random() < 0.4:
            self._server.execute(_OTHERS)
            return
        self._server.stop(dice.choice(('fast', 'immediate')))
        time.sleep(dice.choice((0.0, 0.1 * self._longest, self._longest)))
        self._server.start()


class SqliteTrouble:
    """Another program that keeps the file locked."""

    def __init__(self, path: pathlib.Path, longest: float) -> None:
        """
        :param path: of the database.
        :param longest: for how many seconds it is locked at most.
        """
        self._path = path
        self._longest = longest

    def __call__(self, dice: random.Random) -> None:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            connection.execute('BEGIN EXCLUSIVE')
            time.sleep(dice.uniform(0.1, 1.0) * self._longest)
            connection.execute('ROLLBACK')
        finally:
            connection.close()


class RabbitmqTrouble:
    """A broker that is restarted, sends everybody away, or loses its queues."""

    def __init__(self, server: Any) -> None:
        """
        :param server: of the tests.
        """
        self._server = server

    def __call__(self, dice: random.Random) -> None:
        dice.choice((self._restart, self._send_away, self._delete_queues))()

    def _restart(self) -> None:
        self._server.stop()
        self._server.start()

    def _send_away(self) -> None:
        program = pathlib.Path(str(find_server())).with_name('rabbitmqctl')
        subprocess.run(
            [str(program), 'close_all_connections', 'out with you'],
            env=self._server._environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=True,
        )

    def _delete_queues(self) -> None:
        asyncio.run(self._delete_all())

    async def _delete_all(self) -> None:
        import aio_pika

        from aiida.brokers.rabbitmq import utils

        profile = get_manager().get_profile()
        assert profile is not None
        url = f'amqp://guest:guest@127.0.0.1:{self._server.port}'
        connection = await aio_pika.connect(url)
        async with connection:
            channel = await connection.channel()
            await channel.queue_delete(utils.get_task_queue_name(f'aiida-{profile.uuid}'))
