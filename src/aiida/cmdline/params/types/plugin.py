"""A parameter that is an entry point."""

from __future__ import annotations

from typing import Any

import click

from aiida.cmdline.params.types.strings import EntryPointType

__all__ = ('PluginParamType',)


class PluginParamType(EntryPointType):
    """An entry point of certain groups, by its name or as ``group:name``."""

    name = 'plugin'

    def __init__(
        self, group: str | tuple[str, ...] | None = None, load: bool = False, *args: Any, **kwargs: Any
    ) -> None:
        """
        :param group: the group or groups, with or without the prefix ``aiida.``; any for ``None``.
        :param load: whether the command gets what the entry point stands for, instead of the entry point.
        """
        super().__init__(*args, **kwargs)
        groups = (group,) if isinstance(group, str) else group
        self._groups = None if groups is None else tuple(self._full(name) for name in groups)
        self._load = load

    @staticmethod
    def _full(group: str) -> str:
        return group if group.startswith('aiida.') else f'aiida.{group}'

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups."""
        if self._groups is not None:
            return self._groups
        from aiida.plugins.entry_point import ENTRY_POINT_GROUP_TO_MODULE_PATH_MAP

        return tuple(ENTRY_POINT_GROUP_TO_MODULE_PATH_MAP)

    def get_valid_arguments(self) -> list[str]:
        """Return the names that are accepted."""
        from aiida.plugins.entry_point import get_entry_point_names

        names = [name for group in self.groups for name in get_entry_point_names(group)]
        return sorted(set(names))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the entry point, or what it stands for.

        :raises click.BadParameter: if there is none of this name, or it cannot be loaded.
        """
        from aiida.common.exceptions import EntryPointError
        from aiida.plugins.entry_point import get_entry_point, load_entry_point

        if not isinstance(value, str):
            return value
        prefix, separator, rest = value.partition(':')
        text = super().convert(rest if separator else value, param, ctx)
        groups = (self._full(prefix),) if separator else self.groups
        if separator and groups[0] not in self.groups:
            self.fail(f'`{groups[0]}` is none of the groups {", ".join(self.groups)}', param, ctx)
        problem = ''
        for group in groups:
            try:
                entry_point = get_entry_point(group, text)
            except EntryPointError as exception:
                problem = str(exception)
                continue
            if not self._load:
                return entry_point
            try:
                return load_entry_point(group, text)
            except EntryPointError as exception:
                self.fail(str(exception), param, ctx)
        self.fail(problem, param, ctx)
        return None

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Return the names that begin with a text."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in self.get_valid_arguments() if name.startswith(incomplete)]

    def __repr__(self) -> str:
        return 'PLUGIN'
