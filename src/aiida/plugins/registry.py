"""The entry points that come with this distribution, read without scanning what else is installed.

Scanning the metadata of every installed distribution takes tens of milliseconds, and nearly every name that is looked
up is one of ours. So our own ``entry_points.txt`` is read first, by hand; the scan happens when a name is not in it.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ('PREFIX', 'all_entry_points', 'core_class_index', 'core_entry_points', 'foreign_class_index')

#: What the groups of this project begin with.
PREFIX = 'aiida.'
_DISTRIBUTION = 'nabucco-'


def _metadata_file() -> str | None:
    """Return the path of this distribution's ``entry_points.txt``, ``None`` if it is not installed."""
    for folder in sys.path:
        try:
            names = os.listdir(folder or '.')
        except OSError:
            continue
        for name in names:
            if name.startswith(_DISTRIBUTION) and name.endswith('.dist-info'):
                return os.path.join(folder, name, 'entry_points.txt')
    return None


@lru_cache(maxsize=1)
def core_entry_points() -> dict[str, dict[str, str]]:
    """Return what this distribution registers: group, name, value (``module:attribute``)."""
    path = _metadata_file()
    groups: dict[str, dict[str, str]] = {}
    if path is None or not os.path.isfile(path):
        return groups
    names: dict[str, str] = {}
    with open(path, encoding='utf8') as handle:
        for raw in handle:
            line = raw.strip()
            if line.startswith('['):
                names = groups.setdefault(line[1:-1], {})
            elif '=' in line:
                name, _, value = line.partition('=')
                names[name.strip()] = value.strip()
    return groups


@lru_cache(maxsize=1)
def core_class_index() -> dict[str, tuple[str, str]]:
    """Return (group, name) by value, for what this distribution registers in groups of this project.

    What is in another group too, is not found in ``aiida.orm``, which lists entities of all kinds.
    """
    index: dict[str, tuple[str, str]] = {}
    for group, names in sorted(core_entry_points().items(), key=lambda item: item[0] == 'aiida.orm'):
        if group.startswith(PREFIX):
            for name, value in names.items():
                index.setdefault(value, (group, name))
    return index


@lru_cache(maxsize=1)
def all_entry_points() -> dict[str, dict[str, list[EntryPoint]]]:
    """Return the entry points of every installed distribution, by group and name, without repetitions."""
    from importlib.metadata import distributions

    groups: dict[str, dict[str, list[EntryPoint]]] = {}
    for distribution in distributions():
        for entry_point in distribution.entry_points:
            same = groups.setdefault(entry_point.group, {}).setdefault(entry_point.name, [])
            if all(other.value != entry_point.value for other in same):
                same.append(entry_point)
    return groups


@lru_cache(maxsize=1)
def foreign_class_index() -> dict[str, EntryPoint]:
    """Return the entry point by value, for every installed distribution, in groups of this project."""
    return {
        entry_point.value: entry_point
        for group, names in all_entry_points().items()
        if group.startswith(PREFIX)
        for same in names.values()
        for entry_point in same
    }
