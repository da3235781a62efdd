"""Rows that were read from a store, as entities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from aiida.orm.utils.node import load_node_class
from aiida.storage.ports import Store
from aiida.storage.records import EntityKind, NodeRecord

if TYPE_CHECKING:
    from aiida.orm.entities import RowEntity
    from aiida.orm.nodes.node import Node

__all__ = ('entity_from_row', 'node_from_pk', 'node_from_record', 'nodes_from_pks')


def node_from_record(store: Store, record: NodeRecord) -> Node:
    """Return the node of a row, as an instance of the class its type string stands for."""
    return load_node_class(record.node_type).from_record(store, record)


def node_from_pk(store: Store, pk: int) -> Node:
    """Return a node.

    :raises NotExistent: if there is none of this number.
    """
    return node_from_record(store, store.read_node(pk))


def nodes_from_pks(store: Store, pks: Iterable[int]) -> list[Node]:
    """Return nodes in the order asked for, those that do not exist left out."""
    return [node_from_record(store, record) for record in store.read_nodes(list(pks))]


def entity_from_row(store: Store, kind: EntityKind, row: Mapping[str, Any]) -> RowEntity:
    """Return the entity of a row of one of the tables that are seldom written; a group has the class of its type."""
    return _entity_class(kind, row).from_row(store, dict(row))


def _entity_class(kind: EntityKind, row: Mapping[str, Any]) -> type[RowEntity]:
    from aiida.orm.authinfos import AuthInfo
    from aiida.orm.comments import Comment
    from aiida.orm.computers import Computer
    from aiida.orm.groups import load_group_class
    from aiida.orm.logs import Log
    from aiida.orm.users import User

    if kind is EntityKind.GROUP:
        return load_group_class(row['type_string'])
    classes: dict[EntityKind, type[RowEntity]] = {
        EntityKind.AUTHINFO: AuthInfo,
        EntityKind.COMMENT: Comment,
        EntityKind.COMPUTER: Computer,
        EntityKind.LOG: Log,
        EntityKind.USER: User,
    }
    return classes[kind]
