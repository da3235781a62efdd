"""The graph as objects: nodes and their links, groups, computers, users, and queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
    from aiida.orm.authinfos import AuthInfo
    from aiida.orm.comments import Comment
    from aiida.orm.computers import Computer
    from aiida.orm.entities import Collection, Entity, EntityTypes
    from aiida.orm.extras import EntityExtras
    from aiida.orm.fields import QbField, QbFieldFilters, QbFields
    from aiida.orm.groups import AutoGroup, Group, ImportGroup, UpfFamily
    from aiida.orm.logs import ASCENDING, DESCENDING, Log, OrderSpecifier
    from aiida.orm.nodes.attributes import NodeAttributes
    from aiida.orm.nodes.data.array.array import ArrayData
    from aiida.orm.nodes.data.array.bands import BandsData, find_bandgap
    from aiida.orm.nodes.data.array.kpoints import KpointsData
    from aiida.orm.nodes.data.array.projection import ProjectionData
    from aiida.orm.nodes.data.array.trajectory import TrajectoryData
    from aiida.orm.nodes.data.array.xy import XyData
    from aiida.orm.nodes.data.base import BaseType, to_aiida_type
    from aiida.orm.nodes.data.bool import Bool
    from aiida.orm.nodes.data.cif import CifData, cif_from_ase, has_pycifrw, pycifrw_from_cif
    from aiida.orm.nodes.data.code.abstract import AbstractCode
    from aiida.orm.nodes.data.code.containerized import ContainerizedCode
    from aiida.orm.nodes.data.code.installed import InstalledCode
    from aiida.orm.nodes.data.code.legacy import Code
    from aiida.orm.nodes.data.code.portable import PortableCode
    from aiida.orm.nodes.data.data import Data
    from aiida.orm.nodes.data.dict import Dict
    from aiida.orm.nodes.data.enum import EnumData
    from aiida.orm.nodes.data.float import Float
    from aiida.orm.nodes.data.folder import FolderData
    from aiida.orm.nodes.data.int import Int
    from aiida.orm.nodes.data.jsonable import JsonableData
    from aiida.orm.nodes.data.list import List
    from aiida.orm.nodes.data.numeric import NumericType
    from aiida.orm.nodes.data.orbital import OrbitalData
    from aiida.orm.nodes.data.remote.base import RemoteData
    from aiida.orm.nodes.data.remote.stash.base import RemoteStashData
    from aiida.orm.nodes.data.remote.stash.compress import RemoteStashCompressedData
    from aiida.orm.nodes.data.remote.stash.custom import RemoteStashCustomData
    from aiida.orm.nodes.data.remote.stash.folder import RemoteStashFolderData
    from aiida.orm.nodes.data.singlefile import SinglefileData
    from aiida.orm.nodes.data.str import Str
    from aiida.orm.nodes.data.structure import Kind, Site, StructureData
    from aiida.orm.nodes.data.upf import UpfData
    from aiida.orm.nodes.node import Node
    from aiida.orm.nodes.process.calculation.calcfunction import CalcFunctionNode
    from aiida.orm.nodes.process.calculation.calcjob import CalcJobNode
    from aiida.orm.nodes.process.calculation.calculation import CalculationNode
    from aiida.orm.nodes.process.process import ProcessNode
    from aiida.orm.nodes.process.workflow.workchain import WorkChainNode
    from aiida.orm.nodes.process.workflow.workflow import WorkflowNode
    from aiida.orm.nodes.process.workflow.workfunction import WorkFunctionNode
    from aiida.orm.nodes.repository import NodeRepository
    from aiida.orm.querybuilder import QueryBuilder
    from aiida.orm.users import User
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
    'ASCENDING',
    'AbstractCode',
    'AbstractNodeMeta',
    'ArrayData',
    'AttributeManager',
    'AuthInfo',
    'AutoGroup',
    'BandsData',
    'BaseType',
    'Bool',
    'CalcFunctionNode',
    'CalcJobNode',
    'CalcJobResultManager',
    'CalculationEntityLoader',
    'CalculationNode',
    'CifData',
    'Code',
    'CodeEntityLoader',
    'Collection',
    'Comment',
    'Computer',
    'ComputerEntityLoader',
    'ContainerizedCode',
    'DESCENDING',
    'Data',
    'Dict',
    'Entity',
    'EntityExtras',
    'EntityTypes',
    'EnumData',
    'Float',
    'FolderData',
    'Group',
    'GroupEntityLoader',
    'ImportGroup',
    'InstalledCode',
    'Int',
    'JsonableData',
    'Kind',
    'KpointsData',
    'LinkManager',
    'LinkPair',
    'LinkTriple',
    'List',
    'Log',
    'Node',
    'NodeAttributes',
    'NodeEntityLoader',
    'NodeLinksManager',
    'NodeRepository',
    'NumericType',
    'OrbitalData',
    'OrderSpecifier',
    'OrmEntityLoader',
    'PortableCode',
    'ProcessNode',
    'ProjectionData',
    'QbField',
    'QbFieldFilters',
    'QbFields',
    'QueryBuilder',
    'RemoteData',
    'RemoteStashCompressedData',
    'RemoteStashCustomData',
    'RemoteStashData',
    'RemoteStashFolderData',
    'SinglefileData',
    'Site',
    'Str',
    'StructureData',
    'TrajectoryData',
    'UpfData',
    'UpfFamily',
    'User',
    'WorkChainNode',
    'WorkFunctionNode',
    'WorkflowNode',
    'XyData',
    'cif_from_ase',
    'find_bandgap',
    'get_loader',
    'get_query_type_from_type_string',
    'get_type_string_from_class',
    'has_pycifrw',
    'load_code',
    'load_computer',
    'load_entity',
    'load_group',
    'load_node',
    'load_node_class',
    'pycifrw_from_cif',
    'to_aiida_type',
    'validate_link',
)

#: Where the names are; a module is imported when one of its names is first asked for.
_MODULES: dict[str, tuple[str, ...]] = {
    'aiida.orm.authinfos': ('AuthInfo',),
    'aiida.orm.comments': ('Comment',),
    'aiida.orm.computers': ('Computer',),
    'aiida.orm.entities': (
        'Collection',
        'Entity',
        'EntityTypes',
    ),
    'aiida.orm.extras': ('EntityExtras',),
    'aiida.orm.fields': (
        'QbField',
        'QbFieldFilters',
        'QbFields',
    ),
    'aiida.orm.groups': (
        'AutoGroup',
        'Group',
        'ImportGroup',
        'UpfFamily',
    ),
    'aiida.orm.logs': (
        'ASCENDING',
        'DESCENDING',
        'Log',
        'OrderSpecifier',
    ),
    'aiida.orm.nodes.attributes': ('NodeAttributes',),
    'aiida.orm.nodes.data.array.array': ('ArrayData',),
    'aiida.orm.nodes.data.array.bands': (
        'BandsData',
        'find_bandgap',
    ),
    'aiida.orm.nodes.data.array.kpoints': ('KpointsData',),
    'aiida.orm.nodes.data.array.projection': ('ProjectionData',),
    'aiida.orm.nodes.data.array.trajectory': ('TrajectoryData',),
    'aiida.orm.nodes.data.array.xy': ('XyData',),
    'aiida.orm.nodes.data.base': (
        'BaseType',
        'to_aiida_type',
    ),
    'aiida.orm.nodes.data.bool': ('Bool',),
    'aiida.orm.nodes.data.cif': (
        'CifData',
        'cif_from_ase',
        'has_pycifrw',
        'pycifrw_from_cif',
    ),
    'aiida.orm.nodes.data.code.abstract': ('AbstractCode',),
    'aiida.orm.nodes.data.code.containerized': ('ContainerizedCode',),
    'aiida.orm.nodes.data.code.installed': ('InstalledCode',),
    'aiida.orm.nodes.data.code.legacy': ('Code',),
    'aiida.orm.nodes.data.code.portable': ('PortableCode',),
    'aiida.orm.nodes.data.data': ('Data',),
    'aiida.orm.nodes.data.dict': ('Dict',),
    'aiida.orm.nodes.data.enum': ('EnumData',),
    'aiida.orm.nodes.data.float': ('Float',),
    'aiida.orm.nodes.data.folder': ('FolderData',),
    'aiida.orm.nodes.data.int': ('Int',),
    'aiida.orm.nodes.data.jsonable': ('JsonableData',),
    'aiida.orm.nodes.data.list': ('List',),
    'aiida.orm.nodes.data.numeric': ('NumericType',),
    'aiida.orm.nodes.data.orbital': ('OrbitalData',),
    'aiida.orm.nodes.data.remote.base': ('RemoteData',),
    'aiida.orm.nodes.data.remote.stash.base': ('RemoteStashData',),
    'aiida.orm.nodes.data.remote.stash.compress': ('RemoteStashCompressedData',),
    'aiida.orm.nodes.data.remote.stash.custom': ('RemoteStashCustomData',),
    'aiida.orm.nodes.data.remote.stash.folder': ('RemoteStashFolderData',),
    'aiida.orm.nodes.data.singlefile': ('SinglefileData',),
    'aiida.orm.nodes.data.str': ('Str',),
    'aiida.orm.nodes.data.structure': (
        'Kind',
        'Site',
        'StructureData',
    ),
    'aiida.orm.nodes.data.upf': ('UpfData',),
    'aiida.orm.nodes.node': ('Node',),
    'aiida.orm.nodes.process.calculation.calcfunction': ('CalcFunctionNode',),
    'aiida.orm.nodes.process.calculation.calcjob': ('CalcJobNode',),
    'aiida.orm.nodes.process.calculation.calculation': ('CalculationNode',),
    'aiida.orm.nodes.process.process': ('ProcessNode',),
    'aiida.orm.nodes.process.workflow.workchain': ('WorkChainNode',),
    'aiida.orm.nodes.process.workflow.workflow': ('WorkflowNode',),
    'aiida.orm.nodes.process.workflow.workfunction': ('WorkFunctionNode',),
    'aiida.orm.nodes.repository': ('NodeRepository',),
    'aiida.orm.querybuilder': ('QueryBuilder',),
    'aiida.orm.users': ('User',),
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
        'authinfos',
        'autogroup',
        'comments',
        'computers',
        'convert',
        'entities',
        'extras',
        'fields',
        'groups',
        'logs',
        'nodes',
        'querybuilder',
        'users',
        'utils',
    }
)

__getattr__, __dir__ = lazy_exports(globals(), _HOMES, _SUBMODULES)
