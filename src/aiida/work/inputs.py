"""Inputs as AiiDA 0.10 took them, as inputs of today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida.orm import ProcessNode

__all__ = ('modern_inputs',)

#: Names with an underscore, and what they are called in the metadata.
_METADATA = {
    '_label': 'label',
    '_description': 'description',
    '_store_provenance': 'store_provenance',
    '_options': 'options',
}


def modern_inputs(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return inputs of a process in which what began with an underscore is metadata, and no process is an input.

    :param inputs: may hold ``_label``, ``_description``, ``_store_provenance`` and ``_options``, and the node of a
        process in the place of its outputs.
    :raises ValueError: if something is given both ways.
    """
    found: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    for name, value in (inputs or {}).items():
        if name in _METADATA:
            metadata[_METADATA[name]] = value.value if name != '_options' and hasattr(value, 'value') else value
        else:
            found[name] = value if name == 'metadata' else _without_processes(value)
    if metadata:
        given = dict(found.get('metadata') or {})
        twice = sorted(metadata.keys() & given.keys())
        if twice:
            raise ValueError(f'given twice, in `metadata` and with an underscore: {", ".join(twice)}')
        options = metadata.get('options')
        if options is not None and hasattr(options, 'get_dict'):
            metadata['options'] = options.get_dict()
        found['metadata'] = {**given, **metadata}
    return found


def _without_processes(value: Any) -> Any:
    """Return a value in which a process is replaced by its outputs, as one node."""
    if isinstance(value, ProcessNode):
        from aiida.work.util import get_or_create_output_group

        return get_or_create_output_group(value)
    if isinstance(value, dict):
        return {name: _without_processes(item) for name, item in value.items()}
    return value
