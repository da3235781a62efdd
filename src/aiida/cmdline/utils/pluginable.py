"""A group of commands that plugins add to, by entry points."""

from __future__ import annotations

from typing import Any

import click

from aiida.cmdline.groups.verdi import VerdiCommandGroup

__all__ = ('Pluginable',)


class Pluginable(VerdiCommandGroup):
    """A group with a command for each entry point of a group of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :param entry_point_group: the group of entry points.
        """
        self._exclude_external_plugins = False
        self._entry_point_group: str = kwargs.pop('entry_point_group')
        super().__init__(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, without importing those of plugins."""
        from aiida.plugins.entry_point import get_entry_point_names
        from aiida.plugins.registry import core_entry_points

        if self._exclude_external_plugins:
            names = [*core_entry_points().get(self._entry_point_group, {})]
        else:
            names = get_entry_point_names(self._entry_point_group)
        return sorted({*names, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; that of a plugin is imported now.

        :raises click.UsageError: if it cannot be imported.
        """
        from aiida.common.exceptions import LoadingEntryPointError
        from aiida.plugins.entry_point import load_entry_point

        if cmd_name not in self.commands and cmd_name in self.list_commands(ctx):
            try:
                self.add_command(load_entry_point(self._entry_point_group, cmd_name), cmd_name)
            except LoadingEntryPointError as exception:
                ctx.fail(str(exception))
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands; one that cannot be imported is listed with the reason."""
        rows = []
        for name in self.list_commands(ctx):
            try:
                command = self.get_command(ctx, name)
                text = command.get_short_help_str() if command is not None else ''
            except click.UsageError as exception:
                text = exception.message
            rows.append((name, text))
        if rows:
            with formatter.section('Commands'):
                formatter.write_dl(rows)

    def set_exclude_external_plugins(self, exclude_external_plugins: bool) -> None:
        """Choose whether commands of plugins are left out.

        :param exclude_external_plugins: whether they are.
        """
        self._exclude_external_plugins = exclude_external_plugins
