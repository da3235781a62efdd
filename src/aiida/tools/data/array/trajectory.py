"""Steps taken out of trajectories, with provenance."""

from __future__ import annotations

from typing import Any

from aiida.engine import calcfunction
from aiida.orm import Dict, StructureData, TrajectoryData

__all__ = ()


@calcfunction
def _get_aiida_structure_inline(trajectory: TrajectoryData, parameters: Dict) -> dict[str, StructureData]:
    """Return the structure of a step, as ``structure``."""
    arguments: dict[str, Any] = parameters.get_dict()
    return {'structure': trajectory.get_step_structure(**arguments)}
