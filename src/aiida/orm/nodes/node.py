"""The node: one thing of the graph, be it data or the record of a process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from aiida.common.cleaning import clean_value, copy_json
from aiida.common.exceptions import (
    InvalidOperation,
    ModificationNotAllowed,
    NotExistent,
    StoringNotAllowed,
    ValidationError,
)
from aiida.common.timezone import now
from aiida.common.warnings import warn_deprecation
from aiida.orm.backend import get_store
from aiida.orm.entities import Collection, Entity, entity_class
from aiida.orm.extras import EntityExtras
from aiida.orm.nodes.attributes import NodeAttributes
from aiida.orm.nodes.caching import NodeCaching
from aiida.orm.nodes.comments import NodeComments
from aiida.orm.nodes.deprecated import DEPRECATED_ALIASES, OLDER_NAMES
from aiida.orm.nodes.links import NodeLinks
from aiida.orm.nodes.repository import NodeRepository
from aiida.orm.utils.identifiers import new_uuid
from aiida.orm.utils.lazy import lazy
from aiida.orm.utils.links import LINK_RULES
from aiida.orm.utils.node import AbstractNodeMeta
from aiida.storage.ports import Store
from aiida.storage.records import EntityKind, LinkRecord, NodeRecord

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from typing import Self

    from aiida.common.links import LinkType
    from aiida.orm.computers import Computer
    from aiida.orm.users import User

__all__ = ('Node', 'NodeBase', 'NodeCollection')


#: Called with each node after it was stored.
AFTER_STORE: list[Callable[[Node], None]] = []


class NodeCollection(Collection['Node']):
    """The nodes of one class in one store."""

    collection_type = 'nodes'

    def get(self, **filters: Any) -> Node:
        """Return the one node that fits.

        :raises NotExistent: if there is none.
        :raises MultipleObjectsError: if there are several.
        """
        pk = filters.get('pk', filters.get('id'))
        if len(filters) == 1 and isinstance(pk, int):
            from aiida.orm.convert import node_from_pk

            node = node_from_pk(self.backend, pk)
            if not isinstance(node, self.entity_type):
                raise NotExistent(f'{node!r} is no {self.entity_type.__name__}')
            return node
        return super().get(**filters)

    def delete(self, pk: int) -> None:
        """Delete a node nothing is linked to.

        :raises NotExistent: if there is none of this number.
        :raises InvalidOperation: if it has links.
        """
        store = self.backend
        with store.transaction():
            store.read_node(pk)
            for direction in ('incoming', 'outgoing'):
                if store.read_links(pk, direction):
                    raise InvalidOperation(f'node {pk} has {direction} links: use `aiida.tools.delete_nodes`')
            store.delete_nodes([pk])

    def iter_repo_keys(
        self, filters: dict[str, Any] | None = None, subclassing: bool = True, batch_size: int = 100
    ) -> Iterator[str]:
        """Yield the keys of the files of the nodes that fit; the same key may come twice."""
        from aiida.repository import Repository

        query = self.query(filters=filters, project=['repository_metadata'], subclassing=subclassing)
        for (metadata,) in query.iterall(batch_size=batch_size):
            for key in Repository.flatten(metadata).values():
                if key is not None:
                    yield key


class NodeBase:
    """What a node has, by subject: ``node.base.attributes``, ``node.base.links``, ..."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @lazy
    def attributes(self) -> NodeAttributes:
        """What the node is; fixed once stored."""
        return NodeAttributes(self._node)

    @lazy
    def extras(self) -> EntityExtras:
        """What anybody noted on the node."""
        return EntityExtras(self._node)

    @lazy
    def repository(self) -> NodeRepository:
        """The files of the node; fixed once stored."""
        return NodeRepository(self._node)

    @lazy
    def links(self) -> NodeLinks:
        """The links to and from other nodes."""
        return self._node._CLS_NODE_LINKS(self._node)

    @lazy
    def comments(self) -> NodeComments:
        """The comments on the node."""
        return NodeComments(self._node)

    @lazy
    def caching(self) -> NodeCaching:
        """The hash of the node, and the nodes that are equal to it."""
        return self._node._CLS_NODE_CACHING(self._node)


class Node(Entity, metaclass=AbstractNodeMeta):
    """One thing of the graph. Make instances of the subclasses of ``Data``; processes make their own nodes.

    A node that is stored does not change: attributes and files are fixed, label, description, extras and comments free.
    """

    Collection = NodeCollection
    _CLS_COLLECTION = NodeCollection
    _CLS_NODE_LINKS: ClassVar[type[NodeLinks]] = NodeLinks
    _CLS_NODE_CACHING: ClassVar[type[NodeCaching]] = NodeCaching
    identity_field = 'uuid'

    #: What the rules of links call nodes of this class; nodes without a role take part in none.
    _link_role: ClassVar[str] = ''
    #: Whether the result of a process with this node may be taken from an equal one.
    _cachable: ClassVar[bool] = False
    #: Attributes that do not count when nodes are compared by their hash.
    _hash_ignored_attributes: ClassVar[tuple[str, ...]] = ()
    #: Attributes that may change after storing, as long as the node is not sealed.
    _updatable_attributes: ClassVar[tuple[str, ...]] = ()
    _storable: ClassVar[bool] = False
    _unstorable_message: ClassVar[str] = (
        'only instances of Data, CalculationNode, WorkflowNode and their subclasses can be stored'
    )

    # Set by the metaclass, for each class its own.
    class_node_type: ClassVar[str]
    entry_point: ClassVar[EntryPoint | None]
    _plugin_type_string: ClassVar[str]
    _query_type_string: ClassVar[str]

    _record: NodeRecord
    #: Links that are written when the node is stored.
    _incoming: list[tuple[Node, LinkType, str]]

    def __init__(
        self,
        backend: Store | None = None,
        user: User | None = None,
        computer: Computer | None = None,
        extras: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Make a node that is not stored yet.

        :param backend: the store it is for, that of the loaded profile by default.
        :param user: whom it belongs to, the default user by default.
        :param computer: the computer it is on; it must be stored.
        :param kwargs: ``label``, ``description`` and ``process_type``.
        :raises ValueError: if there is no user to belong to or the computer is not stored.
        :raises TypeError: if there are other keyword arguments.
        """
        store = backend if backend is not None else get_store()
        user_id = store.default_user_id if user is None else user.pk
        if user_id is None:
            raise ValueError('a node belongs to a user who is stored: give one, or set the default user of the profile')
        if computer is not None and not computer.is_stored:
            raise ValueError(f'{computer} is not stored: store the computer first')
        moment = now()
        self._store = store
        self._incoming = []
        self._record = NodeRecord(
            uuid=new_uuid(),
            node_type=self.class_node_type,
            ctime=moment,
            mtime=moment,
            user_id=user_id,
            dbcomputer_id=None if computer is None else computer.pk,
        )
        if kwargs:
            self._set_columns(kwargs)
        if extras:
            self.base.extras.set_many(extras)
        self.initialize()

    def _set_columns(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if name not in {'label', 'description', 'process_type'}:
                raise TypeError(f'{type(self).__name__}() got an unexpected keyword argument {name!r}')
            setattr(self._record, name, value or ('' if name != 'process_type' else None))

    @classmethod
    def from_record(cls, store: Store, record: NodeRecord) -> Self:
        """Return the node of a row that was read from a store."""
        node = cls.__new__(cls)
        node._store = store
        node._incoming = []
        node._record = record
        node.initialize()
        return node

    @lazy
    def base(self) -> NodeBase:
        """What the node has, by subject: attributes, extras, repository, links, comments, caching."""
        return NodeBase(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self._record.uuid == other._record.uuid

    def __hash__(self) -> int:
        return hash(self._record.uuid)

    def __repr__(self) -> str:
        return f'<{type(self).__name__}: {self}>'

    def __str__(self) -> str:
        pk = self._record.id
        return f'uuid: {self._record.uuid} ({"unstored" if pk is None else f"pk: {pk}"})'

    def __copy__(self) -> Self:
        raise InvalidOperation(f'a {type(self).__name__} cannot be copied')

    def __deepcopy__(self, memo: Any) -> Self:
        raise InvalidOperation(f'a {type(self).__name__} cannot be copied')

    def _reference(self) -> tuple[str, str, Any]:
        return 'db_dbnode', 'uuid', self._record.uuid

    def __getattr__(self, name: str) -> Any:
        alias = DEPRECATED_ALIASES.get(name)
        kind = type(self).__name__
        if alias is None:
            older = OLDER_NAMES.get(name)
            if older is not None and isinstance(self, older.node_class):
                return older.get(self)
            raise AttributeError(f"'{kind}' object has no attribute '{name}'")
        warn_deprecation(
            f'`{kind}.{name}` is deprecated, use `{kind}.base.{".".join(alias)}` instead.',
            version=3,
            stacklevel=3,
        )
        return getattr(getattr(self.base, alias[0]), alias[1])

    # columns

    @property
    def backend_entity(self) -> NodeRecord:
        """The row of this node."""
        return self._record

    @property
    def pk(self) -> int | None:
        """The number of the row, ``None`` when not stored."""
        return self._record.id

    @property
    def is_stored(self) -> bool:
        """Whether there is a row in the store."""
        return self._record.id is not None

    @property
    def uuid(self) -> str:
        """The identifier that is the same in every store."""
        return self._record.uuid

    @property
    def node_type(self) -> str:
        """The string that stands for the class."""
        return self._record.node_type

    @property
    def process_type(self) -> str | None:
        """The string that stands for the class of the process, ``None`` for data."""
        return self._record.process_type

    @process_type.setter
    def process_type(self, value: str | None) -> None:
        self._set_column('process_type', value)

    @property
    def label(self) -> str:
        """A short text to recognise the node by."""
        return self._record.label

    @label.setter
    def label(self, value: str) -> None:
        self._set_column('label', _text('label', value))

    @property
    def description(self) -> str:
        """What there is to say of the node."""
        return self._record.description

    @description.setter
    def description(self, value: str) -> None:
        self._set_column('description', _text('description', value))

    @property
    def ctime(self) -> datetime:
        """When the node was made."""
        return self._record.ctime

    @property
    def mtime(self) -> datetime | None:
        """When the row was last written, ``None`` when not stored."""
        return self._record.mtime if self._record.id is not None else None

    @property
    def user(self) -> User:
        """Whom the node belongs to."""
        return cast('User', entity_class(EntityKind.USER).from_pk(self._store, self._record.user_id))

    @user.setter
    def user(self, user: User) -> None:
        if self.is_stored:
            raise ModificationNotAllowed(f'{self} is stored and belongs to a user for ever')
        if user.pk is None:
            raise ValueError(f'{user} is not stored: store the user first')
        self._record.user_id = user.pk

    @property
    def computer(self) -> Computer | None:
        """The computer the node is on, if any."""
        pk = self._record.dbcomputer_id
        if pk is None:
            return None
        return cast('Computer', entity_class(EntityKind.COMPUTER).from_pk(self._store, pk))

    @computer.setter
    def computer(self, computer: Computer | None) -> None:
        if self.is_stored:
            raise ModificationNotAllowed(f'{self} is stored and cannot move to another computer')
        if computer is not None and computer.pk is None:
            raise ValueError(f'{computer} is not stored: store the computer first')
        self._record.dbcomputer_id = None if computer is None else computer.pk

    def get_computer_pk(self) -> int | None:
        """Return the number of the computer the node is on, if any."""
        return self._record.dbcomputer_id

    def _set_column(self, name: str, value: Any) -> None:
        """Set a column that may change after storing."""
        record = self._record
        if record.id is not None:
            moment = now()
            self._store.update_node(record.id, {name: value}, moment)
            self._restore_on_rollback(name)
            record.mtime = moment
        setattr(record, name, value)

    def _restore_on_rollback(self, column: str) -> None:
        """Let what the record has now come back if the open transaction, in which it is about to change, fails."""
        record, store = self._record, self._store
        if not store.in_transaction:
            return
        before, mtime = getattr(record, column), record.mtime

        def restore() -> None:
            setattr(record, column, before)
            record.mtime = mtime

        store.on_rollback(restore)

    # attributes and extras: what NodeAttributes and EntityExtras stand on

    def _attributes_now(self) -> dict[str, Any]:
        """Return the attributes as they are now; the caller does not change them unless the node is not stored."""
        return self._record.attributes

    def _check_mutability_attributes(self, keys: list[str] | None = None) -> None:
        """Raise unless these attributes (all of them for ``None``) may be changed.

        :raises ModificationNotAllowed: if the node is stored.
        """
        if self._record.id is not None:
            raise ModificationNotAllowed(f'{self} is stored, its attributes can no longer be changed')

    def _write_attributes(self, changes: Mapping[str, Any], removed: Iterable[str]) -> None:
        """Set and remove attributes of a stored node, whatever the rules say of it; values are clean."""
        self._patch('attributes', changes, removed)

    def _patch(self, column: Any, changes: Mapping[str, Any], removed: Iterable[str]) -> None:
        record = self._record
        if record.id is None:
            raise InvalidOperation(f'{self} is not stored')
        removed = list(removed)
        moment = now()
        self._store.patch_node(record.id, column, changes, removed, moment)
        self._restore_on_rollback(column)
        record.mtime = moment
        values = dict(getattr(record, column))
        for key in removed:
            values.pop(key, None)
        values.update(copy_json(dict(changes)))
        setattr(record, column, values)

    def _extras_now(self) -> dict[str, Any]:
        pk = self._record.id
        if pk is not None:
            self._record.extras = self._store.read_extras(pk)
            return copy_json(self._record.extras)  # type: ignore[no-any-return]
        return self._record.extras

    def _write_extras(self, changes: Mapping[str, Any], removed: Iterable[str]) -> None:
        if self._record.id is not None:
            self._patch('extras', changes, removed)
            return
        for key in list(removed):
            self._record.extras.pop(key, None)
        self._record.extras.update(changes)

    # links: what the rules of the graph ask

    def _has_outgoing_label(self, link_type: LinkType, label: str) -> bool:
        """Whether a stored link of this kind and label leaves the node."""
        pk = self._record.id
        return pk is not None and bool(self._store.read_links(pk, 'outgoing', [link_type.value], label))

    def _remember_outgoing(self, link_type: LinkType, label: str) -> None:
        """Called when a link that leaves this node was written."""

    # storing

    def store(self) -> Self:
        """Write the node with its incoming links, in one transaction, and return it; a stored one stays as it is.

        :raises StoringNotAllowed: if nodes of this class cannot be stored.
        :raises ModificationNotAllowed: if a node that links to this one is not stored.
        :raises ValidationError: if the content is not valid.
        """
        if self._record.id is None:
            self._validate_storability()
            self._validate()
            self._require_stored_sources()
            caching = self.base.caching
            same_node = caching._get_same_node() if self._cachable and caching.should_use_cache() else None
            if same_node is not None:
                self._store_from_cache(same_node)
            else:
                self._store_new()
            for action in AFTER_STORE:
                action(self)
        elif self._incoming:
            self._require_stored_sources()
            self._store_pending_links()
        return self

    def _store_pending_links(self) -> None:
        """Write the links that waited for their source to be stored, when this node was stored already.

        :raises ValueError: if meanwhile there is a link beside which one of them may not be.
        """
        pending = self._incoming

        def put_back() -> None:
            self._incoming = pending

        with self._store.transaction():
            self._store.on_rollback(put_back)
            self._incoming = []
            for source, link_type, label in pending:
                self.base.links.add_incoming(source, link_type, label)

    def _require_stored_sources(self) -> None:
        """Raise unless all nodes that link to this one are stored."""
        for source, link_type, label in self._incoming:
            if source._record.id is None:
                raise ModificationNotAllowed(
                    f'{self} cannot be stored: {source}, which links to it as {label!r} ({link_type.value}), is not '
                    'stored; `store_all` stores the nodes that link to a node first'
                )

    def _require_free_labels(self) -> None:
        """Raise unless the incoming links may still leave their sources, which may have other links by now.

        :raises ValueError: if a source has a link of that label by now.
        """
        for source, link_type, label in self._incoming:
            if LINK_RULES[link_type].one_label_per_source and source._has_outgoing_label(link_type, label):
                raise ValueError(
                    f'{self} cannot be stored: {source}, which links to it, has another outgoing {link_type} link with '
                    f'label "{label}" by now; add the link to a new node with another label'
                )

    def _links_to_write(self, pk: int) -> list[LinkRecord]:
        return [
            LinkRecord(cast('int', source._record.id), pk, link_type.value, label)
            for source, link_type, label in self._incoming
        ]

    def store_all(self) -> Self:
        """Write the nodes that link to this one, then this one, and return it.

        :raises StoringNotAllowed: if nodes of one of the classes cannot be stored.
        """
        if self._record.id is None:
            with self._store.transaction():
                for source, _, _ in list(self._incoming):
                    if source._record.id is None:
                        source.store_all()
                return self.store()
        return self

    def _validate_storability(self) -> None:
        """Raise unless nodes of this class can be stored.

        :raises StoringNotAllowed: if the class is not for that, or not registered so that it could be found again.
        """
        if not self._storable:
            raise StoringNotAllowed(f'{self!r} cannot be stored: {self._unstorable_message}')
        if self.entry_point is None or self.entry_point.group == 'aiida.orm':
            raise StoringNotAllowed(
                f'the class {type(self).__module__}:{type(self).__name__} has no entry point, without which its nodes '
                'cannot be loaded again: check that the plugin is installed and listed by `verdi plugin list`'
            )

    def _validate(self) -> bool:
        """Check the content before storing; subclasses add their own checks and call this one.

        :raises ValidationError: if something is not valid.
        """
        return True

    def _store_new(self) -> None:
        """Clean the content, compute the hash and write the row."""
        record = self._record
        attributes = record.attributes
        record.attributes = self._clean_attributes(attributes)
        if record.extras:
            record.extras = clean_value(record.extras)
        try:
            if 'repository' in self.base.__dict__:
                self.base.repository._commit()
            caching = self.base.caching
            digest = caching._known = caching.compute_hash()
            if digest is not None:
                record.extras[NodeCaching._HASH_EXTRA_KEY] = digest
            self._insert()
        except BaseException:
            record.attributes = attributes
            raise

    def _clean_attributes(self, attributes: dict[str, Any]) -> dict[str, Any]:
        try:
            return cast('dict[str, Any]', clean_value(attributes))
        except ValidationError as exception:
            raise ValidationError(f'an attribute of {self} cannot be stored: {exception}') from exception

    def _insert(self) -> None:
        """Write the row and the incoming links."""
        store, record = self._store, self._record
        record.mtime = now()
        if self._incoming:
            with store.transaction():
                self._require_free_labels()
                pk = store.insert_node(record)
                record.id = pk
                store.on_rollback(self._forget(self._incoming))
                store.insert_links(self._links_to_write(pk))
            for source, link_type, label in self._incoming:
                source._remember_outgoing(link_type, label)
            self._incoming = []
        elif store.in_transaction:
            record.id = store.insert_node(record)
            store.on_rollback(self._forget([]))
        else:
            record.id = store.insert_node(record)

    def _forget(self, incoming: list[tuple[Node, LinkType, str]]) -> Callable[[], None]:
        """Return what undoes storing, for when the transaction it happened in is rolled back."""

        def undo() -> None:
            self._record.id = None
            self._record.extras.pop(NodeCaching._HASH_EXTRA_KEY, None)
            self._incoming = incoming

        return undo

    def _store_from_cache(self, cache_node: Node) -> None:
        """Write the node with the content of an equal one that was stored before."""
        record, other = self._record, cache_node._record
        record.attributes = {
            **copy_json(cache_node._attributes_now()),
            **{
                key: value
                for key, value in self._clean_attributes(record.attributes).items()
                if key in self._hash_ignored_attributes
            },
        }
        record.attributes.pop('sealed', None)
        if not record.label:
            record.label = other.label
        if not record.description:
            record.description = other.description
        record.repository_metadata = copy_json(other.repository_metadata)
        self.base.__dict__.pop('repository', None)
        record.extras = {
            **clean_value(record.extras),
            NodeCaching._HASH_EXTRA_KEY: cache_node.base.caching.get_hash(),
            NodeCaching.CACHED_FROM_KEY: cache_node.uuid,
        }
        with self._store.transaction():
            self._insert()
            self._add_outputs_from_cache(cache_node)

    def _add_outputs_from_cache(self, cache_node: Node) -> None:
        """Give this node the outputs of the equal one; only processes that create data have any."""

    def attach_file(self, filepath: str, fileobj: Any) -> None:
        """Add a file to a node that is not stored yet.

        :param filepath: where in the repository of the node.
        :param fileobj: a handle opened for reading bytes.
        """
        self.base.repository.put_object_from_filelike(fileobj, filepath)

    def get_description(self) -> str:
        """Return a few words on the content; subclasses say more."""
        return ''

    @property
    def is_valid_cache(self) -> bool:
        """Whether other processes may take their outputs from this node."""
        return self.base.caching.is_valid_cache

    @is_valid_cache.setter
    def is_valid_cache(self, valid: bool) -> None:
        self.base.caching.is_valid_cache = valid


def _text(name: str, value: Any) -> str:
    if value is None:
        raise ValueError(f'the {name} of a node is a text, not None: use an empty one')
    return value if isinstance(value, str) else str(value)
