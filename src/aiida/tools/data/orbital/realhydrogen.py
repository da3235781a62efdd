"""Orbitals of the hydrogen atom as real functions, and their hybrids, by the numbers Wannier90 gives them."""

from __future__ import annotations

from typing import Any, ClassVar

from aiida.common.exceptions import ValidationError
from aiida.tools.data.orbital.orbital import (
    Orbital,
    Validator,
    _text_of,
    validate_float_or_none,
    validate_int,
    validate_len3_list,
    validate_len3_list_or_none,
)

__all__ = ('RealhydrogenOrbital',)

#: The name of each angular momentum and those of its magnetic numbers; negative ones are hybrids.
_NAMES: dict[int, tuple[str, tuple[str, ...]]] = {
    0: ('S', ('S',)),
    1: ('P', ('PZ', 'PX', 'PY')),
    2: ('D', ('DZ2', 'DXZ', 'DYZ', 'DX2-Y2', 'DXY')),
    3: ('F', ('FZ3', 'FZX2', 'FYZ2', 'FZ(X2-Y2)', 'FXYZ', 'FX(X2-3Y2)', 'FY(3X2-Y2)')),
    **{
        -size + 1: (hybrid, tuple(f'{hybrid}-{number}' for number in range(1, size + 1)))
        for size, hybrid in ((2, 'SP'), (3, 'SP2'), (4, 'SP3'), (5, 'SP3D'), (6, 'SP3D2'))
    },
}


def validate_l(value: Any) -> int:
    """Return an angular momentum.

    :raises ValidationError: if there is none of this number.
    """
    number = validate_int(value)
    if number not in _NAMES:
        raise ValidationError(f'the angular momentum is between {min(_NAMES)} and {max(_NAMES)}, not {number}')
    return number


def validate_m(value: Any) -> int:
    """Return a magnetic number, which counts the orbitals of an angular momentum from 0 on.

    :raises ValidationError: if there is none of this number for any angular momentum.
    """
    number = validate_int(value)
    if not 0 <= number <= 6:
        raise ValidationError(f'the magnetic number is between 0 and 6, not {number}')
    return number


def validate_kind_name(value: Any) -> str | None:
    """Return the name of a kind, or ``None``."""
    if value is not None and not isinstance(value, str):
        raise ValidationError(f'the name of a kind is a string, not {value!r}')
    return value


def validate_n(value: Any) -> int:
    """Return a number of radial nodes.

    :raises ValidationError: if it is not 0, 1 or 2.
    """
    number = validate_int(value)
    if not 0 <= number <= 2:
        raise ValidationError(f'the number of radial nodes is between 0 and 2, not {number}')
    return number


def validate_spin(value: Any) -> int:
    """Return a spin: -1, 1, or 0 for one that is not defined.

    :raises ValidationError: for another one.
    """
    number = validate_int(value)
    if number not in (-1, 0, 1):
        raise ValidationError(f'the spin is -1, 0 (not defined) or 1, not {number}')
    return number


class RealhydrogenOrbital(Orbital):
    """A real orbital of the hydrogen atom: angular momentum, magnetic number, radial nodes, and what else is known."""

    _base_fields_required: ClassVar[tuple[tuple[str, Validator], ...]] = (
        ('position', validate_len3_list),
        ('angular_momentum', validate_l),
        ('magnetic_number', validate_m),
        ('radial_nodes', validate_n),
    )
    _base_fields_optional: ClassVar[tuple[tuple[str, Validator, Any], ...]] = (
        ('kind_name', validate_kind_name, None),
        ('spin', validate_spin, 0),
        ('x_orientation', validate_len3_list_or_none, None),
        ('z_orientation', validate_len3_list_or_none, None),
        ('spin_orientation', validate_len3_list_or_none, None),
        ('diffusivity', validate_float_or_none, None),
    )

    def __str__(self) -> str:
        fields = self._orbital_dict
        name = self.get_name_from_quantum_numbers(fields['angular_momentum'], fields['magnetic_number'])
        spin = {-1: ' spin down', 0: '', 1: ' spin up'}[fields['spin']]
        kind = '' if fields['kind_name'] is None else f"for kind '{fields['kind_name']}'"
        return f'r{fields["radial_nodes"]} {name} orbital{spin} {kind} @ {_text_of(fields["position"])}'

    def _validate_keys(self, input_dict: dict[str, Any]) -> dict[str, Any]:
        checked = super()._validate_keys(input_dict)
        number = len(_NAMES[checked['angular_momentum']][1])
        if checked['magnetic_number'] >= number:
            raise ValidationError(
                f'for the angular momentum {checked["angular_momentum"]} the magnetic number is between 0 and '
                f'{number - 1}, not {checked["magnetic_number"]}'
            )
        return checked

    @classmethod
    def get_name_from_quantum_numbers(cls, angular_momentum: int, magnetic_number: int | None = None) -> str:
        """Return the name of an orbital, or that of all orbitals of an angular momentum.

        :raises ValueError: if there are none of these numbers.
        """
        try:
            name, names = _NAMES[angular_momentum]
            return name if magnetic_number is None else names[magnetic_number]
        except (KeyError, IndexError):
            raise ValueError(f'there is no orbital with the numbers {angular_momentum}, {magnetic_number}') from None

    @classmethod
    def get_quantum_numbers_from_name(cls, name: str) -> list[dict[str, int]]:
        """Return angular momentum and magnetic number of the orbital of a name, or of all those of a common name.

        :raises ValueError: if there is none of this name.
        """
        wanted = name.upper()
        found = [
            {'angular_momentum': momentum, 'magnetic_number': number}
            for momentum, (common, names) in _NAMES.items()
            for number, single in enumerate(names)
            if wanted in (common, single)
        ]
        if not found:
            raise ValueError(f'there is no orbital `{name}`')
        return found
