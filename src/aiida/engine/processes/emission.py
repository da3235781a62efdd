"""Outputs on their way from a running process to its node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plumpy.ports import PortValidationError

from aiida.engine.processes.ports import PortNamespace
from aiida.orm import Data

if TYPE_CHECKING:
    from aiida.engine.processes.process import Process

__all__ = ('check_is_data', 'emit')


def emit(process: Process, output_port: str, value: Any) -> None:
    """Check a value against its output port and keep it until the next transition attaches it.

    :param output_port: the name of the port, with dots between namespaces.
    :raises ValueError: if the port refuses it; the message holds the dotted path of the port.
    """
    process.on_output_emitting(output_port, value)
    namespace: PortNamespace = process.spec().outputs
    path = output_port.split('.')
    breadcrumbs: list[str] = []
    error: PortValidationError | None = None
    dynamic = False
    for depth, name in enumerate(path):
        last = depth == len(path) - 1
        port = namespace.get(name)
        if port is None:
            nested: Any = value
            for inner in reversed(path[depth:]):
                nested = {inner: nested}
            error = namespace.validate_dynamic_ports(nested, tuple(breadcrumbs))
            dynamic = True
            break
        breadcrumbs.append(namespace.name)
        if last:
            error = port.validate(value, tuple(breadcrumbs))
        elif isinstance(port, PortNamespace):
            namespace = port
        else:
            raise ValueError(
                f"output '{output_port}' is not possible: '{'.'.join((*breadcrumbs, name))}' is a port, not a namespace"
            )
    if error is not None:
        raise ValueError(f"Error validating output '{value}' for port '{error.port}': {error.message}")
    target = process.outputs
    for name in path[:-1]:
        target = target.setdefault(name, {})
    target[path[-1]] = value
    process.on_output_emitted(output_port, value, dynamic)


def check_is_data(output_port: str, value: Any) -> None:
    """Check that an output consists of Data nodes.

    :raises TypeError: if something in it is no Data node.
    """
    if isinstance(value, Data):
        return
    if isinstance(value, Mapping):
        for name, item in value.items():
            check_is_data(f'{output_port}.{name}', item)
        return
    raise TypeError(
        f"output '{output_port}' is {value!r} of type {type(value).__name__}: a process returns nodes, instances of "
        '`orm.Data`, only'
    )
