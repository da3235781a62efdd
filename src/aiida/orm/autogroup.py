"""Gathering the nodes that a script stores into a group."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ValidationError
from aiida.common.timezone import localtime, now
from aiida.orm.backend import get_store
from aiida.orm.groups import AutoGroup
from aiida.orm.nodes.node import AFTER_STORE, Node

if TYPE_CHECKING:
    from aiida.storage.ports import Store

__all__ = ('AutogroupManager',)


class AutogroupManager:
    """While enabled, puts every node that is stored into a group of its own making.

    Classes can be included or excluded by the string of their entry point, as ``aiida.data:core.int``, in which ``%``
    stands for any text and ``_`` for any character.
    """

    def __init__(self, backend: Store | None = None) -> None:
        """
        :param backend: the store whose nodes are gathered, that of the loaded profile for ``None``.
        """
        self._backend = backend
        self._include: list[str] | None = None
        self._exclude: list[str] | None = None
        self._prefix: str | None = None
        self._group: AutoGroup | None = None

    @property
    def is_enabled(self) -> bool:
        """Whether nodes are gathered."""
        return self._add in AFTER_STORE

    def enable(self) -> None:
        """Gather nodes from now on."""
        if not self.is_enabled:
            AFTER_STORE.append(self._add)

    def disable(self) -> None:
        """Gather no more nodes."""
        if self.is_enabled:
            AFTER_STORE.remove(self._add)

    def _add(self, node: Node) -> None:
        if self.is_to_be_grouped(node):
            self.get_or_create_group().add_nodes(node)

    def is_to_be_grouped(self, node: Node) -> bool:
        """Return whether a node is gathered."""
        if not self.is_enabled or (self._backend is not None and node.backend is not self._backend):
            return False
        if self._include is None and self._exclude is None:
            return True
        name = _entry_point_string(node)
        if self._include is not None:
            return any(self._matches(name, pattern) for pattern in self._include)
        return not any(self._matches(name, pattern) for pattern in self._exclude or ())

    @staticmethod
    def _matches(string: str, filter_string: str) -> bool:
        """Return whether a string fits a pattern in the manner of SQL's LIKE."""
        text = ''.join('.*' if char == '%' else '.' if char == '_' else re.escape(char) for char in filter_string)
        return re.fullmatch(text, string) is not None

    def get_include(self) -> list[str] | None:
        """Return the patterns of classes that alone are gathered, ``None`` for all."""
        return self._include

    def set_include(self, include: list[str] | str | None) -> None:
        """Set the patterns of classes that alone are gathered.

        :raises ValidationError: if a pattern is not ``group:name``, or classes are excluded as well.
        """
        patterns = [include] if isinstance(include, str) else include
        self.validate(patterns)
        if patterns is not None and self._exclude is not None:
            raise ValidationError('classes to gather can be included or excluded, not both')
        self._include = patterns

    def get_exclude(self) -> list[str] | None:
        """Return the patterns of classes that are not gathered, ``None`` if there are none."""
        return self._exclude

    def set_exclude(self, exclude: list[str] | str | None) -> None:
        """Set the patterns of classes that are not gathered.

        :raises ValidationError: if a pattern is not ``group:name``, or classes are included as well.
        """
        patterns = [exclude] if isinstance(exclude, str) else exclude
        self.validate(patterns)
        if patterns is not None and self._include is not None:
            raise ValidationError('classes to gather can be included or excluded, not both')
        self._exclude = patterns

    @staticmethod
    def validate(strings: list[str] | None) -> None:
        """Check patterns.

        :raises ValidationError: if one of them is not ``group:name``.
        """
        for string in strings or ():
            if string.count(':') != 1:
                raise ValidationError(
                    f"'{string}' is no pattern of classes: write `group:name`, as `aiida.data:core.%`"
                )

    def get_group_label_prefix(self) -> str:
        """Return what the label of the group begins with; without one, it says what it is and when it was made."""
        if self._prefix is None:
            self._prefix = f'Verdi autogroup on {localtime(now()).strftime("%Y-%m-%d %H:%M:%S")}'
        return self._prefix

    def set_group_label_prefix(self, label_prefix: str | None) -> None:
        """Set what the label of the group begins with.

        :raises ValidationError: if it is no text.
        """
        if label_prefix is not None and not isinstance(label_prefix, str):
            raise ValidationError(f'the beginning of a label is a string, not {label_prefix!r}')
        self._prefix = label_prefix
        self._group = None

    def get_or_create_group(self) -> AutoGroup:
        """Return the group, which is made when it is first needed; a number tells it from others of the same label."""
        if self._group is None:
            store = self._backend if self._backend is not None else get_store()
            prefix = self.get_group_label_prefix()
            taken = {group.label for group in AutoGroup.get_collection(store).all()}
            label, number = prefix, 0
            while label in taken:
                number += 1
                label = f'{prefix}_{number}'
            self._group = AutoGroup(label, backend=store).store()
        return self._group


def _entry_point_string(node: Any) -> str:
    entry_point = type(node).entry_point
    if node.process_type and ':' in node.process_type:
        return str(node.process_type)
    return '' if entry_point is None else f'{entry_point.group}:{entry_point.name}'
