"""The API that AiiDA 0.10 had for workflows, over the engine of today: adapters, for scripts of those days.

`docs/legacy-aiida-work.md` tells for each name what it is called today, and what differs. New code imports from
`aiida.engine`; nothing there knows of this package.
"""

from __future__ import annotations

from aiida.common.lazy import lazy_exports
from aiida.work import nodes

__all__ = ()

_SUBMODULES = (
    *('class_loader', 'daemon', 'db_types', 'defaults', 'execution_engine', 'interstep', 'legacy', 'persistence'),
    *('process', 'process_registry', 'run', 'test_utils', 'util', 'workchain', 'workflow', 'workfunction'),
)

__getattr__, __dir__ = lazy_exports(globals(), {}, _SUBMODULES)

nodes.let_nodes_answer()
