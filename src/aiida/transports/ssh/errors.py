"""What goes wrong with a connection, and whether it helps to try again."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = (
    'AuthenticationRefused',
    'ConnectionLost',
    'HostKeyRefused',
    'SshError',
    'load_asyncssh',
    'named',
    'translated',
)


class SshError(OSError):
    """The computer cannot be reached, or not be used over SSH.

    ``transient`` says whether the same may go well later without anybody doing something.
    """

    transient = True


class ConnectionLost(SshError, ConnectionError):
    """There is no connection, or there is none any more."""


class AuthenticationRefused(SshError):
    """The computer does not let this user in."""

    transient = False


class HostKeyRefused(SshError):
    """The computer could not prove to be the one that is meant."""

    transient = False


class SshUnavailable(SshError):
    """The library that speaks SSH is not installed, or the settings make no sense to it."""

    transient = False


def load_asyncssh() -> Any:
    """Return the module ``asyncssh``.

    :raises SshUnavailable: if it is not installed.
    """
    try:
        import asyncssh
    except ImportError as exception:
        raise SshUnavailable(
            'transports over SSH need the package asyncssh: `pip install "nabucco[ssh]"` installs it'
        ) from exception
    return asyncssh


def _of_sftp(asyncssh: Any, exception: Any, path: str) -> OSError | None:
    """Return what the operating system would have raised for the same on this machine."""
    kinds = (
        ((asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath), FileNotFoundError, errno.ENOENT),
        ((asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect), PermissionError, errno.EACCES),
        ((asyncssh.SFTPFileAlreadyExists,), FileExistsError, errno.EEXIST),
        ((asyncssh.SFTPNotADirectory,), NotADirectoryError, errno.ENOTDIR),
        ((asyncssh.SFTPFileIsADirectory,), IsADirectoryError, errno.EISDIR),
    )
    for classes, kind, number in kinds:
        if isinstance(exception, classes):
            return kind(number, os.strerror(number), path)
    return None


@contextmanager
def named(path: str) -> Iterator[None]:
    """Raise what the server says of a file as the exceptions that the same has on this machine.

    :param path: the file, named in the message.
    :raises OSError: or what is derived from it.
    """
    try:
        yield
    except OSError:
        raise
    except Exception as exception:
        asyncssh = load_asyncssh()
        if not isinstance(exception, asyncssh.SFTPError) or _is_lost(asyncssh, exception):
            raise
        known = _of_sftp(asyncssh, exception, path)
        raise known or OSError(f'{path}: {exception.reason or type(exception).__name__}') from exception


def _is_lost(asyncssh: Any, exception: Exception) -> bool:
    kinds = (asyncssh.SFTPNoConnection, asyncssh.SFTPConnectionLost, asyncssh.DisconnectError)
    return isinstance(exception, (*kinds, BrokenPipeError, ConnectionError))


def translated(exception: Exception, where: str, *, alive: bool = True) -> Exception:
    """Return an exception of the protocol as one of this module, others as they are.

    :param where: the computer, as it is named in the message.
    :param alive: whether the connection is there still.
    """
    asyncssh = load_asyncssh()
    reason = getattr(exception, 'reason', '') or str(exception) or type(exception).__name__
    if isinstance(exception, SshError):
        return exception
    if isinstance(exception, asyncssh.HostKeyNotVerifiable):
        return HostKeyRefused(f'the computer {where} is not known: {reason}')
    if isinstance(exception, asyncssh.PermissionDenied):
        return AuthenticationRefused(
            f'{where} does not let you in: {reason}. Check the user name and the key with which the computer is '
            'configured; what `ssh` in a terminal says helps to find out what is wrong'
        )
    if isinstance(exception, (asyncssh.KeyImportError, asyncssh.KeyEncryptionError)):
        return AuthenticationRefused(
            f'a key to connect to {where} cannot be read: {reason}. Keys with a passphrase are used through an agent: '
            'add it with `ssh-add`, and allow the agent in the configuration of the computer'
        )
    if isinstance(exception, asyncssh.KeyExchangeFailed):
        failure = SshError(f'{where} and this machine have no common way to encrypt: {reason}')
        failure.transient = False
        return failure
    if _is_lost(asyncssh, exception) or (isinstance(exception, (asyncssh.Error, TimeoutError)) and not alive):
        return ConnectionLost(f'the connection to {where} was lost: {reason}')
    if isinstance(exception, asyncssh.Error):
        return SshError(f'{where}: {reason}')
    return exception
