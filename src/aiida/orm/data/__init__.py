"""`aiida.orm.data` of AiiDA 0.10: the classes of data, which are in `aiida.orm` today."""

from __future__ import annotations

from aiida.common.older_modules import older_names, provide_modules

__all__ = ()


def _of_today(*names: str, **others: str) -> dict[str, str]:
    return {**{name: f'aiida.orm:{name}' for name in names}, **{old: f'aiida.orm:{new}' for old, new in others.items()}}


_BASE_TYPES = ('BaseType', 'NumericType', 'Bool', 'Float', 'Int', 'List', 'Str')

__getattr__, __dir__ = older_names(__name__, _of_today('Data', 'to_aiida_type'))

provide_modules(
    __name__,
    {
        'base': _of_today(*_BASE_TYPES, to_aiida_type='to_aiida_type'),
        'bool': _of_today('Bool'),
        'float': _of_today('Float'),
        'int': _of_today('Int'),
        'list': _of_today('List'),
        'str': _of_today('Str'),
        'numeric': _of_today('NumericType'),
        'parameter': _of_today(ParameterData='Dict'),
        'structure': _of_today('StructureData', 'Kind', 'Site'),
        'cif': _of_today('CifData'),
        'upf': _of_today('UpfData'),
        'frozendict': {'FrozenDict': 'aiida.work.frozendict:FrozenDict'},
        'folder': _of_today('FolderData'),
        'remote': _of_today('RemoteData'),
        'singlefile': _of_today('SinglefileData'),
        'orbital': _of_today('OrbitalData'),
        'array': _of_today('ArrayData'),
        'array.bands': _of_today('BandsData', 'find_bandgap'),
        'array.kpoints': _of_today('KpointsData'),
        'array.projection': _of_today('ProjectionData'),
        'array.trajectory': _of_today('TrajectoryData'),
        'array.xy': _of_today('XyData'),
    },
)
