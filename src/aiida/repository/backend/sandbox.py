"""Content that lives as long as this program: for stores in memory and for nodes that are not stored."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from aiida.common.disks import remove_quietly, scratch_watched
from aiida.repository.backend.abstract import AbstractRepositoryBackend, no_object

__all__ = ('SandboxRepositoryBackend',)

#: What is larger than this, in bytes, goes to a temporary file.
_KEPT_IN_MEMORY = 1024 * 1024


class SandboxRepositoryBackend(AbstractRepositoryBackend):
    """Contents under their SHA-256: small ones in memory, large ones in a folder that goes with this object."""

    def __init__(self, filepath: str | None = None) -> None:
        """
        :param filepath: the folder in which the temporary folder is made; the system's by default.
        """
        self._parent = filepath
        self._initialised = False
        self._small: dict[str, bytes] = {}
        self._large: dict[str, Path] = {}
        self._folder: Path | None = None

    def __str__(self) -> str:
        if not self._initialised:
            return 'SandboxRepository: <uninitialised>'
        return f'SandboxRepository: {self._folder or "in memory"}'

    @property
    def uuid(self) -> str | None:
        """``None``: it does not outlive the program, so nothing can refer to it."""
        return None

    @property
    def key_format(self) -> str | None:
        """Keys are SHA-256 in hexadecimal."""
        return 'sha256'

    @property
    def sandbox(self) -> Path:
        """The temporary folder, which is made when it is first asked for."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix='aiida-sandbox-', dir=self._parent))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def initialise(self, **kwargs: Any) -> None:
        """Prepare the backend for its first content; no-op if that was done."""
        self._initialised = True

    @property
    def is_initialised(self) -> bool:
        """Whether contents can be put and read."""
        return self._initialised

    def erase(self) -> None:
        """Delete all contents."""
        self._small.clear()
        self._large.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        self._initialised = False

    def _put_object_from_filelike(self, handle: BinaryIO) -> str:
        self._initialised = True
        start = handle.read(_KEPT_IN_MEMORY)
        if len(start) < _KEPT_IN_MEMORY:
            key = hashlib.sha256(start).hexdigest()
            self._small[key] = start
            return key
        with scratch_watched((str(self.sandbox),)):
            return self._put_large(start, handle)

    def _put_large(self, start: bytes, handle: BinaryIO) -> str:
        digest = hashlib.sha256(start)
        with tempfile.NamedTemporaryFile(dir=self.sandbox, delete=False) as target:
            try:
                target.write(start)
                while chunk := handle.read(_KEPT_IN_MEMORY):
                    digest.update(chunk)
                    target.write(chunk)
                target.flush()
            except BaseException:
                remove_quietly(target.name)
                raise
        key = digest.hexdigest()
        self._large[key] = Path(target.name).replace(self.sandbox / key)
        return key

    def has_objects(self, keys: list[str]) -> list[bool]:
        """Return for each key whether there is content under it."""
        return [key in self._small or key in self._large for key in keys]

    def list_objects(self) -> Iterable[str]:
        """Return the keys of all contents."""
        return [*self._small, *self._large]

    def get_info(self, detailed: bool = False) -> dict[str, int | str | dict[str, int] | dict[str, float]]:
        """Return the numbers of contents, and their size when detailed."""
        info: dict[str, int | str | dict[str, int] | dict[str, float]] = {
            'SHA-hash algorithm': 'sha256',
            'Objects': {'in_memory': len(self._small), 'in_files': len(self._large)},
        }
        if detailed:
            in_memory = sum(len(content) for content in self._small.values())
            in_files = sum(path.stat().st_size for path in self._large.values())
            info['Size (MB)'] = {'in_memory': in_memory / 1024**2, 'in_files': in_files / 1024**2}
        return info

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """Open the content under a key for reading.

        :raises FileNotFoundError: if there is none.
        """
        if key in self._small:
            yield io.BytesIO(self._small[key])
        elif key in self._large:
            with self._large[key].open('rb') as handle:
                yield handle
        else:
            raise no_object(key)

    def get_object_content(self, key: str) -> bytes:
        """Return the content under a key.

        :raises FileNotFoundError: if there is none.
        """
        if key in self._small:
            return self._small[key]
        return super().get_object_content(key)

    def get_object_hash(self, key: str) -> str:
        """Return the SHA-256 of the content under a key, which is the key.

        :raises FileNotFoundError: if there is none.
        """
        self._require([key])
        return key

    def delete_objects(self, keys: list[str]) -> None:
        """Delete the contents under these keys, all or none.

        :raises FileNotFoundError: if there is nothing under one of the keys.
        """
        self._require(keys)
        for key in keys:
            self._small.pop(key, None)
            path = self._large.pop(key, None)
            if path is not None:
                path.unlink(missing_ok=True)
