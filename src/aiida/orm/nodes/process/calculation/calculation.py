"""The record of a process that creates data."""

from __future__ import annotations

from typing import ClassVar

from aiida.common.links import LinkType
from aiida.orm.nodes.process.process import ProcessNode
from aiida.orm.utils.managers import NodeLinksManager

__all__ = ('CalculationNode',)


class CalculationNode(ProcessNode):
    """The record of a process that creates data."""

    _link_role = 'CalculationNode'
    _storable = True
    _cachable = True
    _unstorable_message = 'storing nodes of this class is not possible'
    _INPUT_LINK: ClassVar[LinkType] = LinkType.INPUT_CALC
    _OUTPUT_LINK: ClassVar[LinkType] = LinkType.CREATE

    @property
    def inputs(self) -> NodeLinksManager:
        """The inputs by label: as attributes or items."""
        return NodeLinksManager(node=self, link_type=LinkType.INPUT_CALC, incoming=True)

    @property
    def outputs(self) -> NodeLinksManager:
        """The data this process created, by label: as attributes or items."""
        return NodeLinksManager(node=self, link_type=LinkType.CREATE, incoming=False)

    def _add_outputs_from_cache(self, cache_node: ProcessNode) -> None:  # type: ignore[override]
        """Give this node copies of the outputs of an equal one."""
        for link in cache_node.base.links.get_outgoing(link_type=LinkType.CREATE).all():
            clone = link.node.clone()
            clone.base.links.add_incoming(self, LinkType.CREATE, link.link_label)
            clone.store()
