"""Small things that transports share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from aiida.common.extendeddicts import FixedFieldsAttributeDict

if TYPE_CHECKING:
    from aiida.transports.transport import Transport, TransportPath

__all__ = ('FileAttribute', 'copy_from_remote_to_remote', 'copy_from_remote_to_remote_async', 'read_stdin')


class FileAttribute(FixedFieldsAttributeDict):
    """What a file system says about a file: size in bytes, owner, mode, times in seconds since the epoch."""

    _valid_fields = ('st_size', 'st_uid', 'st_gid', 'st_mode', 'st_atime', 'st_mtime')

    @classmethod
    def from_stat(cls, stat: os.stat_result) -> FileAttribute:
        """Return the attributes of a stat result."""
        return cls({field: getattr(stat, field) for field in cls._valid_fields})


@contextmanager
def _waypoint(kwargs: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield a local folder to copy through, and what to pass to ``get`` and to ``put`` of the keyword arguments."""
    import shutil

    options = {'dereference': True, 'overwrite': True, 'ignore_nonexisting': False, **kwargs}
    put_options = {key: value for key, value in options.items() if key != 'ignore_nonexisting'}
    folder = mkdtemp()
    try:
        yield folder, {**options, 'dereference': False}, put_options
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arrivals(folder: str, target: TransportPath) -> list[tuple[str, str]]:
    """Return what is to be put where: the target itself for one thing, a place inside of it for several."""
    names = sorted(os.listdir(folder))
    if len(names) == 1:
        return [(os.path.join(folder, names[0]), str(target))]
    return [(os.path.join(folder, name), os.path.join(str(target), name)) for name in names]


def copy_from_remote_to_remote(
    source: Transport, target: Transport, remotesource: TransportPath, remotedestination: TransportPath, **kwargs: Any
) -> None:
    """Copy from the computer of one transport to that of another, through a folder on this machine.

    :param remotesource: absolute path, or a pattern, on the computer of ``source``.
    :param remotedestination: absolute path on the computer of ``target``.
    :param kwargs: ``dereference``, ``overwrite``, ``ignore_nonexisting``, as for ``get`` and ``put``.
    """
    with _waypoint(kwargs) as (folder, get_options, put_options):
        source.get(remotesource, folder, **get_options)
        for local, remote in _arrivals(folder, remotedestination):
            target.put(local, remote, **put_options)


async def copy_from_remote_to_remote_async(
    source: Transport, target: Transport, remotesource: TransportPath, remotedestination: TransportPath, **kwargs: Any
) -> None:
    """As :func:`copy_from_remote_to_remote`, awaiting both transports."""
    with _waypoint(kwargs) as (folder, get_options, put_options):
        await source.get_async(remotesource, folder, **get_options)
        for local, remote in _arrivals(folder, remotedestination):
            await target.put_async(local, remote, **put_options)


def read_stdin(stdin: Any) -> bytes | None:
    """Return what is to be fed to a command: text, bytes or the content of a file object.

    :raises ValueError: if it is something else.
    """
    if stdin is None:
        return None
    content = stdin.read() if hasattr(stdin, 'read') else stdin
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, bytes):
        return content
    raise ValueError(f'stdin must be text, bytes or a file object, not {type(stdin).__name__}')
