"""Where to put the boxes of a directed graph, and how to lead the arrows between them.

The method is that of Sugiyama, Tagawa and Toda: boxes go on layers so that arrows point down, arrows that cross layers
get a place on each of them, the order on the layers is improved until few arrows cross, and the places on a layer are
chosen by the method of Brandes and Köpf, which keeps long arrows straight.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aiida.tools.visualization.alignment import align

__all__ = ('Layout', 'lay_out')

Point = tuple[float, float]
Size = tuple[float, float]

_SWEEPS = 24
_CHANNEL = 10.0
"""The room a long arrow takes on a layer it crosses."""
_BEND, _MOST_BEND = 0.06, 60.0


@dataclass(slots=True)
class Layout:
    """The middle of each box, the points each arrow goes through, and the size of the whole, from the top left corner.

    The points of an arrow come in pairs: between the two of a pair it is straight and vertical, from one pair to the
    next it bends.
    """

    boxes: dict[str, Point] = field(default_factory=dict)
    routes: list[list[Point]] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def lay_out(
    sizes: Mapping[str, Size],
    edges: Sequence[tuple[str, str]],
    *,
    layer_gap: float = 60.0,
    box_gap: float = 24.0,
    weights: Sequence[int] | None = None,
    rooms: Sequence[float] | None = None,
) -> Layout:
    """Return places for boxes and arrows, from top to bottom.

    As far as arrows leave a choice, boxes that are named first stand further to the left.

    :param sizes: width and height of each box.
    :param edges: the arrows; their ends are keys of ``sizes``.
    :param layer_gap: the room between two layers, in the unit of the sizes.
    :param box_gap: the least room between two boxes on a layer.
    :param weights: how much each arrow should be short, 1 by default; those of 0 are the first to point up in a circle.
    :param rooms: the room that each arrow from one layer to the next needs for its label.
    """
    weights = weights if weights is not None else [1] * len(edges)
    layout = Layout(routes=[[] for _ in edges])
    for component in _components(sizes, edges):
        part = _Part(
            {name: size for name, size in sizes.items() if name in component},
            [(number, edges[number], weights[number]) for number in range(len(edges)) if edges[number][0] in component],
            layer_gap,
            box_gap,
            rooms or [0.0] * len(edges),
        )
        left = layout.width + (2 * box_gap if layout.width else 0.0)
        boxes, routes, (width, height) = part.place()
        layout.boxes.update({name: (x + left, y) for name, (x, y) in boxes.items()})
        for number, points in routes.items():
            layout.routes[number] = [(x + left, y) for x, y in points]
        layout.width, layout.height = left + width, max(layout.height, height)
    return layout


def _components(names: Iterable[str], edges: Sequence[tuple[str, str]]) -> list[set[str]]:
    """Return the parts that no arrow joins, the largest first."""
    neighbours: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        neighbours[source].append(target)
        neighbours[target].append(source)
    seen: set[str] = set()
    components = []
    for name in neighbours:
        if name in seen:
            continue
        component, pending = {name}, [name]
        while pending:
            for other in neighbours[pending.pop()]:
                if other not in component:
                    component.add(other)
                    pending.append(other)
        seen |= component
        components.append(component)
    return sorted(components, key=len, reverse=True)


class _Part:
    """One connected part on its way to a layout; boxes and the places of long arrows are numbered."""

    def __init__(
        self,
        sizes: Mapping[str, Size],
        edges: Sequence[tuple[int, tuple[str, str], int]],
        layer_gap: float,
        box_gap: float,
        rooms: Sequence[float],
    ) -> None:
        self.names = list(sizes)
        self.sizes = [sizes[name] for name in self.names]
        self.layer_gap = layer_gap
        self.box_gap = box_gap
        self.rooms = rooms
        index = {name: number for number, name in enumerate(self.names)}
        self.edges = sorted(
            [
                (number, index[source], index[target], weight)
                for number, (source, target), weight in edges
                if source != target
            ],
            key=lambda edge: edge[1:3],
        )
        self.real = len(self.names)

    def place(self) -> tuple[dict[str, Point], dict[int, list[Point]], Size]:
        """Return the boxes, the points of the arrows by their numbers, and the size."""
        reversed_edges = _edges_against_the_flow(self.real, self.edges)
        arrows = [
            (number, target, source, weight) if flipped else (number, source, target, weight)
            for (number, source, target, weight), flipped in zip(self.edges, reversed_edges, strict=True)
        ]
        self.rank = _ranks(self.real, [(source, target, weight) for _, source, target, weight in arrows])
        chains = self._make_chains(arrows)
        layers = _ordered(self.rank, self.above, self.below)
        x = align(layers, self.above, self.below, [width for width, _ in self.sizes], self.box_gap, self.real)
        if self._is_mirrored(layers):
            x = [-value for value in x]
        left = min(x[node] - self.sizes[node][0] / 2 for node in range(len(x)))
        right = max(x[node] + self.sizes[node][0] / 2 for node in range(len(x)))
        x = [value - left for value in x]
        tops, bottoms = self._heights(layers, x, chains)
        boxes = {
            name: (x[node], (tops[self.rank[node]] + bottoms[self.rank[node]]) / 2)
            for node, name in enumerate(self.names)
        }
        routes = self._routes(chains, x, tops, bottoms)
        for (number, _, _, _), flipped in zip(self.edges, reversed_edges, strict=True):
            if flipped:
                routes[number].reverse()
        return boxes, routes, (right - left, bottoms[-1])

    def _make_chains(self, arrows: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, list[int]]]:
        """Give every arrow a place on each layer it crosses; return the places by the arrow's number."""
        self.above: list[list[int]] = [[] for _ in range(self.real)]
        self.below: list[list[int]] = [[] for _ in range(self.real)]
        chains = []
        for number, source, target, _ in arrows:
            chain = [source]
            for rank in range(self.rank[source] + 1, self.rank[target]):
                chain.append(len(self.rank))
                self.rank.append(rank)
                self.sizes.append((_CHANNEL, 0.0))
                self.above.append([])
                self.below.append([])
            chain.append(target)
            for upper, lower in itertools.pairwise(chain):
                self.below[upper].append(lower)
                self.above[lower].append(upper)
            chains.append((number, chain))
        return chains

    def _is_mirrored(self, layers: Sequence[Sequence[int]]) -> bool:
        """Return whether more boxes stand to the left of one that was named before them than to the right."""
        in_order = 0
        for layer in layers:
            boxes = [node for node in layer if node < self.real]
            pairs = len(boxes) * (len(boxes) - 1) // 2
            seen: list[int] = []
            for node in boxes:
                pairs -= 2 * (len(seen) - bisect_left(seen, node))
                insort(seen, node)
            in_order += pairs
        return in_order < 0

    def _heights(
        self, layers: Sequence[Sequence[int]], x: Sequence[float], chains: Sequence[tuple[int, list[int]]]
    ) -> tuple[list[float], list[float]]:
        """Return the top and the bottom of each layer.

        Arrows that lead far to a side get more room to bend, and those with labels room for these.
        """
        rooms = [0.0] * len(layers)
        for number, chain in chains:
            if len(chain) == 2:  # a longer one finds room elsewhere
                rank = self.rank[chain[0]]
                rooms[rank] = max(rooms[rank], self.rooms[number])
        tops, bottoms, y = [], [], 0.0
        for rank, layer in enumerate(layers):
            height = max(self.sizes[node][1] for node in layer)
            tops.append(y)
            bottoms.append(y + height)
            reach = max((abs(x[node] - x[other]) for node in layer for other in self.below[node]), default=0.0)
            y += height + self.layer_gap + rooms[rank] + min(_MOST_BEND, _BEND * reach)
        return tops, bottoms

    def _routes(
        self, chains: Sequence[tuple[int, list[int]]], x: Sequence[float], tops: list[float], bottoms: list[float]
    ) -> dict[int, list[Point]]:
        leaving = self._ports([(chain[0], x[chain[1]], number) for number, chain in chains], x)
        arriving = self._ports([(chain[-1], x[chain[-2]], number) for number, chain in chains], x)
        routes = {}
        for number, chain in chains:
            first, last = chain[0], chain[-1]
            middle = (tops[self.rank[first]] + bottoms[self.rank[first]]) / 2
            start = leaving[number]
            points = [(start, middle + self.sizes[first][1] / 2), (start, bottoms[self.rank[first]])]
            for node in chain[1:-1]:
                points.extend([(x[node], tops[self.rank[node]]), (x[node], bottoms[self.rank[node]])])
            end = arriving[number]
            middle = (tops[self.rank[last]] + bottoms[self.rank[last]]) / 2
            points.extend([(end, tops[self.rank[last]]), (end, middle - self.sizes[last][1] / 2)])
            routes[number] = points
        return routes

    def _ports(self, ends: Sequence[tuple[int, float, int]], x: Sequence[float]) -> dict[int, float]:
        """Spread the ends of arrows over the side of a box, in the order of where they lead to."""
        by_box: dict[int, list[tuple[float, int]]] = {}
        for box, toward, number in ends:
            by_box.setdefault(box, []).append((toward, number))
        ports = {}
        for box, arrows in by_box.items():
            arrows.sort()
            step = min(16.0, 0.55 * self.sizes[box][0] / len(arrows))
            for place, (_, number) in enumerate(arrows):
                ports[number] = x[box] + (place - (len(arrows) - 1) / 2) * step
        return ports


def _edges_against_the_flow(count: int, edges: Sequence[tuple[int, int, int, int]]) -> list[bool]:
    """Say of each arrow whether it has to be turned round for the graph to have no circle; rather one of weight 0."""
    flipped = _backward_edges(count, [edge if edge[3] else None for edge in edges])
    below: list[list[int]] = [[] for _ in range(count)]
    for (_, source, target, weight), turned in zip(edges, flipped, strict=True):
        if weight:
            below[target if turned else source].append(source if turned else target)
    for place, (_, source, target, weight) in enumerate(edges):
        if not weight:
            flipped[place] = _leads_to(below, target, source)
            below[target if flipped[place] else source].append(source if flipped[place] else target)
    return flipped


def _leads_to(below: Sequence[Sequence[int]], start: int, end: int) -> bool:
    """Return whether arrows lead from one node to another."""
    seen, pending = {start}, [start]
    while pending:
        node = pending.pop()
        if node == end:
            return True
        new = [other for other in below[node] if other not in seen]
        seen.update(new)
        pending.extend(new)
    return False


def _backward_edges(count: int, edges: Sequence[tuple[int, int, int, int] | None]) -> list[bool]:
    """Say of each arrow whether it leads back to where a walk along the arrows came from."""
    outgoing: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    incoming = [0] * count
    for place, edge in enumerate(edges):
        if edge is not None:
            outgoing[edge[1]].append((edge[2], place))
            incoming[edge[2]] += 1
    flipped = [False] * len(edges)
    state = [0] * count
    for root in sorted(range(count), key=lambda node: incoming[node]):
        if state[root]:
            continue
        state[root] = 1
        stack = [(root, iter(outgoing[root]))]
        while stack:
            node, rest = stack[-1]
            for target, number in rest:
                if state[target] == 1:
                    flipped[number] = True
                elif state[target] == 0:
                    state[target] = 1
                    stack.append((target, iter(outgoing[target])))
                    break
            else:
                state[node] = 2
                stack.pop()
    return flipped


def _ranks(count: int, edges: Sequence[tuple[int, int, int]]) -> list[int]:
    """Return a layer for each node such that arrows point down and are short."""
    above: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    below: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for source, target, weight in edges:
        below[source].append((target, weight))
        above[target].append((source, weight))
    order, waiting = [], [len(nodes) for nodes in above]
    ready = [node for node in range(count) if not waiting[node]]
    while ready:
        node = ready.pop()
        order.append(node)
        for target, _ in below[node]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    rank = [0] * count
    for node in order:
        rank[node] = max((rank[source] + 1 for source, _ in above[node]), default=0)
    for _ in range(8):
        for node in reversed(order):
            _pull(node, rank, above[node], below[node])
        for node in order:
            _pull(node, rank, above[node], below[node])
    least = min(rank, default=0)
    return [value - least for value in rank]


def _pull(node: int, rank: list[int], above: Sequence[tuple[int, int]], below: Sequence[tuple[int, int]]) -> None:
    """Move a node toward the side that has more arrows to it, as far as it goes."""
    tension = sum(weight for _, weight in below) - sum(weight for _, weight in above)
    if tension > 0 and below:
        rank[node] = min(rank[target] for target, _ in below) - 1
    elif tension < 0 and above:
        rank[node] = max(rank[source] for source, _ in above) + 1


def _ordered(rank: Sequence[int], above: list[list[int]], below: list[list[int]]) -> list[list[int]]:
    """Return the layers, each in an order that lets few arrows cross."""
    layers: list[list[int]] = [[] for _ in range(max(rank, default=0) + 1)]
    seen: set[int] = set()
    for root in sorted(range(len(rank)), key=lambda node: rank[node]):
        pending = [root]
        while pending:
            node = pending.pop()
            if node not in seen:
                seen.add(node)
                layers[rank[node]].append(node)
                pending.extend(reversed(below[node]))
    best, fewest = [list(layer) for layer in layers], _crossings(layers, below)
    for sweep in range(_SWEEPS if len(rank) < 2000 else 6):
        if fewest == 0:
            break
        down = sweep % 2 == 0
        for number in range(1, len(layers)) if down else range(len(layers) - 2, -1, -1):
            fixed = layers[number - 1 if down else number + 1]
            _sort_by_neighbours(layers[number], fixed, above if down else below, flip=sweep % 4 > 1)
        if len(rank) < 600:
            _swap_neighbours(layers, above, below)
        crossings = _crossings(layers, below)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _sort_by_neighbours(layer: list[int], fixed: Sequence[int], neighbours: list[list[int]], flip: bool) -> None:
    """Sort a layer by the mean place of the neighbours on a layer that stays; nodes without any stay where they are."""
    place = {node: number for number, node in enumerate(fixed)}
    mean = {
        node: sum(place[other] for other in neighbours[node]) / len(neighbours[node])
        for node in layer
        if neighbours[node]
    }
    nodes = [node for node in layer if node in mean]
    if flip:
        nodes.reverse()
    free = iter(sorted(nodes, key=mean.__getitem__))
    layer[:] = [next(free) if node in mean else node for node in layer]


def _swap_neighbours(layers: list[list[int]], above: list[list[int]], below: list[list[int]]) -> None:
    """Swap two that stand side by side wherever fewer arrows cross afterwards."""
    place = {node: number for layer in layers for number, node in enumerate(layer)}
    for layer in layers:
        improved = True
        while improved:
            improved = False
            for number in range(len(layer) - 1):
                left, right = layer[number], layer[number + 1]
                gain = 0
                for side in (above, below):
                    lefts, rights = [place[n] for n in side[left]], [place[n] for n in side[right]]
                    gain += sum(a > b for a in lefts for b in rights) - sum(a < b for a in lefts for b in rights)
                if gain > 0:
                    layer[number], layer[number + 1] = right, left
                    place[left], place[right] = number + 1, number
                    improved = True


def _crossings(layers: Sequence[Sequence[int]], below: list[list[int]]) -> int:
    """Count the pairs of arrows that cross."""
    total = 0
    for upper, lower in itertools.pairwise(layers):
        place = {node: number for number, node in enumerate(lower)}
        seen: list[int] = []
        for node in upper:
            ends = sorted(place[other] for other in below[node])
            for end in ends:
                total += len(seen) - bisect_left(seen, end + 1)
            for end in ends:
                insort(seen, end)
    return total
