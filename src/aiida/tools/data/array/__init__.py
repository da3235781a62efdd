"""What is computed of arrays: paths in reciprocal space, steps of trajectories."""

from __future__ import annotations

from aiida.tools.data.array.kpoints import get_explicit_kpoints_path, get_kpoints_path

__all__ = ('get_explicit_kpoints_path', 'get_kpoints_path')
