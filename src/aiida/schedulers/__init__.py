"""Programs that decide when a job runs.

A scheduler is a table of states, functions that build a command and parse an output, and a template of the script that
is submitted. It does not touch a computer: a transport does.
"""

from aiida.schedulers.datastructures import (
    JobInfo,
    JobResource,
    JobState,
    JobTemplate,
    MachineInfo,
    NodeNumberJobResource,
    ParEnvJobResource,
)
from aiida.schedulers.plugins.bash import BashCliScheduler
from aiida.schedulers.scheduler import Scheduler, SchedulerError, SchedulerParsingError

__all__ = (
    'BashCliScheduler',
    'JobInfo',
    'JobResource',
    'JobState',
    'JobTemplate',
    'MachineInfo',
    'NodeNumberJobResource',
    'ParEnvJobResource',
    'Scheduler',
    'SchedulerError',
    'SchedulerParsingError',
)
