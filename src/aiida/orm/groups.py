"""Named collections of nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast, overload

from aiida.common.cleaning import clean_value, copy_json
from aiida.common.exceptions import EntryPointError, ModificationNotAllowed, StoringNotAllowed
from aiida.common.timezone import now
from aiida.common.warnings import warn_deprecation
from aiida.orm.entities import RowCollection, RowEntity
from aiida.orm.extras import EntityExtras
from aiida.orm.nodes.node import Node
from aiida.orm.utils.identifiers import new_uuid
from aiida.orm.utils.lazy import lazy, lazy_class_attribute
from aiida.orm.utils.upstairs import upstairs
from aiida.storage.ports import Store
from aiida.storage.records import EntityKind

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from pathlib import Path
    from typing import Self

    from aiida.orm.users import User

__all__ = ('AutoGroup', 'Group', 'GroupBase', 'GroupCollection', 'ImportGroup', 'UpfFamily', 'load_group_class')

_GROUP_ENTRY_POINTS = 'aiida.groups'
_BATCH = 100


def load_group_class(type_string: str) -> type[Group]:
    """Return the class a type string of a group stands for, ``Group`` where its plugin is not installed."""
    from aiida.plugins.entry_point import load_entry_point

    if type_string in {'core', '', 'user'}:
        return Group
    try:
        group_class: type[Group] = load_entry_point(_GROUP_ENTRY_POINTS, type_string)
    except EntryPointError:
        return Group
    return group_class


def _entry_point_of(group_class: type) -> Any:
    from aiida.plugins.entry_point import get_entry_point_from_class

    group, entry_point = get_entry_point_from_class(group_class.__module__, group_class.__name__)
    return entry_point if group == _GROUP_ENTRY_POINTS else None


def _type_string_of(group_class: type[Group]) -> str | None:
    entry_point = group_class.entry_point
    return None if entry_point is None else entry_point.name


class GroupCollection(RowCollection['Group']):
    """The groups of one class in one store."""

    collection_type = 'groups'

    def get_or_create(self, label: str | None = None, **kwargs: Any) -> tuple[Group, bool]:
        """Return the group of this label, and whether it had to be made; a new one is stored.

        :param kwargs: further properties of a new group.
        :raises ValueError: if there is no label.
        """
        if not label:
            raise ValueError('a group is found by its label: give one')
        found = self.find({'label': label})
        if found:
            return found[0], False
        return self.entity_type(label, backend=self.backend, **kwargs).store(), True

    def _class_of(self, row: dict[str, Any]) -> type[Group]:
        """Return the class of a row: the one that is looked for if it has that type, without an entry point maybe."""
        wanted: type[Group] = self.entity_type
        return wanted if wanted._type_string == row['type_string'] else Group

    def _find_equal(self, equalities: dict[str, Any]) -> list[Group]:
        wanted = self.entity_type
        rows = self.backend.find_entities(EntityKind.GROUP, **equalities)
        groups = [self._class_of(row).from_row(self.backend, row) for row in rows]
        return [group for group in groups if isinstance(group, wanted)]

    def delete(self, pk: int) -> None:
        """Delete a group; its nodes stay.

        :raises NotExistent: if there is none of this number.
        """
        with self.backend.transaction():
            self.backend.read_entity(EntityKind.GROUP, pk)
            self.backend.remove_from_group(pk, None)
            self.backend.delete_entity(EntityKind.GROUP, pk)


class GroupNodes:
    """The nodes of a group: iterable, countable, and indexed in the order they were added."""

    def __init__(self, store: Store, pks: list[int]) -> None:
        self._store = store
        self._pks = pks
        self._position = 0

    def __len__(self) -> int:
        return len(self._pks)

    def __iter__(self) -> Iterator[Node]:
        from aiida.orm.convert import nodes_from_pks

        for start in range(0, len(self._pks), _BATCH):
            yield from nodes_from_pks(self._store, self._pks[start : start + _BATCH])

    def __next__(self) -> Node:
        if self._position >= len(self._pks):
            raise StopIteration
        node = self[self._position]
        self._position += 1
        return node

    @overload
    def __getitem__(self, index: int) -> Node: ...

    @overload
    def __getitem__(self, index: slice) -> list[Node]: ...

    def __getitem__(self, index: int | slice) -> Node | list[Node]:
        from aiida.orm.convert import node_from_pk, nodes_from_pks

        if isinstance(index, slice):
            return nodes_from_pks(self._store, self._pks[index])
        return node_from_pk(self._store, self._pks[index])


class GroupBase:
    """What a group has, by subject: ``group.base.extras``."""

    def __init__(self, group: Group) -> None:
        self._group = group

    @lazy
    def extras(self) -> EntityExtras:
        """What anybody noted on the group."""
        return EntityExtras(self._group)


class Group(RowEntity):
    """A named collection of nodes; label and type together are unique."""

    _KIND = EntityKind.GROUP
    _DEFAULTS = {
        'uuid': '',
        'label': '',
        'type_string': '',
        'time': None,
        'description': '',
        'extras': {},
        'user_id': None,
    }
    _FIXED = frozenset({'uuid', 'type_string', 'time'})
    _CLS_COLLECTION = GroupCollection
    identity_field = 'uuid'

    entry_point: ClassVar[EntryPoint | None] = lazy_class_attribute('entry_point', _entry_point_of)  # type: ignore[assignment]
    _type_string: ClassVar[str | None] = lazy_class_attribute('_type_string', _type_string_of)  # type: ignore[assignment]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.entry_point = lazy_class_attribute('entry_point', _entry_point_of)  # type: ignore[assignment]
        if '_type_string' not in cls.__dict__:
            cls._type_string = lazy_class_attribute('_type_string', _type_string_of)  # type: ignore[assignment]

    def __init__(
        self,
        label: str | None = None,
        user: User | None = None,
        description: str = '',
        type_string: str | None = None,
        time: datetime | None = None,
        extras: dict[str, Any] | None = None,
        backend: Store | None = None,
    ) -> None:
        """Make a group that is not stored yet.

        :param user: whom it belongs to, the default user by default.
        :param type_string: not needed: the class says it.
        :param time: when it was made, now by default.
        :raises ValueError: if there is no label, or nobody to belong to.
        """
        from aiida.orm.backend import get_store

        if not label:
            raise ValueError('Group label must be provided')
        if type_string is not None and type_string != self._type_string:
            warn_deprecation('`type_string` is not needed, the class of the group determines it', version=3)
        store = backend if backend is not None else get_store()
        user_id = store.default_user_id if user is None else user.pk
        if user_id is None:
            raise ValueError(
                'a group belongs to a user who is stored: give one, or set the default user of the profile'
            )
        self._begin(
            store,
            {
                'uuid': new_uuid(),
                'label': label,
                'type_string': self._type_string,
                'time': time if time is not None else now(),
                'description': description,
                'extras': clean_value(extras or {}),
                'user_id': user_id,
            },
        )

    @classmethod
    def from_row(cls, store: Store, row: dict[str, Any]) -> Self:
        """Return the group of a row that was read from a store, as an instance of the class of its type."""
        said = load_group_class(row['type_string'])
        group_class = said if issubclass(said, cls) else cls
        group = group_class.__new__(group_class)
        group._begin(store, row)
        return group

    def __repr__(self) -> str:
        kind = 'user-defined' if self.type_string is None else f'type {self.type_string}'
        return f"<{type(self).__name__}: '{self.label}' [{kind}], of user {self.user.email}>"

    def __str__(self) -> str:
        return f'{type(self).__name__}<{self.label}>'

    @lazy
    def base(self) -> GroupBase:
        """What the group has, by subject: extras."""
        return GroupBase(self)

    def store(self) -> Self:
        """Write the group and return it.

        :raises StoringNotAllowed: if the class has no entry point.
        :raises IntegrityError: if there is a group of this label and type.
        """
        if self.type_string is None:
            raise StoringNotAllowed(
                f'the class {type(self).__module__}:{type(self).__name__} has no entry point in the group '
                f'`{_GROUP_ENTRY_POINTS}`, without which its groups cannot be loaded again'
            )
        return super().store()

    @property
    def uuid(self) -> str:
        """The identifier that is the same in every store."""
        return str(self._row['uuid'])

    @property
    def label(self) -> str:
        """The name."""
        return str(self._get('label'))

    @label.setter
    def label(self, label: str) -> None:
        self._set('label', label)

    @property
    def description(self) -> str:
        """What there is to say of it."""
        return str(self._get('description'))

    @description.setter
    def description(self, description: str) -> None:
        self._set('description', description or '')

    @property
    def type_string(self) -> str | None:
        """The name of the entry point of the class."""
        kind = self._row['type_string']
        return None if kind is None else str(kind)

    @property
    def time(self) -> datetime:
        """When it was made."""
        time: datetime = self._row['time']
        return time

    @property
    def user(self) -> User:
        """Whom it belongs to."""
        from aiida.orm.users import User

        return User.from_pk(self._store, self._get('user_id'))

    @user.setter
    def user(self, user: User) -> None:
        self._set('user_id', user.pk)

    def is_user_defined(self) -> bool:
        """Return whether somebody made it by hand, which no type tells."""
        return not self.type_string

    # nodes

    @property
    def nodes(self) -> GroupNodes:
        """The nodes, in the order they were added."""
        pk = self.pk
        return GroupNodes(self._store, [] if pk is None else self._store.group_members(pk))

    def count(self) -> int:
        """Return how many nodes there are."""
        return len(self.nodes)

    @property
    def is_empty(self) -> bool:
        """Whether there are no nodes."""
        return not self.count()

    def add_nodes(self, nodes: Node | Sequence[Node]) -> None:
        """Add nodes; those that are in already stay.

        :raises ModificationNotAllowed: if the group is not stored.
        :raises TypeError: if one of them is no node.
        :raises ValueError: if one of them is not stored.
        """
        self._store.add_to_group(self._stored_pk('added to'), self._pks(nodes))

    def remove_nodes(self, nodes: Node | Sequence[Node]) -> None:
        """Remove nodes; those that are not in are no error.

        :raises ModificationNotAllowed: if the group is not stored.
        :raises TypeError: if one of them is no node.
        :raises ValueError: if one of them is not stored.
        """
        self._store.remove_from_group(self._stored_pk('removed from'), self._pks(nodes))

    def clear(self) -> None:
        """Remove all nodes."""
        self._store.remove_from_group(self._stored_pk('removed from'), None)

    def dump(
        self,
        output_path: str | Path | None = None,
        dry_run: bool = False,
        overwrite: bool = False,
        past_days: int | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        filter_by_last_dump_time: bool = True,
        only_top_level_calcs: bool = True,
        only_top_level_workflows: bool = True,
        include_inputs: bool = True,
        include_outputs: bool = False,
        include_attributes: bool = True,
        include_extras: bool = False,
        flat: bool = False,
        dump_unsealed: bool = False,
        symlink_calcs: bool = False,
    ) -> Path:
        """Write the files of the processes in the group into a folder.

        :param output_path: the folder, by default one with the label of the group in the current one.
        :param dry_run: whether only to say what would be written.
        :param overwrite: whether to write what is up to date too, and to replace the dump of something else.
        :param past_days: only processes that were made within this number of days.
        :param start_date: only processes that changed then or later.
        :param end_date: only processes that changed before or then.
        :param filter_by_last_dump_time: whether processes that did not change since the last dump are left.
        :param only_top_level_calcs: whether calculations that workflows of the group called stand only in the folders
            of these.
        :param only_top_level_workflows: the same for workflows.
        :param include_inputs: whether the files of the data that calculations used are written.
        :param include_outputs: whether the files of the data that calculations made are written.
        :param include_attributes: whether the attributes are written.
        :param include_extras: whether the extras are written.
        :param flat: whether all files of a calculation stand side by side.
        :param dump_unsealed: whether processes that are not finished are dumped too.
        :param symlink_calcs: whether a calculation is written once, and linked to from other places.
        :return: the absolute path of the folder.
        :raises InvalidOperation: if the group is not stored, or the folder holds files that are of no dump.
        :raises ValueError: if ``past_days`` is given beside a date.
        """
        content, options = upstairs('aiida.tools.dumping.options:split')(
            past_days=past_days,
            start_date=start_date,
            end_date=end_date,
            filter_by_last_dump_time=filter_by_last_dump_time,
            only_top_level_calcs=only_top_level_calcs,
            only_top_level_workflows=only_top_level_workflows,
            include_inputs=include_inputs,
            include_outputs=include_outputs,
            include_attributes=include_attributes,
            include_extras=include_extras,
            flat=flat,
            dump_unsealed=dump_unsealed,
            symlink_calcs=symlink_calcs,
        )
        dump = upstairs('aiida.tools.dumping.group:dump_group')
        return cast('Path', dump(self, output_path, dry_run, overwrite, content, options))

    def _stored_pk(self, what: str) -> int:
        if self.pk is None:
            raise ModificationNotAllowed(f'nodes cannot be {what} {self}, as the group is not stored')
        return self.pk

    def _pks(self, nodes: Any) -> list[int]:
        """Return the numbers of one or several nodes."""
        several: Iterable[Any] = nodes if isinstance(nodes, Iterable) and not isinstance(nodes, Node) else [nodes]
        pks = []
        for node in several:
            if not isinstance(node, Node):
                raise TypeError(f'the members of a group are nodes, not {node!r} of type {type(node)}')
            if node.pk is None:
                raise ValueError(f'{node!r} is not stored: only stored nodes can be members of a group')
            pks.append(node.pk)
        return pks

    # extras: what EntityExtras stands on

    def _extras_now(self) -> dict[str, Any]:
        return copy_json(self._get('extras')) if self.is_stored else self._row['extras']  # type: ignore[no-any-return]

    def _write_extras(self, changes: Mapping[str, Any], removed: Iterable[str]) -> None:
        gone = set(removed)
        kept = {key: value for key, value in self._get('extras').items() if key not in gone}
        self._set('extras', {**kept, **changes})


class AutoGroup(Group):
    """A group that a script's nodes were put into while it ran."""


class ImportGroup(Group):
    """A group that nodes were put into when they were imported."""


class UpfFamily(Group):
    """A family of pseudopotentials, at most one for each element."""
