"""RabbitMQ as the message broker of a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.brokers.rabbitmq.broker import RabbitmqBroker

__all__ = ('RabbitmqBroker',)


def __getattr__(name: str) -> Any:
    if name != 'RabbitmqBroker':
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from importlib import import_module

    return import_module('aiida.brokers.rabbitmq.broker').RabbitmqBroker
