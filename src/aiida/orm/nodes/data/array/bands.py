"""A node that holds energy bands, or other quantities that depend on points of reciprocal space."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ValidationError
from aiida.orm.nodes.data.array.bandplot import BandPlot
from aiida.orm.nodes.data.array.kpoints import KpointsData
from aiida.orm.nodes.data.export_header import export_comments

if TYPE_CHECKING:
    import numpy as np

__all__ = ('BandsData', 'find_bandgap')


class BandsData(KpointsData):
    """Bands on a list of points: an array (points, bands), or (spins, points, bands), with occupations if known."""

    def __init__(self, *, array_labels: list[str] | None = None, units: str | None = None, **kwargs: Any) -> None:
        """
        :param array_labels: names of the arrays, such as those of spins.
        :param units: the units of the bands.
        :param kwargs: as for :class:`~aiida.orm.nodes.data.array.kpoints.KpointsData`.
        """
        arrays = kwargs.get('arrays')
        bands, occupations = None, None
        if isinstance(arrays, dict):
            rest = dict(arrays)
            bands, occupations = rest.pop('bands', None), rest.pop('occupations', None)
            kwargs['arrays'] = rest or None
        super().__init__(**kwargs)
        self.units = str(units)
        if bands is not None:
            self.set_bands(bands, units=units, occupations=occupations, labels=array_labels)

    def set_kpointsdata(self, kpointsdata: KpointsData) -> None:
        """Take the points, with labels, weights and cell, from another node.

        :raises ValueError: if it is no KpointsData.
        :raises AttributeError: if it has a mesh instead of a list.
        """
        if not isinstance(kpointsdata, KpointsData):
            raise ValueError(f'a KpointsData is needed, not {type(kpointsdata)}')
        if 'cell' in kpointsdata.base.attributes:
            self._set_cell(kpointsdata.cell)
        self._set_pbc(kpointsdata.pbc)
        weights = kpointsdata.get_array('weights') if 'weights' in kpointsdata.get_arraynames() else None
        self.set_kpoints(kpointsdata.get_kpoints(), weights=weights, labels=kpointsdata.labels or [])

    def _validate_bands_occupations(self, bands: Any, occupations: Any = None, labels: Any = None) -> tuple[Any, ...]:
        """Return bands, occupations and labels as they are kept.

        :raises AttributeError: if there are no points yet.
        :raises ValueError: if shapes do not fit.
        :raises ValidationError: if labels do not.
        """
        try:
            points = self.get_shape('kpoints')[0]
        except AttributeError as exception:
            raise AttributeError('set the points first, with `set_kpointsdata`, then the bands') from exception
        the_bands = _numbers('bands', bands)
        if the_bands.ndim not in (2, 3):
            raise ValueError(f'bands are of the shape (points, bands) or (spins, points, bands), not {the_bands.shape}')
        if the_bands.shape[-2] != points:
            raise ValueError(f'there are {points} points, but bands for {the_bands.shape[-2]}')
        the_occupations = None if occupations is None else _numbers('occupations', occupations)
        if the_occupations is not None and the_occupations.shape != the_bands.shape:
            raise ValueError(f'bands have the shape {the_bands.shape}, but occupations {the_occupations.shape}')
        return the_bands, the_occupations, self._valid_labels(labels, the_bands)

    @staticmethod
    def _valid_labels(labels: Any, bands: Any) -> list[str] | None:
        if labels is None:
            return None
        names = [labels] if isinstance(labels, str) else labels
        if not isinstance(names, list | tuple) or any(not isinstance(name, str) for name in names):
            raise ValidationError(f'the labels of bands are strings, not {labels!r}')
        number = len(bands) if bands.ndim == 3 else 1
        if len(names) != number:
            raise ValidationError(f'there are {number} arrays of bands, but {len(names)} labels')
        return [str(name) for name in names]

    def set_bands(self, bands: Any, units: str | None = None, occupations: Any = None, labels: Any = None) -> None:
        """Set the bands; the points are there already.

        :param bands: of the shape (points, bands), or (spins, points, bands).
        :param units: their units.
        :param occupations: of the same shape.
        :param labels: names of the arrays, one per spin.
        :raises AttributeError: if there are no points yet.
        :raises ValueError: if shapes do not fit, or values are no numbers.
        """
        the_bands, the_occupations, the_labels = self._validate_bands_occupations(bands, occupations, labels)
        self.set_array('bands', the_bands)
        self.units = str(units)
        if the_labels is not None:
            self.base.attributes.set('array_labels', the_labels)
        if the_occupations is not None:
            self.set_array('occupations', the_occupations)

    @property
    def array_labels(self) -> list[str] | None:
        """The names of the arrays, such as those of spins."""
        labels: list[str] | None = self.base.attributes.get('array_labels', None)
        return labels

    @property
    def units(self) -> str:
        """The units of the bands."""
        return str(self.base.attributes.get('units'))

    @units.setter
    def units(self, value: Any) -> None:
        self.base.attributes.set('units', str(value))

    def _set_pbc(self, value: Any) -> None:
        super()._set_pbc(value)

    def get_bands(self, also_occupations: bool = False, also_labels: bool = False) -> Any:
        """Return the bands, or a list of them and what else is asked for.

        :param also_occupations: whether occupations are added.
        :param also_labels: whether the names of the arrays are added, ``None`` if there are none.
        :raises AttributeError: if there are no bands, or no occupations.
        """
        names = self.get_arraynames()
        if 'bands' not in names:
            raise AttributeError(f'{self} has no bands')
        bands = self.get_array('bands')
        if not also_occupations and not also_labels:
            return bands
        found: list[Any] = [bands]
        if also_occupations:
            if 'occupations' not in names:
                raise AttributeError(f'the bands of {self} have no occupations')
            found.append(self.get_array('occupations'))
        if also_labels:
            found.append(self.array_labels)
        return found

    # formats

    def _get_bandplot_data(
        self,
        cartesian: bool,
        prettify_format: str | None = None,
        join_symbol: str | None = None,
        get_segments: bool = False,
        y_origin: float = 0.0,
    ) -> dict[str, Any]:
        """Return what a plot needs: ``x`` (length along the path), ``y``, labels with their x, and pieces of the path.


        :param cartesian: whether lengths are in 1/ångström instead of reciprocal lattice vectors.
        :param prettify_format: ``latex``, ``gnuplot`` or ``pass`` (also with ``_seekpath``): how labels are written.
        :param join_symbol: what stands between labels at the same place.
        :param get_segments: whether the pieces of the path are included.
        :param y_origin: what counts as zero.
        """
        return BandPlot(self, cartesian).data(prettify_format, join_symbol, get_segments, y_origin)

    def _get_band_segments(self, cartesian: bool) -> dict[str, Any]:
        """Return label, pieces of the path, and the path as pairs of labels."""
        data = self._get_bandplot_data(cartesian=cartesian, get_segments=True)
        return {'label': self.label, 'path': data['path'], 'paths': data['paths']}

    def _prepare_json(self, main_file_name: str = '', comments: bool = True) -> tuple[bytes, dict[str, bytes]]:
        """Write the pieces of the path with their bands."""
        content = {**self._get_band_segments(cartesian=True), 'original_uuid': self.uuid}
        if comments:
            content['comments'] = export_comments()
        return json.dumps(content).encode('utf-8'), {}

    def _prepare_dat_multicolumn(
        self, main_file_name: str = '', comments: bool = True
    ) -> tuple[bytes, dict[str, bytes]]:
        """Write one line per point: the length along the path, then the bands."""
        plot = BandPlot(self, 'cell' in self.base.attributes)
        lines = plot.header() if comments else []
        lines += ['\t'.join(f'{value:.8f}' for value in (x, *row)) for x, row in zip(plot.x, plot.y, strict=True)]
        return ('\n'.join(lines) + '\n').encode('utf-8'), {}

    def _prepare_dat_blocks(self, main_file_name: str = '', comments: bool = True) -> tuple[bytes, dict[str, bytes]]:
        """Write one block per band: lines of the length along the path and the energy."""
        plot = BandPlot(self, 'cell' in self.base.attributes)
        lines = plot.header() if comments else []
        for band in plot.y.T:
            lines += [f'{x:.8f}\t{energy:.8f}' for x, energy in zip(plot.x, band, strict=True)]
            lines += ['', '']
        return '\n'.join(lines).encode('utf-8'), {}

    def _prepare_gnuplot(
        self,
        main_file_name: str | None = None,
        title: str = '',
        comments: bool = True,
        prettify_format: str | None = None,
        y_max_lim: float | None = None,
        y_min_lim: float | None = None,
        y_origin: float = 0.0,
    ) -> tuple[bytes, dict[str, bytes]]:
        """Write a script for gnuplot, and the bands it plots to a file beside it."""
        plot = BandPlot(self, 'cell' in self.base.attributes)
        return plot.gnuplot(
            main_file_name or 'band.gnu', title, comments, prettify_format, y_min_lim, y_max_lim, y_origin
        )

    def _prepare_mpl_png(self, main_file_name: str = '', *args: Any, **kwargs: Any) -> tuple[bytes, dict[str, bytes]]:
        """Draw the bands as PNG."""
        return BandPlot(self, 'cell' in self.base.attributes).draw('png', **kwargs), {}

    def _prepare_mpl_pdf(self, main_file_name: str = '', *args: Any, **kwargs: Any) -> tuple[bytes, dict[str, bytes]]:
        """Draw the bands as PDF."""
        return BandPlot(self, 'cell' in self.base.attributes).draw('pdf', **kwargs), {}

    def show_mpl(self, **kwargs: Any) -> None:
        """Show the bands in a window of matplotlib.

        :param kwargs: ``title``, ``legend``, ``y_min_lim``, ``y_max_lim``, ``y_origin``, ``prettify_format``.
        """
        import matplotlib.pyplot as plt

        BandPlot(self, 'cell' in self.base.attributes).figure(**kwargs)
        plt.show()


def _numbers(name: str, values: Any) -> np.ndarray[Any, Any]:
    import numpy as np

    array = np.array(values)
    if array.dtype.kind not in 'fiu':
        raise ValueError(f'{name} are numbers, not {array.dtype}')
    return array


def find_bandgap(
    bandsdata: BandsData, number_electrons: int | None = None, fermi_energy: float | None = None
) -> tuple[bool, float | None]:
    """Return whether bands are those of an insulator, and the gap, ``None`` for a metal.

    What is occupied follows from the Fermi energy if there is one, else from the number of electrons, else from the
    occupations of the bands.

    :param number_electrons: per cell; a band takes two of them, or one if there are bands of two spins.
    :param fermi_energy: in the units of the bands.
    :raises AttributeError: if none of the three is known.
    :raises ValueError: if there are fewer bands than electrons need, or all bands are on one side of the Fermi energy.
    """
    import numpy as np

    bands = np.asarray(bandsdata.get_bands(), dtype=float)
    spins = len(bands) if bands.ndim == 3 else 1
    levels = np.concatenate(list(bands), axis=1) if bands.ndim == 3 else bands
    if fermi_energy is not None:
        return _gap_at(levels, fermi_energy)
    if number_electrons is None:
        _, occupations = bandsdata.get_bands(also_occupations=True)
        filled = np.concatenate(list(occupations), axis=1) if bands.ndim == 3 else np.asarray(occupations)
        number_electrons = round(float(filled.sum(axis=1).mean()))
    per_level = 2 if spins == 1 else 1
    if number_electrons % per_level:
        return False, None
    occupied = round(number_electrons / per_level)
    levels = np.sort(levels, axis=1)
    if occupied >= levels.shape[1]:
        raise ValueError(
            f'{number_electrons} electrons fill {occupied} of {levels.shape[1]} levels: a gap ends at an empty one'
        )
    return _gap_between(levels[:, occupied - 1].max(), levels[:, occupied].min())


def _gap_at(levels: Any, fermi_energy: float) -> tuple[bool, float | None]:
    if levels.max() < fermi_energy:
        raise ValueError(f'the Fermi energy {fermi_energy} is above all bands')
    if levels.min() > fermi_energy:
        raise ValueError(f'the Fermi energy {fermi_energy} is below all bands')
    below = (levels < fermi_energy).sum(axis=1)
    if (below != below[0]).any() or (levels == fermi_energy).any():
        return False, None
    return _gap_between(levels[levels < fermi_energy].max(), levels[levels > fermi_energy].min())


def _gap_between(homo: Any, lumo: Any) -> tuple[bool, float | None]:
    return (True, float(lumo - homo)) if lumo > homo else (False, None)
