"""Connections to one database, one per thread, and the transactions that run on them."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

from aiida.common.exceptions import ClosedStorage, InvalidOperation, StorageUnavailable
from aiida.storage.shared.transactions import Transaction, call_all, not_passed_on
from aiida.storage.sqlite.errors import is_busy, translate

__all__ = ('BUSY_LIMIT', 'Database')

Parameters = Sequence[Any] | Mapping[str, Any]
Row = tuple[Any, ...]

#: How long a lock of another program is waited for, in seconds. A transaction of ours takes milliseconds; half a minute
#: is a machine that swaps or a network drive that hangs, a minute is a program that was stopped while it held the lock.
BUSY_LIMIT = 60.0
_FIRST_SLEEP = 0.0001
_LONGEST_SLEEP = 0.02
_CACHED_STATEMENTS = 256
#: After how many pages (4 KiB) the log is written back into the file, which costs two syncs; a stored node is 15 pages,
#: and SQLite's own 1000 would spend half of the time of storing nodes on syncs.
_CHECKPOINT_PAGES = 4000
#: To how many bytes the log is cut after a transaction that made it larger, such as an import.
_LOG_SIZE = 64 * 1024 * 1024


class _Session:
    """What one thread has open: a connection and perhaps a transaction."""

    __slots__ = ('__weakref__', 'closing', 'connection', 'depth', 'failure', 'on_commit', 'on_rollback', 'thread')

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        # a thread's session is dropped when the thread ends, and its connection with it
        self.closing = weakref.finalize(self, connection.close)
        self.depth = 0
        self.thread = 0  # who has the transaction open
        self.failure: BaseException | None = None
        self.on_commit: list[Callable[[], Any]] = []
        self.on_rollback: list[Callable[[], Any]] = []


class Database:
    """One SQLite database as several threads see it.

    A file has one connection per thread; a database in memory has a single one, which the threads take in turn, for a
    whole transaction at a time.
    """

    def __init__(
        self,
        path: Path | None,
        synchronous: str = 'NORMAL',
        busy_limit: float = BUSY_LIMIT,
        create: bool = False,
    ) -> None:
        """
        :param path: the file; ``None`` for a database in memory.
        :param synchronous: ``NORMAL`` survives any crash of a program, ``FULL`` also keeps the last commits in
            a power cut.
        :param busy_limit: how long to wait for a lock, in seconds.
        :param create: whether to make the file when it is absent.
        """
        if sqlite3.sqlite_version_info < (3, 35):
            raise StorageUnavailable(f'SQLite 3.35 or newer is needed, this Python has {sqlite3.sqlite_version}')
        if synchronous.upper() not in ('NORMAL', 'FULL', 'EXTRA', 'OFF'):
            raise ValueError(f'`{synchronous}` is no level of synchronous: use NORMAL or FULL')
        self.path = path
        self.place = f'the database {path}' if path else 'the database in memory'
        self._synchronous = synchronous.upper()
        self._busy_limit = busy_limit
        #: Whether nothing can be written: the file, or the folder in which its log is kept, may only be read.
        self.read_only = path is not None and not create and not _is_writable(path)
        self._mode = 'rwc' if create else 'ro' if self.read_only else 'rw'
        self._closed = False
        self._transaction = Transaction(self)
        self._reset_sessions()
        if path is None:
            self._shared: _Session | None = _Session(self._connect())
            self._guard: AbstractContextManager[Any] = self._lock
        else:
            self._shared = None
            self._guard = nullcontext()
        _ALIVE.add(self)

    def _reset_sessions(self) -> None:
        self._lock = threading.RLock()
        # threads of one program queue for the right to write; without it they would have to ask again and again
        self._writing: AbstractContextManager[Any] = self._lock if self.path is None else threading.RLock()
        self._local = threading.local()
        self._sessions: weakref.WeakSet[_Session] = weakref.WeakSet()
        self._watcher: sqlite3.Connection | None = None
        self._commits = 0

    # connections

    def _connect(self) -> sqlite3.Connection:
        try:
            return self._open(self._mode)
        except sqlite3.Error as error:
            if self.read_only and not self._has_log():
                # the memory that programs share about the log cannot be made here; without a log there is no need of it
                with suppress(sqlite3.Error):
                    return self._open('ro&immutable=1')
            raise translate(error, self.place) from error

    def _has_log(self) -> bool:
        assert self.path is not None
        log = self.path.with_name(f'{self.path.name}-wal')
        return log.exists() and log.stat().st_size > 0

    def _open(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            # a file that was deleted meanwhile is not to be made anew, empty
            ':memory:' if self.path is None else f'{self.path.absolute().as_uri()}?mode={mode}',
            uri=True,
            timeout=0,  # waiting is done in `_patiently`, with shorter sleeps than SQLite's own
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_CACHED_STATEMENTS,
        )
        try:
            self._set_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        for pragma in (
            f'synchronous = {self._synchronous}',
            'foreign_keys = ON',
            'temp_store = MEMORY',
            'cache_size = -8000',
            f'wal_autocheckpoint = {_CHECKPOINT_PAGES}',
            f'journal_size_limit = {_LOG_SIZE}',
        ):
            self._patiently(connection.execute, f'PRAGMA {pragma}')
        if self.read_only:
            # reading anything tells whether reading is possible at all
            self._patiently(connection.execute, 'SELECT count(*) FROM sqlite_master').fetchone()
        elif self._patiently(connection.execute, 'PRAGMA journal_mode').fetchone()[0] == 'delete':
            # another program that reads the file all the time keeps it from being converted: it works without, slower
            with suppress(sqlite3.OperationalError):
                self._patiently(connection.execute, 'PRAGMA journal_mode = WAL', limit=min(2.0, self._busy_limit))

    def _session(self) -> _Session:
        if self._closed:
            raise ClosedStorage(f'{self.place} was closed')
        if self._shared is not None:
            return self._shared
        try:
            session: _Session = self._local.session
        except AttributeError:
            session = _Session(self._connect())
            self._local.session = session
            with self._lock:
                self._sessions.add(session)
        return session

    def _patiently(self, action: Callable[..., Any], *arguments: Any, limit: float | None = None) -> Any:
        """Call ``action`` until no lock is in its way."""
        limit = self._busy_limit if limit is None else limit
        deadline: float | None = None
        sleep = _FIRST_SLEEP
        while True:
            try:
                return action(*arguments)
            except sqlite3.OperationalError as error:
                now = time.monotonic()
                deadline = now + limit if deadline is None else deadline
                if not is_busy(error) or now > deadline:
                    raise
            time.sleep(sleep * random.uniform(0.5, 1.0))
            sleep = min(sleep * 1.5, _LONGEST_SLEEP)

    def close(self) -> None:
        """Close the connections of all threads."""
        if self._closed:
            return
        self._closed = True
        with self._lock:
            sessions = [*self._sessions, *filter(None, [self._shared])]
        for session in sessions:
            session.closing()
        if self._watcher is not None:
            self._watcher.close()
        _ALIVE.discard(self)

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def forget_sessions(self) -> None:
        """Start anew in a forked child: connections must not cross a fork, nor be closed by the child."""
        for session in self._sessions:
            session.closing.detach()
        _LEFT_OPEN.extend([self._local, self._watcher])
        self._reset_sessions()

    # statements

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run a statement and return its rows."""
        with self._guard:
            try:
                return self._session().connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as error:
                return self._again(error, sql, parameters)

    def _again(self, error: sqlite3.Error, sql: str, parameters: Parameters) -> list[Row]:
        """Run a statement that failed once more, if it failed for a lock only."""
        if not is_busy(error):
            raise translate(error, self.place) from error
        connection = self._session().connection
        try:
            rows: list[Row] = self._patiently(lambda: connection.execute(sql, parameters).fetchall())
        except sqlite3.Error as later:
            raise translate(later, self.place) from later
        return rows

    def insert(self, sql: str, parameters: Parameters) -> int:
        """Run a statement that inserts one row and return the row's id; only inside of a transaction."""
        try:
            return self._session().connection.execute(sql, parameters).lastrowid or 0
        except sqlite3.Error as error:
            raise translate(error, self.place) from error

    def change(self, sql: str, parameters: Parameters) -> int:
        """Run a statement and return how many rows it changed; only inside of a transaction."""
        try:
            return self._session().connection.execute(sql, parameters).rowcount
        except sqlite3.Error as error:
            raise translate(error, self.place) from error

    def execute_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run a statement once for each of ``rows``; only inside of a transaction."""
        try:
            self._session().connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise translate(error, self.place) from error

    def stream(self, sql: str, parameters: Parameters, batch_size: int) -> Iterator[Row]:
        """Yield the rows of a statement, fetched ``batch_size`` at a time, as they were when the first one was fetched.

        It has a connection of its own: a statement that is half read would hold the thread's connection in the past,
        where it may not write.
        """
        if self.path is None or self.in_transaction:
            yield from self.execute(sql, parameters)
            return
        if self._closed:
            raise ClosedStorage(f'{self.place} was closed')
        connection = self._connect()
        try:
            cursor = self._patiently(connection.execute, sql, parameters)
            while rows := cursor.fetchmany(batch_size):
                yield from rows
        except sqlite3.Error as error:
            raise translate(error, self.place) from error
        finally:
            connection.close()

    def run_script(self, script: str) -> None:
        """Run several statements in the open transaction."""
        connection = self._session().connection
        statement = ''
        try:
            for line in script.splitlines(keepends=True):
                statement += line
                if line.rstrip().endswith(';') and sqlite3.complete_statement(statement):
                    connection.execute(statement)
                    statement = ''
        except sqlite3.Error as error:
            raise translate(error, self.place) from error

    def now(self) -> float:
        """Return the time, in seconds since the epoch: all who use the file are on this host."""
        return time.time()

    def change_counter(self) -> int:
        """Return another number after any connection committed a change."""
        if self.path is None:
            return self._commits
        if self._closed:
            raise ClosedStorage(f'{self.place} was closed')
        with self._lock:
            # a connection that never writes sees the commits of all others, those of this program included
            if self._watcher is None:
                self._watcher = self._connect()
            try:
                version: int = self._patiently(self._watcher.execute, 'PRAGMA data_version').fetchone()[0]
            except sqlite3.Error as error:
                raise translate(error, self.place) from error
        return version

    # transactions

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has a transaction open."""
        if self._shared is None:
            session = getattr(self._local, 'session', None)
            return session is not None and session.depth > 0
        return self._shared.depth > 0 and self._shared.thread == threading.get_ident()

    def transaction(self) -> AbstractContextManager[None]:
        """Open a write transaction, or join the one this thread has open; an exception rolls back the whole of it."""
        return self._transaction

    def begin(self) -> None:
        """Enter a transaction.

        :raises InvalidOperation: if the database may only be read.
        """
        if self.read_only:
            raise InvalidOperation(f'{self.place} is read-only: it can be looked at, but nothing be stored or changed')
        self._writing.__enter__()
        try:
            session = self._session()
            if session.depth == 0:
                self._begin_immediate(session.connection)
                session.thread = threading.get_ident()
            session.depth += 1
        except BaseException:
            self._writing.__exit__(None, None, None)
            raise

    def _begin_immediate(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute('BEGIN IMMEDIATE')
        except sqlite3.Error as error:
            if connection.in_transaction:
                # an interrupt of the user hit between a statement and what was to follow it
                connection.execute('ROLLBACK')
            elif not is_busy(error):
                raise translate(error, self.place) from error
            try:
                self._patiently(connection.execute, 'BEGIN IMMEDIATE')
            except sqlite3.Error as later:
                raise translate(later, self.place) from later

    def end(self, error: BaseException | None) -> None:
        """Leave a transaction; the outermost one is committed, or rolled back if an exception left it or one inside."""
        try:
            session = self._session_to_end()
            if session is None:
                return
            session.depth -= 1
            if error is not None:
                session.failure = session.failure or error
            if session.depth > 0:
                return
            if session.failure is None:
                self._commit(session)
            else:
                swallowed = session.failure if error is None else None
                self._roll_back(session)
                if swallowed is not None:
                    raise not_passed_on(swallowed) from swallowed
        finally:
            self._writing.__exit__(None, None, None)

    def _session_to_end(self) -> _Session | None:
        if self._closed:
            # closing the connection rolled back what was open
            return None
        return self._shared if self._shared is not None else getattr(self._local, 'session', None)

    def _commit(self, session: _Session) -> None:
        try:
            self._patiently(session.connection.execute, 'COMMIT')
        except sqlite3.Error as error:
            self._roll_back(session)
            raise translate(error, self.place) from error
        self._commits += 1
        actions = session.on_commit
        if actions or session.on_rollback:
            session.on_commit, session.on_rollback = [], []
            call_all(actions)

    def _roll_back(self, session: _Session) -> None:
        session.failure = None
        try:
            # SQLite rolls back by itself when the disk is full or an I/O error occurs
            if session.connection.in_transaction:
                session.connection.execute('ROLLBACK')
        except sqlite3.Error as error:
            raise translate(error, self.place) from error
        finally:
            actions = session.on_rollback
            session.on_commit, session.on_rollback = [], []
            call_all(reversed(actions))

    def on_commit(self, action: Callable[[], Any]) -> None:
        """Call ``action()`` after the commit of the open transaction, at once if there is none."""
        if self.in_transaction:
            self._session().on_commit.append(action)
        else:
            action()

    def on_rollback(self, action: Callable[[], Any]) -> None:
        """Call ``action()`` after the rollback of the open transaction; no-op when there is none."""
        if self.in_transaction:
            self._session().on_rollback.append(action)


def _is_writable(path: Path) -> bool:
    """Return whether a file and its folder may be written to; one that is absent is for SQLite to complain of."""
    return not path.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


_ALIVE: weakref.WeakSet[Database] = weakref.WeakSet()
_LEFT_OPEN: list[Any] = []


def _forget_after_fork() -> None:
    for database in list(_ALIVE):
        if database.path is not None:
            database.forget_sessions()


os.register_at_fork(after_in_child=_forget_after_fork)
