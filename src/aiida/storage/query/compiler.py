"""A query's tree made into a statement, and a reader for its rows."""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.sql import ColumnElement, FromClause, and_, column, false, func, not_, or_, select, table, true
from sqlalchemy.sql.elements import True_

from aiida.common.timezone import make_aware
from aiida.storage.query.ancestry import ancestry_table
from aiida.storage.query.conditions import (
    JSON_OPERATORS,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Negation,
    bound_number,
    parse_filters,
    selectivity,
)
from aiida.storage.query.dialect import CASTS, Dialect, get_dialect
from aiida.storage.query.entities import EDGES, ENTITIES, ColumnKind, EntityTable, join_target
from aiida.storage.query.rows import Output, RowReader, entity_reader, value_reader
from aiida.storage.query.tree import Join, Order, Projection, Query, Vertex

if TYPE_CHECKING:
    from sqlalchemy.sql import Select

__all__ = ('CompiledQuery', 'compile_count', 'compile_query', 'inline_query')

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {'==': op.eq, '>': op.gt, '<': op.lt, '>=': op.ge, '<=': op.le}
_REMEMBERED, _LONG = 64, 20000
_FUNCTIONS = ('count', 'max', 'min', 'sum', 'avg')
_TYPE_COLUMNS = frozenset(('node_type', 'process_type', 'type_string'))


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """A statement with its parameters, and how to read its rows."""

    sql: str
    parameters: Sequence[Any]
    reader: RowReader


@dataclass(frozen=True, slots=True)
class _Source:
    """A table as it takes part in a statement."""

    entity: EntityTable
    alias: FromClause


def compile_query(query: Query, dialect: str) -> CompiledQuery:
    """Return the statement that answers a query.

    :param dialect: the name of a SQL dialect.
    :raises ValueError: if the query names what does not exist.
    :raises TypeError: if a value does not suit what it is compared with.
    """
    key = _Key(query)
    return (_compiled if len(key.text) < _LONG else _compiled.__wrapped__)(key, dialect)


def compile_count(query: Query, dialect: str) -> CompiledQuery:
    """Return the statement that counts the rows of a query; its only row is the number."""
    key = _Key(query)
    return (_compiled_count if len(key.text) < _LONG else _compiled_count.__wrapped__)(key, dialect)


def inline_query(query: Query, dialect: str) -> str:
    """Return the statement of a query with its values written into it, for people to read."""
    writer = get_dialect(dialect)
    return writer.inline(_Compilation(query, writer).statement()[0])


class _Key:
    """A query by its text, so that one that is asked again and again is compiled once."""

    __slots__ = ('query', 'text')

    def __init__(self, query: Query) -> None:
        self.query = query
        self.text = repr(query)

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.text == other.text


@lru_cache(maxsize=_REMEMBERED)
def _compiled(key: _Key, dialect: str) -> CompiledQuery:
    writer = get_dialect(dialect)
    statement, outputs = _Compilation(key.query, writer).statement()
    sql, parameters = writer.compile(statement)
    return CompiledQuery(sql, parameters, RowReader(outputs))


@lru_cache(maxsize=_REMEMBERED)
def _compiled_count(key: _Key, dialect: str) -> CompiledQuery:
    writer = get_dialect(dialect)
    sql, parameters = writer.compile(_Compilation(key.query, writer).count_statement())
    return CompiledQuery(sql, parameters, RowReader([]))


class _Compilation:
    """One walk over a query's tree."""

    def __init__(self, query: Query, dialect: Dialect, prefix: str = '') -> None:
        """
        :param prefix: of the names of tables, which must differ from those of a statement around this one.
        """
        if not query.vertices:
            raise ValueError('the query is empty: append at least one entity to it')
        self.query = query
        self.dialect = dialect
        self.prefix = prefix
        self.sources: dict[str, _Source] = {}
        self.conditions: list[ColumnElement[bool]] = []
        self.tables: FromClause | None = None
        for vertex in query.vertices:
            self._add(vertex)

    # from what

    def _add(self, vertex: Vertex) -> None:
        """Take a vertex into the statement: its table, its join, its conditions."""
        source = self._source(ENTITIES[vertex.entity])
        self.sources[vertex.tag] = source
        condition = parse_filters(vertex.filters)
        join = vertex.join
        if join is None:
            self.tables = source.alias
        elif join.outer:
            # the conditions on what kind of entity it is belong to the join, or no row without one would be left
            kind, rest = _split_by_type(vertex.filters)
            self._join(vertex, join, source, self._condition(source, parse_filters(kind)))
            condition = parse_filters(rest)
        else:
            self._join(vertex, join, source, true())
        self.conditions.append(self._condition(source, condition))

    def _source(self, entity: EntityTable) -> _Source:
        number = sum(source.entity is entity for source in self.sources.values()) + 1
        columns: list[Any] = [column(name) for name in entity.columns]
        word = entity.table.removeprefix('db_db')
        return _Source(entity, table(entity.table, *columns).alias(f'{self.prefix}{word}_{number}'))

    def _join(self, vertex: Vertex, join: Join, new: _Source, on: ColumnElement[bool]) -> None:
        """Join a vertex's table to those before it; ``on`` belongs to an outer join's condition."""
        before = self.sources.get(join.to)
        target = join_target(vertex.entity, join.keyword)
        if before is None or before is new:
            raise ValueError(f"'{vertex.tag}' is joined to '{join.to}', which is not in the query before it")
        if before.entity.name != target:
            raise ValueError(
                f"'{vertex.tag}' cannot be joined to '{join.to}': {join.keyword} joins a {vertex.entity} "
                f'to a {target}, and that is a {before.entity.name}'
            )
        assert self.tables is not None
        edge = EDGES.get((vertex.entity, join.keyword))
        if edge is None:
            if join.filters or join.projections:
                raise ValueError(
                    f"nothing stands between '{join.to}' and '{vertex.tag}' that could be filtered or projected as "
                    f"'{join.edge_tag}'"
                )
            self.tables = self.tables.join(new.alias, _all_of(on, _direct(before, new)), isouter=join.outer)
            return
        link = self._edge(edge, vertex, join)
        self.sources[join.edge_tag] = link
        left, right = _EDGE_ENDS[join.keyword]
        on = _all_of(on, self._condition(link, parse_filters(join.filters)))
        if join.outer:
            pair = link.alias.join(new.alias, _all_of(new.alias.c.id == link.alias.c[right], on))
            self.tables = self.tables.join(pair, before.alias.c.id == link.alias.c[left], isouter=True)
        else:
            self.tables = self.tables.join(link.alias, link.alias.c[left] == before.alias.c.id)
            self.tables = self.tables.join(new.alias, _all_of(new.alias.c.id == link.alias.c[right], on))

    def _edge(self, edge: EntityTable, vertex: Vertex, join: Join) -> _Source:
        if join.keyword not in ('with_ancestors', 'with_descendants'):
            return self._source(edge)
        # what is followed begins at the end that is narrowed down more
        ends = (self._chain(join.to), (Vertex(vertex.tag, vertex.entity, vertex.filters),))
        from_new = not join.outer and _narrowness(ends[1]) > _narrowness(ends[0])
        chain = ends[from_new]
        seeds = Query(tuple(chain))
        name = f'{self.prefix}ancestry_{sum(source.entity is edge for source in self.sources.values()) + 1}'
        compilation = _Compilation(seeds, self.dialect, prefix=f'{name}_')
        depth = bool(join.projections) or bool(join.filters) or any(x.tag == join.edge_tag for x in self.query.orders)
        table = ancestry_table(
            name,
            compilation.id_statement(chain[-1].tag),
            self.dialect,
            downwards=(join.keyword == 'with_ancestors') is not from_new,
            depth=depth,
        )
        return _Source(edge, table)

    def _chain(self, tag: str) -> tuple[Vertex, ...]:
        """Return the vertices by which the one of this tag hangs on the first, without projections."""
        chain: list[Vertex] = []
        at: str | None = tag
        while at is not None:
            vertex = self.query.vertex(at)
            join = vertex.join
            if join is not None:
                join = Join(join.keyword, join.to, join.edge_tag, join.outer, join.filters)
            chain.append(Vertex(vertex.tag, vertex.entity, vertex.filters, (), join))
            at = None if join is None else join.to
        return tuple(reversed(chain))

    # on what condition

    def _condition(self, source: _Source, condition: Condition) -> ColumnElement[bool]:
        match condition:
            case Negation(condition=inner):
                return not_(self._condition(source, inner))
            case AllOf(conditions=parts):
                return _all_of(*(self._condition(source, part) for part in parts))
            case AnyOf(conditions=parts):
                return or_(*(self._condition(source, part) for part in parts)) if parts else true()
            case Comparison():
                return self._comparison(source, condition)
        raise AssertionError(condition)

    def _comparison(self, source: _Source, comparison: Comparison) -> ColumnElement[bool]:
        name, path = _locate(source.entity, comparison.key)
        kind = source.entity.columns[name]
        expression = source.alias.c[name]
        operator, value = comparison.operator, comparison.value
        if kind is ColumnKind.JSON:
            return self.dialect.json_condition(expression, path, operator, value)
        if operator in JSON_OPERATORS:
            raise ValueError(
                f"unknown operator '{operator}' for the column '{name}': it asks about JSON, as in attributes or extras"
            )
        if operator in ('like', 'ilike'):
            if value == '%' and name not in source.entity.nullable:
                return true()
            return self.dialect.like(expression, value, operator == 'ilike', kind)
        if operator == 'in':
            return self._member_of(expression, [self._bound(kind, name, item, listed=True) for item in value])
        if value is None:
            return _null_comparison(expression, name, operator)
        result: ColumnElement[bool] = _COMPARE[operator](expression, self._bound(kind, name, value))
        return result

    def _member_of(self, expression: ColumnElement[Any], values: list[Any]) -> ColumnElement[bool]:
        given = [value for value in values if value is not None]
        found = self.dialect.member_of(expression, given) if given else false()
        return found if len(given) == len(values) else or_(found, expression.is_(None))

    def _bound(self, kind: ColumnKind, name: str, value: Any, listed: bool = False) -> Any:
        """Return what is bound for a value that is compared with a column, alone or as one of a list."""
        if value is None:
            return None
        if kind is ColumnKind.TIME:
            return self.dialect.bind_time(_moment(name, value))
        if isinstance(value, UUID):
            value = str(value)
        if kind is ColumnKind.UUID and isinstance(value, str):
            return self.dialect.bind_uuid(_hyphenated(value) if len(value) == 32 else value)
        if not isinstance(value, (str, int, float, bool)):
            raise TypeError(f"the column '{name}' cannot be compared with {value!r} of type {type(value).__name__}")
        value = value if isinstance(value, str) else bound_number(value)
        return self.dialect.bind_number(value) if kind is ColumnKind.NUMBER and not listed else value

    # what of it

    def statement(self) -> tuple[Select[Any], list[Output]]:
        """Return the statement and what its columns are."""
        columns: list[ColumnElement[Any]] = []
        outputs: list[Output] = []
        listed = self._projections()
        for tag, projections in listed:
            seen: set[str] = set()
            for projection in _expanded(self.sources[tag].entity, projections):
                if projection.key in seen:
                    raise ValueError(f"'{projection.key}' is projected twice on '{tag}'; once is enough")
                seen.add(projection.key)
                selected, output = self._project(tag, projection, len(columns))
                columns.extend(selected)
                outputs.append(output)
        has_function = any(projection.func for _, projections in listed for projection in projections)
        statement = self._selected(*columns).order_by(*self._orders(has_function))
        return self._limited(statement), outputs

    def id_statement(self, tag: str) -> Select[Any]:
        """Return a statement for the ids of one vertex."""
        return self._selected(self.sources[tag].alias.c.id)

    def count_statement(self) -> Select[Any]:
        """Return a statement for the number of rows."""
        query = self.query
        projections = list(self._projections())
        has_function = any(projection.func for _, listed in projections for projection in listed)
        if not (query.distinct or query.limit is not None or query.offset is not None or has_function):
            return self._selected(func.count())
        columns: list[ColumnElement[Any]] = []
        for tag, listed in projections:
            for projection in _expanded(self.sources[tag].entity, listed):
                # rows that have the same id are the same
                key = 'id' if projection.key == '*' and 'id' in self.sources[tag].entity.columns else projection.key
                columns.extend(self._project(tag, Projection(key, projection.cast, projection.func), 0)[0])
        labelled = [expression.label(f'c{number}') for number, expression in enumerate(columns)]
        return select(func.count()).select_from(self._limited(self._selected(*labelled)).subquery('counted'))

    def _selected(self, *columns: ColumnElement[Any]) -> Select[Any]:
        assert self.tables is not None
        return select(*columns).select_from(self.tables).where(_all_of(*self.conditions))

    def _limited(self, statement: Select[Any]) -> Select[Any]:
        query = self.query
        if query.distinct:
            statement = statement.distinct()
        if query.limit is not None:
            statement = statement.limit(query.limit)
        return statement if query.offset is None else statement.offset(query.offset)

    def _projections(self) -> list[tuple[str, tuple[Projection, ...]]]:
        """Return what is projected by tag, an edge after its vertex; the whole last vertex if nothing is."""
        listed = []
        for vertex in self.query.vertices:
            if vertex.projections:
                listed.append((vertex.tag, vertex.projections))
            if vertex.join is not None and vertex.join.projections:
                listed.append((vertex.join.edge_tag, vertex.join.projections))
        return listed or [(self.query.vertices[-1].tag, (Projection('*'),))]

    def _project(self, tag: str, projection: Projection, start: int) -> tuple[list[ColumnElement[Any]], Output]:
        """Return the columns of one projection and what they are; ``start`` is the place of the first in the row."""
        source = self.sources[tag]
        if projection.key == '*':
            if projection.func or projection.cast:
                raise ValueError(f"'*' is the whole of '{tag}'; apply a function or a cast to one column, such as 'id'")
            columns: list[ColumnElement[Any]] = [source.alias.c[name] for name in source.entity.columns]
            reader = entity_reader(source.entity, start, self.dialect)
            return columns, Output(tag, '*', source.entity.name, start, reader)
        expression, kind = self._value(source, projection)
        return [expression], Output(tag, projection.key, None, start, value_reader(kind, self.dialect))

    def _value(self, source: _Source, projection: Projection | Order) -> tuple[ColumnElement[Any], ColumnKind]:
        """Return the expression of a column or path, and what it holds."""
        name, path = _locate(source.entity, projection.key)
        function = projection.func if isinstance(projection, Projection) else None
        expression: ColumnElement[Any] = source.alias.c[name]
        kind = source.entity.columns[name]
        if kind is ColumnKind.JSON:
            as_json = isinstance(projection, Projection) and function is None and projection.cast in (None, 'j')
            read = self.dialect.json_value if as_json else self.dialect.json_scalar
            expression = read(expression, path)
            kind = kind if as_json else ColumnKind.NUMBER
        if projection.cast is not None and projection.cast != 'j':
            if projection.cast not in CASTS:
                raise ValueError(
                    f"unknown cast '{projection.cast}' of '{projection.key}'; use one of {', '.join(CASTS)}"
                )
            expression, kind = self.dialect.cast(expression, projection.cast), CASTS[projection.cast]
        if function is not None:
            if function not in _FUNCTIONS:
                raise ValueError(
                    f"unknown function '{function}' of '{projection.key}'; use one of {', '.join(_FUNCTIONS)}"
                )
            expression = getattr(func, function)(self.dialect.aggregated(expression))
            kind = kind if function in ('max', 'min') else ColumnKind.NUMBER
        return expression, kind

    def _orders(self, has_function: bool) -> list[ColumnElement[Any]]:
        """Return what the rows are ordered by: as asked, else a query for one entity gives the oldest first."""
        query = self.query
        if query.orders or has_function or query.distinct or len(query.vertices) > 1:
            return [self._order(order) for order in query.orders]
        return [self.sources[query.vertices[0].tag].alias.c.id]

    def _order(self, order: Order) -> ColumnElement[Any]:
        if order.tag not in self.sources:
            raise ValueError(f"cannot order by '{order.tag}': the tags of this query are {list(self.sources)}")
        expression, _ = self._value(self.sources[order.tag], order)
        return expression.desc() if order.descending else expression.asc()


_EDGE_ENDS = {
    'with_incoming': ('input_id', 'output_id'),
    'with_outgoing': ('output_id', 'input_id'),
    'with_ancestors': ('ancestor_id', 'descendant_id'),
    'with_descendants': ('descendant_id', 'ancestor_id'),
    'with_group': ('dbgroup_id', 'dbnode_id'),
    'with_node': ('dbnode_id', 'dbgroup_id'),
}
"""The columns of an edge that point to what was there before, and to what is joined."""

_REFERENCES = {
    ('node', 'user'): 'user_id',
    ('node', 'computer'): 'dbcomputer_id',
    ('group', 'user'): 'user_id',
    ('authinfo', 'user'): 'aiidauser_id',
    ('authinfo', 'computer'): 'dbcomputer_id',
    ('comment', 'node'): 'dbnode_id',
    ('comment', 'user'): 'user_id',
    ('log', 'node'): 'dbnode_id',
}
"""The column by which a row of the first points to one of the second."""


def _all_of(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the conjunction, without the parts that are always true."""
    parts = [condition for condition in conditions if not isinstance(condition, True_)]
    return and_(*parts) if parts else true()


def _direct(before: _Source, new: _Source) -> ColumnElement[bool]:
    """Return the condition of a join without anything in between."""
    names = (new.entity.name, before.entity.name)
    if names in _REFERENCES:
        return new.alias.c[_REFERENCES[names]] == before.alias.c.id
    return before.alias.c[_REFERENCES[names[::-1]]] == new.alias.c.id


def _split_by_type(filters: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the filters on the kind of entity, and the others."""
    kind = {key: value for key, value in filters.items() if key in _TYPE_COLUMNS}
    return kind, {key: value for key, value in filters.items() if key not in _TYPE_COLUMNS}


def _narrowness(vertices: Sequence[Vertex]) -> int:
    return max(selectivity(parse_filters(vertex.filters)) for vertex in vertices)


def _locate(entity: EntityTable, key: str) -> tuple[str, list[str]]:
    """Return the column a key names, and the path into it."""
    if not isinstance(key, str):
        raise TypeError(f'a column is named by a string, not by {key!r} of type {type(key).__name__}')
    head, *path = key.split('.')
    name = entity.resolve(head)
    if path and entity.columns[name] is not ColumnKind.JSON:
        raise ValueError(f"'{key}' is a path, but the column '{head}' of a {entity.name} does not hold JSON")
    return name, path


def _expanded(entity: EntityTable, projections: Sequence[Projection]) -> list[Projection]:
    """Return the projections with ``**`` written out."""
    expanded: list[Projection] = []
    for projection in projections:
        expanded.extend(map(Projection, entity.columns) if projection.key == '**' else [projection])
    return expanded


def _null_comparison(expression: ColumnElement[Any], name: str, operator: str) -> ColumnElement[bool]:
    if operator != '==':
        raise TypeError(f"None can be compared by '==' and '!==' only; the filter on '{name}' has '{operator}'")
    return expression.is_(None)


def _moment(name: str, value: Any) -> datetime:
    """Return the time that a value of a filter stands for; one without zone is local."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"the filter on '{name}' has {value!r}, which is not a time in ISO 8601") from None
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise TypeError(f"the filter on '{name}' needs a datetime, not {value!r} of type {type(value).__name__}")
    return make_aware(value)


def _hyphenated(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        return value
