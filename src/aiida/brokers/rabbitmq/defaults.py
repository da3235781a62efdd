"""Where RabbitMQ usually is, and whether it is there."""

from __future__ import annotations

import os
from typing import Any

from aiida.brokers.rabbitmq.connection import probe
from aiida.brokers.rabbitmq.names import BROKER_DEFAULTS, LAUNCH_QUEUE, MESSAGE_EXCHANGE, TASK_EXCHANGE
from aiida.brokers.rabbitmq.utils import get_rmq_url

__all__ = ('LAUNCH_QUEUE', 'MESSAGE_EXCHANGE', 'TASK_EXCHANGE', 'detect_rabbitmq_config')


def detect_rabbitmq_config(
    protocol: str | None = None,
    username: str | None = None,
    password: str | None = None,
    host: str | None = None,
    port: int | None = None,
    virtual_host: str | None = None,
) -> dict[str, Any]:
    """Return the settings with which a RabbitMQ is reached: those given, the environment's (``AIIDA_BROKER_*``), or the
    usual ones.

    :param protocol: ``amqp`` or ``amqps``.
    :param username: who asks.
    :param password: the password of that user.
    :param host: the machine.
    :param port: the port.
    :param virtual_host: the virtual host, without its slash.
    :raises ConnectionError: if there is none that answers.
    """
    given = {
        'protocol': protocol,
        'username': username,
        'password': password,
        'host': host,
        'port': port,
        'virtual_host': virtual_host,
    }
    settings: dict[str, Any] = {}
    for key, value in given.items():
        settings[key] = value if value is not None else os.environ.get(f'AIIDA_BROKER_{key.upper()}')
        if settings[key] is None:
            settings[key] = BROKER_DEFAULTS[key]
    settings['port'] = int(settings['port'])
    try:
        probe(get_rmq_url(**settings))
    except Exception as exception:
        shown = {key: value for key, value in settings.items() if key != 'password'}
        raise ConnectionError(f'no RabbitMQ answers that is reached by {shown}: {exception}') from exception
    return {f'broker_{key}': value for key, value in settings.items()}
