"""Finding entities by what people type: a number, the beginning of a uuid, or a label."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from aiida.common.exceptions import MultipleObjectsError, NotExistent
from aiida.common.lang import classproperty

if TYPE_CHECKING:
    from aiida.orm.computers import Computer
    from aiida.orm.groups import Group
    from aiida.orm.nodes.data.code.legacy import Code
    from aiida.orm.nodes.node import Node
    from aiida.orm.querybuilder import QueryBuilder
    from aiida.storage.ports import Store

__all__ = (
    'CalculationEntityLoader',
    'CodeEntityLoader',
    'ComputerEntityLoader',
    'DataEntityLoader',
    'GroupEntityLoader',
    'IdentifierType',
    'NodeEntityLoader',
    'OrmEntityLoader',
    'ProcessEntityLoader',
    'WorkflowEntityLoader',
    'get_loader',
    'load_code',
    'load_computer',
    'load_entity',
    'load_group',
    'load_node',
)

_HEXADECIMAL = re.compile(r'[0-9a-fA-F]{1,32}')
_DASHES = (8, 13, 18, 23)
_UUID_LENGTH = 36
_WORDS = {
    'AbstractCode': 'code',
    'CalculationNode': 'calculation',
    'Computer': 'computer',
    'Data': 'data node',
    'Group': 'group',
    'Node': 'node',
    'ProcessNode': 'process',
    'WorkflowNode': 'workflow',
}


class IdentifierType(Enum):
    """What an identifier is."""

    ID = 'ID'
    UUID = 'UUID'
    LABEL = 'LABEL'


_NAMES = {IdentifierType.ID: 'pk', IdentifierType.UUID: 'uuid', IdentifierType.LABEL: 'label'}


def load_entity(
    entity_loader: type[OrmEntityLoader] | None = None,
    identifier: Any = None,
    pk: int | None = None,
    uuid: str | None = None,
    label: str | None = None,
    sub_classes: Any = None,
    query_with_dashes: bool = True,
) -> Any:
    """Return an entity by exactly one of number, uuid (its beginning will do), label, or an identifier of any kind.

    :param entity_loader: where to look.
    :param identifier: what somebody typed; its kind is guessed, an exclamation mark at its end says: a label.
    :param sub_classes: classes of which the entity must be an instance.
    :raises TypeError: if an argument has another type.
    :raises ValueError: if none or several of them are given.
    :raises NotExistent: if there is none.
    :raises MultipleObjectsError: if there are several.
    """
    if entity_loader is None or not issubclass(entity_loader, OrmEntityLoader):
        raise TypeError(f'entity_loader is a subclass of OrmEntityLoader, not {entity_loader!r}')
    given = {'identifier': identifier, 'pk': pk, 'uuid': uuid, 'label': label}
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        said = 'one' if not named else 'only one'
        raise ValueError(f"{said} of the parameters 'identifier', 'pk', 'uuid' or 'label' has to be specified")
    if pk is not None:
        if not isinstance(pk, int):
            raise TypeError(f'a pk has to be an integer, not {pk!r}')
        return entity_loader.load_entity(pk, IdentifierType.ID, sub_classes, query_with_dashes)
    if uuid is not None:
        if not isinstance(uuid, str):
            raise TypeError(f'a uuid has to be a string, not {uuid!r}')
        return entity_loader.load_entity(uuid, IdentifierType.UUID, sub_classes, query_with_dashes)
    if label is not None:
        if not isinstance(label, str):
            raise TypeError(f'a label has to be a string, not {label!r}')
        return entity_loader.load_entity(label, IdentifierType.LABEL, sub_classes, query_with_dashes)
    return entity_loader.load_entity(str(identifier), None, sub_classes, query_with_dashes)


def load_node(
    identifier: Any = None,
    pk: int | None = None,
    uuid: str | None = None,
    label: str | None = None,
    sub_classes: Any = None,
    query_with_dashes: bool = True,
) -> Node:
    """Return a node; see :func:`load_entity`."""
    node: Node = load_entity(NodeEntityLoader, identifier, pk, uuid, label, sub_classes, query_with_dashes)
    return node


def load_code(
    identifier: Any = None,
    pk: int | None = None,
    uuid: str | None = None,
    label: str | None = None,
    sub_classes: Any = None,
    query_with_dashes: bool = True,
) -> Code:
    """Return a code; see :func:`load_entity`. A label may say on which computer it is: ``pw@cluster``."""
    code: Code = load_entity(CodeEntityLoader, identifier, pk, uuid, label, sub_classes, query_with_dashes)
    return code


def load_computer(
    identifier: Any = None,
    pk: int | None = None,
    uuid: str | None = None,
    label: str | None = None,
    sub_classes: Any = None,
    query_with_dashes: bool = True,
) -> Computer:
    """Return a computer; see :func:`load_entity`."""
    computer: Computer = load_entity(ComputerEntityLoader, identifier, pk, uuid, label, sub_classes, query_with_dashes)
    return computer


def load_group(
    identifier: Any = None,
    pk: int | None = None,
    uuid: str | None = None,
    label: str | None = None,
    sub_classes: Any = None,
    query_with_dashes: bool = True,
) -> Group:
    """Return a group; see :func:`load_entity`."""
    group: Group = load_entity(GroupEntityLoader, identifier, pk, uuid, label, sub_classes, query_with_dashes)
    return group


def get_loader(orm_class: type) -> type[OrmEntityLoader]:
    """Return where instances of a class are looked for.

    :raises ValueError: if they have no loader.
    """
    for loader in (
        CodeEntityLoader,
        DataEntityLoader,
        CalculationEntityLoader,
        WorkflowEntityLoader,
        ProcessEntityLoader,
        NodeEntityLoader,
        ComputerEntityLoader,
        GroupEntityLoader,
    ):
        if issubclass(orm_class, loader.orm_base_class):
            return loader
    raise ValueError(f'no OrmEntityLoader available for {orm_class}')


class OrmEntityLoader:
    """Where entities of one class are looked for."""

    #: Put behind an identifier to say that it is a label.
    label_ambiguity_breaker: ClassVar[str] = '!'

    @classproperty
    def orm_base_class(cls) -> type:  # noqa: N805
        """The class of the entities."""
        raise AttributeError(f'{cls.__name__} does not say which class of entities it finds')  # type: ignore[attr-defined]

    @classmethod
    def get_query_classes(cls, sub_classes: Any = None) -> tuple[type, ...]:
        """Return the classes to look for: those given, or the base class.

        :raises TypeError: if ``sub_classes`` is no tuple.
        :raises ValueError: if one of them is no subclass of the base class.
        """
        if sub_classes is None:
            return (cls.orm_base_class,)
        if not isinstance(sub_classes, tuple):
            raise TypeError(f'sub_classes should be a tuple: {sub_classes}')
        for sub_class in sub_classes:
            if not issubclass(sub_class, cls.orm_base_class):
                raise ValueError(f'{sub_class} is not a sub class of the base orm class {cls.orm_base_class}')
        return sub_classes

    @classmethod
    def infer_identifier_type(cls, value: Any) -> tuple[Any, IdentifierType]:
        """Return an identifier and what it most likely is: a whole number, the beginning of a uuid, or else a label.

        :raises ValueError: if it is empty.
        """
        text = str(value)
        if not text:
            raise ValueError('the identifier is empty')
        if text.endswith(cls.label_ambiguity_breaker):
            return text.removesuffix(cls.label_ambiguity_breaker), IdentifierType.LABEL
        try:
            return int(text), IdentifierType.ID
        except ValueError:
            pass
        if _HEXADECIMAL.fullmatch(text.replace('-', '')):
            return text, IdentifierType.UUID
        return text, IdentifierType.LABEL

    @classmethod
    def load_entity(
        cls,
        identifier: Any,
        identifier_type: IdentifierType | None = None,
        sub_classes: Any = None,
        query_with_dashes: bool = True,
    ) -> Any:
        """Return the entity with an identifier; one that could be a uuid but is not, is taken for a label.

        :raises NotExistent: if there is none.
        :raises MultipleObjectsError: if there are several.
        """
        from aiida.orm.backend import get_store

        classes = cls.get_query_classes(sub_classes)
        store = get_store()
        kind = identifier_type
        if kind is None:
            identifier, kind = cls.infer_identifier_type(identifier)
        found: list[Any] = [entity for entity in cls._find(store, identifier, kind) if isinstance(entity, classes)]
        if not found and identifier_type is None and kind is IdentifierType.UUID:
            found = [
                entity for entity in cls._find(store, identifier, IdentifierType.LABEL) if isinstance(entity, classes)
            ]
        if not found:
            raise NotExistent(cls._why_none(store, identifier, kind, classes, guessed=identifier_type is None))
        if len(found) > 1:
            pks = ', '.join(str(entity.pk) for entity in found[:10])
            raise MultipleObjectsError(
                f'several {_in_words(classes)} have the {_NAMES[kind]} `{identifier}`, with pk {pks}: give pk or uuid'
            )
        return found[0]

    @classmethod
    def _why_none(
        cls, store: Store, identifier: Any, kind: IdentifierType, classes: tuple[type, ...], guessed: bool
    ) -> str:
        """Return why nothing was found: there is nothing of this identifier, or something of another kind."""
        wanted = _in_words(classes)
        for other in cls._others(store, identifier, kind):
            return f'{identifier} is {_with_article(type(other).__name__)}, not {_with_article(wanted)}'
        if guessed and kind is IdentifierType.LABEL:
            return f'`{identifier}` is neither a pk nor a uuid, and no {wanted} has it as its label'
        if guessed and kind is IdentifierType.UUID:
            return f'there is no {wanted} whose uuid begins with `{identifier}`, or whose label it is'
        return f'there is no {wanted} with {_NAMES[kind]} {identifier}'

    @classmethod
    def _others(cls, store: Store, identifier: Any, kind: IdentifierType) -> list[Any]:
        """Return what an identifier fits that is of another kind."""
        return cls._find(store, identifier, kind)

    @classmethod
    def _find(cls, store: Store, identifier: Any, kind: IdentifierType) -> list[Any]:
        """Return the entities an identifier fits."""
        if kind is IdentifierType.ID:
            return cls._find_by_pk(store, int(identifier))
        if kind is IdentifierType.UUID:
            return cls._find_by_uuid(store, _with_dashes(str(identifier)))
        return cls._find_by_label(store, str(identifier))

    @classmethod
    def _find_by_pk(cls, store: Store, pk: int) -> list[Any]:
        raise TypeError(f'{cls.__name__} does not say where its entities are')

    @classmethod
    def _find_by_uuid(cls, store: Store, uuid: str) -> list[Any]:
        raise TypeError(f'{cls.__name__} does not say where its entities are')

    @classmethod
    def _find_by_label(cls, store: Store, label: str) -> list[Any]:
        raise TypeError(f'{cls.__name__} does not say where its entities are')

    @classmethod
    def get_query_builder(
        cls,
        identifier: Any,
        identifier_type: IdentifierType | None = None,
        sub_classes: Any = None,
        query_with_dashes: bool = True,
        operator: str = '==',
        project: Any = '*',
    ) -> tuple[QueryBuilder, dict[str, Any]]:
        """Return a query for the entities an identifier fits, and its parameters.

        :param operator: how labels are compared.
        :param project: what is returned of each.
        """
        from aiida.orm.querybuilder import QueryBuilder

        classes = cls.get_query_classes(sub_classes)
        kind = identifier_type
        if kind is None:
            identifier, kind = cls.infer_identifier_type(identifier)
        query = QueryBuilder()
        query.append(cls=classes, tag='entity', project=project)
        if kind is IdentifierType.ID:
            query.add_filter('entity', {'id': int(identifier)})
        elif kind is IdentifierType.UUID:
            query.add_filter('entity', {'uuid': {'like': f'{_with_dashes(str(identifier))}%'}})
        else:
            cls._filter_label(query, str(identifier), operator)
        return query, {
            'classes': classes,
            'identifier': identifier,
            'identifier_type': kind,
            'operator': operator,
            'project': project,
        }

    @classmethod
    def _filter_label(cls, query: QueryBuilder, label: str, operator: str) -> None:
        query.add_filter('entity', {'label': {operator: label}})

    @classmethod
    def get_options(cls, incomplete: str, project: Any = '*') -> list[Any]:
        """Return what an incomplete identifier may become: by the beginning of the label, else of the uuid."""
        query, _ = cls.get_query_builder(
            f'{_escape(incomplete)}%', IdentifierType.LABEL, operator='like', project=project
        )
        found: list[Any] = query.all()
        if found or not _HEXADECIMAL.fullmatch(incomplete.replace('-', '')):
            return found
        query, _ = cls.get_query_builder(incomplete, IdentifierType.UUID, project=project)
        more: list[Any] = query.all()
        return more


def _in_words(classes: tuple[type, ...]) -> str:
    """Return what is looked for: ``process`` for a ``ProcessNode``."""
    return ' or '.join(_WORDS.get(wanted.__name__, wanted.__name__) for wanted in classes)


def _with_article(name: str) -> str:
    return f'{"an" if name[0] in "AEIOUaeio" else "a"} {name}'


def _escape(text: str) -> str:
    return text.replace('\\', '\\\\').replace('%', '\\%').replace('_', '\\_')


def _with_dashes(uuid: str) -> str:
    """Return the beginning of a uuid with dashes where they belong."""
    if '-' in uuid or len(uuid) >= _UUID_LENGTH:
        return uuid.lower()
    text = uuid.lower()
    for position in _DASHES:
        if len(text) > position:
            text = f'{text[:position]}-{text[position:]}'
    return text


class _NodeLoader(OrmEntityLoader):
    """Where nodes are looked for."""

    @classmethod
    def _find_by_pk(cls, store: Store, pk: int) -> list[Any]:
        return cls._nodes(store, [pk])

    @classmethod
    def _find_by_uuid(cls, store: Store, uuid: str) -> list[Any]:
        return cls._nodes(store, store.find_nodes('uuid', uuid, prefix=len(uuid) < _UUID_LENGTH))

    @classmethod
    def _find_by_label(cls, store: Store, label: str) -> list[Any]:
        return cls._nodes(store, store.find_nodes('label', label)) if label else []

    @classmethod
    def _nodes(cls, store: Store, pks: list[int]) -> list[Any]:
        from aiida.orm.convert import nodes_from_pks

        return [node for node in nodes_from_pks(store, pks) if isinstance(node, cls.orm_base_class)]

    @classmethod
    def _others(cls, store: Store, identifier: Any, kind: IdentifierType) -> list[Any]:
        """Return the node of a pk or uuid, whatever it is; a label names nodes of many kinds."""
        return [] if kind is IdentifierType.LABEL else NodeEntityLoader._find(store, identifier, kind)


class NodeEntityLoader(_NodeLoader):
    """Where nodes are looked for."""

    @classproperty
    def orm_base_class(cls) -> type:  # noqa: N805
        """``Node``."""
        from aiida.orm.nodes.node import Node

        return Node


class DataEntityLoader(_NodeLoader):
    """Where data is looked for."""

    @classproperty
    def orm_base_class(cls) -> type:  # noqa: N805
        """``Data``."""
        from aiida.orm.nodes.data.data import Data

        return Data


class ProcessEntityLoader(_NodeLoader):
    """Where processes are looked for."""

    @classproperty
    def orm_base_class(cls) -> type:  # noqa: N805
        """``ProcessNode``."""
        from aiida.orm.nodes.process.process import ProcessNode

        return ProcessNode


class CalculationEntityLoader(_NodeLoader):
    """Where calculations are looked for."""

    @classproperty
    def orm_base_class(cls) -> type:  # noqa: N805
        """``CalculationNode``."""
        from aiida.orm.nodes.process.calculation.calculation import CalculationNode

        return CalculationNode


class WorkflowEntityLoader(_NodeLoader):
    """Where workflows are looked for."""

    @classproperty
    def orm_base_class(cls) -> type:  # noqa: N805
        """``WorkflowNode``."""
        from aiida.orm.nodes.process.workflow.workflow import WorkflowNode

        return WorkflowNode


class CodeEntityLoader(_NodeLoader):
    """Where codes are looked for; a label may say on which computer: ``pw@cluster``."""

    @classproperty
    def orm_base_class(cls) -> type:  # noqa: N805
        """``AbstractCode``."""
        from aiida.orm.nodes.data.code.abstract import AbstractCode

        return AbstractCode

    @classmethod
    def _find_by_label(cls, store: Store, label: str) -> list[Any]:
        found = super()._find_by_label(store, label)
        name, at, computer_label = label.rpartition('@')
        if found or not at:
            return found
        codes = super()._find_by_label(store, name)
        return [code for code in codes if code.computer is not None and code.computer.label == computer_label]

    @classmethod
    def _filter_label(cls, query: QueryBuilder, label: str, operator: str) -> None:
        from aiida.orm.computers import Computer

        name, at, computer_label = label.rpartition('@')
        if not at:
            super()._filter_label(query, label, operator)
            return
        query.add_filter('entity', {'label': {'==': name}})
        query.append(Computer, filters={'label': {operator: computer_label}}, with_node='entity')


class _RowLoader(OrmEntityLoader):
    """Where entities of the small tables are looked for."""

    @classmethod
    def _find_by_pk(cls, store: Store, pk: int) -> list[Any]:
        return cls._rows(store, id=pk)

    @classmethod
    def _find_by_uuid(cls, store: Store, uuid: str) -> list[Any]:
        if len(uuid) == _UUID_LENGTH:
            return cls._rows(store, uuid=uuid)
        return [entity for entity in cls._rows(store) if entity.uuid.startswith(uuid)]

    @classmethod
    def _find_by_label(cls, store: Store, label: str) -> list[Any]:
        return cls._rows(store, label=label)

    @classmethod
    def _rows(cls, store: Store, **equal: Any) -> list[Any]:
        from aiida.orm.convert import entity_from_row

        kind = cls.orm_base_class._KIND  # type: ignore[attr-defined]
        return [entity_from_row(store, kind, row) for row in store.find_entities(kind, **equal)]


class ComputerEntityLoader(_RowLoader):
    """Where computers are looked for."""

    @classproperty
    def orm_base_class(cls) -> type:  # noqa: N805
        """``Computer``."""
        from aiida.orm.computers import Computer

        return Computer


class GroupEntityLoader(_RowLoader):
    """Where groups are looked for."""

    @classproperty
    def orm_base_class(cls) -> type:  # noqa: N805
        """``Group``."""
        from aiida.orm.groups import Group

        return Group
