"""Structures read from CIF files, with provenance."""

from __future__ import annotations

from aiida.engine import calcfunction
from aiida.orm import CifData, Dict, StructureData

__all__ = ('InvalidOccupationsError',)


class InvalidOccupationsError(Exception):
    """The occupations of a site are more than one."""


@calcfunction
def _get_aiida_structure_ase_inline(cif: CifData, parameters: Dict) -> dict[str, StructureData]:
    """Return the structure as ASE reads it, as ``structure``."""
    atoms = cif.get_ase(**parameters.get_dict())
    # Tags count equivalent sites there; kinds are told apart by element.
    atoms.set_tags(0)
    return {'structure': StructureData(ase=atoms)}


@calcfunction
def _get_aiida_structure_pymatgen_inline(cif: CifData, parameters: Dict) -> dict[str, StructureData]:
    """Return the structure as pymatgen reads it, as ``structure``."""
    from pymatgen.io.cif import CifParser

    arguments = {'primitive': False, 'symmetrized': False, **parameters.get_dict()}
    options = {name: arguments.pop(name) for name in ('occupancy_tolerance', 'site_tolerance') if name in arguments}
    with cif.as_path() as path:
        try:
            (structure,) = CifParser(str(path), **options).parse_structures(**arguments)
        except ValueError as exception:
            if 'occupanc' in str(exception).lower():
                raise InvalidOccupationsError(f'{cif} has sites that are occupied more than once') from exception
            raise
    return {'structure': StructureData(pymatgen_structure=structure)}
