"""What the signature of a Python function says about the inputs of the process it is made into."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

from aiida import orm
from aiida.orm import Data

__all__ = ('FunctionSignature', 'infer_valid_type_from_type_annotation')


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
        """Return the parameters of a function.

        :raises TypeError: if it is no function that can be run as a process.
        """
        _check_is_function(function)
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


def _check_is_function(function: Any) -> None:
    has_name = hasattr(function, '__name__') and hasattr(function, '__qualname__')
    if not callable(function) or not has_name or inspect.isclass(function) or inspect.isbuiltin(function):
        raise TypeError(
            f'{function!r} of type {type(function).__name__} cannot be made a process function: write a function '
            '(`def`) that calls it, so that it has a name, parameters and source code'
        )
    for found, kind in (
        (inspect.iscoroutinefunction(function), 'a coroutine function (`async def`)'),
        (inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function), 'a generator (`yield`)'),
    ):
        if found:
            raise TypeError(
                f'`{function.__name__}` is {kind} and cannot be made a process function, which is run to its end and '
                'returns nodes'
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

    :param annotation: a node class, a Python type, or a union of them; ``None`` in a union lets ``None`` in.
    """
    if isinstance(annotation, type) and issubclass(annotation, Data):
        return (annotation,)
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return infer_valid_type_from_type_annotation(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        found: list[Any] = []
        unknown = False
        for member in typing.get_args(annotation):
            inferred = (member,) if member is type(None) else infer_valid_type_from_type_annotation(member)
            unknown = unknown or not inferred
            found.extend(cls for cls in inferred if cls not in found)
        if unknown:
            return (Data, type(None)) if type(None) in found else ()
        return tuple(found)
    if isinstance(annotation, typing.NewType):
        return infer_valid_type_from_type_annotation(annotation.__supertype__)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return (orm.EnumData,)
    try:
        name = _BY_PYTHON_TYPE.get(annotation)
    except TypeError:
        return ()
    return () if name is None else (getattr(orm, name),)
