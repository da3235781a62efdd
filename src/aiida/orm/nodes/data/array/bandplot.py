"""What a plot of bands needs, and the plots."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiida.orm.nodes.data.export_header import export_comments

if TYPE_CHECKING:
    import numpy as np

    from aiida.orm.nodes.data.array.bands import BandsData

__all__ = ('BandPlot', 'prettify_label')

_GREEK = {
    'GAMMA': ('Γ', r'$\Gamma$'),
    'DELTA': ('Δ', r'$\Delta$'),
    'LAMBDA': ('Λ', r'$\Lambda$'),
    'SIGMA': ('Σ', r'$\Sigma$'),
}


def prettify_label(label: str, prettify_format: str | None) -> str:
    """Return a label as a program writes it: Greek names as letters, numbers as subscripts.

    :param prettify_format: one that begins with ``latex`` or ``gnuplot``; anything else leaves the label as it is.
    """
    if prettify_format is None or not prettify_format.startswith(('latex', 'gnuplot')):
        return label
    latex = prettify_format.startswith('latex')
    match = re.fullmatch(r'(.*?)_?(\d*)', label)
    name, number = match.groups() if match else (label, '')
    if name == 'G' and not prettify_format.endswith('seekpath'):
        name = 'GAMMA'
    letter = _GREEK.get(name, (name, name))[1 if latex else 0]
    if not number:
        return letter
    return f'{letter}$_{{{number}}}$' if latex else f'{letter}_{{{number}}}'


class BandPlot:
    """Bands over the length along their path; places where the path jumps have no length."""

    def __init__(self, bands: BandsData, cartesian: bool) -> None:
        """
        :param cartesian: whether lengths are in 1/ångström instead of reciprocal lattice vectors.
        """
        import numpy as np

        self._bands = bands
        self.labels = list(bands.labels or [])
        values = np.asarray(bands.get_bands(), dtype=float)
        self.spins = len(values) if values.ndim == 3 else 1
        self.y: np.ndarray[Any, Any] = np.concatenate(list(values), axis=1) if values.ndim == 3 else values
        self.band_types = np.repeat(np.arange(self.spins), values.shape[-1])
        self.x = self._lengths(bands.get_kpoints(cartesian=cartesian))

    def _lengths(self, points: Any) -> list[float]:
        """Return the length from the first point on; neighbours that both have labels are a jump."""
        import numpy as np

        labelled = {number for number, _ in self.labels}
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        x = [0.0]
        for number, step in enumerate(steps):
            jump = number in labelled and number + 1 in labelled
            x.append(x[-1] + (0.0 if jump else float(step)))
        return x

    def data(
        self, prettify_format: str | None, join_symbol: str | None, get_segments: bool, y_origin: float
    ) -> dict[str, Any]:
        """Return everything in one dictionary; see ``BandsData._get_bandplot_data``."""
        raw = [(self.x[number], label) for number, label in self.labels]
        data: dict[str, Any] = {
            'x': self.x,
            'y': self.y - y_origin,
            'band_type_idx': self.band_types,
            'raw_labels': raw,
            'labels': self.written_labels(prettify_format, join_symbol),
        }
        if get_segments:
            data['path'], data['paths'] = self.segments(y_origin)
        return data

    def written_labels(self, prettify_format: str | None, join_symbol: str | None) -> list[tuple[float, str]]:
        """Return x and text of each label; with ``join_symbol`` those at the same place are one."""
        labels = [(self.x[number], prettify_label(label, prettify_format)) for number, label in self.labels]
        if join_symbol is None:
            return labels
        joined: dict[float, list[str]] = {}
        for x, text in labels:
            names = joined.setdefault(x, [])
            if text not in names:
                names.append(text)
        return [(x, join_symbol.join(names)) for x, names in joined.items()]

    def segments(self, y_origin: float) -> tuple[list[list[str]], list[dict[str, Any]]]:
        """Return the path as pairs of labels, and the points and bands of each piece."""
        ends = list(self.labels)
        last = len(self.x) - 1
        if not ends or ends[0][0] != 0:
            ends.insert(0, (0, '0'))
        if ends[-1][0] != last:
            ends.append((last, '1'))
        path, paths = [], []
        for (start, name), (stop, other) in pairwise(ends):
            jump = stop == start + 1
            if not jump:
                path.append([name, other])
            paths.append(
                {
                    'length': stop - start,
                    'from': name,
                    'to': other,
                    'values': (self.y[start : stop + 1] - y_origin).T.tolist(),
                    'x': self.x[start : stop + 1],
                    'two_band_types': self.spins > 1,
                }
            )
        return path, paths

    def header(self, comment_char: str = '# ') -> list[str]:
        """Return the lines that say what is in a file."""
        lines = [
            export_comments(comment_char),
            comment_char,
            f'{comment_char}Dumped from BandsData UUID={self._bands.uuid}',
            f'{comment_char}\tpoints\tbands',
            f'{comment_char}\t{len(self.x)}\t{self.y.shape[1]}',
        ]
        if self.labels:
            lines += [comment_char, f'{comment_char}\tlabel\tpoint']
            lines += [f'{comment_char}\t{label}\t{self.x[number]:.8f}' for number, label in self.labels]
        return lines

    def gnuplot(
        self,
        main_file_name: str,
        title: str,
        comments: bool,
        prettify_format: str | None,
        y_min: float | None,
        y_max: float | None,
        y_origin: float,
    ) -> tuple[bytes, dict[str, bytes]]:
        """Return a script for gnuplot and, by name, the file it plots."""
        values = self.y - y_origin
        data_file = Path(main_file_name).with_name(f'{Path(main_file_name).stem}_data.dat')
        blocks = []
        for band in values.T:
            blocks += [f'{x:.8f}\t{energy:.8f}' for x, energy in zip(self.x, band, strict=True)]
            blocks += ['', '']
        ticks = ', '.join(
            f'"{text}" {x}' for x, text in self.written_labels(prettify_format or 'gnuplot_seekpath', '|')
        )
        low, high = (values.min() if y_min is None else y_min), (values.max() if y_max is None else y_max)
        lines = self.header() if comments else []
        lines += ['set termopt enhanced', 'set encoding utf8', f'set xtics ({ticks})', 'unset key']
        if title:
            lines.append(f'set title "{title}"')
        lines += [
            f'set xrange [{self.x[0]}:{self.x[-1]}]',
            f'set yrange [{low}:{high}]',
            f'set ylabel "Dispersion ({self._bands.units})"',
            'set grid xtics lt 1 lc rgb "#888888"',
            f'plot "{data_file.name}" with l lc rgb "#000000"',
        ]
        return ('\n'.join(lines) + '\n').encode('utf-8'), {str(data_file): '\n'.join(blocks).encode('utf-8')}

    def figure(self, **kwargs: Any) -> Any:
        """Return a figure of matplotlib."""
        import matplotlib.pyplot as plt

        title, legend = kwargs.pop('title', ''), kwargs.pop('legend', None)
        y_min, y_max, y_origin = (
            kwargs.pop('y_min_lim', None),
            kwargs.pop('y_max_lim', None),
            kwargs.pop('y_origin', 0.0),
        )
        labels = self.written_labels(kwargs.pop('prettify_format', None) or 'latex_seekpath', '|')
        if kwargs:
            raise TypeError(f'there is no use for {", ".join(kwargs)}')
        figure, axes = plt.subplots()
        for number, band in enumerate(self.y.T):
            text = legend if number == 0 else None
            axes.plot(self.x, band - y_origin, color='C0' if self.band_types[number] == 0 else 'C1', label=text)
        axes.set_xticks([x for x, _ in labels], [text for _, text in labels])
        for x, _ in labels:
            axes.axvline(x, color='0.7', linewidth=0.5)
        axes.set_xlim(self.x[0], self.x[-1])
        axes.set_ylim(y_min, y_max)
        axes.set_ylabel(f'Dispersion ({self._bands.units})')
        axes.set_title(title)
        if legend:
            axes.legend()
        return figure

    def draw(self, file_format: str, **kwargs: Any) -> bytes:
        """Return a picture as matplotlib writes it.

        :param file_format: ``png``, ``pdf`` or another one of matplotlib.
        """
        import matplotlib as mpl

        with mpl.rc_context({'backend': 'agg'}):
            import matplotlib.pyplot as plt

            dpi = kwargs.pop('dpi', None)
            kwargs.pop('comments', None)
            figure = self.figure(**kwargs)
            handle = io.BytesIO()
            figure.savefig(handle, format=file_format, **({'dpi': dpi} if dpi else {}))
            plt.close(figure)
        return handle.getvalue()
