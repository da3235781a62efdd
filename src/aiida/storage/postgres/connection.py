"""Connections to one database of a server, one per thread, and the transactions that run on them."""

from __future__ import annotations

import itertools
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

from aiida.common.exceptions import ClosedStorage, ConfigurationError, InternalError, StorageUnavailable
from aiida.storage.postgres.clock import ServerClock
from aiida.storage.postgres.errors import is_disconnection, translate, unreachable
from aiida.storage.postgres.news import CHANNEL, NewsListener
from aiida.storage.postgres.wire import Parameters, Row, Statement, encode, encode_all, many_rows, marked, read_rows
from aiida.storage.shared.transactions import Transaction, call_all, not_passed_on

__all__ = ('Database', 'connect')

#: How long a lock of another program is waited for, in seconds.
LOCK_LIMIT = 60
#: After how many seconds the server ends a transaction in which nothing happens: its program was stopped, or its
#: machine is gone, and others wait for its locks.
IDLE_LIMIT = 300
#: How long to ask a server that went away whether it committed, in seconds.
SETTLE_LIMIT = 20.0
_SETTLE_SLEEP = 0.1
_MANY = 200
_PREPARED = 512
_IDLE = 0  # of libpq's states of a transaction
#: A server may be told to answer before a commit is on the disk; the claim that a crash takes back is given twice then.
_SET_UP = f"""
SET timezone TO 'UTC'; SET datestyle TO 'ISO'; SET client_encoding TO 'UTF8'; SET jit TO off;
SET default_transaction_isolation TO 'read committed'; SET lock_timeout TO '{LOCK_LIMIT}s';
SET idle_in_transaction_session_timeout TO '{IDLE_LIMIT}s'; SET extra_float_digits TO 1;
SET bytea_output TO 'hex'; SET standard_conforming_strings TO on; SET client_min_messages TO error;
SET tcp_keepalives_idle TO 30; SET tcp_keepalives_interval TO 10; SET tcp_keepalives_count TO 3;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
#: What the client asks of the network: a machine that fell silent is given up after half a minute.
_NETWORK = {
    'connect_timeout': 10,
    'keepalives': 1,
    'keepalives_idle': 30,
    'keepalives_interval': 10,
    'keepalives_count': 3,
    'tcp_user_timeout': 30_000,
}


def connect(options: Mapping[str, Any], place: str) -> Any:
    """Return a connection of the driver that is set up as the store needs it.

    :param options: of libpq.
    :param place: what the database is, for messages.
    :raises ConfigurationError: if the driver is not installed.
    :raises StorageUnavailable: if the server cannot be reached or refuses us.
    """
    try:
        import psycopg
    except ImportError as error:
        raise ConfigurationError(
            'profiles in PostgreSQL need its driver: install it with `pip install "nabucco[postgres]"`'
        ) from error
    try:
        connection = psycopg.connect(
            autocommit=True,
            cursor_factory=psycopg.RawCursor,
            application_name='nabucco',
            **{**_NETWORK, **options},
        )
        _checked(connection.pgconn.exec_(_SET_UP.encode()), place)
    except psycopg.Error as error:
        raise unreachable(str(error), place) from error
    return connection


def _checked(result: Any, place: str) -> Any:
    """Return a result that is none of an error.

    :raises Exception: what the error means.
    """
    # 1 and 2 of libpq's states: a command went well, or gave rows
    if result.status in (1, 2):
        return result
    state, message = _fault(result)
    raise translate(state, message, place)


def _fault(result: Any) -> tuple[str | None, str]:
    """Return the SQLSTATE and the message of a result, with what the server adds to it."""
    state = result.error_field(ord('C'))
    message = result.error_field(ord('M')) or result.error_message or b'no reason was given'
    detail = result.error_field(ord('D'))
    text = message.decode('utf-8', 'replace')
    if detail:
        text = f'{text}: {detail.decode("utf-8", "replace")}'
    return (None if state is None else state.decode()), text


class _Session:
    """What one thread has open: a connection and perhaps a transaction."""

    __slots__ = (
        '__weakref__',
        'began',
        'closing',
        'connection',
        'depth',
        'failure',
        'leftovers',
        'lock',
        'on_commit',
        'on_rollback',
        'pgconn',
        'prepared',
        'transaction_id',
    )

    def __init__(self, connection: Any) -> None:
        # held while libpq works, which does not bear to be closed meanwhile
        self.lock = threading.Lock()
        self.depth = 0
        self.failure: BaseException | None = None
        self.on_commit: list[Callable[[], Any]] = []
        self.on_rollback: list[Callable[[], Any]] = []
        self.transaction_id = b''
        self.began = 0.0
        self.use(connection)

    def use(self, connection: Any) -> None:
        """Go on with this connection."""
        self.connection = connection
        self.pgconn = connection.pgconn
        self.prepared: dict[bytes, bytes] = {}
        self.leftovers: list[str] = []
        # a thread's session is dropped when the thread ends, and its connection with it
        self.closing = weakref.finalize(self, connection.close)

    @property
    def is_broken(self) -> bool:
        """Whether the connection cannot be used any more."""
        return bool(self.pgconn.status != 0)


class Database:
    """One database of PostgreSQL as several threads see it, each through a connection of its own."""

    def __init__(self, options: Mapping[str, Any], place: str) -> None:
        """
        :param options: of libpq: ``host``, ``port``, ``user``, ``password``, ``dbname``.
        :param place: what the database is, for messages.
        """
        self.options = dict(options)
        self.place = place
        self._closed = False
        self._clock = ServerClock(lambda: float(self.execute(_TIME)[0][0]))
        self._transaction = Transaction(self)
        self._reset_sessions()
        _ALIVE.add(self)

    def _reset_sessions(self) -> None:
        self._lock = threading.RLock()
        self._local = threading.local()
        self._sessions: weakref.WeakSet[_Session] = weakref.WeakSet()
        self._news = NewsListener(self._connect)
        self._commits = 0
        self._served_by: set[int] = set()

    # connections

    def _connect(self) -> Any:
        return connect(self.options, self.place)

    def _connect_thread(self) -> Any:
        connection = self._connect()
        self._served_by.add(connection.pgconn.backend_pid)
        return connection

    def _session(self) -> _Session:
        """Return what the thread has open, connected."""
        if self._closed:
            raise ClosedStorage(f'{self.place} was closed')
        try:
            session: _Session = self._local.session
        except AttributeError:
            session = _Session(self._connect_thread())
            self._local.session = session
            with self._lock:
                self._sessions.add(session)
            return session
        if session.depth == 0:
            self._refresh(session)
        return session

    def _refresh(self, session: _Session) -> None:
        """Connect anew if the connection broke, and clear away what was left on it; outside of transactions only."""
        if session.is_broken:
            session.closing()
            session.use(self._connect_thread())
        elif session.pgconn.transaction_status != _IDLE:
            # an interrupt of the user hit between a statement and what was to follow it
            self._simple(session, b'ROLLBACK')
        while session.leftovers:
            with suppress(RuntimeError):
                self._simple(session, f'CLOSE {session.leftovers.pop()}'.encode())

    def close(self) -> None:
        """Close the connections of all threads."""
        if self._closed:
            return
        self._closed = True
        with self._lock:
            sessions = list(self._sessions)
        for session in sessions:
            # a statement that runs in another thread is given time to end, and is left to its thread if it does not
            if session.lock.acquire(timeout=5):
                try:
                    session.closing()
                finally:
                    session.lock.release()
        self._news.close()
        _ALIVE.discard(self)

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def forget_sessions(self) -> None:
        """Start anew in a forked child: connections must not cross a fork, nor be closed by the child."""
        for session in self._sessions:
            session.closing.detach()
        _LEFT_OPEN.extend([self._local, self._news, list(self._sessions)])
        self._reset_sessions()

    # statements

    def _simple(self, session: _Session, sql: bytes) -> Any:
        """Run statements without parameters and return the result of the last one."""
        with session.lock:
            return self._call(session, session.pgconn.exec_, sql)

    def _call(self, session: _Session, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of libpq and return its result.

        :raises Exception: what the error of the server, or of the connection, means.
        """
        try:
            result = function(*arguments)
        except Exception as error:
            if not isinstance(error, (MemoryError, *_driver_errors())):
                raise
            raise self._lost(session, str(error) or 'it is not there any more') from error
        if result.status in (1, 2):
            return result
        state, message = _fault(result)
        if is_disconnection(state) or session.is_broken:
            raise self._lost(session, message)
        raise translate(state, message, self.place)

    def _lost(self, session: _Session, message: str) -> Exception:
        if self._closed:
            return ClosedStorage(f'{self.place} was closed')
        session.pgconn.finish()
        return translate(None, message, self.place)

    def _prepared(self, session: _Session, statement: Statement, values: list[bytes | None]) -> Any:
        """Run a statement of ours, which the server parses once per connection."""
        name = session.prepared.get(statement.sql)
        with session.lock:
            if name is None:
                if len(session.prepared) >= _PREPARED:
                    return self._call(session, session.pgconn.exec_params, statement.sql, values)
                name = b'n%d' % len(session.prepared)
                self._call(session, session.pgconn.prepare, name, statement.sql)
                session.prepared[statement.sql] = name
            return self._call(session, session.pgconn.exec_prepared, name, values)

    def _run(self, sql: str, parameters: Parameters) -> Any:
        statement = marked(sql)
        values = encode_all(statement, parameters)
        session = self._session()
        try:
            return self._prepared(session, statement, values)
        except StorageUnavailable:
            if session.depth or not session.is_broken:
                raise
        # the server was restarted since the last statement of this thread: nothing of that statement was done there
        return self._prepared(self._session(), statement, values)

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run a statement and return its rows."""
        return read_rows(self._run(sql, parameters))

    def insert(self, sql: str, parameters: Parameters) -> int:
        """Run a statement that inserts one row and return the row's id; only inside of a transaction."""
        ((number,),) = read_rows(self._run(sql if 'RETURNING' in sql else f'{sql} RETURNING id', parameters))
        return int(number)

    def change(self, sql: str, parameters: Parameters) -> int:
        """Run a statement and return how many rows it changed; only inside of a transaction."""
        return int(self._run(sql, parameters).command_tuples or 0)

    def execute_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run an ``INSERT`` of one row once for each of ``rows``; only inside of a transaction."""
        remaining = iter(rows)
        while batch := list(itertools.islice(remaining, _MANY)):
            if len(batch) == 1:
                self._run(sql, batch[0])
                continue
            statement = marked(many_rows(sql, len(batch)))
            values = [encode(value) for row in batch for value in row]
            session = self._session()
            with session.lock:
                self._call(session, session.pgconn.exec_params, statement.sql, values)

    def query(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run a statement that may take long and return its rows; Ctrl-C ends it.

        :param sql: with the server's own marks.
        :raises ValueError: if the server refuses the statement.
        """
        return read_rows(self._ask(sql, parameters).pgresult)

    def _ask(self, sql: str, parameters: Parameters) -> Any:
        """Run a statement on a cursor of the driver, a second time if the connection had been lost before."""
        session = self._session()
        try:
            return self._cursor(session, sql, parameters)
        except StorageUnavailable:
            if session.depth or not session.is_broken:
                raise
        return self._cursor(self._session(), sql, parameters)

    def _cursor(self, session: _Session, sql: str, parameters: Parameters) -> Any:
        cursor = session.connection.cursor()
        values = [None if value is None else value.decode() for value in map(encode, parameters)]
        try:
            with session.lock:
                cursor.execute(sql, values)
        except _driver_errors() as error:
            state = getattr(error, 'sqlstate', None)
            if is_disconnection(state) or session.is_broken:
                raise self._lost(session, str(error)) from error
            if state is not None and state[:2] in ('22', '42'):
                reason = ' '.join(str(error).split('LINE ')[0].split())
                raise ValueError(f'PostgreSQL refuses the query: {reason}') from error
            raise translate(state, str(error), self.place) from error
        return cursor

    def stream(self, sql: str, parameters: Parameters, batch_size: int) -> Iterator[Row]:
        """Yield the rows of a statement, fetched ``batch_size`` at a time, as they were when the first one was fetched.

        The server keeps the rows until all are fetched; no transaction is open meanwhile.
        """
        if self.in_transaction:
            yield from self.query(sql, parameters)
            return
        name = f'stream_{next(_NUMBERS)}'
        self._ask(f'DECLARE {name} NO SCROLL CURSOR WITH HOLD FOR {sql}', parameters)
        session = self._session()
        pgconn = session.pgconn
        try:
            while rows := self._fetch(session, pgconn, name, batch_size):
                yield from rows
        finally:
            if session.pgconn is pgconn:
                # this may be the garbage collector, amidst of a statement: the next one closes it
                session.leftovers.append(name)

    def _fetch(self, session: _Session, pgconn: Any, name: str, batch_size: int) -> list[Row]:
        if self._closed:
            raise ClosedStorage(f'{self.place} was closed')
        if session.pgconn is not pgconn:
            raise StorageUnavailable(f'the connection to {self.place} was lost, and with it the rows that were left')
        return read_rows(self._simple(session, f'FETCH {batch_size} FROM {name}'.encode()))

    def run_script(self, script: str) -> None:
        """Run several statements in the open transaction."""
        self._simple(self._session(), script.encode())

    def change_counter(self) -> int:
        """Return another number after any connection committed a change."""
        if self._closed:
            raise ClosedStorage(f'{self.place} was closed')
        return self._commits + self._news.count(self._served_by)

    def now(self) -> float:
        """Return the time of the server, in seconds since the epoch."""
        return self._clock.now(may_ask=not self.in_transaction)

    # transactions

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has a transaction open."""
        session = getattr(self._local, 'session', None)
        return session is not None and session.depth > 0

    def transaction(self) -> AbstractContextManager[None]:
        """Open a write transaction, or join the one this thread has open; an exception rolls back the whole of it."""
        return self._transaction

    def begin(self) -> None:
        """Enter a transaction."""
        session = self._session()
        if session.depth == 0:
            start = b'BEGIN; SELECT txid_current()'
            try:
                result = self._simple(session, start)
            except StorageUnavailable:
                if not session.is_broken:
                    raise
                session = self._session()
                result = self._simple(session, start)
            session.transaction_id = result.get_value(0, 0)
            session.began = time.monotonic()
        session.depth += 1

    def end(self, error: BaseException | None) -> None:
        """Leave a transaction; the outermost one is committed, or rolled back if an exception left it or one inside."""
        session = getattr(self._local, 'session', None)
        if self._closed or session is None:
            # closing the connection rolled back what was open
            return
        if session.depth == 0:
            raise InternalError('a transaction was left that had not been entered')
        session.depth -= 1
        if error is not None:
            session.failure = session.failure or error
        if session.depth > 0:
            return
        if session.failure is None:
            self._commit(session)
            return
        swallowed = session.failure if error is None else None
        self._roll_back(session)
        if swallowed is not None:
            raise not_passed_on(swallowed) from swallowed

    def _commit(self, session: _Session) -> None:
        try:
            self._simple(session, _COMMIT)
        except BaseException as error:
            if not (isinstance(error, StorageUnavailable) and session.is_broken and self._was_committed(session)):
                self._roll_back(session)
                raise
        self._commits += 1
        actions = session.on_commit
        if actions or session.on_rollback:
            session.on_commit, session.on_rollback = [], []
            call_all(actions)

    def _was_committed(self, session: _Session) -> bool:
        """Ask a server that went away during a commit whether it has been done.

        A server that crashed gives the numbers of transactions that it forgot to others.
        """
        deadline = time.monotonic() + SETTLE_LIMIT
        while time.monotonic() < deadline:
            with suppress(StorageUnavailable):
                self._refresh(session)
                since = time.monotonic() - session.began + _COARSE
                answer = self._simple(session, _OUTCOME % {b'id': session.transaction_id, b'since': b'%.3f' % since})
                if (outcome := answer.get_value(0, 0)) != b'in progress':
                    return bool(outcome == b'committed')
            time.sleep(_SETTLE_SLEEP)
        return False

    def _roll_back(self, session: _Session) -> None:
        session.failure = None
        try:
            # a connection that broke took its transaction along
            if not session.is_broken and session.pgconn.transaction_status != _IDLE:
                with suppress(StorageUnavailable):
                    self._simple(session, b'ROLLBACK')
        finally:
            actions = session.on_rollback
            session.on_commit, session.on_rollback = [], []
            call_all(reversed(actions))

    def on_commit(self, action: Callable[[], Any]) -> None:
        """Call ``action()`` after the commit of the open transaction, at once if there is none."""
        if self.in_transaction:
            self._local.session.on_commit.append(action)
        else:
            action()

    def on_rollback(self, action: Callable[[], Any]) -> None:
        """Call ``action()`` after the rollback of the open transaction; no-op when there is none."""
        if self.in_transaction:
            self._local.session.on_rollback.append(action)


_COMMIT = f'NOTIFY {CHANNEL}; COMMIT'.encode()
#: What became of a transaction. Recovery ends with a checkpoint; the numbers from its `next_xid` on were forgotten in
#: the crash. Any other checkpoint that comes just as a connection breaks lets a commit be taken for undone: that is the
#: harmless way to err, as what is there is looked at again.
_OUTCOME = b"""
    SELECT CASE
        WHEN split_part(next_xid, ':', 1)::bigint * 4294967296 + split_part(next_xid, ':', 2)::bigint <= %(id)s
            AND extract(epoch FROM clock_timestamp() - checkpoint_time) < %(since)s THEN 'forgotten'
        ELSE txid_status(%(id)s)
    END
    FROM pg_control_checkpoint()
"""
#: The server keeps the time of a checkpoint in whole seconds.
_COARSE = 2.0
_TIME = 'SELECT extract(epoch FROM clock_timestamp())::float8'
_NUMBERS = itertools.count()
_ALIVE: weakref.WeakSet[Database] = weakref.WeakSet()
_LEFT_OPEN: list[Any] = []


def _driver_errors() -> tuple[type[Exception], ...]:
    import psycopg

    return (psycopg.Error,)


def _forget_after_fork() -> None:
    for database in list(_ALIVE):
        database.forget_sessions()


os.register_at_fork(after_in_child=_forget_after_fork)
