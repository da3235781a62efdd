"""Connections, shared by all who ask for the same, and kept for a while when nobody uses them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from aiida.common.log import AIIDA_LOGGER
from aiida.transports.ssh.errors import AuthenticationRefused, ConnectionLost, SshError, load_asyncssh, translated
from aiida.transports.ssh.hostkeys import HostKeyCheck

if TYPE_CHECKING:
    from aiida.transports.ssh.endpoint import Endpoint

__all__ = ('Connection', 'Lease', 'acquire', 'close_all', 'has_connection', 'release')

LOGGER: logging.Logger = AIIDA_LOGGER.getChild('transport').getChild('ssh')

#: Seconds for which a connection that nobody uses is kept.
IDLE_SECONDS = 60.0

T = TypeVar('T')


class SessionLimit:
    """How many sessions of a connection are used at once: servers refuse more than a number they do not tell."""

    def __init__(self, limit: int) -> None:
        self.limit = max(1, limit)
        self.used = 0
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a free session and hold it."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.used < self.limit)
            self.used += 1
        try:
            yield
        finally:
            async with self._changed:
                self.used -= 1
                self._changed.notify_all()

    def lower(self) -> bool:
        """Take note that one of those used was refused; return whether there are others to wait for."""
        self.limit = max(1, self.used - 1)
        return self.used > 1


class Connection:
    """An open connection to a computer."""

    def __init__(self, endpoint: Endpoint, client: Any, via: Connection | None) -> None:
        """
        :param client: the ``asyncssh.SSHClientConnection``.
        :param via: the connection this one goes through.
        """
        self.endpoint = endpoint
        self.client = client
        self.via = via
        self.sessions = SessionLimit(endpoint.max_sessions)
        self.files_at_once = asyncio.Semaphore(max(1, endpoint.max_sessions))
        self.users = 0
        self.closing: asyncio.TimerHandle | None = None
        #: What was found out about the computer, by a name for each thing.
        self._found: dict[str, asyncio.Future[Any]] = {}

    @property
    def alive(self) -> bool:
        """Whether it can be used."""
        return not self.client.is_closed() and (self.via is None or self.via.alive)

    async def once(self, name: str, find: Callable[[], Awaitable[T]]) -> T:
        """Return what ``find`` returns, which is called once for each name, however many ask."""
        known = self._found.get(name)
        if known is None:
            known = self._found[name] = asyncio.ensure_future(find())
        try:
            result: T = await asyncio.shield(known)
        except BaseException:
            if known.done():
                self._found.pop(name, None)
            raise
        return result

    async def sftp(self) -> Any:
        """Return the ``asyncssh.SFTPClient`` of this connection."""
        return await self.once('sftp', self._start_sftp)

    async def _start_sftp(self) -> Any:
        asyncssh = load_asyncssh()
        try:
            return await self.client.start_sftp_client()
        except (asyncssh.ChannelOpenError, asyncssh.SFTPError) as exception:
            if not self.alive:
                raise
            failure = SshError(f'{self.endpoint} does not offer SFTP, which files are moved by: {exception}')
            failure.transient = False
            raise failure from exception

    async def home(self) -> str:
        """Return the folder of the user."""

        async def ask() -> str:
            return str(await (await self.sftp()).realpath('.'))

        return await self.once('home', ask)

    async def close(self) -> None:
        """Close it; what is under way on it fails."""
        for future in self._found.values():
            future.cancel()
        self.client.close()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.client.wait_closed(), 2)
        if self.via is not None:
            release(self.via)


class _Shelf:
    """The connections of the running loop."""

    def __init__(self) -> None:
        self.connections: dict[Endpoint, Connection] = {}
        self.locks: dict[Endpoint, asyncio.Lock] = {}
        #: When a connection was asked for last, in seconds of the monotonic clock.
        self.asked: dict[Endpoint, float] = {}


_shelf: tuple[int, _Shelf] = (0, _Shelf())


def _shelf_of_process() -> _Shelf:
    """Return the shelf of this process; those of a parent process are not ours to use."""
    global _shelf
    if _shelf[0] != os.getpid():
        _shelf = (os.getpid(), _Shelf())
    return _shelf[1]


def has_connection(endpoint: Endpoint) -> bool:
    """Return whether there is a connection that can be used; may be asked from any thread."""
    connection = _shelf_of_process().connections.get(endpoint)
    return connection is not None and connection.alive


async def acquire(endpoint: Endpoint, interval: float = 0.0) -> Connection:
    """Return a connection, the one that is there or a new one; :func:`release` it.

    :param interval: seconds to leave since the last attempt to connect, if there is none.
    :raises SshError: if there is none to be had.
    """
    shelf = _shelf_of_process()
    async with shelf.locks.setdefault(endpoint, asyncio.Lock()):
        connection = shelf.connections.get(endpoint)
        if connection is None or not connection.alive:
            delay = shelf.asked.get(endpoint, float('-inf')) + interval - time.monotonic()
            if delay > 0:
                await asyncio.sleep(delay)
            shelf.asked[endpoint] = time.monotonic()
            connection = shelf.connections[endpoint] = await _connect(endpoint)
        connection.users += 1
        if connection.closing is not None:
            connection.closing.cancel()
            connection.closing = None
        return connection


def release(connection: Connection) -> None:
    """Give a connection back; it is closed if nobody asks for it in the next minute."""
    connection.users -= 1
    if connection.users <= 0 and connection.closing is None:
        delay = IDLE_SECONDS if connection.alive else 0.0
        connection.closing = asyncio.get_running_loop().call_later(delay, _close_unused, connection)


#: Tasks that close connections; the loop itself does not hold them.
_closing: set[asyncio.Task[None]] = set()


def _close_unused(connection: Connection) -> None:
    connection.closing = None
    if connection.users > 0:
        return
    _forget(connection)
    task = asyncio.ensure_future(connection.close())
    _closing.add(task)
    task.add_done_callback(_closing.discard)


def _forget(connection: Connection) -> None:
    connections = _shelf_of_process().connections
    if connections.get(connection.endpoint) is connection:
        del connections[connection.endpoint]


async def close_all() -> None:
    """Close all connections, used or not."""
    shelf = _shelf_of_process()
    connections = list(shelf.connections.values())
    shelf.connections.clear()
    shelf.locks.clear()  # they belong to this loop, and another may follow
    for connection in connections:
        if connection.closing is not None:
            connection.closing.cancel()
    await asyncio.gather(*(connection.close() for connection in connections))
    for connection in connections:
        if connection.closing is not None:
            connection.closing.cancel()


async def _connect(endpoint: Endpoint) -> Connection:
    """Connect, through the computers between if there are some.

    :raises SshError: if it does not work; :class:`ConnectionLost` if it may work later.
    """
    asyncssh = load_asyncssh()
    if endpoint.authentication_script:
        await _run_script(endpoint.authentication_script)
    check = HostKeyCheck(endpoint)
    via: Connection | None = None
    try:
        via = await _connect_hops(endpoint)
        options = endpoint.options()
        if via is not None:
            options['tunnel'] = via.client
        if endpoint.allow_agent and not endpoint.look_for_keys and not endpoint.key_filename:
            options['client_keys'], options['agent_path'] = await _keys_of_agent(), None
        client = await asyncssh.connect(endpoint.host, client_factory=check.make_client, **options)
    except (Exception, asyncio.CancelledError) as exception:
        if via is not None:
            release(via)
        raise _connection_failure(asyncssh, exception, endpoint, check) from exception
    LOGGER.debug('connected to %s', endpoint)
    return Connection(endpoint, client, via)


def _connection_failure(
    asyncssh: Any, exception: BaseException, endpoint: Endpoint, check: HostKeyCheck
) -> BaseException:
    """Return what to raise of what went wrong while connecting."""
    if not isinstance(exception, Exception) or isinstance(exception, SshError):
        return exception
    if isinstance(exception, asyncssh.HostKeyNotVerifiable):
        return check.refusal(exception)
    if isinstance(exception, TimeoutError):
        return ConnectionLost(f'{endpoint} did not answer within {endpoint.waiting_time:g} s')
    if isinstance(exception, OSError) and not isinstance(exception, ConnectionError) and exception.filename:
        return AuthenticationRefused(f'a file to connect to {endpoint} cannot be read: {exception}')
    if isinstance(exception, OSError):
        return ConnectionLost(f'{endpoint} cannot be reached: {exception}')
    keys = (asyncssh.KeyImportError, asyncssh.KeyEncryptionError)
    if isinstance(exception, ValueError) and not isinstance(exception, keys):
        failure = SshError(f'the settings to connect to {endpoint} are wrong: {exception}')
        failure.transient = False
        return failure
    return translated(exception, str(endpoint), alive=False)


async def _connect_hops(endpoint: Endpoint) -> Connection | None:
    """Return a connection to the last computer between, if there are some."""
    via: Connection | None = None
    passed: tuple[str, ...] = ()
    for text, hop in zip(endpoint.proxy_jump, endpoint.hops(), strict=True):
        before, via = via, await acquire(replace(hop, proxy_jump=passed))
        passed = (*passed, text)
        if before is not None:
            release(before)
    return via


async def _keys_of_agent() -> list[Any]:
    """Return the keys that the agent holds, none if there is no agent."""
    asyncssh = load_asyncssh()
    try:
        agent = await asyncssh.connect_agent()
        return list(await agent.get_keys())
    except (OSError, asyncssh.Error):
        return []


async def _run_script(script: str) -> None:
    """Run a program of the user that makes ready what is needed to connect.

    :raises AuthenticationRefused: if it fails.
    """
    process = await asyncio.create_subprocess_exec(
        script, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise AuthenticationRefused(
            f'the authentication script {script} returned {process.returncode}: {output.decode(errors="replace")}'
        )


class Lease:
    """What an open transport holds: a connection, and another one after that one was lost."""

    def __init__(self, endpoint: Endpoint, interval: float) -> None:
        """
        :param interval: seconds to leave between two attempts to connect.
        """
        self.endpoint = endpoint
        self._interval = interval
        self._connection: Connection | None = None
        self._lock = asyncio.Lock()

    async def open(self) -> Connection:
        """Take a connection.

        :raises SshError: if there is none to be had.
        """
        self._connection = await acquire(self.endpoint)
        return self._connection

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            release(self._connection)
            self._connection = None

    async def run(self, action: Callable[[Connection], Awaitable[T]]) -> T:
        """Return what ``action`` returns for the connection.

        :raises ConnectionLost: if it is lost meanwhile; who asks again gets another one.
        """
        connection = await self.connection()
        try:
            return await action(connection)
        except Exception as exception:
            raise translated(exception, str(self.endpoint), alive=connection.alive) from exception

    async def connection(self) -> Connection:
        """Return the connection, a new one if it was lost."""
        async with self._lock:
            if self._connection is None:
                raise ConnectionLost(f'the connection to {self.endpoint} was closed')
            if not self._connection.alive:
                lost, self._connection = self._connection, await acquire(self.endpoint, self._interval)
                release(lost)
            return self._connection
