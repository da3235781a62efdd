"""Processes, their life, and the runners that live it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
    from aiida.engine.daemon.client import DaemonClient, get_daemon_client
    from aiida.engine.exceptions import PastException
    from aiida.engine.launch import await_processes, run, run_get_node, run_get_pk, submit
    from aiida.engine.persistence import AiiDAPersister, ObjectLoader, get_object_loader
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
    from aiida.engine.runners import Runner
    from aiida.engine.utils import InterruptableFuture, interruptable_task, is_process_function

#: Name -> the module it is in; each is imported when it is first asked for.
_ELSEWHERE = {
    'AiiDAPersister': 'aiida.engine.persistence',
    'Awaitable': 'aiida.engine.processes.workchains.awaitable',
    'AwaitableAction': 'aiida.engine.processes.workchains.awaitable',
    'AwaitableTarget': 'aiida.engine.processes.workchains.awaitable',
    'BaseRestartWorkChain': 'aiida.engine.processes.workchains.restart',
    'CalcJob': 'aiida.engine.processes.calcjobs.calcjob',
    'CalcJobImporter': 'aiida.engine.processes.calcjobs.importer',
    'CalcJobOutputPort': 'aiida.engine.processes.ports',
    'CalcJobProcessSpec': 'aiida.engine.processes.process_spec',
    'DaemonClient': 'aiida.engine.daemon.client',
    'ExitCode': 'aiida.engine.processes.exit_code',
    'ExitCodesNamespace': 'aiida.engine.processes.exit_code',
    'FunctionProcess': 'aiida.engine.processes.functions',
    'InputPort': 'aiida.engine.processes.ports',
    'InterruptableFuture': 'aiida.engine.utils',
    'JobManager': 'aiida.engine.processes.calcjobs.manager',
    'JobsList': 'aiida.engine.processes.calcjobs.manager',
    'ObjectLoader': 'aiida.engine.persistence',
    'OutputPort': 'aiida.engine.processes.ports',
    'PORT_NAMESPACE_SEPARATOR': 'aiida.engine.processes.ports',
    'PastException': 'aiida.engine.exceptions',
    'PortNamespace': 'aiida.engine.processes.ports',
    'Process': 'aiida.engine.processes.process',
    'ProcessBuilder': 'aiida.engine.processes.builder',
    'ProcessBuilderNamespace': 'aiida.engine.processes.builder',
    'ProcessFuture': 'aiida.engine.processes.futures',
    'ProcessHandlerReport': 'aiida.engine.processes.workchains.utils',
    'ProcessSpec': 'aiida.engine.processes.process_spec',
    'ProcessState': 'aiida.engine.processes.process',
    'Runner': 'aiida.engine.runners',
    'ToContext': 'aiida.engine.processes.workchains.context',
    'WithNonDb': 'aiida.engine.processes.ports',
    'WithSerialize': 'aiida.engine.processes.ports',
    'WorkChain': 'aiida.engine.processes.workchains.workchain',
    'append_': 'aiida.engine.processes.workchains.context',
    'assign_': 'aiida.engine.processes.workchains.context',
    'await_processes': 'aiida.engine.launch',
    'calcfunction': 'aiida.engine.processes.functions',
    'construct_awaitable': 'aiida.engine.processes.workchains.awaitable',
    'get_daemon_client': 'aiida.engine.daemon.client',
    'get_object_loader': 'aiida.engine.persistence',
    'if_': 'aiida.engine.processes.workchains.workchain',
    'interruptable_task': 'aiida.engine.utils',
    'is_process_function': 'aiida.engine.utils',
    'process_handler': 'aiida.engine.processes.workchains.utils',
    'return_': 'aiida.engine.processes.workchains.workchain',
    'run': 'aiida.engine.launch',
    'run_get_node': 'aiida.engine.launch',
    'run_get_pk': 'aiida.engine.launch',
    'submit': 'aiida.engine.launch',
    'while_': 'aiida.engine.processes.workchains.workchain',
    'workfunction': 'aiida.engine.processes.functions',
}

__all__ = (
    'AiiDAPersister',
    'Awaitable',
    'AwaitableAction',
    'AwaitableTarget',
    'BaseRestartWorkChain',
    'CalcJob',
    'CalcJobImporter',
    'CalcJobOutputPort',
    'CalcJobProcessSpec',
    'DaemonClient',
    'ExitCode',
    'ExitCodesNamespace',
    'FunctionProcess',
    'InputPort',
    'InterruptableFuture',
    'JobManager',
    'JobsList',
    'ObjectLoader',
    'OutputPort',
    'PORT_NAMESPACE_SEPARATOR',
    'PastException',
    'PortNamespace',
    'Process',
    'ProcessBuilder',
    'ProcessBuilderNamespace',
    'ProcessFuture',
    'ProcessHandlerReport',
    'ProcessSpec',
    'ProcessState',
    'Runner',
    'ToContext',
    'WithNonDb',
    'WithSerialize',
    'WorkChain',
    'append_',
    'assign_',
    'await_processes',
    'calcfunction',
    'construct_awaitable',
    'get_daemon_client',
    'get_object_loader',
    'if_',
    'interruptable_task',
    'is_process_function',
    'process_handler',
    'return_',
    'run',
    'run_get_node',
    'run_get_pk',
    'submit',
    'while_',
    'workfunction',
)

__getattr__, __dir__ = lazy_exports(
    globals(),
    _ELSEWHERE,
    ('daemon', 'exceptions', 'launch', 'persistence', 'processes', 'runners', 'transports', 'utils'),
)
