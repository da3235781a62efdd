"""What is computed of data: structures for other programs, paths in reciprocal space."""

from __future__ import annotations

from aiida.tools.data.array import get_explicit_kpoints_path, get_kpoints_path
from aiida.tools.data.orbital import Orbital, RealhydrogenOrbital
from aiida.tools.data.structure import spglib_tuple_to_structure, structure_to_spglib_tuple

__all__ = (
    'Orbital',
    'RealhydrogenOrbital',
    'get_explicit_kpoints_path',
    'get_kpoints_path',
    'spglib_tuple_to_structure',
    'structure_to_spglib_tuple',
)
