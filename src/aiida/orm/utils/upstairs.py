"""What a module knows of those above it: names, resolved when somebody asks for them.

The exit code of a process node is an ``ExitCode`` of the engine, the state of its job a ``JobState`` of the schedulers,
and a collection is queried by the ``QueryBuilder``, which knows all entities. The lower module never needs the higher
one for itself; like a plugin, it is named by a string and loaded on demand.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

__all__ = ('upstairs',)


@cache
def upstairs(name: str) -> Any:
    """Return what a string ``module:attribute`` names."""
    module, _, attribute = name.partition(':')
    return getattr(import_module(module), attribute)
