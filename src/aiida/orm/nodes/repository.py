"""The files of one node."""

from __future__ import annotations

import io
import pathlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TextIO, cast, overload

from aiida.common.cleaning import copy_json
from aiida.common.exceptions import ModificationNotAllowed
from aiida.common.hashing import make_hash

if TYPE_CHECKING:
    from aiida.orm.nodes.node import Node
    from aiida.repository import File, Repository

__all__ = ('NodeRepository',)

FilePath = str | pathlib.PurePath

#: What ``Repository.hash`` returns for a repository without files.
_HASH_OF_NOTHING = make_hash([])


@lru_cache(maxsize=256)
def _hash_of_file(name: str, key: str) -> str:
    """Return what ``Repository.hash`` returns for one file whose key is the hash of its content."""
    return make_hash([(name, key)])


class NodeRepository:
    """The files of a node: a tree of names, fixed once the node is stored.

    Until then they are kept in a folder of their own, which is made when the first file comes.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._tree: Repository | None = None

    @property
    def _repository(self) -> Repository:
        """The tree: over the store's files for a stored node, over a temporary folder before."""
        if self._tree is None:
            from aiida.repository import Repository

            record = self._node._record
            if record.id is None and not record.repository_metadata:
                self._tree = Repository()
            else:
                self._tree = Repository.from_serialized(self._node._store.repository, record.repository_metadata)
        return self._tree

    @property
    def _is_empty(self) -> bool:
        """Whether there are no files, found out without making anything."""
        if self._tree is not None:
            return self._tree.is_empty()
        return not self._node._record.repository_metadata

    def _commit(self) -> None:
        """Copy the files to where the store keeps them; called when the node is stored."""
        tree = self._tree
        if tree is None:
            return
        from aiida.repository import Repository

        target = self._node._store.repository
        if tree.backend is not target:
            if tree.is_empty():
                self._tree = None
                return
            stored = Repository(target)
            stored.clone(tree)
            tree.delete()
            self._tree = stored
        self._node._record.repository_metadata = self._tree.serialize()  # type: ignore[union-attr]

    def _update_repository_metadata(self) -> None:
        """Write the tree of names to the row of the node; for those who changed the files of a stored one."""
        from aiida.common.timezone import now

        record = self._node._record
        if record.id is not None:
            record.repository_metadata = self._repository.serialize()
            self._node._store.update_node(record.id, {'repository_metadata': record.repository_metadata}, now())

    def _put_shared(self, content: bytes, name: str) -> None:
        """Add a file that many nodes have: its content goes to the store at once, where it is kept only once."""
        self._check_mutability()
        if not self._is_empty:
            self._repository.put_object_from_filelike(io.BytesIO(content), name)
            return
        key = self._node._store.repository.put_object_from_filelike(io.BytesIO(content))
        self._tree = None
        self._node._record.repository_metadata = {'o': {name: {'k': key}}}

    def clone(self, repository: NodeRepository) -> None:
        """Take over the files of another node; content that the store has already is not copied.

        :raises ModificationNotAllowed: if the node is stored.
        """
        from aiida.repository import Repository

        self._check_mutability()
        if repository._is_empty:
            return
        source = repository._repository
        if self._is_empty and source.backend is self._node._store.repository:
            self._tree = Repository.from_serialized(source.backend, source.serialize())
        else:
            self._repository.clone(source)

    _clone = clone
    _copy = clone

    def _check_mutability(self) -> None:
        """Raise if the files are fixed.

        :raises ModificationNotAllowed: if the node is stored.
        """
        if self._node._record.id is not None:
            raise ModificationNotAllowed(f'{self._node} is stored, its files can no longer be changed')

    @property
    def metadata(self) -> dict[str, Any]:
        """The tree of names and keys as it is written in the row; empty before storing."""
        record = self._node._record
        return copy_json(record.repository_metadata) if record.id is not None else {}

    def serialize(self) -> dict[str, Any]:
        """Return the tree of names and keys."""
        return self._repository.serialize()

    def serialize_content(self) -> dict[str, bytes]:
        """Return the content of all files by path."""
        return {str(path): self._repository.get_object_content(path) for path in self._files()}

    def _files(self) -> Iterator[pathlib.PurePath]:
        for root, _, names in self._repository.walk():
            for name in names:
                yield root / name

    def hash(self) -> str:
        """Return a hash of all names and contents."""
        if self._is_empty:
            return _HASH_OF_NOTHING
        if self._tree is None:
            names = self._node._record.repository_metadata.get('o', {})
            if len(names) == 1:
                ((name, entry),) = names.items()
                if 'k' in entry:
                    return _hash_of_file(name, entry['k'])
        return self._repository.hash()

    @overload
    def open(self, path: FilePath, mode: Literal['r'] = ...) -> Any: ...

    @overload
    def open(self, path: FilePath, mode: Literal['rb']) -> Any: ...

    @contextmanager
    def open(self, path: FilePath, mode: Literal['r', 'rb'] = 'r') -> Iterator[BinaryIO] | Iterator[TextIO]:
        """Open a file for reading, as a context.

        :param mode: ``r`` for text in UTF-8, ``rb`` for bytes.
        :raises FileNotFoundError: if there is no such file.
        :raises IsADirectoryError: if it is a folder.
        :raises ValueError: if the mode is another.
        """
        if mode not in {'r', 'rb'}:
            raise ValueError(f"files of a node are opened with the mode 'r' or 'rb', not {mode!r}")
        with self._repository.open(path) as handle:
            if mode == 'rb':
                yield handle
            else:
                yield cast('TextIO', io.TextIOWrapper(cast('Any', handle), encoding='utf-8'))

    def get_object(self, path: FilePath | None = None) -> File:
        """Return a file or folder, that of the whole tree for ``None``.

        :raises TypeError: if the path is not relative.
        :raises FileNotFoundError: if there is nothing at this path.
        """
        return self._repository.get_object(path)

    @overload
    def get_object_content(self, path: FilePath, mode: Literal['r'] = ...) -> str: ...

    @overload
    def get_object_content(self, path: FilePath, mode: Literal['rb']) -> bytes: ...

    def get_object_content(self, path: FilePath, mode: Literal['r', 'rb'] = 'r') -> str | bytes:
        """Return the content of a file.

        :param mode: ``r`` for text in UTF-8, ``rb`` for bytes.
        :raises FileNotFoundError: if there is no such file.
        :raises IsADirectoryError: if it is a folder.
        :raises ValueError: if the mode is another.
        """
        if mode not in {'r', 'rb'}:
            raise ValueError(f"files of a node are read with the mode 'r' or 'rb', not {mode!r}")
        content = self._repository.get_object_content(path)
        return content if mode == 'rb' else content.decode('utf-8')

    def get_object_size(self, path: FilePath) -> int:
        """Return the size of a file in bytes.

        :raises FileNotFoundError: if there is no such file.
        """
        with self._repository.open(path) as handle:
            return handle.seek(0, io.SEEK_END)

    def get_zipped_objects(self, compression: int = 8) -> bytes:
        """Return all files as a zip archive.

        :param compression: how, in the numbers of :mod:`zipfile`; 8 is deflate.
        """
        import zipfile

        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, 'w', compression=compression) as archive:
            for path in self._files():
                archive.writestr(str(path), self._repository.get_object_content(path))
        return buffer.getvalue()

    @contextmanager
    def as_path(self, path: FilePath | None = None) -> Iterator[pathlib.Path]:
        """Give a file or folder, everything for ``None``, as a path of the file system, as long as the context lasts.

        It is a copy: changing it changes nothing of the node.

        :raises FileNotFoundError: if there is nothing at this path.
        """
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            found = self._repository.get_object(path)
            if path is None or found.is_dir():
                self.copy_tree(root, path)
                yield root
            else:
                target = root / pathlib.PurePath(path).name
                with self._repository.open(path) as source, target.open('wb') as handle:
                    shutil.copyfileobj(source, handle)
                yield target

    def list_objects(self, path: FilePath | None = None) -> list[File]:
        """Return what is in a folder, sorted by name.

        :raises FileNotFoundError: if there is no such folder.
        :raises NotADirectoryError: if it is a file.
        """
        return [] if path is None and self._is_empty else self._repository.list_objects(path)

    def list_object_names(self, path: FilePath | None = None) -> list[str]:
        """Return the names of what is in a folder, sorted.

        :raises FileNotFoundError: if there is no such folder.
        :raises NotADirectoryError: if it is a file.
        """
        return [] if path is None and self._is_empty else self._repository.list_object_names(path)

    def walk(self, path: FilePath | None = None) -> Iterable[tuple[pathlib.PurePath, list[str], list[str]]]:
        """Yield each folder with the names of the folders and of the files in it."""
        yield from self._repository.walk(path)

    def glob(self) -> Iterable[pathlib.PurePath]:
        """Yield the paths of all folders and files."""
        for root, folders, names in self._repository.walk():
            for name in (*folders, *names):
                yield root / name

    def copy_tree(self, target: str | pathlib.Path, path: FilePath | None = None) -> None:
        """Copy a folder, everything for ``None``, into a folder of the file system.

        :param target: absolute path of the folder; it is made if absent.
        """
        self._repository.copy_tree(target, path)

    def put_object_from_bytes(self, content: bytes, path: str) -> None:
        """Add a file.

        :raises ModificationNotAllowed: if the node is stored.
        """
        self._check_mutability()
        self._repository.put_object_from_filelike(io.BytesIO(content), path)

    def put_object_from_filelike(self, handle: Any, path: str) -> None:
        """Add a file with what can be read from a handle; text is encoded as UTF-8.

        :raises ModificationNotAllowed: if the node is stored.
        """
        self._check_mutability()
        if isinstance(handle, io.TextIOBase) or (
            isinstance(handle, tempfile._TemporaryFileWrapper) and 'b' not in str(handle.file.mode)
        ):
            handle = io.BytesIO(handle.read().encode('utf-8'))
        self._repository.put_object_from_filelike(handle, path)

    def put_object_from_file(self, filepath: str, path: str) -> None:
        """Add a file of the file system.

        :param filepath: absolute path of the file.
        :raises ModificationNotAllowed: if the node is stored.
        """
        self._check_mutability()
        self._repository.put_object_from_file(filepath, path)

    def put_object_from_tree(self, filepath: str, path: str | None = None) -> None:
        """Add all that is in a folder of the file system.

        :param filepath: absolute path of the folder.
        :param path: the folder to put it into, the root for ``None``.
        :raises ModificationNotAllowed: if the node is stored.
        """
        self._check_mutability()
        self._repository.put_object_from_tree(filepath, path)

    def delete_object(self, path: str) -> None:
        """Remove a file, or a folder with all that is in it.

        :raises ModificationNotAllowed: if the node is stored.
        :raises FileNotFoundError: if there is nothing at this path.
        """
        self._check_mutability()
        self._repository.delete_object(path)

    def erase(self) -> None:
        """Remove all files.

        :raises ModificationNotAllowed: if the node is stored.
        """
        self._check_mutability()
        if self._tree is not None:
            # Content that is in the store may belong to other nodes too; only the names are forgotten.
            self._tree = None
            self._node._record.repository_metadata = {}
