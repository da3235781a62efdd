"""Where client and supervisor meet: a folder of sockets, or ports of this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
from pathlib import Path

__all__ = ('free_port', 'make_private_folder', 'make_socket_folder', 'read_text', 'remove_socket_folder')

#: The longest path of a socket that Linux takes, in bytes; macOS takes 103.
LONGEST_PATH = 103
_PREFIX = 'aiida-'


def free_port() -> int:
    """Return a port of this machine that is free at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(('127.0.0.1', 0))
        port: int = probe.getsockname()[1]
        return port


def make_socket_folder(longest_name: int) -> str | None:
    """Make a folder for sockets that nobody else can open, and return its path.

    :param longest_name: the length of the longest name of a socket, in bytes.
    :return: ``None`` if every folder for temporary files has too long a path.
    """
    for base in dict.fromkeys((tempfile.gettempdir(), os.environ.get('XDG_RUNTIME_DIR', ''), '/tmp', '/var/tmp')):
        # mkdtemp adds a slash, the prefix and eight characters; the socket follows after another slash
        if not base or len(os.fsencode(base)) + len(_PREFIX) + 10 + longest_name > LONGEST_PATH:
            continue
        with contextlib.suppress(OSError):
            return tempfile.mkdtemp(prefix=_PREFIX, dir=base)
    return None


def remove_socket_folder(folder: str, names: list[str]) -> None:
    """Delete a folder of sockets; one that holds anything else is left alone.

    :param folder: its path.
    :param names: those of the sockets.
    """
    path = Path(folder)
    if not path.is_absolute() or not path.is_dir():
        return
    if {entry.name for entry in path.iterdir()} <= set(names):
        shutil.rmtree(path, ignore_errors=True)


def make_private_folder(path: str) -> None:
    """Make a folder and those it is in, for this user only; what is there stays as it is."""
    before = os.umask(0o077)
    try:
        os.makedirs(path, exist_ok=True)
    finally:
        os.umask(before)


def read_text(path: str) -> str:
    """Return what a file says.

    :raises RuntimeError: if it cannot be read.
    """
    try:
        return Path(path).read_text(encoding='utf8').strip()
    except OSError as exception:
        raise RuntimeError(
            f'the daemon runs, but the file that says how to reach it cannot be read: {exception}'
        ) from exception
