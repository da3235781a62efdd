"""The base of orbitals: a dictionary whose fields are checked."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

from aiida.common.exceptions import ValidationError

__all__ = ('Orbital',)

Validator = Callable[[Any], Any]


def validate_int(value: Any) -> int:
    """Return an integer.

    :raises ValidationError: if the value is none.
    """
    try:
        number = int(value)
    except (TypeError, ValueError) as exception:
        raise ValidationError(f'{value!r} is no integer') from exception
    if number != value and not isinstance(value, str):
        raise ValidationError(f'{value!r} is no integer')
    return number


def validate_int_or_none(value: Any) -> int | None:
    """Return an integer or ``None``."""
    return None if value is None else validate_int(value)


def validate_float(value: Any) -> float:
    """Return a finite number.

    :raises ValidationError: if the value is none.
    """
    try:
        number = float(value)
    except (TypeError, ValueError) as exception:
        raise ValidationError(f'{value!r} is no number') from exception
    if not math.isfinite(number):
        raise ValidationError(f'{value!r} is no finite number')
    return number


def validate_float_or_none(value: Any) -> float | None:
    """Return a finite number or ``None``."""
    return None if value is None else validate_float(value)


def validate_len3_list(value: Any) -> list[float]:
    """Return three numbers.

    :raises ValidationError: if the value is not that.
    """
    numbers = (
        [] if isinstance(value, str) or not hasattr(value, '__iter__') else [validate_float(item) for item in value]
    )
    if len(numbers) != 3:
        raise ValidationError(f'{value!r} is no list of three numbers')
    return numbers


def validate_len3_list_or_none(value: Any) -> list[float] | None:
    """Return three numbers or ``None``."""
    return None if value is None else validate_len3_list(value)


class Orbital:
    """An orbital at a position (ångström). Subclasses add fields, required and optional ones.

    Fields are triples (for optional ones, with the value where none is given) of a name and a function that returns the
    value that is kept, or raises a ``ValidationError``.
    """

    _base_fields_required: ClassVar[tuple[tuple[str, Validator], ...]] = (('position', validate_len3_list),)
    _base_fields_optional: ClassVar[tuple[tuple[str, Validator, Any], ...]] = ()

    def __init__(self, **kwargs: Any) -> None:
        """
        :param kwargs: the fields.
        :raises ValidationError: if one is missing, not known or not valid.
        """
        self._orbital_dict: dict[str, Any] = {}
        self.set_orbital_dict(kwargs)

    def __repr__(self) -> str:
        return f'<{type(self).__name__}: {self}>'

    def __str__(self) -> str:
        return f'@ {_text_of(self._orbital_dict["position"])}'

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._orbital_dict == other._orbital_dict  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(repr(sorted(self._orbital_dict.items(), key=lambda item: item[0])))

    def _validate_keys(self, input_dict: dict[str, Any]) -> dict[str, Any]:
        """Return the fields with the values that are kept.

        :raises ValidationError: if one is missing, not known or not valid.
        """
        given = dict(input_dict)
        given.pop('_orbital_type', None)
        checked: dict[str, Any] = {}
        for name, validator in self._base_fields_required:
            if name not in given:
                raise ValidationError(f'an orbital of the type {type(self).__name__} needs `{name}`')
            checked[name] = self._checked(name, validator, given.pop(name))
        for name, validator, default in self._base_fields_optional:
            checked[name] = self._checked(name, validator, given.pop(name)) if name in given else default
        if given:
            raise ValidationError(f'an orbital of the type {type(self).__name__} has no {", ".join(map(repr, given))}')
        return checked

    @staticmethod
    def _checked(name: str, validator: Validator, value: Any) -> Any:
        try:
            return validator(value)
        except ValidationError as exception:
            raise ValidationError(f'`{name}` is not valid: {exception}') from exception

    def set_orbital_dict(self, init_dict: dict[str, Any]) -> None:
        """Set all fields.

        :raises ValidationError: if one is missing, not known or not valid.
        """
        self._orbital_dict = self._validate_keys(init_dict)

    def get_orbital_dict(self) -> dict[str, Any]:
        """Return the fields, with the entry point of the class as ``_orbital_type``.

        :raises ValidationError: if the class has no entry point, without which it could not be loaded again.
        """
        from aiida.plugins.entry_point import get_entry_point_from_class

        _, entry_point = get_entry_point_from_class(type(self).__module__, type(self).__name__)
        if entry_point is None:
            raise ValidationError(f'{type(self).__name__} has no entry point in the group `aiida.tools.data.orbitals`')
        return {'_orbital_type': entry_point.name, **self._orbital_dict}


def _text_of(position: list[float]) -> str:
    return ','.join(f'{coordinate:.4f}' for coordinate in position)
