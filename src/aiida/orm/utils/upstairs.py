"""What the graph knows of the rooms above it: names of classes, resolved when somebody asks for them.

The exit code of a process node is an ``ExitCode`` of the engine, the state of its job a ``JobState`` of the schedulers.
The orm never needs them for itself; like a plugin, they are named by a string and loaded on demand.
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
