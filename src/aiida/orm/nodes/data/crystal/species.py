"""What stands on the sites of a structure: chemical symbols with weights, kinds, and sites."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aiida.common.constants import elements
from aiida.common.exceptions import UnsupportedSpeciesError

__all__ = (
    'Kind',
    'Site',
    'create_automatic_kind_name',
    'get_symbols_string',
    'has_vacancies',
    'is_ase_atoms',
    'is_valid_symbol',
    'validate_symbols_tuple',
    'validate_weights_tuple',
)

#: Masses (unified atomic mass units) that differ by less are the same.
MASS_THRESHOLD = 1.0e-3
#: Weights whose sum misses 1 by less leave no vacancies.
SUM_THRESHOLD = 1.0e-6

VALID_SYMBOLS = tuple(element['symbol'] for element in elements.values())
ATOMIC_MASSES: dict[str, float] = {element['symbol']: element['mass'] for element in elements.values()}
ATOMIC_NUMBERS: dict[str, int] = {element['symbol']: number for number, element in elements.items()}


def is_valid_symbol(symbol: str) -> bool:
    """Whether this is the symbol of an element, or ``X`` for an unknown one."""
    return symbol in ATOMIC_MASSES


def validate_symbols_tuple(symbols_tuple: Sequence[str]) -> None:
    """Check that there are symbols, all of them of elements.

    :raises ValueError: if there are none.
    :raises UnsupportedSpeciesError: if one is not known.
    """
    if not symbols_tuple:
        raise ValueError('at least one chemical symbol is needed, but the list is empty')
    unknown = [symbol for symbol in symbols_tuple if not is_valid_symbol(symbol)]
    if unknown:
        raise UnsupportedSpeciesError(
            f'{", ".join(map(repr, unknown))} among {tuple(symbols_tuple)!r} is no symbol of a chemical element'
        )


def validate_weights_tuple(weights_tuple: Sequence[float], threshold: float) -> None:
    """Check that weights are not negative and sum up to 1 or less.

    :param threshold: by how much the sum may exceed 1.
    :raises ValueError: if they are not.
    """
    if any(weight < 0 for weight in weights_tuple) or sum(weights_tuple) - 1.0 > threshold:
        raise ValueError(f'weights are not negative and their sum is at most 1, but these are {tuple(weights_tuple)}')


def has_vacancies(weights: Sequence[float]) -> bool:
    """Whether the weights leave a part of the site empty."""
    return 1.0 - sum(weights) > SUM_THRESHOLD


def get_symbols_string(symbols: Sequence[str], weights: Sequence[float]) -> str:
    """Return the symbol, or ``{C0.30Si0.50X0.20}`` for an alloy or a site with vacancies (``X``)."""
    if len(symbols) == 1 and not has_vacancies(weights):
        return symbols[0]
    parts = [f'{symbol}{weight:4.2f}' for symbol, weight in sorted(zip(symbols, weights, strict=True))]
    if has_vacancies(weights):
        parts.append(f'X{1.0 - sum(weights):4.2f}')
    return '{' + ''.join(parts) + '}'


def create_automatic_kind_name(symbols: Sequence[str], weights: Sequence[float]) -> str:
    """Return the symbols in alphabetical order, with an ``X`` for vacancies."""
    return ''.join(sorted(set(symbols))) + ('X' if has_vacancies(weights) else '')


def create_symbols_tuple(symbols: str | Sequence[str]) -> tuple[str, ...]:
    """Return one or several symbols as a tuple."""
    return (symbols,) if isinstance(symbols, str) else tuple(symbols)


def create_weights_tuple(weights: float | Sequence[float] | None) -> tuple[float, ...]:
    """Return one or several weights as a tuple; ``None`` is a site that is fully occupied."""
    if weights is None:
        return (1.0,)
    return tuple(float(weight) for weight in weights) if hasattr(weights, '__iter__') else (float(weights),)


def is_ase_atoms(ase_atoms: Any) -> bool:
    """Whether this is an ``ase.Atoms``; ASE is not imported to find out."""
    return any(cls.__name__ == 'Atoms' and cls.__module__.split('.')[0] == 'ase' for cls in type(ase_atoms).__mro__)


class Kind:
    """A species: symbols with weights (more than one for an alloy), a mass and a name.

    Made of ``symbols`` with optional ``weights``, ``mass`` (unified atomic mass units) and ``name``; or of one of
    ``kind`` (another one, copied), ``ase`` (an ``ase.Atom``) and ``raw`` (what :meth:`get_raw` returned).
    """

    def __init__(self, **kwargs: Any) -> None:
        self._name = ''
        self._mass = 0.0
        self._symbols: tuple[str, ...] = ()
        self._weights: tuple[float, ...] = (1.0,)
        #: The tag of the ASE atom it was made of, which keeps atoms of different tags apart.
        self._internal_tag: int | None = None
        for source in ('kind', 'ase', 'raw'):
            if source in kwargs:
                if len(kwargs) > 1:
                    raise ValueError(f'`{source}` says everything about a kind: do not pass other parameters with it')
                getattr(self, f'_set_from_{source}')(kwargs[source])
                return
        self._set_from_properties(dict(kwargs))

    def _set_from_kind(self, kind: Any) -> None:
        if not isinstance(kind, Kind):
            raise ValueError(f'`kind` is a Kind, not {type(kind)}')
        self._set_from_raw(kind.get_raw())
        self._internal_tag = kind._internal_tag

    def _set_from_raw(self, raw: Mapping[str, Any]) -> None:
        missing = [key for key in ('symbols', 'weights', 'mass', 'name') if key not in raw]
        if missing:
            raise ValueError(f'the raw kind {raw!r} lacks {", ".join(missing)}')
        self.set_symbols_and_weights(raw['symbols'], raw['weights'])
        self.mass = raw['mass']
        self.name = raw['name']

    def _set_from_ase(self, atom: Any) -> None:
        try:
            symbol, mass, tag = atom.symbol, atom.mass, int(atom.tag)
        except AttributeError as exception:
            raise ValueError(f'`ase` is an ase.Atom, not {type(atom)}') from exception
        self.set_symbols_and_weights([symbol], [1.0])
        if mass is None:
            self.reset_mass()
        else:
            self.mass = mass
        self.set_automatic_kind_name(tag=tag if tag != 0 else None)
        self._internal_tag = tag if tag != 0 else None

    def _set_from_properties(self, kwargs: dict[str, Any]) -> None:
        if 'symbols' not in kwargs:
            raise ValueError('a kind needs `symbols`, or one of `kind`, `ase` and `raw`')
        self.set_symbols_and_weights(kwargs.pop('symbols'), kwargs.pop('weights', None))
        mass = kwargs.pop('mass', None)
        if mass is None:
            self.reset_mass()
        else:
            self.mass = mass
        if 'name' in kwargs:
            self.name = kwargs.pop('name')
        else:
            self.set_automatic_kind_name()
        if kwargs:
            raise ValueError(f'a kind has no such parameters: {", ".join(kwargs)}')

    def get_raw(self) -> dict[str, Any]:
        """Return the properties as they are written in the attributes of a structure."""
        return {'symbols': self.symbols, 'weights': self.weights, 'mass': self.mass, 'name': self.name}

    def reset_mass(self) -> None:
        """Set the mass to the weighted mean of those of the elements."""
        total = sum(self._weights)
        if total < SUM_THRESHOLD:
            self._mass = 0.0
            return
        pairs = zip(self._symbols, self._weights, strict=True)
        self._mass = sum(ATOMIC_MASSES[symbol] * weight for symbol, weight in pairs) / total

    @property
    def name(self) -> str:
        """The name, unique in a structure; sites refer to it."""
        return self._name

    @name.setter
    def name(self, value: Any) -> None:
        self._name = str(value)

    def set_automatic_kind_name(self, tag: int | None = None) -> None:
        """Name it after its symbols, with a number behind if ``tag`` is one."""
        name = create_automatic_kind_name(self._symbols, self._weights)
        self.name = name if tag is None else f'{name}{tag}'

    def compare_with(self, other_kind: Kind) -> tuple[bool, str]:
        """Return whether symbols, weights and masses are those of another kind, and the first difference in words."""
        if len(self.symbols) != len(other_kind.symbols):
            return (False, f'the numbers of symbols differ: {self.symbols} and {other_kind.symbols}')
        for position, (one, other) in enumerate(zip(self.symbols, other_kind.symbols, strict=True), start=1):
            if one != other:
                return (False, f'the symbols at position {position} differ: {one} and {other}')
        for position, (weight, other_weight) in enumerate(zip(self.weights, other_kind.weights, strict=True), start=1):
            if abs(weight - other_weight) > SUM_THRESHOLD:
                return (False, f'the weights at position {position} differ: {weight} and {other_weight}')
        if abs(self.mass - other_kind.mass) > MASS_THRESHOLD:
            return (False, f'the masses differ: {self.mass} and {other_kind.mass}')
        if self._internal_tag != other_kind._internal_tag:
            return (False, f'the tags differ: {self._internal_tag} and {other_kind._internal_tag}')
        return (True, '')

    @property
    def mass(self) -> float:
        """The mass in unified atomic mass units."""
        return self._mass

    @mass.setter
    def mass(self, value: Any) -> None:
        mass = float(value)
        if mass <= 0:
            raise ValueError(f'a mass is positive, not {mass}')
        self._mass = mass

    @property
    def weights(self) -> tuple[float, ...]:
        """The occupations, one per symbol; what is missing to 1 is vacant; setting them leaves the mass as it is."""
        return self._weights

    @weights.setter
    def weights(self, value: Any) -> None:
        self.set_symbols_and_weights(self._symbols, value)

    def get_symbols_string(self) -> str:
        """Return the symbol, or the composition in braces for an alloy or with vacancies."""
        return get_symbols_string(self._symbols, self._weights)

    @property
    def symbol(self) -> str:
        """The one symbol.

        :raises ValueError: for an alloy.
        """
        if len(self._symbols) != 1:
            raise ValueError(f'kind {self._name!r} is an alloy of {self._symbols}: it has no single symbol')
        return self._symbols[0]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The chemical symbols; setting them leaves the mass as it is."""
        return self._symbols

    @symbols.setter
    def symbols(self, value: Any) -> None:
        self.set_symbols_and_weights(value, self._weights)

    def set_symbols_and_weights(self, symbols: Any, weights: Any) -> None:
        """Set both at once, which is needed when their number changes.

        :raises ValueError: if there is not one weight per symbol, or the weights are refused.
        :raises UnsupportedSpeciesError: if a symbol is not known.
        """
        symbols_tuple = create_symbols_tuple(symbols)
        weights_tuple = create_weights_tuple(weights)
        if len(symbols_tuple) != len(weights_tuple):
            raise ValueError(
                f'there must be as many symbols as weights, but there are {len(symbols_tuple)} and {len(weights_tuple)}'
            )
        validate_symbols_tuple(symbols_tuple)
        validate_weights_tuple(weights_tuple, SUM_THRESHOLD)
        self._symbols = symbols_tuple
        self._weights = weights_tuple

    @property
    def is_alloy(self) -> bool:
        """Whether there is more than one symbol."""
        return len(self._symbols) != 1

    @property
    def has_vacancies(self) -> bool:
        """Whether the weights leave a part of the site empty."""
        return has_vacancies(self._weights)

    def __repr__(self) -> str:
        return f'<{type(self).__name__}: {self}>'

    def __str__(self) -> str:
        return f"name '{self.name}', symbol '{self.get_symbols_string()}'"


class Site:
    """A place in a structure: a position in ångström and the name of the kind that stands there.

    Made of ``kind_name`` and ``position``; of ``kind_name`` and ``ase`` (an ``ase.Atom``); or of one of ``site``
    (another one, copied) and ``raw`` (what :meth:`get_raw` returned).
    """

    def __init__(self, **kwargs: Any) -> None:
        self._kind_name = ''
        self._position = (0.0, 0.0, 0.0)
        for source in ('site', 'raw'):
            if source in kwargs:
                if len(kwargs) > 1:
                    raise ValueError(f'`{source}` says everything about a site: do not pass other parameters with it')
                raw = self._raw_of(source, kwargs[source])
                self.kind_name, self.position = raw['kind_name'], raw['position']
                return
        self._set_from_properties(dict(kwargs))

    @staticmethod
    def _raw_of(source: str, value: Any) -> Mapping[str, Any]:
        if source == 'site':
            if not isinstance(value, Site):
                raise ValueError(f'`site` is a Site, not {type(value)}')
            return value.get_raw()
        missing = [key for key in ('kind_name', 'position') if key not in value]
        if missing:
            raise ValueError(f'the raw site {value!r} lacks {", ".join(missing)}')
        return dict(value)

    def _set_from_properties(self, kwargs: dict[str, Any]) -> None:
        atom = kwargs.pop('ase', None)
        if 'kind_name' not in kwargs:
            raise ValueError('a site needs `kind_name`')
        self.kind_name = kwargs.pop('kind_name')
        if atom is not None:
            self.position = atom.position
        elif 'position' in kwargs:
            self.position = kwargs.pop('position')
        else:
            raise ValueError('a site needs `position`')
        if kwargs:
            raise ValueError(f'a site has no such parameters: {", ".join(kwargs)}')

    def get_raw(self) -> dict[str, Any]:
        """Return the properties as they are written in the attributes of a structure."""
        return {'position': self._position, 'kind_name': self._kind_name}

    def get_ase(self, kinds: Sequence[Kind]) -> Any:
        """Return the ``ase.Atom``; its tag is the number at the end of the kind's name.

        :param kinds: the kinds of the structure.
        :raises ValueError: if the kind is not among them, is an alloy or has vacancies.
        """
        import ase

        kind = next((kind for kind in kinds if kind.name == self.kind_name), None)
        if kind is None:
            raise ValueError(f'there is no kind {self.kind_name!r} among {[kind.name for kind in kinds]}')
        tag = ase_tags(kinds)[kind.name]
        make_atom: Any = ase.Atom
        return make_atom(symbol=ase_symbol(kind), position=self.position, mass=kind.mass, tag=tag)

    @property
    def kind_name(self) -> str:
        """The name of the kind that stands here."""
        return self._kind_name

    @kind_name.setter
    def kind_name(self, value: Any) -> None:
        self._kind_name = str(value)

    @property
    def position(self) -> tuple[float, float, float]:
        """The Cartesian position in ångström."""
        return self._position

    @position.setter
    def position(self, value: Any) -> None:
        try:
            x, y, z = (float(coordinate) for coordinate in value)
        except (TypeError, ValueError) as exception:
            raise ValueError(f'a position is three numbers, not {value!r}') from exception
        self._position = (x, y, z)

    def __repr__(self) -> str:
        return f'<{type(self).__name__}: {self}>'

    def __str__(self) -> str:
        return f"kind name '{self.kind_name}' @ {','.join(str(coordinate) for coordinate in self.position)}"


def ase_symbol(kind: Kind) -> str:
    """Return the symbol ASE knows a kind by.

    :raises ValueError: for an alloy and for vacancies, which ASE cannot express.
    """
    if kind.is_alloy or kind.has_vacancies:
        raise ValueError(f'{kind} is an alloy or has vacancies, which ASE cannot express')
    return kind.symbol


def ase_tags(kinds: Sequence[Kind]) -> dict[str, int]:
    """Return the tag of each kind by name: the number behind the symbol, or one that no other kind has."""
    tags: dict[str, int] = {}
    for kind in kinds:
        if kind.is_alloy:
            continue
        number = re.fullmatch(rf'{re.escape(kind.symbols[0])}([1-9][0-9]*)?', kind.name)
        if number is not None:
            tags[kind.name] = int(number.group(1) or 0)
    used = set(tags.values())
    for kind in kinds:
        if kind.name not in tags:
            tag = next(tag for tag in range(1, len(kinds) + len(used) + 2) if tag not in used)
            tags[kind.name] = tag
            used.add(tag)
    return tags
