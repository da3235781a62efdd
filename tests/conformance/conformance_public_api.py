"""The public names of AiiDA 2.9 as ``public_api.json`` lists them, compared with what is here."""

from __future__ import annotations

import enum
import inspect
import json
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from conformance_signatures import Parameters, incompatibility


@cache
def documented() -> dict[str, Any]:
    """Return module -> name -> kind, where it is defined, signature, bases and members."""
    content: dict[str, Any] = json.loads((Path(__file__).parent / 'public_api.json').read_text())
    return content


def differences(modules: dict[str, Any]) -> dict[str, str]:
    """Return what is missing or incompatible by dotted name, with the finding."""
    found: dict[str, str] = {}
    for module_name, names in modules.items():
        try:
            module = import_module(module_name)
        except ImportError as exception:
            found[module_name] = str(exception)
            continue
        for name, facts in names.items():
            where = f'{module_name}.{name}'
            try:
                value = getattr(module, name)
            except AttributeError:
                found[where] = 'missing'
                continue
            found.update(_compare(where, value, facts))
    return found


def _compare(where: str, value: Any, facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if facts['kind'] == 'function':
        problem = _signature(value, facts['signature'])
        if problem:
            yield where, problem
    elif facts['kind'] == 'class':
        if not inspect.isclass(value):
            yield where, 'no class'
            return
        yield from _class(where, value, facts)


def _class(where: str, cls: type, facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    ancestors = {ancestor.__name__ for ancestor in cls.__mro__}
    for base in facts['bases']:
        if base not in ancestors:
            yield f'{where}({base})', 'no such base'
    if facts.get('init') and not issubclass(cls, enum.Enum | BaseException):
        problem = _signature(cls, facts['init'])
        if problem:
            yield f'{where}()', problem
    for name, description in facts['members'].items():
        problem = _member_of(cls, name, description)
        if problem:
            yield f'{where}.{name}', problem


def _member_of(cls: type, name: str, description: str) -> str | None:
    kind, _, rest = description.partition(' ')
    try:
        static = inspect.getattr_static(cls, name)
    except AttributeError:
        return None if hasattr(cls, name) or name in getattr(cls, '__annotations__', {}) else 'missing'
    if kind == 'value':
        value = getattr(cls, name).value
        return None if str(value) == rest else f'{value!r}, documented as {rest}'
    if kind == 'property' and inspect.isfunction(static):
        return 'a method, documented as a property'
    return _member(cls, name, static, kind, rest) if rest else None


def _member(cls: type, name: str, static: Any, kind: str, signature: str) -> str | None:
    if kind == 'staticmethod':
        if not isinstance(static, staticmethod):
            return 'no static method'
        return _signature(static.__func__, signature)
    if kind == 'classmethod':
        function = static.__func__ if isinstance(static, classmethod) else None
        if function is None and inspect.ismethod(getattr(cls, name, None)):
            function = getattr(cls, name).__func__
        if function is None:
            return 'no class method'
        return _signature(function, signature, drop_first=True)
    if not callable(static):
        value = getattr(cls, name, None)
        return None if callable(value) else 'not callable'
    return _signature(static, signature, drop_first=True)


def _signature(function: Any, text: str, *, drop_first: bool = False) -> str | None:
    try:
        ours = Parameters.of(function, drop_first=drop_first)
    except (TypeError, ValueError):
        return None
    return incompatibility(ours, Parameters.parse(text, drop_first=drop_first))
