"""The nodes of the tree of names: files with a key, folders with what is in them."""

from __future__ import annotations

from enum import Enum
from typing import Any

__all__ = ('File', 'FileType')


class FileType(Enum):
    """What a name in the tree is."""

    DIRECTORY = 0
    FILE = 1


class File:
    """A file or a folder of the tree."""

    __slots__ = ('_file_type', '_key', '_name', '_objects')

    def __init__(
        self,
        name: str = '',
        file_type: FileType = FileType.DIRECTORY,
        key: str | None = None,
        objects: dict[str, File] | None = None,
    ) -> None:
        """
        :param name: the last part of the path, empty for the root.
        :param key: under which the backend has the content of a file; ``None`` for a folder.
        :param objects: what is in a folder, by name.
        :raises TypeError: if an argument has the wrong type.
        :raises ValueError: if a folder has a key, or a file has something in it.
        """
        if not isinstance(name, str):
            raise TypeError('name should be a string.')
        if not isinstance(file_type, FileType):
            raise TypeError('file_type should be an instance of `FileType`.')
        if key is not None and not isinstance(key, str):
            raise TypeError('key should be `None` or a string.')
        if objects is not None and not (
            isinstance(objects, dict) and all(isinstance(item, File) for item in objects.values())
        ):
            raise TypeError('objects should be `None` or a dictionary of `File` instances.')
        if file_type is FileType.DIRECTORY and key is not None:
            raise ValueError(f'an object of type `{file_type}` cannot define a key.')
        if file_type is FileType.FILE and objects is not None:
            raise ValueError(f'an object of type `{file_type}` cannot define any objects.')
        self._name = name
        self._file_type = file_type
        self._key = key
        self._objects = objects or {}

    @classmethod
    def from_serialized(cls, serialized: dict[str, Any], name: str = '') -> File:
        """Return the tree that was serialized.

        :param serialized: ``{'k': key}`` for a file, ``{'o': {name: ...}}`` for a folder, ``{}`` for an empty one.
        """
        if 'k' in serialized:
            return cls(name, FileType.FILE, serialized['k'])
        if not serialized:
            return cls(name)
        return cls(name, objects={key: cls.from_serialized(value, key) for key, value in serialized['o'].items()})

    def serialize(self) -> dict[str, Any]:
        """Return the tree as plain dictionaries, the way it is stored with a node."""
        if self._file_type is FileType.FILE:
            return {'k': self._key}
        if not self._objects:
            return {}
        return {'o': {name: item.serialize() for name, item in self._objects.items()}}

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self._name

    @property
    def file_type(self) -> FileType:
        """Whether it is a file or a folder."""
        return self._file_type

    @property
    def key(self) -> str | None:
        """Under which the backend has the content."""
        return self._key

    @property
    def objects(self) -> dict[str, File]:
        """What is in a folder, by name."""
        return self._objects

    def is_file(self) -> bool:
        """Whether it is a file."""
        return self._file_type is FileType.FILE

    def is_dir(self) -> bool:
        """Whether it is a folder."""
        return self._file_type is FileType.DIRECTORY

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, File):
            return NotImplemented
        return (self._name, self._file_type, self._key, self._objects) == (
            other._name,
            other._file_type,
            other._key,
            other._objects,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f'File<name={self._name}, file_type={self._file_type.value}, key={self._key}, '
            f'objects={self._objects.items()}>'
        )
