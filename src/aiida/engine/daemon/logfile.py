"""The file that workers write to: kept small, and read at its end."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ('follow', 'last_lines', 'rotate')

_SIZE = 10_000_000  # bytes
_COUNT = 5
_BLOCK = 65_536  # bytes


def rotate(path: Path, size: int = _SIZE, count: int = _COUNT) -> bool:
    """Move what a file says to ``<name>.1`` if it is too long, and that to ``<name>.2`` and so on.

    The file stays the one that other programs have opened for appending, so they need not be told.

    :param path: the file.
    :param size: how long it may be, in bytes.
    :param count: how many former files are kept.
    :return: whether it was too long.
    """
    try:
        if path.stat().st_size < size:
            return False
    except OSError:
        return False
    for number in range(count - 1, 0, -1):
        older = path.with_name(f'{path.name}.{number}')
        if older.exists():
            os.replace(older, path.with_name(f'{path.name}.{number + 1}'))
    try:
        shutil.copyfile(path, path.with_name(f'{path.name}.1'))
    except OSError:  # a full disk: the room is needed more than the log
        path.with_name(f'{path.name}.1').unlink(missing_ok=True)
    os.truncate(path, 0)
    return True


def last_lines(path: Path, count: int, start: int = 0) -> list[str]:
    """Return the last lines of a file, none if it is not there.

    :param path: the file.
    :param count: how many lines at most.
    :param start: where to look at the earliest, in bytes from its beginning.
    """
    try:
        with open(path, 'rb') as handle:
            end = handle.seek(0, os.SEEK_END)
            if start > end:  # it was made shorter meanwhile
                start = 0
            position, content = end, b''
            while position > start and content.count(b'\n') <= count:
                step = min(_BLOCK, position - start)
                position -= step
                handle.seek(position)
                content = handle.read(step) + content
    except OSError:
        return []
    return content.decode(errors='replace').splitlines()[-count:]


def follow(path: Path, count: int, interval: float = 0.25) -> Iterator[str]:
    """Yield the last lines of a file, then what is added to it, for ever.

    :param path: the file; it may be replaced or made shorter meanwhile.
    :param count: how many lines to begin with.
    :param interval: seconds between two looks.
    """
    position = _size(path)
    yield from (f'{line}\n' for line in last_lines(path, count))
    while True:
        size = _size(path)
        if size < position:
            position = 0
        if size > position:
            with open(path, 'rb') as handle:
                handle.seek(position)
                added = handle.read(size - position)
            position += len(added)
            yield added.decode(errors='replace')
        else:
            time.sleep(interval)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
