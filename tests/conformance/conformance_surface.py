"""The names of ``aiida.engine`` as ``api_surface.json`` lists them, compared with what is here."""

from __future__ import annotations

import inspect
import json
from importlib import import_module
from pathlib import Path
from typing import Any

from conformance_signatures import Parameters


def surface() -> dict[str, Any]:
    """Return the page: its module, what it exports from elsewhere, and an item for each name."""
    content: dict[str, Any] = json.loads((Path(__file__).parent / 'api_surface.json').read_text())
    return content


def problem_of(item: dict[str, Any]) -> str | None:
    """Return what is wrong with the name an item of the page stands for, ``None`` if nothing is."""
    try:
        found, plain = _resolve(item['module'], item['qualname'])
    except (ImportError, AttributeError) as exception:
        return f'missing: {exception}'
    if 'parent' not in item:
        page = import_module('aiida.engine')
        if getattr(page, item['qualname'], None) is not plain:
            return f'aiida.engine.{item["qualname"]} is not this object'
    return _CHECKS[item['kind']](item, found, plain)


def _resolve(module: str, qualname: str) -> tuple[Any, Any]:
    """Return an object as its class holds it, and as it is read."""
    *path, name = qualname.split('.')
    owner: Any = import_module(module)
    for part in path:
        owner = getattr(owner, part)
    plain = getattr(owner, name)
    return (inspect.getattr_static(owner, name) if inspect.isclass(owner) else plain), plain


def _check_class(item: dict[str, Any], found: Any, plain: Any) -> str | None:
    if not inspect.isclass(plain):
        return 'no class'
    ancestors = {ancestor.__name__ for ancestor in plain.__mro__} | {'NamedTuple', 'obj'}
    unknown = [base for base in item.get('bases', ()) if base.rsplit('.', 1)[-1] not in ancestors]
    return f'not derived from {unknown}' if unknown else None


def _check_property(item: dict[str, Any], found: Any, plain: Any) -> str | None:
    return None if hasattr(found, '__get__') and not inspect.isfunction(found) else 'no property'


def _check_callable(item: dict[str, Any], found: Any, plain: Any) -> str | None:
    if item.get('real_kind_note') == 'classproperty':
        return None if not inspect.isfunction(found) else 'a method, to be read as a property of the class'
    flags = item.get('flags', ())
    for flag, kind in (('staticmethod', staticmethod), ('classmethod', classmethod)):
        if (flag in flags) != isinstance(found, kind):
            return f'{"no" if flag in flags else "a"} {flag}'
    function = inspect.unwrap(getattr(found, '__func__', found))
    if 'async' in flags and not inspect.iscoroutinefunction(function):
        return 'no coroutine function'
    drop_first = item['kind'] == 'method' and not isinstance(found, staticmethod)
    return _older_call_works(Parameters.of(function, drop_first=drop_first), item.get('parameters', ()))


def _older_call_works(ours: Parameters, documented: Any) -> str | None:
    """Return why a call of the page may fail.

    The page says of no parameter whether it has a default, so one that is documented may be needed. A newer parameter
    may stand between two of the page where both releases promise different ones: then the order has to hold.
    """
    named = [name for name, kind in documented if not kind.startswith('var_')]
    known = [*ours.positional, *ours.keyword_only]
    if [name for name in known if name in named] != named:
        return f'the page has {named}, this has {known}'
    for kind, there in (('var_positional', ours.var_positional), ('var_keyword', ours.var_keyword)):
        if any(given == kind for _, given in documented) and not there:
            return f'no {kind} parameter'
    needed = [name for name in known if name not in named and name not in ours.optional]
    return f'{needed} must be given' if needed else None


def _check_value(item: dict[str, Any], found: Any, plain: Any) -> str | None:
    if 'value' not in item or item.get('value_is_placeholder') or isinstance(found, property):
        return None
    if type(found).__name__ == '_tuplegetter':
        owner, _, field = item['qualname'].rpartition('.')
        plain = getattr(import_module(item['module']), owner)._field_defaults[field]
    values = {repr(plain), repr(getattr(plain, 'value', plain))}
    return None if item['value'] in values else f'{values}, the page says {item["value"]}'


_CHECKS: dict[str, Any] = {
    'class': _check_class,
    'exception': _check_class,
    'property': _check_property,
    'method': _check_callable,
    'function': _check_callable,
    'attribute': _check_value,
    'data': _check_value,
}
