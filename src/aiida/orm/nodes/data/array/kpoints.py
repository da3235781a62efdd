"""A node that holds points of reciprocal space: a mesh, or a list with labels and weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ModificationNotAllowed
from aiida.orm.nodes.data.array.array import ArrayData
from aiida.orm.nodes.data.crystal.geometry import get_valid_cell, get_valid_pbc

if TYPE_CHECKING:
    import numpy as np

    from aiida.orm.nodes.data.structure import StructureData

__all__ = ('KpointsData',)

Labels = list[tuple[int, str]]


class KpointsData(ArrayData):
    """Points of reciprocal space, in units of the reciprocal lattice vectors: either a mesh or a list.

    The cell (ångström) is needed for Cartesian coordinates (1/ångström, with the factor 2 pi) and densities.
    """

    def __init__(
        self,
        *,
        labels: list[str] | None = None,
        label_numbers: list[int] | None = None,
        cell: list[list[float]] | None = None,
        pbc1: bool | None = None,
        pbc2: bool | None = None,
        pbc3: bool | None = None,
        mesh: list[int] | None = None,
        offset: list[float] | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param mesh: numbers of points along the reciprocal lattice vectors.
        :param offset: the shift of the mesh in steps of it.
        :param labels: names of points of a list; ``arrays`` gives the list then.
        :param label_numbers: the positions in the list that the labels are for.
        :param cell: the cell in ångström.
        :param pbc1: whether the first cell vector is a period; likewise the next two.
        :raises ValueError: if a mesh is given together with what a list has, or that without a list.
        """
        arrays = kwargs.pop('arrays', None)
        super().__init__(**kwargs)
        described = [labels, label_numbers, cell, pbc1, pbc2, pbc3]
        given = any(value is not None for value in described)
        if mesh is not None or offset is not None:
            if given or arrays is not None:
                raise ValueError('with a mesh, only `mesh` and `offset` can be given')
            if mesh is None:
                raise ValueError('`offset` shifts a mesh, but there is no `mesh`')
            self.set_kpoints_mesh(mesh, offset=offset)
        elif arrays is not None:
            if cell is not None:
                self.set_cell(cell, pbc=[bool(pbc1), bool(pbc2), bool(pbc3)])
            self._set_arrays(arrays, labels, label_numbers)
        elif given:
            raise ValueError(
                'cell, periodic boundary conditions and labels are for a list of points, but there is none'
            )

    def _set_arrays(self, arrays: Any, labels: list[str] | None, label_numbers: list[int] | None) -> None:
        points, weights = (arrays.get('kpoints'), arrays.get('weights')) if isinstance(arrays, dict) else (arrays, None)
        if points is None:
            raise ValueError(f'the list of points is the array `kpoints`, but there are {list(arrays)}')
        pairs = None if labels is None else list(zip(label_numbers or [], labels, strict=True))
        self.set_kpoints(points, labels=pairs, weights=weights)

    def get_description(self) -> str:
        """Return the mesh, or the number of points of the list."""
        if 'mesh' in self.base.attributes:
            mesh, offset = self.get_kpoints_mesh()
            return f'Kpoints mesh: {"x".join(map(str, mesh))} (+{",".join(f"{shift:.1f}" for shift in offset)})'
        return f'(Path of {len(self.get_kpoints())} kpts)'

    # the cell

    @property
    def cell(self) -> np.ndarray[Any, Any]:
        """The cell vectors in ångström.

        :raises AttributeError: if there is none.
        """
        import numpy as np

        return np.array(self.base.attributes.get('cell'))

    @cell.setter
    def cell(self, value: Any) -> None:
        self._set_cell(value)

    def _set_cell(self, value: Any) -> None:
        self.base.attributes.set('cell', get_valid_cell(value))

    @property
    def pbc(self) -> tuple[bool, bool, bool]:
        """Which of the cell vectors are periods."""
        one, two, three = (bool(self.base.attributes.get(f'pbc{number}', False)) for number in (1, 2, 3))
        return (one, two, three)

    @pbc.setter
    def pbc(self, value: Any) -> None:
        self._set_pbc(value)

    def _set_pbc(self, value: Any) -> None:
        for number, periodic in enumerate(get_valid_pbc(value), start=1):
            self.base.attributes.set(f'pbc{number}', periodic)

    def set_cell_from_structure(self, structuredata: StructureData) -> None:
        """Take cell and periodic boundary conditions from a structure.

        :raises ValueError: if it is no StructureData.
        """
        from aiida.orm.nodes.data.structure import StructureData

        if not isinstance(structuredata, StructureData):
            raise ValueError(f'a StructureData is needed, not {type(structuredata)}')
        self.set_cell(structuredata.cell, structuredata.pbc)

    def set_cell(self, cell: Any, pbc: Any = None) -> None:
        """Set the cell vectors, in ångström.

        :param pbc: which of them are periods, all by default.
        """
        self._set_cell(cell)
        self._set_pbc(True if pbc is None else pbc)

    @property
    def reciprocal_cell(self) -> np.ndarray[Any, Any]:
        """The reciprocal lattice vectors in 1/ångström, with the factor 2 pi.

        :raises AttributeError: if there is no cell.
        """
        import numpy as np

        return 2.0 * math.pi * np.linalg.inv(self.cell).T

    def _change_reference(self, kpoints: Any, to_cartesian: bool = True) -> np.ndarray[Any, Any]:
        """Return points in the other coordinates.

        :raises AttributeError: if there is no cell.
        """
        import numpy as np

        if 'cell' not in self.base.attributes:
            raise AttributeError(
                f'{self} has no cell, without which there are no Cartesian coordinates: use `set_cell`'
            )
        matrix = self.reciprocal_cell
        points: np.ndarray[Any, Any] = np.asarray(kpoints) @ (matrix if to_cartesian else np.linalg.inv(matrix))
        return points

    @property
    def _dimension(self) -> int:
        """The number of periodic directions; 3 if none is set."""
        if not any(f'pbc{number}' in self.base.attributes for number in (1, 2, 3)):
            return 3
        return sum(self.pbc)

    # labels

    @property
    def labels(self) -> Labels | None:
        """Pairs of a position in the list and its name; ``None`` if labels are not set."""
        if 'labels' not in self.base.attributes or 'label_numbers' not in self.base.attributes:
            return None
        attributes = self.base.attributes
        return list(zip(attributes.get('label_numbers'), attributes.get('labels'), strict=True))

    @labels.setter
    def labels(self, value: Any) -> None:
        self._set_labels(value)

    def _set_labels(self, value: Sequence[tuple[int, str]] | None) -> None:
        """
        :raises AttributeError: if there is no list of points.
        :raises ValueError: if a position is no integer, or beyond the list.
        """
        try:
            number_of_points = self.get_shape('kpoints')[0]
        except AttributeError as exception:
            raise AttributeError('set the list of points first, then the labels') from exception
        numbers, labels = [], []
        for number, label in value or ():
            if isinstance(number, bool) or not hasattr(number, '__index__'):
                raise ValueError(f'a label is for the position of a point, an integer, not {number!r}')
            if int(number) >= number_of_points:
                raise ValueError(f'the label {label!r} is for point {number}, but there are {number_of_points}')
            numbers.append(int(number))
            labels.append(str(label))
        self.base.attributes.set('label_numbers', numbers)
        self.base.attributes.set('labels', labels)

    # meshes

    def set_kpoints_mesh(self, mesh: Sequence[int], offset: Sequence[float] | None = None) -> None:
        """Set a mesh.

        :param mesh: numbers of points along the reciprocal lattice vectors.
        :param offset: the shift of the mesh in steps of it, none by default.
        :raises ValueError: if they are not three numbers each.
        :raises ModificationNotAllowed: if there is a list of points.
        """
        try:
            numbers = [int(value) for value in mesh]
        except (TypeError, ValueError):
            numbers = []
        if len(numbers) != 3:
            raise ValueError(f'a mesh is three integers, not {mesh!r}')
        try:
            shifts = [0.0] * 3 if offset is None else [float(value) for value in offset]
        except (TypeError, ValueError):
            shifts = []
        if len(shifts) != 3:
            raise ValueError(f'an offset is three numbers, not {offset!r}')
        if 'kpoints' in self.get_arraynames():
            raise ModificationNotAllowed(f'{self} has a list of points: make another node for a mesh')
        self.base.attributes.set('mesh', numbers)
        self.base.attributes.set('offset', shifts)

    def get_kpoints_mesh(self, print_list: bool = False) -> Any:
        """Return mesh and offset, or with ``print_list`` the points of the mesh as an array.

        :raises AttributeError: if there is no mesh.
        """
        mesh, offset = self.base.attributes.get('mesh'), self.base.attributes.get('offset')
        if not print_list:
            return mesh, offset
        import numpy as np

        axes = [(np.arange(number) + shift) / number for number, shift in zip(mesh, offset, strict=True)]
        return np.stack(np.meshgrid(*axes, indexing='ij'), axis=-1).reshape(-1, 3)

    def set_kpoints_mesh_from_density(
        self, distance: float, offset: Sequence[float] | None = None, force_parity: bool = False
    ) -> None:
        """Set a mesh whose steps are not longer than a distance.

        :param distance: in 1/ångström, with the factor 2 pi.
        :param offset: the shift of the mesh in steps of it.
        :param force_parity: whether the numbers of points along periods are made even.
        :raises AttributeError: if there is no cell.
        """
        if 'cell' not in self.base.attributes:
            raise AttributeError(f'{self} has no cell, without which there is no density: use `set_cell`')
        mesh = []
        for vector, periodic in zip(self.reciprocal_cell, self.pbc, strict=True):
            length = math.sqrt(sum(float(component) ** 2 for component in vector))
            # Rounded, so that a length that is a multiple of the distance but for its last digit gives that multiple.
            number = max(math.ceil(round(length / distance, 5)), 1) if periodic else 1
            mesh.append(number + number % 2 if force_parity and periodic else number)
        self.set_kpoints_mesh(mesh, offset=offset)

    # lists

    def _validate_kpoints_weights(self, kpoints: Any, weights: Any) -> tuple[Any, Any]:
        """Return points and weights as arrays of floats.

        :raises ValueError: if they are not numbers, or there is not one weight per point.
        """
        import numpy as np

        points = np.array(kpoints)
        if points.size == 0:
            if self._dimension != 0:
                raise ValueError('the list of points is empty')
            points = np.zeros((1, 3))
        if points.dtype.kind not in 'fiu':
            raise ValueError(f'the coordinates of points are numbers, not {points.dtype}')
        points = points.astype(float)
        if points.ndim == 1 and self._dimension == 1:
            points = points.reshape(-1, 1)
        if points.ndim != 2 or points.shape[1] > 3:
            raise ValueError(f'a list of points has up to three coordinates per point, but its shape is {points.shape}')
        if weights is None:
            return points, None
        values = np.array(weights)
        if values.dtype.kind not in 'fiu':
            raise ValueError(f'weights are numbers, not {values.dtype}')
        if values.shape != (len(points),):
            raise ValueError(f'there are {len(points)} points, but weights of the shape {values.shape}')
        return points, values.astype(float)

    def set_kpoints(
        self,
        kpoints: Any,
        cartesian: bool = False,
        labels: Sequence[tuple[int, str]] | None = None,
        weights: Any = None,
        fill_values: float | Sequence[float] = 0,
    ) -> None:
        """Set a list of points.

        :param kpoints: one row per point; where the cell is not periodic along all vectors, coordinates along periods
            are enough.
        :param cartesian: whether they are in 1/ångström (with the factor 2 pi) instead of reciprocal lattice vectors.
        :param labels: pairs of a position in the list and a name.
        :param weights: one per point.
        :param fill_values: the coordinates that are left out.
        :raises ValueError: if values are not valid.
        :raises AttributeError: if Cartesian coordinates are given and there is no cell.
        :raises ModificationNotAllowed: if there is a mesh.
        """
        points, point_weights = self._validate_kpoints_weights(kpoints, weights)
        if 'mesh' in self.base.attributes:
            raise ModificationNotAllowed(f'{self} has a mesh: make another node for a list of points')
        if points.shape[1] < 3:
            points = self._fill(points, fill_values)
        if cartesian:
            points = self._change_reference(points, to_cartesian=False)
        self.set_array('kpoints', points)
        if labels is not None:
            self.labels = labels
        if point_weights is not None:
            self.set_array('weights', point_weights)

    def _fill(self, points: Any, fill_values: float | Sequence[float]) -> Any:
        """Return points with the coordinates that were left out."""
        import numpy as np

        missing = 3 - points.shape[1]
        periods = [axis for axis, periodic in enumerate(self.pbc) if periodic]
        others = [axis for axis in range(3) if axis not in periods]
        if len(periods) != points.shape[1]:
            raise ValueError(
                f'points have {points.shape[1]} coordinates, but the cell is periodic along {len(periods)} vectors: '
                'set `pbc`, or give three coordinates'
            )
        values = list(fill_values) if isinstance(fill_values, Sequence) else [fill_values] * missing
        if len(values) != missing:
            raise ValueError(f'{missing} `fill_values` are needed, not {len(values)}')
        filled = np.zeros((len(points), 3))
        filled[:, periods] = points
        filled[:, others] = values
        return filled

    def get_kpoints(self, also_weights: bool = False, cartesian: bool = False) -> Any:
        """Return the list of points, and with ``also_weights`` a pair of it and the weights.

        :param cartesian: whether they are in 1/ångström (with the factor 2 pi) instead of reciprocal lattice vectors.
        :raises AttributeError: if there is no list, no weights, or no cell where one is needed.
        """
        if 'kpoints' not in self.get_arraynames():
            raise AttributeError(f'{self} has no list of points; `get_kpoints_mesh` returns those of a mesh')
        points = self.get_array('kpoints')
        if cartesian:
            points = self._change_reference(points, to_cartesian=True)
        if not also_weights:
            return points
        if 'weights' not in self.get_arraynames():
            raise AttributeError(f'the points of {self} have no weights')
        return points, self.get_array('weights')
