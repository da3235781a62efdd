"""What is built on the graph: pictures, deletion, archives, dumping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
    from aiida.tools.calculations.base import CalculationTools
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
