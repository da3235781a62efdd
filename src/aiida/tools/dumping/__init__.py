"""Writing processes, groups and profiles to folders, for eyes and programs that know nothing of databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
    from aiida.tools.dumping.options import CollectionOptions, ContentOptions, Filters
    from aiida.tools.dumping.process import dump_process

__all__ = ('CollectionOptions', 'ContentOptions', 'Filters', 'dump_process')

_HOMES = {
    'CollectionOptions': 'aiida.tools.dumping.options',
    'ContentOptions': 'aiida.tools.dumping.options',
    'Filters': 'aiida.tools.dumping.options',
    'dump_process': 'aiida.tools.dumping.process',
}

__getattr__, __dir__ = lazy_exports(globals(), _HOMES)
