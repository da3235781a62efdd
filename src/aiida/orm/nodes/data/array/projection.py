"""A node that holds projections of bands onto orbitals, or the density of states by orbital."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import NotExistent, ValidationError
from aiida.orm.nodes.data.array.array import ArrayData
from aiida.orm.nodes.data.orbital import OrbitalData

if TYPE_CHECKING:
    import numpy as np

    from aiida.orm.nodes.data.array.bands import BandsData

__all__ = ('ProjectionData',)

Array = Any


class ProjectionData(OrbitalData, ArrayData):
    """For each orbital an array of projections (of the shape of the bands), or energies with a density of states."""

    def _check_projections_bands(self, projection_array: np.ndarray[Any, Any]) -> None:
        """
        :raises ValidationError: if there are no bands, or they have another shape.
        """
        try:
            bands = self.get_reference_bandsdata()
        except AttributeError as exception:
            raise ValidationError('set the bands first, with `set_reference_bandsdata`') from exception
        if bands.get_shape('bands') != projection_array.shape:
            raise ValidationError(
                f'projections have the shape of the bands, {bands.get_shape("bands")}, not {projection_array.shape}'
            )

    def set_reference_bandsdata(self, value: BandsData | int | str) -> None:
        """Say which bands are projected.

        :param value: the node, its pk or its uuid.
        :raises NotExistent: if there is no such node.
        :raises ValidationError: if it holds no bands.
        """
        from aiida.orm.nodes.data.array.bands import BandsData
        from aiida.orm.utils.loaders import load_node

        if isinstance(value, BandsData):
            node: Any = value
        else:
            try:
                node = load_node(value)
            except (NotExistent, TypeError, ValueError) as exception:
                raise NotExistent(f'there are no bands {value!r}') from exception
        if not isinstance(node, BandsData):
            raise ValidationError(f'{node} is no BandsData')
        self.base.attributes.set('reference_bandsdata_uuid', node.uuid)
        self._bands = node

    def get_reference_bandsdata(self) -> BandsData:
        """Return the bands that are projected.

        :raises AttributeError: if that was not said.
        :raises NotExistent: if they are not in the store.
        """
        from aiida.orm.utils.loaders import load_node

        uuid = self.base.attributes.get('reference_bandsdata_uuid', None)
        if uuid is None:
            raise AttributeError(f'{self} does not say which bands are projected')
        known: BandsData | None = self.__dict__.get('_bands')
        if known is not None and known.uuid == uuid:
            return known
        found: Any = load_node(uuid=uuid)
        return found  # type: ignore[no-any-return]

    def _find_orbitals_and_indices(self, **kwargs: Any) -> tuple[list[int], list[Any]]:
        """Return the positions and the orbitals whose fields have certain values."""
        everything = self.get_orbitals()
        wanted = self.get_orbitals(**kwargs)
        dictionaries = [orbital.get_orbital_dict() for orbital in wanted]
        indices = [n for n, orbital in enumerate(everything) if orbital.get_orbital_dict() in dictionaries]
        return indices, [everything[index] for index in indices]

    def get_pdos(self, **kwargs: Any) -> list[tuple[Any, Array, Array]]:
        """Return orbital, energies and density of states of each orbital, or of those with certain fields.

        :param kwargs: fields and their values, such as ``angular_momentum=1``.
        :raises KeyError: if there is no density of states.
        """
        indices, orbitals = self._find_orbitals_and_indices(**kwargs)
        names = [self._from_index_to_arrayname(index) for index in indices]
        return [
            (orbital, self.get_array(f'energy_{name}'), self.get_array(f'pdos_{name}'))
            for orbital, name in zip(orbitals, names, strict=True)
        ]

    def get_projections(self, **kwargs: Any) -> list[tuple[Any, Array]]:
        """Return orbital and projections of each orbital, or of those with certain fields.

        :param kwargs: fields and their values, such as ``angular_momentum=1``.
        :raises KeyError: if there are no projections.
        """
        indices, orbitals = self._find_orbitals_and_indices(**kwargs)
        names = [self._from_index_to_arrayname(index) for index in indices]
        pairs = zip(orbitals, names, strict=True)
        return [(orbital, self.get_array(f'proj_{name}')) for orbital, name in pairs]

    @staticmethod
    def _from_index_to_arrayname(index: int) -> str:
        return f'array_{index}'

    def set_projectiondata(
        self,
        list_of_orbitals: Any,
        list_of_projections: Any = None,
        list_of_energy: Any = None,
        list_of_pdos: Any = None,
        tags: Sequence[str] | None = None,
        bands_check: bool = True,
    ) -> None:
        """Set orbitals with projections, or with energies and densities of states, or with all of that.

        :param list_of_orbitals: one or several.
        :param list_of_projections: one array per orbital.
        :param list_of_energy: one array per orbital.
        :param list_of_pdos: one array per orbital, of the shape of the energies.
        :param tags: one text per orbital.
        :param bands_check: whether projections are checked to have the shape of the bands.
        :raises ValidationError: if something is missing, or numbers and shapes do not fit.
        """
        import numpy as np

        orbitals = list(list_of_orbitals) if isinstance(list_of_orbitals, list | tuple) else [list_of_orbitals]
        given = {
            'proj': _arrays(list_of_projections, 'list_of_projections', len(orbitals)),
            'energy': _arrays(list_of_energy, 'list_of_energy', len(orbitals)),
            'pdos': _arrays(list_of_pdos, 'list_of_pdos', len(orbitals)),
        }
        if (given['energy'] is None) != (given['pdos'] is None):
            raise ValidationError('`list_of_pdos` and `list_of_energy` go together')
        if given['proj'] is None and given['pdos'] is None:
            raise ValidationError('there are neither projections nor densities of states')
        for energy, density in zip(given['energy'] or [], given['pdos'] or [], strict=True):
            if np.shape(energy) != np.shape(density):
                raise ValidationError('energies and densities of states have the same shape, but these have not')
        if bands_check:
            for projection in given['proj'] or []:
                self._check_projections_bands(projection)
        if tags is not None and (len(tags) != len(orbitals) or any(not isinstance(tag, str) for tag in tags)):
            raise ValidationError(f'there is one text per orbital in `tags`, {len(orbitals)} of them, not {tags!r}')
        super().set_orbitals(orbitals)
        for prefix, arrays in given.items():
            for index, array in enumerate(arrays or []):
                self.set_array(f'{prefix}_{self._from_index_to_arrayname(index)}', array)
        if tags is not None:
            self.base.attributes.set('tags', list(tags))

    def set_orbitals(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Not possible: orbitals have projections.

        :raises NotImplementedError: always; use :meth:`set_projectiondata`.
        """
        raise NotImplementedError('set orbitals together with their projections: use `set_projectiondata`')


def _arrays(values: Any, name: str, number: int) -> list[Array] | None:
    """Return one array per orbital, ``None`` if there are none.

    :raises ValidationError: if there are more or less, or something else than arrays.
    """
    import numpy as np

    if values is None:
        return None
    arrays = list(values) if isinstance(values, list | tuple) else [values]
    if any(not isinstance(array, np.ndarray) for array in arrays):
        raise ValidationError(f'`{name}` is one numpy array per orbital')
    if len(arrays) != number:
        raise ValidationError(f'`{name}` has {len(arrays)} arrays, but there are {number} orbitals')
    return arrays
