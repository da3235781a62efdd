"""Classes of nodes and the strings that stand for them in the store.

A class with an entry point ``core.int`` in ``aiida.data`` has the type string ``data.core.int.Int.``; one in
``aiida.node`` is named there as its string begins (``process.calculation.calcjob`` gives
``process.calculation.calcjob.CalcJobNode.``). The final dot lets a prefix be told from a longer name.
"""

from __future__ import annotations

import logging
from abc import ABCMeta
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import DbContentError, EntryPointError
from aiida.orm.utils.lazy import lazy_class_attribute
from aiida.orm.utils.upstairs import upstairs

if TYPE_CHECKING:
    from aiida.orm.nodes.node import Node

__all__ = (
    'AbstractNodeMeta',
    'get_query_type_from_type_string',
    'get_type_string_from_class',
    'is_valid_node_type_string',
    'load_node_class',
)

_GROUP_DATA = 'aiida.data'
_GROUP_NODE = 'aiida.node'
_MODULE_PREFIX = 'aiida.orm.nodes.'
_LOADED: dict[str, type[Node]] = {}
#: Classes of ours without an entry point, by type string.
_UNREGISTERED = {'data.aiida.work.frozendict.FrozenDict.': 'aiida.work.frozendict:FrozenDict'}


def load_node_class(type_string: str) -> type[Node]:
    """Return the class a type string stands for.

    Where the plugin is not installed, it is the closest class there is: ``Data``, or ``ProcessNode`` for a process.

    :raises DbContentError: if the string does not have the form of one.
    """
    found = _LOADED.get(type_string)
    if found is None:
        found, plugin_is_there = _find_class(type_string)
        if plugin_is_there:
            _LOADED[type_string] = found
    return found


def _find_class(type_string: str) -> tuple[type[Node], bool]:
    """Return the class and whether it is the very one the string stands for."""
    if type_string in {'', 'node.Node.'}:
        return upstairs('aiida.orm.nodes.node:Node'), True
    if type_string in _UNREGISTERED:
        return upstairs(_UNREGISTERED[type_string]), True
    if not is_valid_node_type_string(type_string):
        raise DbContentError(
            f"'{type_string}' is no type string of a node: it ends with a dot, like 'data.core.int.Int.'"
        )
    name = type_string[:-1].rpartition('.')[0]
    if name.startswith('data.'):
        return _load(_GROUP_DATA, name.removeprefix('data.'), 'data')
    if name.startswith('process'):
        return _load(_GROUP_NODE, name, 'process')
    return _load(_GROUP_NODE, name, 'data')


def _load(group: str, name: str, fallback: str) -> tuple[type[Node], bool]:
    from aiida.plugins.entry_point import load_entry_point

    try:
        return load_entry_point(group, name), True
    except EntryPointError:
        return load_entry_point(_GROUP_NODE, fallback), False


def get_type_string_from_class(class_module: str, class_name: str) -> str:
    """Return the type string of a class.

    :param class_module: its ``__module__``.
    :param class_name: its ``__name__``.
    """
    from aiida.plugins.entry_point import get_entry_point_from_class

    if (class_module, class_name) == ('aiida.orm.nodes.node', 'Node'):
        return ''
    group, entry_point = get_entry_point_from_class(class_module, class_name)
    if group == _GROUP_DATA and entry_point is not None:
        return f'data.{entry_point.name}.{class_name}.'
    if group == _GROUP_NODE and entry_point is not None:
        return f'{entry_point.name}.{class_name}.'
    path = f'{class_module}:{class_name}'
    for type_string, known in _UNREGISTERED.items():
        if known == path:
            return type_string
    return f'{class_module.removeprefix(_MODULE_PREFIX)}.{class_name}.'


def get_query_type_from_type_string(type_string: str) -> str:
    """Return what the type strings of a class and its subclasses begin with.

    :raises DbContentError: if the string does not have the form of a type string.
    """
    if type_string == '':
        return ''
    if not is_valid_node_type_string(type_string, raise_on_false=True):
        return ''
    return f'{type_string[:-1].rpartition(".")[0]}.'


def is_valid_node_type_string(type_string: str, raise_on_false: bool = False) -> bool:
    """Return whether a string has the form of a type string.

    :raises DbContentError: if it does not, when asked for.
    """
    if type_string == '' or (type_string.endswith('.') and type_string.count('.') > 1):
        return True
    if raise_on_false:
        raise DbContentError(f"'{type_string}' is no type string of a node")
    return False


def _type_string(node_class: type[Node]) -> str:
    return get_type_string_from_class(node_class.__module__, node_class.__name__)


def _query_type(node_class: type[Node]) -> str:
    return get_query_type_from_type_string(node_class.class_node_type)


def _entry_point(node_class: type[Node]) -> Any:
    from aiida.plugins.entry_point import get_entry_point_from_class

    return get_entry_point_from_class(node_class.__module__, node_class.__name__)[1]


class AbstractNodeMeta(ABCMeta):
    """Gives each class of nodes its logger and, once asked for, its type string and entry point."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> Any:
        namespace.setdefault('_logger', logging.getLogger(f'{namespace["__module__"]}.{name}'))
        for attribute, getter in (
            ('class_node_type', _type_string),
            ('_plugin_type_string', _type_string),
            ('_query_type_string', _query_type),
            ('entry_point', _entry_point),
        ):
            namespace[attribute] = lazy_class_attribute(attribute, getter)
        return super().__new__(mcs, name, bases, namespace, **kwargs)
