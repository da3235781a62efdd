"""Which nodes descend from which: a table made by following the links that carry data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.sql import and_, column, func, literal_column, or_, select, table

if TYPE_CHECKING:
    from sqlalchemy.sql import ColumnElement, FromClause, Select

    from aiida.storage.query.dialect import Dialect

__all__ = ('ancestry_table',)

FOLLOWED = ('create', 'input_calc')
"""The links along which data descends from data."""


def ancestry_table(name: str, seeds: Select[Any], dialect: Dialect, *, downwards: bool, depth: bool) -> FromClause:
    """Return a table of pairs (``ancestor_id``, ``descendant_id``), each once however many ways lead between them.

    :param name: of the table in the statement; must not be used twice.
    :param seeds: the ids of the nodes where to begin.
    :param downwards: from ancestors to descendants; else the other way.
    :param depth: whether to tell the number of nodes in between on the shortest way, which costs more.
    """
    first = table('db_dblink', column('input_id'), column('output_id'), column('type')).alias(f'{name}_first')
    near = 'input_id' if downwards else 'output_id'
    columns: list[ColumnElement[Any]] = [
        first.c.input_id.label('ancestor_id'),
        first.c.output_id.label('descendant_id'),
    ]
    if depth:
        columns.append(literal_column('0').label('depth'))
    reached = (
        select(*columns)
        .where(and_(first.c[near].in_(seeds), _followed(first, dialect)))
        .cte(f'{name}_reached', recursive=True)
    )
    following = table('db_dblink', column('input_id'), column('output_id'), column('type')).alias(f'{name}_following')
    if downwards:
        at, columns = reached.c.descendant_id, [reached.c.ancestor_id, following.c.output_id]
    else:
        at, columns = reached.c.ancestor_id, [following.c.input_id, reached.c.descendant_id]
    if depth:
        columns.append(reached.c.depth + literal_column('1'))
    reached = reached.union(
        select(*columns)
        .select_from(reached.join(following, following.c[near] == at))
        .where(_followed(following, dialect))
    )
    if not depth:
        return reached.alias(name)
    pair = (reached.c.ancestor_id, reached.c.descendant_id)
    return select(*pair, func.min(reached.c.depth).label('depth')).group_by(*pair).subquery(name)


def _followed(link: FromClause, dialect: Dialect) -> Any:
    # half of all links are of these types: the ends of a link are the better index
    link_type = dialect.unindexed(link.c.type)
    return or_(*(link_type == name for name in FOLLOWED))
