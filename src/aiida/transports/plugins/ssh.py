"""The transport over SSH that is told all settings of the connection."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any, ClassVar

import click

from aiida.transports.ssh.endpoint import DEFAULT_TIMEOUT, Endpoint, read_config
from aiida.transports.ssh.loop import wait_on_ssh_loop
from aiida.transports.ssh.transport import SshBaseTransport
from aiida.transports.transport import BlockingTransport, TransportPath
from aiida.transports.util import FileAttribute

if TYPE_CHECKING:
    from aiida.orm import Computer

__all__ = ('SshTransport', 'convert_to_bool', 'parse_sshconfig')


def parse_sshconfig(computername: str) -> dict[str, Any]:
    """Return what ``~/.ssh/config`` says of a host: text by the names of options in small letters.

    :return: ``hostname`` always; ``identityfile`` is a list of paths.
    :raises OSError: if the file cannot be read.
    """
    found: dict[str, Any] = {}
    for name, value in read_config(computername).items():
        if isinstance(value, bool):
            found[name] = 'yes' if value else 'no'
        elif name == 'identityfile':
            found[name] = [os.path.expanduser(path) for path in value]
        else:
            found[name] = value if isinstance(value, list) else str(value)
    return found


def convert_to_bool(string: str | bool) -> bool:
    """Return whether a text says yes, as files of SSH do.

    :raises ValueError: if it says neither yes nor no.
    """
    if isinstance(string, bool):
        return string
    words = {'yes': True, 'true': True, 't': True, 'y': True, 'no': False, 'false': False, 'f': False, 'n': False}
    answer = words.get(string.strip().lower()) if isinstance(string, str) else None
    if answer is None:
        raise ValueError(f'{string!r} is neither yes nor no')
    return answer


if TYPE_CHECKING:
    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType


class AbsolutePathOrEmptyParamType(ParamType):
    """The absolute path of a file that exists, or nothing."""

    name = 'absolute path or empty'

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the path, with ``~`` replaced."""
        path = os.path.expanduser(str(value))
        if path and not os.path.isabs(path):
            self.fail(f'{path} is not an absolute path', param, ctx)
        if path and not os.path.isfile(path):
            self.fail(f'there is no file {path}', param, ctx)
        return path

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Return how it is called in the help."""
        return 'FILE'


class SshTransport(SshBaseTransport, BlockingTransport):
    """Files and commands on a computer over SSH; the settings of the connection are kept in the profile."""

    _valid_auth_options: ClassVar[list[Any]] = [
        (
            'username',
            {'prompt': 'User name', 'help': 'The name of the user on the computer.', 'non_interactive_default': True},
        ),
        (
            'port',
            {
                'short': '-P',
                'type': click.INT,
                'prompt': 'Port number',
                'help': 'The port that the computer listens at.',
                'non_interactive_default': True,
            },
        ),
        (
            'look_for_keys',
            {
                'default': True,
                'switch': True,
                'prompt': 'Look for keys',
                'help': 'Whether private keys are looked for in the folder ~/.ssh.',
                'non_interactive_default': True,
            },
        ),
        (
            'key_filename',
            {
                'type': AbsolutePathOrEmptyParamType(),
                'prompt': 'SSH key file',
                'help': 'The absolute path of the private key. Where it is empty, ~/.ssh/config says which.',
                'non_interactive_default': True,
            },
        ),
        (
            'timeout',
            {
                'type': click.INT,
                'prompt': 'Connection timeout in s',
                'help': f'Seconds to wait for the connection; {DEFAULT_TIMEOUT} by default.',
                'non_interactive_default': True,
            },
        ),
        (
            'allow_agent',
            {
                'default': False,
                'switch': True,
                'prompt': 'Allow ssh agent',
                'help': 'Whether the keys of an agent are used.',
                'non_interactive_default': True,
            },
        ),
        (
            'proxy_jump',
            {
                'prompt': 'SSH proxy jump',
                'help': 'The computers to go through, [user@]host[:port] each, with commas between. What is left out '
                'is as for the computer itself. Where it is empty, ~/.ssh/config says which.',
                'non_interactive_default': True,
            },
        ),
        (
            'proxy_command',
            {
                'prompt': 'SSH proxy command',
                'help': 'A program whose input and output are the connection. To go through another computer, the '
                'proxy jump is easier. Where it is empty, ~/.ssh/config says which.',
                'non_interactive_default': True,
            },
        ),
        (
            'compress',
            {
                'default': True,
                'switch': True,
                'prompt': 'Compress file transfers',
                'help': 'Whether what is sent is compressed.',
                'non_interactive_default': True,
            },
        ),
        (
            'gss_auth',
            {
                'default': False,
                'type': bool,
                'prompt': 'GSS auth',
                'help': 'Whether to log in by a Kerberos ticket.',
                'non_interactive_default': True,
            },
        ),
        (
            'gss_kex',
            {
                'default': False,
                'type': bool,
                'prompt': 'GSS kex',
                'help': 'Whether keys are exchanged by Kerberos.',
                'non_interactive_default': True,
            },
        ),
        (
            'gss_deleg_creds',
            {
                'default': False,
                'type': bool,
                'prompt': 'GSS deleg_creds',
                'help': 'Whether the Kerberos ticket is handed on to the computer.',
                'non_interactive_default': True,
            },
        ),
        (
            'gss_host',
            {'prompt': 'GSS host', 'help': 'What Kerberos calls the computer.', 'non_interactive_default': True},
        ),
        (
            'load_system_host_keys',
            {
                'default': True,
                'switch': True,
                'prompt': 'Load system host keys',
                'help': 'Whether the computers in ~/.ssh/known_hosts are known.',
                'non_interactive_default': True,
            },
        ),
        (
            'key_policy',
            {
                'default': 'RejectPolicy',
                'type': click.Choice(['RejectPolicy', 'WarningPolicy', 'AutoAddPolicy']),
                'prompt': 'Key policy',
                'help': 'What to do with a computer that is not known: refuse it, warn, or take it as it is. One that '
                'is known by another key is refused always.',
                'non_interactive_default': True,
            },
        ),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :param kwargs: ``machine``, and any of :attr:`auth_options`; what is not given, is as `ssh` in a terminal does.
        :raises ValueError: if there are both a proxy jump and a proxy command.
        """
        super().__init__(*args, **kwargs)
        self._machine: str = kwargs.get('machine') or ''
        jump, command = kwargs.get('proxy_jump') or '', kwargs.get('proxy_command') or ''
        if jump and command:
            raise ValueError(
                f'there is a proxy jump ({jump}) and a proxy command ({command}) for {self._machine}: keep one of them'
            )
        username, port, timeout = (kwargs.get(name) or None for name in ('username', 'port', 'timeout'))
        self._settings: dict[str, Any] = {
            'username': username,
            'port': None if port is None else int(port),
            'timeout': None if timeout is None else float(timeout),
            'key_filename': kwargs.get('key_filename') or None,
            'proxy_jump': tuple(hop.strip() for hop in jump.split(',') if hop.strip()),
            'proxy_command': command or None,
            'gss_host': kwargs.get('gss_host') or None,
            'key_policy': kwargs.get('key_policy') or 'RejectPolicy',
        }
        for name, default in (
            *(('look_for_keys', True), ('allow_agent', True), ('compress', True), ('load_system_host_keys', True)),
            *(('gss_auth', False), ('gss_kex', False), ('gss_deleg_creds', False)),
        ):
            self._settings[name] = convert_to_bool(kwargs.get(name, default))

    def _endpoint(self) -> Endpoint:
        return Endpoint(host=self._machine, **self._settings)

    def __str__(self) -> str:
        return f'{"OPEN" if self._is_open else "CLOSED"} [{self._endpoint()}]'

    # what the library that speaks SSH has

    @property
    def sshclient(self) -> Any:
        """The ``asyncssh.SSHClientConnection``, of the event loop of :mod:`aiida.transports.ssh.loop`.

        :raises TransportInternalError: if the transport is closed.
        """
        return wait_on_ssh_loop(self._on_login(_client_of))

    @property
    def sftp(self) -> Any:
        """The ``asyncssh.SFTPClient``, of the event loop of :mod:`aiida.transports.ssh.loop`.

        :raises TransportInternalError: if the transport is closed.
        """
        return wait_on_ssh_loop(self._on_data(lambda connection: connection.sftp()))

    # what only this transport has, for plugins that were written for it

    def chdir(self, path: TransportPath) -> None:
        """Let relative paths begin in another folder; better use absolute paths.

        :raises OSError: if it is not a folder.
        """
        folder = self.normalize(path)
        if os.fspath(path) and not self.isdir(folder):
            raise NotADirectoryError(f'there is no folder {folder} on {self._machine}')
        if os.fspath(path):
            self._folder = folder

    def stat(self, path: TransportPath) -> FileAttribute:
        """Return the attributes of what a path leads to.

        :raises FileNotFoundError: if there is nothing.
        """
        absolute = self._path(path)
        return wait_on_ssh_loop(self._on_files(lambda files: files.get_attribute(absolute, follow=True)))

    def lstat(self, path: TransportPath) -> FileAttribute:
        """Return the attributes of what is at a path; a link is not followed.

        :raises FileNotFoundError: if there is nothing.
        """
        attributes: FileAttribute = self.get_attribute(path)
        return attributes

    # copies, with the parameter that gets the progress in other implementations; here nobody calls it

    def put(
        self,
        localpath: TransportPath,
        remotepath: TransportPath,
        callback: Any = None,
        dereference: bool = True,
        overwrite: bool = True,
        ignore_nonexisting: bool = False,
        **kwargs: Any,
    ) -> None:
        self.run_command_blocking(
            self.put_async, localpath, remotepath, dereference, overwrite, ignore_nonexisting, **kwargs
        )

    def putfile(
        self,
        localpath: TransportPath,
        remotepath: TransportPath,
        callback: Any = None,
        dereference: bool = True,
        overwrite: bool = True,
        **kwargs: Any,
    ) -> None:
        self.run_command_blocking(self.putfile_async, localpath, remotepath, dereference, overwrite, **kwargs)

    def puttree(
        self,
        localpath: TransportPath,
        remotepath: TransportPath,
        callback: Any = None,
        dereference: bool = True,
        overwrite: bool = True,
        **kwargs: Any,
    ) -> None:
        self.run_command_blocking(self.puttree_async, localpath, remotepath, dereference, overwrite, **kwargs)

    def get(
        self,
        remotepath: TransportPath,
        localpath: TransportPath,
        callback: Any = None,
        dereference: bool = True,
        overwrite: bool = True,
        ignore_nonexisting: bool = False,
        **kwargs: Any,
    ) -> None:
        self.run_command_blocking(
            self.get_async, remotepath, localpath, dereference, overwrite, ignore_nonexisting, **kwargs
        )

    def getfile(
        self,
        remotepath: TransportPath,
        localpath: TransportPath,
        callback: Any = None,
        dereference: bool = True,
        overwrite: bool = True,
        **kwargs: Any,
    ) -> None:
        self.run_command_blocking(self.getfile_async, remotepath, localpath, dereference, overwrite, **kwargs)

    def gettree(
        self,
        remotepath: TransportPath,
        localpath: TransportPath,
        callback: Any = None,
        dereference: bool = True,
        overwrite: bool = True,
        **kwargs: Any,
    ) -> None:
        self.run_command_blocking(self.gettree_async, remotepath, localpath, dereference, overwrite, **kwargs)

    # the command for a terminal

    def gotocomputer_command(self, remotedir: TransportPath | None = None) -> str:
        settings = self._settings
        words = ['ssh', '-t', self._machine]
        for flag, value in (
            ('-l', settings['username']),
            ('-p', settings['port']),
            ('-i', settings['key_filename']),
        ):
            words += [flag, str(value)] if value else []
        if settings['proxy_jump']:
            words += ['-o', f'ProxyJump={",".join(settings["proxy_jump"])}']
        elif settings['proxy_command']:
            words += ['-o', f'ProxyCommand={settings["proxy_command"]}']
        return f'{shlex.join(words)} {self._remote_shell(remotedir)}'

    # what the command line suggests

    @classmethod
    def _get_username_suggestion_string(cls, computer: Computer) -> str:
        """Return the name of the user that ``~/.ssh/config`` says, or the one of this machine."""
        import getpass

        return str(parse_sshconfig(computer.hostname).get('user') or getpass.getuser())

    @classmethod
    def _get_port_suggestion_string(cls, computer: Computer) -> str:
        """Return the port."""
        return str(parse_sshconfig(computer.hostname).get('port', 22))

    @classmethod
    def _get_key_filename_suggestion_string(cls, computer: Computer) -> str:
        """Return the first key of ``~/.ssh/config`` that is there."""
        keys = parse_sshconfig(computer.hostname).get('identityfile', [])
        return next((path for path in keys if os.path.isfile(path)), '')

    @classmethod
    def _get_timeout_suggestion_string(cls, computer: Computer) -> str:
        """Return the seconds to wait for a connection."""
        return str(parse_sshconfig(computer.hostname).get('connecttimeout', DEFAULT_TIMEOUT))

    @classmethod
    def _get_look_for_keys_suggestion_string(cls, computer: Computer) -> bool:
        """Return whether keys are looked for."""
        return True

    @classmethod
    def _get_allow_agent_suggestion_string(cls, computer: Computer) -> bool:
        """Return whether the keys of an agent are used."""
        return True

    @classmethod
    def _get_proxy_command_suggestion_string(cls, computer: Computer) -> str:
        """Return the program that ``~/.ssh/config`` names."""
        command = read_config(computer.hostname).get('proxycommand', '')
        if isinstance(command, list | tuple):
            return shlex.join(map(str, command))
        return str(command or '')

    @classmethod
    def _get_proxy_jump_suggestion_string(cls, computer: Computer) -> str:
        """Return nothing: what ``~/.ssh/config`` says of computers between is looked up when it is needed."""
        return ''

    @classmethod
    def _get_compress_suggestion_string(cls, computer: Computer) -> bool:
        """Return whether what is sent is compressed."""
        return True

    @classmethod
    def _get_gss_auth_suggestion_string(cls, computer: Computer) -> bool:
        """Return whether to log in by Kerberos."""
        return convert_to_bool(parse_sshconfig(computer.hostname).get('gssapiauthentication', 'no'))

    @classmethod
    def _get_gss_kex_suggestion_string(cls, computer: Computer) -> bool:
        """Return whether keys are exchanged by Kerberos."""
        return convert_to_bool(parse_sshconfig(computer.hostname).get('gssapikeyexchange', 'no'))

    @classmethod
    def _get_gss_deleg_creds_suggestion_string(cls, computer: Computer) -> bool:
        """Return whether the ticket is handed on."""
        return convert_to_bool(parse_sshconfig(computer.hostname).get('gssapidelegatecredentials', 'no'))

    @classmethod
    def _get_gss_host_suggestion_string(cls, computer: Computer) -> str:
        """Return what Kerberos calls the computer."""
        return str(computer.hostname)

    @classmethod
    def _get_load_system_host_keys_suggestion_string(cls, computer: Computer) -> bool:
        """Return whether the list of known hosts is used."""
        return True

    @classmethod
    def _get_key_policy_suggestion_string(cls, computer: Computer) -> str:
        """Return what to do with unknown computers."""
        return 'RejectPolicy'


async def _client_of(connection: Any) -> Any:
    return connection.client
