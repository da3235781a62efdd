"""Orbitals as objects; nodes keep them as dictionaries."""

from __future__ import annotations

from aiida.tools.data.orbital.orbital import Orbital
from aiida.tools.data.orbital.realhydrogen import RealhydrogenOrbital

__all__ = ('Orbital', 'RealhydrogenOrbital')
