"""The rows of the inventory of documented behaviour, and which of them no test of this folder proves."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROWS: dict[str, str] = {
    'A01': 'ProcessSpec',
    'A02': 'CalcJobProcessSpec',
    'A03': 'InputPort',
    'A04': 'OutputPort',
    'A05': 'CalcJobOutputPort',
    'A06': 'PortNamespace',
    'A07': 'WithNonDb',
    'A08': 'WithSerialize',
    'A09': 'PORT_NAMESPACE_SEPARATOR',
    'A10': 'spec.input',
    'A11': 'spec.output',
    'A12': 'spec.input_namespace, spec.output_namespace',
    'A13': 'no period in the name of a port',
    'A14': 'default, required, valid_type, validator of a port, until the specification is sealed',
    'A15': 'required unless there is a default',
    'A16': 'one valid type or several',
    'A17': 'validators',
    'A18': 'inputs are validated when a process is made',
    'A19': 'outputs are validated at the end',
    'A20': 'dynamic namespaces',
    'A21': 'inputs that are not stored',
    'A22': 'serializers',
    'A23': 'to_aiida_type',
    'A24': 'the example SerializeWorkChain',
    'A25': 'exposing inputs and outputs',
    'B01': 'ExitCode',
    'B02': 'ExitCodesNamespace',
    'B03': 'spec.exit_code, exit status and message of the node',
    'B04': 'querying by exit status',
    'B05': 'built-in exit codes',
    'C01': 'Process',
    'C02': 'AiiDAPersister',
    'C03': 'ObjectLoader',
    'C04': 'get_object_loader',
    'C05': 'PastException',
    'C06': 'ProcessState',
    'C07': 'the node mirrors the process',
    'C08': 'checkpoints and going on from them',
    'C09': 'taking results from the cache',
    'C10': 'Process.SaveKeys',
    'D01': 'FunctionProcess',
    'D02': 'calcfunction',
    'D03': 'workfunction',
    'D04': 'is_process_function',
    'D05': 'inputs out of the signature of a function',
    'D06': 'ways to call a process function',
    'D07': 'process functions are not submitted',
    'D08': 'provenance of the documented examples',
    'D09': 'defaults, None, *args and **kwargs',
    'E01': 'CalcJob',
    'E02': 'CalcJobImporter',
    'E03': 'JobManager',
    'E04': 'JobsList',
    'E05': 'the life of a job; retries, then pause',
    'E06': 'metadata and options of a job',
    'E07': 'dry run',
    'E08': 'import of finished jobs',
    'E09': 'monitors',
    'E10': 'stashing',
    'E11': 'caching of jobs',
    'E12': 'parsers',
    'E13': 'one question to the scheduler per interval',
    'F01': 'WorkChain',
    'F02': 'ToContext',
    'F03': 'append_',
    'F04': 'assign_',
    'F05': 'Awaitable',
    'F06': 'AwaitableAction',
    'F07': 'AwaitableTarget',
    'F08': 'construct_awaitable',
    'F09': 'if_, while_, return_',
    'F10': 'spec.outline',
    'F11': 'what a step returns',
    'F12': 'nested keys of the context',
    'F13': 'keys of an awaitable',
    'F14': 'children are killed with their parent',
    'F15': 'protected methods',
    'G01': 'BaseRestartWorkChain',
    'G02': 'process_handler',
    'G03': 'ProcessHandlerReport',
    'G04': 'the least outline of a restart work chain',
    'G05': 'what follows which report of a handler',
    'G06': 'arguments of process_handler, overrides',
    'G07': 'inputs and exit codes of a restart work chain',
    'G08': 'what a restart work chain reports',
    'H01': 'ProcessBuilder',
    'H02': 'ProcessBuilderNamespace',
    'H03': 'get_builder',
    'H04': 'completion of a builder',
    'H05': 'docstring of an input of a builder',
    'H06': 'assignment to a builder',
    'H07': 'how a builder shows itself',
    'H08': 'launching a builder',
    'H09': 'a builder in a script',
    'I01': 'run',
    'I02': 'run_get_node',
    'I03': 'run_get_pk',
    'I04': 'submit',
    'I05': 'run.get_node, run.get_pk',
    'I06': 'what launchers return',
    'I07': 'what launchers take',
    'I08': 'what submit refuses',
    'J01': 'Runner',
    'J02': 'ProcessFuture',
    'J03': 'InterruptableFuture',
    'J04': 'interruptable_task',
    'J05': 'one runner per interpreter',
    'J06': 'a process that is run locally can be reached from elsewhere',
    'J07': 'messages come in a thread, what they ask for is done in the loop',
    'J08': 'news of a state, and looking for it',
    'J09': 'TransportQueue',
    'K01': 'DaemonClient',
    'K02': 'get_daemon_client, DaemonException, ControllerProtocol, JsonDictType',
    'K03': 'what the calls of the client of the daemon return and raise',
    'L01': 'verdi process list',
    'L02': 'how a state is shown in the list',
    'L03': 'verdi process list -a',
    'L04': 'verdi process list -S',
    'L05': 'verdi process list -E',
    'L06': 'the other options of the list, and its footer',
    'L07': 'verdi process report',
    'L08': 'verdi process status',
    'L09': 'verdi process show',
    'L10': 'verdi process pause, play, kill',
    'L11': 'processes that cannot be reached',
    'L12': 'what is said of a request',
    'L13': '--wait',
    'L14': '--timeout',
    'L15': 'what is asked of processes that have ended',
    'L16': 'runaiida',
    'M01': 'run blocks, submit does not',
    'M02': 'metadata of a process',
    'M03': 'store_provenance=False',
    'M04': 'only data is linked',
    'M05': 'factories of plugins',
    'M06': 'messages to processes',
    'M07': 'builders are described for jobs and work chains',
    'M08': 'slips of the documentation',
    'P1': 'what validators may return',
    'P2': 'missing and invalid outputs',
    'P3': 'the example with outputs that are not declared',
    'P4': 'process functions are refused by submit',
    'P5': 'positional arguments of launchers',
    'P6': 'a node as default',
    'P7': 'what the commands that act on processes print',
    'P8': 'how the state is shown by commands',
    'P9': 'two ways to show a builder',
    'P10': 'order of the columns of the list of processes',
    'P11': 'what stands in the first bracket of a report',
    'P12': 'four metadata inputs',
    'P13': 'the link of a single output',
    'P14': 'the metadata namespace',
    'P15': 'get_or_create_db_record',
    'P16': 'on_finish',
    'P17': 'checkpoints in the store',
    'P18': 'one way to kill',
    'P19': 'awaitables',
    'P20': 'the keys of a saved process',
    'P21': 'the prefix of a report',
    'P22': 'closed namespaces',
    'P23': 'a process is no input',
    'P24': 'submit returns the node',
    'P25': 'real kinds of what the page shows otherwise',
    'P26': 'what the page promises and AiiDA does not deliver',
    'P27': 'exit statuses are not negative',
    'P28': 'ports of a sealed specification do not change',
    'P29': 'an optional port takes None',
    'P30': 'the examples as they are meant',
    'P31': 'names of ports',
    'P32': 'the mode of stashing',
    'P33': 'what can be waited for',
}

#: Rows that no test here proves, with the reason.
LEFT_OUT: dict[str, str] = {}

#: Areas of the inventory whose rows are not listed above, with the reason.
OTHER_AREAS: dict[str, str] = {
    'N': 'the package `aiida.work` of AiiDA 0.10, which is not there yet',
}


def row(*ids: str) -> Any:
    """Name the rows that a test proves."""
    unknown = [name for name in ids if name not in ROWS]
    assert not unknown, f'no such rows: {unknown}'
    return pytest.mark.row(*ids)


def finding(reason: str, *, raises: Any = None) -> Any:
    """Mark a test of something documented that is not so yet; it fails once it is, for the mark to be taken away."""
    return pytest.mark.xfail(strict=True, reason=reason, raises=raises)


@cache
def proved() -> dict[str, list[str]]:
    """Return the tests of this folder that prove each row; a test that is marked with a finding proves nothing."""
    found: dict[str, list[str]] = {}
    for path in sorted(Path(__file__).parent.glob('test_*.py')):
        for node in ast.walk(ast.parse(path.read_text())):
            decorators = [item for item in getattr(node, 'decorator_list', ()) if isinstance(item, ast.Call)]
            if any(_name(decorator) == 'finding' for decorator in decorators):
                continue
            for decorator in decorators:
                if _name(decorator) == 'row':
                    for argument in decorator.args:
                        found.setdefault(argument.value, []).append(f'{path.name}::{node.name}')  # type: ignore[attr-defined]
    return found


def _name(decorator: ast.Call) -> str:
    return getattr(decorator.func, 'id', '')
