"""Processes: what they take, what they give, and how they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
    from aiida.engine.processes.builder import ProcessBuilder, ProcessBuilderNamespace
    from aiida.engine.processes.calcjobs.calcjob import CalcJob
    from aiida.engine.processes.calcjobs.importer import CalcJobImporter
    from aiida.engine.processes.calcjobs.manager import JobManager, JobsList
    from aiida.engine.processes.exit_code import ExitCode, ExitCodesNamespace
    from aiida.engine.processes.functions import FunctionProcess, calcfunction, workfunction
    from aiida.engine.processes.futures import ProcessFuture
    from aiida.engine.processes.ports import (
        PORT_NAMESPACE_SEPARATOR,
        CalcJobOutputPort,
        InputPort,
        OutputPort,
        PortNamespace,
        WithNonDb,
        WithSerialize,
    )
    from aiida.engine.processes.process import Process, ProcessState
    from aiida.engine.processes.process_spec import CalcJobProcessSpec, ProcessSpec
    from aiida.engine.processes.workchains.awaitable import (
        Awaitable,
        AwaitableAction,
        AwaitableTarget,
        construct_awaitable,
    )
    from aiida.engine.processes.workchains.context import ToContext, append_, assign_
    from aiida.engine.processes.workchains.restart import BaseRestartWorkChain
    from aiida.engine.processes.workchains.utils import ProcessHandlerReport, process_handler
    from aiida.engine.processes.workchains.workchain import WorkChain, if_, return_, while_

#: Name -> the module it is in; each is imported when it is first asked for.
_ELSEWHERE = {
    'Awaitable': 'aiida.engine.processes.workchains.awaitable',
    'AwaitableAction': 'aiida.engine.processes.workchains.awaitable',
    'AwaitableTarget': 'aiida.engine.processes.workchains.awaitable',
    'BaseRestartWorkChain': 'aiida.engine.processes.workchains.restart',
    'CalcJob': 'aiida.engine.processes.calcjobs.calcjob',
    'CalcJobImporter': 'aiida.engine.processes.calcjobs.importer',
    'CalcJobOutputPort': 'aiida.engine.processes.ports',
    'CalcJobProcessSpec': 'aiida.engine.processes.process_spec',
    'ExitCode': 'aiida.engine.processes.exit_code',
    'ExitCodesNamespace': 'aiida.engine.processes.exit_code',
    'FunctionProcess': 'aiida.engine.processes.functions',
    'InputPort': 'aiida.engine.processes.ports',
    'JobManager': 'aiida.engine.processes.calcjobs.manager',
    'JobsList': 'aiida.engine.processes.calcjobs.manager',
    'OutputPort': 'aiida.engine.processes.ports',
    'PORT_NAMESPACE_SEPARATOR': 'aiida.engine.processes.ports',
    'PortNamespace': 'aiida.engine.processes.ports',
    'Process': 'aiida.engine.processes.process',
    'ProcessBuilder': 'aiida.engine.processes.builder',
    'ProcessBuilderNamespace': 'aiida.engine.processes.builder',
    'ProcessFuture': 'aiida.engine.processes.futures',
    'ProcessHandlerReport': 'aiida.engine.processes.workchains.utils',
    'ProcessSpec': 'aiida.engine.processes.process_spec',
    'ProcessState': 'aiida.engine.processes.process',
    'ToContext': 'aiida.engine.processes.workchains.context',
    'WithNonDb': 'aiida.engine.processes.ports',
    'WithSerialize': 'aiida.engine.processes.ports',
    'WorkChain': 'aiida.engine.processes.workchains.workchain',
    'append_': 'aiida.engine.processes.workchains.context',
    'assign_': 'aiida.engine.processes.workchains.context',
    'calcfunction': 'aiida.engine.processes.functions',
    'construct_awaitable': 'aiida.engine.processes.workchains.awaitable',
    'if_': 'aiida.engine.processes.workchains.workchain',
    'process_handler': 'aiida.engine.processes.workchains.utils',
    'return_': 'aiida.engine.processes.workchains.workchain',
    'while_': 'aiida.engine.processes.workchains.workchain',
    'workfunction': 'aiida.engine.processes.functions',
}

__all__ = (
    'Awaitable',
    'AwaitableAction',
    'AwaitableTarget',
    'BaseRestartWorkChain',
    'CalcJob',
    'CalcJobImporter',
    'CalcJobOutputPort',
    'CalcJobProcessSpec',
    'ExitCode',
    'ExitCodesNamespace',
    'FunctionProcess',
    'InputPort',
    'JobManager',
    'JobsList',
    'OutputPort',
    'PORT_NAMESPACE_SEPARATOR',
    'PortNamespace',
    'Process',
    'ProcessBuilder',
    'ProcessBuilderNamespace',
    'ProcessFuture',
    'ProcessHandlerReport',
    'ProcessSpec',
    'ProcessState',
    'ToContext',
    'WithNonDb',
    'WithSerialize',
    'WorkChain',
    'append_',
    'assign_',
    'calcfunction',
    'construct_awaitable',
    'if_',
    'process_handler',
    'return_',
    'while_',
    'workfunction',
)

__getattr__, __dir__ = lazy_exports(
    globals(),
    _ELSEWHERE,
    ('builder', 'calcjobs', 'exit_code', 'functions', 'futures', 'ports', 'process', 'process_spec', 'workchains'),
)
