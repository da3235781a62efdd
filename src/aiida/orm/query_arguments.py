"""What a query is told (classes, filters, projections, orders) brought into the one form that is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aiida.orm.entities import Entity
from aiida.orm.fields import QbField, QbFieldFilters
from aiida.orm.query_entities import QueriedEntity, describe_class, describe_type_string
from aiida.storage.query.tree import Projection

__all__ = (
    'described',
    'is_several',
    'listed',
    'number',
    'plain_filters',
    'plain_orders',
    'plain_projections',
    'projected',
)

_ORDERS = ('asc', 'desc')
_PLAIN = frozenset({str, int, float, bool, type(None)})


def listed(value: Any) -> list[Any]:
    """Return what was given as several, or as one, as a list."""
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


def is_several(cls: Any, entity_type: Any) -> bool:
    """Return whether classes, or entity types, were given as several."""
    return isinstance(cls if cls is not None else entity_type, (list, tuple, set, frozenset))


def described(cls: Any, entity_type: Any) -> list[QueriedEntity]:
    """Return what is appended.

    :raises ValueError: unless it is given, once, and of one kind.
    """
    if cls is not None and entity_type is not None:
        raise ValueError(f'give a class or an entity type, not both: {cls!r}, {entity_type!r}')
    if cls is not None:
        entities = [describe_class(item) for item in listed(cls)]
    elif entity_type is not None:
        entities = [describe_type_string(item) for item in listed(entity_type)]
    else:
        entities = []
    if not entities:
        raise ValueError('give a class (`cls`) or an entity type (`entity_type`) to append')
    kinds = {entity.entity for entity in entities}
    if len(kinds) > 1:
        raise ValueError(f'what is appended together must be of one kind, but {cls or entity_type} are {sorted(kinds)}')
    return entities


def plain_filters(filters: Any) -> dict[str, Any]:
    """Return filters as a dictionary of their own: fields by their names, entities by their numbers.

    What is of numpy becomes Python's numbers and lists, and what can be walked through only once a list.
    """
    if filters is None:
        return {}
    if isinstance(filters, QbFieldFilters):
        filters = filters.as_dict()
    if not isinstance(filters, Mapping):
        raise TypeError(f'filters are a dictionary or made of fields, not {filters!r}')
    plain: dict[str, Any] = {}
    for key, value in filters.items():
        name = key.backend_key if isinstance(key, QbField) else key
        plain[name] = _plain_value(name, value)
    return plain


def _plain_value(key: str, value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, QbFieldFilters):
        value = value.as_dict()
    if isinstance(value, Mapping):
        return {(k.backend_key if isinstance(k, QbField) else k): _plain_value(key, item) for k, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, Iterator)):
        return [_plain_value(key, item) for item in value]
    if type(value).__module__ == 'numpy' and hasattr(value, 'tolist'):
        return value.tolist()
    if not isinstance(value, Entity):
        return value
    if not isinstance(key, str) or not key.startswith(('attributes', 'extras')):
        return value.pk
    plain = getattr(value, 'value', None)
    if plain is None:
        raise TypeError(f"the filter on '{key}' has {value!r}, which has no plain value to compare with")
    return plain


def plain_projections(project: Any) -> list[dict[str, dict[str, Any]]]:
    """Return projections as a list of ``{key: {'cast': ..., 'func': ...}}``."""
    if project is None:
        return []
    items = project if isinstance(project, (list, tuple)) else [project]
    plain: list[dict[str, dict[str, Any]]] = []
    for item in items:
        if isinstance(item, str):
            plain.append({item: {}})
        elif isinstance(item, QbField):
            plain.append({item.backend_key: {}})
        elif isinstance(item, Mapping):
            plain.extend({_key(key): _projection_options(key, options)} for key, options in item.items())
        else:
            raise ValueError(f'a projection is a column, a path or {{column: options}}, not {item!r}')
    return plain


def _key(key: Any) -> str:
    return str(key.backend_key) if isinstance(key, QbField) else key


def _projection_options(key: Any, options: Any) -> dict[str, Any]:
    if not isinstance(options, Mapping):
        raise TypeError(f"the options of the projection of '{key}' are a dictionary, not {options!r}")
    for name in options:
        if name not in ('cast', 'func'):
            raise ValueError(f"the projection of '{key}' has the option '{name}'; it may have cast and func")
    return dict(options)


def projected(projections: list[dict[str, dict[str, Any]]]) -> tuple[Projection, ...]:
    """Return projections as the compiler takes them."""
    return tuple(
        Projection(key, options.get('cast'), options.get('func'))
        for item in projections
        for key, options in item.items()
    )


def plain_orders(spec: Any) -> list[dict[str, dict[str, str]]]:
    """Return what one entity is ordered by as a list of ``{key: {'order': ..., 'cast': ...}}``."""
    plain = []
    for item in spec if isinstance(spec, (list, tuple)) else [spec]:
        if isinstance(item, (str, QbField)):
            plain.append({_key(item): {'order': 'asc'}})
        elif isinstance(item, Mapping):
            plain.extend({_key(key): _order_options(key, options)} for key, options in item.items())
        else:
            raise TypeError(f'what to order by is a column, a path or {{column: options}}, not {item!r}')
    return plain


def _order_options(key: Any, options: Any) -> dict[str, str]:
    plain = {'order': options} if isinstance(options, str) else dict(options)
    for name in plain:
        if name not in ('order', 'cast'):
            raise ValueError(f"the order by '{key}' has the option '{name}'; it may have order and cast")
    plain.setdefault('order', 'asc')
    if plain['order'] not in _ORDERS:
        raise ValueError(f"the order by '{key}' is '{plain['order']}'; it may be asc or desc")
    return plain


def number(name: str, value: Any) -> int | None:
    """Return a number of rows, checked.

    :param name: what it limits, in the words of the error message.
    :raises TypeError: if it is neither an integer nor None.
    """
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise TypeError(f'the {name} is an integer or None, not {value!r}')
    return value
