"""The tools of a workflow's node: `node.tools`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiida.orm import WorkChainNode

__all__ = ('WorkflowTools',)


class WorkflowTools:
    """Base of what a plugin offers as ``node.tools``; register a subclass in the group ``aiida.tools.workflows``."""

    def __init__(self, node: WorkChainNode) -> None:
        """
        :param node: the node whose tools these are.
        """
        self._node = node
