"""Nodes that hold arrays of numbers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from aiida.orm.nodes.data.array.array import ArrayData

if TYPE_CHECKING:
    from aiida.orm.nodes.data.array.bands import BandsData, find_bandgap
    from aiida.orm.nodes.data.array.kpoints import KpointsData
    from aiida.orm.nodes.data.array.projection import ProjectionData
    from aiida.orm.nodes.data.array.trajectory import TrajectoryData
    from aiida.orm.nodes.data.array.xy import XyData

__all__ = (
    'ArrayData',
    'BandsData',
    'KpointsData',
    'ProjectionData',
    'TrajectoryData',
    'XyData',
    'find_bandgap',
)

_ELSEWHERE = {
    'BandsData': 'bands',
    'KpointsData': 'kpoints',
    'ProjectionData': 'projection',
    'TrajectoryData': 'trajectory',
    'XyData': 'xy',
    'find_bandgap': 'bands',
}


def __getattr__(name: str) -> Any:
    """Import the names that are left out above when they are first asked for."""
    module = _ELSEWHERE.get(name)
    if module is None:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    value = getattr(import_module(f'{__name__}.{module}'), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
