"""What one program sends and hears through a broker, without ever waiting for it.

A thread keeps the connection. What is sent while there is none is dropped, what is listened to is listened to again
when there is one: nobody relies on a message.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kiwipy.rmq import RmqCommunicator

__all__ = ('Post',)

LOGGER = logging.getLogger('aiida.brokers.post')

#: Messages that are kept until there is a connection, or until they are sent.
_MOST = 10_000
#: Messages that are on their way at the same time.
_TOGETHER = 100
#: Seconds between two attempts to connect; the time doubles up to the longest.
_SOON, _LONGEST = 0.5, 10.0
#: Seconds for the broker to confirm something.
_PATIENCE = 10.0
#: Seconds a program that ends waits for what is still to be sent.
_FAREWELL = 1.0
#: Seconds for which a process has to be here until it is listened for: most are gone before.
_SETTLING = 0.05
#: Seconds in which a process may be here again that has just left: one that was paused and is played.
_GRACE = 1.0

Receive = Callable[[str, dict[str, Any]], Any]
Hear = Callable[[Any, Any, str | None], Any]
Job = Callable[['RmqCommunicator'], Awaitable[Any]]


class Post:
    """Sends and hears for one program; every method returns at once, from any thread."""

    def __init__(self, connect: Callable[[], Awaitable[RmqCommunicator]], address: str) -> None:
        """
        :param connect: makes a connection.
        :param address: what the broker is called in messages.
        """
        self._connect = connect
        self._address = address
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self._outbox: deque[Job] = deque(maxlen=_MOST)
        self._on_their_way = 0
        #: Who is listened for, and since when.
        self._recipients: dict[str, tuple[Receive, float]] = {}
        self._hearers: dict[int, Hear] = {}
        self._take_task: Callable[[Any], Any] | None = None
        self._closing = False
        #: Whether there is a connection; ``None`` until that is known.
        self.is_connected: bool | None = None

    # what is sent

    def broadcast(self, subject: str, sender: Any = None, body: Any = None) -> None:
        """Tell everybody who hears.

        :param subject: what it is about, such as ``state_changed.running.finished``.
        :param sender: whom it is about.
        :param body: what else there is to say.
        """
        self._send(lambda communicator: communicator.broadcast_send(body, sender, subject))

    def send_task(self, task: dict[str, Any]) -> None:
        """Give a task to one of those who take tasks."""
        self._send(lambda communicator: communicator.task_send(task, no_reply=True))

    def request(self, recipient: Any, message: dict[str, Any]) -> None:
        """Ask something of whoever listens for a recipient, if anybody does; the answer is not waited for."""
        self._send(lambda communicator: communicator.rpc_send(recipient, message))

    def _send(self, job: Job) -> None:
        self._outbox.append(job)
        self._stir()

    # what is heard

    def listen(self, recipient: Any, receive: Receive) -> None:
        """Call ``receive(recipient, message)`` in the thread of the post when somebody asks something of a recipient.

        It answers, or returns a future of the answer.
        """
        self._recipients[str(recipient)] = receive, time.monotonic()
        self._stir()

    def unlisten(self, recipient: Any, receive: Receive) -> None:
        """Listen for a recipient no more, unless somebody else does so by now."""
        name = str(recipient)
        found = self._recipients.get(name)
        if found is not None and found[0] == receive:
            del self._recipients[name]
            self._stir()

    def hear(self, hearer: Hear) -> int:
        """Call ``hearer(body, sender, subject)`` in the thread of the post for each broadcast; return how to end it."""
        number = id(hearer)
        self._hearers[number] = hearer
        self._stir()
        return number

    def unhear(self, number: int) -> None:
        """Hear no more; ``number`` is what :meth:`hear` returned."""
        self._hearers.pop(number, None)

    def take_tasks(self, take: Callable[[Any], Any] | None) -> None:
        """Call ``take(task)`` in the thread of the post for each task, which is acknowledged when that returns.

        :param take: ``None`` to take no more.
        """
        self._take_task = take
        self._stir()

    # the thread

    def _stir(self) -> None:
        """Let the thread look at what there is to do; it is started if it does not run (any more, after a fork)."""
        with self._lock:
            if self._closing:
                return
            if self._thread is None or not self._thread.is_alive():
                self._start()
            loop, wake = self._loop, self._wake
        if loop is not None and wake is not None:
            with contextlib.suppress(RuntimeError):  # it has just been closed
                loop.call_soon_threadsafe(wake.set)

    def _start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._wake.set()
        self.is_connected = None
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name='aiida-post', daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.set_exception_handler(lambda _, context: LOGGER.debug('in the post: %s', context))
        try:
            loop.run_until_complete(self._serve())
        except Exception:
            LOGGER.exception('messages to and from %s are not carried any more', self._address)
        finally:
            self.is_connected = False
            with contextlib.suppress(Exception):
                for task in asyncio.all_tasks(loop):
                    task.cancel()
                loop.run_until_complete(asyncio.sleep(0))
                loop.close()

    async def _serve(self) -> None:
        """Keep a connection for as long as the program wants one."""
        for library in ('aiormq', 'aio_pika', 'aio_pika.tools'):  # what is lost is told here
            logging.getLogger(library).setLevel(logging.CRITICAL)
        delay = _SOON
        while not self._closing:
            try:
                communicator = await asyncio.wait_for(self._connect(), _PATIENCE)
            except Exception as exception:
                self._note(False, exception)
                self._outbox.clear()
                await self._rest(delay)
                delay = min(2 * delay, _LONGEST)
                continue
            delay = _SOON
            self._note(True)
            try:
                await _Session(self, communicator).serve()
            except Exception as exception:
                self._note(False, exception)
            finally:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(communicator.disconnect(), _FAREWELL)
            await self._rest(0.0 if self._closing else _SOON)

    def _note(self, is_connected: bool, exception: Exception | None = None) -> None:
        """Tell once that the connection was lost, or that it is there again."""
        before, self.is_connected = self.is_connected, is_connected
        if is_connected and before is False:
            LOGGER.info('connected to %s again', self._address)
        elif not is_connected and before is not False and not self._closing:
            LOGGER.warning(
                'no connection to %s (%s); it is tried again, and processes go on without',
                self._address,
                exception or 'lost',
            )

    async def _rest(self, seconds: float) -> None:
        """Wait, unless the program ends."""
        end = time.monotonic() + seconds
        while not self._closing and (left := end - time.monotonic()) > 0:
            await self._woken(left)

    async def _woken(self, seconds: float | None) -> None:
        """Wait until there is something to do."""
        assert self._wake is not None
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        self._wake.clear()

    def close(self, patience: float = _FAREWELL) -> None:
        """Send what there is to be sent, if there is a connection or one is just being made, and end.

        :param patience: seconds for that.
        """
        atexit.unregister(self.close)
        thread = self._thread
        if thread is None or not thread.is_alive() or thread is threading.current_thread():
            self._closing = True
            return
        end = time.monotonic() + patience
        while (self._outbox or self._on_their_way) and self.is_connected is not False and time.monotonic() < end:
            time.sleep(0.002)
        self._closing = True
        loop, wake = self._loop, self._wake
        with contextlib.suppress(RuntimeError):
            if loop is not None and wake is not None:
                loop.call_soon_threadsafe(wake.set)
        thread.join(2 * _FAREWELL)


class _Session:
    """What is done with one connection."""

    def __init__(self, post: Post, communicator: RmqCommunicator) -> None:
        self._post = post
        self._communicator = communicator
        self._listening: dict[str, Receive] = {}
        #: Who is not wanted any more, and since when.
        self._left: dict[str, float] = {}
        self._hears = False
        self._takes = False
        self._lost = False
        communicator.add_close_callback(self._on_lost)

    def _on_lost(self, *_: Any) -> None:
        self._lost = True
        wake = self._post._wake
        if wake is not None:
            wake.set()

    async def serve(self) -> None:
        """Send and listen until the program ends or the connection is lost.

        :raises ConnectionError: if it is lost.
        """
        post = self._post
        # one after the other: two that ask at the same time would each get their own, and lose that of the other
        await self._communicator.get_message_publisher()
        await self._communicator.get_message_subscriber()
        await self._communicator.get_default_task_queue()
        while not post._closing:
            if self._lost or not self._communicator.connected():
                raise ConnectionError('the connection was lost')
            await self._send()
            unsettled = await self._listen()
            await self._subscribe()
            if not post._outbox:
                await post._woken(unsettled)
        await self._send()

    async def _send(self) -> None:
        """Send what there is to be sent."""
        outbox = self._post._outbox
        while outbox and not self._lost:
            batch = [outbox.popleft() for _ in range(min(len(outbox), _TOGETHER))]
            self._post._on_their_way = len(batch)
            try:
                sent = asyncio.gather(*(job(self._communicator) for job in batch), return_exceptions=True)
                for outcome in await asyncio.wait_for(sent, _PATIENCE):
                    if isinstance(outcome, asyncio.Future):
                        outcome.add_done_callback(lambda done: done.cancelled() or done.exception())
                    elif isinstance(outcome, BaseException):
                        LOGGER.debug('a message was not sent: %r', outcome)
            finally:
                self._post._on_their_way = 0

    async def _listen(self) -> float | None:
        """Listen for whom it is wanted, and for nobody else; return in how many seconds there may be more."""
        wanted = dict(self._post._recipients)
        now = time.monotonic()
        # not at once: what was sent to it meanwhile would be lost with its queue
        left = {name: self._left.get(name, now) for name in self._listening if name not in wanted}
        gone = [name for name, since in left.items() if now - since >= _GRACE]
        self._left = {name: since for name, since in left.items() if name not in gone}
        new = [name for name, (_, since) in wanted.items() if name not in self._listening and now - since >= _SETTLING]
        for recipient in gone:
            del self._listening[recipient]
        tasks = [self._communicator.remove_rpc_subscriber(recipient) for recipient in gone]
        for recipient in new:
            self._listening[recipient] = wanted[recipient][0]
            tasks.append(self._communicator.add_rpc_subscriber(self._receiver(recipient), recipient))
        if tasks:
            for outcome in await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), _PATIENCE):
                if isinstance(outcome, Exception):
                    raise outcome
        young = [_SETTLING - (now - since) for name, (_, since) in wanted.items() if name not in self._listening]
        young += [_GRACE - (now - since) for since in self._left.values()]
        return max(min(young), 0.001) if young else None

    def _receiver(self, recipient: str) -> Callable[[Any, Any], Awaitable[Any]]:
        async def receive(_: Any, message: Any) -> Any:
            end = time.monotonic() + _GRACE
            while (found := self._post._recipients.get(recipient)) is None:
                if time.monotonic() > end:
                    raise LookupError(f'Process<{recipient}> is not run here any more')
                await asyncio.sleep(_SETTLING)
            answer = found[0](recipient, message)
            return asyncio.wrap_future(answer) if hasattr(answer, 'add_done_callback') else answer

        return receive

    async def _subscribe(self) -> None:
        """Hear broadcasts and take tasks from when that is wanted."""
        post = self._post
        if post._hearers and not self._hears:
            self._hears = True
            await self._communicator.add_broadcast_subscriber(self._hear)
        if post._take_task is not None and not self._takes:
            self._takes = True
            await self._communicator.add_task_subscriber(self._take, 'aiida')
        elif post._take_task is None and self._takes:
            self._takes = False
            await self._communicator.remove_task_subscriber('aiida')

    def _hear(self, _: Any, body: Any, sender: Any, subject: Any, __: Any) -> None:
        for hearer in list(self._post._hearers.values()):
            try:
                hearer(body, sender, subject)
            except Exception:
                LOGGER.exception('what was heard of %s could not be used', sender)

    async def _take(self, _: Any, task: Any) -> Any:
        take = self._post._take_task
        if take is not None:
            try:
                take(task)
            except Exception:
                LOGGER.exception('a task could not be used: %r', task)
        return None
