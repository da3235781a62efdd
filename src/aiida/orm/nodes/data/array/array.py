"""A node that holds numpy arrays by name, each in a file of its own."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from aiida.common.exceptions import ValidationError
from aiida.common.warnings import warn_deprecation
from aiida.orm.nodes.data.data import Data
from aiida.orm.nodes.data.export_header import export_comments

if TYPE_CHECKING:
    import numpy as np

__all__ = ('ArrayData',)


class ArrayData(Data):
    """Arrays by name. The array ``x`` is the file ``x.npy``; the attribute ``array|x`` is its shape, for queries."""

    array_prefix = 'array|'
    default_array_name = 'default'

    #: Arrays that were read from a stored node.
    _cached_arrays: dict[str, np.ndarray[Any, Any]]

    def __init__(self, arrays: Any = None, **kwargs: Any) -> None:
        """
        :param arrays: a sequence of numbers (of any dimension), which gets the name ``default``; or several by name.
        :raises TypeError: if that is not what it is.
        """
        super().__init__(**kwargs)
        if arrays is None:
            return
        named = arrays if isinstance(arrays, dict) else {self.default_array_name: arrays}
        for name, array in named.items():
            if not isinstance(array, Iterable):
                raise TypeError(f'`arrays` is a sequence or a dictionary of sequences, but {name!r} is {array!r:.100}')
        import numpy as np

        for name, array in named.items():
            self.set_array(name, np.asarray(array))

    def initialize(self) -> None:
        """Begin with nothing read."""
        super().initialize()
        self._cached_arrays = {}

    @staticmethod
    def save_arrays(arrays: dict[str, np.ndarray[Any, Any]]) -> dict[str, bytes]:
        """Return arrays as the base64 text of their ``npy`` files."""
        warn_deprecation('`ArrayData.save_arrays` is deprecated, use `numpy.save` with `io.BytesIO`.', version=3)
        return {name: base64.encodebytes(_to_npy(array)) for name, array in arrays.items()}

    @staticmethod
    def load_arrays(arrays: dict[str, bytes]) -> dict[str, np.ndarray[Any, Any]]:
        """Return the arrays that :meth:`save_arrays` wrote."""
        warn_deprecation('`ArrayData.load_arrays` is deprecated, use `numpy.load` with `io.BytesIO`.', version=3)
        import numpy as np

        return {
            name: np.load(io.BytesIO(base64.decodebytes(text)), allow_pickle=False) for name, text in arrays.items()
        }

    @property
    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """All arrays by name."""
        return dict(self.get_iterarrays())

    def delete_array(self, name: str) -> None:
        """Remove an array.

        :raises KeyError: if there is none of this name.
        :raises ModificationNotAllowed: if the node is stored.
        """
        self._check_mutability_attributes([f'{self.array_prefix}{name}'])
        if f'{name}.npy' not in self.base.repository.list_object_names():
            raise KeyError(f'{self} has no array {name!r}, but {self.get_arraynames()}')
        self.base.repository.delete_object(f'{name}.npy')
        self.base.attributes.delete(f'{self.array_prefix}{name}')
        self._cached_arrays.pop(name, None)

    def get_arraynames(self) -> list[str]:
        """Return the names of the arrays."""
        return self._arraynames_from_properties()

    def _arraynames_from_files(self) -> list[str]:
        names = self.base.repository.list_object_names()
        return [name.removesuffix('.npy') for name in names if name.endswith('.npy')]

    def _arraynames_from_properties(self) -> list[str]:
        prefix = self.array_prefix
        return [key.removeprefix(prefix) for key in self._attributes_now() if key.startswith(prefix)]

    def get_shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array without reading it.

        :raises AttributeError: if there is none of this name.
        """
        return tuple(self.base.attributes.get(f'{self.array_prefix}{name}'))

    def get_iterarrays(self) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
        """Yield pairs of name and array, in alphabetical order."""
        for name in sorted(self.get_arraynames()):
            yield name, self.get_array(name)

    def get_array(self, name: str | None = None) -> np.ndarray[Any, Any]:
        """Return an array. It is a copy: what is done to it does not reach the node.

        :param name: may be left out if there is only one array.
        :raises KeyError: if there is none of this name.
        :raises ValueError: if ``name`` is left out and there is not exactly one.
        """
        if name is None:
            names = self.get_arraynames()
            if len(names) != 1:
                raise ValueError(f'{self} has {len(names)} arrays, {names}: say the `name` of the one you want')
            name = names[0]
        cached = self._cached_arrays.get(name)
        if cached is None:
            cached = self._read_array(name)
            if not self.is_stored:
                return cached
            self._cached_arrays[name] = cached
        return cached.copy()

    def _read_array(self, name: str) -> np.ndarray[Any, Any]:
        import numpy as np

        file = f'{name}.npy'
        if file not in self.base.repository.list_object_names():
            raise KeyError(f'{self} has no array {name!r}, but {self.get_arraynames()}')
        content = self.base.repository.get_object_content(file, mode='rb')
        array: np.ndarray[Any, Any] = np.load(io.BytesIO(content), allow_pickle=False)
        return array

    def clear_internal_cache(self) -> None:
        """Forget the arrays that were read, to free the memory."""
        self._cached_arrays = {}

    def set_array(self, name: str, array: np.ndarray[Any, Any]) -> None:
        """Set an array, or replace the one of this name.

        :param name: letters, digits and underscores.
        :raises TypeError: if it is no numpy array.
        :raises ValueError: if the name is not valid.
        :raises ModificationNotAllowed: if the node is stored.
        """
        import numpy as np

        if not isinstance(array, np.ndarray):
            raise TypeError(f'{name!r} is no numpy array but {type(array)}: convert it with `numpy.array`')
        self._validate_array_name(name)
        self._check_mutability_attributes([f'{self.array_prefix}{name}'])
        self.base.repository.put_object_from_filelike(io.BytesIO(_to_npy(array)), f'{name}.npy')
        self.base.attributes.set(f'{self.array_prefix}{name}', list(array.shape))
        self._cached_arrays.pop(name, None)

    def attach_file(self, name: str, fileobj: BinaryIO) -> None:
        """Set an array from the content of a ``npy`` file.

        :param name: the name of the array, with or without ``.npy``.
        :param fileobj: a handle opened for reading bytes.
        """
        import numpy as np

        self.set_array(name.removesuffix('.npy'), np.load(io.BytesIO(fileobj.read()), allow_pickle=False))

    def _validate_array_name(self, name: str) -> None:
        if not isinstance(name, str) or re.fullmatch(r'[A-Za-z0-9_]+', name) is None:
            raise ValueError(f'{name!r} is no name of an array: it has only letters, digits and underscores')

    def _validate(self) -> bool:
        super()._validate()
        files, properties = self._arraynames_from_files(), self._arraynames_from_properties()
        if set(files) != set(properties):
            raise ValidationError(
                f'the files and the attributes of {self} do not fit: arrays {sorted(files)} and {sorted(properties)}'
            )
        return True

    def _get_array_entries(self) -> dict[str, Any]:
        """Return the arrays as lists, with ``None`` for NaN and infinities."""
        return {name: clean_array(array) for name, array in self.get_iterarrays()}

    def _prepare_json(self, main_file_name: str = '', comments: bool = True) -> tuple[bytes, dict[str, bytes]]:
        """Write the arrays as lists in one JSON object."""
        content: dict[str, Any] = dict(self._get_array_entries())
        content['original_uuid'] = self.uuid
        if comments:
            content['comments'] = export_comments()
        return json.dumps(content).encode('utf-8'), {}


def _to_npy(array: np.ndarray[Any, Any]) -> bytes:
    import numpy as np

    handle = io.BytesIO()
    np.save(handle, array, allow_pickle=False)
    return handle.getvalue()


def clean_array(array: np.ndarray[Any, Any]) -> list[Any]:
    """Return an array as lists, with ``None`` for NaN and infinities and pairs for complex numbers."""
    import numpy as np

    if np.iscomplexobj(array):
        array = np.stack([array.real, array.imag], axis=-1)
    if array.dtype.kind == 'f':
        cleaned = array.astype(object)
        cleaned[~np.isfinite(array)] = None
        return list(cleaned.tolist())
    return list(array.tolist())
