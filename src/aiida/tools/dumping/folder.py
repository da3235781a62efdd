"""A folder of a dump, which knows what was written into it: nothing else is ever removed from it."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, TextIO

from aiida.common.exceptions import InvalidOperation

__all__ = (
    'LOG_NAME',
    'METADATA_NAME',
    'SAFEGUARD_NAME',
    'NodeFolder',
    'claim',
    'is_dumped',
    'remove_folder',
    'remove_if_empty',
    'written',
)

SAFEGUARD_NAME = '.aiida_dump_safeguard'
LOG_NAME = 'aiida_dump_log.json'
METADATA_NAME = 'aiida_node_metadata.yaml'

_LOGGER = logging.getLogger('aiida.tools.dumping')


def is_dumped(folder: Path) -> bool:
    """Return whether a folder was made by a dump."""
    return (folder / SAFEGUARD_NAME).is_file()


def written(folder: Path) -> set[str]:
    """Return the files that were written into a folder, relative to it; none for folders that aiida-core made."""
    names = set()
    for line in (folder / SAFEGUARD_NAME).read_text(encoding='utf-8').splitlines():
        try:
            name = json.loads(line)
        except ValueError:
            continue  # the last line of a program that was interrupted
        if isinstance(name, str) and _stays_inside(name):
            names.add(name)
    return names


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and '..' not in path.parts


def claim(folder: Path, names: Iterable[str] = ()) -> None:
    """Make a folder one of a dump, and note files that are written into it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / SAFEGUARD_NAME).open('a', encoding='utf-8') as handle:
        handle.writelines(json.dumps(name) + '\n' for name in names)


class NodeFolder:
    """The folder of one process, while it is written: each file is noted before it is made.

    When all is written, files of an earlier time that were not written again are removed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        #: How many bytes were written.
        self.size = 0
        self._now: set[str] = set()
        self._before: set[str] = set()
        self._is_strict = True
        self._notes: TextIO | None = None

    def __enter__(self) -> NodeFolder:
        if self.path.is_symlink():
            raise InvalidOperation(f'{self.path} is a link that no dump has made: remove it, or choose another folder')
        is_ours = is_dumped(self.path)
        self._before = written(self.path) if is_ours else set()
        # of folders that aiida-core made it is not known what was written into them
        self._is_strict = not is_ours or bool(self._before)
        self.path.mkdir(parents=True, exist_ok=True)
        self._notes = (self.path / SAFEGUARD_NAME).open('a', encoding='utf-8', buffering=1)
        return self

    def holds(self, name: str) -> bool:
        """Return whether a name is given away: a file of this name was written, or it is one of a dump."""
        return name in self._now or name in {SAFEGUARD_NAME, LOG_NAME, METADATA_NAME, 'README.md'}

    def write(self, name: str, content: bytes | BinaryIO) -> None:
        """Write a file.

        :param name: where to, relative to the folder, with slashes.
        :raises InvalidOperation: if the name leads out of the folder, or if there is a file that no dump has written.
        """
        assert self._notes is not None, 'the folder is not open'
        if not _stays_inside(name):
            raise InvalidOperation(f'the file {name!r} would lie outside of {self.path}')
        target = self.path / name
        if self._is_strict and name not in self._before | self._now and os.path.lexists(target):
            raise InvalidOperation(
                f'{target} is there already and was not written by a dump: move it away, or choose another folder'
            )
        if name not in self._before and name not in self._now:
            self._notes.write(json.dumps(name) + '\n')
        self._now.add(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink():
            target.unlink()
        with target.open('wb') as handle:
            if isinstance(content, bytes):
                handle.write(content)
            else:
                shutil.copyfileobj(content, handle)
            self.size += handle.tell()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._notes is not None
        self._notes.close()
        stale = self._before - self._now - {LOG_NAME}
        if kind is None and stale:
            _remove_files(self.path, stale)
            kept = sorted(self._now | (self._before & {LOG_NAME}))
            partial = self.path / f'{SAFEGUARD_NAME}.new'
            partial.write_text(''.join(json.dumps(name) + '\n' for name in kept), encoding='utf-8')
            partial.replace(self.path / SAFEGUARD_NAME)


def _remove_files(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
        for parent in (folder / name).parents:
            if parent == folder or not remove_if_empty(parent):
                break


def remove_if_empty(folder: Path) -> bool:
    """Remove a folder if nothing is in it; return whether it was done."""
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def remove_folder(folder: Path) -> bool:
    """Remove what dumps wrote into a folder and the folders below it, and all that is empty then.

    :return: whether nothing is left; files that no dump has written are, with a warning.
    """
    if folder.is_symlink():
        folder.unlink()
        return True
    if not folder.is_dir():
        return True
    for current, _, _ in os.walk(folder, topdown=False):
        path = Path(current)
        if is_dumped(path):
            _remove_files(path, written(path))
            for name in (SAFEGUARD_NAME, f'{SAFEGUARD_NAME}.new', f'{LOG_NAME}.new'):
                (path / name).unlink(missing_ok=True)
        remove_if_empty(path)
    if not folder.exists():
        return True
    _LOGGER.warning('kept %s: there are files in it that no dump has written', folder)
    return False
