"""Writing processes, groups and profiles to folders, for eyes and programs that know nothing of databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
    from aiida.tools.dumping.group import dump_group
    from aiida.tools.dumping.options import CollectionOptions, ContentOptions, Filters
    from aiida.tools.dumping.process import dump_process
    from aiida.tools.dumping.profile import Wanted, dump_profile

__all__ = ('CollectionOptions', 'ContentOptions', 'Filters', 'Wanted', 'dump_group', 'dump_process', 'dump_profile')

_HOMES = {
    'CollectionOptions': 'aiida.tools.dumping.options',
    'ContentOptions': 'aiida.tools.dumping.options',
    'Filters': 'aiida.tools.dumping.options',
    'Wanted': 'aiida.tools.dumping.profile',
    'dump_group': 'aiida.tools.dumping.group',
    'dump_process': 'aiida.tools.dumping.process',
    'dump_profile': 'aiida.tools.dumping.profile',
}

__getattr__, __dir__ = lazy_exports(globals(), _HOMES)
