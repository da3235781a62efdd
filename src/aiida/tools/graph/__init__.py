"""Following the links of the graph, and deleting nodes with what depends on them."""

from aiida.tools.graph.deletions import delete_group_nodes, delete_nodes

__all__ = ('delete_group_nodes', 'delete_nodes')
