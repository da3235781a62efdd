"""What errors of the operating system say of a disk: that it is full, gone, broken, or may not be written to."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from aiida.common.exceptions import StorageUnavailable

__all__ = ('disk_error', 'probe', 'remove_quietly', 'scratch_watched', 'unavailable')

#: What befalls a disk, not a file.
_OF_DISKS = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ENOTCONN)
)
_SAYINGS = {
    errno.ENOSPC: 'no space left on {}',
    errno.EDQUOT: 'the quota of {} is used up',
    errno.EROFS: '{} is mounted so that it can only be read',
    errno.ENOENT: '{} is not there: is its disk mounted?',
}
#: How much is written to see whether a disk can be written to, in bytes.
_PROBE = 256 * 1024


def disk_error(exception: BaseException) -> OSError | None:
    """Return the error about a disk among an error and those that led to it; ``None`` if there is none."""
    error: BaseException | None = exception
    while error is not None:
        if isinstance(error, OSError) and error.errno in _OF_DISKS:
            return error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return None


def unavailable(error: OSError, place: str | os.PathLike[str]) -> StorageUnavailable:
    """Return the error that says that a place on a disk cannot be used at the moment, and why."""
    saying = _SAYINGS.get(error.errno or 0)
    if saying is not None:
        return StorageUnavailable(saying.format(os.fspath(place)))
    return StorageUnavailable(f'{os.fspath(place)} cannot be used at the moment: {error.strerror or error}')


def probe(folder: str) -> OSError | None:
    """Return why nothing can be written to a folder, ``None`` if something can."""
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as handle:
            written = 0
            while written < _PROBE:
                written += handle.write(bytes(_PROBE - written))
            os.fsync(handle.fileno())
    except OSError as error:
        return error
    return None


@contextmanager
def scratch_watched(folders: Iterable[str]) -> Iterator[None]:
    """Tell the trouble of disks with temporary files from errors that only look like it, as of a full disk elsewhere.

    :param folders: where temporary files go.
    :raises StorageUnavailable: if a disk is in trouble and nothing can be written to one of the folders.
    """
    try:
        yield
    except Exception as exception:
        if disk_error(exception) is not None:
            for folder in folders:
                trouble = probe(folder)
                if trouble is not None:
                    raise unavailable(trouble, folder) from exception
        raise


def remove_quietly(path: str) -> None:
    """Delete a file, if that is possible; who cleans up after an error has another one to tell of."""
    with suppress(OSError):
        os.unlink(path)
