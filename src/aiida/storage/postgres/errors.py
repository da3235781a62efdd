"""What PostgreSQL's errors mean to the rooms above."""

from __future__ import annotations

from aiida.common.exceptions import (
    AiidaException,
    CorruptStorage,
    IntegrityError,
    StorageUnavailable,
    UnreachableStorage,
)

__all__ = ('is_disconnection', 'translate', 'unreachable')

#: Classes of SQLSTATE that are trouble of the infrastructure: the same may succeed later.
_PASSING = {
    '08': 'cannot be reached at the moment',
    '25': 'ended the transaction',
    '40': 'had to undo the transaction, which met another one',
    '53': 'is out of resources',
    '55': 'stays locked by another program',
    '57': 'is being shut down or gave up',
    '58': 'has trouble with its disk',
}
_REFUSED = {'22': IntegrityError, '23': IntegrityError}
_DAMAGED = {'XX001', 'XX002'}
_NO_RIGHT = '42501'
#: What a statement was prepared for has changed, or the server has forgotten it: a new connection prepares it anew.
_STALE = ('0A000', '26000')
#: The server is gone, or sends us away.
_DISCONNECTED = ('08', '57P', '25P03', *_STALE)


def is_disconnection(state: str | None) -> bool:
    """Whether an error of this SQLSTATE leaves no connection; one without a state comes from the connection itself."""
    return state is None or state.startswith(_DISCONNECTED)


def translate(state: str | None, message: str, place: str) -> Exception:
    """Return the error of this project that says what an error of the server means.

    :param state: the SQLSTATE; ``None`` if the connection broke.
    :param message: what the server says.
    :param place: what the database is, for the message.
    """
    message = ' '.join(message.split()).removeprefix('ERROR: ').removeprefix('FATAL: ')
    translated: AiidaException
    if state is None or state in _STALE:
        translated = StorageUnavailable(f'the connection to {place} was lost: {message}')
    elif state in _DAMAGED:
        translated = CorruptStorage(f'{place} is damaged: {message}')
    elif state[:2] in _REFUSED:
        translated = IntegrityError(f'refused by {place}: {message}')
    elif state[:2] in _PASSING:
        translated = StorageUnavailable(f'{place} {_PASSING[state[:2]]}: {message}')
    elif state == _NO_RIGHT:
        translated = UnreachableStorage(f'{place} may not be used like this by this user: {message}')
    else:
        return RuntimeError(f'{place} does not understand a statement ({state}): {message}')
    return translated


def unreachable(message: str, place: str) -> StorageUnavailable:
    """Return the error that says why there is no connection to a database, and what to do."""
    said = ' '.join(message.split())
    advice = 'check that the server runs and that the profile names its host and port'
    if 'password authentication failed' in said or 'no password supplied' in said:
        advice = 'correct the user and the password in the profile'
    elif 'does not exist' in said and 'database' in said:
        advice = 'create it, or correct its name in the profile'
    elif 'too many' in said or 'reserved for' in said:
        advice = 'raise `max_connections` of the server, or run fewer programs'
    return StorageUnavailable(f'{place} cannot be reached ({_last_reason(said)}): {advice}')


def _last_reason(said: str) -> str:
    """Return what the server or the system said, without the addresses that were tried."""
    for mark in ('FATAL: ', 'failed: '):
        if mark in said:
            return said.rsplit(mark, 1)[1].split(' Is the server')[0].split(' Multiple connection attempts')[0].strip()
    return said
