"""Hearing that somebody committed a change, without asking the server each time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container
from typing import Any

from aiida.common.exceptions import StorageUnavailable

__all__ = ('CHANNEL', 'NewsListener')

#: What programs of ours notify when they commit.
CHANNEL = 'nabucco'
#: Seconds between two questions to the server whether anybody else, who notifies nobody, committed something.
_ASK_EVERY = 1.0


class NewsListener:
    """Counts commits: at once those of programs that notify, within a second those of all others."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        """
        :param connect: makes a connection; one is made when the count is asked for first.
        """
        self._connect = connect
        self._lock = threading.Lock()
        self._connection: Any = None
        self._count = 0
        self._asked = 0.0
        self._snapshot: bytes | None = b''

    def count(self, ours: Container[int]) -> int:
        """Return a number that has grown when somebody committed, or may have.

        :param ours: the processes of the server that work for this program, whose own commits are counted elsewhere.
        :raises StorageUnavailable: if the server cannot be reached.
        """
        with self._lock:
            if self._connection is None:
                self._listen()
            try:
                self._hear(ours)
            except _errors() as error:
                self._drop()
                raise StorageUnavailable(f'the connection on which news are heard was lost: {error}') from error
            return self._count

    def _listen(self) -> None:
        connection = self._connect()
        connection.pgconn.exec_(f'LISTEN {CHANNEL}'.encode())
        self._connection = connection
        # what happened before is not heard
        self._count += 1
        self._asked = 0.0

    def _hear(self, ours: Container[int]) -> None:
        pgconn = self._connection.pgconn
        now = time.monotonic()
        if now - self._asked >= _ASK_EVERY:
            self._asked = now
            # moves with every commit and every rollback of the server
            result = pgconn.exec_(b'SELECT txid_current_snapshot()')
            snapshot = result.get_value(0, 0) if result.status == 2 else None
            if snapshot != self._snapshot:
                self._snapshot = snapshot
                self._count += 1
        else:
            pgconn.consume_input()
        while (news := pgconn.notifies()) is not None:
            if news.be_pid not in ours:
                self._count += 1
        if pgconn.status != 0:
            raise _errors()[0]('the server closed it')

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._count += 1
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Close the connection, if there is one."""
        with self._lock:
            self._drop()


def _errors() -> tuple[type[Exception], ...]:
    import psycopg

    return (psycopg.OperationalError, psycopg.Error)
