"""Addresses and names."""

from __future__ import annotations

from typing import Any

from aiida.brokers.rabbitmq import names

__all__ = ('get_launch_queue_name', 'get_message_exchange_name', 'get_rmq_url', 'get_task_exchange_name')


def get_rmq_url(
    protocol: str | None = None,
    username: str | None = None,
    password: str | None = None,
    host: str | None = None,
    port: str | int | None = None,
    virtual_host: str | None = None,
    **kwargs: Any,
) -> str:
    """Return the address of a RabbitMQ.

    :param protocol: ``amqp`` or ``amqps``.
    :param username: who connects.
    :param password: the password of that user.
    :param host: the machine.
    :param port: the port.
    :param virtual_host: the virtual host, with its slash or without.
    :param kwargs: what else the connection is to know, such as ``heartbeat`` in seconds.
    """
    from urllib.parse import quote, urlencode

    known = names.BROKER_DEFAULTS
    user = quote(known['username'] if username is None else username, safe='')
    secret = quote(known['password'] if password is None else password, safe='')
    machine = known['host'] if host is None else host
    if ':' in machine and not machine.startswith('['):
        machine = f'[{machine}]'  # an address of IPv6
    path = (known['virtual_host'] if virtual_host is None else virtual_host).removeprefix('/')
    where = f'{user}:{secret}@{machine}:{known["port"] if port is None else port}'
    kwargs.setdefault('heartbeat', names.HEARTBEAT)
    return f'{protocol or known["protocol"]}://{where}{"/" if path else ""}{quote(path, safe="/")}?{urlencode(kwargs)}'


def get_launch_queue_name(prefix: str | None = None) -> str:
    """Return the name of the queue in which aiida-core has its tasks.

    :param prefix: what the names of a profile begin with.
    """
    return f'{prefix}.{names.LAUNCH_QUEUE}' if prefix is not None else names.LAUNCH_QUEUE


def get_task_queue_name(prefix: str) -> str:
    """Return the name of the queue in which our tasks are.

    :param prefix: what the names of a profile begin with.
    """
    return f'{prefix}.{names.TASK_QUEUE}'


def get_message_exchange_name(prefix: str) -> str:
    """Return the name of the exchange for requests and news.

    :param prefix: what the names of a profile begin with.
    """
    return f'{prefix}.{names.MESSAGE_EXCHANGE}'


def get_task_exchange_name(prefix: str) -> str:
    """Return the name of the exchange for tasks.

    :param prefix: what the names of a profile begin with.
    """
    return f'{prefix}.{names.TASK_EXCHANGE}'
