"""A node that stands for a folder on another computer."""

from __future__ import annotations

import shlex
from pathlib import Path, PurePosixPath
from stat import S_ISDIR
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import NotExistent, ValidationError
from aiida.common.utils import format_directory_size
from aiida.orm.nodes.data.data import Data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiida.orm.authinfos import AuthInfo

__all__ = ('RemoteData',)


class RemoteData(Data):
    """A folder on the computer of the node, by its absolute path there; what is in it is not kept."""

    KEY_EXTRA_CLEANED = 'cleaned'

    def __init__(self, remote_path: str | None = None, **kwargs: Any) -> None:
        """
        :param remote_path: the absolute path on the computer.
        :param kwargs: ``computer`` and what :class:`~aiida.orm.nodes.data.data.Data` takes.
        """
        super().__init__(**kwargs)
        if remote_path is not None:
            self.set_remote_path(remote_path)

    def get_remote_path(self) -> str:
        """Return the absolute path on the computer."""
        return str(self.base.attributes.get('remote_path'))

    def set_remote_path(self, val: str) -> None:
        """Set the absolute path on the computer."""
        self.base.attributes.set('remote_path', val)

    @property
    def is_cleaned(self) -> bool:
        """Whether the folder was emptied by this program."""
        return bool(self.base.extras.get(self.KEY_EXTRA_CLEANED, False))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in the folder, or no folder any more; asks the computer."""
        with self.get_authinfo().get_transport() as transport:
            path = self.get_remote_path()
            return not transport.path_exists(path) or not transport.listdir(path)

    def _path(self, relpath: Any) -> str:
        return str(PurePosixPath(self.get_remote_path()) / str(relpath))

    def _computer_label(self) -> str:
        computer = self.computer
        return 'no computer' if computer is None else computer.label

    def getfile(self, relpath: str, destpath: str) -> None:
        """Copy a file of the folder to this computer.

        :param relpath: the path in the folder.
        :param destpath: the absolute path here.
        :raises OSError: if there is no such file.
        """
        with self.get_authinfo().get_transport() as transport:
            path = self._path(relpath)
            try:
                transport.getfile(path, destpath)
            except OSError as exception:
                if not transport.path_exists(path):
                    raise OSError(
                        f'there is no file {path} on {self._computer_label()}, or it was deleted'
                    ) from exception
                raise

    def listdir(self, relpath: str = '.') -> list[str]:
        """Return the names of what is in the folder, or in one below it.

        :raises OSError: if there is no such folder.
        """
        with self.get_authinfo().get_transport() as transport:
            self._require_folder(transport, self._path(relpath))
            return list(transport.listdir(self._path(relpath)))

    def listdir_withattributes(self, path: str = '.') -> list[dict[str, Any]]:
        """Return name, attributes (size, owner, times, ...) and ``isdir`` of what is in the folder, or in one below it.

        :raises OSError: if there is no such folder.
        """
        with self.get_authinfo().get_transport() as transport:
            self._require_folder(transport, self._path(path))
            return list(transport.listdir_withattributes(self._path(path)))

    def _require_folder(self, transport: Any, path: str) -> None:
        if not transport.isdir(path):
            raise OSError(f'{path} on {self._computer_label()} is no folder, does not exist or was deleted')

    def _clean(self, transport: Any = None) -> None:
        """Remove the folder from the computer and note that in the extras; one that is gone is no error.

        :param transport: an open one to the computer; one is opened and closed without it.
        """
        if transport is None:
            with self.get_authinfo().get_transport() as opened:
                self._clean(opened)
            return
        path = self.get_remote_path()
        if transport.path_exists(path):
            transport.rmtree(path)
        self.base.extras.set(self.KEY_EXTRA_CLEANED, True)

    def _validate(self) -> bool:
        super()._validate()
        if self.base.attributes.get('remote_path', None) is None:
            raise ValidationError(f'{self} has no `remote_path`')
        if self.get_computer_pk() is None:
            raise ValidationError(f'{self} has no computer: give it the one the folder is on')
        return True

    def get_authinfo(self) -> AuthInfo:
        """Return how the user of the node reaches its computer.

        :raises NotExistent: if there is no computer, or it is not configured for the user.
        """
        computer = self.computer
        if computer is None:
            raise NotExistent(f'{self} has no computer, so there is no way to reach its folder')
        return computer.get_authinfo(self.user)

    def get_size_on_disk(
        self, relpath: Path | None = None, method: str = 'du', return_bytes: bool = False
    ) -> tuple[int | str, str]:
        """Return the size of the folder, or of something in it, and the method that gave it.

        :param relpath: the path in the folder.
        :param method: ``du`` (the disk space that is used), or ``stat`` (the sum of the sizes of the files), which is
            also taken if there is no ``du`` on the computer.
        :param return_bytes: whether the size is a number of bytes instead of a text.
        :raises ValueError: for another method.
        :raises FileNotFoundError: if there is nothing at the path.
        """
        if method not in ('du', 'stat'):
            raise ValueError(f'the size is found out with `du` or `stat`, not with `{method}`')
        path = Path(self._path('.' if relpath is None else relpath))
        with self.get_authinfo().get_transport() as transport:
            if not transport.path_exists(str(path)):
                raise FileNotFoundError(f'there is no {path} on {self._computer_label()}')
            if method == 'du':
                try:
                    size = self._get_size_on_disk_du(path, transport)
                except RuntimeError as exception:
                    self.logger.warning(f'taking the sizes of the files instead of the disk space: {exception}')
                    method = 'stat'
            if method == 'stat':
                size = self._get_size_on_disk_stat(path, transport)
        return (size if return_bytes else format_directory_size(size)), method

    def _get_size_on_disk_du(self, full_path: Path, transport: Any) -> int:
        """Return the disk space below a path in bytes.

        :raises RuntimeError: if the command fails.
        """
        code, output, error = transport.exec_command_wait(f'du -sk {shlex.quote(str(full_path))}')
        words = output.split()
        if code != 0 or not words or not words[0].isdigit():
            raise RuntimeError(f'`du` on {self._computer_label()} failed: {error.strip() or output.strip()}')
        return int(words[0]) * 1024

    def _get_size_on_disk_stat(self, full_path: Path, transport: Any) -> int:
        """Return the sum of the sizes of what is below a path in bytes."""
        path = str(full_path)
        if not transport.isdir(path):
            return int(transport.get_attribute(path).st_size)
        return sum(self._sizes(path, transport))

    def _sizes(self, path: str, transport: Any) -> Iterator[int]:
        for entry in transport.listdir_withattributes(path):
            attributes = entry['attributes']
            yield int(attributes.st_size)
            if entry['isdir'] if 'isdir' in entry else S_ISDIR(attributes.st_mode):
                yield from self._sizes(f'{path}/{entry["name"]}', transport)
