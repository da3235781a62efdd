"""Files that were copied to another folder."""

from __future__ import annotations

from typing import Any

from aiida.common.datastructures import StashMode
from aiida.orm.nodes.data.remote.stash.base import RemoteStashData

__all__ = ('RemoteStashFolderData',)


class RemoteStashFolderData(RemoteStashData):
    """Files that were copied to another folder of the same computer."""

    _storable = True

    def __init__(
        self,
        stash_mode: StashMode,
        target_basepath: str,
        source_list: list[str],
        fail_on_missing: bool = False,
        **kwargs: Any,
    ) -> None:
        """
        :param stash_mode: ``StashMode.COPY``.
        :param target_basepath: the folder the files were copied to.
        :param source_list: what was copied, relative to the folder of the calculation.
        :param fail_on_missing: whether a file that is not there is an error.
        :raises TypeError: if a value is of another type.
        :raises ValueError: for another mode.
        """
        super().__init__(stash_mode, **kwargs)
        self._require_mode(stash_mode, StashMode.COPY)
        self.target_basepath = target_basepath
        self.source_list = source_list
        self.fail_on_missing = fail_on_missing

    @property
    def fail_on_missing(self) -> bool:
        """Whether a file that is not there is an error."""
        return bool(self.base.attributes.get('fail_on_missing', False))

    @fail_on_missing.setter
    def fail_on_missing(self, value: bool) -> None:
        self._set_flag('fail_on_missing', value)
