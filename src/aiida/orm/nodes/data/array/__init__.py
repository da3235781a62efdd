"""Nodes that hold arrays of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports
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
    'BandsData': 'aiida.orm.nodes.data.array.bands',
    'KpointsData': 'aiida.orm.nodes.data.array.kpoints',
    'ProjectionData': 'aiida.orm.nodes.data.array.projection',
    'TrajectoryData': 'aiida.orm.nodes.data.array.trajectory',
    'XyData': 'aiida.orm.nodes.data.array.xy',
    'find_bandgap': 'aiida.orm.nodes.data.array.bands',
}

__getattr__, __dir__ = lazy_exports(globals(), _ELSEWHERE)
