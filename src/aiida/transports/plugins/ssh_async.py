"""The transport over SSH that is told a host, and leaves the rest to ``~/.ssh/config``."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any, ClassVar

from aiida.transports.contract import validate_positive_number
from aiida.transports.ssh.endpoint import Endpoint
from aiida.transports.ssh.transport import SshBaseTransport
from aiida.transports.transport import TransportPath

if TYPE_CHECKING:
    from aiida.orm import Computer

__all__ = ('AsyncSshTransport', 'validate_backend', 'validate_script')

#: What profiles may say who speaks SSH; there is one implementation here, which serves both.
_BACKENDS = ('asyncssh', 'openssh')


def validate_script(ctx: Any, param: Any, value: Any) -> Any:
    """Return the path of a program, the way click asks its callbacks; the text ``None`` stands for no program.

    :raises click.BadParameter: if it is not the absolute path of a file that can be executed.
    """
    if value in (None, '', 'None'):
        return value
    if not os.path.isabs(value) or not os.path.isfile(value) or not os.access(value, os.X_OK):
        from click import BadParameter

        raise BadParameter(f'{value} is not the absolute path of a file that can be executed')
    return value


def validate_backend(ctx: Any, param: Any, value: Any) -> Any:
    """Return the name of who speaks SSH, the way click asks its callbacks.

    :raises click.BadParameter: if it is not known.
    """
    if value not in _BACKENDS:
        from click import BadParameter

        raise BadParameter(f'{value} is not one of {", ".join(_BACKENDS)}')
    return value


class AsyncSshTransport(SshBaseTransport):
    """Files and commands on a computer over SSH; the settings of the connection are those of `ssh` in a terminal."""

    _DEFAULT_max_io_allowed: ClassVar[int] = 8

    _valid_auth_options: ClassVar[list[Any]] = [
        (
            'host',
            {
                'type': str,
                'prompt': 'Host as in `ssh HOST`',
                'help': 'The host as `ssh HOST` takes it: an entry of ~/.ssh/config, or the name of a computer. It has '
                'to be reached without a password, and to be known: connect once in a terminal. The hostname of the '
                'computer by default.',
                'non_interactive_default': True,
            },
        ),
        (
            'data_node_host',
            {
                'type': str,
                'default': 'None',
                'prompt': 'Host for data as in `ssh HOST` (`None` for the same)',
                'help': 'Another host of the same computer, that files are moved through.',
                'non_interactive_default': True,
            },
        ),
        (
            'max_io_allowed',
            {
                'type': int,
                'default': 8,
                'prompt': 'Maximum number of concurrent I/O operations',
                'help': 'How many commands may run, and how many files be moved, at once.',
                'non_interactive_default': True,
                'callback': validate_positive_number,
            },
        ),
        (
            'authentication_script',
            {
                'type': str,
                'default': 'None',
                'prompt': 'Local script to run before opening connection (path)',
                'help': 'The absolute path of a program on this machine that is run before a connection is made, to '
                'renew a certificate for instance.',
                'non_interactive_default': True,
                'callback': validate_script,
            },
        ),
        (
            'backend',
            {
                'type': str,
                'default': 'asyncssh',
                'prompt': 'Type of async backend to use, `asyncssh` or `openssh`',
                'help': 'Kept for profiles that say it; both are the same here.',
                'non_interactive_default': True,
                'callback': validate_backend,
            },
        ),
        (
            'use_sftp',
            {
                'default': True,
                'switch': True,
                'prompt': 'Server supports SFTP?',
                'help': 'Kept for profiles that say it; SFTP is needed here.',
                'non_interactive_default': True,
            },
        ),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :param kwargs: ``machine``, and any of :attr:`auth_options`.
        """
        super().__init__(*args, **kwargs)
        self.machine: str = _told(kwargs.get('host')) or kwargs.get('machine') or ''
        self.data_node_host: str | None = _told(kwargs.get('data_node_host'))
        self.script_before: str | None = _told(kwargs.get('authentication_script'))
        self._max_io_allowed: int = int(kwargs.get('max_io_allowed') or self._DEFAULT_max_io_allowed)

    @property
    def max_io_allowed(self) -> int:
        """How many commands may run, and how many files be moved, at once."""
        return self._max_io_allowed

    def _endpoint(self) -> Endpoint:
        return Endpoint(host=self.machine, max_sessions=self._max_io_allowed, authentication_script=self.script_before)

    def _data_endpoint(self) -> Endpoint | None:
        if self.data_node_host is None:
            return None
        return Endpoint(host=self.data_node_host, max_sessions=self._max_io_allowed)

    def __str__(self) -> str:
        return f'{"OPEN" if self._is_open else "CLOSED"} [{self.machine or self.__class__.__name__}]'

    def gotocomputer_command(self, remotedir: TransportPath | None = None) -> str:
        return f'{shlex.join(["ssh", "-t", self.machine])} {self._remote_shell(remotedir)}'

    @classmethod
    def _get_host_suggestion_string(cls, computer: Computer) -> str:
        """Return the hostname of the computer."""
        return str(computer.hostname)


def _told(value: Any) -> str | None:
    """Return a setting, ``None`` for the texts that stand for nothing."""
    return None if value in (None, '', 'None') else str(value)
