"""Data that workflows create.

In AiiDA 0.10 a workflow might create data; today only a calculation does. So what a workflow of those days returns
without having stored it is created by a calculation that the workflow calls, with the inputs of the workflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from aiida.engine import calcfunction
from aiida.engine.processes.flattening import flat_outputs
from aiida.orm import Data

if TYPE_CHECKING:
    from aiida.engine import Process

__all__ = ('created', 'make_data')

_VALUES: ContextVar[dict[str, Any]] = ContextVar('data that a workflow creates')


@calcfunction
def make_data(**inputs: Any) -> dict[str, Any]:
    """Return what the workflow that calls this has made of its inputs."""
    return _VALUES.get()


def created(process: Process, output_port: str, value: Any) -> Any:
    """Return an output of a workflow, in which what was not stored has been created by a calculation.

    A step that is repeated gets what it had created before.

    :param output_port: the name of the port, which is the label of the link from the calculation.
    :param value: a node, or a nested mapping of nodes.
    """
    if not process._life.stores_provenance:
        return value
    new = {label: node for label, node in flat_outputs({_label(output_port): value}) if not node.is_stored}
    if not new:
        return value
    token = _VALUES.set(new)
    try:
        made, _ = make_data.run_get_node(
            **_data(process.inputs or {}),
            metadata={'label': output_port, 'call_link_label': f'create_{_label(output_port)}', 'disable_cache': True},
        )
    finally:
        _VALUES.reset(token)
    nodes: Any = made if isinstance(made, Mapping) else dict.fromkeys(new, made)
    return _replace(value, _label(output_port), dict(flat_outputs(nodes)))


def _label(output_port: str) -> str:
    return 'result' if output_port.startswith('_') else output_port.replace('.', '__')


def _data(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nodes among inputs, which are nested at will."""
    found: dict[str, Any] = {}
    for name, value in inputs.items():
        if name == 'metadata':
            continue
        if isinstance(value, Data):
            found[name] = value
        elif isinstance(value, Mapping) and (inside := _data(value)):
            found[name] = inside
    return found


def _replace(value: Any, label: str, nodes: Mapping[str, Any]) -> Any:
    """Return a value with the nodes that were created in the place of those that were given."""
    if isinstance(value, Mapping):
        return {name: _replace(item, f'{label}__{name}', nodes) for name, item in value.items()}
    return nodes.get(label, value)
