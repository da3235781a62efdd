"""Copies on a computer itself, by its own programs."""

from __future__ import annotations

import asyncio
import posixpath

from aiida.common.escaping import escape_for_bash
from aiida.transports.ssh.commands import run
from aiida.transports.ssh.connections import Connection
from aiida.transports.ssh.files import Files, _is_dir

__all__ = ('copy', 'copyfile', 'copytree', 'rmtree')


async def _run(connection: Connection, command: str, what: str) -> None:
    """Run a command in a plain shell.

    :raises OSError: if it fails.
    """
    status, stdout, stderr = await run(connection, f'LC_ALL=C exec sh -c {escape_for_bash(command)}')
    if status == 0:
        return
    text = (stderr or stdout).decode(errors='replace').strip()
    kind: type[OSError] = OSError
    if 'Permission denied' in text:
        kind = PermissionError
    elif 'No such file' in text:
        kind = FileNotFoundError
    raise kind(f'{what} on {connection.endpoint}: {text or f"returned {status}"}')


async def rmtree(connection: Connection, path: str) -> None:
    """Delete a folder and all in it, or a file."""
    if path:
        await _run(connection, f'rm -rf -- {escape_for_bash(path)}', f'cannot delete {path}')


async def copy(connection: Connection, paths: list[str], target: str, dereference: bool, preserve: bool) -> None:
    """Copy files and folders, into the target if that is a folder.

    :raises OSError: if one is absent, or there is no room for it.
    """
    files = await Files.of(connection)
    room, *kinds = await asyncio.gather(files.attributes(target), *(files.attributes(path) for path in paths))
    commands = []
    for path, kind in zip(paths, kinds, strict=True):
        if _is_dir(kind):
            commands.append(_tree_command(path, target, _is_dir(room), dereference, preserve))
            continue
        if kind is None:
            raise FileNotFoundError(f'there is no file or folder {path!r} on {connection.endpoint}')
        place = posixpath.join(target, posixpath.basename(path)) if _is_dir(room) else target
        commands.append(f'cp -L{"p" if preserve else ""}f -- {escape_for_bash(path)} {escape_for_bash(place)}')
    await _run(connection, ' && '.join(commands), f'cannot copy {", ".join(paths)} to {target}')


def _tree_command(path: str, target: str, inside: bool, dereference: bool, preserve: bool) -> str:
    """Return the command that adds what is in a folder to the target, or to a folder of the same name in it."""
    inside = inside and posixpath.basename(path) != '.'
    place = posixpath.join(target, posixpath.basename(posixpath.normpath(path))) if inside else target
    options = f'-R{"L" if dereference else "P"}{"p" if preserve else ""}'
    source = escape_for_bash(posixpath.join(path, '.'))
    return f'mkdir -p -- {escape_for_bash(place)} && cp {options}f -- {source} {escape_for_bash(place)}'


async def copytree(connection: Connection, path: str, target: str, dereference: bool, preserve: bool) -> None:
    """Copy a folder, into the target if that is a folder.

    :raises NotADirectoryError: if it is not a folder.
    """
    files = await Files.of(connection)
    if not _is_dir(await files.existing(path, follow=True)):
        raise NotADirectoryError(f'{path} is not a folder')
    command = _tree_command(path, target, await files.isdir(target), dereference, preserve)
    await _run(connection, command, f'cannot copy {path} to {target}')


async def copyfile(connection: Connection, path: str, target: str, dereference: bool, preserve: bool) -> None:
    """Copy a file.

    :raises OSError: if it is absent or a folder, or the target is a folder.
    """
    options = f'-{"L" if dereference else "P"}{"p" if preserve else ""}f'
    source, place = escape_for_bash(path), escape_for_bash(target)
    # Not into a folder, and not through a link that is to be replaced by one.
    command = f'if [ -d {place} ]; then echo {place} is a folder >&2; exit 1; fi; cp {options} -- {source} {place}'
    await _run(connection, command, f'cannot copy {path} to {target}')
