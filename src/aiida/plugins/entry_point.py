"""Looking up entry points: by group and name, by string, by class."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import LoadingEntryPointError, MissingEntryPointError, MultipleEntryPointError
from aiida.common.warnings import warn_deprecation
from aiida.plugins.registry import (
    PREFIX,
    all_entry_points,
    core_class_index,
    core_entry_points,
    foreign_class_index,
)

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

__all__ = ('get_entry_points', 'load_entry_point', 'load_entry_point_from_string', 'parse_entry_point')

ENTRY_POINT_GROUP_PREFIX = PREFIX
ENTRY_POINT_STRING_SEPARATOR = ':'

#: Where the classes of a group lived before they had entry points; old identifiers of caching rules are written so.
ENTRY_POINT_GROUP_TO_MODULE_PATH_MAP = {
    'aiida.calculations': 'aiida.orm.nodes.process.calculation.calcjob',
    'aiida.calculations.importers': 'aiida.calculations.importers',
    'aiida.calculations.monitors': 'aiida.calculations.monitors',
    'aiida.cmdline.computer.configure': 'aiida.cmdline.computer.configure',
    'aiida.cmdline.data': 'aiida.cmdline.data',
    'aiida.cmdline.data.structure.import': 'aiida.cmdline.data.structure.import',
    'aiida.data': 'aiida.orm.nodes.data',
    'aiida.groups': 'aiida.orm.groups',
    'aiida.orm': 'aiida.orm',
    'aiida.node': 'aiida.orm.nodes',
    'aiida.parsers': 'aiida.parsers.plugins',
    'aiida.schedulers': 'aiida.schedulers.plugins',
    'aiida.storage': 'aiida.storage',
    'aiida.transports': 'aiida.transports.plugins',
    'aiida.tools.calculations': 'aiida.tools.calculations',
    'aiida.tools.workflows': 'aiida.tools.workflows',
    'aiida.tools.data.orbitals': 'aiida.tools.data.orbitals',
    'aiida.tools.dbexporters': 'aiida.tools.dbexporters',
    'aiida.tools.dbimporters': 'aiida.tools.dbimporters.plugins',
    'aiida.workflows': 'aiida.workflows',
}

#: Names that are accepted without their ``core.`` prefix, as they were written before AiiDA 2.
DEPRECATED_ENTRY_POINTS_MAPPING = {
    'aiida.calculations': ['arithmetic.add', 'templatereplacer'],
    'aiida.data': [
        *('array', 'array.bands', 'array.kpoints', 'array.projection', 'array.trajectory', 'array.xy', 'base', 'bool'),
        *('cif', 'code', 'dict', 'float', 'folder', 'int', 'list', 'numeric', 'orbital', 'remote', 'remote.stash'),
        *('remote.stash.folder', 'singlefile', 'str', 'structure', 'upf'),
    ],
    'aiida.tools.dbimporters': ['cod', 'icsd', 'materialsproject', 'mpds', 'mpod', 'nninc', 'oqmd', 'pcod', 'tcod'],
    'aiida.tools.data.orbitals': ['orbital', 'realhydrogen'],
    'aiida.parsers': ['arithmetic.add', 'templatereplacer.doubler'],
    'aiida.schedulers': ['direct', 'lsf', 'pbspro', 'sge', 'slurm', 'torque'],
    'aiida.transports': ['local', 'ssh'],
    'aiida.workflows': ['arithmetic.multiply_add', 'arithmetic.add_multiply'],
}

#: What other names of AiiDA 0.10 stand for.
_OLDER_NAMES = {
    'aiida.calculations': {
        'simpleplugins.arithmetic.add': 'core.arithmetic.add',
        'simpleplugins.templatereplacer': 'core.templatereplacer',
    },
    'aiida.data': {'parameter': 'core.dict'},
    'aiida.parsers': {
        'simpleplugins.arithmetic.add': 'core.arithmetic.add',
        'simpleplugins.templatereplacer.test.doubler': 'core.templatereplacer',
    },
}


class EntryPointFormat(enum.Enum):
    """How much of an entry point a string spells out."""

    INVALID = 0
    FULL = 1
    PARTIAL = 2
    MINIMAL = 3


def _make(group: str, name: str, value: str) -> EntryPoint:
    from importlib.metadata import EntryPoint

    return EntryPoint(name=name, value=value, group=group)


def parse_entry_point(group: str, spec: str) -> EntryPoint:
    """Return the entry point that a line ``name = module:attribute`` describes.

    :raises ValueError: if the line has another form.
    """
    name, separator, value = spec.partition('=')
    if not separator:
        raise ValueError(f'{spec!r} does not describe an entry point: the form is `name = module:attribute`')
    return _make(group, name.strip(), value.strip())


def format_entry_point_string(group: str, name: str, fmt: EntryPointFormat = EntryPointFormat.FULL) -> str:
    """Return the string for an entry point: ``group:name``, without the common prefix, or the name alone.

    :raises TypeError: if ``fmt`` is no format.
    :raises ValueError: if ``fmt`` is ``INVALID``.
    """
    if not isinstance(fmt, EntryPointFormat):
        raise TypeError(f'fmt is {fmt!r}, but should be an instance of EntryPointFormat')
    if fmt is EntryPointFormat.FULL:
        return f'{group}{ENTRY_POINT_STRING_SEPARATOR}{name}'
    if fmt is EntryPointFormat.PARTIAL:
        return f'{group.removeprefix(PREFIX)}{ENTRY_POINT_STRING_SEPARATOR}{name}'
    if fmt is EntryPointFormat.MINIMAL:
        return name
    raise ValueError('an entry point cannot be written in the format INVALID')


def parse_entry_point_string(entry_point_string: str) -> tuple[str, str]:
    """Return group and name of a string ``group:name``.

    :raises TypeError: if it is not a string.
    :raises ValueError: if it has another form.
    """
    if not isinstance(entry_point_string, str):
        raise TypeError(f'an entry point string has to be a str, got {entry_point_string!r}')
    parts = entry_point_string.split(ENTRY_POINT_STRING_SEPARATOR)
    if len(parts) != 2:
        raise ValueError(f'{entry_point_string!r} is not an entry point string: the form is `group:name`')
    return parts[0], parts[1]


def get_entry_point_string_format(entry_point_string: str) -> EntryPointFormat:
    """Return how much of an entry point a string spells out."""
    try:
        group, _ = parse_entry_point_string(entry_point_string)
    except ValueError:
        return EntryPointFormat.MINIMAL
    return EntryPointFormat.FULL if group.startswith(PREFIX) else EntryPointFormat.PARTIAL


def is_valid_entry_point_string(entry_point_string: str) -> bool:
    """Return whether a string has the form ``group:name`` with a group of this project."""
    try:
        group, _ = parse_entry_point_string(entry_point_string)
    except (TypeError, ValueError):
        return False
    return group in ENTRY_POINT_GROUP_TO_MODULE_PATH_MAP


def convert_potentially_deprecated_entry_point(group: str, name: str) -> str:
    """Return the present name of an entry point; one without its ``core.`` prefix is warned about."""
    if name in DEPRECATED_ENTRY_POINTS_MAPPING.get(group, ()):
        current = f'core.{name}'
        warn_deprecation(f'The entry point `{name}` is now called `{current}`.', version=3, stacklevel=4)
        return current
    older = _OLDER_NAMES.get(group, {}).get(name)
    if older is not None:
        warn_deprecation(f'The entry point `{name}` is now called `{older}`.', version=3, stacklevel=4)
        return older
    return name


def get_entry_point_groups() -> set[str]:
    """Return the groups in which any installed distribution registers something."""
    return {*core_entry_points(), *all_entry_points()}


def get_entry_point_names(group: str, sort: bool = True) -> list[str]:
    """Return the names in a group, those of every installed distribution."""
    names = list(dict.fromkeys([*core_entry_points().get(group, {}), *all_entry_points().get(group, {})]))
    return sorted(names) if sort else names


def get_entry_points(group: str) -> EntryPoints:
    """Return the entry points of a group, those of every installed distribution."""
    from importlib.metadata import EntryPoints

    found = {name: [_make(group, name, value)] for name, value in core_entry_points().get(group, {}).items()}
    found.update(all_entry_points().get(group, {}))
    return EntryPoints(entry_point for name in sorted(found) for entry_point in found[name])


def eps() -> EntryPoints:
    """Return all entry points, those of every installed distribution."""
    from importlib.metadata import EntryPoints

    groups = {*core_entry_points(), *all_entry_points()}
    return EntryPoints(entry_point for group in sorted(groups) for entry_point in get_entry_points(group))


def eps_select(group: str, name: str | None = None) -> EntryPoints:
    """Return the entry points of a group, or those of a name in it."""
    found = get_entry_points(group)
    return found if name is None else found.select(name=name)


def get_entry_point(group: str, name: str) -> EntryPoint:
    """Return an entry point by its group and name.

    :raises MissingEntryPointError: if there is none; the message says which names are near.
    :raises MultipleEntryPointError: if installed distributions disagree on it.
    """
    name = convert_potentially_deprecated_entry_point(group, name)
    value = core_entry_points().get(group, {}).get(name)
    if value is not None:
        return _make(group, name, value)
    found = all_entry_points().get(group, {}).get(name, [])
    if not found:
        raise MissingEntryPointError(_missing(group, name))
    if len(found) > 1:
        values = ', '.join(f'`{entry_point.value}`' for entry_point in found)
        raise MultipleEntryPointError(
            f"Entry point '{name}' of group '{group}' is registered more than once: {values}. "
            'Uninstall one of the plugins.'
        )
    return found[0]


def _missing(group: str, name: str) -> str:
    from difflib import get_close_matches

    names = get_entry_point_names(group)
    message = f"Entry point '{name}' not found in group '{group}'"
    near = get_close_matches(name, names, n=3, cutoff=0.6) or [other for other in names if other.endswith(f'.{name}')]
    if near:
        return f'{message}. Did you mean {" or ".join(repr(other) for other in near)}?'
    if names:
        return f'{message}. `verdi plugin list {group}` lists those that are installed.'
    return f'{message}, which has no entry points at all'


def load_entry_point(group: str, name: str) -> Any:
    """Return what an entry point stands for.

    :raises MissingEntryPointError: if there is no such entry point.
    :raises MultipleEntryPointError: if there is more than one.
    :raises LoadingEntryPointError: if its module cannot be imported or lacks the attribute.
    """
    entry_point = get_entry_point(group, name)
    module_name, _, attribute = entry_point.value.partition(':')
    try:
        loaded: Any = import_module(module_name.strip())
        for part in filter(None, attribute.split('[')[0].strip().split('.')):
            loaded = getattr(loaded, part)
    except Exception as exception:
        raise LoadingEntryPointError(
            f"Entry point '{name}' of group '{group}' cannot be loaded from `{entry_point.value}`: "
            f'{type(exception).__name__}: {exception}'
        ) from exception
    return loaded


def get_entry_point_from_string(entry_point_string: str) -> EntryPoint:
    """Return an entry point by its string ``group:name``.

    :raises ValueError: if the string has another form.
    :raises MissingEntryPointError: if there is no such entry point.
    :raises MultipleEntryPointError: if there is more than one.
    """
    return get_entry_point(*parse_entry_point_string(entry_point_string))


def load_entry_point_from_string(entry_point_string: str) -> Any:
    """Return what an entry point stands for, by its string ``group:name``.

    :raises ValueError: if the string has another form.
    :raises MissingEntryPointError: if there is no such entry point.
    :raises MultipleEntryPointError: if there is more than one.
    :raises LoadingEntryPointError: if its module cannot be imported or lacks the attribute.
    """
    return load_entry_point(*parse_entry_point_string(entry_point_string))


def get_entry_point_from_class(class_module: str, class_name: str) -> tuple[str | None, EntryPoint | None]:
    """Return group and entry point under which a class or function is registered, ``(None, None)`` if it is not."""
    value = f'{class_module}:{class_name}'
    core = core_class_index().get(value)
    if core is not None:
        group, name = core
        return group, _make(group, name, value)
    entry_point = _foreign_entry_point(class_module, value)
    return (None, None) if entry_point is None else (entry_point.group, entry_point)


def _foreign_entry_point(class_module: str, value: str) -> EntryPoint | None:
    """Look a class up among all installed distributions, unless it cannot be there."""
    if class_module == '__main__' or class_module.startswith('aiida.'):
        return None
    return foreign_class_index().get(value)


def get_entry_point_string_from_class(class_module: str, class_name: str) -> str | None:
    """Return the string ``group:name`` under which a class or function is registered, ``None`` if it is not."""
    value = f'{class_module}:{class_name}'
    core = core_class_index().get(value)
    if core is not None:
        return format_entry_point_string(*core)
    entry_point = _foreign_entry_point(class_module, value)
    return None if entry_point is None else format_entry_point_string(entry_point.group, entry_point.name)


def is_registered_entry_point(class_module: str, class_name: str, groups: Sequence[str] | None = None) -> bool:
    """Return whether a class or function is registered (in one of ``groups``, any for ``None``)."""
    group, _ = get_entry_point_from_class(class_module, class_name)
    return group is not None and (groups is None or group in groups)


def validate_registered_entry_points() -> None:
    """Load every entry point of this project's groups.

    :raises LoadingEntryPointError: for the first that cannot be loaded.
    """
    for group in sorted(ENTRY_POINT_GROUP_TO_MODULE_PATH_MAP):
        for name in get_entry_point_names(group):
            load_entry_point(group, name)


def __getattr__(name: str) -> Any:
    """Give the table of factories, which stands in a module that needs this one."""
    if name == 'ENTRY_POINT_GROUP_FACTORY_MAPPING':
        return import_module('aiida.plugins.factories').FACTORIES
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
