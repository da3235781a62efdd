"""Connecting to RabbitMQ."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aio_pika.abc
    from kiwipy.rmq import RmqCommunicator

__all__ = ('connect', 'describe', 'hushed', 'probe')

#: Seconds in which a service has to answer.
PATIENCE = 5.0
#: Tasks that are sent to a worker before it has taken note of the first of them.
_AHEAD = 200


@contextmanager
def hushed() -> Iterator[None]:
    """Let the libraries that connect not tell of what fails: whoever asked tells it."""
    loggers = [logging.getLogger(name) for name in ('aio_pika', 'aiormq', 'asyncio')]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def describe(prefix: str) -> dict[str, Any]:
    """Return the names and manners in which the programs of a profile understand each other.

    :param prefix: what the names of the profile begin with.
    """
    import yaml

    from aiida.brokers.rabbitmq import utils

    dumper: Any = getattr(yaml, 'CDumper', yaml.Dumper)

    def encode(message: Any) -> bytes:
        """Return a message as others of AiiDA's programs read it."""
        encoded: bytes = yaml.dump(message, Dumper=dumper, encoding='utf-8')
        return encoded

    def decode(body: bytes) -> Any:
        """Return what a message says; nothing but plain values is made of it."""
        return yaml.load(body, Loader=_loader())

    return {
        'message_exchange': utils.get_message_exchange_name(prefix),
        'task_exchange': utils.get_task_exchange_name(prefix),
        'task_queue': utils.get_task_queue_name(prefix),
        'task_prefetch_count': _AHEAD,
        'encoder': encode,
        'decoder': decode,
    }


def _loader() -> Any:
    import yaml

    global _LOADER
    if _LOADER is None:
        base = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
        _LOADER = type('MessageLoader', (base,), {})
        _LOADER.add_multi_constructor('', _plain_node)
    return _LOADER


_LOADER: Any = None


def _plain_node(loader: Any, _: str, node: Any) -> Any:
    """Return what describes an object that another program sends; the object itself is not made."""
    if hasattr(node, 'value') and isinstance(node.value, str):
        return loader.construct_scalar(node)
    if node.value and isinstance(node.value[0], tuple):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True)


async def connect(url: str, prefix: str) -> RmqCommunicator:
    """Return a connection, which is not made anew when it is lost.

    :param url: the address.
    :param prefix: what the names of the profile begin with.
    :raises Exception: what keeps it from being made.
    """
    from kiwipy.rmq import async_connect

    async def factory(address: str) -> Any:
        return await _open(address)

    return await async_connect(url, connection_factory=factory, **describe(prefix))


async def _open(url: str) -> aio_pika.abc.AbstractConnection:
    """Return a connection of aio_pika, which whoever asks for it closes."""
    import aio_pika

    class Connection(aio_pika.Connection):
        """Does nothing when it is collected: that may be in a thread that has no loop to close it in."""

        def __del__(self) -> None:
            pass

    return await aio_pika.connect(url, timeout=PATIENCE, connection_class=Connection)


def probe(url: str) -> dict[str, Any]:
    """Return what the service at an address says of itself.

    :param url: the address.
    :raises ConnectionError: if it does not answer, or turns us away.
    """
    import asyncio
    import threading

    outcome: dict[str, Any] = {}

    async def ask() -> dict[str, Any]:
        connection = await _open(url)
        try:
            assert connection.transport is not None
            properties: Any = connection.transport.connection.server_properties
            return {key: _plain(value) for key, value in properties.items()}
        finally:
            await connection.close()

    def target() -> None:  # in a thread, as a loop may be running in this one
        try:
            outcome['properties'] = asyncio.run(asyncio.wait_for(ask(), 2 * PATIENCE))
        except Exception as exception:
            outcome['exception'] = exception

    with hushed():
        thread = threading.Thread(target=target, name='aiida-probe', daemon=True)
        thread.start()
        thread.join()
    if 'exception' in outcome:
        exception = outcome['exception']
        raise ConnectionError(str(exception) or type(exception).__name__) from exception
    properties: dict[str, Any] = outcome['properties']
    return properties


def _plain(value: Any) -> Any:
    """Return a value of AMQP with text for bytes."""
    if isinstance(value, bytes):
        return value.decode('utf-8', errors='replace')
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    return value
