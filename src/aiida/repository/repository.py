"""The files of one node: a tree of names over a backend that keeps their content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, BinaryIO

from aiida.common.hashing import make_hash
from aiida.repository.backend import AbstractRepositoryBackend, SandboxRepositoryBackend
from aiida.repository.common import File, FileType

__all__ = ('Repository',)

FilePath = str | PurePath


class Repository:
    """A virtual tree of files and folders; paths are relative and end at the tree's root."""

    def __init__(self, backend: AbstractRepositoryBackend | None = None) -> None:
        """
        :param backend: where content is kept; a sandbox by default.
        """
        self.set_backend(SandboxRepositoryBackend() if backend is None else backend)
        self._directory = File()

    @classmethod
    def from_serialized(cls, backend: AbstractRepositoryBackend, serialized: dict[str, Any] | None) -> Repository:
        """Return the tree that was serialized, over a backend that has its contents."""
        instance = cls(backend)
        if serialized:
            instance._directory = File.from_serialized(serialized)
        return instance

    def serialize(self) -> dict[str, Any]:
        """Return the tree as plain dictionaries, the way it is stored with a node."""
        return self._directory.serialize()

    @classmethod
    def flatten(cls, serialized: dict[str, Any] | None, delimiter: str = '/') -> dict[str, str | None]:
        """Return the keys of a serialized tree by path; folders end with the delimiter and have ``None``."""
        flat: dict[str, str | None] = {}
        pending: list[tuple[str, dict[str, Any]]] = [('', serialized or {})]
        while pending:
            prefix, folder = pending.pop()
            for name, item in folder.get('o', {}).items():
                if 'k' in item:
                    flat[prefix + name] = item['k']
                else:
                    flat[prefix + name + delimiter] = None
                    pending.append((prefix + name + delimiter, item))
        return flat

    def hash(self) -> str:
        """Return a hash of all names and contents."""
        objects: list[Any] = []
        for root, folders, files in self.walk():
            objects.extend(str(root / name) for name in folders)
            objects.extend((str(root / name), self._content_hash(root / name)) for name in files)
        return make_hash(objects)

    def _content_hash(self, path: PurePath) -> str:
        key = self._key(path)
        return key if self._backend.key_format == 'sha256' else self._backend.get_object_hash(key)

    # the backend

    @property
    def uuid(self) -> str | None:
        """The identifier of the backend, ``None`` if it has none."""
        return self._backend.uuid

    @property
    def backend(self) -> AbstractRepositoryBackend:
        """Where content is kept."""
        return self._backend

    def set_backend(self, backend: AbstractRepositoryBackend) -> None:
        """Keep content elsewhere from now on; nothing is copied.

        :raises TypeError: if ``backend`` is none.
        """
        if not isinstance(backend, AbstractRepositoryBackend):
            raise TypeError(f"Got object of type '{type(backend)}', expecting '{AbstractRepositoryBackend}'")
        self._backend = backend

    def initialise(self, **kwargs: Any) -> None:
        """Prepare the backend for its first content; no-op if that was done."""
        self._backend.initialise(**kwargs)

    @property
    def is_initialised(self) -> bool:
        """Whether the backend is ready."""
        return self._backend.is_initialised

    def __str__(self) -> str:
        return f'Repository<{self._backend}>'

    # names

    def is_empty(self) -> bool:
        """Whether there is nothing in the tree."""
        return not self._directory.objects

    def has_object(self, path: FilePath) -> bool:
        """Whether there is something at a path."""
        return self._find(_relative(path)) is not None

    def get_object(self, path: FilePath | None = None) -> File:
        """Return what is at a path, the root by default.

        :raises FileNotFoundError: if there is nothing.
        """
        relative = _relative(path or '')
        found = self._find(relative)
        if found is None:
            raise FileNotFoundError(f'object with path `{relative}` does not exist.')
        return found

    def get_directory(self, path: FilePath | None = None) -> File:
        """Return the folder at a path, the root by default.

        :raises FileNotFoundError: if there is nothing.
        :raises NotADirectoryError: if there is a file.
        """
        found = self.get_object(path)
        if not found.is_dir():
            raise NotADirectoryError(f'object with path `{path}` is not a directory.')
        return found

    def get_file(self, path: FilePath) -> File:
        """Return the file at a path.

        :raises FileNotFoundError: if there is nothing.
        :raises IsADirectoryError: if there is a folder.
        """
        if path is None:
            raise TypeError('path cannot be `None`.')
        found = self.get_object(path)
        if not found.is_file():
            raise IsADirectoryError(f'object with path `{path}` is not a file.')
        return found

    def list_objects(self, path: FilePath | None = None) -> list[File]:
        """Return what is in a folder, sorted by name.

        :raises FileNotFoundError: if there is nothing.
        :raises NotADirectoryError: if there is a file.
        """
        return sorted(self.get_directory(path).objects.values(), key=lambda item: item.name)

    def list_object_names(self, path: FilePath | None = None) -> list[str]:
        """Return the names of what is in a folder, sorted.

        :raises FileNotFoundError: if there is nothing.
        :raises NotADirectoryError: if there is a file.
        """
        return [item.name for item in self.list_objects(path)]

    def get_file_keys(self) -> list[str]:
        """Return the keys of all files, in the order of :meth:`walk`."""
        return [self._key(root / name) for root, _, files in self.walk() for name in files]

    def walk(self, path: FilePath | None = None) -> Iterable[tuple[PurePosixPath, list[str], list[str]]]:
        """Yield (folder, names of folders in it, names of files in it), what is below a folder before the folder."""
        root = _relative(path or '')
        directory = self.get_directory(root)
        folders = [name for name, item in directory.objects.items() if item.is_dir()]
        files = [name for name, item in directory.objects.items() if item.is_file()]
        for name in folders:
            yield from self.walk(root / name)
        yield root, folders, files

    def create_directory(self, path: FilePath) -> File:
        """Return the folder at a path, made with all above it where they are absent.

        :raises NotADirectoryError: if there is a file at the path or above.
        """
        if path is None:
            raise TypeError('path cannot be `None`.')
        directory = self._directory
        relative = _relative(path)
        for part in relative.parts:
            directory = directory.objects.setdefault(part, File(part))
            if not directory.is_dir():
                raise NotADirectoryError(f'`{part}` in the path `{relative}` is a file, not a directory.')
        return directory

    def _find(self, path: PurePosixPath) -> File | None:
        found = self._directory
        for part in path.parts:
            below = found.objects.get(part)
            if below is None:
                return None
            found = below
        return found

    # content

    def put_object_from_filelike(self, handle: BinaryIO, path: FilePath) -> None:
        """Store what can be read from an open file at a path; a file that is there is replaced.

        :raises TypeError: if bytes cannot be read from ``handle``, or the path is not relative.
        :raises IsADirectoryError: if there is a folder at the path.
        """
        relative = _relative(path)
        self._check_target(relative)
        self._insert(relative, self._backend.put_object_from_filelike(handle))

    def put_object_from_file(self, filepath: FilePath, path: FilePath) -> None:
        """Store the content of a file at a path; a file that is there is replaced.

        :param filepath: the file on disk.
        :raises IsADirectoryError: if there is a folder at the path.
        """
        relative = _relative(path)
        self._check_target(relative)
        with open(filepath, 'rb') as handle:
            self._insert(relative, self._backend.put_object_from_filelike(handle))

    def put_object_from_tree(self, filepath: FilePath, path: FilePath | None = None) -> None:
        """Store everything in a folder on disk, in a folder of the tree (the root by default).

        :param filepath: the folder on disk, absolute.
        :raises TypeError: if ``filepath`` is not an absolute path.
        :raises NotADirectoryError: if there is no folder on disk.
        """
        if not isinstance(filepath, (str, PurePath)):
            raise TypeError(f'filepath `{filepath}` is not of type `str` nor `pathlib.PurePath`.')
        source = Path(filepath)
        if not source.is_absolute():
            raise TypeError(f'filepath `{filepath}` is not an absolute path.')
        if not source.is_dir():
            raise NotADirectoryError(f'there is no folder at `{filepath}`.')
        root = _relative(path or '')
        self.create_directory(root)
        for item in sorted(source.rglob('*')):
            target = root / PurePosixPath(*item.relative_to(source).parts)
            if item.is_dir():
                self.create_directory(target)
            else:
                self.put_object_from_file(item, target)

    def _check_target(self, path: PurePosixPath) -> None:
        if not path.parts:
            raise ValueError('a file needs a name: the path is empty.')
        present = self._find(path)
        if present is not None and present.is_dir():
            raise IsADirectoryError(f'object with path `{path}` is a directory.')

    def _insert(self, path: PurePosixPath, key: str) -> None:
        self.create_directory(path.parent).objects[path.name] = File(path.name, FileType.FILE, key)

    def _key(self, path: FilePath) -> str:
        key = self.get_file(path).key
        assert key is not None
        return key

    @contextmanager
    def open(self, path: FilePath) -> Iterator[BinaryIO]:
        """Open a file for reading bytes.

        :raises FileNotFoundError: if there is nothing.
        :raises IsADirectoryError: if there is a folder.
        """
        with self._backend.open(self._key(path)) as handle:
            yield handle

    def get_object_content(self, path: FilePath) -> bytes:
        """Return the content of a file.

        :raises FileNotFoundError: if there is nothing.
        :raises IsADirectoryError: if there is a folder.
        """
        return self._backend.get_object_content(self._key(path))

    def copy_tree(self, target: str | Path, path: FilePath | None = None) -> None:
        """Write a folder of the tree (the root by default) to a folder on disk.

        :param target: the folder on disk, absolute; what is there already stays.
        :raises TypeError: if ``target`` is not an absolute path.
        """
        if not isinstance(target, (str, Path)):
            raise TypeError(f'path `{target}` is not of type `str` nor `pathlib.Path`.')
        folder = Path(target)
        if not folder.is_absolute():
            raise TypeError(f'target `{target}` is not an absolute path.')
        source = _relative(path or '')
        for root, folders, files in self.walk(source):
            below = folder / root.relative_to(source)
            below.mkdir(parents=True, exist_ok=True)
            for name in folders:
                (below / name).mkdir(exist_ok=True)
            for name in files:
                self._copy_file(root / name, below / name)

    def _copy_file(self, path: PurePath, target: Path) -> None:
        import shutil

        with self.open(path) as source, target.open('wb') as handle:
            shutil.copyfileobj(source, handle)

    def clone(self, source: Repository) -> None:
        """Take over everything of another repository, content included.

        :raises TypeError: if ``source`` is not a repository.
        """
        if not isinstance(source, Repository):
            raise TypeError('source is not an instance of `Repository`.')
        if source._backend is self._backend:
            self._merge(source)
            return
        for root, folders, files in source.walk():
            for name in folders:
                self.create_directory(root / name)
            for name in files:
                with source.open(root / name) as handle:
                    self.put_object_from_filelike(handle, root / name)

    def _merge(self, source: Repository) -> None:
        """Take over the names only: the content is in the same backend."""
        for root, folders, files in source.walk():
            for name in folders:
                self.create_directory(root / name)
            for name in files:
                self._check_target(root / name)
                self._insert(root / name, source._key(root / name))

    # removal

    def delete_object(self, path: FilePath, hard_delete: bool = False) -> None:
        """Take a file out of the tree.

        :param hard_delete: delete the content too; whoever else has the same content loses it.
        :raises FileNotFoundError: if there is nothing.
        :raises IsADirectoryError: if there is a folder.
        """
        relative = _relative(path)
        found = self.get_object(relative)
        if found.is_dir():
            raise IsADirectoryError(f'object with path `{relative}` is a directory.')
        if hard_delete:
            self._backend.delete_object(self._key(relative))
        del self.get_directory(relative.parent).objects[relative.name]

    def reset(self) -> None:
        """Forget the tree; contents stay in the backend."""
        self._directory = File()

    def erase(self) -> None:
        """Delete all contents of the tree from the backend, and forget the tree."""
        keys = sorted(set(self.get_file_keys()))
        if keys:
            self._backend.delete_objects(keys)
        self.reset()

    def delete(self) -> None:
        """Delete the backend with all it contains, also of other trees, and forget the tree."""
        self._backend.erase()
        self.reset()


def _relative(path: FilePath) -> PurePosixPath:
    """Return ``path`` as one that stays in the tree.

    :raises TypeError: if it is not a relative path.
    :raises ValueError: if it leads upwards.
    """
    if path is None:
        raise TypeError('path cannot be `None`.')
    if not isinstance(path, (str, PurePath)):
        raise TypeError('path is not of type `str` nor `pathlib.PurePath`.')
    relative = PurePosixPath(path)
    if relative.is_absolute():
        raise TypeError(f'path `{path}` is not a relative path.')
    if '..' in relative.parts:
        raise ValueError(f'path `{path}` leads upwards: `..` has no meaning here.')
    return relative
