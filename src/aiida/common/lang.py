"""Small additions to the language."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable
from typing import Any, Generic, TypeVar

__all__ = ('classproperty', 'isidentifier', 'override', 'override_decorator', 'type_check')

T = TypeVar('T')
MethodType = TypeVar('MethodType')
ReturnType = TypeVar('ReturnType')


def isidentifier(identifier: str) -> bool:
    """Return whether a string can be the name of a variable: an identifier and no keyword."""
    return identifier.isidentifier() and not keyword.iskeyword(identifier)


def type_check(what: T, of_type: Any, msg: str | None = None, allow_none: bool = False) -> T | None:
    """Return a value if it is of a type.

    :param what: the value.
    :param of_type: a type or a tuple of types.
    :param msg: the message of the error, instead of the default one.
    :param allow_none: whether ``None`` passes too.
    :raises TypeError: if it is of another type.
    """
    if what is None and allow_none:
        return None
    if not isinstance(what, of_type):
        raise TypeError(msg or f"Got object of type '{type(what)}', expecting '{of_type}'")
    return what


def override_decorator(check: bool = False) -> Callable[[MethodType], MethodType]:
    """Return a decorator that says: this method overrides one of a base class.

    :param check: whether the decorated name is checked to be a function.
    """

    def wrap(func: MethodType) -> MethodType:
        if check and not inspect.isfunction(func):
            raise TypeError(f'override takes a function, got {func!r}')
        return func

    return wrap


override = override_decorator(check=False)


class classproperty(Generic[ReturnType]):  # noqa: N801
    """A property of the class: its getter is called with the class."""

    def __init__(self, getter: Callable[[Any], ReturnType]) -> None:
        self.getter = getter
        self.__doc__ = getter.__doc__

    def __get__(self, instance: Any, owner: Any) -> ReturnType:
        return self.getter(owner)
