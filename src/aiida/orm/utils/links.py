"""The rules of the graph: which node may be linked to which, and how often."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from aiida.common.exceptions import ModificationNotAllowed, NotExistent
from aiida.common.links import LinkType, validate_link_label
from aiida.orm.utils.mixins import Sealable

if TYPE_CHECKING:
    from aiida.orm.nodes.node import Node
    from aiida.storage.ports import Store

__all__ = ('LinkManager', 'LinkPair', 'LinkQuadruple', 'LinkTriple', 'link_triple_exists', 'validate_link')


class LinkPair(NamedTuple):
    """Kind and label of a link."""

    link_type: LinkType
    link_label: str


class LinkTriple(NamedTuple):
    """The node at the other end of a link, its kind and its label."""

    node: Node
    link_type: LinkType
    link_label: str


class LinkQuadruple(NamedTuple):
    """A whole link by the numbers of its ends."""

    source_id: int
    target_id: int
    link_type: LinkType
    link_label: str


class LinkRule(NamedTuple):
    """What a kind of link may connect.

    ``one_source``: a target has only one such link. ``one_label_per_source`` / ``_per_target``: the labels of the links
    that leave a source / enter a target are all different.
    """

    source: str
    target: str
    one_source: bool = False
    one_label_per_source: bool = False
    one_label_per_target: bool = False


_DATA, _CALCULATION, _WORKFLOW = 'Data', 'CalculationNode', 'WorkflowNode'

LINK_RULES: dict[LinkType, LinkRule] = {
    LinkType.INPUT_CALC: LinkRule(_DATA, _CALCULATION, one_label_per_target=True),
    LinkType.INPUT_WORK: LinkRule(_DATA, _WORKFLOW, one_label_per_target=True),
    LinkType.CREATE: LinkRule(_CALCULATION, _DATA, one_source=True, one_label_per_source=True),
    LinkType.RETURN: LinkRule(_WORKFLOW, _DATA, one_label_per_source=True),
    LinkType.CALL_CALC: LinkRule(_WORKFLOW, _CALCULATION, one_source=True),
    LinkType.CALL_WORK: LinkRule(_WORKFLOW, _WORKFLOW, one_source=True),
}

#: Kinds of link along which data comes into being; a cycle of them would say that something made itself.
_PROVENANCE = (LinkType.INPUT_CALC, LinkType.CREATE)
_PROVENANCE_VALUES = tuple(link_type.value for link_type in _PROVENANCE)


def validate_link(
    source: Node, target: Node, link_type: LinkType, link_label: str, backend: Store | None = None
) -> None:
    """Check that a link may be added.

    :param source: the node it leaves.
    :param target: the node it enters.
    :param backend: not needed, as a node knows its store; accepted because others pass it.
    :raises TypeError: if an argument is of another type.
    :raises ValueError: if the link would break a rule of the graph.
    :raises ModificationNotAllowed: if one of the nodes is sealed.
    """
    _validate_types(source, target, link_type)
    validate_link_label(link_label)
    if source._record.uuid == target._record.uuid:
        raise ValueError(f'cannot add a link from {_name(source)} to itself')
    if source._store is not target._store:
        raise ValueError(f'cannot link {_name(source)} to {_name(target)}: they are in different stores')
    rule = LINK_RULES[link_type]
    if source._link_role != rule.source or target._link_role != rule.target:
        raise ValueError(
            f'cannot add a {link_type} link from {_name(source)} to {_name(target)}: '
            f'it goes from a {rule.source} to a {rule.target}'
        )
    _validate_not_sealed(source, target)
    _validate_uniqueness(source, target, link_type, link_label, rule)
    if link_type in _PROVENANCE and _closes_cycle(source, target):
        raise ValueError(
            f'cannot add a {link_type} link from {_name(source)} to {_name(target)}: it would close a cycle'
        )


def _validate_types(source: Any, target: Any, link_type: Any) -> None:
    if not isinstance(link_type, LinkType):
        raise TypeError(f'the type of a link is a LinkType, not {link_type!r} of type {type(link_type)}')
    for role, node in (('source', source), ('target', target)):
        if not hasattr(node, '_link_role'):
            raise TypeError(f'the {role} of a link is a Node, not {node!r} of type {type(node)}')


def _validate_not_sealed(source: Node, target: Node) -> None:
    if isinstance(source, Sealable) and source.is_sealed:
        raise ModificationNotAllowed(f'cannot add a link from {_name(source)}: it is sealed')
    if isinstance(target, Sealable) and target.is_sealed:
        raise ModificationNotAllowed(f'cannot add a link to {_name(target)}: it is sealed')


def _validate_uniqueness(source: Node, target: Node, link_type: LinkType, label: str, rule: LinkRule) -> None:
    incoming = [(node._record.uuid, name) for node, kind, name in target._incoming if kind is link_type]
    if target._record.id is not None:
        incoming += _stored(target, 'incoming', link_type)
    if rule.one_source and incoming:
        raise ValueError(f'{_name(target)} already has an incoming {link_type} link; {_name(source)} cannot be another')
    if rule.one_label_per_target and any(name == label for _, name in incoming):
        raise ValueError(
            f'{_name(target)} already has an incoming {link_type} link with label "{label}"; '
            f'{_name(source)} needs another label'
        )
    if (source._record.uuid, label) in incoming:
        raise ValueError(
            f'{_name(source)} already has an outgoing {link_type} link with label "{label}" to {_name(target)}'
        )
    if rule.one_label_per_source and source._has_outgoing_label(link_type, label):
        raise ValueError(
            f'{_name(source)} already has an outgoing {link_type} link with label "{label}"; '
            f'{_name(target)} needs another label'
        )


def _stored(node: Node, direction: Any, link_type: LinkType) -> list[tuple[str, str]]:
    """Return uuid of the other end, and label, of the stored links of a node."""
    links = node._store.read_links(node._record.id, direction, [link_type.value])  # type: ignore[arg-type]
    if not links:
        return []
    uuids = {record.id: record.uuid for record in node._store.read_nodes(list({link.source_id for link in links}))}
    return [(uuids.get(link.source_id, ''), link.label) for link in links]


def _closes_cycle(source: Node, target: Node) -> bool:
    """Whether the source came into being from the target."""
    uuid = target._record.uuid
    seen = set()
    waiting = [source]
    stored = []
    while waiting:
        node = waiting.pop()
        if node._record.uuid == uuid:
            return True
        if node._record.uuid in seen:
            continue
        seen.add(node._record.uuid)
        if node._record.id is not None:
            stored.append(node)
        waiting.extend(parent for parent, kind, _ in node._incoming if kind in _PROVENANCE)
    if target._record.id is None:
        return False
    store, target_id = target._store, target._record.id
    return any(store.is_ancestor(target_id, node._record.id, _PROVENANCE_VALUES) for node in stored)  # type: ignore[arg-type]


def _name(node: Node) -> str:
    return f'{type(node).__name__}<{node._record.id if node._record.id is not None else node._record.uuid}>'


def link_triple_exists(
    source: Node, target: Node, link_type: LinkType, link_label: str, backend: Store | None = None
) -> bool:
    """Return whether this very link is there, stored or not."""
    if any(node == source and kind is link_type and label == link_label for node, kind, label in target._incoming):
        return True
    if source._record.id is None or target._record.id is None:
        return False
    links = target._store.read_links(target._record.id, 'incoming', [link_type.value], link_label)
    return any(link.source_id == source._record.id for link in links)


class LinkManager:
    """The links a query gave, with convenient ways to look at them."""

    def __init__(self, link_triples: list[LinkTriple]) -> None:
        self.link_triples = link_triples

    def __iter__(self) -> Iterator[LinkTriple]:
        return iter(self.link_triples)

    def __next__(self) -> Generator[LinkTriple, None, None]:
        return self.next()

    def __bool__(self) -> bool:
        return bool(self.link_triples)

    def __len__(self) -> int:
        return len(self.link_triples)

    def next(self) -> Generator[LinkTriple, None, None]:
        """Yield the links one by one."""
        yield from self.link_triples

    def one(self) -> LinkTriple:
        """Return the only link.

        :raises ValueError: if there is none, or more than one.
        """
        if len(self.link_triples) != 1:
            raise ValueError('no entries found' if not self.link_triples else 'more than one entry found')
        return self.link_triples[0]

    def first(self) -> LinkTriple | None:
        """Return the first link, ``None`` if there is none."""
        return self.link_triples[0] if self.link_triples else None

    def all(self) -> list[LinkTriple]:
        """Return the links."""
        return self.link_triples

    def all_nodes(self) -> list[Node]:
        """Return the nodes at the other ends."""
        return [triple.node for triple in self.link_triples]

    def all_link_pairs(self) -> list[LinkPair]:
        """Return kinds and labels."""
        return [LinkPair(triple.link_type, triple.link_label) for triple in self.link_triples]

    def all_link_labels(self) -> list[str]:
        """Return the labels."""
        return [triple.link_label for triple in self.link_triples]

    def get_node_by_label(self, label: str) -> Node:
        """Return the node at the other end of the link with this label.

        :raises NotExistent: if there is none.
        :raises MultipleObjectsError: if there are several.
        """
        found = [triple.node for triple in self.link_triples if triple.link_label == label]
        if not found:
            raise NotExistent(f'no neighbor with the label {label} found')
        if len(found) > 1:
            from aiida.common.exceptions import MultipleObjectsError

            raise MultipleObjectsError(f'more than one neighbor with the label {label} found')
        return found[0]

    def nested(self, sort: bool = True) -> dict[str, Any]:
        """Return the nodes by label, those of labels with double underscores in nested dictionaries.

        :param sort: whether labels come in alphabetical order.
        :raises KeyError: if one label stands for a node and for a namespace.
        """
        tree: dict[str, Any] = {}
        triples = sorted(self.link_triples, key=lambda triple: triple.link_label) if sort else self.link_triples
        for triple in triples:
            *namespaces, name = triple.link_label.split('__')
            place = tree
            for namespace in namespaces:
                place = place.setdefault(namespace, {})
                if not isinstance(place, dict):
                    raise KeyError(f"'{namespace}' is the label of a node and a namespace of '{triple.link_label}'")
            if name in place:
                raise KeyError(f"duplicate label '{triple.link_label}'")
            place[name] = triple.node
        return tree
