"""Pictures of the provenance graph."""

from aiida.tools.visualization.graph import Graph
from aiida.tools.visualization.render import FORMATS, render_graph
from aiida.tools.visualization.styles import (
    default_link_styles,
    default_node_styles,
    default_node_sublabels,
    pstate_node_styles,
)

__all__ = (
    'FORMATS',
    'Graph',
    'default_link_styles',
    'default_node_styles',
    'default_node_sublabels',
    'pstate_node_styles',
    'render_graph',
)
