"""Convenient access to the neighbours and attributes of a node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import NotExistent, NotExistentAttributeError, NotExistentKeyError
from aiida.common.links import LinkType
from aiida.common.warnings import warn_deprecation

if TYPE_CHECKING:
    from aiida.orm.nodes.node import Node

__all__ = ('AttributeManager', 'NodeLinksManager')

_SEPARATOR = '__'


class NodeLinksManager:
    """The neighbours of a node by the labels of the links: as attributes, as items, and in completion.

    Labels with double underscores are nested: ``node.inputs.base.code`` is what is linked as ``base__code``.
    """

    _namespace_separator = _SEPARATOR

    def __init__(self, node: Node, link_type: LinkType, incoming: bool) -> None:
        """
        :param node: whose neighbours are meant.
        :param link_type: along which kind of link.
        :param incoming: whether they are what links to the node, or what it links to.
        """
        self.__dict__.update(_node=node, _link_type=link_type, _incoming=incoming)

    def _links(self) -> Any:
        links = self._node.base.links
        if self._incoming:
            return links.get_incoming(link_type=self._link_type)
        return links.get_outgoing(link_type=self._link_type)

    def _get_keys(self) -> Iterator[str]:
        """Yield the labels, of nested ones the first part, each once."""
        yield from dict.fromkeys(label.split(_SEPARATOR)[0] for label in self._links().all_link_labels())

    def _get_node_by_link_label(self, label: str) -> Any:
        """Return the neighbour with this label, or the namespace of this name.

        :raises NotExistent: if there is neither.
        """
        if _SEPARATOR in label:
            warn_deprecation(
                f'`{label}` is in a namespace: write `{label.replace(_SEPARATOR, ".")}` to follow the link',
                version=3,
                stacklevel=3,
            )
        direction = 'incoming' if self._incoming else 'outgoing'
        node = self._node.base.links._find_neighbour(direction, self._link_type, label)
        if node is not None:
            return node
        inside = {}
        for triple in self._links():
            if triple.link_label == label:
                return triple.node
            if triple.link_label.startswith(label + _SEPARATOR):
                inside[triple.link_label.removeprefix(label + _SEPARATOR)] = triple.node
        if inside:
            return self._construct_attribute_dict(inside)
        raise NotExistent(label)

    @staticmethod
    def _construct_attribute_dict(nodes: dict[str, Node]) -> Any:
        """Return nodes by label as nested namespaces."""
        from aiida.common.extendeddicts import AttributeDict

        tree: dict[str, Any] = {}
        for label, node in nodes.items():
            *namespaces, name = label.split(_SEPARATOR)
            place = tree
            for namespace in namespaces:
                place = place.setdefault(namespace, {})
            place[name] = node
        return AttributeDict(tree)

    def _missing(self, name: str) -> str:
        direction = 'an input' if self._incoming else 'an output'
        return f"Node<{self._node.pk}> does not have {direction} with link label '{name}'"

    def __contains__(self, key: str) -> bool:
        try:
            self._get_node_by_link_label(key)
        except NotExistent:
            return False
        return True

    def __dir__(self) -> list[str]:
        return sorted([*object.__dir__(self), *self._get_keys()])

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._get_keys())

    def __iter__(self) -> Iterator[str]:
        return self._get_keys()

    def __len__(self) -> int:
        return len(list(self._get_keys()))

    def __getattr__(self, name: str) -> Any:
        if name.startswith('__'):
            raise AttributeError(name)
        try:
            return self._get_node_by_link_label(name)
        except NotExistent:
            raise NotExistentAttributeError(self._missing(name)) from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f'{self} is read-only: links are added with `node.base.links.add_incoming`')

    def __getitem__(self, name: str) -> Any:
        try:
            return self._get_node_by_link_label(name)
        except NotExistent:
            raise NotExistentKeyError(self._missing(name)) from None

    def __str__(self) -> str:
        direction = 'incoming' if self._incoming else 'outgoing'
        return f'Manager for {direction} {self._link_type.name} links for node pk={self._node.pk}'

    def __repr__(self) -> str:
        return f'<{type(self).__name__}: {self}>'


class AttributeManager:
    """The attributes of a node as attributes of an object, as in ``node.dict.energy``."""

    def __init__(self, node: Node) -> None:
        """
        :param node: whose attributes are meant.
        """
        self.__dict__['_node'] = node

    def _get_dict(self) -> dict[str, Any]:
        """Return all attributes."""
        return self._node.base.attributes.all  # type: ignore[no-any-return]

    def __dir__(self) -> list[str]:
        return sorted(self._node.base.attributes.keys())

    def __iter__(self) -> Iterator[str]:
        return iter(self._node.base.attributes.keys())

    def __getattr__(self, name: str) -> Any:
        if name.startswith('__'):
            raise AttributeError(name)
        return self._node.base.attributes.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._node.base.attributes.set(name, value)

    def __getitem__(self, name: str) -> Any:
        try:
            return self._node.base.attributes.get(name)
        except AttributeError as exception:
            raise KeyError(str(exception)) from exception

    def __setitem__(self, name: str, value: Any) -> None:
        self._node.base.attributes.set(name, value)
