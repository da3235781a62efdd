"""What the graph is made with: links and their rules, loaders, type strings, serialization."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.orm.utils.calcjob import (
        CalcJobResultManager as CalcJobResultManager,
    )
    from aiida.orm.utils.links import (
        LinkManager as LinkManager,
    )
    from aiida.orm.utils.links import (
        LinkPair as LinkPair,
    )
    from aiida.orm.utils.links import (
        LinkTriple as LinkTriple,
    )
    from aiida.orm.utils.links import (
        validate_link as validate_link,
    )
    from aiida.orm.utils.loaders import (
        CalculationEntityLoader as CalculationEntityLoader,
    )
    from aiida.orm.utils.loaders import (
        CodeEntityLoader as CodeEntityLoader,
    )
    from aiida.orm.utils.loaders import (
        ComputerEntityLoader as ComputerEntityLoader,
    )
    from aiida.orm.utils.loaders import (
        GroupEntityLoader as GroupEntityLoader,
    )
    from aiida.orm.utils.loaders import (
        NodeEntityLoader as NodeEntityLoader,
    )
    from aiida.orm.utils.loaders import (
        OrmEntityLoader as OrmEntityLoader,
    )
    from aiida.orm.utils.loaders import (
        get_loader as get_loader,
    )
    from aiida.orm.utils.loaders import (
        load_code as load_code,
    )
    from aiida.orm.utils.loaders import (
        load_computer as load_computer,
    )
    from aiida.orm.utils.loaders import (
        load_entity as load_entity,
    )
    from aiida.orm.utils.loaders import (
        load_group as load_group,
    )
    from aiida.orm.utils.loaders import (
        load_node as load_node,
    )
    from aiida.orm.utils.managers import (
        AttributeManager as AttributeManager,
    )
    from aiida.orm.utils.managers import (
        NodeLinksManager as NodeLinksManager,
    )
    from aiida.orm.utils.node import (
        AbstractNodeMeta as AbstractNodeMeta,
    )
    from aiida.orm.utils.node import (
        get_query_type_from_type_string as get_query_type_from_type_string,
    )
    from aiida.orm.utils.node import (
        get_type_string_from_class as get_type_string_from_class,
    )
    from aiida.orm.utils.node import (
        load_node_class as load_node_class,
    )

__all__ = (
    'AbstractNodeMeta',
    'AttributeManager',
    'CalcJobResultManager',
    'CalculationEntityLoader',
    'CodeEntityLoader',
    'ComputerEntityLoader',
    'GroupEntityLoader',
    'LinkManager',
    'LinkPair',
    'LinkTriple',
    'NodeEntityLoader',
    'NodeLinksManager',
    'OrmEntityLoader',
    'get_loader',
    'get_query_type_from_type_string',
    'get_type_string_from_class',
    'load_code',
    'load_computer',
    'load_entity',
    'load_group',
    'load_node',
    'load_node_class',
    'validate_link',
)

#: Where each name is; a module is imported when one of its names is first asked for.
_MODULES = {
    'aiida.orm.utils.calcjob': 'CalcJobResultManager',
    'aiida.orm.utils.links': 'LinkManager LinkPair LinkTriple validate_link',
    'aiida.orm.utils.loaders': 'CalculationEntityLoader CodeEntityLoader ComputerEntityLoader GroupEntityLoader NodeEntityLoader OrmEntityLoader get_loader load_code load_computer load_entity load_group load_node',
    'aiida.orm.utils.managers': 'AttributeManager NodeLinksManager',
    'aiida.orm.utils.node': 'AbstractNodeMeta get_query_type_from_type_string get_type_string_from_class load_node_class',
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    module = _HOMES.get(name)
    if module is None:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
