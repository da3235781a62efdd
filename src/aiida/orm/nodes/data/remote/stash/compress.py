"""Files that were packed into an archive file."""

from __future__ import annotations

from typing import Any

from aiida.common.datastructures import StashMode
from aiida.orm.nodes.data.remote.stash.base import RemoteStashData

__all__ = ('RemoteStashCompressedData',)


class RemoteStashCompressedData(RemoteStashData):
    """Files that were packed into one tar file on the same computer."""

    _storable = True

    def __init__(
        self,
        stash_mode: StashMode,
        target_basepath: str,
        source_list: list[str],
        dereference: bool,
        fail_on_missing: bool = False,
        **kwargs: Any,
    ) -> None:
        """
        :param stash_mode: the kind of compression.
        :param target_basepath: the file they were packed into.
        :param source_list: what was packed, relative to the folder of the calculation.
        :param dereference: whether links were followed.
        :param fail_on_missing: whether a file that is not there is an error.
        :raises TypeError: if a value is of another type.
        :raises ValueError: for another mode.
        """
        super().__init__(stash_mode, **kwargs)
        self._require_mode(
            stash_mode,
            StashMode.COMPRESS_TAR,
            StashMode.COMPRESS_TARGZ,
            StashMode.COMPRESS_TARBZ2,
            StashMode.COMPRESS_TARXZ,
        )
        self.target_basepath = target_basepath
        self.source_list = source_list
        self.dereference = dereference
        self.fail_on_missing = fail_on_missing

    @property
    def dereference(self) -> bool:
        """Whether links were followed."""
        return bool(self.base.attributes.get('dereference'))

    @dereference.setter
    def dereference(self, value: bool) -> None:
        self._set_flag('dereference', value)

    @property
    def fail_on_missing(self) -> bool:
        """Whether a file that is not there is an error."""
        return bool(self.base.attributes.get('fail_on_missing', False))

    @fail_on_missing.setter
    def fail_on_missing(self, value: bool) -> None:
        self._set_flag('fail_on_missing', value)
