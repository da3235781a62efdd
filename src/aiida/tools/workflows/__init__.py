"""What plugins add to the nodes of workflows."""

from aiida.tools.workflows.base import WorkflowTools

__all__ = ('WorkflowTools',)
