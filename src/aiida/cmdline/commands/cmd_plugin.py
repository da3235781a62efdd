"""``verdi plugin``: what is registered, by this program and by plugins."""

from __future__ import annotations

from typing import Any

import click

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.params.types import LazyChoice
from aiida.cmdline.utils import decorators, echo

__all__ = ('verdi_plugin',)


def _groups() -> list[str]:
    from aiida.plugins.entry_point import ENTRY_POINT_GROUP_TO_MODULE_PATH_MAP, get_entry_point_groups

    registered = {group for group in get_entry_point_groups() if group.startswith('aiida.')}
    return sorted({*ENTRY_POINT_GROUP_TO_MODULE_PATH_MAP, *registered})


@verdi.group('plugin')
def verdi_plugin() -> None:
    """See what plugins provide."""


@verdi_plugin.command('list')
@click.argument('entry_point_group', type=LazyChoice(_groups), required=False, metavar='[GROUP]')
@click.argument('entry_point', type=click.STRING, required=False, metavar='[ENTRY_POINT]')
def plugin_list(entry_point_group: str | None, entry_point: str | None) -> None:
    """List groups of entry points, the entry points of a GROUP, or what one ENTRY_POINT is.

    For a process, its inputs, outputs and exit codes are shown.
    """
    from aiida.common.exceptions import EntryPointError
    from aiida.plugins.entry_point import get_entry_point_names, load_entry_point

    if entry_point_group is None:
        echo.echo_report('Groups of entry points:')
        for group in _groups():
            click.echo(f'* {group}')
        echo.echo_report('`verdi plugin list GROUP` shows what is registered in one.')
        return
    if entry_point is None:
        names = get_entry_point_names(entry_point_group)
        if not names:
            echo.echo_error(f'Nothing is registered in {entry_point_group}.')
            return
        click.echo(f'Registered in {entry_point_group}:')
        for name in names:
            click.echo(f'* {name}')
        echo.echo_report(f'`verdi plugin list {entry_point_group} ENTRY_POINT` shows what one is.')
        return
    try:
        plugin = load_entry_point(entry_point_group, entry_point)
    except EntryPointError as exception:
        echo.echo_critical(str(exception))
    _describe(plugin, f'{entry_point_group}:{entry_point}')


@decorators.with_dbenv()
def _describe_process(process: Any) -> None:
    from aiida.cmdline.utils.common import print_process_info

    print_process_info(process)


def _describe(plugin: Any, name: str) -> None:
    import inspect

    if _is_process(plugin):
        _describe_process(plugin)
        return
    text = inspect.getdoc(plugin)
    if text:
        click.echo(text)
    else:
        echo.echo_error(f'`{name}` says nothing about itself.')


def _is_process(plugin: Any) -> bool:
    if getattr(plugin, 'is_process_function', False):
        return True
    return isinstance(plugin, type) and hasattr(plugin, 'define') and hasattr(plugin, 'spec')
