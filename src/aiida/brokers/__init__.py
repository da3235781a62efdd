"""News between the programs of a profile.

Nothing depends on them: what is true is in the database. A broker only lets others know sooner, and lets programs that
speak AiiDA's messages listen and ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida.brokers.broker import Broker

if TYPE_CHECKING:
    from aiida.brokers.rabbitmq.broker import RabbitmqBroker
    from aiida.brokers.zeromq.broker import ZeromqBroker

__all__ = ('Broker', 'RabbitmqBroker', 'ZeromqBroker')

#: Where the names are that are loaded when somebody asks for them.
_LATER = {
    'RabbitmqBroker': 'aiida.brokers.rabbitmq.broker',
    'ZeromqBroker': 'aiida.brokers.zeromq.broker',
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)
