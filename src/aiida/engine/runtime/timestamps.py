"""When a process last changed its state, as a setting of the profile."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, cast
from weakref import WeakKeyDictionary

from aiida.common import timezone
from aiida.orm import CalculationNode, ProcessNode
from aiida.orm.backend import get_store

__all__ = ('get_process_state_change_timestamp', 'note_state_change', 'set_process_state_change_timestamp')

_KEY = 'process|state_change|{}'
_DESCRIPTION = 'The last time a process of type {}, changed state'
#: Seconds for which a program writes it once: all processes share the row, and nobody needs it more precisely.
_PRECISION = 1.0
_WRITTEN: WeakKeyDictionary[Any, dict[str, float]] = WeakKeyDictionary()


def _kind(node: ProcessNode) -> str:
    return 'calculation' if isinstance(node, CalculationNode) else 'work'


def note_state_change(node: ProcessNode) -> None:
    """Note that a process of the kind of this one changed its state, unless that was noted within the last second."""
    written, kind = _WRITTEN.setdefault(node.backend, {}), _kind(node)
    now = time.monotonic()
    if now - written.get(kind, -_PRECISION) >= _PRECISION:
        written[kind] = now
        set_process_state_change_timestamp(node)


def set_process_state_change_timestamp(node: ProcessNode) -> None:
    """Note that a process of the kind of this one changed its state just now."""
    kind = _kind(node)
    node.backend.write_setting(_KEY.format(kind), timezone.now().isoformat(), _DESCRIPTION.format(kind))


def get_process_state_change_timestamp(process_type: str | None = None) -> datetime | None:
    """Return when a process last changed its state, ``None`` if none ever did.

    :param process_type: ``calculation`` or ``work``, both for ``None``.
    :raises ValueError: for anything else.
    """
    kinds = ('calculation', 'work')
    if process_type is not None and process_type not in kinds:
        raise ValueError(f'invalid value for process_type: {process_type!r}, valid are {", ".join(kinds)}')
    store = get_store()
    found = []
    for kind in (process_type,) if process_type else kinds:
        value = store.read_setting(_KEY.format(kind))
        if value is not None:
            found.append(datetime.fromisoformat(cast('str', value)))
    return max(found, default=None)
