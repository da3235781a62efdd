"""The record of a workfunction."""

from __future__ import annotations

from aiida.orm.nodes.process.workflow.workflow import WorkflowNode
from aiida.orm.utils.mixins import FunctionCalculationMixin

__all__ = ('WorkFunctionNode',)


class WorkFunctionNode(FunctionCalculationMixin, WorkflowNode):
    """The record of a workfunction."""
