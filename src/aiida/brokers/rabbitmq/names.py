"""The names of queues and exchanges, and where RabbitMQ usually is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The queue of the tasks of aiida-core.
LAUNCH_QUEUE = 'process.queue'
#: The queue of our tasks: neither program can do those of the other.
TASK_QUEUE = 'process.run'
MESSAGE_EXCHANGE = 'messages'
TASK_EXCHANGE = 'tasks'

BROKER_DEFAULTS: Mapping[str, Any] = {
    'protocol': 'amqp',
    'username': 'guest',
    'password': 'guest',
    'host': '127.0.0.1',
    'port': 5672,
    'virtual_host': '',
}
#: Seconds in which a program that does not answer heartbeats is taken for gone.
HEARTBEAT = 600
