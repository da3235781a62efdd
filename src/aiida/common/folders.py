"""Folders that plugins write into, with a limit they cannot leave."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Any, AnyStr, Literal, overload

from aiida.common.options import get_option_value
from aiida.common.typing import FilePath

__all__ = ('Folder', 'SandboxFolder', 'SubmitTestFolder')

GROUP_WRITABLE = True
_SUBMISSIONS_PER_DAY = 100_000


class Folder:
    """A folder on this machine; every path given to it stays below its limit.

    The folder need not exist until something is written.
    """

    def __init__(self, abspath: FilePath, folder_limit: FilePath | None = None) -> None:
        """
        :param abspath: the folder.
        :param folder_limit: the folder that cannot be left; the folder itself for ``None``.
        :raises ValueError: if the folder is not below the limit.
        """
        path = os.path.abspath(abspath)
        limit = path if folder_limit is None else os.path.abspath(folder_limit)
        if not _is_below(path, limit):
            raise ValueError(f'the folder {path} is not below its limit {limit}')
        self._abspath = path
        self._folder_limit = limit

    @property
    def mode_dir(self) -> int:
        """The permissions that subfolders get."""
        return 0o770 if GROUP_WRITABLE else 0o700

    @property
    def mode_file(self) -> int:
        """The permissions that files get."""
        return 0o660 if GROUP_WRITABLE else 0o600

    @property
    def abspath(self) -> str:
        """The absolute path."""
        return self._abspath

    @property
    def folder_limit(self) -> str:
        """The folder that cannot be left."""
        return self._folder_limit

    def get_subfolder(self, subfolder: FilePath, create: bool = False, reset_limit: bool = False) -> Folder:
        """Return a folder below this one.

        :param subfolder: its relative path; ``..`` is fine within the limit.
        :param create: whether to create it.
        :param reset_limit: whether the subfolder is the limit of what is returned, instead of this folder's.
        :raises ValueError: if it is beyond the limit.
        """
        path = os.path.abspath(os.path.join(self.abspath, _relative(subfolder)))
        found = Folder(path, folder_limit=self.folder_limit)
        if reset_limit:
            found = Folder(path)
        if create:
            found.create()
        return found

    @overload
    def get_content_list(self, pattern: str = '*', only_paths: Literal[True] = True) -> list[str]: ...

    @overload
    def get_content_list(self, pattern: str = '*', *, only_paths: Literal[False]) -> list[tuple[str, bool]]: ...

    @overload
    def get_content_list(self, pattern: str, only_paths: Literal[False]) -> list[tuple[str, bool]]: ...

    def get_content_list(self, pattern: str = '*', only_paths: bool = True) -> list[str] | list[tuple[str, bool]]:
        """Return what is in the folder.

        :param pattern: as of a shell.
        :param only_paths: whether to return names, or pairs of name and whether it is a file.
        """
        names = [name for name in os.listdir(self.abspath) if fnmatch.fnmatch(name, pattern)]
        if only_paths:
            return names
        return [(name, not os.path.isdir(os.path.join(self.abspath, name))) for name in names]

    def create_symlink(self, src: FilePath, name: FilePath) -> None:
        """Create a symbolic link.

        :param src: what it points to.
        :param name: the link's name in the folder.
        """
        os.symlink(src, self.get_abs_path(name))

    def insert_path(self, src: FilePath, dest_name: FilePath | None = None, overwrite: bool = True) -> FilePath:
        """Copy a file or a folder from elsewhere and return where it went.

        :param src: its absolute path.
        :param dest_name: its name here; the same name for ``None``.
        :param overwrite: whether something of that name is replaced.
        :raises TypeError: if a path is not one.
        :raises ValueError: if ``src`` is relative or neither file nor folder.
        :raises OSError: if the name is taken and is not to be replaced.
        """
        source = str(_path(src))
        if not os.path.isabs(source):
            raise ValueError(f'the source has to be an absolute path, got {source!r}')
        target = str(self.get_abs_path(os.path.basename(source) if dest_name is None else dest_name))
        if not os.path.exists(source):
            raise ValueError(f'the source {source} is neither a file nor a folder')
        if os.path.lexists(target):
            if not overwrite:
                raise OSError(f'{target} exists already')
            _remove(target)
        if os.path.isdir(source):
            shutil.copytree(source, target)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(source, target)
            os.chmod(target, self.mode_file)
        return target

    def create_file_from_filelike(
        self, filelike: IO[AnyStr], filename: FilePath, mode: str = 'wb', encoding: str | None = None
    ) -> FilePath:
        """Write what a stream holds to a file and return its path.

        :param filelike: the stream.
        :param filename: the file's relative path.
        :param mode: how the file is opened: ``wb`` for bytes, ``w`` for text.
        :param encoding: of text.
        """
        target = str(self.get_abs_path(filename))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, mode=mode, encoding=encoding) as handle:
            shutil.copyfileobj(filelike, handle)
        os.chmod(target, self.mode_file)
        return target

    def remove_path(self, filename: FilePath) -> None:
        """Delete a file or a folder.

        :param filename: its relative path.
        :raises OSError: if it does not exist.
        """
        _remove(str(self.get_abs_path(filename, check_existence=True)))

    def get_abs_path(self, relpath: FilePath, check_existence: bool = False) -> str:
        """Return the absolute path of something in the folder.

        :param relpath: its relative path.
        :param check_existence: whether it has to exist.
        :raises ValueError: if the path is absolute or leaves the folder's limit.
        :raises OSError: if it should exist and does not.
        """
        path = os.path.abspath(os.path.join(self.abspath, _relative(relpath)))
        if not _is_below(path, self.folder_limit):
            raise ValueError(f'the path {relpath} leaves the folder {self.folder_limit}')
        if check_existence and not os.path.lexists(path):
            raise OSError(f'{relpath} does not exist in the folder {self.abspath}')
        return path

    @contextlib.contextmanager
    def open(
        self, name: FilePath, mode: str = 'r', encoding: str | None = 'utf8', check_existence: bool = False
    ) -> Iterator[Any]:
        """Open a file in the folder.

        :param name: its relative path.
        :param mode: as of the built-in function.
        :param encoding: of text.
        :param check_existence: whether it has to exist.
        """
        if 'b' in mode:
            encoding = None
        with open(self.get_abs_path(name, check_existence=check_existence), mode, encoding=encoding) as handle:
            yield handle

    def exists(self) -> bool:
        """Return whether the folder exists."""
        return os.path.exists(self.abspath)

    def isfile(self, relpath: FilePath) -> bool:
        """Return whether something in the folder is a file."""
        return os.path.isfile(os.path.join(self.abspath, relpath))

    def isdir(self, relpath: FilePath) -> bool:
        """Return whether something in the folder is a folder."""
        return os.path.isdir(os.path.join(self.abspath, relpath))

    def erase(self, create_empty_folder: bool = False) -> None:
        """Delete the folder with all that is in it.

        :param create_empty_folder: whether to create it again.
        """
        if self.exists():
            shutil.rmtree(self.abspath)
        if create_empty_folder:
            self.create()

    def create(self) -> None:
        """Create the folder, if it does not exist."""
        os.makedirs(self.abspath, mode=self.mode_dir, exist_ok=True)

    def replace_with_folder(self, srcdir: FilePath, move: bool = False, overwrite: bool = False) -> None:
        """Replace the folder with another one.

        :param srcdir: the absolute path of the other one.
        :param move: whether to move it, instead of copying.
        :param overwrite: whether this folder is deleted, if it exists.
        :raises ValueError: if ``srcdir`` is relative.
        :raises OSError: if the folder exists and is not to be deleted.
        """
        source = str(_path(srcdir))
        if not os.path.isabs(source):
            raise ValueError(f'the source has to be an absolute path, got {source!r}')
        if self.exists():
            if not overwrite:
                raise OSError(f'the folder {self.abspath} exists already')
            self.erase()
        os.makedirs(os.path.dirname(self.abspath), mode=self.mode_dir, exist_ok=True)
        if move:
            shutil.move(source, self.abspath)
        else:
            shutil.copytree(source, self.abspath)


class SandboxFolder(Folder):
    """A temporary folder, deleted when its context is left."""

    def __init__(self, filepath: pathlib.Path | None = None) -> None:
        """
        :param filepath: where to create it; by default where the option ``storage.sandbox`` says, or where temporary
            files go.
        """
        parent = filepath if filepath is not None else get_option_value('storage.sandbox')
        if parent is not None:
            os.makedirs(parent, exist_ok=True)
        super().__init__(abspath=tempfile.mkdtemp(dir=parent))

    def __enter__(self) -> SandboxFolder:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.erase()


class SubmitTestFolder(Folder):
    """A folder ``submit_test/<date>-<number>`` for the files of a job that is not submitted; the first free number."""

    _sub_folder: Folder | None = None

    def __init__(self, basepath: FilePath = 'submit_test') -> None:
        """
        :param basepath: the folder they are created in.
        :raises ValueError: if no number is free.
        """
        from datetime import datetime

        base = os.path.abspath(basepath)
        os.makedirs(base, exist_ok=True)
        day = datetime.now().strftime('%Y%m%d')
        for number in range(1, _SUBMISSIONS_PER_DAY):
            path = os.path.join(base, f'{day}-{number:05d}')
            try:
                os.makedirs(path)
            except FileExistsError:
                continue
            break
        else:
            raise ValueError(f'all numbers of {base}/{day}-* are taken: delete some of them')
        super().__init__(abspath=path)

    def __enter__(self) -> SubmitTestFolder:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None


def _path(path: FilePath) -> FilePath:
    if not isinstance(path, (str, pathlib.PurePath)):
        raise TypeError(f'a path has to be a str or a pathlib.PurePath, got {path!r}')
    return path


def _relative(path: FilePath) -> FilePath:
    if os.path.isabs(_path(path)):
        raise ValueError(f'the path has to be a relative one, got {path}')
    return path


def _is_below(path: str, limit: str) -> bool:
    return path == limit or path.startswith(limit.rstrip(os.sep) + os.sep)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.remove(path)
