"""Transports and the two halves they are made of: one waits in the call, the other is awaited."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiida.transports import archives, util
from aiida.transports.contract import (
    Transport,
    TransportInternalError,
    TransportPath,
    has_magic,
    validate_positive_number,
)

__all__ = (
    'AsyncTransport',
    'BlockingTransport',
    'Transport',
    'TransportInternalError',
    'TransportPath',
    'has_magic',
    'validate_positive_number',
)

T = TypeVar('T')


class BlockingTransport(Transport):
    """A transport whose verbs wait in the call; those that are awaited call them."""

    def compress(
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
        target = str(remotedestination)
        if self.isdir(target):
            raise OSError(f'{target} is a folder: name the archive to be written')
        if not overwrite and self.path_exists(target):
            raise OSError(f'{target} exists and is not to be overwritten')
        paths = self._archive_members(remotesources)
        self.makedirs(os.path.dirname(target), ignore_existing=True)
        self._run_tar(archives.pack_command(format, target, str(root_dir), paths, dereference))

    def _archive_members(self, remotesources: TransportPath | list[TransportPath]) -> list[str]:
        """Return the paths to be packed.

        :raises OSError: if one does not exist or a pattern matches nothing.
        """
        sources = remotesources if isinstance(remotesources, list) else [remotesources]
        members = []
        for source in map(str, sources):
            found = self.glob(source)
            if not found:
                raise OSError(f'there is nothing to pack at {source}')
            members += found
        return members

    def extract(
        self,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        overwrite: bool = True,
        strip_components: int = 0,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Unpack an archive into a folder, by the computer's ``tar``, which finds out the format.

        :param strip_components: leave out so many leading folders of the names.
        :raises OSError: if the archive is absent or ``tar`` fails.
        """
        source, target = str(remotesource), str(remotedestination)
        if not self.path_exists(source):
            raise OSError(f'there is no archive {source}')
        self.makedirs(target, ignore_existing=True)
        self._run_tar(archives.unpack_command(source, target, overwrite, strip_components))

    def _run_tar(self, command: str) -> None:
        returned, stdout, stderr = self.exec_command_wait(command)
        if returned != 0:
            raise OSError(f'`{command}` returned {returned}: {stderr.strip() or stdout.strip()}')

    # the verbs that are awaited

    async def whoami_async(self) -> str:
        return self.whoami()

    async def exec_command_internal_async(
        self, command: str, workdir: TransportPath | None = None, **kwargs: Any
    ) -> Any:
        return self._exec_command_internal(command, workdir, **kwargs)

    async def exec_command_wait_async(
        self,
        command: str,
        stdin: Any = None,
        encoding: str = 'utf-8',
        workdir: TransportPath | None = None,
        **kwargs: Any,
    ) -> tuple[int, str, str]:
        return self.exec_command_wait(command, stdin=stdin, encoding=encoding, workdir=workdir, **kwargs)

    async def exec_command_wait_bytes_async(
        self, command: str, stdin: Any = None, workdir: TransportPath | None = None, **kwargs: Any
    ) -> tuple[int, bytes, bytes]:
        return self.exec_command_wait_bytes(command, stdin=stdin, workdir=workdir, **kwargs)

    async def copy_from_remote_to_remote_async(
        self,
        transportdestination: Transport,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        **kwargs: Any,
    ) -> None:
        self.copy_from_remote_to_remote(transportdestination, remotesource, remotedestination, **kwargs)

    async def open_async(self) -> Any:
        return self.open()

    async def close_async(self) -> Any:
        return self.close()

    async def chmod_async(self, path: TransportPath, mode: int) -> Any:
        return self.chmod(path, mode)

    async def copy_async(
        self,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        dereference: bool = False,
        recursive: bool = True,
    ) -> Any:
        return self.copy(remotesource, remotedestination, dereference, recursive)

    async def copyfile_async(
        self, remotesource: TransportPath, remotedestination: TransportPath, dereference: bool = False
    ) -> Any:
        return self.copyfile(remotesource, remotedestination, dereference)

    async def copytree_async(
        self, remotesource: TransportPath, remotedestination: TransportPath, dereference: bool = False
    ) -> Any:
        return self.copytree(remotesource, remotedestination, dereference)

    async def compress_async(
        self,
        format: str,
        remotesources: TransportPath | list[TransportPath],
        remotedestination: TransportPath,
        root_dir: TransportPath,
        overwrite: bool = True,
        dereference: bool = False,
    ) -> Any:
        return self.compress(format, remotesources, remotedestination, root_dir, overwrite, dereference)

    async def extract_async(
        self,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        overwrite: bool = True,
        strip_components: int = 0,
    ) -> Any:
        return self.extract(remotesource, remotedestination, overwrite, strip_components)

    async def get_async(self, remotepath: TransportPath, localpath: TransportPath, *args: Any, **kwargs: Any) -> Any:
        return self.get(remotepath, localpath, *args, **kwargs)

    async def getfile_async(
        self, remotepath: TransportPath, localpath: TransportPath, *args: Any, **kwargs: Any
    ) -> Any:
        return self.getfile(remotepath, localpath, *args, **kwargs)

    async def gettree_async(
        self, remotepath: TransportPath, localpath: TransportPath, *args: Any, **kwargs: Any
    ) -> Any:
        return self.gettree(remotepath, localpath, *args, **kwargs)

    async def put_async(self, localpath: TransportPath, remotepath: TransportPath, *args: Any, **kwargs: Any) -> Any:
        return self.put(localpath, remotepath, *args, **kwargs)

    async def putfile_async(
        self, localpath: TransportPath, remotepath: TransportPath, *args: Any, **kwargs: Any
    ) -> Any:
        return self.putfile(localpath, remotepath, *args, **kwargs)

    async def puttree_async(
        self, localpath: TransportPath, remotepath: TransportPath, *args: Any, **kwargs: Any
    ) -> Any:
        return self.puttree(localpath, remotepath, *args, **kwargs)

    async def get_attribute_async(self, path: TransportPath) -> util.FileAttribute:
        return self.get_attribute(path)

    async def glob_async(self, pathname: TransportPath) -> list[str]:
        return self.glob(pathname)

    async def isdir_async(self, path: TransportPath) -> bool:
        return self.isdir(path)

    async def isfile_async(self, path: TransportPath) -> bool:
        return self.isfile(path)

    async def path_exists_async(self, path: TransportPath) -> bool:
        return self.path_exists(path)

    async def listdir_async(self, path: TransportPath, pattern: str | None = None) -> list[str]:
        return self.listdir(path, pattern)

    async def listdir_withattributes_async(
        self, path: TransportPath, pattern: str | None = None
    ) -> list[dict[str, Any]]:
        return self.listdir_withattributes(path, pattern)

    async def makedirs_async(self, path: TransportPath, ignore_existing: bool = False) -> Any:
        return self.makedirs(path, ignore_existing)

    async def mkdir_async(self, path: TransportPath, ignore_existing: bool = False) -> Any:
        return self.mkdir(path, ignore_existing)

    async def normalize_async(self, path: TransportPath) -> str:
        return self.normalize(path)

    async def remove_async(self, path: TransportPath) -> Any:
        return self.remove(path)

    async def rename_async(self, oldpath: TransportPath, newpath: TransportPath) -> Any:
        return self.rename(oldpath, newpath)

    async def rmdir_async(self, path: TransportPath) -> Any:
        return self.rmdir(path)

    async def rmtree_async(self, path: TransportPath) -> Any:
        return self.rmtree(path)

    async def symlink_async(self, remotesource: TransportPath, remotedestination: TransportPath) -> Any:
        return self.symlink(remotesource, remotedestination)


class AsyncTransport(Transport):
    """A transport whose verbs are awaited; those that wait in the call run them on its event loop.

    A verb that waits may be called where no event loop is running, by a process, or from a thread other than that of
    the running loop the channel was opened on.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Any:
        self._loop = asyncio.get_running_loop()
        return await super().__aenter__()

    def run_command_blocking(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """Wait for ``func(*args, **kwargs)``, a verb that is to be awaited.

        :raises TransportInternalError: if called from a coroutine, which would wait for itself.
        """
        if self._is_in_a_loop():
            # Code that is run by a process has a portal through which it can wait nevertheless.
            from plumpy.greenback_bridge import has_portal, sync_await

            if not has_portal():
                raise TransportInternalError(f'await `{func.__name__}` here: a coroutine cannot wait for its own loop')
            return sync_await(func(*args, **kwargs))
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
        return self._wait_for(func(*args, **kwargs), self._loop)

    @staticmethod
    def _is_in_a_loop() -> bool:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return False
        return True

    @staticmethod
    def _wait_for(coroutine: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
        if loop.is_running():
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()
        return loop.run_until_complete(coroutine)

    def _exec_command_internal(self, *args: Any, **kwargs: Any) -> Any:
        raise TransportInternalError(f'{self.__class__.__name__} has no commands that are started but not awaited')

    def exec_command_wait(self, *args: Any, **kwargs: Any) -> tuple[int, str, str]:
        result: tuple[int, str, str] = self.run_command_blocking(self.exec_command_wait_async, *args, **kwargs)
        return result

    def exec_command_wait_bytes(self, *args: Any, **kwargs: Any) -> tuple[int, bytes, bytes]:
        returned, stdout, stderr = self.exec_command_wait(*args, **kwargs)
        return returned, stdout.encode(), stderr.encode()

    def get_mode(self, *args: Any, **kwargs: Any) -> int:
        return int(self.run_command_blocking(self.get_mode_async, *args, **kwargs))

    def whoami(self, *args: Any, **kwargs: Any) -> str:
        return str(self.run_command_blocking(self.whoami_async, *args, **kwargs))

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.open_async, *args, **kwargs)

    def close(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.close_async, *args, **kwargs)

    def chmod(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.chmod_async, *args, **kwargs)

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.copy_async, *args, **kwargs)

    def copyfile(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.copyfile_async, *args, **kwargs)

    def copytree(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.copytree_async, *args, **kwargs)

    def compress(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.compress_async, *args, **kwargs)

    def extract(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.extract_async, *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.get_async, *args, **kwargs)

    def getfile(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.getfile_async, *args, **kwargs)

    def gettree(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.gettree_async, *args, **kwargs)

    def put(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.put_async, *args, **kwargs)

    def putfile(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.putfile_async, *args, **kwargs)

    def puttree(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.puttree_async, *args, **kwargs)

    def get_attribute(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.get_attribute_async, *args, **kwargs)

    def glob(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.glob_async, *args, **kwargs)

    def isdir(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.isdir_async, *args, **kwargs)

    def isfile(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.isfile_async, *args, **kwargs)

    def path_exists(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.path_exists_async, *args, **kwargs)

    def listdir(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.listdir_async, *args, **kwargs)

    def listdir_withattributes(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.listdir_withattributes_async, *args, **kwargs)

    def makedirs(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.makedirs_async, *args, **kwargs)

    def mkdir(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.mkdir_async, *args, **kwargs)

    def normalize(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.normalize_async, *args, **kwargs)

    def remove(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.remove_async, *args, **kwargs)

    def rename(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.rename_async, *args, **kwargs)

    def rmdir(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.rmdir_async, *args, **kwargs)

    def rmtree(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.rmtree_async, *args, **kwargs)

    def symlink(self, *args: Any, **kwargs: Any) -> Any:
        return self.run_command_blocking(self.symlink_async, *args, **kwargs)
