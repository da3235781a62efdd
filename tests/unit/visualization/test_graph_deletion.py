"""What has to go, or come along, with some nodes; the expected sets are those of aiida-core for the same graph."""

from __future__ import annotations

from typing import Any

import pytest

from aiida import orm
from aiida.common.exceptions import NotExistent, ValidationError
from aiida.common.links import LinkType
from aiida.tools import delete_group_nodes, delete_nodes
from aiida.tools.graph.graph_traversers import get_nodes_delete, get_nodes_export, traverse_graph

Nodes = dict[str, orm.Node]


def pk(nodes: Nodes, name: str) -> int:
    number = nodes[name].pk
    assert number is not None
    return number


def names(nodes: Nodes, pks: set[int]) -> str:
    return ' '.join(sorted(name for name, node in nodes.items() if node.pk in pks))


TO_DELETE: list[tuple[str, dict[str, bool], str]] = [
    ('d1', {}, 'c1 c2 d1 o1 o2 r1 wc'),
    ('o1', {}, 'c1 c2 o1 o2 r1 wc'),
    ('o1', {'create_forward': False}, 'c1 c2 o1 wc'),
    ('o1', {'call_calc_forward': False, 'create_forward': False}, 'c1 c2 o1 wc'),
    ('wc', {'call_calc_forward': False}, 'wc'),
    ('o2', {'create_forward': False, 'call_calc_forward': False}, 'c2 o2 wc'),
]


@pytest.mark.parametrize(('start', 'rules', 'expected'), TO_DELETE)
def test_what_has_to_go(nodes: Nodes, start: str, rules: dict[str, bool], expected: str) -> None:
    found = get_nodes_delete([pk(nodes, start)], **rules)
    assert names(nodes, found['nodes']) == expected
    assert found['links'] is None
    assert {name: found['rules'][name] for name in rules} == rules


def test_what_comes_along(nodes: Nodes) -> None:
    assert names(nodes, get_nodes_export([pk(nodes, 'wc')])['nodes']) == 'c1 c2 code d1 d2 dic o1 o2 r1 wc'
    alone = get_nodes_export([pk(nodes, 'o1')], create_backward=False, call_calc_backward=False)
    assert names(nodes, alone['nodes']) == 'o1'


def test_traversal(nodes: Nodes) -> None:
    start = [pk(nodes, 'd1')]
    forward = (LinkType.INPUT_CALC, LinkType.CREATE)
    assert traverse_graph(start) == {'nodes': set(start), 'links': None}
    found = traverse_graph(start, links_forward=forward, get_links=True)
    assert names(nodes, found['nodes']) == 'c1 c2 d1 o1 o2 r1'
    assert found['links'] is not None
    assert {link.link_label for link in found['links']} == {'x', 'sum', 'remote_folder', 'a', 'result'}
    assert names(nodes, traverse_graph(start, 2, links_forward=forward)['nodes']) == 'c1 d1 o1 r1'


def test_mistakes_are_explained(nodes: Nodes) -> None:
    with pytest.raises(ValidationError, match=r"no rule 'zz'; there are .*create_forward"):
        get_nodes_delete([], zz=True)
    with pytest.raises(ValueError, match=r"'input_calc_forward' of DELETE cannot be changed, only .*create_forward"):
        get_nodes_delete([], input_calc_forward=False)
    with pytest.raises(NotExistent, match='999999'):
        get_nodes_delete([999999])
    with pytest.raises(TypeError, match='LinkType'):
        traverse_graph([], links_forward=['create'])  # type: ignore[list-item]


def test_deletion(nodes: Nodes) -> None:
    asked: list[set[int]] = []
    gone = {pk(nodes, name) for name in ('o1', 'c1', 'c2', 'o2', 'r1', 'wc')}
    assert delete_nodes([pk(nodes, 'o1')]) == (gone, False)
    assert delete_nodes([pk(nodes, 'o1')], dry_run=lambda pks: bool(asked.append(pks)) or True) == (gone, False)
    assert asked == [gone]
    assert orm.QueryBuilder().append(orm.Node).count() == 10
    assert delete_nodes([pk(nodes, 'o1'), 999999], dry_run=lambda pks: False) == (gone, True)
    assert sorted(orm.QueryBuilder().append(orm.Node, project='id').all(flat=True)) == sorted(
        pk(nodes, name) for name in ('d1', 'd2', 'dic', 'code')
    )
    assert nodes['d1'].base.links.get_outgoing().all() == []


def test_deletion_of_what_is_in_a_group(nodes: Nodes, store: Any) -> None:
    group = orm.Group(label='old').store()
    group.add_nodes([nodes['o2']])
    pks, deleted = delete_group_nodes([group.pk], dry_run=False, create_forward=False, call_calc_forward=False)
    assert (names(nodes, pks), deleted) == ('c2 o2 wc', True)
    assert store.group_members(group.pk) == []
