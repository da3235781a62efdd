"""Which processes there are, and how they belong together: what plans are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from aiida.common.links import LinkType
from aiida.tools.dumping.names import Row
from aiida.tools.dumping.options import Filters

__all__ = ('called_by', 'grouped', 'members', 'read', 'stamps', 'top_level')

_BATCH = 500
_CALLS = {'type': {'in': [LinkType.CALL_CALC.value, LinkType.CALL_WORK.value]}}
_COLUMNS = [
    *('id', 'uuid', 'label', 'attributes.process_label', 'mtime', 'node_type', 'attributes.sealed'),
    *('ctime', 'user_id', 'dbcomputer_id'),
]


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(values)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _pks(query: Any) -> set[int]:
    return {pk for (pk,) in query.iterall()}


def members(group_pk: int) -> set[int]:
    """Return the processes in a group."""
    from aiida import orm

    query = orm.QueryBuilder().append(orm.Group, filters={'id': group_pk}, tag='group')
    return _pks(query.append(orm.ProcessNode, with_group='group', project='id'))


def grouped() -> set[int]:
    """Return the processes that are in any group."""
    from aiida import orm

    query = orm.QueryBuilder().append(orm.Group, tag='group')
    return _pks(query.append(orm.ProcessNode, with_group='group', project='id'))


def top_level() -> set[int]:
    """Return the processes that no other called."""
    from aiida import orm

    called = orm.QueryBuilder().append(orm.ProcessNode, tag='caller')
    called.append(orm.ProcessNode, with_incoming='caller', edge_filters=_CALLS, project='id')
    return _pks(orm.QueryBuilder().append(orm.ProcessNode, project='id')) - _pks(called)


def called_by(callers: Collection[int]) -> set[int]:
    """Return the processes that some others called, at all levels."""
    from aiida import orm

    found: set[int] = set()
    level = set(callers)
    while level:
        following: set[int] = set()
        for batch in _batches(level):
            query = orm.QueryBuilder().append(orm.ProcessNode, filters={'id': {'in': batch}}, tag='caller')
            query.append(orm.ProcessNode, with_incoming='caller', edge_filters=_CALLS, project='id')
            following |= _pks(query)
        level = following - found
        found |= level
    return found


def stamps(uuids: Iterable[str]) -> dict[str, str]:
    """Return when processes changed last, as it stands in the log; those that do not exist are left out."""
    from aiida import orm

    found = {}
    for batch in _batches(uuids):
        query = orm.QueryBuilder().append(orm.ProcessNode, filters={'uuid': {'in': batch}}, project=['uuid', 'mtime'])
        found.update({uuid: mtime.isoformat() for uuid, mtime in query.iterall()})
    return found


def read(pks: Iterable[int], filters: Filters) -> dict[int, Row]:
    """Return processes by their number, without those that are not wanted, in the order of numbers."""
    from aiida import orm

    users_of_codes = None if filters.codes is None else _users_of(filters.codes)
    rows = {}
    for batch in _batches(sorted(pks)):
        query = orm.QueryBuilder().append(orm.ProcessNode, filters={'id': {'in': batch}}, project=_COLUMNS)
        for pk, uuid, label, process_label, mtime, node_type, sealed, ctime, user, computer in query.iterall():
            wanted = (
                _within(mtime, filters.since, filters.until)
                and _within(ctime, filters.created_since, None)
                and (filters.users is None or user in filters.users)
                and (filters.computers is None or computer in filters.computers)
                and (users_of_codes is None or pk in users_of_codes)
            )
            if wanted:
                name = process_label or str(node_type).rstrip('.').rpartition('.')[2]
                rows[pk] = Row(pk, uuid, label, name, mtime, node_type.startswith('process.calculation.'), bool(sealed))
    return dict(sorted(rows.items()))


def _within(moment: Any, since: Any, until: Any) -> bool:
    return (since is None or moment >= since) and (until is None or moment <= until)


def _users_of(codes: Collection[int]) -> set[int]:
    """Return the processes that had a code as input."""
    from aiida import orm

    inputs = {'type': {'in': [LinkType.INPUT_CALC.value, LinkType.INPUT_WORK.value]}}
    query = orm.QueryBuilder().append(orm.AbstractCode, filters={'id': {'in': list(codes)}}, tag='code')
    return _pks(query.append(orm.ProcessNode, with_incoming='code', edge_filters=inputs, project='id'))
