"""A node that holds files and folders."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO

from aiida.orm.nodes.data.data import Data

if TYPE_CHECKING:
    from aiida.repository import File

__all__ = ('FolderData',)

FilePath = str | PurePath


class FolderData(Data):
    """A folder with whatever is below it. The methods are those of ``node.base.repository``."""

    def __init__(self, tree: str | Path | None = None, **kwargs: Any) -> None:
        """
        :param tree: an absolute path; what is below it is copied into the node.
        """
        super().__init__(**kwargs)
        if tree is not None:
            self.base.repository.put_object_from_tree(str(tree))

    def list_objects(self, path: str | None = None) -> list[File]:
        """Return what is in a folder, by name; of the top one by default."""
        return self.base.repository.list_objects(path)

    def list_object_names(self, path: str | None = None) -> list[str]:
        """Return the names of what is in a folder; of the top one by default."""
        return self.base.repository.list_object_names(path)

    def open(self, path: FilePath, mode: str = 'r') -> AbstractContextManager[Any]:
        """Open a file for reading, as a context.

        :param mode: ``r`` for text in UTF-8, ``rb`` for bytes.
        :raises FileNotFoundError: if there is no such file.
        """
        repository: Any = self.base.repository
        handle: AbstractContextManager[Any] = repository.open(path, mode=mode)
        return handle

    def as_path(self, path: FilePath | None = None) -> AbstractContextManager[Path]:
        """Provide a file, or a folder with what is below it, at a temporary place, as a context."""
        return self.base.repository.as_path(path)

    def get_object(self, path: FilePath | None = None) -> File:
        """Return what there is at a path.

        :raises FileNotFoundError: if there is nothing.
        """
        return self.base.repository.get_object(path)

    def get_object_content(self, path: str, mode: str = 'r') -> str | bytes:
        """Return the content of a file.

        :param mode: ``r`` for text in UTF-8, ``rb`` for bytes.
        :raises FileNotFoundError: if there is no such file.
        """
        repository: Any = self.base.repository
        content: str | bytes = repository.get_object_content(path, mode=mode)
        return content

    def put_object_from_bytes(self, content: bytes, path: str) -> None:
        """Add a file with this content.

        :raises ModificationNotAllowed: if the node is stored.
        """
        self.base.repository.put_object_from_bytes(content, path)

    def put_object_from_filelike(self, handle: io.BufferedReader | BinaryIO, path: str) -> None:
        """Add a file with what is read from a handle."""
        self.base.repository.put_object_from_filelike(handle, path)

    def put_object_from_file(self, filepath: str, path: str) -> None:
        """Add a copy of a file."""
        self.base.repository.put_object_from_file(filepath, path)

    def put_object_from_tree(self, filepath: str, path: str | None = None) -> None:
        """Add copies of all that is below a folder."""
        self.base.repository.put_object_from_tree(filepath, path)

    def walk(self, path: FilePath | None = None) -> Iterable[tuple[PurePath, list[str], list[str]]]:
        """Yield each folder with the names of its folders and files, the innermost first."""
        return self.base.repository.walk(path)

    def glob(self) -> Iterable[PurePath]:
        """Yield the paths of all files and folders."""
        return self.base.repository.glob()

    def copy_tree(self, target: str | Path, path: FilePath | None = None) -> None:
        """Copy what is below a folder of the node to a folder on disk."""
        self.base.repository.copy_tree(target, path)

    def delete_object(self, path: str) -> None:
        """Remove a file, or a folder with what is below it."""
        self.base.repository.delete_object(path)

    def erase(self) -> None:
        """Remove everything."""
        self.base.repository.erase()
