"""Moving files to computers and running commands on them.

A :class:`Transport` is the only thing that touches a computer: the schedulers build commands and parse outputs, the
engine decides, and both hand what is to be done to a transport.
"""

from aiida.transports.transport import AsyncTransport, BlockingTransport, Transport, TransportPath

__all__ = ('AsyncTransport', 'BlockingTransport', 'Transport', 'TransportPath')
