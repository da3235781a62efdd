"""Rows that were read from a store, as entities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from aiida.orm.entities import entity_class
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
    return entity_class(kind).from_row(store, dict(row))
