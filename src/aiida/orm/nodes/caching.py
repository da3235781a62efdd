"""The hash of a node, by which a process that was run before is recognised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import HashingError
from aiida.common.hashing import make_hash

if TYPE_CHECKING:
    from aiida.orm.nodes.node import Node

__all__ = ('NodeCaching',)

_CLASS_NAMES: dict[type, str] = {}


class NodeCaching:
    """What a node is told apart by, and which others are the same in that respect."""

    #: Extra that names the node whose outputs were taken over.
    CACHED_FROM_KEY = '_aiida_cached_from'
    #: Extra that holds the hash.
    _HASH_EXTRA_KEY = '_aiida_hash'
    #: Extra that says whether others may take the outputs over.
    _VALID_CACHE_KEY = '_aiida_valid_cache'

    #: The hash of a stored node whose content cannot change, once it was computed.
    _known: str | None = None

    def __init__(self, node: Node) -> None:
        self._node = node

    def get_hash(self) -> str | None:
        """Return the hash that was written when the node was stored."""
        digest = self._node.base.extras.get(self._HASH_EXTRA_KEY, None)
        return None if digest is None else str(digest)

    _get_hash = get_hash

    def compute_hash(self, ignore_errors: bool = True, **kwargs: Any) -> str | None:
        """Return the hash of the node as it is now.

        :param ignore_errors: whether ``None`` is returned for a node that cannot be hashed.
        :raises HashingError: if it cannot be hashed and errors are not ignored.
        """
        try:
            return make_hash(self.get_objects_to_hash(), **kwargs)
        except (HashingError, TypeError) as exception:
            if ignore_errors:
                return None
            raise HashingError(f'{self._node} cannot be hashed: {exception}') from exception

    _compute_hash = compute_hash

    def _hash_as_input(self) -> str | None:
        """Return what stands for this node in the hash of a process that it is an input of.

        :raises HashingError: if the node cannot be hashed.
        """
        if self._known is None or not self._node.is_stored:
            digest = self.compute_hash(ignore_errors=False)
            if not self._node.is_stored or self._node._updatable_attributes:
                return digest
            self._known = digest
        return self._known

    def get_objects_to_hash(self) -> dict[str, Any]:
        """Return what the node is told apart by; classes with more to say override this."""
        node = self._node
        attributes = node._attributes_now()
        ignored = (*node._hash_ignored_attributes, *node._updatable_attributes)
        if ignored:
            attributes = {key: value for key, value in attributes.items() if key not in ignored}
        return {
            'class': _class_name(type(node)),
            'attributes': attributes,
            'repository_hash': node.base.repository.hash(),
            'computer_uuid': None if node._record.dbcomputer_id is None else node.computer.uuid,  # type: ignore[union-attr]
        }

    def _get_objects_to_hash(self) -> Any:
        """Older name of :meth:`get_objects_to_hash`."""
        return self.get_objects_to_hash()

    def rehash(self) -> None:
        """Compute the hash anew and write it."""
        self._node.base.extras.set(self._HASH_EXTRA_KEY, self.compute_hash())

    def clear_hash(self) -> None:
        """Remove the hash, so that the node is taken for no other."""
        if self._HASH_EXTRA_KEY in self._node.base.extras:
            self._node.base.extras.delete(self._HASH_EXTRA_KEY)

    def get_cache_source(self) -> str | None:
        """Return the uuid of the node whose outputs were taken over, ``None`` if there is none."""
        source = self._node.base.extras.get(self.CACHED_FROM_KEY, None)
        return None if source is None else str(source)

    @property
    def is_created_from_cache(self) -> bool:
        """Whether the outputs were taken over from another node."""
        return self.get_cache_source() is not None

    def should_use_cache(self) -> bool:
        """Whether an equal node may be used in place of running the process of this one."""
        from aiida.common.caching import get_use_cache

        return bool(get_use_cache(identifier=self._node.process_type))

    @property
    def is_valid_cache(self) -> bool:
        """Whether others may take the outputs of this node over."""
        return bool(self._node.base.extras.get(self._VALID_CACHE_KEY, True))

    @is_valid_cache.setter
    def is_valid_cache(self, valid: bool) -> None:
        self._set_valid(valid)

    def _set_valid(self, valid: bool) -> None:
        """Say whether others may take the outputs of this node over.

        :raises TypeError: if it is no boolean.
        """
        if not isinstance(valid, bool):
            raise TypeError(f'valid should be a boolean, not {valid!r}')
        self._node.base.extras.set(self._VALID_CACHE_KEY, valid)

    def get_all_same_nodes(self) -> list[Node]:
        """Return the stored nodes that are equal to this one, itself excepted."""
        return list(self._iter_all_same_nodes())

    def _get_same_node(self) -> Node | None:
        """Return one stored node equal to this one, which is not stored yet."""
        return next(self._iter_all_same_nodes(allow_before_store=True), None)

    def _iter_all_same_nodes(self, allow_before_store: bool = False) -> Iterator[Node]:
        """Yield the stored nodes equal to this one that may serve as a source, oldest first.

        :raises InvalidOperation: if this node is not stored and that is not allowed for.
        """
        from aiida.common.exceptions import InvalidOperation

        node = self._node
        if not allow_before_store and not node.is_stored:
            raise InvalidOperation(f'{node} is not stored, so that it has no hash to compare with')
        digest = self.compute_hash() if allow_before_store else self.get_hash()
        if not digest or not node._cachable:
            return
        others = type(node).get_collection(node.backend)
        query = others.query({f'extras.{self._HASH_EXTRA_KEY}': digest}, order_by={'id': 'asc'}, subclassing=False)
        for (other,) in query.all():
            if other.pk != node.pk and other.is_valid_cache:
                yield other


def _class_name(node_class: type) -> str:
    name = _CLASS_NAMES.get(node_class)
    if name is None:
        name = _CLASS_NAMES[node_class] = str(node_class)
    return name
