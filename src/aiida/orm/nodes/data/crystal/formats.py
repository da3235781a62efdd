"""The formats a crystal structure is written in and read from; lengths in ångström."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from aiida.orm.nodes.data.crystal.species import ATOMIC_NUMBERS, Kind, Site

if TYPE_CHECKING:
    from aiida.orm.nodes.data.structure import StructureData

__all__ = ('atom_kinds_to_html', 'read_xyz', 'site_symbols', 'write_chemdoodle', 'write_xsf', 'write_xyz')

_ATOM = re.compile(r'^\s*([A-Za-z][A-Za-z0-9]*)\s+(\S+)\s+(\S+)\s+(\S+)')


def site_symbols(structure: StructureData) -> list[tuple[str, Site]]:
    """Return the symbol and the site of each site.

    :raises NotImplementedError: for an alloy, which formats with one symbol per site cannot express.
    """
    if structure.is_alloy or structure.has_vacancies:
        raise NotImplementedError('this format has one element per site: it cannot express alloys and vacancies')
    symbols = {kind.name: kind.symbol for kind in structure.kinds}
    return [(symbols[site.kind_name], site) for site in structure.sites]


def _row(values: Sequence[float]) -> str:
    return ' '.join(f'{value:18.10f}' for value in values)


def write_xsf(structure: StructureData) -> str:
    """Return the structure as XCrySDen reads it."""
    lines = ['CRYSTAL', 'PRIMVEC 1', *(_row(vector) for vector in structure.cell)]
    sites = site_symbols(structure)
    lines += ['PRIMCOORD 1', f'{len(sites)} 1']
    lines += [f'{ATOMIC_NUMBERS[symbol]} {_row(site.position)}' for symbol, site in sites]
    return '\n'.join(lines) + '\n'


def write_xyz(structure: StructureData) -> str:
    """Return the structure as extended XYZ."""
    cell = ' '.join(str(value) for vector in structure.cell for value in vector)
    pbc = ' '.join(str(periodic) for periodic in structure.pbc)
    sites = site_symbols(structure)
    lines = [str(len(sites)), f'Lattice="{cell}" pbc="{pbc}"']
    lines += [f'{symbol:6} {_row(site.position)}' for symbol, site in sites]
    return '\n'.join(lines)


def write_chemdoodle(structure: StructureData) -> str:
    """Return the structure as the JSON that ChemDoodle's components draw, with the centre of the cell at the origin."""
    cell = structure.cell
    centre = [sum(vector[axis] for vector in cell) / 2 for axis in range(3)]

    def corner(*vectors: int) -> list[float]:
        return [sum(cell[vector][axis] for vector in vectors) - centre[axis] for axis in range(3)]

    unit_cell = {
        't': 'UnitCell',
        'i': 's0',
        'o': corner(),
        'x': corner(0),
        'y': corner(1),
        'z': corner(2),
        'xy': corner(0, 1),
        'xz': corner(0, 2),
        'yz': corner(1, 2),
        'xyz': corner(0, 1, 2),
    }
    kinds = {kind.name: kind for kind in structure.kinds}
    atoms = []
    for site in structure.sites:
        symbols = kinds[site.kind_name].symbols
        x, y, z = (position - shift for position, shift in zip(site.position, centre, strict=True))
        atoms.append(
            {'l': symbols[0], 'x': x, 'y': y, 'z': z, 'atomic_elements_html': atom_kinds_to_html(site.kind_name)}
        )
    return json.dumps({'s': [unit_cell], 'm': [{'a': atoms}], 'units': '&Aring;'})


def atom_kinds_to_html(atom_kind: str) -> str:
    """Return the name of a kind as HTML: numbers of a single element as a subscript, several joined by ``+``."""
    elements = re.findall(r'([A-Z][a-z]*)([^A-Z]*)', atom_kind)
    if len(elements) == 1:
        symbol, rest = elements[0]
        return f'{symbol}<sub>{rest}</sub>' if rest else symbol
    return ' + '.join(symbol for symbol, _ in elements)


def read_xyz(text: str) -> Iterator[tuple[int, str, Iterator[tuple[str, tuple[float, float, float]]]]]:
    """Yield the number of atoms, the comment and the atoms (symbol and position) of each frame of an XYZ file.

    :raises TypeError: if a frame has fewer atoms than it says, or a line that is none.
    """
    lines = text.splitlines()
    start = 0
    while start < len(lines):
        if not lines[start].strip():
            start += 1
            continue
        try:
            number = int(lines[start])
        except ValueError as exception:
            raise TypeError(
                f'line {start + 1} should be the number of atoms of a frame: {lines[start]!r}'
            ) from exception
        comment = lines[start + 1] if start + 1 < len(lines) else ''
        yield number, comment, iter(_read_atoms(lines, start + 2, number))
        start += number + 2


def _read_atoms(lines: list[str], start: int, number: int) -> list[tuple[str, tuple[float, float, float]]]:
    atoms: list[tuple[str, tuple[float, float, float]]] = []
    for line in lines[start : start + number]:
        match = _ATOM.match(line)
        if match is None:
            raise TypeError(f'there should be {number} atoms, but after {len(atoms)} comes the line {line!r}')
        x, y, z = (float(text) for text in match.groups()[1:])
        atoms.append((match.group(1), (x, y, z)))
    if len(atoms) < number:
        raise TypeError(f'there should be {number} atoms, but there are {len(atoms)}')
    return atoms


def set_from_pymatgen_structure(structure: StructureData, pymatgen_structure: Any) -> None:
    """Take cell, kinds and sites from a ``pymatgen`` structure.

    Sites of one species with different spins are different kinds.
    """
    structure.cell = pymatgen_structure.lattice.matrix.tolist()
    structure.pbc = [bool(periodic) for periodic in getattr(pymatgen_structure, 'pbc', (True, True, True))]
    structure.clear_kinds()
    for site in pymatgen_structure.sites:
        species = site.species
        symbols = [specie.symbol for specie in species]
        weights = [float(species[specie]) for specie in species]
        kind_name = site.properties.get('kind_name')
        spins = {getattr(specie, 'spin', None) for specie in species} - {None, 0}
        kind = Kind(symbols=symbols, weights=weights, **({'name': kind_name} if kind_name else {}))
        if spins and not kind_name:
            spin = spins.pop()
            kind.name = f'{kind.name}{1 if spin is not None and spin > 0 else 2}'
        structure.append_atom(position=site.coords.tolist(), symbols=kind.symbols, weights=kind.weights, name=kind.name)


def get_pymatgen_structure(structure: StructureData, **kwargs: Any) -> Any:
    """Return a ``pymatgen.core.Structure``.

    :raises ValueError: if the structure is not periodic in three directions, or there are arguments that have no use.
    """
    from pymatgen.core.lattice import Lattice
    from pymatgen.core.structure import Structure

    if not all(structure.pbc):
        raise ValueError(f'a pymatgen Structure is periodic along all three vectors, this one along {structure.pbc}')
    if kwargs:
        raise ValueError(f'there is no use for {", ".join(kwargs)}')
    kinds = {kind.name: kind for kind in structure.kinds}
    species = [
        dict(zip(kinds[site.kind_name].symbols, kinds[site.kind_name].weights, strict=True)) for site in structure.sites
    ]
    return Structure(
        lattice=Lattice(structure.cell),
        species=species,
        coords=[site.position for site in structure.sites],
        coords_are_cartesian=True,
        site_properties={'kind_name': structure.get_site_kindnames()},
    )


def get_pymatgen_molecule(structure: StructureData) -> Any:
    """Return a ``pymatgen.core.Molecule``."""
    from pymatgen.core.structure import Molecule

    symbols = site_symbols(structure)
    return Molecule([symbol for symbol, _ in symbols], [site.position for _, site in symbols])
