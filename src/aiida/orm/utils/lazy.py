"""Attributes that are made when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

__all__ = ('lazy', 'lazy_class_attribute')

R = TypeVar('R')


class lazy(Generic[R]):  # noqa: N801 - reads as the built-in ``property`` does
    """A value of an instance that is computed once; reading it again costs no call."""

    def __init__(self, getter: Callable[[Any], R]) -> None:
        self._getter = getter
        self._name = getter.__name__
        self.__doc__ = getter.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> lazy[R]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> R: ...

    def __get__(self, instance: Any, owner: type) -> lazy[R] | R:
        if instance is None:
            return self
        value = self._getter(instance)
        instance.__dict__[self._name] = value
        return value


class lazy_class_attribute(Generic[R]):  # noqa: N801 - reads as the built-in ``property`` does
    """A value of one class that is computed once and then stands in its namespace as a plain attribute.

    Each class needs one of its own, or it would inherit its parent's value; a metaclass puts it there.
    """

    def __init__(self, name: str, getter: Callable[[Any], R]) -> None:
        self._name = name
        self._getter = getter

    def __get__(self, instance: Any, owner: type) -> R:
        value = self._getter(owner)
        setattr(owner, self._name, value)
        return value
