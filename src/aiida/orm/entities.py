"""What all entities of the graph have in common, and the collections they are found in."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from aiida.common.exceptions import InvalidOperation, MultipleObjectsError, NotExistent
from aiida.common.lang import classproperty
from aiida.common.log import AIIDA_LOGGER
from aiida.orm.backend import get_store
from aiida.orm.fields import EntityFields
from aiida.orm.utils.upstairs import upstairs
from aiida.storage.ports import Store
from aiida.storage.records import EntityKind

if TYPE_CHECKING:
    from typing import Self

    from aiida.orm.querybuilder import QueryBuilder

__all__ = ('Collection', 'Entity', 'EntityTypes', 'RowCollection', 'RowEntity', 'entity_class')

#: The classes of the small tables, by name: they refer to each other.
_CLASSES = {
    EntityKind.AUTHINFO: 'aiida.orm.authinfos:AuthInfo',
    EntityKind.COMMENT: 'aiida.orm.comments:Comment',
    EntityKind.COMPUTER: 'aiida.orm.computers:Computer',
    EntityKind.GROUP: 'aiida.orm.groups:Group',
    EntityKind.LOG: 'aiida.orm.logs:Log',
    EntityKind.USER: 'aiida.orm.users:User',
}


def entity_class(kind: EntityKind) -> type[RowEntity]:
    """Return the class of the entities of a table."""
    return cast('type[RowEntity]', upstairs(_CLASSES[kind]))


EntityType = TypeVar('EntityType', bound='Entity')


class EntityTypes(Enum):
    """The kinds of rows a query can be about."""

    AUTHINFO = 'authinfo'
    COMMENT = 'comment'
    COMPUTER = 'computer'
    GROUP = 'group'
    LOG = 'log'
    NODE = 'node'
    USER = 'user'
    LINK = 'link'
    GROUP_NODE = 'group_node'


class Collection(Generic[EntityType]):
    """The entities of one class in one store."""

    collection_type: ClassVar[str] = ''

    def __init__(self, entity_class: type[EntityType], backend: Store | None = None) -> None:
        """
        :param entity_class: the class whose instances are found here.
        :param backend: the store, that of the loaded profile for ``None``.
        """
        self._entity_class = entity_class
        self._backend = backend if backend is not None else get_store()

    def __call__(self, backend: Store) -> Self:
        """Return the same collection in another store."""
        return type(self)(self._entity_class, backend)

    @classmethod
    def get_cached(cls, entity_class: type[EntityType], backend: Store) -> Self:
        """Return the collection of a class in a store."""
        return cls(entity_class, backend)

    @property
    def entity_type(self) -> type[EntityType]:
        """The class whose instances are found here."""
        return self._entity_class

    @property
    def backend(self) -> Store:
        """The store they are in."""
        return self._backend

    def query(
        self,
        filters: Mapping[str, Any] | None = None,
        order_by: Any = None,
        project: list[str] | str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        subclassing: bool = True,
    ) -> QueryBuilder:
        """Return a query for the entities of this class.

        :param filters: conditions, as :class:`~aiida.orm.querybuilder.QueryBuilder` takes them.
        :param order_by: one or more of what ``QueryBuilder.order_by`` takes for one entity.
        :param project: what is returned of each entity, itself for ``None``.
        :param subclassing: whether instances of subclasses are included.
        """
        query = upstairs('aiida.orm.querybuilder:QueryBuilder')(backend=self._backend, limit=limit, offset=offset)
        query.append(
            self._entity_class,
            filters=dict(filters) if filters else None,
            project='*' if project is None else project,
            subclassing=subclassing,
        )
        if order_by:
            query.order_by({self._entity_class: order_by})
        return cast('QueryBuilder', query)

    def get(self, **filters: Any) -> EntityType:
        """Return the one entity that fits.

        :raises NotExistent: if there is none.
        :raises MultipleObjectsError: if there are several.
        """
        found = self.find(filters=filters, limit=2 if self._equalities(filters) is None else None)
        if not found:
            raise NotExistent(f'there is no {self._entity_class.__name__} with {_describe(filters)}')
        if len(found) > 1:
            raise MultipleObjectsError(f'more than one {self._entity_class.__name__} with {_describe(filters)}')
        return found[0]

    def find(
        self,
        filters: Mapping[str, Any] | None = None,
        order_by: Any = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> list[EntityType]:
        """Return the entities that fit."""
        equalities = self._equalities(filters) if not order_by and limit is None and offset is None else None
        if equalities is not None:
            return self._find_equal(equalities)
        return cast(
            'list[EntityType]',
            self.query(filters=filters, order_by=order_by, limit=limit, offset=offset).all(flat=True),
        )

    def all(self) -> list[EntityType]:
        """Return all entities of this class."""
        return self.find()

    def count(self, filters: Mapping[str, Any] | None = None) -> int:
        """Return how many entities fit."""
        equalities = self._equalities(filters)
        if equalities is not None:
            return len(self._find_equal(equalities))
        return int(self.query(filters=filters).count())

    def _equalities(self, filters: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Return the filters as column values, ``None`` if they are more than comparisons with plain values."""
        return None

    def _find_equal(self, equalities: dict[str, Any]) -> list[EntityType]:
        """Return the entities whose columns equal these values; called with what :meth:`_equalities` returned."""
        raise InvalidOperation(f'{self._entity_class.__name__} has no columns to compare')


def _describe(filters: Mapping[str, Any]) -> str:
    return ', '.join(f'{key}={value!r}' for key, value in filters.items()) or 'any properties'


class Entity:
    """Something that has a row in a store.

    ``pk`` is its number there, ``None`` until it is stored.
    """

    identity_field: ClassVar[str] = 'pk'
    #: What can be filtered on and projected, as objects: ``Int.fields.value > 5``.
    fields: ClassVar[EntityFields] = EntityFields()
    _CLS_COLLECTION: ClassVar[type[Collection[Any]]] = Collection
    _logger: ClassVar[logging.Logger] = AIIDA_LOGGER.getChild('orm.entities')
    _store: Store

    @classproperty
    def collection(cls: Any) -> Any:  # noqa: N805
        """The entities of this class in the store of the loaded profile."""
        return cls._CLS_COLLECTION(cls, get_store())

    @classproperty
    def objects(cls: Any) -> Any:  # noqa: N805
        """The entities of this class in the store of the loaded profile; an older name of :attr:`collection`."""
        return cls._CLS_COLLECTION(cls, get_store())

    @classmethod
    def get_collection(cls, backend: Store) -> Collection[Self]:
        """Return the entities of this class in a store."""
        return cls._CLS_COLLECTION(cls, backend)

    @classmethod
    def get(cls, **kwargs: Any) -> Self:
        """Return the one entity whose properties are these; see :meth:`Collection.get`."""
        return cast('Self', cls._CLS_COLLECTION(cls, get_store()).get(**kwargs))

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Called when an instance was made, be it new or read from a store; subclasses may add to it."""

    @property
    def backend(self) -> Store:
        """The store of this entity."""
        return self._store

    @property
    def backend_entity(self) -> Any:
        """The row of this entity."""
        raise InvalidOperation(f'{type(self).__name__} has no row')

    @property
    def pk(self) -> int | None:
        """The number of the row, ``None`` when not stored."""
        raise InvalidOperation(f'{type(self).__name__} has no row')

    @property
    def id(self) -> int | None:
        """The number of the row, ``None`` when not stored; an older name of :attr:`pk`."""
        return self.pk

    @property
    def is_stored(self) -> bool:
        """Whether there is a row in the store."""
        return self.pk is not None

    @property
    def logger(self) -> Any:
        """The logger of this entity."""
        return self._logger

    def store(self) -> Self:
        """Write the row and return the entity."""
        raise InvalidOperation(f'{type(self).__name__} cannot be stored')

    def __reduce__(self) -> Any:
        if not self.is_stored:
            raise InvalidOperation(
                f'{self} is not stored: only what is in the store can be pickled, as a reference to it'
            )
        return _find_again, self._reference()

    def _reference(self) -> tuple[str, str, Any]:
        """Return what the entity is found by in another interpreter: table, column and value."""
        raise InvalidOperation(f'{type(self).__name__} has no row')


def _find_again(table: str, column: str, value: Any) -> Entity:
    """Return the entity that was pickled, from the store of the loaded profile."""
    return cast('Entity', upstairs('aiida.orm.convert:entity_from_reference')(table, column, value))


class RowCollection(Collection[EntityType]):
    """The entities of one of the tables that are seldom written."""

    #: Names of filters that stand for a column of another name.
    _COLUMNS: ClassVar[dict[str, str]] = {'pk': 'id', 'user': 'user_id', 'node': 'dbnode_id'}

    def _equalities(self, filters: Mapping[str, Any] | None) -> dict[str, Any] | None:
        equalities: dict[str, Any] = {}
        columns = cast('type[RowEntity]', self._entity_class)._column_names()
        for key, value in (filters or {}).items():
            column = self._COLUMNS.get(key, key)
            plain = value.pk if isinstance(value, Entity) else value
            if column not in columns or not isinstance(plain, str | int | bool | float) or isinstance(plain, Enum):
                return None
            equalities[column] = plain
        return equalities

    def _find_equal(self, equalities: dict[str, Any]) -> list[EntityType]:
        entity_class = cast('type[RowEntity]', self._entity_class)
        rows = self._backend.find_entities(entity_class._KIND, **equalities)
        return [cast('EntityType', entity_class.from_row(self._backend, row)) for row in rows]

    def delete(self, pk: int) -> None:
        """Delete the row.

        :raises NotExistent: if there is none of this number.
        """
        kind = cast('type[RowEntity]', self._entity_class)._KIND
        self._backend.read_entity(kind, pk)
        self._backend.delete_entity(kind, pk)


class RowEntity(Entity):
    """An entity of one of the tables that are few and seldom written.

    Columns of a stored one are read when asked for and written when set, so that all instances see the same.
    """

    _KIND: ClassVar[EntityKind]
    #: The columns, with their values where none is given.
    _DEFAULTS: ClassVar[dict[str, Any]] = {}
    #: Columns that never change once stored.
    _FIXED: ClassVar[frozenset[str]] = frozenset({'uuid'})
    #: Whether the columns are those read last, see :meth:`_as_read`.
    _is_snapshot: bool = False
    _CLS_COLLECTION = RowCollection
    _row: dict[str, Any]

    def _begin(self, backend: Store | None, row: dict[str, Any]) -> None:
        self._store = backend if backend is not None else get_store()
        self._row = row
        self.initialize()

    @classmethod
    def _column_names(cls) -> set[str]:
        return {'id', *cls._DEFAULTS}

    @classmethod
    def from_row(cls, store: Store, row: dict[str, Any]) -> Self:
        """Return the entity of a row that was read from a store."""
        entity = cls.__new__(cls)
        entity._begin(store, row)
        return entity

    @classmethod
    def from_pk(cls, store: Store, pk: int) -> Self:
        """Return the entity of a row.

        :raises NotExistent: if there is none of this number.
        """
        return cls.from_row(store, store.read_entity(cls._KIND, pk))

    @property
    def backend_entity(self) -> dict[str, Any]:
        """The row as it was last read."""
        return self._row

    @property
    def pk(self) -> int | None:
        """The number of the row, ``None`` when not stored."""
        return self._row.get('id')

    def _get(self, column: str) -> Any:
        """Return the value of a column as it is now."""
        pk = self._row.get('id')
        if pk is not None and column not in self._FIXED and not self._is_snapshot:
            self._row = self._store.read_entity(self._KIND, pk)
        return self._row[column]

    def _as_read(self) -> Self:
        """Return the same entity with its columns as they were read last, for a piece of work that needs many."""
        snapshot = copy.copy(self)
        snapshot._is_snapshot = True
        return snapshot

    def _set(self, column: str, value: Any) -> None:
        """Set a column, in the store too if the entity is stored."""
        pk = self._row.get('id')
        if pk is not None:
            self._store.update_entity(self._KIND, pk, {column: value})
        self._row = {**self._row, column: value}

    def store(self) -> Self:
        """Write the row and return the entity; one that is stored stays as it is.

        :raises IntegrityError: if a constraint of the table is violated, such as a label that is taken.
        """
        if self._row.get('id') is None:
            pk = self._store.insert_entity(self._KIND, self._row)
            self._row['id'] = pk
            self._store.on_rollback(self._forget)
        return self

    def _reference(self) -> tuple[str, str, Any]:
        column = 'uuid' if 'uuid' in self._row else 'id'
        return self._KIND.value, column, self._row[column]

    def _forget(self) -> None:
        """Undo storing, after the transaction it happened in was rolled back."""
        self._row['id'] = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RowEntity) or other._KIND is not self._KIND:
            return NotImplemented
        if self is other:
            return True
        return self.pk is not None and self.pk == other.pk and self._store is other._store

    def __hash__(self) -> int:
        return hash((self._KIND, self.pk)) if self.pk is not None else object.__hash__(self)
