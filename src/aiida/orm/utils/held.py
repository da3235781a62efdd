"""Which node objects of living processes gather what is written to them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from aiida.orm.nodes.process.process import ProcessNode
    from aiida.storage.ports import Store

__all__ = ('find_held_node', 'forget_held_node', 'remember_held_node')

_HELD: WeakValueDictionary[tuple[int, int], ProcessNode] = WeakValueDictionary()


def find_held_node(store: Store, pk: int) -> ProcessNode | None:
    """Return the node object of a process that lives in this interpreter and holds its node, if there is one."""
    node = _HELD.get((id(store), pk))
    return node if node is not None and node.pk == pk else None


def remember_held_node(node: ProcessNode) -> None:
    """Note that this object holds its node; no-op for one that is not stored."""
    if node.pk is not None:
        _HELD[id(node.backend), node.pk] = node


def forget_held_node(node: ProcessNode) -> None:
    """Note that this object holds its node no more."""
    if node.pk is not None:
        _HELD.pop((id(node.backend), node.pk), None)
