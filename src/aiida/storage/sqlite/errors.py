"""What SQLite's errors mean to the rooms above."""

from __future__ import annotations

import sqlite3

from aiida.common.exceptions import AiidaException, ClosedStorage, CorruptStorage, IntegrityError, StorageUnavailable

__all__ = ('is_busy', 'translate')

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_OUT_OF_REACH = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection holds a lock, so that the same may succeed a moment later."""
    return _primary_code(error) in _BUSY


def translate(error: sqlite3.Error, place: str) -> Exception:
    """Return the error of this project that says what ``error`` means, or ``error`` itself if it is a fault of ours.

    :param place: what the database is, for the message.
    """
    code = _primary_code(error)
    translated: AiidaException | None = None
    if isinstance(error, sqlite3.IntegrityError):
        translated = IntegrityError(f'refused by {place}: {error}')
    elif code in _BUSY:
        translated = StorageUnavailable(f'{place} stays locked by another program: {error}')
    elif code in _OUT_OF_REACH:
        translated = StorageUnavailable(f'{place} cannot be read or written at the moment: {error}')
    elif code in _DAMAGED:
        translated = CorruptStorage(f'{place} is damaged or not a database: {error}')
    elif isinstance(error, sqlite3.ProgrammingError) and 'closed' in str(error):
        translated = ClosedStorage(f'{place} was closed')
    return error if translated is None else translated


def _primary_code(error: sqlite3.Error) -> int:
    return int(getattr(error, 'sqlite_errorcode', None) or 0) & 0xFF
