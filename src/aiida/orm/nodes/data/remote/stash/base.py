"""What stashed files have in common."""

from __future__ import annotations

from typing import Any

from aiida.common.datastructures import StashMode
from aiida.common.lang import type_check
from aiida.orm.nodes.data.data import Data

__all__ = ('RemoteStashData',)


class RemoteStashData(Data):
    """Files that were put aside; the subclasses say how, and only they can be stored."""

    _storable = False

    def __init__(self, stash_mode: StashMode, **kwargs: Any) -> None:
        """
        :param stash_mode: how the files were put aside.
        :raises TypeError: if it is no :class:`~aiida.common.datastructures.StashMode`.
        """
        super().__init__(**kwargs)
        self.stash_mode = stash_mode

    @property
    def stash_mode(self) -> StashMode:
        """How the files were put aside."""
        return StashMode(self.base.attributes.get('stash_mode'))

    @stash_mode.setter
    def stash_mode(self, value: StashMode) -> None:
        type_check(value, StashMode)
        self.base.attributes.set('stash_mode', value.value)

    @property
    def target_basepath(self) -> str:
        """Where the files are, on the computer of the node."""
        return str(self.base.attributes.get('target_basepath'))

    @target_basepath.setter
    def target_basepath(self, value: str) -> None:
        type_check(value, str)
        self.base.attributes.set('target_basepath', value)

    @property
    def source_list(self) -> list[str] | tuple[str, ...]:
        """The paths that were put aside, relative to the folder of the calculation; they may have wildcards."""
        paths: list[str] | tuple[str, ...] = self.base.attributes.get('source_list')
        return paths

    @source_list.setter
    def source_list(self, value: list[str] | tuple[str, ...]) -> None:
        type_check(value, (list, tuple))
        self.base.attributes.set('source_list', value)

    def _set_flag(self, name: str, value: bool) -> None:
        type_check(value, bool)
        self.base.attributes.set(name, value)

    def _require_mode(self, stash_mode: StashMode, *modes: StashMode) -> None:
        if stash_mode not in modes and isinstance(stash_mode, StashMode):
            allowed = ', '.join(f'StashMode.{mode.name}' for mode in modes)
            raise ValueError(f'{type(self).__name__} is for {allowed}, not for StashMode.{stash_mode.name}')
