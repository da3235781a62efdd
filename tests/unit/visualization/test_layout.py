"""Where boxes go: apart from each other, arrows down, few of them crossing."""

from __future__ import annotations

import random

import pytest

from aiida.tools.visualization.layout import Layout, lay_out

Edges = list[tuple[str, str]]


def arranged(edges: Edges, *names: str) -> Layout:
    sizes = dict.fromkeys([*names, *(name for edge in edges for name in edge)], (80.0, 30.0))
    return lay_out(sizes, edges)


def check(layout: Layout, width: float = 80.0, height: float = 30.0) -> None:
    """No box covers another, and all are within the picture."""
    boxes = sorted(layout.boxes.values())
    for number, (x, y) in enumerate(boxes):
        assert width / 2 - 1e-6 <= x <= layout.width - width / 2 + 1e-6
        assert height / 2 - 1e-6 <= y <= layout.height - height / 2 + 1e-6
        for other_x, other_y in boxes[number + 1 :]:
            assert abs(x - other_x) >= width or abs(y - other_y) >= height


def test_a_chain_is_straight() -> None:
    layout = arranged([('a', 'b'), ('b', 'c'), ('c', 'd')])
    check(layout)
    assert len({x for x, _ in layout.boxes.values()}) == 1
    assert [layout.boxes[name][1] for name in 'abcd'] == sorted(y for _, y in layout.boxes.values())


def test_a_fan_is_symmetric() -> None:
    layout = arranged([('a', f'b{i}') for i in range(7)] + [(f'b{i}', 'c') for i in range(7)])
    check(layout)
    middle = layout.width / 2
    assert layout.boxes['a'][0] == pytest.approx(middle)
    assert layout.boxes['c'][0] == pytest.approx(middle)
    assert len({layout.boxes[f'b{i}'][1] for i in range(7)}) == 1


def test_inputs_stand_beside_what_they_enter() -> None:
    layout = arranged([('a', 'b'), ('b', 'c'), ('c', 'd'), ('x', 'd')])
    assert layout.boxes['x'][1] == layout.boxes['c'][1]


def test_crossings_are_undone() -> None:
    layout = arranged([('a', 'z'), ('b', 'y'), ('c', 'x'), ('r', 'a'), ('r', 'b'), ('r', 'c')])
    order = sorted('abc', key=lambda name: layout.boxes[name][0])
    assert sorted('xyz', key=lambda name: layout.boxes[name][0]) == [
        dict(zip('abc', 'zyx', strict=True))[n] for n in order
    ]


def test_routes_join_their_boxes() -> None:
    edges = [('a', 'b'), ('b', 'c'), ('a', 'c'), ('c', 'a'), ('c', 'c')]
    layout = arranged(edges)
    check(layout)
    for (source, target), points in zip(edges, layout.routes, strict=True):
        if source == target:
            assert points == []
            continue
        for name, (x, y) in ((source, points[0]), (target, points[-1])):
            box_x, box_y = layout.boxes[name]
            assert abs(x - box_x) <= 40
            assert abs(y - box_y) == pytest.approx(15)


def test_the_lightest_arrow_of_a_circle_points_up() -> None:
    sizes = dict.fromkeys('ab', (80.0, 30.0))
    for weights, upper in (((1, 0), 'a'), ((0, 1), 'b')):
        layout = lay_out(sizes, [('a', 'b'), ('b', 'a')], weights=weights)
        assert min(sizes, key=lambda name: layout.boxes[name][1]) == upper


def test_parts_stand_side_by_side() -> None:
    layout = arranged([('a', 'b'), ('x', 'y'), ('y', 'z')], 'alone')
    check(layout)
    assert layout.boxes['x'][0] < layout.boxes['a'][0] < layout.boxes['alone'][0]


@pytest.mark.parametrize('seed', range(5))
def test_random_graphs(seed: int) -> None:
    chance = random.Random(seed)
    edges = [(f'n{chance.randrange(i)}', f'n{i}') for i in range(1, 60)]
    edges += [(f'n{chance.randrange(60)}', f'n{chance.randrange(60)}') for _ in range(25)]
    layout = arranged(edges)
    check(layout)
    assert layout == arranged(edges)


def test_nothing() -> None:
    assert lay_out({}, []) == Layout()


def test_what_is_named_first_stands_on_the_left() -> None:
    """The order of the names counts, not that of the arrows, and what hangs together is not torn apart for it."""
    edges = [('root', f'job{i}') for i in range(6, -1, -1)]
    edges += [(f'job{i}', f'{kind}{i}') for i in (3, 0, 6, 1, 5, 2, 4) for kind in 'zy']
    layout = arranged(edges, 'root', *(f'job{i}' for i in range(7)), *(f'{kind}{i}' for i in range(7) for kind in 'yz'))
    check(layout)
    jobs = [layout.boxes[f'job{i}'][0] for i in range(7)]
    assert jobs == sorted(jobs)
    leaves = [layout.boxes[f'{kind}{i}'][0] for i in range(7) for kind in 'yz']
    assert leaves == sorted(leaves)


def test_labels_get_room_where_they_stand() -> None:
    edges = [('a', 'b'), ('b', 'c'), ('a', 'c')]
    sizes = dict.fromkeys('abc', (80.0, 30.0))

    def gaps(*rooms: float) -> list[float]:
        y = [lay_out(sizes, edges, layer_gap=40.0, rooms=rooms).boxes[name][1] for name in 'abc']
        return [y[1] - y[0] - 70, y[2] - y[1] - 70]

    plain, labelled, long = gaps(0, 0, 0), gaps(50, 0, 0), gaps(0, 0, 50)
    assert labelled == pytest.approx([plain[0] + 50, plain[1]])
    assert long == plain  # it has room on the layer that it crosses
