"""A node that holds one file."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Literal, cast

from aiida.common.exceptions import ValidationError
from aiida.orm.nodes.data.data import Data

if TYPE_CHECKING:
    from typing import Self

__all__ = ('SinglefileData',)

FilePath = str | PurePath


class SinglefileData(Data):
    """One file, with its name in the attribute ``filename``."""

    DEFAULT_FILENAME = 'file.txt'

    @classmethod
    def from_string(cls, content: str, filename: FilePath | None = None, **kwargs: Any) -> Self:
        """Return a node whose file has this text, in UTF-8."""
        return cls(io.StringIO(content), filename, **kwargs)

    @classmethod
    def from_bytes(cls, content: bytes, filename: FilePath | None = None, **kwargs: Any) -> Self:
        """Return a node whose file has this content."""
        return cls(io.BytesIO(content), filename, **kwargs)

    def __init__(
        self,
        file: str | Path | IO[Any] | None = None,
        filename: FilePath | None = None,
        content: str | Path | IO[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param file: an absolute path, or a handle (binary, or an ``io.StringIO``).
        :param filename: the name in the node, by default that of the file.
        :param content: in place of ``file``: a text that is the content itself, or a path or a handle.
        :raises ValueError: if a path is not absolute or not that of a file, or both are given.
        """
        super().__init__(**kwargs)
        if content is not None:
            if file is not None:
                raise ValueError('give one of `file` and `content`, not both')
            file = io.StringIO(content) if isinstance(content, str) else content
        if file is not None:
            self.set_file(file, filename=filename)

    @property
    def content(self) -> bytes:
        """The content of the file."""
        return cast('bytes', self.get_content(mode='rb'))

    @property
    def filename(self) -> str:
        """The name of the file."""
        return str(self.base.attributes.get('filename'))

    @filename.setter
    def filename(self, value: str) -> None:
        self.base.attributes.set('filename', value)

    @contextmanager
    def open(self, path: FilePath | None = None, mode: Literal['r', 'rb'] = 'r') -> Iterator[Any]:
        """Open the file for reading, as a context.

        :param path: the name of the file, which may be left out.
        :param mode: ``r`` for text in UTF-8, ``rb`` for bytes.
        :raises FileNotFoundError: if there is no such file.
        """
        repository: Any = self.base.repository
        with repository.open(self.filename if path is None else path, mode=mode) as handle:
            yield handle

    @contextmanager
    def as_path(self) -> Iterator[Path]:
        """Provide the file in a temporary folder, as a context; what is done to it there does not reach the node."""
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / Path(self.filename).name
            target.write_bytes(self.content)
            yield target

    def get_content(self, mode: str = 'r') -> str | bytes:
        """Return the content of the file.

        :param mode: ``r`` for text in UTF-8, ``rb`` for bytes.
        """
        repository: Any = self.base.repository
        content: str | bytes = repository.get_object_content(self.filename, mode=mode)
        return content

    def set_file(self, file: str | Path | IO[Any], filename: FilePath | None = None) -> None:
        """Set the file, in place of the one there is.

        :param file: an absolute path, or a handle (binary, or an ``io.StringIO``).
        :param filename: the name in the node, by default that of the file.
        :raises ValueError: if a path is not absolute or not that of a file.
        :raises TypeError: if it is neither a path nor a binary handle.
        :raises ModificationNotAllowed: if the node is stored.
        """
        if isinstance(file, str | Path):
            path = Path(file)
            if not path.is_absolute():
                raise ValueError(f'the path `{file}` is not absolute')
            if not path.is_file():
                raise ValueError(f'there is no file at `{file}`')
            with path.open('rb') as handle:
                self._put(handle, path.name if filename is None else str(filename))
            return
        if isinstance(file, io.StringIO):
            file = io.BytesIO(file.read().encode('utf-8'))
        if not hasattr(file, 'read') or isinstance(file, io.TextIOBase):
            raise TypeError(f'{file!r} is neither an absolute path nor a handle opened for bytes')
        named = getattr(file, 'name', None)
        default = Path(named).name if isinstance(named, str) else self.DEFAULT_FILENAME
        self._put(cast('BinaryIO', file), default if filename is None else str(filename))

    def _put(self, handle: BinaryIO, name: str) -> None:
        repository = self.base.repository
        before = repository.list_object_names()
        repository.put_object_from_filelike(handle, name)
        for other in before:
            if other != PurePath(name).parts[0]:
                repository.delete_object(other)
        self.base.attributes.set('filename', name)

    def attach_file(self, filepath: str, fileobj: BinaryIO) -> None:
        """Set the file from a handle; see :meth:`set_file`."""
        self.set_file(fileobj, filename=filepath)

    def _validate(self) -> bool:
        super()._validate()
        filename = self.base.attributes.get('filename', None)
        names = self.base.repository.list_object_names()
        if filename is None:
            raise ValidationError(f'{self} has no file: give it one, e.g. with `set_file`')
        if len(names) != 1 or PurePath(filename).parts[0] != names[0]:
            raise ValidationError(f'{self} must have one file, {filename!r}, but has {names}')
        return True
