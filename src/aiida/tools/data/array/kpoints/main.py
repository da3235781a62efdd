"""Paths in reciprocal space, by the method that finds them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.orm import StructureData

__all__ = ('get_explicit_kpoints_path', 'get_kpoints_path')

#: The module of each method; it has two functions of the same names as those here.
_METHODS = {'seekpath': 'aiida.tools.data.array.kpoints.seekpath'}


def get_kpoints_path(structure: StructureData, method: str = 'seekpath', **kwargs: Any) -> dict[str, Any]:
    """Return the points of high symmetry of a structure and a path along them, with the structures they are for.

    :param method: ``seekpath``, which needs the package of that name.
    :param kwargs: passed on to the method.
    :return: ``parameters`` (a Dict), ``primitive_structure`` and ``conv_structure``, not stored.
    :raises ValueError: for another method, or if the structure is not periodic in all directions.
    """
    return _function(method, 'get_kpoints_path')(structure, **kwargs)


def get_explicit_kpoints_path(structure: StructureData, method: str = 'seekpath', **kwargs: Any) -> dict[str, Any]:
    """Return the points along a path between points of high symmetry, with the primitive structure they are for.

    :param method: ``seekpath``, which needs the package of that name.
    :param kwargs: passed on to the method; ``reference_distance`` is the distance of points in 1/ångström.
    :return: what :func:`get_kpoints_path` returns, and ``explicit_kpoints`` (a KpointsData with labels), not stored.
    :raises ValueError: for another method, or if the structure is not periodic in all directions.
    """
    return _function(method, 'get_explicit_kpoints_path')(structure, **kwargs)


def _function(method: str, name: str) -> Callable[..., dict[str, Any]]:
    module = _METHODS.get(method)
    if module is None:
        raise ValueError(f'there is no method `{method}` to find a path: choose from {", ".join(_METHODS)}')
    function: Callable[..., dict[str, Any]] = getattr(import_module(module), name)
    return function
