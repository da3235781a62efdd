"""What gets into a drawing, and how it looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from aiida import orm
from aiida.common.exceptions import FeatureNotAvailable, NotExistent
from aiida.common.links import LinkType
from aiida.orm.utils.links import LinkPair
from aiida.tools.visualization import (
    Graph,
    default_link_styles,
    default_node_styles,
    default_node_sublabels,
    pstate_node_styles,
    render_graph,
)

Nodes = dict[str, orm.Node]
SVG = '{http://www.w3.org/2000/svg}'


def names(graph: Graph, nodes: Nodes) -> str:
    by_pk = {node.pk: name for name, node in nodes.items()}
    return ' '.join(sorted(by_pk[pk] for pk in graph.nodes))


WALKS: list[tuple[Callable[[Graph, Nodes], Any], str, int]] = [
    (lambda g, n: g.recurse_descendants(n['d1']), 'c1 c2 d1 o1 o2 r1 wc', 9),
    (lambda g, n: g.recurse_descendants(n['d1'], depth=1), 'c1 d1 wc', 2),
    (lambda g, n: g.recurse_descendants(n['d1'], link_types='input_calc'), 'c1 d1', 1),
    (
        lambda g, n: g.recurse_descendants(n['d1'], include_process_inputs=True),
        'c1 c2 code d1 d2 dic o1 o2 r1 wc',
        13,
    ),
    (lambda g, n: g.recurse_ancestors(n['o2']), 'c1 c2 code d1 d2 dic o1 o2 wc', 12),
    (lambda g, n: g.recurse_ancestors(n['c2']), 'c1 c2 code d1 d2 dic o1 wc', 10),
    (lambda g, n: g.recurse_ancestors(n['o2'], include_process_outputs=True), 'c1 c2 code d1 d2 dic o1 o2 r1 wc', 13),
    (lambda g, n: g.recurse_ancestors(n['o2'], depth=1), 'c2 o2 wc', 2),
    (
        lambda g, n: g.recurse_ancestors(n['o2'], link_types=(LinkType.CREATE, LinkType.INPUT_CALC)),
        'c1 c2 code d1 d2 dic o1 o2',
        7,
    ),
    (lambda g, n: g.add_origin_to_targets(n['d1'], orm.CalcJobNode), 'c1 d1', 1),
    (
        lambda g, n: g.add_origin_to_targets(
            n['d1'], orm.Int, include_target_inputs=True, include_target_outputs=True, annotate_links='both'
        ),
        'c1 c2 d1 o1 o2 wc',
        6,
    ),
    (lambda g, n: g.add_origins_to_targets(orm.Int, orm.CalcJobNode), 'c1 d1 d2 o1 o2', 1),
]


@pytest.mark.parametrize(('walk', 'expected', 'links'), WALKS)
def test_walks(nodes: Nodes, walk: Callable[[Graph, Nodes], Any], expected: str, links: int) -> None:
    graph = Graph()
    walk(graph, nodes)
    assert (names(graph, nodes), len(graph.edges)) == (expected, links)


def test_neighbours(nodes: Nodes) -> None:
    graph = Graph()
    assert graph.add_incoming(nodes['o2']) == sorted(nodes[name].pk or 0 for name in ('wc', 'c2', 'o2'))
    returned = graph.add_outgoing(nodes['c2'], link_types='create', annotate_links='both', return_pks=False)
    assert returned == [nodes['c2'], nodes['o2']]
    assert (nodes['c2'].pk, nodes['o2'].pk, LinkPair(LinkType.CREATE, 'result')) in graph.edges


def test_nodes_and_edges_are_added_once(nodes: Nodes) -> None:
    graph = Graph()
    first, second = nodes['d1'], nodes['c1']
    with pytest.raises(AssertionError, match=f'in_node pk={first.pk}'):
        graph.add_edge(first, second)
    assert graph.add_node(first.pk or 0) == first
    with pytest.raises(AssertionError, match=f'out_node pk={second.pk}'):
        graph.add_edge(first, second)
    graph.add_node(second.uuid)
    for colour in ('red', 'blue'):
        graph.add_edge(first.pk or 0, second, style={'color': colour})
    assert [arrow[2]['color'] for arrow in graph.drawing.arrows] == ['red']
    graph.add_edge(first, second, style={'color': 'blue'}, overwrite=True)
    assert [arrow[2]['color'] for arrow in graph.drawing.arrows] == ['blue']
    graph.add_node(first, style_override={'shape': 'box'})
    graph.add_node(first)
    assert graph.drawing.boxes[f'N{first.pk}']['shape'] == 'box'
    graph.add_node(first, overwrite=True)
    assert graph.drawing.boxes[f'N{first.pk}']['shape'] == 'ellipse'


def test_mistakes_are_explained(nodes: Nodes) -> None:
    with pytest.raises(ValueError, match="'zz' is no `node_id_type`; use one or more of pk, uuid, label"):
        Graph(node_id_type='zz')
    with pytest.raises(ValueError, match=r"`annotate_links`.*'zz'"):
        Graph().add_incoming(nodes['c1'], annotate_links='zz')
    with pytest.raises(ValueError, match='zz'):
        Graph().add_incoming(nodes['c1'], link_types='zz')
    with pytest.raises(NotExistent):
        Graph().add_node(10**9)


LABELS: list[tuple[str, dict[str, Any], str]] = [
    ('d1', {}, 'Int ({pk})\nvalue: 1'),
    ('d1', {'include_sublabels': False}, 'Int ({pk})'),
    ('d1', {'node_id_type': ['pk', 'label', 'uuid'], 'include_sublabels': False}, 'Int ({pk}||{uuid})'),
    ('c1', {}, 'AddCalculation ({pk})\nState: finished\nExit Code: 0'),
    ('wc', {}, 'WorkChainNode ({pk})\nState: running'),
    ('code', {}, 'InstalledCode ({pk})\nbash@here'),
    ('dic', {}, 'Dict ({pk})\na, b'),
    ('r1', {}, 'RemoteData ({pk})\n@here'),
    ('r1', {'node_sublabel_fn': lambda node: 'mine'}, 'RemoteData ({pk})\nmine'),
]


@pytest.mark.parametrize(('name', 'options', 'expected'), LABELS)
def test_labels(nodes: Nodes, name: str, options: dict[str, Any], expected: str) -> None:
    graph, node = Graph(**options), nodes[name]
    graph.add_node(node)
    assert graph.drawing.boxes[f'N{node.pk}']['label'] == expected.format(pk=node.pk, uuid=node.uuid[:8])


def test_styles(nodes: Nodes) -> None:
    shapes = {name: default_node_styles(node)['shape'] for name, node in nodes.items()}
    assert shapes == {
        **dict.fromkeys(('d1', 'd2', 'dic', 'o1', 'o2', 'r1'), 'ellipse'),
        'code': 'diamond',
        **dict.fromkeys(('wc', 'c1', 'c2'), 'rectangle'),
    }
    colours = [default_node_styles(nodes[name])['fillcolor'] for name in ('wc', 'c1', 'c2', 'd1', 'r1')]
    assert len(set(colours)) == 5
    assert pstate_node_styles(nodes['wc'])['shape'] == 'polygon'
    assert pstate_node_styles(nodes['d1'])['fillcolor'] == '#ffffff'
    pair = LinkPair(LinkType.CREATE, 'sum')
    assert 'label' not in default_link_styles(pair, False, False)
    assert [default_link_styles(pair, *which)['label'] for which in ((True, False), (False, True), (True, True))] == [
        'sum',
        'CREATE',
        'CREATE\nsum',
    ]
    styles = {kind: default_link_styles(LinkPair(kind, 'x'), False, False)['style'] for kind in LinkType}
    assert (styles[LinkType.CREATE], styles[LinkType.RETURN], styles[LinkType.CALL_WORK]) == (
        'solid',
        'dashed',
        'dotted',
    )


def test_sublabels_are_short(store: Any) -> None:
    assert default_node_sublabels(orm.Str('long ' * 20)) == 'long long long long long …'


def test_others_are_faint(nodes: Nodes) -> None:
    graph = Graph()
    graph.recurse_ancestors(nodes['c2'], highlight_classes=['Int'])
    faint = {name for name, node in nodes.items() if node.pk in graph.nodes and _fill(graph, node) == '#ffffff'}
    assert faint == {'c1', 'code', 'dic', 'wc'}


def _fill(graph: Graph, node: orm.Node) -> str:
    return graph.drawing.boxes[f'N{node.pk}']['fillcolor']


def test_dot_source(nodes: Nodes, tmp_path: Path) -> None:
    graph = Graph(engine='neato', graph_attr={'rankdir': 'LR'}, global_edge_style={'color': 'blue'})
    graph.recurse_ancestors(nodes['o2'], annotate_links='label')
    source = graph.graphviz.source
    assert 'graph [rankdir=LR]' in source
    assert f'N{nodes["c2"].pk} -> N{nodes["o2"].pk} [label=result color=blue style=solid]' in source
    assert graph.graphviz.engine == 'neato'
    assert graph.graphviz is graph.graphviz
    assert render_graph(graph, tmp_path / 'graph.dot').read_text() == source


@pytest.mark.parametrize('rankdir', [None, 'TB', 'LR'])
def test_svg_without_graphviz(nodes: Nodes, tmp_path: Path, rankdir: str | None) -> None:
    nodes['d1'].label = '<&">'
    graph = Graph(graph_attr={'rankdir': rankdir} if rankdir else None, node_id_type='label')
    graph.recurse_ancestors(nodes['o2'], annotate_links='both', include_process_outputs=True)
    path = render_graph(graph, tmp_path / 'graph.svg', own=True)
    root = ElementTree.fromstring(path.read_text(encoding='utf-8'))
    texts = [element.text for element in root.iter(f'{SVG}text')]
    assert {'Int (<&">)', 'value: 1', 'AddCalculation ()', 'CREATE', 'final', 'ns__second'} <= set(texts)
    assert len(list(root.iter(f'{SVG}ellipse'))) == 6
    assert len(list(root.iter(f'{SVG}polygon'))) == 1
    arrows = [element for element in root.iter(f'{SVG}path') if element.get('marker-end')]
    assert len(arrows) == len(graph.edges) == 13
    assert sum(arrow.get('stroke-dasharray') is not None for arrow in arrows) == 5
    left, top, width, height = map(float, root.get('viewBox', '').split())
    for text in root.iter(f'{SVG}text'):
        assert left < float(text.get('x', 'nan')) < left + width
        assert top < float(text.get('y', 'nan')) < top + height


def test_a_circle_can_be_drawn(nodes: Nodes, tmp_path: Path) -> None:
    chain = nodes['wc']
    nodes['d1'].base.links.add_incoming(chain, LinkType.RETURN, 'unchanged')
    graph = Graph()
    graph.recurse_descendants(chain, depth=2)
    assert render_graph(graph, tmp_path / 'graph.svg', own=True).stat().st_size > 1000


def test_any_text_can_be_written(store: Any, tmp_path: Path) -> None:
    graph = Graph()
    graph.add_node(orm.Str('a\x00b \\N <tag> \ud800').store())
    text = render_graph(graph, tmp_path / 'graph.svg', own=True).read_text(encoding='utf-8')
    assert 'a\ufffdb \\N <tag> \ufffd' in [element.text for element in ElementTree.fromstring(text).iter(f'{SVG}text')]
    assert '\\\\N' in graph.graphviz.source


def test_an_empty_drawing(store: Any, tmp_path: Path) -> None:
    assert '<svg' in render_graph(Graph(), tmp_path / 'graph.svg', own=True).read_text()


def test_other_formats_need_graphviz(nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))
    graph = Graph()
    graph.add_node(nodes['d1'])
    assert render_graph(graph, tmp_path / 'picture', 'svg').read_text().startswith('<svg')
    with pytest.raises(FeatureNotAvailable, match=r"'pdf' needs the program 'dot'.*use the format 'svg'"):
        render_graph(graph, tmp_path / 'graph.pdf')


def test_the_format_is_what_the_suffix_says(monkeypatch):
    from aiida.tools.visualization import render

    for installed, otherwise in ((True, 'pdf'), (False, 'svg')):
        monkeypatch.setattr(render, 'has_graphviz', lambda engine, installed=installed: installed)
        assert render.choose_format(Path('a/foo.PNG')) == 'png'
        assert render.choose_format(Path('foo.webp')) == 'webp'
        assert [render.choose_format(path) for path in (None, Path('foo'), Path('foo.1'))] == [otherwise] * 3
