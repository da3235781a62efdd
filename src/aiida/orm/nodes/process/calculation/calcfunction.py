"""The record of a calcfunction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.links import LinkType
from aiida.orm.nodes.process.calculation.calculation import CalculationNode
from aiida.orm.nodes.process.process import ProcessNodeLinks
from aiida.orm.utils.mixins import FunctionCalculationMixin

if TYPE_CHECKING:
    from aiida.orm.nodes.node import Node

__all__ = ('CalcFunctionNode',)


class CalcFunctionNodeLinks(ProcessNodeLinks):
    """The links of a calcfunction, whose outputs are new."""

    def validate_outgoing(self, target: Node, link_type: LinkType, link_label: str) -> None:
        """Check that a link may leave this node.

        :raises ValueError: if the data it would create is stored already.
        """
        super().validate_outgoing(target, link_type, link_label)
        if link_type is LinkType.CREATE and target.is_stored:
            raise ValueError(
                f'{self._node} cannot create {target!r} as its output {link_label!r}, because it is stored already: '
                'return a new node, or use a workfunction to return an existing one'
            )


class CalcFunctionNode(FunctionCalculationMixin, CalculationNode):
    """The record of a calcfunction."""

    _CLS_NODE_LINKS = CalcFunctionNodeLinks
