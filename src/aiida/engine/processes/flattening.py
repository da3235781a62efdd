"""Nested values of ports as flat link labels, and the part of the inputs that is metadata."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from plumpy.ports import Port

from aiida.engine.processes.ports import PORT_NAMESPACE_SEPARATOR, PortNamespace
from aiida.orm import Entity, Node

__all__ = ('flat_inputs', 'flat_outputs', 'metadata_of')


def _join(parent: str, name: str, separator: str) -> str:
    return f'{parent}{separator}{name}' if parent else name


def flat_inputs(
    port: Port | None, value: Any, parent_name: str = '', separator: str = PORT_NAMESPACE_SEPARATOR
) -> Iterator[tuple[str, Node]]:
    """Yield label and node of the inputs that are linked to a process.

    :param port: the port the value is for, ``None`` for a value without one in a dynamic namespace.
    :param value: a node, or a mapping of them nested at will.
    :param parent_name: the label of the namespace above.
    """
    if port is not None and getattr(port, 'is_metadata', False):
        return
    non_db = getattr(port, 'non_db', False)
    if non_db and not isinstance(port, PortNamespace):
        return
    if isinstance(value, Node):
        yield parent_name, value
    elif isinstance(value, Mapping) and (port is None or isinstance(port, PortNamespace)):
        for name, item in value.items():
            below = None if port is None else port.get(name)
            if below is None and non_db:
                continue  # what has a port of its own may be stored all the same
            label = _join(parent_name, name, separator)
            if below is None and isinstance(port, PortNamespace) and port.valid_type is None:
                _warn_of_lost_provenance(label, item)
            yield from flat_inputs(below, item, label, separator)


def _warn_of_lost_provenance(label: str, value: Any) -> None:
    """Warn of a value that no port says anything of and that is no node, nor a namespace of them."""
    if isinstance(value, Mapping) and not isinstance(value, Node):
        for name, item in value.items():
            _warn_of_lost_provenance(_join(label, name, PORT_NAMESPACE_SEPARATOR), item)
    elif value is not None and not isinstance(value, Node):
        warnings.warn(
            f'input `{label}` is {value!r} of type {type(value).__name__}: the process gets it, but only nodes are '
            'recorded; give a node, or say that it is meant so with `non_db=True` or a `valid_type` of the namespace',
            UserWarning,
            stacklevel=2,
        )


def flat_outputs(
    value: Any, parent_name: str = '', separator: str = PORT_NAMESPACE_SEPARATOR
) -> Iterator[tuple[str, Node]]:
    """Yield label and node of outputs, which are nested at will."""
    if isinstance(value, Node):
        yield parent_name, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from flat_outputs(item, _join(parent_name, name, separator), separator)


def metadata_of(namespace: PortNamespace, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the part of the inputs that is for metadata ports, in a form for JSON; ``None`` if there is nothing.

    What is not given and entities such as a computer are left out: these are told by columns and links of the node.
    """
    result = {}
    for name, value in values.items():
        port = namespace.get(name)
        if port is None:
            continue
        if isinstance(port, PortNamespace):
            below = metadata_of(port, value) if isinstance(value, Mapping) else None
            if below:
                result[name] = below
        elif getattr(port, 'is_metadata', False) and value is not None and not isinstance(value, Entity):
            result[name] = _plain(value)
    return result or None


def _plain(value: Any) -> Any:
    """Return a value in a form for JSON; entities are named by their label."""
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    label = getattr(value, 'label', None)
    if isinstance(label, str) and label:
        return label
    return getattr(value, 'value', None) if isinstance(getattr(value, 'value', None), str | int | float) else str(value)
