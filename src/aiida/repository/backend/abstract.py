"""What every backend for the content of files does."""

from __future__ import annotations

import abc
import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ('AbstractRepositoryBackend',)

_CHUNK = 1024 * 1024


class AbstractRepositoryBackend(abc.ABC):
    """Contents under keys: it knows neither names nor folders, those are the tree's."""

    @property
    @abc.abstractmethod
    def uuid(self) -> str | None:
        """The identifier of this backend, ``None`` if it has none."""

    @property
    @abc.abstractmethod
    def key_format(self) -> str | None:
        """How keys are made, for example ``sha256``."""

    @abc.abstractmethod
    def initialise(self, **kwargs: Any) -> None:
        """Prepare the backend for its first content; no-op if that was done."""

    @property
    @abc.abstractmethod
    def is_initialised(self) -> bool:
        """Whether contents can be put and read."""

    @abc.abstractmethod
    def erase(self) -> None:
        """Delete the backend with all its contents."""

    def close(self) -> None:  # noqa: B027 (most have nothing to close)
        """Give back what is held open; the backend may be used again."""

    @staticmethod
    def is_readable_byte_stream(handle: Any) -> bool:
        """Whether bytes can be read from ``handle``."""
        if not hasattr(handle, 'read') or isinstance(handle, io.TextIOBase):
            return False
        return 'b' in handle.mode if isinstance(getattr(handle, 'mode', None), str) else True

    def put_object_from_filelike(self, handle: BinaryIO) -> str:
        """Store what can be read from an open file and return its key.

        :raises TypeError: if bytes cannot be read from ``handle``.
        """
        if not self.is_readable_byte_stream(handle):
            raise TypeError(f'handle does not seem to be a byte stream: {type(handle)}.')
        return self._put_object_from_filelike(handle)

    @abc.abstractmethod
    def _put_object_from_filelike(self, handle: BinaryIO) -> str:
        """Store what can be read from ``handle`` and return its key."""

    def put_object_from_file(self, filepath: str | Path) -> str:
        """Store the content of a file and return its key."""
        with open(filepath, 'rb') as handle:
            return self.put_object_from_filelike(handle)

    @abc.abstractmethod
    def has_objects(self, keys: list[str]) -> list[bool]:
        """Return for each key whether there is content under it."""

    def has_object(self, key: str) -> bool:
        """Return whether there is content under a key."""
        return self.has_objects([key])[0]

    @abc.abstractmethod
    def list_objects(self) -> Iterable[str]:
        """Return the keys of all contents."""

    @abc.abstractmethod
    def get_info(self, detailed: bool = False) -> dict[str, int | str | dict[str, int] | dict[str, float]]:
        """Return what there is to say about the backend: algorithms and numbers of contents, sizes when detailed."""

    @abc.abstractmethod
    def open(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Open the content under a key for reading.

        :raises FileNotFoundError: if there is none.
        """

    def get_object_content(self, key: str) -> bytes:
        """Return the content under a key.

        :raises FileNotFoundError: if there is none.
        """
        with self.open(key) as handle:
            return handle.read()

    def iter_object_streams(self, keys: Iterable[str]) -> Iterator[tuple[str, BinaryIO]]:
        """Yield each key with its content, opened for reading until the next one is asked for."""
        for key in keys:
            with self.open(key) as handle:
                yield key, handle

    def get_object_hash(self, key: str) -> str:
        """Return the SHA-256 of the content under a key, in hexadecimal.

        :raises FileNotFoundError: if there is none.
        """
        digest = hashlib.sha256()
        with self.open(key) as handle:
            while chunk := handle.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    @abc.abstractmethod
    def delete_objects(self, keys: list[str]) -> None:
        """Delete the contents under these keys, all or none.

        :raises FileNotFoundError: if there is nothing under one of the keys.
        """

    def delete_object(self, key: str) -> None:
        """Delete the content under a key.

        :raises FileNotFoundError: if there is none.
        """
        self.delete_objects([key])

    def _require(self, keys: list[str]) -> None:
        absent = [key for key, exists in zip(keys, self.has_objects(keys), strict=True) if not exists]
        if absent:
            raise no_object(*absent)


def no_object(*keys: str) -> FileNotFoundError:
    """Return the error that says that there is no content under these keys."""
    if len(keys) == 1:
        return FileNotFoundError(f'object with key `{keys[0]}` does not exist.')
    return FileNotFoundError(f'objects with these keys do not exist: {", ".join(keys)}.')
