"""The nodes of the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
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

__all__ = (
    'AbstractCode',
    'ArrayData',
    'BandsData',
    'BaseType',
    'Bool',
    'CalcFunctionNode',
    'CalcJobNode',
    'CalculationNode',
    'CifData',
    'Code',
    'ContainerizedCode',
    'Data',
    'Dict',
    'EnumData',
    'Float',
    'FolderData',
    'InstalledCode',
    'Int',
    'JsonableData',
    'Kind',
    'KpointsData',
    'List',
    'Node',
    'NodeAttributes',
    'NodeRepository',
    'NumericType',
    'OrbitalData',
    'PortableCode',
    'ProcessNode',
    'ProjectionData',
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
    'WorkChainNode',
    'WorkFunctionNode',
    'WorkflowNode',
    'XyData',
    'cif_from_ase',
    'find_bandgap',
    'has_pycifrw',
    'pycifrw_from_cif',
    'to_aiida_type',
)

#: Where the names are; a module is imported when one of its names is first asked for.
_MODULES: dict[str, tuple[str, ...]] = {
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
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
_SUBMODULES = frozenset(
    {
        'attributes',
        'caching',
        'comments',
        'data',
        'links',
        'node',
        'process',
        'repository',
    }
)

__getattr__, __dir__ = lazy_exports(globals(), _HOMES, _SUBMODULES)
