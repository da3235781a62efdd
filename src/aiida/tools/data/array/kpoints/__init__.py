"""Paths in reciprocal space."""

from __future__ import annotations

from aiida.tools.data.array.kpoints.main import get_explicit_kpoints_path, get_kpoints_path

__all__ = ('get_explicit_kpoints_path', 'get_kpoints_path')
