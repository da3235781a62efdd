"""Whole folders, and many files at once: one stream of an archive, where the computer has `tar`, and SFTP elsewhere.

A file that is moved by itself costs three round trips; a stream costs two, whatever is in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import posixpath
import shutil
import stat
import tarfile
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from aiida.common.escaping import escape_for_bash
from aiida.transports.ssh.commands import run, started, status_of
from aiida.transports.ssh.connections import Connection
from aiida.transports.ssh.errors import ConnectionLost
from aiida.transports.ssh.files import Files

__all__ = ('get_items', 'put_items')

T = TypeVar('T')

_CHUNK = 256 * 1024
#: What stands before the stream: shells print what they like before it.
_MARK = 'aiida-stream-begins'

#: What is moved, and the name it gets in the folder it is moved to.
Item = tuple[str, str]


async def has_tar(connection: Connection) -> bool:
    """Return whether archives can be streamed to and from a computer."""

    async def ask() -> bool:
        from aiida.transports.ssh.errors import SshError

        try:
            _, stdout, _ = await run(connection, f"command -v tar > /dev/null && echo '{_MARK}'")
        except ConnectionLost:
            raise
        except SshError:
            return False
        return _MARK.encode() in stdout

    return await connection.once('tar', ask)


def _result(coroutine: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    """Wait in a thread for a coroutine of the loop.

    :raises ConnectionLost: if the loop ends before.
    """
    future = asyncio.run_coroutine_threadsafe(coroutine, loop)
    while True:
        try:
            return future.result(1.0)
        except TimeoutError:
            if future.done():
                raise
            if not loop.is_running():
                raise ConnectionLost('the connections were closed while files were moved') from None


class _Sink:
    """A file that is written to in a thread, and read by a coroutine of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Callable[[bytes], Coroutine[Any, Any, None]]) -> None:
        self._loop = loop
        self._send = send
        self._buffer = bytearray()

    def write(self, data: bytes) -> int:
        self._buffer += data
        if len(self._buffer) >= _CHUNK:
            self.flush()
        return len(data)

    def flush(self) -> None:
        content = bytes(self._buffer)
        self._buffer.clear()
        _result(self._send(content), self._loop)


class _Source:
    """A file that is read from in a thread, and written by a coroutine of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Callable[[], Coroutine[Any, Any, bytes]]) -> None:
        self._loop = loop
        self._receive = receive

    def read(self, size: int) -> bytes:
        return _result(self._receive(), self._loop)


def _pack(items: Sequence[Item], sink: _Sink, dereference: bool) -> None:
    """Write an archive of files and folders of this machine."""
    with tarfile.open(mode='w|', fileobj=sink, bufsize=_CHUNK, dereference=dereference) as archive:  # type: ignore[call-overload]
        for path, name in items:
            archive.add(path, name, filter=_without_owner)
    sink.flush()


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out who owns a file, and what is neither file, folder nor link."""
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ''
    return member


async def put_items(
    connection: Connection, items: Sequence[Item], folder: str, dereference: bool, preserve: bool = False
) -> None:
    """Copy files and folders of this machine into a folder of the computer, which is made if need be.

    :raises OSError: if one cannot be read, or not be written.
    """
    if await has_tar(connection):
        await _put_by_tar(connection, items, folder, dereference, preserve)
    else:
        files = await Files.of(connection)
        await files.makedirs(folder, ignore_existing=True)
        for path, name in items:
            await _put_by_sftp(files, path, posixpath.join(folder, name), dereference, preserve)


async def _put_by_tar(
    connection: Connection, items: Sequence[Item], folder: str, dereference: bool, preserve: bool
) -> None:
    loop = asyncio.get_running_loop()
    place = escape_for_bash(folder)
    options = '-xopf' if preserve else '-xomf'
    async with started(connection, f'mkdir -p {place} && exec tar {options} - -C {place}') as process:

        async def send(content: bytes) -> None:
            process.stdin.write(content)
            await process.stdin.drain()

        errors = asyncio.ensure_future(process.stderr.read())
        failure: Exception | None = None
        try:
            await loop.run_in_executor(None, _pack, items, _Sink(loop, send), dereference)
            process.stdin.write_eof()
        except OSError as exception:
            failure = exception
            if not isinstance(exception, ConnectionError):
                # It is ours: what arrived so far is no whole archive.
                errors.cancel()
                raise
        await process.wait_closed()
        _check_tar(process, connection, await errors, f'files cannot be written to {folder}', failure)


def _check_tar(
    process: Any, connection: Connection, errors: bytes, what: str, failure: Exception | None = None
) -> None:
    """Raise what `tar` has said."""
    status = status_of(process, connection)
    text = errors.decode(errors='replace').strip()
    # A file that another program writes to is copied as it was found.
    if status == 0 or (status == 1 and 'changed as we read it' in text):
        return
    message = f'{what} on {connection.endpoint}: {text or f"tar returned {status}"}'
    kind: type[OSError] = OSError
    if 'Permission denied' in text:
        kind = PermissionError
    elif 'No such file' in text:
        kind = FileNotFoundError
    raise kind(message) from failure


async def _put_by_sftp(files: Files, path: str, target: str, dereference: bool, preserve: bool) -> None:
    if not dereference and os.path.islink(path):
        await files.replace_by_link(os.readlink(path), target)
        return
    if not os.path.isdir(path):
        await files.write(path, target, preserve)
        return
    await files.mkdir(target, ignore_existing=True)
    names = sorted(os.listdir(path))
    await files.gathered(
        _put_by_sftp(files, os.path.join(path, name), posixpath.join(target, name), dereference, preserve)
        for name in names
    )
    if preserve:
        await files.chmod(target, stat.S_IMODE(os.stat(path).st_mode))


async def get_items(
    connection: Connection, items: Sequence[Item], folder: str, dereference: bool, preserve: bool = False
) -> None:
    """Copy files and folders of the computer into a folder of this machine, which is made if need be.

    :param items: the name of each has to be that of the file, or `.` for what is in a folder.
    :raises OSError: if one cannot be read, or not be written.
    """
    os.makedirs(folder, exist_ok=True)
    if await has_tar(connection):
        await _get_by_tar(connection, items, folder, dereference, preserve)
        return
    files = await Files.of(connection)
    for path, name in items:
        await _get_by_sftp(files, path, os.path.normpath(os.path.join(folder, name)), dereference, preserve)


async def _get_by_tar(
    connection: Connection, items: Sequence[Item], folder: str, dereference: bool, preserve: bool
) -> None:
    loop = asyncio.get_running_loop()
    names = ' '.join(
        f'-C {escape_for_bash(path if name == "." else posixpath.dirname(path))} {escape_for_bash("./" + name)}'
        for path, name in items
    )
    command = f"printf '{_MARK}\\n'; exec tar -c{'h' if dereference else ''}f - {names}"
    async with started(connection, command) as process:
        begun = False

        async def receive() -> bytes:
            nonlocal begun
            if not begun:
                begun = True
                return await _after_mark(process)
            content: bytes = await process.stdout.read(_CHUNK)
            return content

        errors = asyncio.ensure_future(process.stderr.read())
        failure: Exception | None = None
        try:
            await loop.run_in_executor(None, _unpack, _Source(loop, receive), folder, preserve)
            # What is left are the blocks of zeros that fill up the last record.
            while await process.stdout.read(_CHUNK):
                pass
        except tarfile.TarError as exception:
            failure = exception
        except BaseException:
            errors.cancel()
            raise
        await process.wait_closed()
        _check_tar(process, connection, await errors, f'files cannot be copied to {folder}', failure)
        if failure is not None:
            raise ConnectionLost(f'what {connection.endpoint} sent is incomplete: {failure}') from failure


async def _after_mark(process: Any) -> bytes:
    """Read to the mark and return what has come of the stream itself."""
    mark = f'{_MARK}\n'.encode()
    content = b''
    while mark not in content:
        more = await process.stdout.read(_CHUNK)
        if not more:
            return b''
        content += more
    rest = content.partition(mark)[2]
    return rest or bytes(await process.stdout.read(_CHUNK))


def _unpack(source: _Source, folder: str, preserve: bool) -> None:
    """Write what is in an archive to a folder of this machine; nothing is written outside of it.

    :raises tarfile.TarError: if it ends too early.
    """
    modes: list[tuple[str, tarfile.TarInfo]] = []
    with tarfile.open(mode='r|', fileobj=source, bufsize=_CHUNK, errorlevel=2) as archive:  # type: ignore[call-overload]
        for member in archive:
            path = _inside(folder, member.name)
            if member.isdir():
                os.makedirs(path, exist_ok=True)
                modes.append((path, member))
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.islink(path):
                os.remove(path)
            if member.issym():
                with contextlib.suppress(FileNotFoundError):
                    os.remove(path)
                os.symlink(member.linkname, path)
            elif member.islnk():
                shutil.copyfile(_inside(folder, member.linkname), path)
            elif member.isreg():
                content = archive.extractfile(member)
                assert content is not None
                with open(path, 'wb') as handle:
                    shutil.copyfileobj(content, handle, _CHUNK)
                modes.append((path, member))
    for path, member in reversed(modes):
        # Nobody is locked out of what was copied for them.
        os.chmod(path, (member.mode & 0o777) | (0o700 if member.isdir() else 0o600))
        if preserve:
            os.utime(path, (member.mtime, member.mtime))


def _inside(folder: str, name: str) -> str:
    """Return the path of a member of an archive.

    :raises OSError: if it is outside of the folder.
    """
    path = os.path.normpath(os.path.join(folder, name))
    if path != os.path.normpath(folder) and not path.startswith(os.path.normpath(folder) + os.sep):
        raise OSError(f'the computer sent a file that is to go to {path}, outside of {folder}')
    return path


async def _get_by_sftp(files: Files, path: str, target: str, dereference: bool, preserve: bool) -> None:
    attributes = await files.existing(path, follow=dereference)
    mode = attributes.permissions or 0
    if stat.S_ISLNK(mode):
        with contextlib.suppress(FileNotFoundError):
            os.remove(target)
        os.symlink(await files.readlink(path), target)
    elif stat.S_ISDIR(mode):
        os.makedirs(target, exist_ok=True)
        names = await files.listdir(path)
        await files.gathered(
            _get_by_sftp(files, posixpath.join(path, name), os.path.join(target, name), dereference, preserve)
            for name in names
        )
    elif stat.S_ISREG(mode):
        await files.read(path, target, attributes, preserve)
