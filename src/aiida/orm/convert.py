"""Rows that were read from a store, as entities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import NotExistent
from aiida.orm.backend import get_store
from aiida.orm.entities import entity_class
from aiida.orm.utils.node import load_node_class
from aiida.storage.ports import Store
from aiida.storage.records import EntityKind, NodeRecord

if TYPE_CHECKING:
    from aiida.orm.entities import Entity, RowEntity
    from aiida.orm.nodes.node import Node

__all__ = ('entity_from_reference', 'entity_from_row', 'node_from_pk', 'node_from_record', 'nodes_from_pks')


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
    return entity_class(kind).from_row(store, dict(row))


def entity_from_reference(table: str, column: str, value: Any) -> Entity:
    """Return the entity of the loaded profile whose column has a value.

    :raises NotExistent: if there is none, for example because another profile is loaded.
    """
    store = get_store()
    if table == 'db_dbnode':
        pks = store.find_nodes('uuid', value)
        if pks:
            return node_from_pk(store, pks[0])
    else:
        kind = EntityKind(table)
        rows = store.find_entities(kind, **{column: value})
        if rows:
            return entity_from_row(store, kind, rows[0])
    raise NotExistent(f'there is no row in {table} whose {column} is {value!r}: is another profile loaded?')
