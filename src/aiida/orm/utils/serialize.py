"""Values as YAML, in which nodes, computers and groups are named by their uuid.

Reading it back can make instances of any class that is named in it: read only what this program wrote.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import NotExistent
from aiida.orm.computers import Computer
from aiida.orm.groups import Group
from aiida.orm.nodes.node import Node
from aiida.orm.utils.managers import NodeLinksManager
from aiida.orm.utils.upstairs import upstairs

if TYPE_CHECKING:
    import yaml

__all__ = ('deserialize_unsafe', 'serialize')

_ENUM_TAG = '!enum'
_DATACLASS_TAG = '!dataclass'
_NODE_TAG = '!aiida_node'
_NODE_LINKS_MANAGER_TAG = '!aiida_node_links_manager'
_GROUP_TAG = '!aiida_group'
_COMPUTER_TAG = '!aiida_computer'
_ATTRIBUTE_DICT_TAG = '!aiida_attributedict'
_PLUMPY_ATTRIBUTES_FROZENDICT_TAG = '!plumpy:attributes_frozendict'
_PLUMPY_BUNDLE = '!plumpy:bundle'
_UUID_TAG = '!uuid'


def serialize(data: Any, encoding: str | None = None) -> Any:
    """Return a value as YAML.

    :param encoding: bytes in this encoding are returned, a string for ``None``.
    :raises ValueError: if there is a node, group or computer in it that is not stored.
    """
    import yaml

    return yaml.dump(data, encoding=encoding, Dumper=_dumper())


def deserialize_unsafe(serialized: str | bytes) -> Any:
    """Return the value that was written as YAML; only for what this program wrote.

    :raises ValueError: if an entity it names is not in the store any more.
    """
    import yaml

    return yaml.load(serialized, Loader=_loader())


def __getattr__(name: str) -> Any:
    if name == 'AiiDALoader':
        return _loader()
    if name == 'AiiDADumper':
        return _dumper()
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


# to YAML


def represent_node(dumper: yaml.Dumper, node: Node) -> yaml.ScalarNode:
    """Name a node by its uuid.

    :raises ValueError: if it is not stored.
    """
    return dumper.represent_scalar(_NODE_TAG, _stored_uuid(node))


def represent_group(dumper: yaml.Dumper, group: Group) -> yaml.ScalarNode:
    """Name a group by its uuid.

    :raises ValueError: if it is not stored.
    """
    return dumper.represent_scalar(_GROUP_TAG, _stored_uuid(group))


def represent_computer(dumper: yaml.Dumper, computer: Computer) -> yaml.ScalarNode:
    """Name a computer by its uuid.

    :raises ValueError: if it is not stored.
    """
    return dumper.represent_scalar(_COMPUTER_TAG, _stored_uuid(computer))


def represent_node_links_manager(dumper: yaml.Dumper, manager: NodeLinksManager) -> yaml.MappingNode:
    """Name the node whose neighbours are meant, and which of them."""
    return dumper.represent_mapping(
        _NODE_LINKS_MANAGER_TAG,
        {'node': manager._node, 'link_type': manager._link_type, 'incoming': manager._incoming},
    )


def represent_enum(dumper: yaml.Dumper, member: Enum) -> yaml.ScalarNode:
    """Name a member of an enumeration by class and value."""
    kind = type(member)
    return dumper.represent_scalar(_ENUM_TAG, f'{kind.__module__}:{kind.__qualname__}|{member.name}')


def represent_dataclass(dumper: yaml.Dumper, instance: Any) -> yaml.MappingNode:
    """Write the class and the fields of a dataclass."""
    kind = type(instance)
    fields = {field.name: getattr(instance, field.name) for field in dataclasses.fields(instance) if field.init}
    return dumper.represent_mapping(
        _DATACLASS_TAG, {'__name__': f'{kind.__module__}:{kind.__qualname__}', '__fields__': fields}
    )


def _stored_uuid(entity: Any) -> str:
    if not entity.is_stored:
        raise ValueError(f'{entity!r} is not stored, so that its uuid would name nothing')
    return str(entity.uuid)


@cache
def _dumper() -> type[yaml.Dumper]:
    import yaml
    from plumpy import Bundle
    from plumpy.utils import AttributesFrozendict

    from aiida.common.extendeddicts import AttributeDict

    class AiiDADumper(yaml.Dumper):
        """Knows the entities of the graph."""

        def represent_data(self, data: Any) -> yaml.Node:
            if dataclasses.is_dataclass(data) and not isinstance(data, type):
                return represent_dataclass(self, data)
            return super().represent_data(data)

    def mapping(tag: str) -> Any:
        return lambda dumper, value: dumper.represent_mapping(tag, dict(value))

    AiiDADumper.add_representer(Bundle, mapping(_PLUMPY_BUNDLE))
    AiiDADumper.add_representer(AttributesFrozendict, mapping(_PLUMPY_ATTRIBUTES_FROZENDICT_TAG))
    AiiDADumper.add_multi_representer(AttributeDict, mapping(_ATTRIBUTE_DICT_TAG))
    AiiDADumper.add_representer(uuid.UUID, lambda dumper, value: dumper.represent_scalar(_UUID_TAG, str(value)))
    AiiDADumper.add_multi_representer(Node, represent_node)
    AiiDADumper.add_multi_representer(Group, represent_group)
    AiiDADumper.add_multi_representer(Computer, represent_computer)
    AiiDADumper.add_multi_representer(Enum, represent_enum)
    AiiDADumper.add_representer(NodeLinksManager, represent_node_links_manager)
    return AiiDADumper


# from YAML


def node_constructor(loader: yaml.Loader, node: yaml.ScalarNode) -> Any:
    """Return the node of a uuid.

    :raises ValueError: if it is not in the store.
    """
    from aiida.orm.utils.loaders import load_node

    return _load(load_node, 'node', str(loader.construct_scalar(node)))


def group_constructor(loader: yaml.Loader, node: yaml.ScalarNode) -> Any:
    """Return the group of a uuid.

    :raises ValueError: if it is not in the store.
    """
    from aiida.orm.utils.loaders import load_group

    return _load(load_group, 'group', str(loader.construct_scalar(node)))


def computer_constructor(loader: yaml.Loader, node: yaml.ScalarNode) -> Any:
    """Return the computer of a uuid.

    :raises ValueError: if it is not in the store.
    """
    from aiida.orm.utils.loaders import load_computer

    return _load(load_computer, 'computer', str(loader.construct_scalar(node)))


def _load(load: Any, what: str, identifier: str) -> Any:
    try:
        return load(uuid=identifier)
    except NotExistent as exception:
        raise ValueError(f'the {what} with uuid {identifier} is not in this storage: was it deleted?') from exception


def node_links_manager_constructor(loader: yaml.Loader, node: yaml.MappingNode) -> NodeLinksManager:
    """Return the neighbours of a node."""
    values: Mapping[Any, Any] = loader.construct_mapping(node, deep=True)
    return NodeLinksManager(node=values['node'], link_type=values['link_type'], incoming=values['incoming'])


def enum_constructor(loader: yaml.Loader, node: yaml.ScalarNode) -> Enum:
    """Return a member of an enumeration."""
    kind, _, name = str(loader.construct_scalar(node)).rpartition('|')
    member: Enum = _find_class(kind)[name]
    return member


def dataclass_constructor(loader: yaml.Loader, node: yaml.MappingNode) -> Any:
    """Return an instance of a dataclass."""
    values: Mapping[Any, Any] = loader.construct_mapping(node, deep=True)
    return _find_class(values['__name__'])(**values['__fields__'])


def _find_class(name: str) -> Any:
    """Return the class ``module:Outer.Inner``."""
    module, _, path = name.partition(':')
    outer, *inner = path.split('.')
    found = upstairs(f'{module}:{outer}')
    for part in inner:
        found = getattr(found, part)
    return found


@cache
def _loader() -> type[yaml.UnsafeLoader]:
    import yaml
    from plumpy import Bundle
    from plumpy.utils import AttributesFrozendict

    from aiida.common.extendeddicts import AttributeDict

    class AiiDALoader(yaml.UnsafeLoader):
        """Knows the entities of the graph."""

    def mapping(make: Any) -> Any:
        return lambda loader, node: make(loader.construct_mapping(node, deep=True))

    def bundle(values: Mapping[Any, Any]) -> Any:
        made = Bundle.__new__(Bundle)
        made.update(values)
        return made

    for tag, constructor in (
        (_PLUMPY_BUNDLE, mapping(bundle)),
        (_PLUMPY_ATTRIBUTES_FROZENDICT_TAG, mapping(AttributesFrozendict)),
        (_ATTRIBUTE_DICT_TAG, mapping(AttributeDict)),
        (_UUID_TAG, lambda loader, node: uuid.UUID(loader.construct_scalar(node))),
        (_NODE_TAG, node_constructor),
        (_NODE_LINKS_MANAGER_TAG, node_links_manager_constructor),
        (_GROUP_TAG, group_constructor),
        (_COMPUTER_TAG, computer_constructor),
        (_ENUM_TAG, enum_constructor),
        (_DATACLASS_TAG, dataclass_constructor),
    ):
        AiiDALoader.add_constructor(tag, constructor)
    return AiiDALoader
