"""Connections to computers, shared by the processes of a runner."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiida.engine.runtime.background import beside

if TYPE_CHECKING:
    from aiida.orm import AuthInfo
    from aiida.transports import Transport

__all__ = ('TransportQueue', 'act_with', 'allow_waiting')

LOGGER = logging.getLogger('aiida.engine.transports')


async def allow_waiting(transport: Transport) -> None:
    """Let the running task use the verbs of a transport that wait, though the transport is one to be awaited."""
    from aiida.transports import AsyncTransport

    if isinstance(transport, AsyncTransport):
        from plumpy.greenback_bridge import ensure_portal

        await ensure_portal()


async def act_with(transport: Transport, action: Callable[[Transport], Any]) -> Any:
    """Do something with an open transport for the process that is running, without holding up the loop.

    The verbs of a transport that is to be awaited let the loop go on by themselves; others, and those that do not mind
    from which thread they are called, are used beside the loop. A connection that minds is used by one at a time.
    """
    from aiida.transports import AsyncTransport

    if isinstance(transport, AsyncTransport):
        await allow_waiting(transport)
        if not transport.ANY_THREAD:
            return action(transport)
    if transport.ANY_THREAD:
        return await beside(action, transport)
    async with _IN_USE.setdefault(transport, asyncio.Lock()):
        return await beside(action, transport)


#: Held while somebody uses a transport that may be used by one thread at a time.
_IN_USE: weakref.WeakKeyDictionary[Transport, asyncio.Lock] = weakref.WeakKeyDictionary()


class TransportRequest:
    """A connection that is asked for: a future of the open transport, and how many wait for it or use it."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.future: asyncio.Future[Transport] = asyncio.get_running_loop().create_future()
        self.opening: asyncio.Task[None] | None = None
        self.count = 0


class TransportQueue:
    """Opens connections to computers, one for all who ask at the same time.

    Between two openings of a connection with the same settings passes the safe interval of the transport, unless the
    transport has one still. A connection is closed when nobody uses it any more.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """
        :param loop: the loop that asks, the current one for ``None``.
        """
        self._loop = loop
        self._requests: dict[int, TransportRequest] = {}
        self._last_opened: dict[int, float] = {}

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that asks."""
        if self._loop is None:
            self._loop = asyncio.get_event_loop()
        return self._loop

    @contextlib.asynccontextmanager
    async def request_transport(self, authinfo: AuthInfo) -> AsyncIterator[Awaitable[Transport]]:
        """Return a context with something to await: the open transport, which may be used until the context is left.

        .. code-block:: python

            async with transport_queue.request_transport(authinfo) as request:
                transport = await request

        :param authinfo: whose settings to connect with.
        :raises Exception: when awaited, what opening the transport raised.
        """
        key = authinfo.pk
        assert key is not None, 'a transport is asked for with settings that are stored'
        request = self._requests.get(key)
        if request is None:
            request = self._requests[key] = TransportRequest(authinfo.get_transport())
            await self._open(key, request)
        request.count += 1
        try:
            # One who stops waiting does not take the connection from the others.
            yield asyncio.shield(request.future) if not request.future.done() else request.future
        finally:
            request.count -= 1
            if request.count == 0:
                await self._close(key, request)

    async def _open(self, key: int, request: TransportRequest) -> None:
        """Open the connection: now if the safe interval has passed, otherwise as soon as it has."""
        opened = None if request.transport.has_connection() else self._last_opened.get(key)
        interval = request.transport.get_safe_open_interval()
        delay = 0.0 if opened is None else opened + interval - time.monotonic()
        if delay > 0:
            request.opening = asyncio.get_running_loop().create_task(self._open_later(key, request, delay))
        else:
            await self._open_now(key, request)

    async def _open_later(self, key: int, request: TransportRequest, delay: float) -> None:
        LOGGER.debug('opening %s in %.1f s', request.transport, delay)
        await asyncio.sleep(delay)
        await self._open_now(key, request)

    async def _open_now(self, key: int, request: TransportRequest) -> None:
        if not request.transport.has_connection():
            self._last_opened[key] = time.monotonic()
        try:
            await request.transport.open_async()
        except Exception as exception:
            LOGGER.info('%s could not be opened: %r', request.transport, exception)
            # Who comes later tries again.
            self._forget(key, request)
            request.future.set_exception(exception)
            request.future.exception()  # those who wait get it; if nobody does, it need not be told
        else:
            request.future.set_result(request.transport)

    async def _close(self, key: int, request: TransportRequest) -> None:
        self._forget(key, request)
        if request.opening is not None and not request.opening.done():
            request.opening.cancel()
        if request.transport.is_open:
            await request.transport.close_async()

    def _forget(self, key: int, request: TransportRequest) -> None:
        if self._requests.get(key) is request:
            del self._requests[key]
