"""Places on the layers of a drawing, by the method of U. Brandes and B. Köpf (Graph Drawing 2001).

Nodes are gathered into vertical blocks along one of the middle arrows of each, in the four possible ways (from above or
below, leaning left or right); each way gives places, and a node's place is the mean of the two in the middle.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

__all__ = ('align',)

Layers = Sequence[Sequence[int]]
Links = Sequence[Sequence[int]]


def align(layers: Layers, above: Links, below: Links, widths: Sequence[float], gap: float, real: int) -> list[float]:
    """Return the horizontal place of the middle of each node.

    :param layers: the nodes of each layer from left to right.
    :param above: the neighbours of each node on the layer above.
    :param below: the same below.
    :param widths: of the nodes.
    :param gap: the least room between two nodes on a layer.
    :param real: nodes with a number from here on are places of long arrows, which are kept straight.
    """
    marked = _conflicts(layers, above, real)
    candidates = []
    for downwards in (True, False):
        for leftwards in (True, False):
            ordered = [list(layer) if leftwards else list(reversed(layer)) for layer in layers]
            if not downwards:
                ordered.reverse()
            places = _one_way(ordered, above if downwards else below, widths, gap, marked, real)
            candidates.append(places if leftwards else [-place for place in places])
    return _balanced(candidates, widths)


def _conflicts(layers: Layers, above: Links, real: int) -> set[tuple[int, int]]:
    """Return the (upper, lower) pairs that cross a straight piece of a long arrow, which comes first."""
    marked = set()
    for upper, lower in itertools.pairwise(layers):
        place = {node: number for number, node in enumerate(upper)}
        left, scanned = 0, 0
        for number, node in enumerate(lower):
            inner: int | None = next((other for other in above[node] if node >= real and other >= real), None)
            if inner is None and number != len(lower) - 1:
                continue
            right = place[inner] if inner is not None else len(upper) - 1
            for other in lower[scanned : number + 1]:
                for neighbour in above[other]:
                    is_inner = other >= real and neighbour >= real
                    if not is_inner and not left <= place[neighbour] <= right:
                        marked.add((neighbour, other))
            scanned, left = number + 1, right
    return marked


def _one_way(
    layers: Layers, towards: Links, widths: Sequence[float], gap: float, marked: set[tuple[int, int]], real: int
) -> list[float]:
    """Return the places when each node is put under (the left one of) the middle of its neighbours."""
    root = list(range(len(widths)))
    below = list(range(len(widths)))
    for fixed, layer in itertools.pairwise(layers):
        place = {node: number for number, node in enumerate(fixed)}
        reached = -1
        for node in layer:
            neighbours = sorted(towards[node], key=place.__getitem__)
            if not neighbours:
                continue
            middle = (len(neighbours) - 1) / 2
            for choice in {int(middle), int(middle + 0.5)}:
                other = neighbours[choice]
                crosses = (other, node) in marked or (node, other) in marked
                if below[node] == node and not crosses and reached < place[other]:
                    below[other] = node
                    root[node] = root[other]
                    below[node] = root[node]
                    reached = place[other]
    return _compact(layers, root, below, widths, gap)


def _compact(
    layers: Layers, root: Sequence[int], below: Sequence[int], widths: Sequence[float], gap: float
) -> list[float]:
    """Push the blocks together from the left, then let each come as near to its right neighbour as it can."""
    left_of: list[int | None] = [None] * len(root)
    for layer in layers:
        for before_it, node in itertools.pairwise(layer):
            left_of[node] = before_it
    before: dict[int, set[tuple[int, float]]] = {node: set() for node in set(root)}
    after: dict[int, set[tuple[int, float]]] = {node: set() for node in set(root)}
    for node, left in enumerate(left_of):
        if left is not None and root[left] != root[node]:
            room = (widths[left] + widths[node]) / 2 + gap
            before[root[node]].add((root[left], room))
            after[root[left]].add((root[node], room))
    order = _sorted_blocks(before, after)
    x = dict.fromkeys(before, 0.0)
    for block in order:
        x[block] = max((x[left] + room for left, room in before[block]), default=0.0)
    for block in reversed(order):
        if before[block] or not after[block]:
            continue
        # a block with nothing to its left may follow what it is beside
        x[block] = max(x[block], min(x[right] - room for right, room in after[block]))
    return [x[root[node]] for node in range(len(root))]


def _sorted_blocks(before: dict[int, set[tuple[int, float]]], after: dict[int, set[tuple[int, float]]]) -> list[int]:
    """Return the blocks such that each comes after those to its left."""
    waiting = {block: len(blocks) for block, blocks in before.items()}
    ready = [block for block, number in waiting.items() if not number]
    order = []
    while ready:
        block = ready.pop()
        order.append(block)
        for right, _ in after[block]:
            waiting[right] -= 1
            if not waiting[right]:
                ready.append(right)
    return order


def _balanced(candidates: Sequence[Sequence[float]], widths: Sequence[float]) -> list[float]:
    """Return for each node the mean of the two middle places, after all have been shifted to the narrowest."""
    spans = []
    for places in candidates:
        left = min(place - width / 2 for place, width in zip(places, widths, strict=True))
        right = max(place + width / 2 for place, width in zip(places, widths, strict=True))
        spans.append((right - left, left, right))
    _, left, right = min(spans)
    shifted = []
    for number, places in enumerate(candidates):
        # those that lean left are brought to the left side, the others to the right
        shift = left - spans[number][1] if number % 2 == 0 else right - spans[number][2]
        shifted.append([place + shift for place in places])
    return [sum(sorted(options)[1:3]) / 2 for options in zip(*shifted, strict=True)]
