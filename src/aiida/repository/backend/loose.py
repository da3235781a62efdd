"""Reading and writing the loose objects of a container, without the library that packs them.

A loose object is a file of its own: ``loose/<first characters of the key>/<rest of the key>``, written elsewhere on the
same file system and moved there, so that it is whole or absent. The layout is that of ``disk_objectstore``; its import
takes longer than most programs of ours run.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from aiida.common.disks import remove_quietly, unavailable
from aiida.common.exceptions import StorageUnavailable

__all__ = ('LooseObjects',)

_CHUNK = 1024 * 1024
_KEY_LENGTH = 64


class LooseObjects:
    """The loose objects of one container with keys of SHA-256."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        """
        :param folder: the container.
        :param config: its configuration.
        :raises ValueError: if the container is of a kind that is not known here.
        """
        if config['container_version'] != 1 or config['hash_type'] != 'sha256':
            raise ValueError(
                f'the container {folder} has version {config["container_version"]} with keys of {config["hash_type"]}: '
                'version 1 with sha256 is what this release reads'
            )
        self._folder = os.fspath(folder)
        self._loose = os.path.join(folder, 'loose')
        self._sandbox = os.path.join(folder, 'sandbox')
        self._packs = os.path.join(folder, 'packs')
        self._index = os.path.join(folder, 'packs.idx')
        self._prefix_length = int(config['loose_prefix_len'])
        self._prefixes: set[str] = set()

    @staticmethod
    def read_config(folder: Path) -> dict[str, Any] | None:
        """Return the configuration of a container, ``None`` if there is no container."""
        try:
            config: dict[str, Any] = json.loads((folder / 'config.json').read_text(encoding='utf-8'))
        except (OSError, ValueError):
            return None
        return config

    @staticmethod
    def is_key(key: str) -> bool:
        """Whether this can be a key; what comes from an archive of somebody else may be a path that leads elsewhere."""
        return len(key) == _KEY_LENGTH and key.isalnum()

    def _path(self, key: str) -> str:
        length = self._prefix_length
        return os.path.join(self._loose, key[:length], key[length:])

    def open(self, key: str) -> BinaryIO | None:
        """Open an object for reading; ``None`` if it is not loose.

        :raises StorageUnavailable: if that cannot be told, or it cannot be read.
        """
        if not self.is_key(key):
            return None
        try:
            return open(self._path(key), 'rb')
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise unavailable(error, self._folder) from error

    def has(self, key: str) -> bool:
        """Whether there is an object under this key, loose or packed."""
        return self.is_key(key) and (os.path.isfile(self._path(key)) or self.is_packed(key))

    def is_packed(self, key: str) -> bool:
        """Whether an object is in a pack.

        :raises StorageUnavailable: if that cannot be told.
        """
        try:
            if not os.path.isfile(self._index) or not os.listdir(self._packs):
                return False
        except OSError as error:
            raise unavailable(error, self._folder) from error
        try:
            index = sqlite3.connect(f'file:{self._index}?mode=ro', uri=True, timeout=60)
            try:
                return index.execute('SELECT 1 FROM db_object WHERE hashkey = ?', (key,)).fetchone() is not None
            finally:
                index.close()
        except sqlite3.OperationalError as error:
            raise StorageUnavailable(f'{self._index} cannot be read at the moment: {error}') from error

    def require(self) -> None:
        """Check that the container is there, as what is on a disk that is not mounted seems to have never been.

        :raises StorageUnavailable: if it is not.
        """
        try:
            os.stat(os.path.join(self._folder, 'config.json'))
        except OSError as error:
            raise unavailable(error, self._folder) from error

    def put(self, handle: BinaryIO) -> str:
        """Store what can be read from ``handle``, if it is not there yet, and return its key.

        :raises StorageUnavailable: if it cannot be written; errors of ``handle`` are passed on.
        """
        start = handle.read(_CHUNK)
        if len(start) < _CHUNK:
            return self.put_bytes(start)
        path = os.path.join(self._sandbox, uuid4().hex)
        try:
            key = self._write(path, _chunks(start, handle))
            if not self.has(key):
                self._move(path, key)
        except _Unreadable as unreadable:
            raise unreadable.error from None
        except OSError as error:
            raise unavailable(error, self._folder) from error
        finally:
            remove_quietly(path)
        return key

    def put_bytes(self, content: bytes) -> str:
        """Store ``content``, if it is not there yet, and return its key.

        :raises StorageUnavailable: if it cannot be written.
        """
        key = hashlib.sha256(content).hexdigest()
        if self.has(key):
            return key
        path = os.path.join(self._sandbox, uuid4().hex)
        try:
            self._write(path, (content,))
            self._move(path, key)
        except BaseException as error:
            remove_quietly(path)
            if isinstance(error, OSError):
                raise unavailable(error, self._folder) from error
            raise
        return key

    @staticmethod
    def _write(path: str, chunks: Iterable[bytes]) -> str:
        """Write a file, to the disk indeed, and return the key of what it holds."""
        digest = hashlib.sha256()
        with open(path, 'wb') as target:
            for chunk in chunks:
                digest.update(chunk)
                target.write(chunk)
            _sync(target)
        return digest.hexdigest()

    def _move(self, path: str, key: str) -> None:
        prefix = key[: self._prefix_length]
        target = self._path(key)
        if prefix not in self._prefixes:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            self._prefixes.add(prefix)
        try:
            os.replace(path, target)
        except FileNotFoundError:
            # the folder was removed since
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.replace(path, target)
        _sync_folder(os.path.dirname(target))


def _sync(handle: Any) -> None:
    handle.flush()
    os.fsync(handle.fileno())


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Unreadable(Exception):
    """What is to be stored cannot be read."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def _chunks(start: bytes, handle: BinaryIO) -> Iterator[bytes]:
    """Yield what was read and what can be read.

    :raises _Unreadable: if something cannot.
    """
    yield start
    while True:
        try:
            chunk = handle.read(_CHUNK)
        except OSError as error:
            raise _Unreadable(error) from error
        if not chunk:
            return
        yield chunk
