"""What is built on the graph: pictures, deletion, archives, dumping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
    from aiida.tools.calculations.base import CalculationTools
    from aiida.tools.data.array.kpoints import get_explicit_kpoints_path, get_kpoints_path
    from aiida.tools.data.orbital.orbital import Orbital
    from aiida.tools.data.orbital.realhydrogen import RealhydrogenOrbital
    from aiida.tools.data.structure import spglib_tuple_to_structure, structure_to_spglib_tuple
    from aiida.tools.graph.deletions import delete_group_nodes, delete_nodes
    from aiida.tools.visualization.graph import Graph
    from aiida.tools.visualization.styles import (
        default_link_styles,
        default_node_styles,
        default_node_sublabels,
        pstate_node_styles,
    )
    from aiida.tools.workflows.base import WorkflowTools

__all__ = (
    'Orbital',
    'RealhydrogenOrbital',
    'get_explicit_kpoints_path',
    'get_kpoints_path',
    'spglib_tuple_to_structure',
    'structure_to_spglib_tuple',
    'CalculationTools',
    'Graph',
    'WorkflowTools',
    'default_link_styles',
    'default_node_styles',
    'default_node_sublabels',
    'delete_group_nodes',
    'delete_nodes',
    'pstate_node_styles',
)

_HOMES = {
    'Orbital': 'aiida.tools.data.orbital.orbital',
    'RealhydrogenOrbital': 'aiida.tools.data.orbital.realhydrogen',
    'get_explicit_kpoints_path': 'aiida.tools.data.array.kpoints',
    'get_kpoints_path': 'aiida.tools.data.array.kpoints',
    'spglib_tuple_to_structure': 'aiida.tools.data.structure',
    'structure_to_spglib_tuple': 'aiida.tools.data.structure',
    'CalculationTools': 'aiida.tools.calculations.base',
    'WorkflowTools': 'aiida.tools.workflows.base',
    'Graph': 'aiida.tools.visualization.graph',
    'default_link_styles': 'aiida.tools.visualization.styles',
    'default_node_styles': 'aiida.tools.visualization.styles',
    'default_node_sublabels': 'aiida.tools.visualization.styles',
    'delete_group_nodes': 'aiida.tools.graph.deletions',
    'delete_nodes': 'aiida.tools.graph.deletions',
    'pstate_node_styles': 'aiida.tools.visualization.styles',
}

__getattr__, __dir__ = lazy_exports(globals(), _HOMES)
