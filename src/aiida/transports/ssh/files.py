"""Files on a computer, one by one, over SFTP."""

from __future__ import annotations

import asyncio
import fnmatch
import os
import posixpath
import stat
from collections.abc import Iterable
from typing import Any

from aiida.transports.contract import has_magic
from aiida.transports.ssh.connections import Connection
from aiida.transports.ssh.errors import load_asyncssh, named
from aiida.transports.util import FileAttribute

__all__ = ('Files',)

#: Up to so many bytes a file is read or written by one request.
_SMALL = 128 * 1024


def _is_dir(attributes: Any) -> bool:
    return attributes is not None and stat.S_ISDIR(attributes.permissions or 0)


class Files:
    """The verbs for files of a connection; paths are absolute, and an empty one is no path."""

    def __init__(self, connection: Connection, sftp: Any) -> None:
        """
        :param sftp: the ``asyncssh.SFTPClient``.
        """
        self.connection = connection
        self._sftp = sftp

    @classmethod
    async def of(cls, connection: Connection) -> Files:
        """Return the files of a connection."""
        return cls(connection, await connection.sftp())

    # questions

    async def attributes(self, path: str, follow: bool = True) -> Any:
        """Return the ``asyncssh.SFTPAttrs`` of what is at a path; ``None`` if there is nothing, or no path."""
        if not path:
            return None
        try:
            with named(path):
                return await (self._sftp.stat(path) if follow else self._sftp.lstat(path))
        except (FileNotFoundError, NotADirectoryError):
            return None

    async def existing(self, path: str, follow: bool = False) -> Any:
        """Return the attributes of what is at a path.

        :raises FileNotFoundError: if there is nothing.
        """
        found = await self.attributes(path, follow)
        if found is None:
            raise FileNotFoundError(f'there is no file or folder {path!r} on {self.connection.endpoint}')
        return found

    async def isdir(self, path: str) -> bool:
        """Return whether a path leads to a folder."""
        return _is_dir(await self.attributes(path))

    async def isfile(self, path: str) -> bool:
        """Return whether a path leads to a file."""
        found = await self.attributes(path)
        return found is not None and stat.S_ISREG(found.permissions or 0)

    async def exists(self, path: str, follow: bool = True) -> bool:
        """Return whether there is something at a path; whether it leads to something, if links are followed."""
        return await self.attributes(path, follow) is not None

    async def get_attribute(self, path: str, follow: bool = False) -> FileAttribute:
        """Return what the file system says of a file."""
        return _file_attribute(await self.existing(path, follow))

    async def entries(self, folder: str) -> list[tuple[str, Any]]:
        """Return the names in a folder, each with its attributes, links not followed."""
        with named(folder):
            names = await self._sftp.readdir(folder)
        return [(str(entry.filename), entry.attrs) for entry in names if entry.filename not in ('.', '..')]

    async def listdir(self, folder: str, pattern: str | None = None) -> list[str]:
        """Return the names in a folder that match a pattern."""
        names = [name for name, _ in await self.entries(folder)]
        return [name for name in names if fnmatch.fnmatch(name, pattern)] if pattern else names

    async def listdir_withattributes(self, folder: str, pattern: str | None = None) -> list[dict[str, Any]]:
        """Return ``name``, ``attributes`` and ``isdir`` of what is in a folder."""
        found = []
        for name, attributes in await self.entries(folder):
            if pattern and not fnmatch.fnmatch(name, pattern):
                continue
            isdir = _is_dir(attributes)
            if stat.S_ISLNK(attributes.permissions or 0):
                isdir = await self.isdir(posixpath.join(folder, name))
            found.append({'name': name, 'attributes': _file_attribute(attributes), 'isdir': isdir})
        return found

    async def glob(self, pathname: str) -> list[str]:
        """Return the paths that match a pattern; a path that exists is itself, whatever characters are in it."""
        return [path for path, _ in await self.matches(pathname)]

    async def matches(self, pathname: str) -> list[tuple[str, Any]]:
        """Return the paths that match a pattern, each with its attributes, links not followed."""
        literal = await self.attributes(pathname, follow=False)
        if literal is not None or not has_magic(pathname):
            is_link = literal is not None and stat.S_ISLNK(literal.permissions or 0)
            there = await self.exists(pathname) if is_link and not has_magic(pathname) else literal is not None
            return [(pathname, literal)] if there else []
        folder, pattern = posixpath.split(pathname)
        folders = await self.glob(folder) if has_magic(folder) else [folder]
        if not has_magic(pattern):
            paths = [posixpath.join(each, pattern) for each in folders]
            found = await asyncio.gather(*(self.attributes(path, follow=False) for path in paths))
            return [(path, attributes) for path, attributes in zip(paths, found, strict=True) if attributes]
        matching = await asyncio.gather(*(self._matching(each, pattern) for each in folders))
        return [match for matches in matching for match in matches]

    async def _matching(self, folder: str, pattern: str) -> list[tuple[str, Any]]:
        """Return what matches in a folder; nothing if it is no folder, or may not be read."""
        try:
            entries = await self.entries(folder)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return []
        except OSError:
            if await self.isdir(folder):
                raise
            return []
        hidden = pattern.startswith('.')
        return [
            (posixpath.join(folder, name), attributes)
            for name, attributes in entries
            if (hidden or not name.startswith('.')) and fnmatch.fnmatchcase(name, pattern)
        ]

    # changes

    async def chmod(self, path: str, mode: int, follow: bool = True) -> None:
        """Set the permission bits of a file."""
        await self.existing(path)
        with named(path):
            await self._sftp.chmod(path, mode, follow_symlinks=follow)

    async def mkdir(self, path: str, ignore_existing: bool = False) -> None:
        """Make a folder."""
        asyncssh = load_asyncssh()
        try:
            with named(path):
                await self._sftp.mkdir(path)
        except OSError as exception:
            if not isinstance(exception.__cause__, asyncssh.SFTPFailure | asyncssh.SFTPFileAlreadyExists):
                raise
            if ignore_existing and await self.isdir(path):
                return
            if await self.exists(path, follow=False):
                raise FileExistsError(f'{path} exists on {self.connection.endpoint}') from exception
            raise

    async def makedirs(self, path: str, ignore_existing: bool = False) -> None:
        """Make a folder and its parents."""
        try:
            await self.mkdir(path, ignore_existing)
        except FileNotFoundError:
            parent = posixpath.dirname(path.rstrip('/'))
            if not parent or parent == path:
                raise
            await self.makedirs(parent, ignore_existing=True)
            await self.mkdir(path, ignore_existing)

    async def remove(self, path: str) -> None:
        """Delete a file."""
        with named(path):
            await self._sftp.remove(path)

    async def rmdir(self, path: str) -> None:
        """Delete an empty folder."""
        with named(path):
            await self._sftp.rmdir(path)

    async def rename(self, old: str, new: str) -> None:
        """Move a file or folder to where nothing is."""
        if await self.exists(new, follow=False):
            raise FileExistsError(f'cannot rename {old}: there is something at {new} already')
        with named(old):
            await self._sftp.rename(old, new)

    async def symlink(self, source: str, target: str) -> None:
        """Make a link at ``target`` that leads to ``source``."""
        with named(target):
            await self._sftp.symlink(source, target)

    # content

    async def write(self, source: str, target: str, preserve: bool = False) -> None:
        """Write a file of this machine to the computer.

        :raises IsADirectoryError: if a folder is where it should go.
        """
        async with self.connection.files_at_once:
            try:
                with named(target):
                    await self._write(source, target, preserve)
            except (FileNotFoundError, PermissionError):
                raise
            except OSError as exception:
                if await self.isdir(target):
                    raise IsADirectoryError(
                        f'cannot copy the file {source} to {target}, which is a folder'
                    ) from exception
                raise

    async def _write(self, source: str, target: str, preserve: bool) -> None:
        with open(source, 'rb') as handle:
            content = handle.read(_SMALL + 1)
        if len(content) > _SMALL:
            if await self.isdir(target):
                raise IsADirectoryError(f'{target} is a folder')
            await self._sftp.put(os.fsencode(source), target, preserve=preserve, follow_symlinks=True, sparse=False)
            return
        async with self._sftp.open(target, 'wb', encoding=None) as remote:
            if content:
                await remote.write(content)
        if preserve:
            there = os.stat(source)
            await self._sftp.chmod(target, stat.S_IMODE(there.st_mode))
            await self._sftp.utime(target, (there.st_atime, there.st_mtime))

    async def read(self, source: str, target: str, attributes: Any = None, preserve: bool = False) -> None:
        """Write a file of the computer to this machine.

        :param attributes: of the file, if they are known.
        :raises IsADirectoryError: if it is a folder.
        """
        async with self.connection.files_at_once:
            found = attributes or await self.existing(source, follow=True)
            if _is_dir(found):
                raise IsADirectoryError(f'{source} is a folder, not a file')
            with named(source):
                if (found.size or 0) > _SMALL:
                    await self._sftp.get(source, target, preserve=preserve, follow_symlinks=True, sparse=False)
                    return
                async with self._sftp.open(source, 'rb', encoding=None) as remote:
                    content = await remote.read(_SMALL + 1)
                    # It may have grown meanwhile, or be one whose size is not told.
                    while more := await remote.read(_SMALL + 1) if len(content) > (found.size or 0) else b'':
                        content += more
            with open(target, 'wb') as handle:
                handle.write(content)
            if preserve:
                os.chmod(target, stat.S_IMODE(found.permissions))
                os.utime(target, (found.atime, found.mtime))

    async def readlink(self, path: str) -> str:
        """Return where a link leads."""
        with named(path):
            return str(await self._sftp.readlink(path))

    async def replace_by_link(self, leads_to: str, target: str) -> None:
        """Make a link, in the place of a file that is there."""
        if await self.exists(target, follow=False):
            await self.remove(target)
        await self.symlink(leads_to, target)

    async def gathered(self, actions: Iterable[Any]) -> None:
        """Await several things at once; the first that fails is raised after all have ended."""
        results = await asyncio.gather(*actions, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result


def _file_attribute(attributes: Any) -> FileAttribute:
    return FileAttribute(
        {
            'st_size': attributes.size,
            'st_uid': attributes.uid,
            'st_gid': attributes.gid,
            'st_mode': attributes.permissions,
            'st_atime': attributes.atime,
            'st_mtime': attributes.mtime,
        }
    )
