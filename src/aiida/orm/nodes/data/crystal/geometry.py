"""Cells, periodic boundary conditions and what can be computed of them; lengths in ångström, angles in degrees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

__all__ = (
    'calc_cell_angles',
    'calc_cell_lengths',
    'calc_cell_volume',
    'get_dimensionality',
    'get_valid_cell',
    'get_valid_pbc',
    'symop_fract_from_ortho',
    'symop_ortho_from_fract',
    'validate_dimensionality',
)

Vector = list[float]

#: What the periodic part of a cell measures, by the number of periodic directions.
DIMENSIONALITY_LABELS = {0: '', 1: 'length', 2: 'surface', 3: 'volume'}


def get_valid_cell(inputcell: Any) -> list[Vector]:
    """Return three vectors of three floats.

    :raises ValueError: if that is not what ``inputcell`` holds.
    """
    try:
        cell = [[float(value) for value in vector] for vector in inputcell]
    except (TypeError, ValueError):
        cell = []
    if len(cell) != 3 or any(len(vector) != 3 for vector in cell):
        raise ValueError(f'a cell is a list of three vectors of three numbers each, not {inputcell!r}')
    return cell


def _as_bool(value: Any) -> bool | None:
    """Return a Python or numpy boolean as a Python one, ``None`` for anything else."""
    if isinstance(value, bool):
        return value
    if type(value).__module__ == 'numpy' and type(value).__name__ in ('bool', 'bool_'):
        return bool(value)
    return None


def get_valid_pbc(inputpbc: Any) -> tuple[bool, bool, bool]:
    """Return three booleans: which of the cell's vectors are periods.

    :param inputpbc: one boolean for all directions, or one or three of them in a sequence.
    :raises ValueError: for anything else.
    """
    single = _as_bool(inputpbc)
    if single is not None:
        return (single, single, single)
    if isinstance(inputpbc, str) or not hasattr(inputpbc, '__iter__'):
        raise ValueError(f'`pbc` is a boolean or a list of three booleans, not {inputpbc!r}')
    values = [_as_bool(value) for value in inputpbc]
    booleans = [value for value in values if value is not None]
    if len(booleans) != len(values):
        raise ValueError(f'the elements of `pbc` are booleans, not {inputpbc!r}')
    if len(booleans) == 1:
        booleans *= 3
    if len(booleans) != 3:
        raise ValueError(f'`pbc` has one or three elements, not {len(booleans)}')
    return (booleans[0], booleans[1], booleans[2])


def _cross(first: Sequence[float], second: Sequence[float]) -> Vector:
    return [
        first[1] * second[2] - first[2] * second[1],
        first[2] * second[0] - first[0] * second[2],
        first[0] * second[1] - first[1] * second[0],
    ]


def _dot(first: Sequence[float], second: Sequence[float]) -> float:
    return float(sum(a * b for a, b in zip(first, second, strict=True)))


def calc_cell_volume(cell: Sequence[Sequence[float]]) -> float:
    """Return the volume of a cell in cubic ångström."""
    return abs(_dot(cell[0], _cross(cell[1], cell[2])))


def calc_cell_lengths(cell: Sequence[Sequence[float]]) -> list[float]:
    """Return the lengths of the cell vectors in ångström."""
    return [math.sqrt(_dot(vector, vector)) for vector in cell]


def calc_cell_angles(cell: Sequence[Sequence[float]]) -> list[float]:
    """Return alpha, beta and gamma in degrees."""
    lengths = calc_cell_lengths(cell)
    angles = []
    for one, other in ((1, 2), (0, 2), (0, 1)):
        cosine = _dot(cell[one], cell[other]) / (lengths[one] * lengths[other])
        angles.append(math.degrees(math.acos(max(-1.0, min(1.0, cosine)))))
    return angles


def get_dimensionality(pbc: Sequence[bool], cell: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Return ``dim`` (number of periods), ``label`` (what is measured) and ``value`` (in powers of ångström)."""
    periods = [vector for vector, periodic in zip(cell, pbc, strict=True) if periodic]
    dim = len(periods)
    value: float = 0
    if dim == 1:
        value = math.sqrt(_dot(periods[0], periods[0]))
    elif dim == 2:
        normal = _cross(periods[0], periods[1])
        value = math.sqrt(_dot(normal, normal))
    elif dim == 3:
        value = calc_cell_volume(cell)
    return {'dim': dim, 'label': DIMENSIONALITY_LABELS[dim], 'value': value}


def validate_dimensionality(pbc: Sequence[bool], cell: Sequence[Sequence[float]]) -> None:
    """Check that the periods span what they should.

    :raises ValueError: if the length, surface or volume that repeats is zero.
    """
    dimensionality = get_dimensionality(pbc, cell)
    if dimensionality['dim'] > 0 and dimensionality['value'] == 0:
        raise ValueError(
            f'the cell is periodic along {tuple(pbc)}, but the {dimensionality["label"]} it spans there is 0: '
            'give it a cell, or set `pbc` to False'
        )


def symop_ortho_from_fract(cell: Sequence[float]) -> Any:
    """Return the 3x3 array that turns fractional coordinates into Cartesian ones.

    :param cell: a, b, c in ångström and alpha, beta, gamma in degrees.
    """
    import numpy as np

    a, b, c = cell[:3]
    alpha, beta, gamma = (math.radians(angle) for angle in cell[3:6])
    alpha_star = math.acos((math.cos(beta) * math.cos(gamma) - math.cos(alpha)) / (math.sin(beta) * math.sin(gamma)))
    return np.array(
        [
            [a, b * math.cos(gamma), c * math.cos(beta)],
            [0, b * math.sin(gamma), -c * math.sin(beta) * math.cos(alpha_star)],
            [0, 0, c * math.sin(beta) * math.sin(alpha_star)],
        ]
    )


def symop_fract_from_ortho(cell: Sequence[float]) -> Any:
    """Return the 3x3 array that turns Cartesian coordinates into fractional ones.

    :param cell: a, b, c in ångström and alpha, beta, gamma in degrees.
    """
    import numpy as np

    return np.linalg.inv(symop_ortho_from_fract(cell))
