"""`aiida.work.process_registry` of AiiDA 0.10: questions about processes, answered by the database."""

from __future__ import annotations

from typing import Any

from aiida.common.exceptions import NotExistent
from aiida.common.links import LinkType
from aiida.orm import CalcJobNode, Node, ProcessNode, load_node
from aiida.work.notices import tell_of_module
from aiida.work.util import ProcessStack

__all__ = ('KnowledgeProvider', 'NotKnown', 'ProcessRegistry')

tell_of_module(__name__, 'the node of a process: `is_terminated`, `inputs`, `outputs` of `aiida.orm.load_node(pk)`')


class NotKnown(Exception):
    """Who was asked does not know."""


class KnowledgeProvider:
    """Someone who can be asked about processes; this one knows nothing."""

    def has_finished(self, pid: Any) -> bool:
        """Return whether a process has ended.

        :raises NotKnown: if there is none.
        """
        raise NotKnown(f'nothing is known of Process<{pid}>')

    def get_inputs(self, pid: Any) -> dict[str, Node]:
        """Return the inputs of a process by label; errors as for :meth:`has_finished`."""
        raise NotKnown(f'nothing is known of Process<{pid}>')

    def get_outputs(self, pid: Any) -> dict[str, Node]:
        """Return the outputs of a process by label; errors as for :meth:`has_finished`."""
        raise NotKnown(f'nothing is known of Process<{pid}>')


class ProcessRegistry(KnowledgeProvider):
    """Answers questions about processes from the database."""

    @property
    def current_pid(self) -> Any:
        """The pk of the process whose code is being run.

        :raises IndexError: if there is none.
        """
        return ProcessStack.get_active_process_id()

    @property
    def current_calc_node(self) -> ProcessNode:
        """The node of the process whose code is being run; errors as for :attr:`current_pid`."""
        return ProcessStack.get_active_process_calc_node()

    def has_finished(self, pid: Any) -> bool:
        """Return whether a process has ended: a job by its state, all others once they are sealed.

        :raises NotKnown: if there is none of this pk.
        """
        node = self._node(pid)
        return node.is_terminated if isinstance(node, CalcJobNode) else bool(node.is_sealed)

    def get_inputs(self, pid: Any) -> dict[str, Node]:
        """Return the inputs of a process by label; errors as for :meth:`has_finished`."""
        links = self._node(pid).base.links.get_incoming(link_type=(LinkType.INPUT_CALC, LinkType.INPUT_WORK))
        return {link.link_label: link.node for link in links}

    def get_outputs(self, pid: Any) -> dict[str, Node]:
        """Return the outputs of a process by label; errors as for :meth:`has_finished`."""
        links = self._node(pid).base.links.get_outgoing(link_type=(LinkType.CREATE, LinkType.RETURN))
        return {link.link_label: link.node for link in links}

    @staticmethod
    def _node(pid: Any) -> ProcessNode:
        try:
            node = load_node(pk=pid)
        except (NotExistent, ValueError, TypeError) as exception:
            raise NotKnown(f'there is no Process<{pid}>') from exception
        if not isinstance(node, ProcessNode):
            raise NotKnown(f'{node!r} is no process')
        return node
