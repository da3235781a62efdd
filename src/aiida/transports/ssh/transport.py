"""What the transports over SSH have in common: all verbs; they differ in the settings they take."""

from __future__ import annotations

import os
import posixpath
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from aiida.common.escaping import escape_for_bash
from aiida.common.exceptions import InvalidOperation
from aiida.transports import archives, util
from aiida.transports.contract import Transport, TransportPath, has_magic
from aiida.transports.ssh import connections, copies, transfers
from aiida.transports.ssh.commands import run_in_bash
from aiida.transports.ssh.connections import Connection, Lease
from aiida.transports.ssh.endpoint import Endpoint
from aiida.transports.ssh.files import Files
from aiida.transports.ssh.loop import close_loop, loop_is_running, on_ssh_loop, wait_on_ssh_loop
from aiida.transports.ssh.transfers import Transfer
from aiida.transports.transport import AsyncTransport

if TYPE_CHECKING:
    from aiida.transports.util import FileAttribute

__all__ = ('SshBaseTransport', 'close_connections')

T = TypeVar('T')

_at_exit_lock = threading.Lock()
_at_exit_of: int | None = None


class SshBaseTransport(AsyncTransport):
    """Files and commands on a computer over SSH.

    Transports with the same settings share a connection, which is kept for a minute when they are closed. It lives in a
    thread of its own, so verbs that wait may be called anywhere.
    """

    _DEFAULT_SAFE_OPEN_INTERVAL: ClassVar[float] = 15.0
    ANY_THREAD: ClassVar[bool] = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lease: Lease | None = None
        self._data_lease: Lease | None = None
        #: Where relative paths begin, known when the transport is open.
        self._folder = ''

    def _endpoint(self) -> Endpoint:
        """Return where commands are run."""
        raise NotImplementedError

    def _data_endpoint(self) -> Endpoint | None:
        """Return through which computer files are moved; ``None`` for the one where commands are run."""
        return None

    # opening and closing

    def has_connection(self) -> bool:
        return connections.has_connection(self._endpoint())

    async def open_async(self) -> Any:
        """Open the channel.

        :raises SshError: if the computer cannot be reached, is not known, or does not let the user in.
        """
        self._check_closed()
        _close_at_exit()
        return await on_ssh_loop(self._open())

    async def _open(self) -> Any:
        endpoint, data_endpoint = self._endpoint(), self._data_endpoint()
        lease = Lease(endpoint, self._safe_open_interval)
        await lease.open()
        try:
            data_lease = lease
            if data_endpoint is not None:
                data_lease = Lease(data_endpoint, self._safe_open_interval)
                await data_lease.open()
            self._folder = await data_lease.run(lambda connection: connection.home())
        except BaseException:
            lease.close()
            if data_lease is not lease:
                data_lease.close()
            raise
        self._lease, self._data_lease = lease, data_lease
        self._is_open = True
        return self

    async def close_async(self) -> None:
        """Close the channel.

        :raises InvalidOperation: if it is closed.
        """
        if not self._is_open:
            raise InvalidOperation(f'{self!r} is closed already')
        self._is_open = False
        await on_ssh_loop(self._close())

    async def _close(self) -> None:
        assert self._lease is not None
        assert self._data_lease is not None
        self._lease.close()
        if self._data_lease is not self._lease:
            self._data_lease.close()
        self._lease = self._data_lease = None

    def run_command_blocking(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """Wait for ``func(*args, **kwargs)``, a verb that is to be awaited.

        Code of a process lets other processes go on meanwhile; other code holds its thread.
        """
        if self._is_in_a_loop():
            from plumpy.greenback_bridge import has_portal, sync_await

            if has_portal():
                return sync_await(func(*args, **kwargs))
        coroutine: Coroutine[Any, Any, Any] = func(*args, **kwargs)
        return wait_on_ssh_loop(coroutine)

    async def _on_files(self, action: Callable[[Files], Awaitable[T]]) -> T:
        """Return what an action on files returns."""

        async def act(connection: Connection) -> T:
            return await action(await Files.of(connection))

        return await self._on_data(act)

    async def _on_data(self, action: Callable[[Connection], Awaitable[T]]) -> T:
        """Return what an action returns on the connection that files are moved by."""
        self._check_open()
        assert self._data_lease is not None
        return await on_ssh_loop(self._data_lease.run(action))

    async def _on_login(self, action: Callable[[Connection], Awaitable[T]]) -> T:
        """Return what an action returns on the connection that commands are run by."""
        self._check_open()
        assert self._lease is not None
        return await on_ssh_loop(self._lease.run(action))

    # paths

    def _path(self, path: TransportPath) -> str:
        """Return an absolute path on the computer; an empty one stays empty."""
        self._check_open()
        text = os.fspath(path)
        return posixpath.join(self._folder, text) if text else text

    def _given(self, path: TransportPath, what: str) -> str:
        """Return an absolute path on the computer.

        :raises ValueError: if it is empty.
        """
        if not os.fspath(path):
            raise ValueError(f'the path {what} is empty')
        return self._path(path)

    @staticmethod
    def _ours(path: TransportPath, what: str) -> str:
        """Return a path on this machine.

        :raises ValueError: if it is empty or relative.
        """
        text = os.fspath(path)
        if not os.path.isabs(text):
            raise ValueError(f'{what} must be an absolute path, not {text!r}' + ('' if text else ', which is empty'))
        return text

    # commands

    async def exec_command_wait_bytes_async(
        self,
        command: str,
        stdin: Any = None,
        workdir: TransportPath | None = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> tuple[int, bytes, bytes]:
        """Run a command in bash, a login shell if ``use_login_shell`` says so, and wait for it.

        :param timeout: kill it after so many seconds.
        :param kwargs: ``login_shell``, instead of what ``use_login_shell`` says; ``combine_stderr``.
        :raises ValueError: if ``stdin`` is neither text, bytes, nor a file object.
        :raises subprocess.TimeoutExpired: if it took longer than ``timeout``.
        """
        data = util.read_stdin(stdin)
        folder = self._path(workdir or self._folder)
        login = kwargs.get('login_shell', self._use_login_shell)
        if kwargs.get('combine_stderr'):
            command = f'exec 2>&1\n{command}'
        return await self._on_login(lambda connection: run_in_bash(connection, command, folder, login, data, timeout))

    async def exec_command_wait_async(
        self,
        command: str,
        stdin: Any = None,
        encoding: str = 'utf-8',
        workdir: TransportPath | None = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> tuple[int, str, str]:
        returned, stdout, stderr = await self.exec_command_wait_bytes_async(command, stdin, workdir, timeout, **kwargs)
        return returned, stdout.decode(encoding), stderr.decode(encoding)

    def exec_command_wait_bytes(self, *args: Any, **kwargs: Any) -> tuple[int, bytes, bytes]:
        result: tuple[int, bytes, bytes] = self.run_command_blocking(
            self.exec_command_wait_bytes_async, *args, **kwargs
        )
        return result

    def exec_system_command_wait(self, command: str) -> tuple[int, str, str]:
        """Run a command of the operating system itself in bash, without reading the profile files."""
        return self.exec_command_wait(command, login_shell=False)

    async def whoami_async(self) -> str:
        async def ask(connection: Connection) -> str:
            return await connection.once('whoami', self._ask_who)

        return await self._on_login(ask)

    async def _ask_who(self) -> str:
        returned, stdout, stderr = await self.exec_command_wait_async('whoami', login_shell=False)
        if returned != 0 or not stdout.strip():
            raise OSError(f'cannot find out the name of the user: `whoami` returned {returned}: {stderr.strip()}')
        return stdout.split()[-1]

    def _remote_shell(self, remotedir: TransportPath | None) -> str:
        """Return the last part of the command for a terminal, quoted."""
        text = self._gotocomputer_string(remotedir)
        return text if remotedir is None else escape_for_bash(text)

    # files, one by one

    async def get_attribute_async(self, path: TransportPath) -> FileAttribute:
        absolute = self._path(path)
        return await self._on_files(lambda files: files.get_attribute(absolute))

    async def chmod_async(self, path: TransportPath, mode: int, follow_symlinks: bool = True) -> None:
        absolute = self._path(path)
        await self._on_files(lambda files: files.chmod(absolute, mode, follow_symlinks))

    async def isdir_async(self, path: TransportPath) -> bool:
        absolute = self._path(path)
        return await self._on_files(lambda files: files.isdir(absolute))

    async def isfile_async(self, path: TransportPath) -> bool:
        absolute = self._path(path)
        return await self._on_files(lambda files: files.isfile(absolute))

    async def path_exists_async(self, path: TransportPath) -> bool:
        absolute = self._path(path)
        return await self._on_files(lambda files: files.exists(absolute))

    async def normalize_async(self, path: TransportPath = '.') -> str:
        return posixpath.normpath(self._path(path))

    async def remove_async(self, path: TransportPath) -> None:
        absolute = self._path(path)
        await self._on_files(lambda files: files.remove(absolute))

    async def rename_async(self, oldpath: TransportPath, newpath: TransportPath) -> None:
        old, new = self._given(oldpath, 'to be renamed'), self._given(newpath, 'to rename to')
        await self._on_files(lambda files: files.rename(old, new))

    async def symlink_async(self, remotesource: TransportPath, remotedestination: TransportPath) -> None:
        source, target = os.fspath(remotesource), self._path(remotedestination)

        async def link(files: Files) -> None:
            if not has_magic(source) or await files.exists(self._path(source), follow=False):
                await files.symlink(posixpath.normpath(source), target)
                return
            for path in await files.glob(self._path(source)):
                await files.symlink(path, posixpath.join(target, posixpath.basename(path)))

        await self._on_files(link)

    # folders

    async def mkdir_async(self, path: TransportPath, ignore_existing: bool = False) -> None:
        absolute = self._path(path)
        await self._on_files(lambda files: files.mkdir(absolute, ignore_existing))

    async def makedirs_async(self, path: TransportPath, ignore_existing: bool = False) -> None:
        absolute = self._path(path)
        await self._on_files(lambda files: files.makedirs(absolute, ignore_existing))

    async def listdir_async(self, path: TransportPath = '.', pattern: str | None = None) -> list[str]:
        absolute = self._path(path)
        return await self._on_files(lambda files: files.listdir(absolute, pattern))

    async def listdir_withattributes_async(
        self, path: TransportPath = '.', pattern: str | None = None
    ) -> list[dict[str, Any]]:
        absolute = self._path(path)
        return await self._on_files(lambda files: files.listdir_withattributes(absolute, pattern))

    async def rmdir_async(self, path: TransportPath) -> None:
        absolute = self._path(path)
        await self._on_files(lambda files: files.rmdir(absolute))

    async def rmtree_async(self, path: TransportPath) -> None:
        absolute = self._path(path)
        await self._on_login(lambda connection: copies.rmtree(connection, absolute))

    async def glob_async(self, pathname: TransportPath, ignore_nonexisting: bool = True) -> list[str]:
        """Return the paths that match a pattern.

        :raises FileNotFoundError: if there are none, and that is not to be ignored.
        """
        absolute = self._path(pathname)
        found = await self._on_files(lambda files: files.glob(absolute))
        if not found and not ignore_nonexisting:
            raise FileNotFoundError(f'nothing matches {absolute} on {self.hostname}')
        return found

    # copies from and to this machine

    async def put_async(
        self,
        localpath: TransportPath,
        remotepath: TransportPath,
        dereference: bool = True,
        overwrite: bool = True,
        ignore_nonexisting: bool = False,
        preserve: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        target, source = self._given(remotepath, 'to copy to'), self._ours(localpath, 'what is put')
        how = Transfer(dereference, overwrite, ignore_nonexisting, preserve)
        await self._on_data(lambda connection: transfers.put(connection, source, target, how))

    async def putfile_async(
        self,
        localpath: TransportPath,
        remotepath: TransportPath,
        dereference: bool = True,
        overwrite: bool = True,
        preserve: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        target, source = self._given(remotepath, 'to copy to'), self._ours(localpath, 'what is put')
        how = Transfer(dereference, overwrite, preserve=preserve)
        await self._on_data(lambda connection: transfers.putfile(connection, source, target, how))

    async def puttree_async(
        self,
        localpath: TransportPath,
        remotepath: TransportPath,
        dereference: bool = True,
        overwrite: bool = True,
        preserve: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        target, source = self._given(remotepath, 'to copy to'), self._ours(localpath, 'what is put')
        how = Transfer(dereference, overwrite, preserve=preserve)
        await self._on_data(lambda connection: transfers.puttree(connection, source, target, how))

    async def get_async(
        self,
        remotepath: TransportPath,
        localpath: TransportPath,
        dereference: bool = True,
        overwrite: bool = True,
        ignore_nonexisting: bool = False,
        preserve: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        source, target = self._given(remotepath, 'of what is to be copied'), self._ours(localpath, 'where to get to')
        how = Transfer(dereference, overwrite, ignore_nonexisting, preserve)
        await self._on_data(lambda connection: transfers.get(connection, source, target, how))

    async def getfile_async(
        self,
        remotepath: TransportPath,
        localpath: TransportPath,
        dereference: bool = True,
        overwrite: bool = True,
        preserve: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        source, target = self._given(remotepath, 'of what is to be copied'), self._ours(localpath, 'where to get to')
        how = Transfer(dereference, overwrite, preserve=preserve)
        await self._on_data(lambda connection: transfers.getfile(connection, source, target, how))

    async def gettree_async(
        self,
        remotepath: TransportPath,
        localpath: TransportPath,
        dereference: bool = True,
        overwrite: bool = True,
        preserve: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        source, target = self._given(remotepath, 'of what is to be copied'), self._ours(localpath, 'where to get to')
        how = Transfer(dereference, overwrite, preserve=preserve)
        await self._on_data(lambda connection: transfers.gettree(connection, source, target, how))

    # copies on the computer

    async def copy_async(
        self,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        dereference: bool = False,
        recursive: bool = True,
        preserve: bool = False,
    ) -> None:
        source = self._given(remotesource, 'of what is to be copied')
        target = self._given(remotedestination, 'to copy to')

        async def copy(connection: Connection) -> None:
            files = await Files.of(connection)
            if not has_magic(source) or await files.exists(source, follow=False):
                paths = [source]
            else:
                paths = await files.glob(source)
                room = await files.attributes(target) if len(paths) > 1 else None
                transfers.check_room(len(paths), target, room)
            if paths:
                await copies.copy(connection, paths, target, dereference, preserve)

        await self._on_login(copy)

    async def copyfile_async(
        self,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        dereference: bool = False,
        preserve: bool = False,
    ) -> None:
        source = self._given(remotesource, 'of what is to be copied')
        target = self._given(remotedestination, 'to copy to')
        await self._on_login(lambda connection: copies.copyfile(connection, source, target, dereference, preserve))

    async def copytree_async(
        self,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        dereference: bool = False,
        preserve: bool = False,
    ) -> None:
        source = self._given(remotesource, 'of what is to be copied')
        target = self._given(remotedestination, 'to copy to')
        await self._on_login(lambda connection: copies.copytree(connection, source, target, dereference, preserve))

    async def copy_from_remote_to_remote_async(
        self,
        transportdestination: Transport,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        **kwargs: Any,
    ) -> None:
        await util.copy_from_remote_to_remote_async(
            self, transportdestination, remotesource, remotedestination, **kwargs
        )

    # archives

    async def compress_async(
        self,
        format: str,
        remotesources: TransportPath | list[TransportPath],
        remotedestination: TransportPath,
        root_dir: TransportPath,
        overwrite: bool = True,
        dereference: bool = False,
    ) -> None:
        """Pack files and folders into an archive, by the computer's ``tar``.

        :raises ValueError: if the format is none of ``tar``, ``tar.gz``, ``tar.bz2``, ``tar.xz``.
        :raises OSError: if a source is absent, the archive exists and may not be overwritten, or ``tar`` fails.
        """
        archives.check_format(format)
        target = self._path(remotedestination)
        if await self.isdir_async(target):
            raise OSError(f'{target} is a folder: name the archive to be written')
        if not overwrite and await self.path_exists_async(target):
            raise OSError(f'{target} exists and is not to be overwritten')
        paths = []
        for source in remotesources if isinstance(remotesources, list) else [remotesources]:
            found = await self.glob_async(source)
            if not found:
                raise OSError(f'there is nothing to pack at {source}')
            paths += found
        await self.makedirs_async(posixpath.dirname(target), ignore_existing=True)
        await self._run_archiver(archives.pack_command(format, target, self._path(root_dir), paths, dereference))

    async def extract_async(
        self,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        overwrite: bool = True,
        strip_components: int = 0,
    ) -> None:
        """Unpack an archive into a folder, by the computer's ``tar``, which finds out the format.

        :param strip_components: leave out so many leading folders of the names.
        :raises OSError: if the archive is absent or ``tar`` fails.
        """
        source, target = self._path(remotesource), self._path(remotedestination)
        if not await self.path_exists_async(source):
            raise OSError(f'there is no archive {source}')
        await self.makedirs_async(target, ignore_existing=True)
        await self._run_archiver(archives.unpack_command(source, target, overwrite, strip_components))

    async def _run_archiver(self, command: str) -> None:
        returned, stdout, stderr = await self.exec_command_wait_async(command)
        if returned != 0:
            raise OSError(f'`{command}` returned {returned}: {stderr.strip() or stdout.strip()}')


def close_connections() -> None:
    """Close all connections of this process, used or not, and the thread they live in."""
    if loop_is_running():
        wait_on_ssh_loop(connections.close_all())
        close_loop()


def _close_at_exit() -> None:
    """Say goodbye to the computers when this process ends."""
    import atexit

    global _at_exit_of
    with _at_exit_lock:
        if _at_exit_of != os.getpid():
            _at_exit_of = os.getpid()
            atexit.register(close_connections)
