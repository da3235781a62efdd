"""A node that holds orbitals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiida.common.exceptions import ValidationError
from aiida.orm.nodes.data.data import Data

__all__ = ('OrbitalData',)


class OrbitalData(Data):
    """Orbitals, kept as dictionaries with the entry point of their class."""

    def clear_orbitals(self) -> None:
        """Remove all orbitals."""
        self.base.attributes.set('orbital_dicts', [])

    def get_orbitals(self, **kwargs: Any) -> list[Any]:
        """Return the orbitals, or those whose fields have certain values.

        :param kwargs: fields and their values, such as ``angular_momentum=1``.
        :raises AttributeError: if orbitals were never set.
        :raises ValidationError: if the class of an orbital is not known.
        """
        from aiida.plugins import OrbitalFactory

        dictionaries = self.base.attributes.get('orbital_dicts', None)
        if dictionaries is None:
            raise AttributeError(f'{self} has no orbitals: set them first')
        orbitals = []
        for dictionary in dictionaries:
            if any(dictionary.get(key) != value for key, value in kwargs.items()):
                continue
            fields = dict(dictionary)
            kind = fields.pop('_orbital_type', None)
            if kind is None:
                raise ValidationError(f'the orbital {dictionary} of {self} does not say its type')
            factory: Any = OrbitalFactory
            orbitals.append(factory(kind)(**fields))
        return orbitals

    def set_orbitals(self, orbitals: Any) -> None:
        """Set the orbitals, one or several.

        :raises AttributeError: if one is no orbital.
        """
        several = orbitals if isinstance(orbitals, Sequence) else [orbitals]
        self.base.attributes.set('orbital_dicts', [orbital.get_orbital_dict() for orbital in several])
