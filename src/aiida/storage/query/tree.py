"""The description of a query: what is asked, as a plain tree.

Filters are kept as they were given (nested dictionaries, the form queries are written and saved in);
:func:`~aiida.storage.query.conditions.parse_filters` makes conditions of them when the query is compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ('Join', 'Order', 'Projection', 'Query', 'Vertex')


@dataclass(frozen=True, slots=True)
class Projection:
    """What to return of a vertex or an edge: a column, a path into a JSON column, or ``*`` for the whole.

    ``cast`` is ``None`` or one of ``i``, ``f``, ``t``, ``b``, ``j``, ``d``; ``func`` is ``None``, ``count``, ``max``,
    ``min``, ``sum`` or ``avg``.
    """

    key: str
    cast: str | None = None
    func: str | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """How a vertex hangs on one that was named before it."""

    keyword: str
    to: str
    edge_tag: str
    outer: bool = False
    filters: Mapping[str, Any] = field(default_factory=dict)
    projections: tuple[Projection, ...] = ()


@dataclass(frozen=True, slots=True)
class Vertex:
    """An entity that takes part in a query."""

    tag: str
    entity: str
    filters: Mapping[str, Any] = field(default_factory=dict)
    projections: tuple[Projection, ...] = ()
    join: Join | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One key of the order of the rows; ``tag`` may be that of an edge."""

    tag: str
    key: str
    descending: bool = False
    cast: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query; its first vertex has no join, and each later one hangs on a vertex before it."""

    vertices: tuple[Vertex, ...]
    orders: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int | None = None
    distinct: bool = False

    def vertex(self, tag: str) -> Vertex:
        """Return the vertex of this tag.

        :raises ValueError: if there is none.
        """
        for vertex in self.vertices:
            if vertex.tag == tag:
                return vertex
        raise ValueError(f"there is no '{tag}' in this query; its tags are {[vertex.tag for vertex in self.vertices]}")
