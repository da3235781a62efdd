"""A drawing made into a file: by graphviz where its programs are installed, else by this project (SVG only)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from aiida.common.exceptions import FeatureNotAvailable

if TYPE_CHECKING:
    from aiida.tools.visualization.graph import Graph

__all__ = ('FORMATS', 'choose_format', 'has_graphviz', 'render_graph')

FORMATS = ('svg', 'pdf', 'png', 'dot', 'gv', 'ps', 'eps', 'jpg', 'gif')
"""Common formats; ``svg`` and the two that are plain descriptions (``dot``, ``gv``) need no other program."""

_PLAIN = ('dot', 'gv')


def has_graphviz(engine: str = 'dot') -> bool:
    """Return whether the program of graphviz that arranges nodes is installed."""
    return shutil.which(engine) is not None


def choose_format(path: Path | None, engine: str = 'dot') -> str:
    """Return the format for a file: what its suffix says, else ``pdf``, or ``svg`` without graphviz.

    :param path: the file, if it is known.
    :param engine: the program of graphviz that arranges nodes.
    """
    suffix = path.suffix.lstrip('.').lower() if path is not None else ''
    if suffix in FORMATS:
        return suffix
    if suffix:
        import graphviz

        if suffix in graphviz.FORMATS:
            return suffix
    return 'pdf' if has_graphviz(engine) else 'svg'


def render_graph(graph: Graph, path: str | Path, fmt: str | None = None, *, own: bool | None = None) -> Path:
    """Write a drawing to a file and return its path.

    :param path: the file; its suffix is the format if none is given.
    :param fmt: the format, one of those graphviz knows; ``svg`` by default.
    :param own: whether this project draws and not graphviz; ``None`` decides by what is installed.
    :raises FeatureNotAvailable: if the format needs graphviz and that is not installed.
    """
    path = Path(path)
    fmt = (fmt or path.suffix.lstrip('.') or 'svg').lower()
    if fmt in _PLAIN:
        path.write_text(graph.graphviz.source, encoding='utf-8')
        return path
    engine = graph.graphviz.engine
    if own is None:
        own = not has_graphviz(engine)
    if not own:
        path.write_bytes(graph.graphviz.pipe(format=fmt))
        return path
    if fmt != 'svg':
        raise FeatureNotAvailable(
            f"the format '{fmt}' needs the program '{engine}' of graphviz, which is not installed: "
            "install graphviz (https://graphviz.org), or use the format 'svg', which needs nothing"
        )
    from aiida.tools.visualization.svg import draw_svg

    path.write_text(draw_svg(graph.drawing), encoding='utf-8')
    return path
