"""Copies between this machine and a computer: what goes where, and by which way."""

from __future__ import annotations

import glob
import os
import posixpath
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiida.transports.contract import has_magic
from aiida.transports.ssh.connections import Connection
from aiida.transports.ssh.files import Files, _is_dir
from aiida.transports.ssh.trees import get_items, put_items

__all__ = ('Transfer', 'check_room', 'get', 'getfile', 'gettree', 'put', 'putfile', 'puttree')

#: So many files at least are worth a stream.
_WORTH_A_STREAM = 3


@dataclass(frozen=True)
class Transfer:
    """How things are copied."""

    #: Copy what links lead to, not the links.
    dereference: bool = True
    #: Whether a file that is there may be written over.
    overwrite: bool = True
    #: Whether it is no error that there is nothing to copy.
    ignore_nonexisting: bool = False
    #: Keep the times and permissions of files.
    preserve: bool = False


def check_room(count: int, target: str, room: Any) -> None:
    """Check that there is room on the computer: several things need a folder.

    :param room: the attributes of what is at the target, ``None`` if there is nothing.
    :raises NotADirectoryError: if there is none.
    """
    _check_room(count, target, _is_dir(room), room is not None)


def _check_room(count: int, target: str, is_folder: bool, is_there: bool) -> None:
    """Check that there is room: several things need a folder.

    :raises NotADirectoryError: if there is none.
    """
    if count > 1 and not is_folder:
        what = 'is a file' if is_there else 'does not exist'
        raise NotADirectoryError(f'cannot copy {count} files or folders to {target}, which {what}')


# to the computer


async def put(connection: Connection, source: str, target: str, how: Transfer) -> None:
    """Copy a file, a folder, or what matches a pattern.

    :raises OSError: if there is nothing, or no room for it.
    """
    if not has_magic(source) or os.path.lexists(source):
        await _put_one(connection, source, target, how)
        return
    paths = glob.glob(source)
    if not paths:
        return
    files = await Files.of(connection)
    room = await files.attributes(target)
    check_room(len(paths), target, room)
    if not _is_dir(room) or not how.overwrite:
        for path in paths:
            await _put_one(connection, path, target, how)
        return
    items = [(_folder_itself(path), os.path.basename(path)) for path in paths]
    await _put_into(connection, items, target, how)


async def _put_into(connection: Connection, items: Sequence[tuple[str, str]], folder: str, how: Transfer) -> None:
    """Copy several files and folders into a folder that is there."""
    if len(items) >= _WORTH_A_STREAM or any(os.path.isdir(path) for path, _ in items):
        await put_items(connection, items, folder, how.dereference, how.preserve)
        return
    for path, name in items:
        await putfile(connection, path, posixpath.join(folder, name), how)


def _folder_itself(path: str) -> str:
    """Return the folder that a link leads to, other paths as they are."""
    return os.path.realpath(path) if os.path.islink(path) and os.path.isdir(path) else path


async def _put_one(connection: Connection, source: str, target: str, how: Transfer) -> None:
    if os.path.isdir(source):
        await puttree(connection, source, target, how)
        return
    if not os.path.lexists(source):
        if how.ignore_nonexisting:
            return
        raise FileNotFoundError(f'there is no file or folder {source}')
    try:
        await putfile(connection, source, target, how)
    except (IsADirectoryError, FileExistsError):
        if not await (await Files.of(connection)).isdir(target):
            raise
        await putfile(connection, source, posixpath.join(target, os.path.basename(source)), how)


async def putfile(connection: Connection, source: str, target: str, how: Transfer) -> None:
    """Copy one file.

    :raises OSError: if it is absent, or a folder is where it should go.
    """
    files = await Files.of(connection)
    is_link = not how.dereference and os.path.islink(source)
    if not how.overwrite or is_link:
        there = await files.attributes(target, follow=False)
        if there is not None and not how.overwrite:
            raise FileExistsError(f'{target} exists and is not to be overwritten')
        if is_link and await files.isdir(target):
            raise IsADirectoryError(f'cannot copy the link {source} to {target}, which is a folder')
    if is_link:
        await files.replace_by_link(os.readlink(source), target)
    else:
        await files.write(source, target, how.preserve)


async def puttree(connection: Connection, source: str, target: str, how: Transfer) -> None:
    """Copy one folder, into the target if that is a folder already.

    :raises OSError: if it is none, or a file is where it should go.
    """
    if not os.path.isdir(source):
        raise NotADirectoryError(f'{source} is not a folder')
    files = await Files.of(connection)
    room = await files.attributes(target)
    if not how.overwrite and (room is not None or await files.exists(target, follow=False)):
        raise FileExistsError(f'{target} exists and is not to be overwritten')
    if room is not None and not _is_dir(room):
        raise NotADirectoryError(f'cannot copy the folder {source} into {target}, which is a file')
    name = os.path.basename(os.path.normpath(source))
    place = posixpath.join(target, name) if _is_dir(room) else target
    await put_items(connection, [(os.path.realpath(source), '.')], place, how.dereference, how.preserve)


# from the computer


async def get(connection: Connection, source: str, target: str, how: Transfer) -> None:
    """Copy a file, a folder, or what matches a pattern.

    :raises OSError: if there is nothing, or no room for it.
    """
    files = await Files.of(connection)
    if not has_magic(source) or await files.exists(source, follow=False):
        await _get_one(connection, source, target, how)
        return
    matches = await files.matches(source)
    _check_room(len(matches), target, os.path.isdir(target), os.path.lexists(target))
    simple = [path for path, attributes in matches if not stat.S_ISLNK(attributes.permissions or 0)]
    if how.overwrite and len(simple) >= _WORTH_A_STREAM:
        items = [(path, posixpath.basename(path)) for path in simple]
        await get_items(connection, items, target, how.dereference, how.preserve)
        matches = [match for match in matches if match[0] not in set(simple)]
    for path, _ in matches:
        await _get_one(connection, path, target, how)


async def _get_one(connection: Connection, source: str, target: str, how: Transfer) -> None:
    files = await Files.of(connection)
    attributes = await files.attributes(source)
    if attributes is None and (how.dereference or not await files.exists(source, follow=False)):
        if how.ignore_nonexisting:
            return
        raise FileNotFoundError(f'there is no file or folder {source!r} on {connection.endpoint}')
    if _is_dir(attributes):
        await _get_folder(connection, source, target, how)
        return
    place = os.path.join(target, posixpath.basename(source)) if os.path.isdir(target) else target
    await _get_file(files, source, place, how, attributes)


async def getfile(connection: Connection, source: str, target: str, how: Transfer) -> None:
    """Copy one file.

    :raises OSError: if it is absent or a folder, or a folder is where it should go.
    """
    files = await Files.of(connection)
    attributes = await files.attributes(source)
    if attributes is None and how.dereference:
        raise FileNotFoundError(f'there is no file {source!r} on {connection.endpoint}')
    await _get_file(files, source, target, how, attributes)


async def _get_file(files: Files, source: str, target: str, how: Transfer, attributes: Any) -> None:
    if not how.overwrite and os.path.lexists(target):
        raise FileExistsError(f'{target} exists and is not to be overwritten')
    if os.path.isdir(target):
        raise IsADirectoryError(f'cannot copy the file {source} to {target}, which is a folder')
    if not how.dereference:
        link = await files.existing(source)
        if stat.S_ISLNK(link.permissions or 0):
            leads_to = await files.readlink(source)
            if os.path.lexists(target):
                os.remove(target)
            os.symlink(leads_to, target)
            return
    await files.read(source, target, attributes, how.preserve)


async def gettree(connection: Connection, source: str, target: str, how: Transfer) -> None:
    """Copy one folder, into the target if that is a folder already.

    :raises OSError: if it is none, or a file is where it should go.
    """
    files = await Files.of(connection)
    if not _is_dir(await files.existing(source, follow=True)):
        raise NotADirectoryError(f'{source} is not a folder')
    await _get_folder(connection, source, target, how)


async def _get_folder(connection: Connection, source: str, target: str, how: Transfer) -> None:
    if not how.overwrite and os.path.lexists(target):
        raise FileExistsError(f'{target} exists and is not to be overwritten')
    if os.path.isfile(target):
        raise NotADirectoryError(f'cannot copy the folder {source} into {target}, which is a file')
    name = posixpath.basename(posixpath.normpath(source))
    place = os.path.join(target, name) if os.path.isdir(target) else target
    await get_items(connection, [(source, '.')], place, how.dereference, how.preserve)
