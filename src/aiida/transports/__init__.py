"""Moving files to computers and running commands on them.

A :class:`Transport` is the only thing that touches a computer: the schedulers build commands and parse outputs, the
engine decides, and both hand what is to be done to a transport.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida.transports.transport import AsyncTransport, BlockingTransport, Transport, TransportPath

if TYPE_CHECKING:
    from aiida.transports.plugins.ssh import SshTransport, convert_to_bool, parse_sshconfig
    from aiida.transports.plugins.ssh_async import AsyncSshTransport

__all__ = (
    'AsyncSshTransport',
    'AsyncTransport',
    'BlockingTransport',
    'SshTransport',
    'Transport',
    'TransportPath',
    'convert_to_bool',
    'parse_sshconfig',
)

#: Where the names are that are loaded when somebody asks for them.
_LATER = {
    'AsyncSshTransport': 'aiida.transports.plugins.ssh_async',
    'SshTransport': 'aiida.transports.plugins.ssh',
    'convert_to_bool': 'aiida.transports.plugins.ssh',
    'parse_sshconfig': 'aiida.transports.plugins.ssh',
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)
