"""The record of a process that calls others and returns what they created."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aiida.common.links import LinkType
from aiida.orm.nodes.process.process import ProcessNode, ProcessNodeLinks
from aiida.orm.utils.managers import NodeLinksManager

if TYPE_CHECKING:
    from aiida.orm.nodes.node import Node

__all__ = ('WorkflowNode',)


class WorkflowNodeLinks(ProcessNodeLinks):
    """The links of a workflow, which only returns data that exists."""

    def validate_outgoing(self, target: Node, link_type: LinkType, link_label: str) -> None:
        """Check that a link may leave this node.

        :raises ValueError: if data that is not stored would be returned.
        """
        super().validate_outgoing(target, link_type, link_label)
        if link_type is LinkType.RETURN and not target.is_stored:
            raise ValueError(
                f'the workflow {self._node} returned {target!r} as {link_label!r}, which is not stored. Data made '
                'inside of a workflow has no provenance: make it in a calcfunction and return the result of that'
            )


class WorkflowNode(ProcessNode):
    """The record of a process that calls others and returns what they created."""

    _CLS_NODE_LINKS = WorkflowNodeLinks
    _link_role = 'WorkflowNode'
    _storable = True
    _unstorable_message = 'storing nodes of this class is not possible'
    _INPUT_LINK: ClassVar[LinkType] = LinkType.INPUT_WORK
    _OUTPUT_LINK: ClassVar[LinkType] = LinkType.RETURN

    @property
    def inputs(self) -> NodeLinksManager:
        """The inputs by label: as attributes or items."""
        return NodeLinksManager(node=self, link_type=LinkType.INPUT_WORK, incoming=True)

    @property
    def outputs(self) -> NodeLinksManager:
        """The data this process returned, by label: as attributes or items."""
        return NodeLinksManager(node=self, link_type=LinkType.RETURN, incoming=False)
