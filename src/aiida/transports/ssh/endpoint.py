"""How a computer is connected to: who with the same settings asks, shares the connection."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ('DEFAULT_TIMEOUT', 'Endpoint', 'parse_hop', 'read_config')

#: Seconds to wait for a connection.
DEFAULT_TIMEOUT = 60
#: Seconds between signs of life, and how many may stay without an answer.
_KEEPALIVE = (15, 4)


@dataclass(frozen=True)
class Endpoint:
    """A user on a computer and how to get there; what is ``None`` is as in the configuration file of SSH."""

    host: str
    username: str | None = None
    port: int | None = None
    key_filename: str | None = None
    look_for_keys: bool = True
    allow_agent: bool = True
    timeout: float | None = None
    proxy_jump: tuple[str, ...] = ()
    proxy_command: str | None = None
    compress: bool | None = None
    gss_auth: bool = False
    gss_kex: bool = False
    gss_deleg_creds: bool = False
    gss_host: str | None = None
    load_system_host_keys: bool = True
    key_policy: str = 'RejectPolicy'
    #: How many commands may run, or files be opened, at once.
    max_sessions: int = 8
    authentication_script: str | None = None
    #: Where the files of SSH are.
    home: str = field(default_factory=lambda: os.path.expanduser('~'))

    def __str__(self) -> str:
        user = f'{self.username}@' if self.username else ''
        return f'{user}{self.host}' + (f':{self.port}' if self.port and self.port != 22 else '')

    @property
    def waiting_time(self) -> float:
        """Seconds to wait for the connection."""
        return self.timeout or DEFAULT_TIMEOUT

    def hops(self) -> list[Endpoint]:
        """Return the computers between, the nearest first; they are connected to with the same settings."""
        found = []
        for text in self.proxy_jump:
            username, host, port = parse_hop(text)
            found.append(
                replace(
                    self,
                    host=host,
                    username=username or self.username,
                    port=port or self.port,
                    proxy_jump=(),
                    proxy_command=None,
                    authentication_script=None,
                )
            )
        return found

    def _filled(self, command: str) -> str:
        """Return a command with host (``%h``), port (``%p``), user (``%r``) and the name itself (``%n``) filled in."""
        known = read_config(self.host)
        values = {
            '%%': '%',
            '%h': str(known['hostname']),
            '%n': self.host,
            '%p': str(self.port or known.get('port', 22)),
            '%r': str(self.username or known.get('user', '')),
        }
        return re.sub('%[%hnpr]', lambda match: values[match[0]], command)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments of ``asyncssh.connect``, without the host and what stands between."""
        options: dict[str, Any] = {
            'connect_timeout': self.waiting_time,
            'login_timeout': self.waiting_time,
            'keepalive_interval': _KEEPALIVE[0],
            'keepalive_count_max': _KEEPALIVE[1],
            'gss_auth': self.gss_auth,
            'gss_kex': self.gss_kex,
            'gss_delegate_creds': self.gss_deleg_creds,
            'gss_host': (self.gss_host or ()) if self.gss_auth or self.gss_kex else None,
            'command': None,
            'request_pty': False,
        }
        if self.username:
            options['username'] = self.username
        if self.port:
            options['port'] = self.port
        if self.key_filename:
            options['client_keys'] = [self.key_filename]
            # An agent may hold it.
            options['ignore_encrypted'] = self.allow_agent and bool(os.environ.get('SSH_AUTH_SOCK'))
        elif not self.look_for_keys and not self.allow_agent:
            options['client_keys'] = None
        if not self.allow_agent:
            options['agent_path'] = None
        if self.compress is not None:
            options['compression_algs'] = ['zlib@openssh.com', 'none'] if self.compress else ['none']
        if self.proxy_command:
            options['proxy_command'] = self._filled(self.proxy_command)
        if not self.load_system_host_keys:
            options['known_hosts'] = b''
        return options


def parse_hop(text: str) -> tuple[str | None, str, int | None]:
    """Return user, host and port of ``[user@]host[:port]``.

    :raises ValueError: if the port is no number.
    """
    username, at, rest = text.strip().rpartition('@')
    host, colon, port = rest.rpartition(':')
    if not colon or (host.count(':') and not host.endswith(']')):
        host, port = rest, ''
    if port and not port.isdigit():
        raise ValueError(f'{text!r} is not [user@]host[:port]: {port!r} is not a port')
    return (username if at else None), host.strip('[]'), int(port) if port else None


def read_config(host: str) -> dict[str, Any]:
    """Return what the file ``~/.ssh/config`` says of a host: options by their names in small letters.

    :raises SshError: if the library that reads it is not installed, or the file cannot be read.
    """
    import getpass

    from aiida.transports.ssh.errors import SshUnavailable, load_asyncssh

    load_asyncssh()
    from asyncssh.config import ConfigParseError, SSHClientConfig

    path = os.path.join(os.path.expanduser('~'), '.ssh', 'config')
    if not os.access(path, os.R_OK):
        return {'hostname': host}
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = ''
    try:
        config = SSHClientConfig.load(None, [path], False, False, False, user, (), host, ())
    except (ConfigParseError, OSError) as exception:
        raise SshUnavailable(f'{path} cannot be read: {exception}') from exception
    found = {name.lower(): value for name, value in config.get_options(False).items()}
    return {'hostname': host, **found}
