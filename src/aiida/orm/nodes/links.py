"""The links of one node."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from aiida.common.links import LinkType
from aiida.orm.utils.links import LinkManager, LinkTriple, validate_link
from aiida.storage.records import LinkRecord

if TYPE_CHECKING:
    from aiida.orm.nodes.node import Node

__all__ = ('NodeLinks',)


class NodeLinks:
    """Adding links to a node, and finding its neighbours."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def incoming_cache(self) -> list[LinkTriple]:
        """The links that are written when the node is stored."""
        return [LinkTriple(*link) for link in self._node._incoming]

    def add_incoming(self, source: Node, link_type: LinkType, link_label: str) -> None:
        """Add a link from another node to this one; on a stored node it is written at once.

        Where this node is stored and the source is not, the link is written when ``store`` of this one is called again.

        :param source: the node the link leaves; it may be stored later, but before this one.
        :raises TypeError: if an argument is of another type.
        :raises ValueError: if the link would break a rule of the graph.
        :raises ModificationNotAllowed: if one of the nodes is sealed.
        """
        node = self._node
        target_id = node._record.id
        if target_id is None:
            self._validate(source, link_type, link_label)
            node._incoming.append((source, link_type, link_label))
            return
        with node._store.transaction():
            self._validate(source, link_type, link_label)
            if source._record.id is None:
                node._incoming.append((source, link_type, link_label))
            else:
                node._store.insert_links([LinkRecord(source._record.id, target_id, link_type.value, link_label)])
                source._remember_outgoing(link_type, link_label)

    def _validate(self, source: Node, link_type: LinkType, link_label: str) -> None:
        self.validate_incoming(source, link_type, link_label)
        source.base.links.validate_outgoing(self._node, link_type, link_label)

    def validate_incoming(self, source: Node, link_type: LinkType, link_label: str) -> None:
        """Check that a link may enter this node; see :func:`aiida.orm.utils.links.validate_link`."""
        validate_link(source, self._node, link_type, link_label)

    def validate_outgoing(self, target: Node, link_type: LinkType, link_label: str) -> None:
        """Check that a link may leave this node, as far as :meth:`validate_incoming` of the target does not."""

    def _find_neighbour(
        self, direction: Literal['incoming', 'outgoing'], link_type: LinkType, label: str
    ) -> Node | None:
        """Return the node at the other end of the only stored link of this kind and label; read without the others."""
        from aiida.orm.convert import node_from_pk

        pk = self._node._record.id
        if pk is None:
            return None
        links = self._node._store.read_links(pk, direction, [link_type.value], label)
        if len(links) != 1:
            return None
        return node_from_pk(self._node._store, links[0].source_id if direction == 'incoming' else links[0].target_id)

    def get_incoming(
        self,
        node_class: type[Node] | None = None,
        link_type: LinkType | Sequence[LinkType] = (),
        link_label_filter: str | None = None,
        only_uuid: bool = False,
    ) -> LinkManager:
        """Return the links that enter this node, those that are not stored yet included.

        :param node_class: only from nodes of this class.
        :param link_type: only of this kind, or one of these.
        :param link_label_filter: only with such a label; ``%`` stands for any text, ``_`` for any character.
        :param only_uuid: whether the triples hold uuids instead of nodes.
        """
        triples = []
        if self._node._record.id is not None:
            triples = self.get_stored_link_triples(node_class, link_type, link_label_filter, 'incoming', only_uuid)
        triples.extend(self._cached(node_class, link_type, link_label_filter, only_uuid))
        return LinkManager(triples)

    def _cached(
        self, node_class: type[Node] | None, link_type: Any, label_filter: str | None, only_uuid: bool
    ) -> list[LinkTriple]:
        kinds = (link_type,) if isinstance(link_type, LinkType) else tuple(link_type)
        matches = _label_matcher(label_filter)
        return [
            LinkTriple(source.uuid if only_uuid else source, kind, label)  # type: ignore[arg-type]
            for source, kind, label in self._node._incoming
            if (not kinds or kind in kinds)
            and matches(label)
            and (node_class is None or isinstance(source, node_class))
        ]

    def get_outgoing(
        self,
        node_class: type[Node] | None = None,
        link_type: LinkType | Sequence[LinkType] = (),
        link_label_filter: str | None = None,
        only_uuid: bool = False,
    ) -> LinkManager:
        """Return the stored links that leave this node; parameters as for :meth:`get_incoming`."""
        if self._node._record.id is None:
            return LinkManager([])
        return LinkManager(
            self.get_stored_link_triples(node_class, link_type, link_label_filter, 'outgoing', only_uuid)
        )

    def get_stored_link_triples(
        self,
        node_class: type[Node] | None = None,
        link_type: LinkType | Sequence[LinkType] = (),
        link_label_filter: str | None = None,
        link_direction: str = 'incoming',
        only_uuid: bool = False,
    ) -> list[LinkTriple]:
        """Return links of this node that are in the store, in the order they were stored.

        :param link_direction: ``incoming`` or ``outgoing``.
        :raises TypeError: if a link type is none.
        :raises ValueError: if the direction is none.
        """
        kinds = (link_type,) if isinstance(link_type, LinkType) else tuple(link_type)
        if not all(isinstance(kind, LinkType) for kind in kinds):
            raise TypeError(f'link_type should be a LinkType or several of them, not {link_type!r}')
        if link_direction not in {'incoming', 'outgoing'}:
            raise ValueError(f"link_direction is either 'incoming' or 'outgoing', not {link_direction!r}")
        direction: Literal['incoming', 'outgoing'] = 'incoming' if link_direction == 'incoming' else 'outgoing'
        pk = self._node._record.id
        if pk is None:
            return []
        store = self._node._store
        matches = _label_matcher(link_label_filter)
        values = [kind.value for kind in kinds] or None
        links = [link for link in store.read_links(pk, direction, values) if matches(link.label)]
        return self._triples(links, direction, node_class, only_uuid)

    def _triples(
        self, links: list[LinkRecord], direction: str, node_class: type[Node] | None, only_uuid: bool
    ) -> list[LinkTriple]:
        """Return links with the nodes at their other ends; the same node is one object."""
        from aiida.orm.convert import node_from_record

        if not links:
            return []
        store = self._node._store
        others = [link.source_id if direction == 'incoming' else link.target_id for link in links]
        nodes = {record.id: node_from_record(store, record) for record in store.read_nodes(list(dict.fromkeys(others)))}
        triples = []
        for link, other in zip(links, others, strict=True):
            node = nodes[other]
            if node_class is None or isinstance(node, node_class):
                triples.append(LinkTriple(node.uuid if only_uuid else node, LinkType(link.link_type), link.label))  # type: ignore[arg-type]
        return triples


def _label_matcher(pattern: str | None) -> Any:
    """Return a function that says whether a label fits a pattern in the manner of SQL's LIKE."""
    if pattern is None:
        return lambda label: True
    text = ''.join('.*' if char == '%' else '.' if char == '_' else re.escape(char) for char in pattern)
    return re.compile(text, re.DOTALL).fullmatch
