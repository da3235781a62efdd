"""Names that nodes had in AiiDA 0.10, as `calc.out.energy` or `calc.has_finished_ok()`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from aiida.common.links import LinkType
from aiida.orm import Node, ProcessNode
from aiida.orm.nodes.deprecated import OLDER_NAMES, OlderName
from aiida.orm.utils.managers import NodeLinksManager

__all__ = ('created_for', 'let_nodes_answer')

_CREATOR = 'aiida.work.creation.make_data'


def created_for(creator: Node) -> bool:
    """Return whether a node records only that a workflow of these days created data."""
    return creator.process_type == _CREATOR


def _links(node: Any, incoming: bool, link_type: Any, node_type: Any) -> list[Any]:
    """Return the links of a node but those that AiiDA 0.10 did not have."""
    links = node.base.links
    found = (links.get_incoming if incoming else links.get_outgoing)(link_type=link_type or ())
    return [
        link
        for link in found
        if (node_type is None or isinstance(link.node, node_type))
        and not (isinstance(link.node, ProcessNode) and created_for(link.node))
    ]


def _in_dictionary(links: list[Any]) -> dict[str, Any]:
    """Return nodes by label; of several with the same label the first, all of them by label and number."""
    found: dict[str, Any] = {}
    for link in links:
        found.setdefault(link.link_label, link.node)
    labels = [link.link_label for link in links]
    for link in links:
        if labels.count(link.link_label) > 1:
            found[f'{link.link_label}_{link.node.pk}'] = link.node
    return found


def _get_inputs(node: Any, node_type: Any = None, also_labels: bool = False, link_type: Any = None) -> list[Any]:
    links = _links(node, True, link_type, node_type)
    return [(link.link_label, link.node) if also_labels else link.node for link in links]


def _get_outputs(node: Any, node_type: Any = None, also_labels: bool = False, link_type: Any = None) -> list[Any]:
    links = _links(node, False, link_type, node_type)
    return [(link.link_label, link.node) if also_labels else link.node for link in links]


def _get_inputs_dict(node: Any, only_in_db: bool = False, link_type: Any = None) -> dict[str, Any]:
    return _in_dictionary(_links(node, True, link_type, None))


def _get_outputs_dict(node: Any, link_type: Any = None) -> dict[str, Any]:
    return _in_dictionary(_links(node, False, link_type, None))


def _neighbours(node: Any, incoming: bool) -> NodeLinksManager:
    if isinstance(node, ProcessNode):
        of_process: Any = node
        return cast('NodeLinksManager', of_process.inputs if incoming else of_process.outputs)
    return NodeLinksManager(node, LinkType.CREATE if incoming else LinkType.INPUT_CALC, incoming)


#: Attributes that told how a calculation ended.
_ENDS: dict[str, Callable[[Any], bool]] = {
    '_finished': lambda node: bool(node.is_finished_ok),
    '_failed': lambda node: bool(node.is_failed or node.is_excepted),
    '_aborted': lambda node: bool(node.is_killed),
}


def _get_attr(node: Any, name: str, *default: Any) -> Any:
    if name in _ENDS and isinstance(node, ProcessNode):
        return _ENDS[name](node)
    return node.base.attributes.get(name, *default)


def _methods(table: dict[str, tuple[Callable[..., Any], str]]) -> dict[str, OlderName]:
    def bind(function: Callable[..., Any]) -> Callable[[Any], Any]:
        return lambda node: lambda *args, **kwargs: function(node, *args, **kwargs)

    return {name: OlderName(bind(function), instead, Node) for name, (function, instead) in table.items()}


def _of_processes(table: dict[str, tuple[Callable[[Any], Any], str]]) -> dict[str, OlderName]:
    def bind(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda node: lambda: function(node)

    return {name: OlderName(bind(function), instead, ProcessNode) for name, (function, instead) in table.items()}


_NAMES: dict[str, OlderName] = {
    'inp': OlderName(lambda node: _neighbours(node, True), 'inputs', Node),
    'out': OlderName(lambda node: _neighbours(node, False), 'outputs', Node),
    **_methods(
        {
            'get_inputs': (_get_inputs, 'base.links.get_incoming().all_nodes()'),
            'get_outputs': (_get_outputs, 'base.links.get_outgoing().all_nodes()'),
            'get_inputs_dict': (_get_inputs_dict, 'base.links.get_incoming().nested()'),
            'get_outputs_dict': (_get_outputs_dict, 'base.links.get_outgoing().nested()'),
            'get_attr': (_get_attr, 'base.attributes.get'),
            'get_attrs': (lambda node: dict(node.base.attributes.all), 'base.attributes.all'),
            'get_extras': (lambda node: dict(node.base.extras.all), 'base.extras.all'),
            'get_computer': (lambda node: node.computer, 'computer'),
            'get_user': (lambda node: node.user, 'user'),
        }
    ),
    **_of_processes(
        {
            'has_finished': (lambda node: bool(node.is_terminated), 'is_terminated'),
            'has_finished_ok': (lambda node: bool(node.is_finished_ok), 'is_finished_ok'),
            'has_failed': (_ENDS['_failed'], 'is_failed'),
            'has_aborted': (_ENDS['_aborted'], 'is_killed'),
            'kill': (lambda node: _kill(node), 'aiida.engine.processes.control.kill_processes'),
            'get_state': (lambda node: _state(node), 'process_state'),
        }
    ),
}


def _state(node: Any) -> str | None:
    """Return the state in the words of AiiDA 0.10."""
    if not node.is_terminated:
        return None if node.process_state is None else str(node.process_state.value).upper()
    return 'FINISHED' if node.is_finished_ok else 'FAILED'


def _kill(node: Any) -> None:
    """Ask whoever runs a process to kill it and what it called, and do not wait."""
    from aiida.engine.processes.control import ProcessTimeoutException, kill_processes

    if node.is_terminated:
        return
    with suppress(ProcessTimeoutException):  # the request stays
        kill_processes([node], msg_text='Killed through its node', timeout=0)


def let_nodes_answer() -> None:
    """Let all nodes of this interpreter answer to the names they had in AiiDA 0.10."""
    OLDER_NAMES.update(_NAMES)
