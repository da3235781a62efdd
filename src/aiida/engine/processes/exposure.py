"""Inputs and outputs that a process took over from the specification of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aiida.common.extendeddicts import AttributeDict
from aiida.common.links import LinkType
from aiida.orm import Node

if TYPE_CHECKING:
    from aiida.engine.processes.process import Process
    from aiida.orm import ProcessNode

__all__ = ('exposed_inputs', 'exposed_outputs', 'namespace_list')


def namespace_list(namespace: str | None = None, agglomerate: bool = True) -> list[str | None]:
    """Return a dotted namespace with those above it, the root (``None``) first; itself if not ``agglomerate``."""
    if not agglomerate:
        return [namespace]
    namespaces: list[str | None] = [None]
    if namespace is not None:
        parts = namespace.split('.')
        namespaces.extend('.'.join(parts[:length]) for length in range(1, len(parts) + 1))
    return namespaces


def exposed_inputs(
    process: Process, process_class: type[Process], namespace: str | None, agglomerate: bool
) -> AttributeDict:
    """Return the values of the inputs that were exposed from a class; lower namespaces win.

    :raises KeyError: if the namespace does not exist.
    """
    spec = process.spec()
    result = AttributeDict()
    for name in namespace_list(namespace, agglomerate):
        values: Any = process.inputs
        port: Any = spec.inputs
        for part in name.split('.') if name else ():
            if part not in port:
                raise KeyError(f'there is no input namespace `{name}` in {type(process).__name__}')
            port = port[part]
            values = values.get(part, {}) if isinstance(values, Mapping) else {}
        exposed = spec._exposed_inputs.get(name, {}).get(process_class, ())
        for key in port.ports:
            if key in exposed and isinstance(values, Mapping) and key in values:
                value = values[key]
                result[key] = (
                    AttributeDict(value) if isinstance(value, Mapping) and not isinstance(value, Node) else value
                )
    return result


def exposed_outputs(
    process: Process, node: ProcessNode, process_class: type[Process], namespace: str | None, agglomerate: bool
) -> AttributeDict:
    """Return the outputs of a sub process under the dotted names they have among the outputs of this one.

    :raises KeyError: if nothing was exposed in that namespace.
    """
    memory = process.spec()._exposed_outputs
    if namespace is not None and namespace not in memory:
        raise KeyError(f'the namespace `{namespace}` is not an exposed namespace of {type(process).__name__}')
    nested = node.base.links.get_outgoing(link_type=(LinkType.CREATE, LinkType.RETURN)).nested()
    result = AttributeDict()
    taken: set[str] = set()
    for name in reversed(namespace_list(namespace, agglomerate)):
        exposed = memory[name][process_class] if name in memory and process_class in memory[name] else ()
        for key in exposed:
            if key in nested and key not in taken:
                value = nested[key]
                is_namespace = isinstance(value, Mapping) and not isinstance(value, Node)
                result[f'{name}.{key}' if name else key] = AttributeDict(value) if is_namespace else value
                taken.add(key)
    return result
