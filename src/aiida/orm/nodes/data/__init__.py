"""Nodes that hold what processes take and give.

The basic types are imported at once, so that :func:`to_aiida_type` knows them; the others when they are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports
from aiida.orm.nodes.data.base import BaseType, to_aiida_type
from aiida.orm.nodes.data.bool import Bool
from aiida.orm.nodes.data.data import Data
from aiida.orm.nodes.data.dict import Dict
from aiida.orm.nodes.data.enum import EnumData
from aiida.orm.nodes.data.float import Float
from aiida.orm.nodes.data.int import Int
from aiida.orm.nodes.data.list import List
from aiida.orm.nodes.data.numeric import NumericType
from aiida.orm.nodes.data.str import Str

if TYPE_CHECKING:
    from aiida.orm.nodes.data.array import (
        ArrayData,
        BandsData,
        KpointsData,
        ProjectionData,
        TrajectoryData,
        XyData,
        find_bandgap,
    )
    from aiida.orm.nodes.data.cif import CifData, cif_from_ase, has_pycifrw, pycifrw_from_cif
    from aiida.orm.nodes.data.code import AbstractCode, Code, ContainerizedCode, InstalledCode, PortableCode
    from aiida.orm.nodes.data.folder import FolderData
    from aiida.orm.nodes.data.jsonable import JsonableData
    from aiida.orm.nodes.data.orbital import OrbitalData
    from aiida.orm.nodes.data.remote import (
        RemoteData,
        RemoteStashCompressedData,
        RemoteStashCustomData,
        RemoteStashData,
        RemoteStashFolderData,
    )
    from aiida.orm.nodes.data.singlefile import SinglefileData
    from aiida.orm.nodes.data.structure import Kind, Site, StructureData
    from aiida.orm.nodes.data.upf import UpfData

__all__ = (
    'AbstractCode',
    'ArrayData',
    'BandsData',
    'BaseType',
    'Bool',
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
    'NumericType',
    'OrbitalData',
    'PortableCode',
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
    'XyData',
    'cif_from_ase',
    'find_bandgap',
    'has_pycifrw',
    'pycifrw_from_cif',
    'to_aiida_type',
)

_MODULES = {
    'array.array': ('ArrayData',),
    'array.bands': ('BandsData', 'find_bandgap'),
    'array.kpoints': ('KpointsData',),
    'array.projection': ('ProjectionData',),
    'array.trajectory': ('TrajectoryData',),
    'array.xy': ('XyData',),
    'cif': ('CifData', 'cif_from_ase', 'has_pycifrw', 'pycifrw_from_cif'),
    'code': ('AbstractCode', 'Code', 'ContainerizedCode', 'InstalledCode', 'PortableCode'),
    'folder': ('FolderData',),
    'jsonable': ('JsonableData',),
    'orbital': ('OrbitalData',),
    'remote': (
        'RemoteData',
        'RemoteStashCompressedData',
        'RemoteStashCustomData',
        'RemoteStashData',
        'RemoteStashFolderData',
    ),
    'singlefile': ('SinglefileData',),
    'structure': ('Kind', 'Site', 'StructureData'),
    'upf': ('UpfData',),
}
_ELSEWHERE = {name: f'{__name__}.{module}' for module, names in _MODULES.items() for name in names}

__getattr__, __dir__ = lazy_exports(globals(), _ELSEWHERE, ('array', 'code', 'data', 'remote', 'structure'))
