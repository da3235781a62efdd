"""What the engine says and hears through the message broker of the profile, if that has one.

No message carries truth. The rows say what is to be run and what is wanted of it; a message only lets somebody look at
them sooner, and lets those ask and hear who know nothing of our rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiida.common.slots import Slot
from aiida.orm.backend import get_store

if TYPE_CHECKING:
    from aiida.brokers import Broker
    from aiida.brokers.post import Post
    from aiida.engine.processes.process import Process
    from aiida.engine.runners import Runner

__all__ = (
    'BROKER',
    'Bulletin',
    'announce',
    'bulletin',
    'communicator',
    'listen',
    'poke',
    'request_elsewhere',
    'send_task',
    'take_tasks',
    'unlisten',
)

LOGGER = logging.getLogger('aiida.engine.runtime.messages')

#: Filled by ``aiida.manage`` when a profile is loaded.
BROKER: Slot[Broker | None] = Slot(
    'a message broker', 'load a profile first, e.g. with `from aiida import load_profile; load_profile()`'
)


def _post() -> Post | None:
    broker = BROKER.get() if BROKER.is_filled else None
    return None if broker is None else broker.get_post()


def communicator() -> Any:
    """Return the connection to the broker, ``None`` if the profile needs none.

    :raises ConnectionError: if the broker does not answer.
    """
    broker = BROKER.get() if BROKER.is_filled else None
    return None if broker is None or broker.get_post() is None else broker.get_communicator()


# processes


def announce(process: Process, from_state: Any, to_state: Any) -> None:
    """Tell everybody that a process has changed its state, once that is committed."""
    post = _post()
    if post is None:
        return
    pk = process.node.pk
    subject = f'state_changed.{from_state.value if from_state is not None else None}.{to_state.value}'
    get_store().on_commit(lambda: post.broadcast(subject, pk))


def listen(runner: Runner, process: Process) -> None:
    """Hear what is asked of a process from now on."""
    post = _post()
    if post is not None:
        post.listen(process.pid, runner.obedience.receive)


def unlisten(runner: Runner, process: Process) -> None:
    """Hear nothing of a process any more."""
    post = _post()
    if post is not None:
        post.unlisten(process.pid, runner.obedience.receive)


# tasks


def send_task(pk: Any) -> None:
    """Let a worker look for something to do, once it is committed that there is."""
    post = _post()
    if post is None:
        return
    from plumpy.process_comms import create_continue_body

    task = create_continue_body(pk)
    get_store().on_commit(lambda: post.send_task(task))


def take_tasks(take: Callable[[Any], Any] | None) -> None:
    """Call ``take(task)``, in another thread, when there is something to do; ``None`` ends that."""
    post = _post()
    if post is not None:
        post.take_tasks(take)


# requests


def poke(pk: Any) -> None:
    """Let whoever runs a process look at its row; without a connection that happens a little later by itself."""
    post = _post()
    if post is not None and post.is_connected:
        from plumpy.process_comms import MessageBuilder

        post.request(pk, MessageBuilder.status())


def request_elsewhere(pk: Any, wanted: str, message: str | None, force: bool) -> bool:
    """Ask something of a process that has no row, because a program of aiida-core runs it.

    :param wanted: ``run``, ``pause`` or ``kill``.
    :param message: why.
    :param force: whether its job is left to itself.
    :return: whether somebody listens for it.
    """
    if _post() is None:
        return False
    import kiwipy
    from plumpy.process_comms import MessageBuilder

    bodies = {
        'run': MessageBuilder.play(message),
        'pause': MessageBuilder.pause(message),
        'kill': MessageBuilder.kill(message, force_kill=force),
    }
    try:
        communicator().rpc_send(pk, bodies[wanted])
    except (kiwipy.UnroutableError, kiwipy.TimeoutError, ConnectionError) as exception:
        LOGGER.debug('nobody was asked to %s Process<%s>: %r', wanted, pk, exception)
        return False
    return True


# news


class Bulletin:
    """Hears broadcasts with the methods of a communicator, and never waits for the broker."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def add_broadcast_subscriber(self, subscriber: Callable[..., Any], identifier: Any = None) -> int:
        """Call ``subscriber(communicator, body, sender, subject, correlation_id)`` for each; return how to end it."""
        return self._post.hear(lambda body, sender, subject: subscriber(self, body, sender, subject, None))

    def remove_broadcast_subscriber(self, identifier: int) -> None:
        """Hear no more; ``identifier`` is what :meth:`add_broadcast_subscriber` returned."""
        self._post.unhear(identifier)


def bulletin() -> Any:
    """Return what hears broadcasts, ``None`` if the profile needs no broker."""
    post = _post()
    return None if post is None else Bulletin(post)
