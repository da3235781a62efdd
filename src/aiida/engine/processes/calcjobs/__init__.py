"""Jobs on computers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.engine.processes.calcjobs.calcjob import CalcJob
    from aiida.engine.processes.calcjobs.importer import CalcJobImporter
    from aiida.engine.processes.calcjobs.manager import JobManager, JobsList

__all__ = ('CalcJob', 'CalcJobImporter', 'JobManager', 'JobsList')

_ELSEWHERE = {'CalcJob': 'calcjob', 'CalcJobImporter': 'importer', 'JobManager': 'manager', 'JobsList': 'manager'}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for."""
    if name not in _ELSEWHERE:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from importlib import import_module

    return getattr(import_module(f'{__name__}.{_ELSEWHERE[name]}'), name)
