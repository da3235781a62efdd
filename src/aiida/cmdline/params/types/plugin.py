"""A parameter that is an entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiida.cmdline.params.types.strings import EntryPointType

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

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

    @property
    def has_potential_ambiguity(self) -> bool:
        """Whether a name may stand for entry points of several groups."""
        return len(self.groups) > 1

    def validate_entry_point_group(self, group: str) -> None:
        """Check that a group is one of those that are accepted.

        :raises ValueError: if it is not.
        """
        if group not in self.groups:
            raise ValueError(f'`{group}` is none of the groups {", ".join(self.groups)}')

    def get_entry_point_from_string(self, entry_point_string: str) -> EntryPoint:
        """Return an entry point by its name or as ``group:name``.

        :raises ValueError: if the group is not accepted.
        :raises EntryPointError: if there is none.
        """
        from aiida.common.exceptions import MissingEntryPointError
        from aiida.plugins.entry_point import get_entry_point

        prefix, separator, rest = entry_point_string.partition(':')
        if separator:
            group = self._full(prefix)
            self.validate_entry_point_group(group)
            return get_entry_point(group, rest)
        problem: MissingEntryPointError | None = None
        for group in self.groups:
            try:
                return get_entry_point(group, entry_point_string)
            except MissingEntryPointError as exception:
                problem = problem or exception
        raise problem or MissingEntryPointError(f"Entry point '{entry_point_string}' not found")

    def get_possibilities(self, incomplete: str = '') -> list[str]:
        """Return the names that begin with a text."""
        return [name for name in self.get_valid_arguments() if name.startswith(incomplete)]

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
        from aiida.plugins.entry_point import load_entry_point

        if not isinstance(value, str):
            return value
        super().convert(value.partition(':')[2] or value, param, ctx)
        try:
            entry_point = self.get_entry_point_from_string(value)
            return load_entry_point(entry_point.group, entry_point.name) if self._load else entry_point
        except (EntryPointError, ValueError) as exception:
            self.fail(str(exception), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Return the names that begin with a text."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in self.get_possibilities(incomplete)]

    def __repr__(self) -> str:
        return 'PLUGIN'
