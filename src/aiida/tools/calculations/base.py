"""The tools of a calculation's node: `node.tools`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiida.orm import CalcJobNode

__all__ = ('CalculationTools',)


class CalculationTools:
    """Base of what a plugin offers as ``node.tools``; register a subclass in the group ``aiida.tools.calculations``."""

    def __init__(self, node: CalcJobNode) -> None:
        """
        :param node: the node whose tools these are.
        """
        self._node = node
