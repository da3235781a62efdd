"""The fixture that registers plugins for the time of a test."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from aiida.plugins import registry
from aiida.plugins.entry_point import eps, eps_select, parse_entry_point_string

__all__ = ('EntryPointManager',)


class EntryPointManager:
    """Adds and removes entry points until the end of a test, as if other distributions were installed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        :param monkeypatch: what takes the changes back.
        """
        self._patch = monkeypatch
        # classes of nodes that were loaded by their type string: what is found from now on holds for this test only
        monkeypatch.setattr('aiida.orm.utils.node._LOADED', {})

    def eps(self) -> EntryPoints:
        """Return all entry points there are now."""
        return eps()

    def eps_select(self, group: str, name: str | None = None) -> EntryPoints:
        """Return the entry points of a group, or those of a name in it."""
        return eps_select(group, name)

    def add(
        self,
        value: type | str,
        entry_point_string: str | None = None,
        *,
        name: str | None = None,
        group: str | None = None,
    ) -> None:
        """Register something, in place of what is registered there.

        :param value: a class or function, or where one is: ``module:attribute``.
        :param entry_point_string: where to, as ``group:name``; or else
        :param name: the name, and
        :param group: the group.
        :raises TypeError: if ``value`` is neither.
        :raises ValueError: if it is not said where to, or where from.
        """
        group, name = self._validate_entry_point(entry_point_string, group, name)
        path = value if isinstance(value, str) else self._path_of(value)
        if ':' not in path:
            raise ValueError(f'{path!r} does not say where something is: the form is `module:attribute`')
        entry_point = EntryPoint(name=name, value=path, group=group)
        self._forget(group, name)
        table = registry.all_entry_points()
        if group not in table:
            self._patch.setitem(table, group, {})
        self._patch.setitem(table[group], name, [entry_point])
        self._patch.setitem(registry.foreign_class_index(), path, entry_point)

    def _path_of(self, value: Any) -> str:
        """Return where a class or function is; one that is defined in a test is put where it can be found."""
        module_name, name = getattr(value, '__module__', None), getattr(value, '__name__', None)
        if module_name is None or name is None:
            raise TypeError(f'a class, a function or `module:attribute` can be registered, got {value!r}')
        module = sys.modules.get(module_name)
        if module is not None and getattr(module, name, None) is not value:
            self._patch.setattr(module, name, value, raising=False)
        return f'{module_name}:{name}'

    def remove(
        self, entry_point_string: str | None = None, *, name: str | None = None, group: str | None = None
    ) -> None:
        """Take an entry point away.

        :param entry_point_string: which, as ``group:name``; or else
        :param name: its name, and
        :param group: its group.
        :raises KeyError: if there is none.
        :raises ValueError: if it is not said which.
        """
        group, name = self._validate_entry_point(entry_point_string, group, name)
        if not self._forget(group, name):
            raise KeyError(f'there is no entry point `{name}` in the group `{group}`')

    def _forget(self, group: str, name: str) -> bool:
        """Take an entry point away if it is there; return whether it was."""
        found = False
        for table in (registry.core_entry_points(), registry.all_entry_points()):
            names: Any = table.get(group, {})
            if name not in names:
                continue
            found = True
            values = [names[name]] if isinstance(names[name], str) else [each.value for each in names[name]]
            self._patch.delitem(names, name)
            for value in values:
                self._forget_class(group, name, value)
        return found

    def _forget_class(self, group: str, name: str, value: str) -> None:
        if registry.core_class_index().get(value) == (group, name):
            self._patch.delitem(registry.core_class_index(), value)
        foreign = registry.foreign_class_index().get(value)
        if foreign is not None and (foreign.group, foreign.name) == (group, name):
            self._patch.delitem(registry.foreign_class_index(), value)

    @staticmethod
    def _validate_entry_point(entry_point_string: str | None, group: str | None, name: str | None) -> tuple[str, str]:
        """Return group and name, said in one of the two ways.

        :raises TypeError: if they are not strings.
        :raises ValueError: if neither way is used.
        """
        if entry_point_string is not None:
            return parse_entry_point_string(entry_point_string)
        if name is None or group is None:
            raise ValueError('say which entry point: either `entry_point_string` or both `name` and `group`')
        for part in (name, group):
            if not isinstance(part, str):
                raise TypeError(f'the name and the group of an entry point are strings, got {part!r}')
        return group, name


@pytest.fixture
def entry_points(monkeypatch: pytest.MonkeyPatch) -> EntryPointManager:
    """What adds and removes entry points until the end of the test: ``entry_points.add(Mine, 'aiida.data:mine')``."""
    return EntryPointManager(monkeypatch)
