"""The record of a work chain."""

from __future__ import annotations

from typing import Any, ClassVar

from aiida.common.exceptions import EntryPointError
from aiida.orm.nodes.process.workflow.workflow import WorkflowNode
from aiida.orm.utils.upstairs import upstairs

__all__ = ('WorkChainNode',)


class WorkChainNode(WorkflowNode):
    """The record of a work chain."""

    STEPPER_STATE_INFO_KEY: ClassVar[str] = 'stepper_state_info'
    _updatable_attributes: ClassVar[tuple[str, ...]] = (*WorkflowNode._updatable_attributes, STEPPER_STATE_INFO_KEY)

    @property
    def stepper_state_info(self) -> str | None:
        """Where in its outline the work chain is, as ``3:results``."""
        return self.base.attributes.get(self.STEPPER_STATE_INFO_KEY, None)  # type: ignore[no-any-return]

    def set_stepper_state_info(self, stepper_state_info: str) -> None:
        """Set where in its outline the work chain is."""
        self.base.attributes.set(self.STEPPER_STATE_INFO_KEY, stepper_state_info)

    @property
    def tools(self) -> Any:
        """The helpers that a plugin registers for this work chain, the general ones by default."""
        from aiida.plugins.entry_point import is_valid_entry_point_string, load_entry_point, parse_entry_point_string

        process_type = self.process_type or ''
        if is_valid_entry_point_string(process_type):
            try:
                return load_entry_point('aiida.tools.workflows', parse_entry_point_string(process_type)[1])(self)
            except EntryPointError:
                pass
        return upstairs('aiida.tools.workflows.base:WorkflowTools')(self)
