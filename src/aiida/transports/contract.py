"""What the engine may ask of a computer."""

from __future__ import annotations

import abc
import fnmatch
import os
import re
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from aiida.common.exceptions import InternalError, InvalidOperation
from aiida.common.lang import classproperty
from aiida.common.log import AIIDA_LOGGER
from aiida.transports import util

if TYPE_CHECKING:
    import logging
    from typing import Self

    from aiida.orm import Computer

__all__ = ('Transport', 'TransportInternalError', 'TransportPath', 'has_magic', 'validate_positive_number')

#: How a path may be given.
TransportPath = str | Path | PurePosixPath

_MAGIC_CHECK = re.compile('[*?[]')


def has_magic(string: TransportPath) -> bool:
    """Return whether a path is a pattern, that is, has one of ``*``, ``?`` and ``[`` in it."""
    return _MAGIC_CHECK.search(str(string)) is not None


def validate_positive_number(ctx: Any, param: Any, value: Any) -> Any:
    """Return ``value``, the way click asks its callbacks.

    :raises click.BadParameter: if it is not a number or below zero.
    """
    if not isinstance(value, (int, float)) or value < 0:
        from click import BadParameter

        raise BadParameter(f'{value} is not a valid positive number')
    return value


class TransportInternalError(InternalError):
    """A transport was used in a way that it does not allow, for instance while it was closed."""


class Transport(abc.ABC):
    """A channel to a computer: files go both ways, commands are run.

    Everything is asked of an open transport (``with transport:``). Paths on the computer are absolute. Each verb has a
    twin with the suffix ``_async`` that is awaited. Derive from :class:`BlockingTransport` or
    :class:`AsyncTransport`, which make one half of the verbs of the other.
    """

    #: Seconds between two openings of a connection if the user does not say otherwise.
    _DEFAULT_SAFE_OPEN_INTERVAL: ClassVar[float] = 15.0
    #: Seconds between two questions to the queue of a new computer.
    DEFAULT_MINIMUM_JOB_POLL_INTERVAL: ClassVar[float] = 10.0
    #: Whether asking about a file costs so little that it may be done a hundred times a second.
    CHEAP_STAT: ClassVar[bool] = False
    #: Whether an open transport may be used from any thread, by verbs that wait.
    ANY_THREAD: ClassVar[bool] = False

    _valid_auth_params: ClassVar[list[str] | None] = None
    _valid_auth_options: ClassVar[list[Any]] = []
    _common_auth_options: ClassVar[list[Any]] = [
        (
            'use_login_shell',
            {
                'default': True,
                'switch': True,
                'prompt': 'Use login shell when executing command',
                'help': 'Whether commands run in a login shell, which reads the profile files of the user first. Turn '
                'it off if those files print text that gets in the way, or to save the time they take.',
                'non_interactive_default': True,
            },
        ),
        (
            'safe_interval',
            {
                'type': float,
                'prompt': 'Connection cooldown time (s)',
                'help': 'Seconds to leave between two openings of a connection.',
                'callback': validate_positive_number,
                'default': 15.0,
                'non_interactive_default': True,
            },
        ),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :param kwargs: ``machine`` (host name), ``safe_interval`` (s), ``use_login_shell``, and what a derived class
            takes, that is, the authentication parameters of an ``AuthInfo``.
        """
        self._safe_open_interval: float = kwargs.pop('safe_interval', self._DEFAULT_SAFE_OPEN_INTERVAL)
        self._use_login_shell: bool = kwargs.pop('use_login_shell', True)
        self._bash_command_str = 'bash -l ' if self._use_login_shell else 'bash '
        self.hostname: str | None = kwargs.get('machine')
        self._logger = AIIDA_LOGGER.getChild('transport').getChild(self.__class__.__name__)
        self._logger_extra: Any = None
        self._is_open = False
        self._enters = 0

    def __repr__(self) -> str:
        return f'<{self.__class__.__name__}: {self}>'

    @abc.abstractmethod
    def __str__(self) -> str:
        """Say what this is a channel to, and whether it is open."""

    # opening and closing

    def _track_enter(self) -> bool:
        """Count an entered context and return whether it has to open the channel."""
        self._enters += 1
        if self._enters > 1:
            return False
        if self._is_open:
            # It was opened by hand and is closed by hand: the contexts are guests.
            self._enters += 1
            return False
        return True

    def _track_exit(self) -> bool:
        """Count a context that is left and return whether it has to close the channel."""
        self._enters -= 1
        return self._enters == 0

    def __enter__(self) -> Self:
        """Open the channel, if it is not open already."""
        if self._track_enter():
            self.open()
        return self

    def __exit__(self, type_: Any, value: Any, traceback: Any) -> None:
        """Close the channel, if the matching entry opened it."""
        if self._track_exit():
            self.close()

    async def __aenter__(self) -> Self:
        """Open the channel, if it is not open already."""
        if self._track_enter():
            await self.open_async()
        return self

    async def __aexit__(self, type_: Any, value: Any, traceback: Any) -> None:
        """Close the channel, if the matching entry opened it."""
        if self._track_exit():
            await self.close_async()

    @property
    def is_open(self) -> bool:
        """Whether the channel is open."""
        return self._is_open

    def has_connection(self) -> bool:
        """Return whether the channel can be opened without connecting to the computer anew."""
        return False

    @abc.abstractmethod
    def open(self) -> Any:
        """Open the channel.

        :raises InvalidOperation: if it is open.
        """

    @abc.abstractmethod
    def close(self) -> Any:
        """Close the channel.

        :raises InvalidOperation: if it is closed.
        """

    def _check_closed(self) -> None:
        if self._is_open:
            raise InvalidOperation(f'{self!r} is open already')

    def _check_open(self) -> None:
        if not self._is_open:
            raise TransportInternalError(f'{self!r} was used while it is closed: use it inside `with transport:`')

    # what it says about itself

    @property
    def logger(self) -> logging.Logger | logging.LoggerAdapter[Any]:
        """The logger; what it logs goes to a node after :meth:`set_logger_extra`."""
        if self._logger_extra is None:
            return self._logger
        import logging

        return logging.LoggerAdapter(self._logger, self._logger_extra)

    def set_logger_extra(self, logger_extra: Any) -> None:
        """Attach ``logger_extra`` to what is logged from now on (a node's reference, for instance)."""
        self._logger_extra = logger_extra

    def get_safe_open_interval(self) -> float:
        """Return how many seconds to leave between two openings of a connection."""
        return self._safe_open_interval

    @classmethod
    def get_short_doc(cls) -> str:
        """Return the first line of the class's docstring."""
        if not cls.__doc__:
            return 'No documentation available'
        return next((line.strip() for line in cls.__doc__.splitlines() if line.strip()), '')

    @classmethod
    def get_valid_auth_params(cls) -> list[str]:
        """Return the names of the authentication parameters of this class."""
        return list(cls.auth_options)

    @classproperty
    def auth_options(cls) -> OrderedDict[str, Any]:  # noqa: N805
        """The authentication options, own ones first, with what the command line needs to ask for them."""
        return OrderedDict([*cls._valid_auth_options, *cls._common_auth_options])

    @classmethod
    def _get_safe_interval_suggestion_string(cls, computer: Computer | None) -> float:
        """Return the default of the option ``safe_interval``."""
        return cls._DEFAULT_SAFE_OPEN_INTERVAL

    @classmethod
    def _get_use_login_shell_suggestion_string(cls, computer: Computer | None) -> bool:
        """Return the default of the option ``use_login_shell``."""
        return True

    # commands

    @abc.abstractmethod
    def gotocomputer_command(self, remotedir: TransportPath | None = None) -> str:
        """Return the command for a terminal that opens a shell in a folder on the computer."""

    def _gotocomputer_string(self, remotedir: TransportPath | None = None) -> str:
        """Return what to let a shell on the computer do to end up in a folder; empty for ``None``."""
        from aiida.common.escaping import escape_for_bash

        if remotedir is None:
            return self._bash_command_str
        folder = escape_for_bash(str(remotedir))
        gone = f'echo "  ** The directory"; echo "  ** "{folder}; echo "  ** seems to have been deleted, I logout..."'
        script = f'if [ -d {folder} ]; then cd {folder}; {self._bash_command_str}; else {gone}; fi'
        return f'bash -c {escape_for_bash(script)}'

    @abc.abstractmethod
    def _exec_command_internal(self, command: str, workdir: TransportPath | None = None, **kwargs: Any) -> Any:
        """Start a command and return what a derived class needs to wait for it."""

    @abc.abstractmethod
    def exec_command_wait_bytes(
        self, command: str, stdin: Any = None, workdir: TransportPath | None = None, **kwargs: Any
    ) -> tuple[int, bytes, bytes]:
        """Run a command in the shell and wait for it.

        :param stdin: text, bytes or a file object to feed to it.
        :param workdir: the folder to run it in.
        :return: return value, standard output, standard error.
        """

    def exec_command_wait(
        self,
        command: str,
        stdin: Any = None,
        encoding: str = 'utf-8',
        workdir: TransportPath | None = None,
        **kwargs: Any,
    ) -> tuple[int, str, str]:
        """As :meth:`exec_command_wait_bytes`, with the outputs decoded."""
        returned, stdout, stderr = self.exec_command_wait_bytes(command, stdin=stdin, workdir=workdir, **kwargs)
        return returned, stdout.decode(encoding), stderr.decode(encoding)

    @abc.abstractmethod
    async def exec_command_wait_async(
        self,
        command: str,
        stdin: str | None = None,
        encoding: str = 'utf-8',
        workdir: TransportPath | None = None,
        **kwargs: Any,
    ) -> tuple[int, str, str]:
        """As :meth:`exec_command_wait`."""

    def exec_system_command_wait(self, command: str) -> tuple[int, str, str]:
        """Run a command of the operating system itself, which needs nothing of the user's profile files."""
        return self.exec_command_wait(command)

    def exec_command_detached(self, command: str, workdir: TransportPath) -> int:
        """Start a command that outlives the connection, in a process group of its own, and return the group's id.

        Its standard streams go nowhere: the command says itself where its output goes.

        :param workdir: the folder to run it in.
        :raises OSError: if it could not be started.
        """
        from aiida.common.escaping import escape_for_bash

        streams = '< /dev/null > /dev/null 2>&1'
        start = f'/bin/sh -c {escape_for_bash(command)} {streams} &'
        # Without setsid, `set -m` gives what is started in the background a process group at least.
        line = f'if command -v setsid > /dev/null; then setsid {start} else set -m; {start} fi; echo $!'
        returned, stdout, stderr = self.exec_command_wait(line, workdir=workdir)
        if returned != 0 or not stdout.strip().isdigit():
            raise OSError(f'cannot start `{command}` in {workdir}: returned {returned}, {stdout!r}, {stderr!r}')
        return int(stdout)

    def whoami(self) -> str:
        """Return the name of the user on the computer.

        :raises OSError: if the computer does not say.
        """
        returned, stdout, stderr = self.exec_command_wait('whoami')
        if returned != 0:
            raise OSError(f'cannot find out the name of the user: `whoami` returned {returned}: {stderr.strip()}')
        return stdout.strip()

    @abc.abstractmethod
    async def whoami_async(self) -> str:
        """As :meth:`whoami`."""

    # files, one by one

    @abc.abstractmethod
    def get_attribute(self, path: TransportPath) -> util.FileAttribute:
        """Return size, owner, mode and times of a file; a link is not followed."""

    def get_mode(self, path: TransportPath) -> int:
        """Return the permission bits of a file."""
        return int(self.get_attribute(path).st_mode) & 0o7777

    async def get_mode_async(self, path: TransportPath) -> int:
        """As :meth:`get_mode`."""
        return int((await self.get_attribute_async(path)).st_mode) & 0o7777

    @abc.abstractmethod
    def chmod(self, path: TransportPath, mode: int) -> Any:
        """Set the permission bits of a file."""

    def chown(self, path: TransportPath, uid: int, gid: int) -> NoReturn:
        """Set the owner of a file, which no transport of AiiDA does."""
        raise NotImplementedError(f'{self.__class__.__name__} does not change the owner of files')

    async def chown_async(self, path: TransportPath, uid: int, gid: int) -> NoReturn:
        """As :meth:`chown`."""
        self.chown(path, uid, gid)

    @abc.abstractmethod
    def isdir(self, path: TransportPath) -> bool:
        """Return whether the path is a folder; ``False`` if it does not exist or is empty."""

    @abc.abstractmethod
    def isfile(self, path: TransportPath) -> bool:
        """Return whether the path is a file; ``False`` if it does not exist or is empty."""

    @abc.abstractmethod
    def path_exists(self, path: TransportPath) -> bool:
        """Return whether the path exists; a link to nothing does not."""

    @abc.abstractmethod
    def normalize(self, path: TransportPath = '.') -> str:
        """Return the path made absolute, without ``.`` and ``..``."""

    def getcwd(self) -> str:
        """Return the folder relative paths are taken from, the user's home."""
        return self.normalize('.')

    @abc.abstractmethod
    def remove(self, path: TransportPath) -> Any:
        """Delete a file.

        :raises OSError: if it is absent or a folder.
        """

    @abc.abstractmethod
    def rename(self, oldpath: TransportPath, newpath: TransportPath) -> Any:
        """Move a file or folder.

        :raises OSError: if there is nothing to move, or something where it should go.
        """

    @abc.abstractmethod
    def symlink(self, remotesource: TransportPath, remotedestination: TransportPath) -> Any:
        """Make a link at ``remotedestination`` that leads to ``remotesource``.

        For a pattern, make a link in the folder ``remotedestination`` to each thing that matches.
        """

    # folders

    @abc.abstractmethod
    def mkdir(self, path: TransportPath, ignore_existing: bool = False) -> Any:
        """Make a folder.

        :raises OSError: if it exists and that is not to be ignored, or its parent does not exist.
        """

    @abc.abstractmethod
    def makedirs(self, path: TransportPath, ignore_existing: bool = False) -> Any:
        """Make a folder and its parents.

        :raises OSError: if it exists and that is not to be ignored.
        """

    @abc.abstractmethod
    def listdir(self, path: TransportPath = '.', pattern: str | None = None) -> list[str]:
        """Return the names in a folder, those that match the pattern if one is given."""

    def listdir_withattributes(self, path: TransportPath = '.', pattern: str | None = None) -> list[dict[str, Any]]:
        """Return a dictionary with ``name``, ``attributes`` and ``isdir`` for each name in a folder."""
        return [
            {
                'name': name,
                'attributes': self.get_attribute(os.path.join(path, name)),
                'isdir': self.isdir(os.path.join(path, name)),
            }
            for name in self.listdir(path, pattern)
        ]

    @abc.abstractmethod
    def rmdir(self, path: TransportPath) -> Any:
        """Delete an empty folder."""

    @abc.abstractmethod
    def rmtree(self, path: TransportPath) -> Any:
        """Delete a folder and all in it, or a file; nothing happens if it does not exist."""

    # copies

    @abc.abstractmethod
    def put(self, localpath: TransportPath, remotepath: TransportPath, *args: Any, **kwargs: Any) -> Any:
        """Copy a file, a folder, or what matches a pattern, to the computer.

        :param localpath: absolute path or pattern on this machine.
        :param kwargs: ``dereference`` (copy what links lead to, default true), ``overwrite`` (default true),
            ``ignore_nonexisting`` (default false).
        """

    @abc.abstractmethod
    def putfile(self, localpath: TransportPath, remotepath: TransportPath, *args: Any, **kwargs: Any) -> Any:
        """Copy one file to the computer, with ``dereference`` and ``overwrite``."""

    @abc.abstractmethod
    def puttree(self, localpath: TransportPath, remotepath: TransportPath, *args: Any, **kwargs: Any) -> Any:
        """Copy one folder to the computer, into ``remotepath`` if that is a folder that exists."""

    @abc.abstractmethod
    def get(self, remotepath: TransportPath, localpath: TransportPath, *args: Any, **kwargs: Any) -> Any:
        """Copy a file, a folder, or what matches a pattern, from the computer; options as for :meth:`put`."""

    @abc.abstractmethod
    def getfile(self, remotepath: TransportPath, localpath: TransportPath, *args: Any, **kwargs: Any) -> Any:
        """Copy one file from the computer, with ``dereference`` and ``overwrite``."""

    @abc.abstractmethod
    def gettree(self, remotepath: TransportPath, localpath: TransportPath, *args: Any, **kwargs: Any) -> Any:
        """Copy one folder from the computer, into ``localpath`` if that is a folder that exists."""

    @abc.abstractmethod
    def copy(
        self,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        dereference: bool = False,
        recursive: bool = True,
    ) -> Any:
        """Copy a file, a folder, or what matches a pattern, on the computer."""

    @abc.abstractmethod
    def copyfile(self, remotesource: TransportPath, remotedestination: TransportPath, dereference: bool = False) -> Any:
        """Copy one file on the computer."""

    @abc.abstractmethod
    def copytree(self, remotesource: TransportPath, remotedestination: TransportPath, dereference: bool = False) -> Any:
        """Copy one folder on the computer."""

    def copy_from_remote_to_remote(
        self,
        transportdestination: Transport,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        **kwargs: Any,
    ) -> None:
        """Copy to the computer of another transport."""
        util.copy_from_remote_to_remote(self, transportdestination, remotesource, remotedestination, **kwargs)

    @abc.abstractmethod
    async def copy_from_remote_to_remote_async(
        self,
        transportdestination: Transport,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        **kwargs: Any,
    ) -> None:
        """As :meth:`copy_from_remote_to_remote`."""

    @abc.abstractmethod
    def compress(
        self,
        format: str,
        remotesources: TransportPath | list[TransportPath],
        remotedestination: TransportPath,
        root_dir: TransportPath,
        overwrite: bool = True,
        dereference: bool = False,
    ) -> Any:
        """Pack files and folders on the computer into an archive.

        :param format: ``tar``, ``tar.gz``, ``tar.bz2`` or ``tar.xz``.
        :param remotesources: paths or patterns.
        :param remotedestination: the archive.
        :param root_dir: names in the archive are relative to this folder.
        """

    @abc.abstractmethod
    def extract(
        self,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        overwrite: bool = True,
        strip_components: int = 0,
    ) -> Any:
        """Unpack an archive on the computer into a folder, which is made."""

    # patterns

    def glob(self, pathname: TransportPath) -> list[str]:
        """Return the paths on the computer that match a pattern; names with a leading dot match only a dot."""
        return list(self.iglob(pathname))

    def iglob(self, pathname: TransportPath) -> Iterator[str]:
        """Yield the paths on the computer that match a pattern."""
        path = str(pathname)
        if not has_magic(path):
            if self.path_exists(path):
                yield path
            return
        dirname, basename = os.path.split(path)
        folders = self.iglob(dirname) if dirname != path and has_magic(dirname) else [dirname]
        names = self.glob1 if has_magic(basename) else self.glob0
        for folder in folders:
            for name in names(folder, basename):
                yield os.path.join(folder, name)

    def glob1(self, dirname: str, pattern: str) -> list[str]:
        """Return the names in a folder that match a pattern."""
        try:
            names = self.listdir(dirname or '.')
        except OSError:
            return []
        if not pattern.startswith('.'):
            names = [name for name in names if not name.startswith('.')]
        return fnmatch.filter(names, pattern)

    def glob0(self, dirname: str, basename: str) -> list[str]:
        """Return the name itself if it exists in a folder."""
        path = os.path.join(dirname, basename)
        exists = self.isdir(dirname) if basename == '' else self.path_exists(path)
        return [basename] if exists else []

    # the same, awaited

    @abc.abstractmethod
    async def open_async(self) -> Any:
        """As :meth:`open`."""

    @abc.abstractmethod
    async def close_async(self) -> Any:
        """As :meth:`close`."""

    @abc.abstractmethod
    async def chmod_async(self, path: TransportPath, mode: int) -> Any:
        """As :meth:`chmod`."""

    @abc.abstractmethod
    async def copy_async(
        self,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        dereference: bool = False,
        recursive: bool = True,
    ) -> Any:
        """As :meth:`copy`."""

    @abc.abstractmethod
    async def copyfile_async(
        self, remotesource: TransportPath, remotedestination: TransportPath, dereference: bool = False
    ) -> Any:
        """As :meth:`copyfile`."""

    @abc.abstractmethod
    async def copytree_async(
        self, remotesource: TransportPath, remotedestination: TransportPath, dereference: bool = False
    ) -> Any:
        """As :meth:`copytree`."""

    @abc.abstractmethod
    async def compress_async(
        self,
        format: str,
        remotesources: TransportPath | list[TransportPath],
        remotedestination: TransportPath,
        root_dir: TransportPath,
        overwrite: bool = True,
        dereference: bool = False,
    ) -> Any:
        """As :meth:`compress`."""

    @abc.abstractmethod
    async def extract_async(
        self,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        overwrite: bool = True,
        strip_components: int = 0,
    ) -> Any:
        """As :meth:`extract`."""

    @abc.abstractmethod
    async def get_async(self, remotepath: TransportPath, localpath: TransportPath, *args: Any, **kwargs: Any) -> Any:
        """As :meth:`get`."""

    @abc.abstractmethod
    async def getfile_async(
        self, remotepath: TransportPath, localpath: TransportPath, *args: Any, **kwargs: Any
    ) -> Any:
        """As :meth:`getfile`."""

    @abc.abstractmethod
    async def gettree_async(
        self, remotepath: TransportPath, localpath: TransportPath, *args: Any, **kwargs: Any
    ) -> Any:
        """As :meth:`gettree`."""

    @abc.abstractmethod
    async def put_async(self, localpath: TransportPath, remotepath: TransportPath, *args: Any, **kwargs: Any) -> Any:
        """As :meth:`put`."""

    @abc.abstractmethod
    async def putfile_async(
        self, localpath: TransportPath, remotepath: TransportPath, *args: Any, **kwargs: Any
    ) -> Any:
        """As :meth:`putfile`."""

    @abc.abstractmethod
    async def puttree_async(
        self, localpath: TransportPath, remotepath: TransportPath, *args: Any, **kwargs: Any
    ) -> Any:
        """As :meth:`puttree`."""

    @abc.abstractmethod
    async def get_attribute_async(self, path: TransportPath) -> util.FileAttribute:
        """As :meth:`get_attribute`."""

    @abc.abstractmethod
    async def glob_async(self, pathname: TransportPath) -> list[str]:
        """As :meth:`glob`."""

    @abc.abstractmethod
    async def isdir_async(self, path: TransportPath) -> bool:
        """As :meth:`isdir`."""

    @abc.abstractmethod
    async def isfile_async(self, path: TransportPath) -> bool:
        """As :meth:`isfile`."""

    @abc.abstractmethod
    async def path_exists_async(self, path: TransportPath) -> bool:
        """As :meth:`path_exists`."""

    @abc.abstractmethod
    async def listdir_async(self, path: TransportPath, pattern: str | None = None) -> list[str]:
        """As :meth:`listdir`."""

    @abc.abstractmethod
    async def listdir_withattributes_async(
        self, path: TransportPath, pattern: str | None = None
    ) -> list[dict[str, Any]]:
        """As :meth:`listdir_withattributes`."""

    @abc.abstractmethod
    async def makedirs_async(self, path: TransportPath, ignore_existing: bool = False) -> Any:
        """As :meth:`makedirs`."""

    @abc.abstractmethod
    async def mkdir_async(self, path: TransportPath, ignore_existing: bool = False) -> Any:
        """As :meth:`mkdir`."""

    @abc.abstractmethod
    async def normalize_async(self, path: TransportPath) -> str:
        """As :meth:`normalize`."""

    @abc.abstractmethod
    async def remove_async(self, path: TransportPath) -> Any:
        """As :meth:`remove`."""

    @abc.abstractmethod
    async def rename_async(self, oldpath: TransportPath, newpath: TransportPath) -> Any:
        """As :meth:`rename`."""

    @abc.abstractmethod
    async def rmdir_async(self, path: TransportPath) -> Any:
        """As :meth:`rmdir`."""

    @abc.abstractmethod
    async def rmtree_async(self, path: TransportPath) -> Any:
        """As :meth:`rmtree`."""

    @abc.abstractmethod
    async def symlink_async(self, remotesource: TransportPath, remotedestination: TransportPath) -> Any:
        """As :meth:`symlink`."""
