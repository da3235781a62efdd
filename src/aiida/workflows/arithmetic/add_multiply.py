"""A work function that adds and multiplies."""

from __future__ import annotations

from typing import cast

from aiida.engine import calcfunction, workfunction
from aiida.orm import Int

__all__ = ('add', 'add_multiply', 'multiply')


@calcfunction
def add(x: Int, y: Int) -> Int:
    """Add two numbers."""
    return cast('Int', x + y)


@calcfunction
def multiply(x: Int, y: Int) -> Int:
    """Multiply two numbers."""
    return cast('Int', x * y)


@workfunction
def add_multiply(x: Int, y: Int, z: Int) -> Int:
    """Add two numbers and multiply the sum by a third."""
    return multiply(add(x, y), z)
