"""A node that holds the positions of atoms over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ValidationError
from aiida.orm.nodes.data.array.array import ArrayData
from aiida.orm.nodes.data.crystal.formats import read_xyz
from aiida.orm.nodes.data.crystal.species import ATOMIC_NUMBERS

if TYPE_CHECKING:
    import numpy as np

    from aiida.orm.nodes.data.structure import Kind, StructureData

__all__ = ('TrajectoryData',)

Array = Any


class TrajectoryData(ArrayData):
    """Steps of atoms that stay the same: positions (ångström), and as far as known cells, times (ps) and velocities."""

    def __init__(self, structurelist: Sequence[StructureData] | None = None, **kwargs: Any) -> None:
        """
        :param structurelist: one structure per step, all with the same atoms in the same order.
        """
        super().__init__(**kwargs)
        if structurelist is not None:
            self.set_structurelist(structurelist)

    def _internal_validate(
        self,
        stepids: Array,
        cells: Array,
        symbols: list[str],
        positions: Array,
        times: Array,
        velocities: Array,
        pbc: Any,
    ) -> None:
        """
        :raises TypeError: if a value is of another type.
        :raises ValueError: if shapes do not fit to each other.
        """
        if not isinstance(symbols, list) or any(not isinstance(symbol, str) for symbol in symbols):
            raise TypeError(f'`symbols` is a list of strings, one per atom, not {symbols!r:.100}')
        _check_array('positions', positions, 'f', (None, len(symbols), 3))
        steps = len(positions)
        if stepids is not None:
            _check_array('stepids', stepids, 'iu', (steps,))
        if cells is not None:
            _check_array('cells', cells, 'f', (steps, 3, 3))
        if times is not None:
            _check_array('times', times, 'f', (steps,))
        if velocities is not None:
            _check_array('velocities', velocities, 'f', (steps, len(symbols), 3))
        if pbc is not None and (
            not isinstance(pbc, list | tuple) or len(pbc) != 3 or any(not isinstance(value, bool) for value in pbc)
        ):
            raise ValueError(f'`pbc` is three booleans, not {pbc!r}')
        if pbc is not None and cells is None and any(pbc):
            raise ValueError(f'there are no cells, so nothing can be periodic, but `pbc` is {pbc}')

    def set_trajectory(
        self,
        symbols: list[str],
        positions: np.ndarray[Any, Any],
        stepids: np.ndarray[Any, Any] | None = None,
        cells: np.ndarray[Any, Any] | None = None,
        times: np.ndarray[Any, Any] | None = None,
        velocities: np.ndarray[Any, Any] | None = None,
        pbc: tuple[bool, bool, bool] | list[bool] | None = None,
    ) -> None:
        """Set everything; what is left out is removed.

        :param symbols: one per atom.
        :param positions: of the shape (steps, atoms, 3), in ångström.
        :param stepids: numbers of the steps, from 0 on by default.
        :param cells: of the shape (steps, 3, 3), in ångström.
        :param times: in ps.
        :param velocities: of the shape (steps, atoms, 3), in ångström/ps.
        :param pbc: which cell vectors are periods: all by default if there are cells, none otherwise.
        :raises TypeError: if a value is of another type.
        :raises ValueError: if shapes do not fit to each other.
        """
        import numpy as np

        self._internal_validate(stepids, cells, symbols, positions, times, velocities, pbc)
        self.base.attributes.set('symbols', list(symbols))
        self.base.attributes.set('pbc', tuple(pbc) if pbc is not None else (cells is not None,) * 3)
        arrays = {
            'positions': positions,
            'steps': np.arange(len(positions)) if stepids is None else stepids,
            'cells': cells,
            'times': times,
            'velocities': velocities,
        }
        present = self.get_arraynames()
        for name, array in arrays.items():
            if array is not None:
                self.set_array(name, array)
            elif name in present:
                self.delete_array(name)

    def set_structurelist(self, structurelist: Sequence[StructureData]) -> None:
        """Set symbols, positions and cells from one structure per step.

        :raises ValueError: if there is none, or they do not have the same atoms and periodic boundary conditions.
        """
        import numpy as np

        if not structurelist:
            raise ValueError('a trajectory of structures needs at least one')
        first = structurelist[0]
        symbols, pbc = _symbols_of(first), first.pbc
        for structure in structurelist:
            if _symbols_of(structure) != symbols:
                raise ValueError(
                    'the structures of a trajectory have the same atoms in the same order, but these have not'
                )
            if structure.pbc != pbc:
                raise ValueError('the structures of a trajectory have the same periods, but these have not')
        cells = np.array([structure.cell for structure in structurelist])
        positions = np.array([[site.position for site in structure.sites] for structure in structurelist])
        self.set_trajectory(symbols=symbols, positions=positions, cells=cells, pbc=pbc)

    def _validate(self) -> bool:
        super()._validate()
        try:
            self._internal_validate(
                self.get_stepids(),
                self.get_cells(),
                list(self.symbols),
                self.get_positions(),
                self.get_times(),
                self.get_velocities(),
                self.pbc,
            )
        except (AttributeError, KeyError, TypeError, ValueError) as exception:
            raise ValidationError(f'{self} is no valid trajectory: {exception}') from exception
        return True

    @property
    def numsteps(self) -> int:
        """The number of steps, 0 if nothing is set."""
        return self._size('steps', 0)

    @property
    def numsites(self) -> int:
        """The number of atoms, 0 if nothing is set."""
        return self._size('positions', 1)

    def _size(self, name: str, axis: int) -> int:
        try:
            return self.get_shape(name)[axis]
        except (AttributeError, IndexError):
            return 0

    def _array_or_none(self, name: str) -> Array:
        return self.get_array(name) if name in self.get_arraynames() else None

    def get_stepids(self) -> np.ndarray[Any, Any]:
        """Return the numbers of the steps.

        :raises KeyError: if nothing is set.
        """
        return self.get_array('steps')

    def get_times(self) -> np.ndarray[Any, Any] | None:
        """Return the times of the steps in ps."""
        array: np.ndarray[Any, Any] | None = self._array_or_none('times')
        return array

    def get_cells(self) -> np.ndarray[Any, Any] | None:
        """Return the cells of the steps in ångström."""
        array: np.ndarray[Any, Any] | None = self._array_or_none('cells')
        return array

    @property
    def symbols(self) -> list[str]:
        """The symbols of the atoms."""
        return list(self.base.attributes.get('symbols'))

    @property
    def pbc(self) -> tuple[bool, bool, bool]:
        """Which cell vectors are periods."""
        default = (self.get_cells() is not None,) * 3
        one, two, three = self.base.attributes.get('pbc', default)
        return (one, two, three)

    def get_positions(self) -> np.ndarray[Any, Any]:
        """Return the positions in ångström, of the shape (steps, atoms, 3).

        :raises KeyError: if nothing is set.
        """
        return self.get_array('positions')

    def get_velocities(self) -> np.ndarray[Any, Any] | None:
        """Return the velocities in ångström/ps, of the shape (steps, atoms, 3)."""
        array: np.ndarray[Any, Any] | None = self._array_or_none('velocities')
        return array

    def get_index_from_stepid(self, stepid: int) -> int:
        """Return the position of a step by its number.

        :raises ValueError: if there is none of this number.
        """
        import numpy as np

        found = np.flatnonzero(self.get_stepids() == stepid)
        if not len(found):
            raise ValueError(f'{self} has no step {stepid}')
        return int(found[0])

    def get_step_data(self, index: int) -> tuple[int, float | None, Array, list[str], Array, Array]:
        """Return number, time, cell, symbols, positions and velocities of a step.

        :param index: its position.
        :raises IndexError: if there are fewer steps.
        """
        if not -self.numsteps <= index < self.numsteps:
            raise IndexError(f'{self} has {self.numsteps} steps, there is none at position {index}')
        times, cells, velocities = self.get_times(), self.get_cells(), self.get_velocities()
        return (
            int(self.get_stepids()[index]),
            None if times is None else float(times[index]),
            None if cells is None else cells[index],
            self.symbols,
            self.get_positions()[index],
            None if velocities is None else velocities[index],
        )

    def get_step_structure(self, index: int, custom_kinds: list[Kind] | None = None) -> StructureData:
        """Return the structure of a step, not stored.

        :param index: its position.
        :param custom_kinds: the kinds of the atoms, each by the name that is its symbol in the trajectory.
        :raises IndexError: if there are fewer steps.
        :raises ValueError: if there is not exactly one kind per symbol.
        """
        from aiida.orm.nodes.data.structure import Kind, Site, StructureData

        _, _, cell, symbols, positions, _ = self.get_step_data(index)
        kinds = [Kind(symbols=symbol) for symbol in dict.fromkeys(symbols)] if custom_kinds is None else custom_kinds
        names = [kind.name for kind in kinds]
        if set(names) != set(symbols) or len(set(names)) != len(names):
            raise ValueError(
                f'one kind for each of the symbols {sorted(set(symbols))} is needed, but there are {names}'
            )
        structure = StructureData(cell=None if cell is None else cell.tolist(), pbc=self.pbc)
        for kind in kinds:
            structure.append_kind(kind)
        for symbol, position in zip(symbols, positions, strict=True):
            structure.append_site(Site(kind_name=symbol, position=position))
        return structure

    def get_structure(self, store: bool = False, **kwargs: Any) -> StructureData:
        """Return the structure of a step.

        :param store: whether it is stored, with the calculation that took it out of the trajectory as its creator.
        :param kwargs: ``index`` and, if wanted, ``custom_kinds``, as for :meth:`get_step_structure`.
        """
        if not store:
            return self.get_step_structure(**kwargs)
        from aiida.orm.nodes.data.dict import Dict
        from aiida.orm.utils.upstairs import upstairs

        function = upstairs('aiida.tools.data.array.trajectory:_get_aiida_structure_inline')
        structure: StructureData = function(trajectory=self, parameters=Dict(kwargs), metadata={})['structure']
        return structure

    def get_cif(self, index: int | None = None, **kwargs: Any) -> Any:
        """Return a step as a :class:`~aiida.orm.nodes.data.cif.CifData`, not stored.

        :param index: its position, the last one by default.
        """
        return self.get_step_structure(-1 if index is None else index).get_cif(**kwargs)

    # formats

    def _prepare_xsf(self, index: int | None = None, main_file_name: str = '') -> tuple[bytes, dict[str, bytes]]:
        """Write the steps (or one of them) as an animation that XCrySDen reads."""
        steps = range(self.numsteps) if index is None else [index]
        cells = self.get_cells()
        if cells is None:
            raise ValueError(f'{self} has no cells, which the format needs')
        positions, numbers = self.get_positions(), [ATOMIC_NUMBERS[symbol] for symbol in self.symbols]
        lines = [f'ANIMSTEPS {len(steps)}', 'CRYSTAL']
        for count, step in enumerate(steps, start=1):
            lines.append(f'PRIMVEC {count}')
            lines += [' '.join(f'{value:18.5f}' for value in vector) for vector in cells[step]]
            lines += [f'PRIMCOORD {count}', f'{len(numbers)} 1']
            for number, position in zip(numbers, positions[step], strict=True):
                lines.append(f'{number} ' + ' '.join(f'{value:18.10f}' for value in position))
        return ('\n'.join(lines) + '\n').encode('utf-8'), {}

    def _prepare_cif(
        self, trajectory_index: int | None = None, main_file_name: str = ''
    ) -> tuple[bytes, dict[str, bytes]]:
        """Write the steps (or one of them) one after the other as CIF."""
        steps = range(self.numsteps) if trajectory_index is None else [trajectory_index]
        return b'\n'.join(self.get_cif(index).content for index in steps), {}

    def _parse_xyz_pos(self, inputstring: str) -> None:
        """Take symbols and positions (ångström) from the frames of an XYZ text."""
        import numpy as np

        symbols, positions = _read_frames(inputstring)
        self.set_trajectory(
            symbols=symbols, positions=np.array(positions), cells=self.get_cells(), times=self.get_times(), pbc=self.pbc
        )

    def _parse_xyz_vel(self, inputstring: str) -> None:
        """Take velocities (ångström/ps) from the frames of an XYZ text; positions are there already."""
        import numpy as np

        symbols, velocities = _read_frames(inputstring)
        if 'positions' not in self.get_arraynames():
            raise ValidationError('import the positions first, then the velocities')
        if symbols != self.symbols:
            raise ValidationError('the velocities are those of other atoms than the positions')
        array = np.array(velocities)
        _check_array('velocities', array, 'f', tuple(self.get_shape('positions')))
        self.set_array('velocities', array)

    def show_mpl_pos(self, **kwargs: Any) -> None:
        """Plot the coordinates of atoms over time with matplotlib.

        :param kwargs: ``elements`` or ``indices`` (the atoms, all by default), ``mintime``, ``maxtime``, ``stepsize``.
        """
        import matplotlib.pyplot as plt

        stepsize = kwargs.pop('stepsize', 1)
        times, label = self._time_axis()
        positions, atoms = self.get_positions()[::stepsize], self._chosen_atoms(kwargs)
        mintime, maxtime = kwargs.pop('mintime', None), kwargs.pop('maxtime', None)
        kwargs.pop('dont_block', None)
        if kwargs:
            raise TypeError(f'there is no use for {", ".join(kwargs)}')
        figure, axes = plt.subplots(3, sharex=True)
        for axis, name in enumerate('XYZ'):
            for atom in atoms:
                axes[axis].plot(times[::stepsize], positions[:, atom, axis], label=f'{self.symbols[atom]}{atom}')
            axes[axis].set_ylabel(f'{name} (Å)')
        axes[-1].set_xlabel(label)
        axes[-1].set_xlim(mintime, maxtime)
        figure.legend(*axes[0].get_legend_handles_labels())
        plt.show()

    def show_mpl_heatmap(self, **kwargs: Any) -> None:
        """Plot how often atoms are where, projected along the third axis, with matplotlib.

        :param kwargs: ``elements`` or ``indices`` (the atoms, all by default), ``bins``.
        """
        import matplotlib.pyplot as plt

        atoms, bins = self._chosen_atoms(kwargs), kwargs.pop('bins', 100)
        if kwargs:
            raise TypeError(f'there is no use for {", ".join(kwargs)}')
        positions = self.get_positions()[:, atoms]
        _, axes = plt.subplots()
        axes.hist2d(positions[..., 0].ravel(), positions[..., 1].ravel(), bins=bins)
        axes.set_xlabel('X (Å)')
        axes.set_ylabel('Y (Å)')
        axes.set_aspect('equal')
        plt.show()

    def _time_axis(self) -> tuple[Array, str]:
        times = self.get_times()
        return (self.get_stepids(), 'step') if times is None else (times, 'time (ps)')

    def _chosen_atoms(self, kwargs: dict[str, Any]) -> list[int]:
        elements, indices = kwargs.pop('elements', None), kwargs.pop('indices', None)
        chosen = range(self.numsites) if indices is None else indices
        return [atom for atom in chosen if elements is None or self.symbols[atom] in elements]


def _check_array(name: str, array: Array, kinds: str, shape: tuple[int | None, ...]) -> None:
    import numpy as np

    words = {'f': 'floats', 'iu': 'integers'}[kinds]
    if not isinstance(array, np.ndarray) or array.dtype.kind not in kinds:
        raise TypeError(f'`{name}` is a numpy array of {words}, not {getattr(array, "dtype", type(array))}')
    fits = len(array.shape) == len(shape) and all(
        wanted is None or size == wanted for size, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted_shape = ', '.join('steps' if size is None else str(size) for size in shape)
        raise ValueError(f'`{name}` has the shape ({wanted_shape}), not {array.shape}')


def _symbols_of(structure: StructureData) -> list[str]:
    symbols = {kind.name: kind.symbol for kind in structure.kinds}
    return [symbols[name] for name in structure.get_site_kindnames()]


def _read_frames(text: str) -> tuple[list[str], list[list[tuple[float, float, float]]]]:
    """Return the symbols and the vectors of each frame.

    :raises ValidationError: if there is no frame, or they do not have the same atoms.
    """
    symbols: list[str] | None = None
    vectors = []
    for _, _, atoms in read_xyz(text):
        frame = list(atoms)
        if symbols is not None and [symbol for symbol, _ in frame] != symbols:
            raise ValidationError('the frames do not have the same atoms in the same order')
        symbols = [symbol for symbol, _ in frame]
        vectors.append([vector for _, vector in frame])
    if symbols is None:
        raise ValidationError('the XYZ text has no frame')
    return symbols, vectors
