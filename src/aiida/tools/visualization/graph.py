"""A part of the provenance graph, gathered node by node or by following links, to be drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from aiida import orm
from aiida.common.links import LinkType
from aiida.orm.utils.links import LinkPair
from aiida.orm.utils.node import load_node_class
from aiida.tools.visualization.styles import (
    default_link_styles,
    default_node_styles,
    default_node_sublabels,
    node_tooltip,
    pstate_node_styles,
)

if TYPE_CHECKING:
    from graphviz import Digraph

    from aiida.storage.ports import Store

__all__ = (
    'Drawing',
    'Graph',
    'default_link_styles',
    'default_node_styles',
    'default_node_sublabels',
    'pstate_node_styles',
)

Direction = Literal['incoming', 'outgoing']
LinkTypes = None | str | Sequence[str] | LinkType | Sequence[LinkType]
_ANNOTATIONS = (None, False, 'label', 'type', 'both')
_ORIGIN = {'color': '#cc4238', 'penwidth': 4}
_FADED = {'color': '#c9d0d6', 'fillcolor': '#ffffff', 'fontcolor': '#8b98a3'}
_IDENTIFIERS: dict[str, Callable[[Any], str]] = {
    'pk': lambda node: str(node.pk),
    'uuid': lambda node: node.uuid.split('-')[0],
    'label': lambda node: node.label,
}


@dataclass(slots=True)
class Drawing:
    """What is to be drawn, in the words of graphviz: boxes and arrows with their attributes."""

    boxes: dict[str, dict[str, str]] = field(default_factory=dict)
    arrows: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)


class Graph:
    """Nodes and links to be drawn, with the way they look."""

    def __init__(
        self,
        engine: str | None = None,
        graph_attr: dict[str, Any] | None = None,
        global_node_style: dict[str, Any] | None = None,
        global_edge_style: dict[str, Any] | None = None,
        include_sublabels: bool = True,
        link_style_fn: Callable[[LinkPair, bool, bool], dict[str, Any]] | None = None,
        node_style_fn: Callable[[orm.Node], dict[str, Any]] | None = None,
        node_sublabel_fn: Callable[[orm.Node], str] | None = None,
        node_id_type: str | list[str] = 'pk',
        backend: Store | None = None,
    ) -> None:
        """
        :param engine: the program of graphviz that arranges the nodes, ``dot`` by default.
        :param graph_attr: attributes of the whole, such as ``{'rankdir': 'LR'}``.
        :param global_node_style: added to the look of every node.
        :param global_edge_style: added to the look of every link.
        :param include_sublabels: whether there is more than the name of a node.
        :param link_style_fn: gives the look of a link.
        :param node_style_fn: gives the look of a node.
        :param node_sublabel_fn: gives the lines below the name of a node.
        :param node_id_type: what nodes are told apart by: ``pk``, ``uuid``, ``label``, or several of these.
        :param backend: the store, that of the loaded profile by default.
        """
        self._engine = engine
        self._drawing = Drawing(attributes=_texts(graph_attr or {}))
        self._node_style = _texts(global_node_style or {})
        self._edge_style = _texts(global_edge_style or {})
        self._include_sublabels = include_sublabels
        self._link_styles = link_style_fn or default_link_styles
        self._node_styles = node_style_fn or default_node_styles
        self._node_sublabels = node_sublabel_fn or default_node_sublabels
        self._node_id_types = [node_id_type] if isinstance(node_id_type, str) else list(node_id_type)
        for name in self._node_id_types:
            if name not in _IDENTIFIERS:
                raise ValueError(f"'{name}' is no `node_id_type`; use one or more of {', '.join(_IDENTIFIERS)}")
        self._backend = backend
        self._nodes: dict[int, orm.Node] = {}
        self._edges: set[tuple[int, int, LinkPair | None]] = set()
        self._graphviz: Digraph | None = None

    @property
    def backend(self) -> Store:
        """The store the nodes are in."""
        from aiida.orm.backend import get_store

        return self._backend if self._backend is not None else get_store()

    @property
    def nodes(self) -> set[int]:
        """The numbers of the nodes in the drawing."""
        return set(self._nodes)

    @property
    def edges(self) -> set[tuple[int, int, LinkPair | None]]:
        """The links in the drawing: source, target, and kind with label where they are known."""
        return set(self._edges)

    @property
    def drawing(self) -> Drawing:
        """What is to be drawn."""
        return self._drawing

    @property
    def graphviz(self) -> Digraph:
        """The drawing for graphviz, which needs its programs to be installed; it may be changed before rendering."""
        if self._graphviz is None:
            self._graphviz = self._as_digraph()
        return self._graphviz

    def _as_digraph(self) -> Digraph:
        from graphviz import Digraph, escape

        def literal(attributes: dict[str, str]) -> dict[str, str]:
            """Return attributes whose texts mean what they say, backslashes too."""
            return {key: escape(text) if key in ('label', 'tooltip') else text for key, text in attributes.items()}

        digraph = Digraph(engine=self._engine, graph_attr=dict(self._drawing.attributes))
        for name, attributes in self._drawing.boxes.items():
            digraph.node(name, **literal(attributes))
        for source, target, attributes in self._drawing.arrows:
            digraph.edge(source, target, **literal(attributes))
        return digraph

    # one by one

    def add_node(
        self, node: int | str | orm.Node, style_override: dict[str, Any] | None = None, overwrite: bool = False
    ) -> orm.Node:
        """Add a node and return it; one that is there stays as it is.

        :param node: itself, its number, or what ``load_node`` takes.
        :param style_override: changes of its look.
        :param overwrite: whether one that is there is drawn anew.
        """
        node = self._load(node)
        assert node.pk is not None
        if node.pk in self._nodes and style_override is None and not overwrite:
            return node
        self._nodes[node.pk] = node
        attributes = {
            'label': self._label(node),
            'tooltip': node_tooltip(node),
            **_texts(self._node_styles(node)),
            **self._node_style,
            **_texts(style_override or {}),
        }
        self._drawing.boxes[_name(node.pk)] = attributes
        self._graphviz = None
        return node

    def _label(self, node: orm.Node) -> str:
        name = getattr(node, 'process_label', None) or type(node).__name__
        identifier = '|'.join(_IDENTIFIERS[kind](node) for kind in self._node_id_types)
        sublabel = self._node_sublabels(node) if self._include_sublabels else ''
        return f'{name} ({identifier})\n{sublabel}' if sublabel else f'{name} ({identifier})'

    def add_edge(
        self,
        in_node: int | str | orm.Node,
        out_node: int | str | orm.Node,
        link_pair: LinkPair | None = None,
        style: dict[str, Any] | None = None,
        overwrite: bool = False,
    ) -> None:
        """Add an arrow between nodes that are there; one that is there stays as it is.

        :param link_pair: kind and label of the link.
        :param style: its look.
        :param overwrite: whether one that is there is drawn anew.
        :raises AssertionError: if one of the nodes is not in the drawing.
        """
        ends = []
        for name, given in (('in_node', in_node), ('out_node', out_node)):
            pk = given if isinstance(given, int) else self._load(given).pk
            if pk not in self._nodes:
                raise AssertionError(f'{name} pk={pk} is not in the drawing: call add_node() for it first')
            ends.append(pk)
        source, target = ends
        edge = (source, target, link_pair)
        if edge in self._edges and not overwrite:
            return
        attributes = {**_texts(style or {}), **self._edge_style}
        if edge in self._edges:
            self._drawing.arrows = [
                arrow for arrow in self._drawing.arrows if arrow[:2] != (_name(source), _name(target))
            ]
        self._edges.add(edge)
        self._drawing.arrows.append((_name(source), _name(target), attributes))
        self._graphviz = None

    # by following links

    def add_incoming(
        self,
        node: int | str | orm.Node,
        link_types: LinkTypes = None,
        annotate_links: str | bool | None = None,
        return_pks: bool = True,
    ) -> list[Any]:
        """Add a node and what is linked into it; return these nodes in the order of their numbers.

        :param link_types: the links that are followed, all by default.
        :param annotate_links: what is written on links: ``label``, ``type`` or ``both``.
        :param return_pks: whether numbers are returned instead of nodes.
        """
        return self._add_linked(node, 'incoming', link_types, annotate_links, return_pks)

    def add_outgoing(
        self,
        node: int | str | orm.Node,
        link_types: LinkTypes = None,
        annotate_links: str | bool | None = None,
        return_pks: bool = True,
    ) -> list[Any]:
        """Add a node and what it is linked into; return these nodes in the order of their numbers.

        :param link_types: the links that are followed, all by default.
        :param annotate_links: what is written on links: ``label``, ``type`` or ``both``.
        :param return_pks: whether numbers are returned instead of nodes.
        """
        return self._add_linked(node, 'outgoing', link_types, annotate_links, return_pks)

    def _add_linked(
        self,
        node: int | str | orm.Node,
        direction: Direction,
        link_types: LinkTypes,
        annotate_links: str | bool | None,
        return_pks: bool,
    ) -> list[Any]:
        start = self.add_node(node)
        assert start.pk is not None
        reached = self._follow([start.pk], direction, _link_values(link_types), _annotation(annotate_links))
        found = sorted({start.pk, *reached})
        if return_pks:
            return found
        return [self._nodes[pk] for pk in found]

    def _follow(
        self, pks: Iterable[int], direction: Direction, link_types: Sequence[str] | None, annotate: tuple[bool, bool]
    ) -> list[int]:
        """Add the links of some nodes and the nodes at their other ends; return the numbers of those that are new."""
        store = self.backend
        links = [link for pk in pks for link in store.read_links(pk, direction, link_types)]
        others = [link.source_id if direction == 'incoming' else link.target_id for link in links]
        new = [pk for pk in dict.fromkeys(others) if pk not in self._nodes]
        for record in store.read_nodes(new):
            self.add_node(load_node_class(record.node_type).from_record(store, record))
        for link in links:
            pair = LinkPair(LinkType(link.link_type), link.label)
            self.add_edge(link.source_id, link.target_id, pair, style=self._link_styles(pair, *annotate))
        return list(dict.fromkeys(others))

    def recurse_descendants(
        self,
        origin: int | str | orm.Node,
        depth: int | None = None,
        link_types: LinkTypes = None,
        annotate_links: str | bool | None = None,
        origin_style: dict[str, Any] | None = None,
        include_process_inputs: bool = False,
        highlight_classes: None | Sequence[str] = None,
    ) -> None:
        """Add a node and what comes after it, link by link.

        :param depth: how many links to follow at most, any number by default.
        :param link_types: the links that are followed, all by default.
        :param annotate_links: what is written on links: ``label``, ``type`` or ``both``.
        :param origin_style: changes of the look of the first node, which stands out by default.
        :param include_process_inputs: whether all inputs of the processes met are added.
        :param highlight_classes: names of classes; nodes of other classes are drawn faintly.
        """
        self._recurse(
            origin,
            'outgoing',
            depth,
            link_types,
            annotate_links,
            origin_style,
            include_process_inputs,
            highlight_classes,
        )

    def recurse_ancestors(
        self,
        origin: int | str | orm.Node,
        depth: int | None = None,
        link_types: LinkTypes = None,
        annotate_links: str | bool | None = None,
        origin_style: dict[str, Any] | None = None,
        include_process_outputs: bool = False,
        highlight_classes: None | Sequence[str] = None,
    ) -> None:
        """Add a node and what came before it, link by link.

        :param depth: how many links to follow at most, any number by default.
        :param link_types: the links that are followed, all by default.
        :param annotate_links: what is written on links: ``label``, ``type`` or ``both``.
        :param origin_style: changes of the look of the first node, which stands out by default.
        :param include_process_outputs: whether all outputs of the processes met are added.
        :param highlight_classes: names of classes; nodes of other classes are drawn faintly.
        """
        self._recurse(
            origin,
            'incoming',
            depth,
            link_types,
            annotate_links,
            origin_style,
            include_process_outputs,
            highlight_classes,
        )

    def _recurse(
        self,
        origin: int | str | orm.Node,
        direction: Direction,
        depth: int | None,
        link_types: LinkTypes,
        annotate_links: str | bool | None,
        origin_style: dict[str, Any] | None,
        other_side: bool,
        highlight_classes: None | Sequence[str],
    ) -> None:
        kinds, annotate = _link_values(link_types), _annotation(annotate_links)
        start = self.add_node(origin, style_override=_ORIGIN if origin_style is None else origin_style)
        assert start.pk is not None
        seen, level, steps = {start.pk}, [start.pk], 0
        while level and (depth is None or steps < depth):
            reached = self._follow(level, direction, kinds, annotate)
            level = [pk for pk in reached if pk not in seen]
            seen.update(level)
            steps += 1
        if other_side:
            processes = [pk for pk in seen if isinstance(self._nodes[pk], orm.ProcessNode)]
            self._follow(processes, 'incoming' if direction == 'outgoing' else 'outgoing', kinds, annotate)
        if highlight_classes is not None:
            self._fade_others(
                [highlight_classes] if isinstance(highlight_classes, str) else highlight_classes, start.pk
            )

    def _fade_others(self, classes: Sequence[str], origin: int) -> None:
        """Draw nodes faintly that are neither of one of these classes nor the first one."""
        for pk, node in self._nodes.items():
            if pk != origin and type(node).__name__ not in classes:
                self.add_node(node, style_override=_FADED)

    def add_origin_to_targets(
        self,
        origin: int | str | orm.Node,
        target_cls: type[orm.Node],
        target_filters: dict[str, Any] | None = None,
        include_target_inputs: bool = False,
        include_target_outputs: bool = False,
        origin_style: Mapping[str, Any] | None = None,
        annotate_links: str | bool | None = None,
    ) -> None:
        """Add a node and the nodes of a class that descend from it, with an arrow to each in place of what is between.

        :param target_filters: which of them, as a query takes it.
        :param include_target_inputs: whether what is linked into them is added.
        :param include_target_outputs: whether what they are linked into is added.
        :param origin_style: changes of the look of the first node.
        :param annotate_links: what is written on links: ``label``, ``type`` or ``both``.
        """
        start = self.add_node(origin, style_override=dict(origin_style or {}))
        query = orm.QueryBuilder(backend=self.backend)
        query.append(orm.Node, filters={'id': start.pk}, tag='origin')
        query.append(target_cls, with_ancestors='origin', filters=target_filters, tag='target', project='*')
        for (target,) in query.order_by({'target': 'id'}).iterall():
            self.add_node(target)
            self.add_edge(start, target, style={'style': 'dashed', 'color': 'grey'})
            if include_target_inputs:
                self.add_incoming(target, annotate_links=annotate_links)
            if include_target_outputs:
                self.add_outgoing(target, annotate_links=annotate_links)

    def add_origins_to_targets(
        self,
        origin_cls: type[orm.Node],
        target_cls: type[orm.Node],
        origin_filters: dict[str, Any] | None = None,
        target_filters: dict[str, Any] | None = None,
        include_target_inputs: bool = False,
        include_target_outputs: bool = False,
        origin_style: Mapping[str, Any] | None = None,
        annotate_links: str | bool | None = None,
    ) -> None:
        """Add all nodes of a class and for each what :meth:`add_origin_to_targets` adds.

        :param origin_filters: which of them, as a query takes it.
        """
        query = orm.QueryBuilder(backend=self.backend)
        query.append(origin_cls, filters=origin_filters, tag='origin', project='*')
        for (origin,) in query.iterall():
            self.add_origin_to_targets(
                origin,
                target_cls,
                target_filters=target_filters,
                include_target_inputs=include_target_inputs,
                include_target_outputs=include_target_outputs,
                origin_style=origin_style,
                annotate_links=annotate_links,
            )

    def _load(self, node: int | str | orm.Node) -> orm.Node:
        if isinstance(node, orm.Node):
            return node
        if isinstance(node, int):
            store = self.backend
            record = store.read_node(node)
            return load_node_class(record.node_type).from_record(store, record)
        return orm.load_node(node)


def _name(pk: int) -> str:
    return f'N{pk}'


def _texts(attributes: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in attributes.items()}


def _annotation(annotate_links: str | bool | None) -> tuple[bool, bool]:
    """Return whether labels and whether kinds are written on links.

    :raises ValueError: if that is not what the argument can say.
    """
    if annotate_links not in _ANNOTATIONS:
        raise ValueError(f"`annotate_links` is None, 'label', 'type' or 'both', not {annotate_links!r}")
    return annotate_links in ('label', 'both'), annotate_links in ('type', 'both')


def _link_values(link_types: LinkTypes) -> list[str] | None:
    """Return the kinds of links as the store names them.

    :raises ValueError: if there is no such kind.
    """
    if link_types is None:
        return None
    listed = [link_types] if isinstance(link_types, (str, LinkType)) else list(link_types)
    return [(item if isinstance(item, LinkType) else LinkType(item)).value for item in listed]
