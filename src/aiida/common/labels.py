"""Labels of points in reciprocal space, as plotting programs write them."""

from __future__ import annotations

import re
from collections.abc import Callable

from aiida.common.lang import classproperty

__all__ = ('Prettifier', 'join_labels', 'prettify_labels')

_GREEK = {'GAMMA': ('G', 'Γ'), 'DELTA': ('D', 'Δ'), 'LAMBDA': ('L', 'Λ'), 'SIGMA': ('S', 'Σ')}
_Labels = list[tuple[float, str]]


def _seekpath(label: str, greek: Callable[[str], str], index: str) -> str:
    """Replace the names of Greek letters anywhere, and one digit after an underscore by an index."""
    for name in _GREEK:
        label = label.replace(name, greek(name))
    return re.sub(r'_(\d)', lambda match: index.format(match.group(1)), label)


def _simple(label: str, gamma: str, index: str) -> str:
    """Replace a lone ``G`` by the Greek letter, and digits by an index."""
    if label == 'G':
        return gamma
    return re.sub(r'(\d+)', lambda match: index.format(match.group(1)), label)


_FORMATS: dict[str, Callable[[str], str]] = {
    'agr_seekpath': lambda label: _seekpath(label, lambda name: f'\\x{_GREEK[name][0]}\\f{{}}', '\\s{}\\N'),
    'agr_simple': lambda label: _simple(label, '\\xG', '\\s{}\\N'),
    'gnuplot_seekpath': lambda label: _seekpath(label, lambda name: _GREEK[name][1], '_{{{}}}'),
    'gnuplot_simple': lambda label: _simple(label, 'Γ', '_{{{}}}'),
    'latex_seekpath': lambda label: _seekpath(label, lambda name: f'$\\{name.capitalize()}$', '$_{{{}}}$'),
    'latex_simple': lambda label: _simple(label, '$\\Gamma$', '$_{{{}}}$'),
    'pass': lambda label: label,
}


class Prettifier:
    """Writes labels in the format of a plotting program."""

    def __init__(self, format: str | None) -> None:
        """
        :param format: one of :meth:`get_prettifiers`; ``None`` leaves labels as they are.
        :raises ValueError: for another one.
        """
        name = 'pass' if format is None else format
        if name not in _FORMATS:
            raise ValueError(f'there is no format {format!r} of labels; valid are: {", ".join(_FORMATS)}')
        self._prettify = _FORMATS[name]

    @classproperty
    def prettifiers(cls) -> dict[str, Callable[[str], str]]:  # noqa: N805
        """The formats by name."""
        return dict(_FORMATS)

    @classmethod
    def get_prettifiers(cls) -> list[str]:
        """Return the names of the formats."""
        return sorted(_FORMATS)

    def prettify(self, label: str) -> str:
        """Return a label in the format."""
        return self._prettify(label)


def prettify_labels(labels: _Labels, format: str | None = None) -> _Labels:
    """Return pairs of position and label, with the labels in a format.

    :param labels: the pairs.
    :param format: one of :meth:`Prettifier.get_prettifiers`.
    """
    prettifier = Prettifier(format)
    return [(position, prettifier.prettify(label)) for position, label in labels]


def join_labels(labels: _Labels, join_symbol: str = '|', threshold: float = 1.0e-6) -> list[list[float | str]]:
    """Return pairs in which labels at the same position are one label.

    :param labels: pairs of position and label.
    :param join_symbol: what is written between labels.
    :param threshold: how near two positions have to be, in the unit of the positions.
    """
    joined: list[list[float | str]] = []
    previous = None
    for position, label in labels:
        if previous is not None and abs(position - previous) < threshold:
            joined[-1][1] = f'{joined[-1][1]}{join_symbol}{label}'
        else:
            joined.append([position, label])
            previous = position
    return joined
