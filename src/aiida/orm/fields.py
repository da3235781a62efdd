"""What can be filtered on, ordered by and projected, as objects: ``Int.fields.value > 5``.

A class lists its own fields in ``__qb_fields__`` (a sequence of :func:`add_field`) and inherits those of its bases;
those of the classes that come with the project are in a table here.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pprint import pformat
from types import UnionType
from typing import Any
from uuid import UUID

from aiida.storage.query.entities import ENTITIES, ColumnKind

__all__ = (
    'EntityFields',
    'QbAnyField',
    'QbArrayField',
    'QbAttributesField',
    'QbBoolField',
    'QbDictField',
    'QbField',
    'QbFieldFilters',
    'QbFields',
    'QbNumericField',
    'QbStrField',
    'add_field',
)


class QbField:
    """A column, or a path into the attributes or extras."""

    __slots__ = ('_backend_key', '_doc', '_dtype', '_is_attribute', '_is_subscriptable', '_key')

    def __init__(
        self,
        key: str,
        alias: str | None = None,
        *,
        dtype: Any | None = None,
        doc: str = '',
        is_attribute: bool = True,
        is_subscriptable: bool = False,
    ) -> None:
        """
        :param key: the name by which the field is asked for.
        :param alias: its name in the database, if another.
        :param dtype: the type of its values.
        :param is_attribute: whether it is one of the attributes and not a column.
        :param is_subscriptable: whether it holds values that have a path of their own.
        """
        self._key = key
        self._backend_key = f'attributes.{alias or key}' if is_attribute else alias or key
        self._dtype = dtype
        self._doc = doc
        self._is_attribute = is_attribute
        self._is_subscriptable = is_subscriptable

    @property
    def key(self) -> str:
        """The name by which the field is asked for."""
        return self._key

    @property
    def backend_key(self) -> str:
        """The column or path it stands for in a query."""
        return self._backend_key

    @property
    def doc(self) -> str:
        """What it holds, in words."""
        return self._doc

    @property
    def dtype(self) -> Any | None:
        """The type of its values."""
        return self._dtype

    @property
    def annotation(self) -> Any | None:
        """The type of its values."""
        return self._dtype

    @property
    def is_attribute(self) -> bool:
        """Whether it is one of the attributes and not a column."""
        return self._is_attribute

    @property
    def is_subscriptable(self) -> bool:
        """Whether it holds values that have a path of their own."""
        return self._is_subscriptable

    def _filter(self, operator: str, value: Any) -> QbFieldFilters:
        return QbFieldFilters([(self, operator, value)])

    def __eq__(self, value: Any) -> QbFieldFilters:  # type: ignore[override]
        return self._filter('==', value)

    def __ne__(self, value: Any) -> QbFieldFilters:  # type: ignore[override]
        return self._filter('!==', value)

    def __hash__(self) -> int:
        return hash((self._key, self._backend_key))

    def in_(self, value: Iterable[Any]) -> QbFieldFilters:
        """Let through one of these values."""
        return self._filter('in', value)

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self._backend_key!r}, dtype={self._dtype!r}, doc={self._doc!r})'

    def __str__(self) -> str:
        subscript = '[...]' if self._is_subscriptable else ''
        return f'{type(self).__name__}({self._backend_key}{subscript}) -> {self._dtype}'


class _Ordered(QbField):
    """A field whose values have an order."""

    __slots__ = ()

    def __lt__(self, value: Any) -> QbFieldFilters:
        return self._filter('<', value)

    def __le__(self, value: Any) -> QbFieldFilters:
        return self._filter('<=', value)

    def __gt__(self, value: Any) -> QbFieldFilters:
        return self._filter('>', value)

    def __ge__(self, value: Any) -> QbFieldFilters:
        return self._filter('>=', value)


class _Matched(QbField):
    """A field whose values are text."""

    __slots__ = ()

    def like(self, value: str) -> QbFieldFilters:
        """Let through text of this form; ``%`` is any text, ``_`` any character."""
        return self._filter('like', value)

    def ilike(self, value: str) -> QbFieldFilters:
        """Let through text of this form, capital or small."""
        return self._filter('ilike', value)


class _Sized(QbField):
    """A field whose values are arrays."""

    __slots__ = ()

    def contains(self, value: Iterable[Any]) -> QbFieldFilters:
        """Let through what has all of these elements."""
        return self._filter('contains', value)

    def of_length(self, value: int) -> QbFieldFilters:
        """Let through what has so many elements."""
        return self._filter('of_length', value)

    def longer(self, value: int) -> QbFieldFilters:
        """Let through what has more elements."""
        return self._filter('longer', value)

    def shorter(self, value: int) -> QbFieldFilters:
        """Let through what has fewer elements."""
        return self._filter('shorter', value)


class _Keyed(QbField):
    """A field whose values have keys."""

    __slots__ = ()

    def has_key(self, value: str) -> QbFieldFilters:
        """Let through what has this key."""
        return self._filter('has_key', value)

    def __getitem__(self, key: str) -> QbAnyField:
        return QbAnyField(
            f'{self._key}.{key}', f'{self._backend_key}.{key}', dtype=Any, is_attribute=False, is_subscriptable=True
        )


class QbNumericField(_Ordered):
    """A number or a time."""

    __slots__ = ()


class QbStrField(_Matched):
    """Text."""

    __slots__ = ()


class QbBoolField(QbField):
    """True or false; it can stand as a filter itself."""

    __slots__ = ()

    def as_filter(self) -> QbFieldFilters:
        """Let through what is true."""
        return self == True  # noqa: E712

    def __and__(self, other: QbFieldFilters | QbBoolField) -> QbFieldFilters:
        return self.as_filter() & other

    def __or__(self, other: QbFieldFilters | QbBoolField) -> QbFieldFilters:
        return self.as_filter() | other

    def __invert__(self) -> QbFieldFilters:
        return ~self.as_filter()


class QbArrayField(_Sized):
    """A list."""

    __slots__ = ()


class QbDictField(_Keyed):
    """A dictionary."""

    __slots__ = ()


class QbAttributesField(QbDictField):
    """The attributes as a whole."""

    __slots__ = ()


class QbAnyField(_Ordered, _Matched, _Sized, _Keyed):
    """A value of any type."""

    __slots__ = ()

    def of_type(self, value: str) -> QbFieldFilters:
        """Let through values of this type, in JSON's words."""
        return self._filter('of_type', value)


class QbFieldFilters:
    """Conditions made of fields; ``&``, ``|`` and ``~`` combine them."""

    __slots__ = ('filters',)

    def __init__(self, filters: Sequence[tuple[QbField, str, Any]] | Mapping[str, Any]) -> None:
        """
        :param filters: conditions that all must hold, or a dictionary of filters.
        """
        self.filters: dict[str, Any] = {}
        self.add_filters(filters)

    def add_filters(self, filters: Sequence[tuple[QbField, str, Any]] | Mapping[str, Any]) -> None:
        """Add conditions that must hold as well."""
        if isinstance(filters, Mapping):
            self.filters.update(filters)
            return
        for field, operator, value in filters:
            condition = {field.backend_key: {operator: value}}
            if field.backend_key in self.filters:
                earlier = self.filters.pop(field.backend_key)
                self.filters.setdefault('and', []).extend([{field.backend_key: earlier}, condition])
            else:
                self.filters.update(condition)

    def as_dict(self) -> dict[str, Any]:
        """Return the filters as a dictionary."""
        return self.filters

    def items(self) -> Any:
        """Return the keys with their conditions."""
        return self.filters.items()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, QbFieldFilters) and self.filters == other.filters

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self.filters)

    def _combined(self, word: str, other: QbFieldFilters | QbBoolField) -> QbFieldFilters:
        if isinstance(other, QbBoolField):
            other = other.as_filter()
        if not isinstance(other, QbFieldFilters):
            raise TypeError(f'filters combine with filters, not with {other!r}')
        parts: list[Any] = []
        for filters in (self.filters, other.filters):
            parts.extend(filters[word] if list(filters) == [word] else [filters])
        return QbFieldFilters({word: parts})

    def __and__(self, other: QbFieldFilters | QbBoolField) -> QbFieldFilters:
        return self._combined('and', other)

    def __or__(self, other: QbFieldFilters | QbBoolField) -> QbFieldFilters:
        return self._combined('or', other)

    def __invert__(self) -> QbFieldFilters:
        if len(self.filters) != 1:
            return QbFieldFilters({'!and': [{key: value} for key, value in self.filters.items()]})
        [(key, value)] = self.filters.items()
        if key.lstrip('!') in ('and', 'or'):
            return QbFieldFilters({_negated(key): value})
        if isinstance(value, Mapping) and len(value) == 1:
            return QbFieldFilters({key: {_negated(operator): operand for operator, operand in value.items()}})
        return QbFieldFilters({'!and': [self.filters]})

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.filters})'


def _negated(word: str) -> str:
    return word[1:] if word.startswith('!') else f'!{word}'


class QbFields:
    """The fields of one class, by name."""

    __isabstractmethod__ = False

    def __init__(self, fields: Mapping[str, QbField] | None = None) -> None:
        """
        :param fields: the fields by name.
        """
        self._fields = dict(fields or {})

    def keys(self) -> list[str]:
        """Return the names of the fields."""
        return list(self._fields)

    def __getitem__(self, key: str) -> QbField:
        return self._fields[key]

    def __getattr__(self, key: str) -> QbField:
        if not key.startswith('_') and key in self._fields:
            return self._fields[key]
        raise AttributeError(
            f"there is no field '{key}'; there are {', '.join(sorted(self.__dict__.get('_fields', ())))}"
        )

    def __contains__(self, key: str) -> bool:
        return key in self._fields

    def __len__(self) -> int:
        return len(self._fields)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __dir__(self) -> list[str]:
        return sorted(self._fields)

    def __repr__(self) -> str:
        return pformat({key: repr(field) for key, field in self._fields.items()})

    def __str__(self) -> str:
        return str({key: str(field) for key, field in self._fields.items()})


_FIELD_TYPES: tuple[tuple[tuple[type, ...], type[QbField]], ...] = (
    ((bool,), QbBoolField),
    ((int, float, date, datetime, timedelta), QbNumericField),
    ((str, UUID), QbStrField),
    ((dict,), QbDictField),
    ((list, tuple, set), QbArrayField),
)


def add_field(
    key: str,
    alias: str | None = None,
    *,
    dtype: Any | None = None,
    doc: str = '',
    is_attribute: bool = False,
    is_subscriptable: bool = False,
) -> QbField:
    """Return a field that knows the operators of its type.

    :param key: the name by which the field is asked for.
    :param alias: its name in the database, if another.
    :param dtype: the type of its values, by which the operators are chosen.
    :param is_attribute: whether it is one of the attributes and not a column.
    :param is_subscriptable: whether it holds values that have a path of their own.
    """
    root = _root_type(dtype)
    field_type: type[QbField] = QbAnyField
    for types, candidate in _FIELD_TYPES:
        if isinstance(root, type) and issubclass(root, types):
            field_type = candidate
            break
    subscriptable = is_subscriptable or issubclass(field_type, _Keyed)
    return field_type(key, alias, dtype=dtype, doc=doc, is_attribute=is_attribute, is_subscriptable=subscriptable)


def _root_type(dtype: Any) -> Any:
    """Return the class behind an annotation: ``list`` of ``list[int] | None``."""
    origin = typing.get_origin(dtype)
    if origin in (typing.Union, UnionType):
        candidates = [item for item in typing.get_args(dtype) if item is not type(None)]
        return _root_type(candidates[0]) if len(candidates) == 1 else None
    if origin is typing.Literal:
        return type(typing.get_args(dtype)[0])
    return dtype if origin is None else origin


class EntityFields:
    """The attribute ``fields`` of a class of entities: its own and those of its bases, made when first asked for."""

    __isabstractmethod__ = False

    def __get__(self, instance: object | None, owner: type) -> QbFields:
        return _fields_of(owner)


@functools.cache
def _fields_of(owner: type) -> QbFields:
    fields: dict[str, QbField] = {}
    for base in reversed(owner.__mro__):
        if base.__module__.startswith('aiida.orm.'):
            fields.update(_core_fields(base.__name__))
        fields.update({field.key: field for field in base.__dict__.get('__qb_fields__', ())})
    return QbFields(fields)


_KIND_TYPES: dict[ColumnKind, Any] = {
    ColumnKind.NUMBER: int,
    ColumnKind.TEXT: str,
    ColumnKind.UUID: str,
    ColumnKind.BOOLEAN: bool,
    ColumnKind.TIME: datetime,
    ColumnKind.JSON: dict,
}

_PROCESS = (
    'exception:str exit_message:str exit_status:int paused:bool process_label:str process_state:str process_status:str'
)
_CODE = (
    'append_text:str default_calc_job_plugin=input_plugin:str prepend_text:str use_double_quotes:bool with_mpi:bool '
    'wrap_cmdline_params:bool'
)
_PERIODIC = 'cell:list pbc1:bool pbc2:bool pbc3:bool'
_STASH = 'target_basepath:str source_list:list'
_ATTRIBUTES: dict[str, str] = {
    'Data': 'source:dict',
    'BaseType': 'value',
    'NumericType': 'value:float',
    'Int': 'value:int',
    'Float': 'value:float',
    'Bool': 'value:bool',
    'Str': 'value:str',
    'List': 'value=list:list',
    'EnumData': 'identifier:str name:str value',
    'JsonableData': 'the_class=@class:str the_module=@module:str',
    'RemoteData': 'remote_path:str',
    'RemoteStashData': 'stash_mode',
    'RemoteStashFolderData': f'{_STASH} fail_on_missing:bool',
    'RemoteStashCustomData': _STASH,
    'RemoteStashCompressedData': f'{_STASH} dereference:bool fail_on_missing:bool',
    'SinglefileData': 'filename:str',
    'CifData': 'formulae:list md5:str parse_policy:str scan_type:str spacegroup_numbers:list',
    'StructureData': f'{_PERIODIC} kinds:list sites:list',
    'KpointsData': f'{_PERIODIC} label_numbers:list labels:list mesh:list offset:list',
    'BandsData': 'array_labels:list units:str',
    'TrajectoryData': 'pbc:list symbols:list',
    'XyData': 'x_name:str x_units:str y_names:list y_units:list',
    'AbstractCode': _CODE,
    'Code': 'input_plugin:str is_local:bool local_executable:str remote_exec_path:str',
    'InstalledCode': 'filepath_executable:str',
    'PortableCode': 'filepath_executable:str',
    'ContainerizedCode': 'engine_command:str image_name:str',
    'ProcessNode': f'{_PROCESS} sealed:bool',
    'CalcJobNode': (
        'detailed_job_info:dict imported:bool job_id:str last_job_info:dict remote_workdir:str retrieve_list:list '
        'retrieve_temporary_list:list scheduler_lastchecktime:datetime scheduler_state:str state:str'
    ),
}
"""Attributes of the classes that come with the project: ``name=key:type`` words."""

_TYPES: dict[str, Any] = {
    'str': str,
    'int': int,
    'float': float,
    'bool': bool,
    'list': list,
    'dict': dict,
    'datetime': datetime,
    '': None,
}
_COLUMN_NAMES = {
    'id': 'pk',
    'user_id': 'user',
    'aiidauser_id': 'user',
    'dbcomputer_id': 'computer',
    'dbnode_id': 'node',
}


@functools.cache
def _core_fields(class_name: str) -> dict[str, QbField]:
    """Return what a class that comes with the project adds to the fields of its bases."""
    fields: dict[str, QbField] = {}
    entity = ENTITIES.get(class_name.lower()) if class_name in _ENTITY_CLASSES else None
    for column, kind in entity.columns.items() if entity is not None else ():
        name = _COLUMN_NAMES.get(column, column)
        field_type = {'dtype': _KIND_TYPES[kind], 'is_attribute': False}
        if column == 'attributes':
            fields[name] = QbAttributesField(name, is_subscriptable=True, **field_type)
        else:
            fields[name] = add_field(name, **field_type)
    for word in _ATTRIBUTES.get(class_name, '').split():
        names, _, type_name = word.partition(':')
        name, _, key = names.partition('=')
        fields[name] = add_field(name, key or None, dtype=_TYPES[type_name], is_attribute=True)
    return fields


_ENTITY_CLASSES = frozenset(('Node', 'Group', 'Computer', 'User', 'AuthInfo', 'Comment', 'Log'))
