"""What the graph is made with: links and their rules, loaders, type strings, serialization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
    from aiida.orm.utils.calcjob import CalcJobResultManager
    from aiida.orm.utils.links import LinkManager, LinkPair, LinkTriple, validate_link
    from aiida.orm.utils.loaders import (
        CalculationEntityLoader,
        CodeEntityLoader,
        ComputerEntityLoader,
        GroupEntityLoader,
        NodeEntityLoader,
        OrmEntityLoader,
        get_loader,
        load_code,
        load_computer,
        load_entity,
        load_group,
        load_node,
    )
    from aiida.orm.utils.managers import AttributeManager, NodeLinksManager
    from aiida.orm.utils.node import (
        AbstractNodeMeta,
        get_query_type_from_type_string,
        get_type_string_from_class,
        load_node_class,
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

#: Where the names are; a module is imported when one of its names is first asked for.
_MODULES: dict[str, tuple[str, ...]] = {
    'aiida.orm.utils.calcjob': ('CalcJobResultManager',),
    'aiida.orm.utils.links': (
        'LinkManager',
        'LinkPair',
        'LinkTriple',
        'validate_link',
    ),
    'aiida.orm.utils.loaders': (
        'CalculationEntityLoader',
        'CodeEntityLoader',
        'ComputerEntityLoader',
        'GroupEntityLoader',
        'NodeEntityLoader',
        'OrmEntityLoader',
        'get_loader',
        'load_code',
        'load_computer',
        'load_entity',
        'load_group',
        'load_node',
    ),
    'aiida.orm.utils.managers': (
        'AttributeManager',
        'NodeLinksManager',
    ),
    'aiida.orm.utils.node': (
        'AbstractNodeMeta',
        'get_query_type_from_type_string',
        'get_type_string_from_class',
        'load_node_class',
    ),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
_OLDER = ('Calculation', 'CalculationFactory', 'DataFactory', 'JobCalculation', 'WorkCalculation', 'WorkflowFactory')
_HOMES |= dict.fromkeys(_OLDER, 'aiida.orm.older')
_SUBMODULES = frozenset(
    {
        'calcjob',
        'links',
        'loaders',
        'log',
        'managers',
        'mixins',
        'node',
        'remote',
        'serialize',
    }
)

__getattr__, __dir__ = lazy_exports(globals(), _HOMES, _SUBMODULES)
