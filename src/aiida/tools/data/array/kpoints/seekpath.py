"""Paths in reciprocal space as the package ``seekpath`` finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida.tools.data.structure import spglib_tuple_to_structure, structure_to_spglib_tuple

if TYPE_CHECKING:
    from aiida.orm import StructureData

__all__ = ('check_seekpath_is_installed', 'get_explicit_kpoints_path', 'get_kpoints_path')


def check_seekpath_is_installed() -> None:
    """Check that the package can be imported.

    :raises ImportError: if it cannot, with what to do about it.
    """
    try:
        import seekpath  # type: ignore[import-not-found]  # noqa: F401
    except ImportError as exception:
        raise ImportError('paths in reciprocal space need the package `seekpath`: pip install seekpath') from exception


def get_kpoints_path(structure: StructureData, **kwargs: Any) -> dict[str, Any]:
    """Return ``parameters``, ``primitive_structure`` and ``conv_structure``.

    :param kwargs: as for ``seekpath.get_path``: ``with_time_reversal``, ``recipe``, ``threshold``, ``symprec``,
        ``angle_tolerance``.
    :raises ValueError: if the structure is not periodic in all directions.
    """
    check_seekpath_is_installed()
    import seekpath

    tuple_, kind_info, kinds = _as_tuple(structure)
    return _outputs(seekpath.get_path(tuple_, **kwargs), kind_info, kinds)


def get_explicit_kpoints_path(structure: StructureData, **kwargs: Any) -> dict[str, Any]:
    """Return ``parameters``, ``explicit_kpoints``, ``primitive_structure`` and ``conv_structure``.

    :param kwargs: as for ``seekpath.get_explicit_k_path``: ``reference_distance`` and those of ``get_path``.
    :raises ValueError: if the structure is not periodic in all directions.
    """
    check_seekpath_is_installed()
    import seekpath

    from aiida.orm import KpointsData

    tuple_, kind_info, kinds = _as_tuple(structure)
    result = seekpath.get_explicit_k_path(tuple_, **kwargs)
    points, names = result.pop('explicit_kpoints_rel'), result.pop('explicit_kpoints_labels')
    outputs = _outputs(result, kind_info, kinds)
    kpoints = KpointsData()
    kpoints.set_cell_from_structure(outputs['primitive_structure'])
    kpoints.set_kpoints(points, labels=[(number, name) for number, name in enumerate(names) if name])
    outputs['explicit_kpoints'] = kpoints
    return outputs


def _as_tuple(structure: StructureData) -> Any:
    if not all(structure.pbc):
        raise ValueError(
            f'a path is found for structures that are periodic in all directions, not along {structure.pbc}'
        )
    return structure_to_spglib_tuple(structure)


def _outputs(result: dict[str, Any], kind_info: Any, kinds: Any) -> dict[str, Any]:
    """Take the structures out of what seekpath returns; the rest are the parameters."""
    from aiida.orm import Dict

    outputs: dict[str, Any] = {}
    for name, prefix in (('primitive_structure', 'primitive'), ('conv_structure', 'conv')):
        parts = [result.pop(f'{prefix}_{part}') for part in ('lattice', 'positions', 'types')]
        outputs[name] = spglib_tuple_to_structure((parts[0], parts[1], list(parts[2])), kind_info, kinds)
    outputs['parameters'] = Dict({key: _plain(value) for key, value in result.items()})
    return outputs


def _plain(value: Any) -> Any:
    """Return arrays as lists, also inside of dictionaries."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value.tolist() if hasattr(value, 'tolist') else value
