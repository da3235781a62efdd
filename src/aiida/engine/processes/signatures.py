"""What the signature of a Python function says about the inputs of the process it is made into."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

from aiida import orm
from aiida.orm import Data

__all__ = ('FunctionSignature', 'infer_valid_type_from_type_annotation', 'parse_docstring')

_PARAM = re.compile(r'^\s*:param(?:\s+[^:]+?)??\s+\*{0,2}(?P<name>\w+)\s*:\s*(?P<text>.*)$')
_FIELD = re.compile(r'^\s*:\w+[^:]*:')


class FunctionSignature(NamedTuple):
    """The parameters of a function as the process sees them."""

    positional: tuple[str, ...]
    keyword_only: tuple[str, ...]
    var_positional: str | None
    var_keyword: str | None
    defaults: dict[str, Any]
    annotations: dict[str, Any]
    positional_only: frozenset[str]

    @classmethod
    def of(cls, function: Callable[..., Any]) -> FunctionSignature:
        """Return the parameters of a function."""
        positional, keyword_only, positional_only = [], [], set()
        var_positional = var_keyword = None
        defaults: dict[str, Any] = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind is parameter.VAR_POSITIONAL:
                var_positional = name
                continue
            if parameter.kind is parameter.VAR_KEYWORD:
                var_keyword = name
                continue
            if parameter.kind is parameter.KEYWORD_ONLY:
                keyword_only.append(name)
            else:
                positional.append(name)
                if parameter.kind is parameter.POSITIONAL_ONLY:
                    positional_only.add(name)
            if parameter.default is not parameter.empty:
                defaults[name] = parameter.default
        return cls(
            tuple(positional),
            tuple(keyword_only),
            var_positional,
            var_keyword,
            defaults,
            _annotations(function),
            frozenset(positional_only),
        )


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations that can be evaluated; one that cannot does not spoil the others."""
    try:
        return typing.get_type_hints(function)
    except Exception:
        result = {}
        scope = {**vars(typing), **getattr(function, '__globals__', {})}
        for name, annotation in getattr(function, '__annotations__', {}).items():
            try:
                found = annotation
                while isinstance(found, str):
                    found = eval(found, scope)
                result[name] = found
            except Exception:
                continue
        return result


_BY_PYTHON_TYPE: dict[Any, str] = {
    bool: 'Bool',
    dict: 'Dict',
    typing.Dict: 'Dict',  # noqa: UP006
    Enum: 'EnumData',
    float: 'Float',
    int: 'Int',
    list: 'List',
    typing.List: 'List',  # noqa: UP006
    str: 'Str',
}


def infer_valid_type_from_type_annotation(annotation: Any) -> tuple[Any, ...]:
    """Return the types of node that an annotation stands for; nothing where it says nothing of nodes.

    :param annotation: a node class, a Python type, or a union of them; ``None`` in it lets ``None`` in.
    """
    if annotation is None or annotation is type(None):
        return (type(None),)
    if isinstance(annotation, type) and issubclass(annotation, Data):
        return (annotation,)
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return infer_valid_type_from_type_annotation(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        found: list[Any] = []
        unknown = False
        for member in typing.get_args(annotation):
            inferred = infer_valid_type_from_type_annotation(member)
            unknown = unknown or not inferred
            found.extend(cls for cls in inferred if cls not in found)
        if unknown:
            return (Data, type(None)) if type(None) in found else ()
        return tuple(found)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return (orm.EnumData,)
    try:
        name = _BY_PYTHON_TYPE.get(annotation)
    except TypeError:
        return ()
    return () if name is None else (getattr(orm, name),)


def parse_docstring(docstring: str | None) -> tuple[str | None, dict[str, str]]:
    """Return the summary of a docstring and what it says of the parameters (``:param name: text``)."""
    if not docstring:
        return None, {}
    lines = inspect.cleandoc(docstring).splitlines()
    summary: list[str] = []
    for line in lines:
        if not line.strip() or _FIELD.match(line):
            break
        summary.append(line.strip())
    texts: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in lines:
        match = _PARAM.match(line)
        if match:
            current = texts.setdefault(match['name'], [])
            current.append(match['text'].strip())
        elif current is not None and line.strip() and line[:1].isspace() and not _FIELD.match(line):
            current.append(line.strip())
        else:
            current = None
    return ' '.join(summary) or None, {name: '\n'.join(text) for name, text in texts.items()}
