"""Whether the rows of a store and the content of its files belong together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aiida.common import json

if TYPE_CHECKING:
    from aiida.storage.ports import QueryStore, Store

__all__ = ('missing_files', 'unreferenced_keys')

_BATCH = 1000


def missing_files(store: Store) -> list[tuple[int, str]]:
    """Return (node, key) of the files that rows name and that are not there."""
    named = list(_named_keys(store))
    present = set(store.repository.list_objects())
    return [(node_id, key) for node_id, key in named if key not in present]


def unreferenced_keys(store: Store) -> list[str]:
    """Return the keys of contents that no row names; a node that is just being stored has its files before its row."""
    present = set(store.repository.list_objects())
    return sorted(present - {key for _, key in _named_keys(store)})


def _named_keys(store: QueryStore) -> Iterator[tuple[int, str]]:
    """Yield (node, key) of all files that rows name."""
    sql = 'SELECT id, repository_metadata FROM db_dbnode ORDER BY id'
    for node_id, text in store.select(sql, (), batch_size=_BATCH):
        for key in _keys_in(json.loads(text)):
            yield node_id, key


def _keys_in(folder: dict[str, Any]) -> Iterator[str]:
    """Yield the keys of a folder as rows describe it, those of the folders below included."""
    for entry in folder.get('o', {}).values():
        if 'k' in entry:
            yield entry['k']
        yield from _keys_in(entry)
