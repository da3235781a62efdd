"""``verdi process list|show|status|report``."""

import re

import pytest

from aiida.cmdline.commands.cmd_process import verdi_process


def rows(output):
    """The table of a list, cells separated by at least two spaces."""
    return [re.split(r'\s{2,}', line.strip()) for line in output.splitlines()]


def test_list_shows_active_processes(call, graph):
    chain = graph['chain']
    output = call(verdi_process, 'list').output
    assert output.splitlines()[:5] == [
        '  PK  Created    State      Process label         Process status',
        '----  ---------  ---------  --------------------  ---------------------------------',
        f'{chain.pk:>4}  0s ago     ⏵ Waiting  MultiplyAddWorkChain  Waiting for child processes: 1, 2',
        '',
        'Total results: 1',
    ]


def test_list_all(call, graph):
    table = rows(call(verdi_process, 'list', '-a').output)
    assert table[0] == ['PK', 'Created', 'State', 'Process label', 'Process status']
    assert [row[2:] for row in table[2:5]] == [
        ['⏵ Waiting', 'MultiplyAddWorkChain', 'Waiting for child processes: 1, 2'],
        ['⏹ Finished [0]', 'multiply'],
        ['⏹ Finished [310]', 'ArithmeticAddCalculation'],
    ]
    assert ['Total results: 3'] in table


@pytest.mark.parametrize(
    ('options', 'names'),
    [
        (['-S', 'finished'], ['function', 'job']),
        (['-S', 'waiting', 'finished'], ['chain', 'function', 'job']),
        (['-S', 'created'], []),
        (['-E', '0'], ['function']),
        (['-E', '310'], ['job']),
        (['-X'], ['job']),
        (['-a', '-L', 'multiply'], ['function']),
        (['-a', '-L', '%Calculation'], ['job']),
        (['-a', '-l', '2'], ['chain', 'function']),
        (['-a', '-D', 'desc', '-l', '2'], ['job', 'function']),
        (['-a', '-O', 'id', '-D', 'asc'], ['chain', 'function', 'job']),
        (['-a', '-p', '1'], ['chain', 'function', 'job']),
        (['-a', '-p', '0'], []),
        (['-a', '-G', 'some'], ['job']),
        (['-G', 'some'], []),
        (['--paused'], []),
    ],
)
def test_list_filters(call, graph, options, names):
    from aiida import orm

    orm.Group('some').store().add_nodes(graph['job'])
    output = call(verdi_process, 'list', *options, '-r', '-P', 'pk').output
    assert [int(line) for line in output.split()] == [graph[name].pk for name in names]


def test_list_paused(call, graph):
    graph['chain'].pause()
    output = call(verdi_process, 'list', '--paused').output
    assert '⏸ Waiting' in output
    assert 'Total results: 1' in output


def test_list_projections(call, graph):
    names = ['uuid', 'exit_status', 'exit_message', 'node_type', 'label', 'description', 'sealed', 'paused']
    table = rows(call(verdi_process, 'list', '-E', '310', '-P', *names).output)
    assert table[0] == ['UUID', 'Exit status', 'Exit message', 'Node type', 'Label', 'Description', 'Sealed', 'Paused']
    assert table[2] == [
        graph['job'].uuid,
        '310',
        'The results cannot be used',
        'process.calculation.calcjob.CalcJobNode.',
        'volume_00',
        'False',
        'False',
    ]


def test_list_of_an_empty_profile(call, profile):
    assert call(verdi_process, 'list').output.splitlines() == [
        'PK    Created    State    Process label    Process status',
        '----  ---------  -------  ---------------  ----------------',
        '',
        'Total results: 0',
        'Warning: The daemon is not running',
    ]
    assert call(verdi_process, 'list', '-r').output == ''


def test_list_tells_the_last_change(call, graph):
    from aiida.common import timezone

    graph['chain'].backend.write_setting('process|state_change|work', timezone.now().isoformat())
    last = call(verdi_process, 'list').output.splitlines()[-2]
    assert re.fullmatch(
        r'Report: Last change of a process state: \ds ago \(at \d\d:\d\d:\d\d on \d{4}-\d\d-\d\d\)', last
    )


def test_list_refuses_an_unknown_column(call, profile):
    result = call(verdi_process, 'list', '-P', 'colour', status=2)
    assert "'colour'" in result.output
    assert 'process_label' in result.output


def test_show(call, graph):
    from aiida.cmdline.utils.common import format_local_time

    chain, x, y, function, job = (graph[name] for name in ('chain', 'x', 'y', 'function', 'job'))
    assert call(verdi_process, 'show', chain.pk).output == (
        f"""Property     Value
-----------  ------------------------------------
type         WorkChainNode
process      MultiplyAddWorkChain
state        Waiting
status       Waiting for child processes: 1, 2
pk           {chain.pk}
uuid         {chain.uuid}
label        a chain
description  of two links
ctime        {format_local_time(chain.ctime)}
mtime        {format_local_time(chain.mtime)}

Inputs                PK  Type
------------------  ----  ------
base
    pw
        parameters  {y.pk:>4}  Dict
x                   {x.pk:>4}  Int

Called      PK  Type
--------  ----  ------------------------
CALL      {function.pk:>4}  multiply
add       {job.pk:>4}  ArithmeticAddCalculation

Log messages
There are 2 log messages for this calculation
Run 'verdi process report {chain.pk}' to see them
"""
    )


def test_show_a_job(call, graph):
    output = call(verdi_process, 'show', graph['job'].uuid[:13]).output
    for line in (
        'type         CalcJobNode',
        'state        Finished [310] The results cannot be used',
        'code         emt@localhost',
        f'retrieved  {graph["retrieved"].pk:>4}  FolderData',
        f'add       {graph["chain"].pk:>4}  MultiplyAddWorkChain',
        'There is 1 log message for this calculation',
    ):
        assert line in output.splitlines()
    assert re.search(r'^computer     \[\d+\] localhost$', output, re.MULTILINE)
    assert output.index('\nCaller') > output.index('\nOutputs') > output.index('\nInputs')


def test_status(call, graph):
    chain, function, job = (graph[name].pk for name in ('chain', 'function', 'job'))
    assert call(verdi_process, 'status', chain).output == (
        f'MultiplyAddWorkChain<{chain}> Waiting [2:add]\n'
        f'    ├── multiply<{function}> Finished [0]\n'
        f'    └── ArithmeticAddCalculation<{job}> Finished [310]\n'
    )
    assert call(verdi_process, 'status', '-m', 1, chain).output == (f'MultiplyAddWorkChain<{chain}> Waiting [2:add]\n')
    assert f'    └── ArithmeticAddCalculation<{job} | add> ' in call(verdi_process, 'status', '-c', chain).output


def test_report(call, graph):
    chain, job = graph['chain'].pk, graph['job'].pk
    width = max(len(str(chain)), len(str(job)))
    lines = call(verdi_process, 'report', chain).output.splitlines()
    time = r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d'
    assert re.fullmatch(
        rf'{time} \[{chain:<{width}} \|  REPORT\]: \[{chain}\|MultiplyAddWorkChain\|add\]: submitted', lines[0]
    )
    assert re.fullmatch(rf'{time} \[{job:<{width}} \| WARNING\]:   the output is empty', lines[1])
    assert lines[2] == 'as it seems'
    assert lines[3:] == [f'Report: Process<{chain}> Waiting: Waiting for child processes: 1, 2']
    assert 'a detail' in call(verdi_process, 'report', '-l', 'INFO', chain).output
    assert 'output is empty' not in call(verdi_process, 'report', '-m', 1, chain).output
    assert call(verdi_process, 'report', '-l', 'ERROR', chain).output.splitlines() == [
        'No log messages recorded for this entry',
        f'Report: Process<{chain}> Waiting: Waiting for child processes: 1, 2',
    ]


def test_report_of_a_job(call, graph):
    lines = call(verdi_process, 'report', graph['job'].pk).output.splitlines()
    assert lines[:4] == [
        f'*** {graph["job"].pk} [volume_00]: Finished [310] The results cannot be used',
        '*** Scheduler output: N/A',
        '*** Scheduler errors: N/A',
        '*** 1 LOG MESSAGE:',
    ]
    assert lines[4].startswith('+-> WARNING at ')
    assert lines[5:] == [' | the output is empty', ' | as it seems']


def test_several_processes(call, graph):
    output = call(verdi_process, 'show', graph['chain'].pk, graph['function'].pk).output
    assert output.count('Property') == 2


@pytest.mark.parametrize('command', ['show', 'status', 'report'])
def test_most_recent(call, graph, command):
    assert str(graph['job'].pk) in call(verdi_process, command, '-M').output


@pytest.mark.parametrize('command', ['show', 'status', 'report'])
@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['99999'], '99999'),
        (['nothing-like-it'], 'nothing-like-it'),
        (['{x}'], '{x}'),
        ([], 'name one or more processes'),
        (['{chain}', '-M'], 'not both'),
    ],
)
def test_wrong_identifiers(call, graph, command, arguments, message):
    names = {'x': graph['x'].pk, 'chain': graph['chain'].pk}
    result = call(verdi_process, command, *(text.format(**names) for text in arguments), status=2)
    assert message.format(**names) in result.output


def test_most_recent_of_an_empty_profile(call, profile):
    assert 'there is no process in this profile yet' in call(verdi_process, 'show', '-M', status=2).output


def test_call_root(call, graph):
    assert call(verdi_process, 'call-root', graph['job'].pk).output == f'{graph["chain"].pk}\n'
    assert 'No callers found' in call(verdi_process, 'call-root', graph['chain'].pk).output


def test_list_loads_nothing_heavy(config_folder, graph):
    """What makes the command fast: neither nodes nor the engine, nor what they stand on, is imported."""
    import os
    import subprocess
    import sys

    script = """
import sys
from aiida.cmdline.commands.cmd_verdi import verdi
verdi(['process', 'list', '-a'], standalone_mode=False)
heavy = 'aiida.engine aiida.orm.nodes.node sqlalchemy numpy plumpy asyncio rich jinja2 yaml disk_objectstore'
print('loaded:', [name for name in heavy.split() if name in sys.modules])
"""
    environment = {**os.environ, 'AIIDA_PATH': str(config_folder.parent)}
    result = subprocess.run([sys.executable, '-c', script], env=environment, capture_output=True, text=True, check=True)
    assert 'Total results: 3' in result.stdout
    assert result.stdout.splitlines()[-1] == 'loaded: []'
