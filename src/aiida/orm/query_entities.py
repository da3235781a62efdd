"""What a class, or the string that stands for it, means to a query; and the way from a row back to an instance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import DbContentError
from aiida.orm.utils.node import get_query_type_from_type_string, load_node_class

if TYPE_CHECKING:
    from aiida.storage.ports import Store

__all__ = ('QueriedEntity', 'describe_class', 'describe_type_string', 'entity_maker', 'tag_stem', 'type_filters')

_PLAIN = ('user', 'computer', 'authinfo', 'comment', 'log')
_WIDER = {'data.core.code.abstract.AbstractCode.': 'data.core.code.'}
"""Type strings of classes whose subclasses' strings do not begin with their own."""


@dataclass(frozen=True, slots=True)
class QueriedEntity:
    """A kind of entity, perhaps narrowed down to a class.

    :param entity: the name of the table: ``node``, ``group``, ``computer``, ...
    :param type_string: what stands for the class in a query that is saved.
    :param process_type: for a class of processes what its nodes say; empty for any process.
    """

    entity: str
    type_string: str
    process_type: str | None = None


def describe_class(cls: Any) -> QueriedEntity:
    """Return what a class means to a query.

    :raises TypeError: if it is no class.
    :raises ValueError: if instances of the class are not in the graph.
    """
    from aiida.orm.nodes.node import Node

    if not isinstance(cls, type):
        raise TypeError(
            f'{cls!r} was given as `cls`, but is not a class; give the string that stands for a class as `entity_type`'
        )
    if issubclass(cls, Node):
        return QueriedEntity('node', cls.class_node_type)
    node_class = getattr(cls, '_node_class', None)
    if node_class is not None and hasattr(cls, 'build_process_type'):
        return QueriedEntity('node', node_class.class_node_type, _process_type(cls))
    return _describe_other(cls)


def _describe_other(cls: type) -> QueriedEntity:
    """Return what a class means that is neither of nodes nor of processes."""
    from aiida.orm.groups import Group

    if issubclass(cls, Group):
        if cls._type_string is None:
            raise ValueError(f"{cls!r} has no entry point in the group 'aiida.groups', so none of its kind is stored")
        return QueriedEntity('group', f'group.{cls._type_string}')
    name = next((base.__name__.lower() for base in cls.__mro__ if base.__module__.startswith('aiida.orm.')), None)
    if name not in _PLAIN:
        raise ValueError(
            f'{cls!r} is not something to query for: use a class of nodes, processes or groups, or one of Computer, '
            'User, AuthInfo, Comment, Log'
        )
    return QueriedEntity(name, name)


def _process_type(cls: Any) -> str:
    """Return the process type of a class, empty for those of the engine that others are made from."""
    return '' if cls.__module__.startswith('aiida.engine.') else str(cls.build_process_type())


def describe_type_string(type_string: str) -> QueriedEntity:
    """Return what the string that stands for a class means to a query.

    :raises DbContentError: if it stands for nothing.
    """
    if type_string in _PLAIN:
        return QueriedEntity(type_string, type_string)
    if type_string.startswith('group.'):
        return QueriedEntity('group', type_string)
    try:
        get_query_type_from_type_string(type_string)
    except DbContentError as error:
        raise DbContentError(
            f"the entity type '{type_string}' is not known: it is the type string of a node such as "
            f"'data.core.int.Int.', 'group.core' or another type of group, or one of {', '.join(_PLAIN)}"
        ) from error
    return QueriedEntity('node', type_string)


def tag_stem(entities: Sequence[QueriedEntity]) -> str:
    """Return what the automatic tag of these entities begins with."""
    return '-'.join(entity.type_string.strip('.').rpartition('.')[2] or entity.entity for entity in entities)


def type_filters(entities: Sequence[QueriedEntity], subclassing: bool) -> dict[str, Any]:
    """Return the filters that let through instances of these classes, and of subclasses if asked for."""
    if entities[0].entity == 'group':
        strings = [entity.type_string.removeprefix('group.') for entity in entities]
        return {
            'type_string': _one_of([_matches('' if name == 'core' else name, name, subclassing) for name in strings])
        }
    if entities[0].entity != 'node':
        return {}
    node_types = [
        _matches(
            _WIDER.get(entity.type_string) or get_query_type_from_type_string(entity.type_string),
            entity.type_string,
            subclassing,
        )
        for entity in entities
    ]
    filters: dict[str, Any] = {'node_type': _one_of(node_types)}
    processes = [entity.process_type for entity in entities if entity.process_type is not None]
    if len(processes) == len(entities):
        choices: list[dict[str, Any]] = []
        for name in processes:
            choices.extend(_process_matches(name, subclassing))
        filters['process_type'] = _one_of(choices)
    return filters


def _matches(prefix: str, exact: str, subclassing: bool) -> dict[str, str]:
    return {'like': f'{_escaped(prefix)}%'} if subclassing else {'==': exact}


def _process_matches(process_type: str, subclassing: bool) -> list[dict[str, str]]:
    if not process_type:
        return [{'like': '%'}]
    exact = {'==': process_type}
    return [exact, {'like': f'{_escaped(process_type)}.'}] if subclassing else [exact]


def _escaped(text: str) -> str:
    return text.replace('_', '\\_')


def _one_of(choices: list[dict[str, Any]]) -> dict[str, Any]:
    return choices[0] if len(choices) == 1 else {'or': choices}


def entity_maker(entity: str, store: Store) -> Callable[[Any], Any] | None:
    """Return what makes an instance of a record of an entity; ``None`` if the record itself is what is given."""
    if entity == 'node':

        def make_node(record: Any) -> Any:
            return load_node_class(record.node_type).from_record(store, record)

        return make_node
    if entity == 'link':
        from aiida.orm.utils.links import LinkQuadruple

        return lambda record: LinkQuadruple(*record)
    if entity == 'group':
        from aiida.orm.groups import Group, load_group_class

        def make_group(row: dict[str, Any]) -> Group:
            return load_group_class(row['type_string']).from_row(store, row)

        return make_group
    if entity in _PLAIN:
        cls = _plain_class(entity)
        return lambda row: cls.from_row(store, row)
    return None


def _plain_class(entity: str) -> Any:
    if entity == 'user':
        from aiida.orm.users import User

        return User
    if entity == 'computer':
        from aiida.orm.computers import Computer

        return Computer
    if entity == 'authinfo':
        from aiida.orm.authinfos import AuthInfo

        return AuthInfo
    if entity == 'comment':
        from aiida.orm.comments import Comment

        return Comment
    from aiida.orm.logs import Log

    return Log
