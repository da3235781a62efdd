"""A node that holds a curve, or several over the same abscissa."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import NotExistent
from aiida.orm.nodes.data.array.array import ArrayData

if TYPE_CHECKING:
    import numpy as np

__all__ = ('XyData',)


class XyData(ArrayData):
    """One array of x values and any number of arrays of y values, each with a name and units."""

    def __init__(
        self,
        x_array: Any = None,
        y_arrays: Any = None,
        *,
        x_name: str | None = None,
        x_units: str | None = None,
        y_names: str | list[str] | None = None,
        y_units: str | list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param x_array: the x values; all other parameters are needed with it.
        :param y_arrays: the y values, one array or several.
        :raises TypeError: if something is missing.
        """
        super().__init__(**kwargs)
        if x_array is None:
            return
        if y_arrays is None or x_name is None or x_units is None or y_names is None or y_units is None:
            raise TypeError(
                'with `x_array`, all of `y_arrays`, `x_name`, `x_units`, `y_names` and `y_units` are needed'
            )
        import numpy as np

        self.set_x(np.asarray(x_array), x_name, x_units)
        several = isinstance(y_arrays, list | tuple) and bool(y_arrays) and hasattr(y_arrays[0], '__len__')
        self.set_y([np.asarray(array) for array in y_arrays] if several else [np.asarray(y_arrays)], y_names, y_units)

    @staticmethod
    def _arrayandname_validator(array: np.ndarray[Any, Any], name: str, units: str) -> None:
        """
        :raises TypeError: if the name or the units are no strings, or the array no numpy array of numbers.
        """
        import numpy as np

        for what, text in (('name', name), ('units', units)):
            if not isinstance(text, str):
                raise TypeError(f'the {what} of an array is a string, not {text!r}')
        if not isinstance(array, np.ndarray):
            raise TypeError(f'{name!r} is no numpy array but {type(array)}')
        if array.dtype.kind not in 'iufb':
            raise TypeError(f'{name!r} is an array of {array.dtype}, not of real numbers')

    @property
    def x_name(self) -> str:
        """The name of the x values."""
        return str(self.base.attributes.get('x_name'))

    @property
    def x_units(self) -> str:
        """The units of the x values."""
        return str(self.base.attributes.get('x_units'))

    @property
    def y_names(self) -> list[str]:
        """The names of the y arrays."""
        return list(self.base.attributes.get('y_names'))

    @property
    def y_units(self) -> list[str]:
        """The units of the y arrays."""
        return list(self.base.attributes.get('y_units'))

    def set_x(self, x_array: np.ndarray[Any, Any], x_name: str, x_units: str) -> None:
        """Set the x values.

        :raises TypeError: if it is no numpy array of real numbers, or the name or the units no strings.
        """
        self._arrayandname_validator(x_array, x_name, x_units)
        self.base.attributes.set('x_name', x_name)
        self.base.attributes.set('x_units', x_units)
        self.set_array('x_array', x_array)

    def set_y(self, y_arrays: Any, y_names: str | Sequence[str], y_units: str | Sequence[str]) -> None:
        """Set the y values, one array or several; the x values are there already.

        :raises ValueError: if there are no x values, their shape is another one, or names and units do not fit.
        :raises TypeError: as for :meth:`set_x`.
        """
        arrays, names, units = (check_convert_single_to_tuple(item) for item in (y_arrays, y_names, y_units))
        if len(arrays) != len(names) or len(arrays) != len(units):
            raise ValueError(
                f'each array has a name and units, but there are {len(arrays)} arrays, {len(names)} names and '
                f'{len(units)} units'
            )
        try:
            shape = self.get_shape('x_array')
        except AttributeError as exception:
            raise ValueError('set the x values first, with `set_x`') from exception
        for array, name, unit in zip(arrays, names, units, strict=True):
            self._arrayandname_validator(array, name, unit)
            if array.shape != shape:
                raise ValueError(f'{name!r} has the shape {array.shape}, the x values have {shape}')
        for number, array in enumerate(arrays):
            self.set_array(f'y_array_{number}', array)
        self.base.attributes.set('y_names', list(names))
        self.base.attributes.set('y_units', list(units))

    def get_x(self) -> tuple[str, np.ndarray[Any, Any], str]:
        """Return name, values and units of x.

        :raises NotExistent: if they are not set.
        """
        if 'x_name' not in self.base.attributes:
            raise NotExistent(f'{self} has no x values')
        return self.x_name, self.get_array('x_array'), self.x_units

    def get_y(self) -> list[tuple[str, np.ndarray[Any, Any], str]]:
        """Return name, values and units of each y array.

        :raises NotExistent: if there is none.
        """
        if 'y_names' not in self.base.attributes:
            raise NotExistent(f'{self} has no y values')
        pairs = zip(self.y_names, self.y_units, strict=True)
        return [(name, self.get_array(f'y_array_{number}'), units) for number, (name, units) in enumerate(pairs)]


def check_convert_single_to_tuple(item: Any) -> Sequence[Any]:
    """Return a list or tuple as it is, anything else as the only item of one."""
    return item if isinstance(item, list | tuple) else [item]
