"""``verdi run``: a script with a profile loaded."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.params import options
from aiida.cmdline.utils import echo

__all__ = ('run',)


@verdi.command('run', context_settings={'ignore_unknown_options': True, 'allow_interspersed_args': False})
@click.argument('filepath', type=click.Path(exists=True, readable=True, dir_okay=False))
@click.argument('varargs', nargs=-1, type=click.UNPROCESSED)
@click.option('--auto-group', is_flag=True, help='Put every node that the script makes into a group of its own.')
@click.option('-l', '--auto-group-label-prefix', type=click.STRING, help='What the label of that group begins with.')
@click.option(
    '-e',
    '--exclude',
    type=click.STRING,
    cls=options.MultipleValueOption,
    default=None,
    help='Leave out nodes of these classes (entry points as `aiida.data:core.int`; `%` stands for any text).',
)
@click.option(
    '-i',
    '--include',
    type=click.STRING,
    cls=options.MultipleValueOption,
    default=None,
    help='Take only nodes of these classes (entry points as `aiida.data:core.int`; `%` stands for any text).',
)
def run(
    filepath: str,
    varargs: tuple[str, ...],
    auto_group: bool,
    auto_group_label_prefix: str | None,
    exclude: tuple[str, ...] | None,
    include: tuple[str, ...] | None,
) -> None:
    """Run a script with a profile loaded; what stands behind FILEPATH are the script's own arguments.

    The script finds them in `sys.argv`, and its `__name__` is `__main__`. It may use `load_node`, `Int`, `QueryBuilder`
    and the other names of `verdi shell` without importing them.
    """
    from aiida.cmdline.utils import decorators
    from aiida.cmdline.utils.shell import DEFAULT_MODULES_LIST, run_script

    if exclude and include:
        raise click.UsageError('`--exclude` and `--include` exclude each other')
    decorators.load_backend_if_not_loaded()
    names = _names(filepath, DEFAULT_MODULES_LIST)
    path, argv = sys.path[:], sys.argv
    sys.path.insert(0, os.path.abspath(os.path.dirname(filepath)))
    sys.argv = [filepath, *varargs]
    grouping = _grouping(auto_group_label_prefix, exclude, include) if auto_group else None
    main, sys.modules['__main__'] = sys.modules['__main__'], _module(names)
    try:
        if grouping is not None:
            grouping.enable()
        with open(filepath, 'rb') as handle:
            succeeded = run_script(handle.read(), filepath, sys.modules['__main__'].__dict__)
    finally:
        if grouping is not None:
            grouping.disable()
        sys.modules['__main__'] = main
        sys.path[:], sys.argv = path, argv
    if not succeeded:
        sys.exit(echo.ExitCode.CRITICAL)


def _module(names: dict[str, Any]) -> Any:
    """Return a module ``__main__`` with these names."""
    from types import ModuleType

    module = ModuleType('__main__')
    module.__dict__.update(names)
    return module


def _names(filepath: str, modules: Any) -> dict[str, Any]:
    """Return the names a script finds without importing them; the rooms they come from load when they are used."""
    from importlib import import_module

    names: dict[str, Any] = {'__file__': filepath, '__name__': '__main__', '__doc__': None}
    for module_name, attribute, alias in modules:
        module = import_module(module_name)
        names[alias] = getattr(module, attribute)
    return names


def _grouping(prefix: str | None, exclude: tuple[str, ...] | None, include: tuple[str, ...] | None) -> Any:
    """Return what gathers new nodes into a group."""
    from aiida.orm.autogroup import AutogroupManager

    grouping = AutogroupManager()
    grouping.set_include(list(include) if include else None)
    grouping.set_exclude(list(exclude) if exclude else None)
    if prefix is not None:
        grouping.set_group_label_prefix(prefix)
    return grouping
