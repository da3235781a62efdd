"""A drawing as SVG, without any other program."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape as escape_html
from math import sqrt
from typing import TYPE_CHECKING

from aiida.tools.visualization.layout import Layout, Point, Size, lay_out

if TYPE_CHECKING:
    from aiida.tools.visualization.graph import Drawing

__all__ = ('draw_svg',)

_FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_NAME_SIZE, _TEXT_SIZE, _LABEL_SIZE = 14.0, 12.5, 12.0
_LINE = 1.3
_MARGIN = 24.0
_GOOD_ASPECT = 1.5
_DASHES = {'dashed': '6 4', 'dotted': '1.5 3.5'}
_BACKGROUND = '#ffffff'

_NO_CONTROL = dict.fromkeys((*range(9), *range(11, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)), '\ufffd')
_NARROW, _WIDE = frozenset("iIjl.,:;|!'()[]ftr "), frozenset('mwMW@%—')


@dataclass(frozen=True, slots=True)
class _Rectangle:
    """Something that takes room, by its middle."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: _Rectangle) -> bool:
        return (
            abs(self.x - other.x) * 2 < self.width + other.width
            and abs(self.y - other.y) * 2 < self.height + other.height
        )


@dataclass(frozen=True, slots=True)
class _Route:
    """An arrow's path, as the control points of one cubic curve after the other."""

    curves: list[tuple[Point, Point, Point, Point]]

    def point(self, position: float) -> Point:
        """Return the point at a position between 0 and 1."""
        scaled = position * len(self.curves)
        number = min(int(scaled), len(self.curves) - 1)
        t = scaled - number
        a, b, c, d = self.curves[number]
        k = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        return (
            k[0] * a[0] + k[1] * b[0] + k[2] * c[0] + k[3] * d[0],
            k[0] * a[1] + k[1] * b[1] + k[2] * c[1] + k[3] * d[1],
        )

    def path(self) -> str:
        """Return the path in the words of SVG."""
        words = [f'M{_number(self.curves[0][0][0])} {_number(self.curves[0][0][1])}']
        for _, *points in self.curves:
            words.append('C' + ' '.join(f'{_number(x)} {_number(y)}' for x, y in points))
        return ''.join(words)


def draw_svg(drawing: Drawing) -> str:
    """Return a drawing as the text of an SVG file.

    It runs from top to bottom or from left to right as its attribute ``rankdir`` says (``TB`` or ``LR``); without one,
    the way that gives the better shape is taken.
    """
    sizes = {name: _box_size(drawing.boxes[name]) for name in sorted(drawing.boxes, key=_age)}
    labels = [_label_size(attributes) for _, _, attributes in drawing.arrows]
    direction = drawing.attributes.get('rankdir')
    if direction in ('TB', 'LR'):
        layout = _arranged(drawing, sizes, labels, direction == 'LR')
        sideways = direction == 'LR'
    else:
        options = [(_arranged(drawing, sizes, labels, turned), turned) for turned in (False, True)]
        layout, sideways = min(options, key=lambda option: _size_on_page(option[0]))
    routes = []
    for points, (source, target, _) in zip(layout.routes, drawing.arrows, strict=True):
        ends = [(drawing.boxes[name].get('shape', ''), layout.boxes[name], sizes[name]) for name in (source, target)]
        first, last = (_on_outline(point, *end) for point, end in zip((points[0], points[-1]), ends, strict=True))
        routes.append(_as_route([first, *points[1:-1], last], sideways))
    return _Picture(drawing, layout, sizes, routes, labels).text()


def _age(name: str) -> int:
    """Return what the boxes of nodes are in order by: the pk, which their names end with."""
    digits = name.lstrip('N')
    return int(digits) if digits.isdecimal() else 0


def _size_on_page(layout: Layout) -> float:
    """Return how many times a layout has to be made smaller to be seen whole, in proportion."""
    return max(layout.width / _GOOD_ASPECT, layout.height)


def _arranged(drawing: Drawing, sizes: dict[str, Size], labels: Sequence[Size], sideways: bool) -> Layout:
    """Return the layout, with what runs from top to bottom turned if it should run from left to right."""
    edges = [(source, target) for source, target, _ in drawing.arrows]
    weights = [_weight(attributes) for _, _, attributes in drawing.arrows]
    lengths = [size[0 if sideways else 1] for size in labels]
    turned = {name: (height, width) if sideways else (width, height) for name, (width, height) in sizes.items()}
    layout = lay_out(
        turned,
        edges,
        layer_gap=44.0,
        box_gap=14.0 if sideways else 22.0,
        weights=weights,
        rooms=[length + 20.0 if length else 0.0 for length in lengths],
    )
    if not sideways:
        return layout
    return Layout(
        {name: (y, x) for name, (x, y) in layout.boxes.items()},
        [[(y, x) for x, y in points] for points in layout.routes],
        layout.height,
        layout.width,
    )


def _on_outline(point: Point, shape: str, middle: Point, size: Size) -> Point:
    """Return where an arrow that ends at a side of the rectangle around a shape meets the shape."""
    dx, dy = (point[0] - middle[0]) / (size[0] / 2), (point[1] - middle[1]) / (size[1] / 2)
    along, across = (dx, dy) if abs(dy) > abs(dx) else (dy, dx)
    if shape == 'ellipse':
        depth = sqrt(max(0.0, 1 - along * along))
    elif shape == 'diamond':
        depth = 1 - abs(along)
    else:
        return point
    scaled = depth if across > 0 else -depth
    if abs(dy) > abs(dx):
        return point[0], middle[1] + scaled * size[1] / 2
    return middle[0] + scaled * size[0] / 2, point[1]


def _weight(attributes: dict[str, str]) -> int:
    """Return how much an arrow should be short: the flow of data counts most."""
    if 'weight' in attributes:
        return int(float(attributes['weight']))
    return 1 if attributes.get('style') in _DASHES else 3


def _as_route(points: Sequence[Point], sideways: bool) -> _Route:
    """Return the curves through the points of a layout."""
    curves = []
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if sideways:
            middle = (x0 + x1) / 2
            curves.append(((x0, y0), (middle, y0), (middle, y1), (x1, y1)))
        else:
            middle = (y0 + y1) / 2
            curves.append(((x0, y0), (x0, middle), (x1, middle), (x1, y1)))
    return _Route([curve for curve in curves if curve[0] != curve[3]] or curves)


def _text_width(text: str, size: float, bold: bool = False) -> float:
    """Return about how wide a text is, in the unit of the size of its letters."""
    width = sum(0.36 if c in _NARROW else 0.92 if c in _WIDE else 0.7 if c.isupper() else 0.6 for c in text)
    return width * size * (1.12 if bold else 1.0)


def _lines(attributes: dict[str, str]) -> list[str]:
    return attributes.get('label', '').split('\n')


def _box_size(attributes: dict[str, str]) -> Size:
    """Return the size a box needs for its text."""
    name, *rest = _lines(attributes)
    width = max(_text_width(name, _NAME_SIZE, bold=True), *(_text_width(line, _TEXT_SIZE) for line in rest or ['']))
    height = _LINE * (_NAME_SIZE + _TEXT_SIZE * len(rest))
    match attributes.get('shape'):
        case 'ellipse':
            return width * 1.22 + 14, height * 1.25 + 10
        case 'diamond':
            return width * 1.45 + 24, height * 1.7 + 14
        case 'polygon' | 'hexagon':
            return width + height + 16, height + 14
    return width + 22, height + 14


def _label_size(attributes: dict[str, str]) -> Size:
    label = attributes.get('label')
    if not label:
        return (0.0, 0.0)
    lines = label.split('\n')
    return max(_text_width(line, _LABEL_SIZE) for line in lines) + 6, len(lines) * _LABEL_SIZE * _LINE + 2


class _Picture:
    """A drawing with a layout, written as SVG."""

    def __init__(
        self,
        drawing: Drawing,
        layout: Layout,
        sizes: dict[str, Size],
        routes: Sequence[_Route],
        label_sizes: Sequence[Size],
    ) -> None:
        self.drawing = drawing
        self.layout = layout
        self.sizes = sizes
        self.routes = routes
        self.label_sizes = label_sizes
        self.colours: dict[str, str] = {}
        self.left, self.right = 0.0, layout.width
        self.top, self.bottom = 0.0, layout.height

    def text(self) -> str:
        """Return the file."""
        arrows = [self._arrow(number) for number in range(len(self.routes))]
        labels = self._labels()
        boxes = [self._box(name) for name in self.drawing.boxes]
        left, top = self.left - _MARGIN, self.top - _MARGIN
        width, height = self.right + _MARGIN - left, self.bottom + _MARGIN - top
        title = self.drawing.attributes.get('label', 'Provenance graph')
        return '\n'.join(
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{_number(width)}" height="{_number(height)}" '
                f'viewBox="{_number(left)} {_number(top)} {_number(width)} {_number(height)}" '
                f'font-family="{_escaped(_FONT)}" text-anchor="middle">',
                f'<title>{_escaped(title)}</title>',
                '<defs>',
                *self._heads(),
                '</defs>',
                f'<rect x="{_number(left)}" y="{_number(top)}" width="100%" height="100%" fill="{_BACKGROUND}"/>',
                '<g fill="none">',
                *arrows,
                '</g>',
                *boxes,
                f'<g font-size="{_number(_LABEL_SIZE)}">',
                *labels,
                '</g>',
                '</svg>',
                '',
            )
        )

    def _heads(self) -> list[str]:
        """Return the heads of arrows, one for each colour."""
        return [
            f'<marker id="{name}" viewBox="0 0 10 8" refX="9" refY="4" markerWidth="9" markerHeight="7.2" '
            f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L10 4L0 8L2.4 4Z" fill="{colour}"/></marker>'
            for colour, name in self.colours.items()
        ]

    def _arrow(self, number: int) -> str:
        source, target, attributes = self.drawing.arrows[number]
        colour = _escaped(_opaque(attributes.get('color', '#3d4f5c'))[0])
        head = self.colours.setdefault(colour, f'head{len(self.colours)}')
        dash = next((_DASHES[word] for word in attributes.get('style', '').split(',') if word in _DASHES), None)
        dashes = f' stroke-dasharray="{dash}" stroke-linecap="round"' if dash else ''
        width = _number(float(attributes.get('penwidth', 1.2)))
        tip = ' → '.join(_lines(self.drawing.boxes[end])[0] for end in (source, target))
        label = attributes.get('label', '').replace('\n', ' ')
        return (
            f'<path d="{self.routes[number].path()}" stroke="{colour}" stroke-width="{width}"{dashes} '
            f'marker-end="url(#{head})"><title>{_escaped(f"{tip}  {label}".strip())}</title></path>'
        )

    def _labels(self) -> list[str]:
        """Return the labels of arrows, each where it covers least."""
        taken = [_Rectangle(*self.layout.boxes[name], *self.sizes[name]) for name in self.drawing.boxes]
        texts = []
        for number, (_, _, attributes) in enumerate(self.drawing.arrows):
            label = attributes.get('label')
            if not label:
                continue
            place = self._label_place(number, taken)
            taken.append(place)
            self.left, self.right = (
                min(self.left, place.x - place.width / 2),
                max(self.right, place.x + place.width / 2),
            )
            self.top, self.bottom = (
                min(self.top, place.y - place.height / 2),
                max(self.bottom, place.y + place.height / 2),
            )
            texts.append(_label_text(label.split('\n'), place, attributes))
        return texts

    def _label_place(self, number: int, taken: Sequence[_Rectangle]) -> _Rectangle:
        size = self.label_sizes[number]
        places = [
            _Rectangle(*self.routes[number].point(position), *size)
            for position in (0.5, 0.42, 0.58, 0.35, 0.65, 0.28, 0.72, 0.2, 0.8)
        ]
        return min(places, key=lambda place: sum(place.overlaps(other) for other in taken))

    def _box(self, name: str) -> str:
        attributes = self.drawing.boxes[name]
        x, y = self.layout.boxes[name]
        tooltip = attributes.get('tooltip') or attributes.get('label', '')
        return (
            f'<g><title>{_escaped(tooltip)}</title>{_shape(attributes, x, y, *self.sizes[name])}'
            f'{_box_text(_lines(attributes), x, y, attributes)}</g>'
        )


def _shape(attributes: dict[str, str], x: float, y: float, width: float, height: float) -> str:
    """Return the outline of a box."""
    fill, fill_opacity = _opaque(attributes.get('fillcolor', '#ffffff'))
    stroke, _ = _opaque(attributes.get('color') or attributes.get('pencolor', 'black'))
    style = attributes.get('style', '').split(',')
    width_of_pen = _number(float(attributes.get('penwidth', 1)))
    paint = f'fill="{_escaped(fill)}" stroke="{_escaped(stroke)}" stroke-width="{width_of_pen}"'
    if fill_opacity < 1:
        paint += f' fill-opacity="{fill_opacity:.2f}"'
    dash = next((_DASHES[word] for word in style if word in _DASHES), None)
    if dash:
        paint += f' stroke-dasharray="{dash}"'
    half_width, half_height = width / 2, height / 2
    match attributes.get('shape'):
        case 'ellipse':
            return (
                f'<ellipse cx="{_number(x)}" cy="{_number(y)}" rx="{_number(half_width)}" ry="{_number(half_height)}" '
                f'{paint}/>'
            )
        case 'diamond':
            corners = [(x, y - half_height), (x + half_width, y), (x, y + half_height), (x - half_width, y)]
        case 'polygon' | 'hexagon':
            inset = half_height
            corners = [
                (x - half_width + inset, y - half_height),
                (x + half_width - inset, y - half_height),
                (x + half_width, y),
                (x + half_width - inset, y + half_height),
                (x - half_width + inset, y + half_height),
                (x - half_width, y),
            ]
        case _:
            radius = 9 if 'rounded' in style else 2.5
            return (
                f'<rect x="{_number(x - half_width)}" y="{_number(y - half_height)}" width="{_number(width)}" '
                f'height="{_number(height)}" rx="{_number(radius)}" {paint}/>'
            )
    points = ' '.join(f'{_number(a)},{_number(b)}' for a, b in corners)
    return f'<polygon points="{points}" stroke-linejoin="round" {paint}/>'


def _box_text(lines: Sequence[str], x: float, y: float, attributes: dict[str, str]) -> str:
    """Return the text in a box: the name in bold, the rest smaller."""
    name, *rest = lines
    height = _LINE * (_NAME_SIZE + _TEXT_SIZE * len(rest))
    baseline = y - height / 2 + _NAME_SIZE
    colour = _escaped(attributes.get('fontcolor', '#22303c'))
    words = [
        f'<text x="{_number(x)}" y="{_number(baseline)}" fill="{colour}" font-size="{_number(_NAME_SIZE)}" '
        f'font-weight="600">{_escaped(name)}</text>'
    ]
    for number, line in enumerate(rest):
        below = baseline + _LINE * (_TEXT_SIZE + 1 + number * _TEXT_SIZE)
        words.append(
            f'<text x="{_number(x)}" y="{_number(below)}" fill="{colour}" fill-opacity="0.8" '
            f'font-size="{_number(_TEXT_SIZE)}">{_escaped(line)}</text>'
        )
    return ''.join(words)


def _label_text(lines: Sequence[str], place: _Rectangle, attributes: dict[str, str]) -> str:
    """Return the label of an arrow on a light ground."""
    colour = _escaped(_opaque(attributes.get('fontcolor') or attributes.get('color', '#3d4f5c'))[0])
    top, step = place.y - place.height / 2, _LABEL_SIZE * _LINE
    text = ''.join(
        f'<text x="{_number(place.x)}" y="{_number(top + (number + 0.8) * step)}" fill="{colour}">'
        f'{_escaped(line)}</text>'
        for number, line in enumerate(lines)
    )
    return (
        f'<rect x="{_number(place.x - place.width / 2)}" y="{_number(place.y - place.height / 2)}" '
        f'width="{_number(place.width)}" height="{_number(place.height)}" rx="3" fill="{_BACKGROUND}" '
        f'fill-opacity="0.88"/>{text}'
    )


def _escaped(text: str) -> str:
    """Return a text as XML may hold it, which has no place for control characters."""
    return escape_html(text.translate(_NO_CONTROL))


def _opaque(colour: str) -> tuple[str, float]:
    """Return a colour without its opacity, and the opacity."""
    if colour.startswith('#') and len(colour) == 9:
        return colour[:7], int(colour[7:], 16) / 255
    return colour, 1.0


def _number(value: float) -> str:
    return f'{value:.1f}'.removesuffix('.0')
