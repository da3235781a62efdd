"""Files that a program of the user put aside."""

from __future__ import annotations

from typing import Any

from aiida.common.datastructures import StashMode
from aiida.orm.nodes.data.remote.stash.base import RemoteStashData

__all__ = ('RemoteStashCustomData',)


class RemoteStashCustomData(RemoteStashData):
    """Files that a program of the user put aside, in a way only that program knows."""

    _storable = True

    def __init__(self, stash_mode: StashMode, target_basepath: str, source_list: list[str], **kwargs: Any) -> None:
        """
        :param stash_mode: ``StashMode.SUBMIT_CUSTOM_CODE``.
        :param target_basepath: where the program put the files.
        :param source_list: what it was given, relative to the folder of the calculation.
        :raises TypeError: if a value is of another type.
        :raises ValueError: for another mode.
        """
        super().__init__(stash_mode, **kwargs)
        self._require_mode(stash_mode, StashMode.SUBMIT_CUSTOM_CODE)
        self.target_basepath = target_basepath
        self.source_list = source_list
