"""The broker that profiles name whose programs need no service to find each other."""

from aiida.brokers.zeromq.broker import ZeromqBroker

__all__ = ('ZeromqBroker',)
