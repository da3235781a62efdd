"""What a store holds, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.storage.ports import QueryStore, Store

__all__ = ('information',)

#: What is counted, the table it is in, and the columns whose different values are told on request.
_ENTITIES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ('Users', 'db_dbuser', {'emails': 'email'}),
    ('Computers', 'db_dbcomputer', {'labels': 'label'}),
    ('Nodes', 'db_dbnode', {'node_types': 'node_type', 'process_types': 'process_type'}),
    ('Groups', 'db_dbgroup', {'type_strings': 'type_string'}),
    ('Comments', 'db_dbcomment', {}),
    ('Logs', 'db_dblog', {}),
    ('Links', 'db_dblink', {}),
)


def information(store: Store, detailed: bool = False) -> dict[str, Any]:
    """Return how many entities of each kind there are, and how large the repository is.

    :param detailed: whether to tell also who and what they are, and the sizes in MB.
    """
    return {'entities': _entities(store, detailed), 'repository': store.repository.get_info(detailed)}


def _entities(store: QueryStore, detailed: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, table, columns in _ENTITIES:
        [(count,)] = store.select(f'SELECT count(*) FROM {table}', ())
        entry = found[kind] = {'count': count}
        if not detailed:
            continue
        if kind == 'Nodes' and count:
            [(first, last)] = store.select(f'SELECT min(ctime), max(ctime) FROM {table}', ())
            entry.update(first_created=_utc(first), last_created=_utc(last))
        for name, column in columns.items():
            rows = store.select(f"SELECT DISTINCT {column} FROM {table} WHERE {column} <> '' ORDER BY {column}", ())
            entry[name] = [value for (value,) in rows]
    return found


def _utc(time: Any) -> str:
    """Return a time of the database as text, in UTC; SQLite keeps it without saying so."""
    text = str(time)
    return text if '+' in text else f'{text}+00:00'
