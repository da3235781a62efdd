"""Structures as other programs take them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiida.common.constants import elements

if TYPE_CHECKING:
    from aiida.orm import Kind, StructureData

__all__ = ('spglib_tuple_to_structure', 'structure_to_spglib_tuple')

_NUMBERS = {element['symbol']: number for number, element in elements.items()}
#: Numbers of kinds that are not an element each: another kind of an element gets its atomic number times this power.
_SECOND_KIND_FACTOR = 1000
_FIRST_ALLOY_NUMBER = 200000


def structure_to_spglib_tuple(
    structure: StructureData,
) -> tuple[tuple[Any, Any, list[int]], dict[str, int], list[Kind]]:
    """Return a structure as spglib takes it, the number that stands for each kind, and the kinds.

    The first is a tuple of the cell (ångström), the fractional positions and a number per site. The first kind of an
    element has its atomic number; further ones, alloys and sites with vacancies have numbers of their own.
    """
    import numpy as np

    kinds = structure.kinds
    kind_info = _numbers_of_kinds(kinds)
    cell = np.array(structure.cell)
    sites = structure.sites
    positions = np.array([site.position for site in sites]).reshape(-1, 3) @ np.linalg.inv(cell)
    return (cell, positions, [kind_info[site.kind_name] for site in sites]), kind_info, kinds


def _numbers_of_kinds(kinds: Sequence[Kind]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for kind in kinds:
        plain = not kind.is_alloy and not kind.has_vacancies
        number = _NUMBERS[kind.symbol] if plain else _FIRST_ALLOY_NUMBER
        if plain and number in numbers.values():
            number *= _SECOND_KIND_FACTOR
        while number in numbers.values():
            number += 1
        numbers[kind.name] = number
    return numbers


def spglib_tuple_to_structure(
    structure_tuple: tuple[Any, Any, Sequence[int]],
    kind_info: Mapping[str, int] | None = None,
    kinds: Sequence[Kind] | None = None,
) -> StructureData:
    """Return the structure, not stored, that spglib's tuple stands for.

    :param structure_tuple: cell (ångström), fractional positions and a number per site.
    :param kind_info: the number that stands for each kind, by its name; atomic numbers without it.
    :param kinds: the kinds.
    :raises ValueError: if a number stands for nothing, or a kind is missing.
    """
    import numpy as np

    from aiida.orm import Kind, Site, StructureData

    cell, positions, numbers = structure_tuple
    if kind_info is None and kinds is not None:
        raise ValueError('with `kinds`, the numbers that stand for them are needed: `kind_info`')
    if kind_info is None:
        unknown = [number for number in numbers if number not in elements]
        if unknown:
            raise ValueError(f'{unknown} are no atomic numbers: say what they stand for with `kind_info`')
        names = {number: elements[number]['symbol'] for number in numbers}
        used = [Kind(symbols=symbol) for symbol in dict.fromkeys(names.values())]
    else:
        names = {number: name for name, number in kind_info.items()}
        missing = [number for number in numbers if number not in names]
        if missing:
            raise ValueError(f'`kind_info` has no name for {missing}')
        by_name = {kind.name: kind for kind in kinds} if kinds is not None else {}
        absent = [name for name in kind_info if kinds is not None and name not in by_name]
        if absent:
            raise ValueError(f'`kinds` has none of the names {absent}')
        used = list(kinds) if kinds is not None else [_kind_of(name, number) for name, number in kind_info.items()]
    structure = StructureData(cell=cell)
    for kind in used:
        structure.append_kind(kind)
    for number, position in zip(numbers, np.asarray(positions) @ np.asarray(cell), strict=True):
        structure.append_site(Site(kind_name=names[number], position=position))
    return structure


def _kind_of(name: str, number: int) -> Kind:
    """Return a kind of an element by its name, where only its number is known.

    :raises ValueError: if the number is that of no element.
    """
    from aiida.orm import Kind

    atomic_number = number if number in elements else number // _SECOND_KIND_FACTOR
    if atomic_number not in elements:
        raise ValueError(f'{number} stands for {name!r}, but for no element: give the `kinds` too')
    return Kind(symbols=elements[atomic_number]['symbol'], name=name)


def xyz_parser_iterator(xyz_string: str) -> Iterator[tuple[int, str, Iterator[tuple[str, tuple[float, float, float]]]]]:
    """Yield the number of atoms, the comment and the atoms (symbol and position in ångström) of each frame of a text.

    :raises TypeError: if the text is no XYZ file.
    """
    from aiida.orm.nodes.data.crystal.formats import read_xyz

    return read_xyz(xyz_string)
