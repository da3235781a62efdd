"""Asking the graph: a query is built by appending entities, and compiled and run when its results are asked for."""

from __future__ import annotations

import copy as copying
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import MultipleObjectsError, NotExistent
from aiida.orm.backend import get_store
from aiida.orm.query_arguments import (
    described,
    is_several,
    listed,
    number,
    plain_filters,
    plain_orders,
    plain_projections,
    projected,
)
from aiida.orm.query_entities import QueriedEntity, entity_maker, tag_stem, type_filters
from aiida.storage.query.entities import JOINS, default_keyword, join_target
from aiida.storage.query.tree import Join, Order, Query, Vertex

if TYPE_CHECKING:
    from typing import Self

    from aiida.storage.ports import Store
    from aiida.storage.query.compiler import CompiledQuery

__all__ = ('QueryBuilder',)

_EDGE = '--'
_LEGACY_KEYWORDS = {
    'input_of': 'with_outgoing',
    'output_of': 'with_incoming',
    'ancestor_of': 'with_descendants',
    'descendant_of': 'with_ancestors',
    'member_of': 'with_group',
    'group_of': 'with_node',
    'has_computer': 'with_computer',
    'with_dbcomputer': 'with_computer',
    'computer_of': 'with_node',
    'created_by': 'with_user',
    'creator_of': 'with_node',
    'owner_of': 'with_group',
    'belongs_to': 'with_user',
}
"""Names that joins had in early releases."""


@dataclass(slots=True)
class _Step:
    """One entity on the path of a query, and how it is joined to an earlier one."""

    entity: str
    entity_type: str | list[str]
    tag: str
    keyword: str | None = None
    to: str | None = None
    edge_tag: str | None = None
    outer: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            'entity_type': copying.copy(self.entity_type),
            'orm_base': self.entity,
            'tag': self.tag,
            'joining_keyword': self.keyword,
            'joining_value': self.to,
            'edge_tag': self.edge_tag,
            'outerjoin': self.outer,
        }


class QueryBuilder:
    """A query over the graph.

    Entities are appended one after the other, each joined to one before it; filters say which are meant and projections
    what is returned of them. Methods that change the query return it, so that calls can be chained.
    """

    def __init__(
        self,
        backend: Store | None = None,
        *,
        debug: bool | None = None,
        path: Sequence[Any] | None = (),
        filters: dict[str, Any] | None = None,
        project: dict[str, Any] | None = None,
        limit: int | None = None,
        offset: int | None = None,
        order_by: Any = None,
        distinct: bool = False,
        project_map: dict[str, dict[str, str]] | None = None,
    ) -> None:
        """
        :param backend: the store to ask, that of the loaded profile by default.
        :param debug: whether :meth:`debug` prints.
        :param path: what is appended: classes, type strings, or dictionaries of the arguments of :meth:`append`.
        :param filters: filters by tag.
        :param project: projections by tag.
        :param project_map: kept, and given back by :meth:`as_dict`.
        """
        self._backend = backend
        self._debug = bool(debug)
        self._steps: list[_Step] = []
        self._filters: dict[str, dict[str, Any]] = {}
        self._projections: dict[str, list[dict[str, dict[str, Any]]]] = {}
        self._tags_of_class: dict[Any, list[str]] = {}
        self._order_by: list[dict[str, list[dict[str, dict[str, str]]]]] = []
        self._project_map = copying.deepcopy(project_map or {})
        self._limit: int | None = None
        self._offset: int | None = None
        self._distinct = False
        for name, value in (('filters', filters), ('project', project)):
            if value is not None and not isinstance(value, Mapping):
                raise TypeError(f'`{name}` is a dictionary by tags, not {value!r}')
        self._append_path(path)
        for tag, spec in (filters or {}).items():
            self.add_filter(tag, spec)
        for tag, spec in (project or {}).items():
            self.add_projection(tag, spec)
        self.limit(limit).offset(offset).distinct(distinct)
        if order_by:
            self.order_by(order_by)

    def _append_path(self, path: Sequence[Any] | None) -> None:
        if not isinstance(path, (list, tuple)) and path is not None:
            raise TypeError(f'`path` is a list of what is to be appended, not {path!r}')
        for item in path or ():
            if isinstance(item, Mapping):
                self.append(**item)
            elif isinstance(item, str):
                self.append(entity_type=item)
            else:
                self.append(cls=item)

    @property
    def backend(self) -> Store:
        """The store that is asked."""
        return self._backend if self._backend is not None else get_store()

    # what is asked

    def append(
        self,
        cls: Any = None,
        entity_type: str | Sequence[str] | None = None,
        tag: str | None = None,
        filters: Any = None,
        project: Any = None,
        subclassing: bool = True,
        edge_tag: str | None = None,
        edge_filters: Any = None,
        edge_project: Any = None,
        outerjoin: bool = False,
        joining_keyword: str | None = None,
        joining_value: Any = None,
        orm_base: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Add an entity, joined to one that is in the query already (the one before it if none is named).

        :param cls: a class of nodes, processes, groups, ..., or several of the same kind.
        :param entity_type: the string that stands for a class, instead of ``cls``.
        :param tag: the name by which later calls refer to it, made from the class by default.
        :param filters: conditions by column or path.
        :param project: what is returned of it: columns, paths, ``*`` for the whole.
        :param subclassing: whether instances of subclasses are meant too.
        :param edge_tag: the name of the link in between.
        :param edge_filters: conditions on that link.
        :param edge_project: what is returned of that link.
        :param outerjoin: whether rows remain for which there is no such entity.
        :param joining_keyword: one of the keywords of ``kwargs``, together with ``joining_value``.
        :param orm_base: ignored; part of what :meth:`as_dict` gives.
        :param kwargs: one keyword that says how it is joined (``with_incoming``, ``with_outgoing``, ``with_ancestors``,
            ``with_descendants``, ``with_group``, ``with_node``, ``with_user``, ``with_computer``, ``with_comment``,
            ``with_log``, ``with_authinfo``) with the tag or class it is joined to.
        :raises ValueError: if a tag, a keyword or a class is not one that fits.
        :raises TypeError: if an argument is of the wrong type.
        """
        entities = described(cls, entity_type)
        kind = entities[0].entity
        tag = self._new_tag(tag, entities)
        strings = [entity.type_string for entity in entities]
        step = _Step(kind, strings if is_several(cls, entity_type) else strings[0], tag, outer=bool(outerjoin))
        given_filters = plain_filters(filters)
        given_projections = plain_projections(project)
        if joining_keyword is not None:
            kwargs = {joining_keyword: joining_value, **kwargs}
        self._join(step, kwargs, edge_tag)
        if step.edge_tag is not None:
            given_edge = plain_filters(edge_filters), plain_projections(edge_project)
            self._filters[step.edge_tag], self._projections[step.edge_tag] = given_edge
        self._steps.append(step)
        self._filters[tag] = {**type_filters(entities, subclassing), **given_filters}
        self._projections[tag] = given_projections
        for item in listed(cls) if cls is not None else ():
            self._tags_of_class.setdefault(item, []).append(tag)
        return self

    def _new_tag(self, tag: str | None, entities: Sequence[QueriedEntity]) -> str:
        used = self.get_used_tags()
        if tag is None:
            stem = tag_stem(entities)
            number = 1
            while f'{stem}_{number}' in used:
                number += 1
            return f'{stem}_{number}'
        if not isinstance(tag, str):
            raise TypeError(f'a tag is a string, not {tag!r}')
        if _EDGE in tag:
            raise ValueError(f"the tag '{tag}' has '{_EDGE}' in it, which stands for links: choose another")
        if tag in used:
            raise ValueError(f"the tag '{tag}' is in use already: choose another")
        return tag

    def _join(self, step: _Step, keywords: dict[str, Any], edge_tag: str | None) -> None:
        """Say of a step how it is joined."""
        keywords = {_LEGACY_KEYWORDS.get(name, name): value for name, value in keywords.items()}
        keywords = {name: value for name, value in keywords.items() if name is not None and value is not None}
        if len(keywords) > 1:
            raise ValueError(f"'{step.tag}' can be joined in one way only, not by {' and '.join(keywords)}")
        if not keywords and not self._steps:
            return
        if not keywords:
            step.to = self._steps[-1].tag
            step.keyword = default_keyword(step.entity, self._steps[-1].entity)
        else:
            [(keyword, value)] = keywords.items()
            step.keyword, step.to = self._explicit_join(step, keyword, value)
            if not step.to:
                return
        edge_tag = edge_tag or f'{step.to}{_EDGE}{step.tag}'
        if edge_tag in self.get_used_tags():
            raise ValueError(f"the tag '{edge_tag}' is in use already: choose another `edge_tag`")
        step.edge_tag = edge_tag

    def _explicit_join(self, step: _Step, keyword: str, value: Any) -> tuple[str, str]:
        """Return the keyword and the tag of a join that was asked for."""
        if keyword == 'direction' and step.entity == 'node':
            return self._directed_join(value)
        if keyword not in JOINS[step.entity] and not keyword.startswith('with_'):
            known = ', '.join(sorted(JOINS[step.entity]))
            raise ValueError(
                f"append() got '{keyword}', which is no argument and does not join a {step.entity}; use {known}"
            )
        if not self._steps and value == step.tag:
            return '', ''  # the first one, joined to itself: there is nothing to join it to
        target = join_target(step.entity, keyword)
        tag = self._tag_of(value)
        entity = self._step(tag).entity
        if entity != target:
            fitting = [name for name, other in JOINS[step.entity].items() if other == entity]
            hint = f'; use {" or ".join(fitting)}' if fitting else ''
            raise ValueError(
                f"'{step.tag}' cannot be joined to '{tag}' by {keyword}, which joins a {step.entity} to a {target}, "
                f"while '{tag}' is a {entity}{hint}"
            )
        return keyword, tag

    def _directed_join(self, value: Any) -> tuple[str, str]:
        """Return the join of ``direction=n``: n steps back on the path, negative if the link leads there."""
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < abs(value) <= len(self._steps):
            raise ValueError(
                f'`direction` is a number of steps back on the path of {len(self._steps)}, negative for the opposite '
                f'direction of the link; not {value!r}'
            )
        target = self._steps[-abs(value)]
        if target.entity != 'node':
            raise ValueError(f"`direction` leads along links between nodes, but '{target.tag}' is a {target.entity}")
        return ('with_incoming' if value > 0 else 'with_outgoing'), target.tag

    def _tag_of(self, spec: Any) -> str:
        """Return the tag that a tag or a class means.

        :raises ValueError: if there is no such tag, or more than one for the class.
        """
        known = self.get_used_tags()
        if isinstance(spec, str):
            if spec not in known:
                raise ValueError(f"there is no tag '{spec}' in this query; its tags are {known}")
            return spec
        try:
            tags = self._tags_of_class.get(spec, [])
        except TypeError:
            tags = []
        if not tags:
            raise ValueError(f'{spec!r} is not in this query; name one of its tags, {known}')
        if len(tags) > 1:
            raise ValueError(f'{spec!r} is in this query more than once; name one of its tags, {tags}')
        return tags[0]

    def _step(self, tag: str) -> _Step:
        for step in self._steps:
            if step.tag == tag:
                return step
        raise ValueError(
            f"'{tag}' is the tag of a link; only entities can be joined to: {self.get_used_tags(edges=False)}"
        )

    def add_filter(self, tagspec: Any, filter_spec: Any) -> Self:
        """Add conditions; one on a column that has a condition already replaces that.

        :param tagspec: a tag, or a class that is in the query once.
        """
        self._filters[self._tag_of(tagspec)].update(plain_filters(filter_spec))
        return self

    def add_projection(self, tag_spec: Any, projection_spec: Any) -> None:
        """Add to what is returned.

        :param tag_spec: a tag, or a class that is in the query once.
        """
        self._projections[self._tag_of(tag_spec)].extend(plain_projections(projection_spec))

    def order_by(self, order_by: Any) -> Self:
        """Set the order of the rows.

        :param order_by: ``{tag: column}``, ``{tag: [column, {column: 'desc'}, {path: {'order': 'asc', 'cast': 'f'}}]}``
            or a list of such.
        """
        self._order_by = []
        for item in order_by if isinstance(order_by, (list, tuple)) else [order_by]:
            if not isinstance(item, Mapping):
                raise TypeError(f'the order is given as {{tag: column}} or {{tag: [column, ...]}}, not as {item!r}')
            self._order_by.append({self._tag_of(tag): plain_orders(spec) for tag, spec in item.items()})
        return self

    def limit(self, limit: int | None) -> Self:
        """Return at most this many rows, all for ``None``."""
        self._limit = number('limit', limit)
        return self

    def offset(self, offset: int | None) -> Self:
        """Leave out this many rows at the beginning."""
        self._offset = number('offset', offset)
        return self

    def distinct(self, value: bool = True) -> Self:
        """Return each row once."""
        if not isinstance(value, bool):
            raise TypeError(f'distinct() takes a boolean, not {value!r}')
        self._distinct = value
        return self

    def inputs(self, **kwargs: Any) -> Self:
        """Append the nodes that are linked into the last one."""
        return self._append_related('with_outgoing', kwargs)

    def outputs(self, **kwargs: Any) -> Self:
        """Append the nodes that the last one is linked into."""
        return self._append_related('with_incoming', kwargs)

    def children(self, **kwargs: Any) -> Self:
        """Append the nodes that descend from the last one."""
        return self._append_related('with_ancestors', kwargs)

    def parents(self, **kwargs: Any) -> Self:
        """Append the nodes that the last one descends from."""
        return self._append_related('with_descendants', kwargs)

    def _append_related(self, keyword: str, kwargs: dict[str, Any]) -> Self:
        from aiida.orm.nodes.node import Node

        if not self._steps:
            raise ValueError('the query is empty: append at least one entity to it')
        return self.append(**{'cls': kwargs.pop('cls', Node), keyword: self._steps[-1].tag, **kwargs})

    # the query as something to read, keep and pass on

    def get_used_tags(self, vertices: bool = True, edges: bool = True) -> list[str]:
        """Return the tags of the entities, then those of the links between them."""
        tags = [step.tag for step in self._steps] if vertices else []
        if edges:
            tags.extend(step.edge_tag for step in self._steps if step.edge_tag is not None)
        return tags

    def as_dict(self, copy: bool = True) -> dict[str, Any]:
        """Return the query as a dictionary; :meth:`from_dict` makes the same query of it.

        :param copy: whether the dictionary may be changed without changing the query.
        """
        query: dict[str, Any] = {
            'path': [step.as_dict() for step in self._steps],
            'filters': self._filters,
            'project': self._projections,
            'project_map': self._project_map,
            'order_by': self._order_by,
            'limit': self._limit,
            'offset': self._offset,
            'distinct': self._distinct,
        }
        return copying.deepcopy(query) if copy else query

    @property
    def queryhelp(self) -> dict[str, Any]:
        """The query as a dictionary; an older name of :meth:`as_dict`."""
        return self.as_dict()

    @classmethod
    def from_dict(cls, dct: dict[str, Any]) -> Self:
        """Return the query that :meth:`as_dict` gave."""
        return cls(**dct)

    def __repr__(self) -> str:
        arguments = ', '.join(f'{name}={value!r}' for name, value in self.as_dict(copy=False).items())
        return f'{type(self).__name__}({arguments})'

    __str__ = __repr__

    def __deepcopy__(self, memo: Any) -> Self:
        other = type(self)(backend=self._backend, debug=self._debug, **self.as_dict())
        other._tags_of_class = {key: list(tags) for key, tags in self._tags_of_class.items()}
        return other

    def as_sql(self, inline: bool = False) -> str:
        """Return the statement this query is compiled to.

        :param inline: whether values are written into it; else they follow it as a list.
        """
        from aiida.storage.query.compiler import inline_query

        if inline:
            return inline_query(self._tree(), self.backend.dialect)
        compiled = self._compiled(self._tree())
        return f'{compiled.sql}\n-- with the parameters {list(compiled.parameters)!r}'

    def analyze_query(self, execute: bool = True, verbose: bool = False) -> str:
        """Return the plan by which the database answers this query.

        :param execute: whether PostgreSQL runs the statement to tell how long each step took; SQLite only plans.
        :param verbose: whether to add the statement.
        """
        compiled = self._compiled(self._tree())
        if self.backend.dialect == 'postgresql':
            explain = 'EXPLAIN ANALYZE' if execute else 'EXPLAIN'
            plan = [line for (line,) in self.backend.select(f'{explain} {compiled.sql}', compiled.parameters)]
            return '\n'.join([*([compiled.sql, ''] if verbose else []), *plan])
        rows = list(self.backend.select(f'EXPLAIN QUERY PLAN {compiled.sql}', compiled.parameters))
        depth = {0: -1}
        lines = []
        for step, parent, _, detail in rows:
            depth[step] = depth.get(parent, -1) + 1
            lines.append(f'{"  " * depth[step]}{detail}')
        return '\n'.join([*([compiled.sql, ''] if verbose else []), *lines])

    def set_debug(self, debug: bool) -> Self:
        """Say whether :meth:`debug` prints."""
        if not isinstance(debug, bool):
            raise TypeError(f'set_debug() takes a boolean, not {debug!r}')
        self._debug = debug
        return self

    def debug(self, msg: str, *objects: Any) -> None:
        """Print a message with ``%`` marks filled in, if debugging is switched on."""
        if self._debug:
            print(f'DEBUG: {msg % objects}' if objects else f'DEBUG: {msg}')

    # the answer

    def _tree(self, limit: int | None = None) -> Query:
        """Return the tree that is compiled.

        :param limit: takes the place of a larger limit.
        """
        vertices = []
        for step in self._steps:
            join = None
            if step.keyword is not None and step.to is not None and step.edge_tag is not None:
                filters, projections = self._filters[step.edge_tag], self._projections[step.edge_tag]
                join = Join(step.keyword, step.to, step.edge_tag, step.outer, filters, projected(projections))
            vertices.append(
                Vertex(step.tag, step.entity, self._filters[step.tag], projected(self._projections[step.tag]), join)
            )
        orders = tuple(
            Order(tag, key, spec['order'] == 'desc', spec.get('cast'))
            for item in self._order_by
            for tag, listed in item.items()
            for entry in listed
            for key, spec in entry.items()
        )
        limits = [number for number in (limit, self._limit) if number is not None]
        return Query(tuple(vertices), orders, min(limits, default=None), self._offset, self._distinct)

    def _compiled(self, query: Query) -> CompiledQuery:
        from aiida.storage.query.compiler import compile_query

        compiled = compile_query(query, self.backend.dialect)
        self.debug('%s\n%s', compiled.sql, list(compiled.parameters))
        return compiled

    def _rows(self, compiled: CompiledQuery, batch_size: int | None) -> Iterator[list[Any]]:
        """Yield the rows with entities made of their records."""
        store = self.backend
        rows = store.select(compiled.sql, compiled.parameters, batch_size)
        read = compiled.reader.read
        makers = []
        for index, output in enumerate(compiled.reader.outputs):
            maker = None if output.entity is None else entity_maker(output.entity, store)
            if maker is not None:
                makers.append((index, maker))
        for row in rows:
            values = read(row)
            for index, make in makers:
                if values[index] is not None:
                    values[index] = make(values[index])
            yield values

    def iterall(self, batch_size: int | None = 100) -> Iterable[list[Any]]:
        """Yield the rows.

        :param batch_size: how many are fetched at a time, all for ``None``.
        """
        yield from self._rows(self._compiled(self._tree()), batch_size)

    def iterdict(self, batch_size: int | None = 100) -> Iterable[dict[str, dict[str, Any]]]:
        """Yield the rows as dictionaries: by tag, then by what was projected.

        :param batch_size: how many are fetched at a time, all for ``None``.
        """
        compiled = self._compiled(self._tree())
        names = [(output.tag, output.key) for output in compiled.reader.outputs]
        for values in self._rows(compiled, batch_size):
            row: dict[str, dict[str, Any]] = {}
            for (tag, key), value in zip(names, values, strict=True):
                row.setdefault(tag, {})[key] = value
            yield row

    def all(self, batch_size: int | None = None, flat: bool = False) -> list[Any]:
        """Return the rows.

        :param batch_size: how many are fetched at a time, all for ``None``.
        :param flat: whether the values of all rows are put into one list.
        """
        rows = list(self.iterall(batch_size))
        return [value for row in rows for value in row] if flat else rows

    def dict(self, batch_size: int | None = None) -> list[dict[str, dict[str, Any]]]:
        """Return the rows as dictionaries; see :meth:`iterdict`."""
        return list(self.iterdict(batch_size))

    def first(self, flat: bool = False) -> Any:
        """Return the first row, ``None`` if there is none.

        :param flat: whether a row of one value is given as that value.
        """
        for row in self._rows(self._compiled(self._tree(limit=1)), None):
            return row[0] if flat and len(row) == 1 else row
        return None

    def one(self) -> list[Any]:
        """Return the only row.

        :raises NotExistent: if there is none.
        :raises MultipleObjectsError: if there are more.
        """
        rows = list(self._rows(self._compiled(self._tree(limit=2)), None))
        if not rows:
            raise NotExistent('no row fits this query, where one was asked for')
        if len(rows) > 1:
            raise MultipleObjectsError('more than one row fits this query, where one was asked for')
        return rows[0]

    def count(self) -> int:
        """Return the number of rows."""
        from aiida.storage.query.compiler import compile_count

        compiled = compile_count(self._tree(), self.backend.dialect)
        [(number,)] = self.backend.select(compiled.sql, compiled.parameters)
        return int(number)
