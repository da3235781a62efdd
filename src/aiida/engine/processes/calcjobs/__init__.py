"""Jobs on computers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
    from aiida.engine.processes.calcjobs.calcjob import CalcJob
    from aiida.engine.processes.calcjobs.importer import CalcJobImporter
    from aiida.engine.processes.calcjobs.manager import JobManager, JobsList

__all__ = ('CalcJob', 'CalcJobImporter', 'JobManager', 'JobsList')

_ELSEWHERE = {
    'CalcJob': 'aiida.engine.processes.calcjobs.calcjob',
    'CalcJobImporter': 'aiida.engine.processes.calcjobs.importer',
    'JobManager': 'aiida.engine.processes.calcjobs.manager',
    'JobsList': 'aiida.engine.processes.calcjobs.manager',
}

__getattr__, __dir__ = lazy_exports(globals(), _ELSEWHERE)
