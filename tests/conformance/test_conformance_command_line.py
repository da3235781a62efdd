"""Rows L: the commands that show and steer processes: columns, symbols, messages and exit statuses."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from conformance_inventory import row
from conformance_processes import Adder, Counter, add

from aiida import orm
from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.cmdline.commands.cmd_process import verdi_process
from aiida.engine import ToContext, WorkChain, calcfunction, run_get_node, submit

pytestmark = pytest.mark.usefixtures('profile')


def verdi(*arguments, status=0, **kwargs):
    """Call `verdi process` and return what it printed."""
    result = CliRunner().invoke(verdi_process, [str(argument) for argument in arguments], **kwargs)
    assert result.exit_code == status, result.output
    return result.output


def without_times(text):
    """Return a table with each age as a star, so that it does not depend on the clock."""
    return re.sub(r'\b\d+s ago( *)', lambda match: '*' + match[1] + ' ' * (len(match[0]) - len(match[1]) - 1), text)


@calcfunction
def multiply(x, y):
    return x * y


class Sums(WorkChain):
    """Adds twice, with a message at each step, and ends with a status of its own."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('x', valid_type=orm.Int)
        spec.output('sum', valid_type=orm.Int)
        spec.exit_code(410, 'ERROR_ODD', 'the sum is odd')
        spec.outline(cls.launch, cls.inspect, cls.results)

    def launch(self):
        child = self.submit(Adder, x=self.inputs.x, y=self.inputs.x)
        self.report('launching Adder<%d> iteration #%d', child.pk, 1)
        self.logger.warning('careful')
        return ToContext(child=child)

    def inspect(self):
        self.report('Adder<%d> completed successfully', self.ctx.child.pk)

    def results(self):
        self.report('work chain completed after %d iterations', 1)
        self.out('sum', self.ctx.child.outputs.sum)
        return self.exit_codes.ERROR_ODD if self.inputs.x.value % 2 else None


def code():
    return orm.InstalledCode(
        label='bash', computer=orm.load_computer('localhost'), filepath_executable='/bin/bash'
    ).store()


@pytest.fixture
def four():
    """The processes of the chapter: two functions that have finished, and two jobs, of which one runs."""
    bash = code()
    nodes = [run_get_node(function, x=orm.Int(2), y=orm.Int(3)).node for function in (add, multiply)]
    nodes += [submit(ArithmeticAddCalculation, code=bash, x=orm.Int(1), y=orm.Int(2)) for _ in range(2)]
    nodes[2].set_process_state('running')
    nodes[2].backend.claim_one(nodes[2].pk, 'another-host:1:1.00', time.time(), time.time() + 60)
    return nodes


# list

HEAD = '  PK  Created    State           Process label             Process status'
LINE = '----  ---------  --------------  ------------------------  --------------------'


@row('L01', 'L02', 'P10')
def test_the_list_of_what_is_active(four):
    _, _, running, created = four
    lines = without_times(verdi('list')).splitlines()
    assert lines[:7] == [
        '  PK  Created    State      Process label             Process status',
        '----  ---------  ---------  ------------------------  --------------------',
        f'{running.pk:4}  *          ⏵ Running  ArithmeticAddCalculation',
        f'{created.pk:4}  *          ⏹ Created  ArithmeticAddCalculation  Waiting for a worker',
        '',
        'Total results: 2',
        '',
    ]


@row('L02', 'L03')
def test_the_list_of_all(four):
    first, second, running, created = four
    lines = without_times(verdi('list', '-a')).splitlines()
    assert lines[:8] == [
        HEAD,
        LINE,
        f'{first.pk:4}  *          ⏹ Finished [0]  add',
        f'{second.pk:4}  *          ⏹ Finished [0]  multiply',
        f'{running.pk:4}  *          ⏵ Running       ArithmeticAddCalculation',
        f'{created.pk:4}  *          ⏹ Created       ArithmeticAddCalculation  Waiting for a worker',
        '',
        'Total results: 4',
    ]


def listed(*options):
    return [int(pk) for pk in verdi('list', '-r', '-P', 'pk', *options).split()]


@row('L04', 'L05')
def test_the_list_by_state_and_by_exit_status(four):
    first, second, running, created = (node.pk for node in four)
    assert listed('-S', 'created') == [created]
    assert listed('-S', 'created', 'finished') == [first, second, created]
    assert 'Total results: 1' in verdi('list', '-S', 'created')
    assert listed('-E', '0') == [first, second]
    assert 'Total results: 2' in verdi('list', '-E', '0')
    assert listed('-E', '0', '-S', 'running') == []
    assert listed() == [running, created]


@row('L06')
def test_the_other_options_of_the_list(four):
    first, second, running, created = (node.pk for node in four)
    failed = run_get_node(Sums, x=orm.Int(1)).node
    group = orm.Group(label='some').store()
    group.add_nodes([four[0], four[3]])
    assert listed('-X') == [failed.pk]
    assert listed('-G', 'some') == [created]
    assert listed('-G', 'some', '-a') == [first, created]
    assert listed('-L', 'multiply', '-a') == [second]
    assert listed('-L', 'Arith%') == [running, created]
    assert listed('-a', '-l', '1', '-D', 'desc', '-O', 'id') == [failed.called_descendants[-1].pk]
    assert listed('-p', '1') == [running, created]
    verdi('pause', created)
    assert listed('--paused') == [created]
    assert '⏸ Created' in verdi('list')
    output = verdi('list')
    assert 'Report: Last change of a process state: ' in output
    assert 'Warning: The daemon is not running' in output
    assert verdi('list', '-r', '-P', 'uuid', '-S', 'running') == f'{four[2].uuid}\n'


@row('L02')
@pytest.mark.parametrize(
    ('state', 'cell'), [('killed', '☠ Killed'), ('excepted', '⨯ Excepted'), ('waiting', '⏵ Waiting')]
)
def test_symbols_of_states(state, cell):
    node = orm.WorkChainNode()
    node.set_process_state(state)
    node.store()
    assert cell in verdi('list', '-a')


# report, status, show


@row('L07', 'P11', 'P21')
def test_the_report_of_a_work_chain():
    node = run_get_node(Sums, x=orm.Int(1)).node
    (child,) = node.called
    stamp = r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d'
    lines = verdi('report', node.pk).splitlines()
    prefix = f'[{node.pk}|Sums|'
    bodies = [
        f'[{node.pk} |  REPORT]: {prefix}launch]: launching Adder<{child.pk}> iteration #1',
        f'[{node.pk} | WARNING]: careful',
        f'[{node.pk} |  REPORT]: {prefix}inspect]: Adder<{child.pk}> completed successfully',
        f'[{node.pk} |  REPORT]: {prefix}results]: work chain completed after 1 iterations',
    ]
    assert [re.sub(f'^{stamp} ', '', line) for line in lines] == bodies
    assert all(re.match(f'{stamp} ', line) for line in lines)
    assert 'REPORT' not in verdi('report', '-l', 'WARNING', node.pk)
    assert 'No log messages recorded for this entry' in verdi('report', '-l', 'ERROR', node.pk)


@row('L07')
def test_the_report_indents_what_was_called():
    class Outer(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.outline(cls.only)

        def only(self):
            self.report('outer')
            return ToContext(child=self.submit(Counter, x=orm.Int(1), metadata={'call_link_label': 'below'}))

    node = run_get_node(Outer).node
    child = node.called[0].pk
    assert f']:   [{child}|Counter|count]: at 1' in verdi('report', node.pk)
    assert f']:      [{child}|Counter|count]: at 1' in verdi('report', '-i', '5', node.pk)
    assert 'Counter' not in verdi('report', '-m', '1', node.pk)
    assert 'Counter' in verdi('report', '-m', '2', node.pk)
    assert 'Counter' in verdi('report', '-M')
    assert f'    └── Counter<{child} | below> Finished [0] [1:emit]' in verdi('status', '-c', node.pk)


@row('L07')
def test_the_report_of_a_job():
    node = run_get_node(ArithmeticAddCalculation, code=code(), x=orm.Int(1), y=orm.Int(2)).node
    node.logger.warning('look at it')
    lines = verdi('report', node.pk).splitlines()
    assert lines[0] == f'*** {node.pk}: Finished [0]'
    assert lines[-3] == '*** 1 LOG MESSAGE:'
    assert lines[-2].startswith('+-> WARNING at ')
    assert lines[-1] == ' | look at it'


@row('L08', 'P8')
def test_the_status_is_a_tree_of_calls():
    node = run_get_node(Sums, x=orm.Int(2)).node
    child, function = node.called_descendants
    assert verdi('status', node.pk).splitlines() == [
        f'Sums<{node.pk}> Finished [0] [2:results]',
        f'    └── Adder<{child.pk}> Finished [0] [0:only]',
        f'        └── add<{function.pk}> Finished [0]',
    ]
    assert len(verdi('status', '-m', '2', node.pk).splitlines()) == 2


@row('L09', 'P8')
def test_what_is_shown_of_a_process():
    node = run_get_node(Sums, x=orm.Int(1), metadata={'label': 'a label', 'description': 'two words'}).node
    (child,) = node.called
    assert re.sub(r'\d{4}-\d\d-\d\d [\d:.+]+', '*', verdi('show', node.pk)).splitlines() == [
        'Property     Value',
        '-----------  ------------------------------------',
        'type         WorkChainNode',
        'process      Sums',
        'state        Finished [410] the sum is odd',
        f'pk           {node.pk}',
        f'uuid         {node.uuid}',
        'label        a label',
        'description  two words',
        'ctime        *',
        'mtime        *',
        '',
        'Inputs      PK  Type',
        '--------  ----  ------',
        f'x         {node.inputs.x.pk:4}  Int',
        '',
        'Outputs      PK  Type',
        '---------  ----  ------',
        f'sum        {node.outputs.sum.pk:4}  Int',
        '',
        'Called      PK  Type',
        '--------  ----  ------',
        f'CALL      {child.pk:4}  Adder',
        '',
        'Log messages',
        'There are 4 log messages for this calculation',
        f"Run 'verdi process report {node.pk}' to see them",
    ]
    assert f'Caller      PK  Type\n--------  ----  ------\nCALL      {node.pk:4}  Sums' in verdi('show', child.pk)


@row('L09')
def test_what_is_shown_of_a_job_and_of_what_excepted():
    job = run_get_node(ArithmeticAddCalculation, code=code(), x=orm.Int(1), y=orm.Int(2)).node
    text = verdi('show', job.pk)
    assert re.search(r'^type +CalcJobNode$', text, re.MULTILINE)
    assert re.search(r'^code +bash@localhost$', text, re.MULTILINE)
    assert re.search(r'^computer +\[\d+\] localhost$', text, re.MULTILINE)
    node = orm.WorkChainNode()
    node.set_process_state('excepted')
    node.set_exception('ValueError: no')
    node.store()
    assert 'Excepted <ValueError: no>' in verdi('show', node.pk)


@row('L08')
def test_the_root_of_calls():
    node = run_get_node(Sums, x=orm.Int(2)).node
    assert verdi('call-root', node.called_descendants[-1].pk) == f'{node.pk}\n'
    assert verdi('call-root', node.pk) == f'No callers found for Process<{node.pk}>\n'


# pause, play, kill


@row('L10', 'L12', 'P7')
def test_several_processes_that_nobody_runs():
    nodes = [submit(Counter, x=orm.Int(1)) for _ in range(3)]
    first, second, third = (node.pk for node in nodes)
    assert verdi('pause', first, second) == (
        f'Success: scheduled pausing Process<{first}>\nSuccess: scheduled pausing Process<{second}>\n'
    )
    assert [node.paused for node in nodes] == [True, True, False]
    assert verdi('play', '--all').splitlines() == [
        f'Success: scheduled playing Process<{pk}>' for pk in (first, second)
    ]
    assert not any(node.paused for node in nodes)
    assert verdi('kill', third) == f'Success: scheduled killing Process<{third}>\n'
    verdi('kill', '--all', input='y\n')
    assert all(node.is_killed for node in nodes)


@row('L15')
@pytest.mark.parametrize('command', ['pause', 'play', 'kill'])
def test_what_has_ended(command):
    node = run_get_node(Counter, x=orm.Int(1)).node
    assert verdi(command, node.pk, status=1) == f'Error: Process<{node.pk}> is already terminated\n'


@row('L15')
@pytest.mark.parametrize('command', ['show', 'status', 'report', 'watch', 'pause', 'play', 'kill'])
def test_processes_have_to_be_named(command):
    verdi(command, status=2)
    assert '99999' in verdi(command, '99999', status=2)


@pytest.fixture
def elsewhere(tmp_path):
    """A tree of work chains that wait in another interpreter: the program, and the node of the topmost."""
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from aiida import load_profile
load_profile('test')
from aiida.engine import run
from conformance_processes import Tree
process = Tree()
print(process.pid, flush=True)
try:
    run(process)
except Exception:
    pass
"""
    with subprocess.Popen([sys.executable, '-c', script], stdout=subprocess.PIPE, text=True) as program:
        try:
            node = orm.load_node(int(program.stdout.readline()))
            wait_for(lambda: len(node.called_descendants) == 2 and 'Waiting' in (node.process_status or ''))
            yield program, node
        finally:
            program.send_signal(signal.SIGCONT)
            program.kill()


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@row('L01', 'L10', 'L12', 'L13', 'P18')
def test_the_whole_tree_that_another_program_runs(elsewhere):
    program, node = elsewhere
    tree = [node, *node.called_descendants]
    assert f'Waiting for child processes: {tree[1].pk}' in verdi('list')
    assert verdi('list', '-r', '-P', 'owner').split() == [tree[0].backend.read_run(node.pk).owner.partition('@')[0]] * 3
    assert verdi('pause', '--wait', node.pk).splitlines() == [
        f'Success: scheduled pausing Process<{node.pk}>',
        f'Success: Process<{node.pk}> is paused',
    ]
    wait_for(lambda: all(found.paused for found in tree))
    assert f'Process<{node.pk}> goes on' in verdi('play', '--wait', node.pk)
    wait_for(lambda: not any(found.paused for found in tree))
    assert f'Process<{node.pk}> is killed' in verdi('kill', '--wait', '-t', '30', node.pk)
    wait_for(lambda: all(found.is_killed for found in tree))
    assert program.wait(20) == 0


@row('L11', 'L14')
def test_who_does_not_answer_in_time(elsewhere):
    program, node = elsewhere
    program.send_signal(signal.SIGSTOP)
    assert verdi('pause', '-t', '0', node.pk) == f'Success: scheduled pausing Process<{node.pk}>\n'
    began = time.monotonic()
    lines = verdi('kill', '-t', '0.5', node.pk, status=1).splitlines()
    assert 0.5 <= time.monotonic() - began < 5
    assert lines[0] == f'Error: Process<{node.pk}> is unreachable'
    assert 'There was no answer within 0.5 seconds' in lines[1]
    assert re.search(rf'^ +{node.pk} .* is being killed$', verdi('list'), re.MULTILINE)
    program.send_signal(signal.SIGCONT)
    wait_for(lambda: node.is_killed)


@row('L11')
def test_nobody_knows_who_runs_it():
    node = orm.CalcFunctionNode()
    node.set_process_state('running')
    node.store()
    assert verdi('kill', node.pk, status=1).startswith(f'Error: Process<{node.pk}> is unreachable')
    assert verdi('kill', '-F', node.pk) == f'Success: scheduled killing Process<{node.pk}>\n'
    assert node.is_killed


@row('L10')
def test_watching_ends_with_an_interrupt(elsewhere):
    _, node = elsewhere
    command = [sys.executable, '-m', 'aiida', '-p', 'test', 'process', 'watch', str(node.pk)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as watching:
        deadline = time.monotonic() + 30
        while not select.select([watching.stdout], [], [], 0.2)[0]:  # it may not have begun to watch yet
            assert time.monotonic() < deadline
            verdi('pause', '-t', '20', node.pk)
            verdi('play', '-t', '20', node.pk)
        line = watching.stdout.readline()
        assert re.match(rf'\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d Process<{node.pk}> ', line), line
        watching.send_signal(signal.SIGINT)
        assert 'Traceback' not in watching.communicate(timeout=20)[0]
        assert watching.returncode == 0


# what can be asked

OPTIONS = {
    'list': '-P -O -D -G -a -S -L --paused -E -X -p -l -r',
    'show': '-M',
    'report': '-M -i -l -m',
    'status': '-M -c -m',
    'watch': '-M',
    'call-root': '',
    'pause': '-a -t --wait',
    'play': '-a -t --wait',
    'kill': '-a -t -F --wait',
    'repair': '-n -f',
}


@row('L06', 'L13', 'L14')
@pytest.mark.parametrize('name', OPTIONS)
def test_options(name):
    command = verdi_process.get_command(click.Context(verdi_process), name)
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    found = {option.opts[0] for option in options} - {'-v', '--verbosity', '-h', '--help'}
    assert found == set(OPTIONS[name].split())
    if '-t' in found:
        (timeout,) = (option for option in options if option.name == 'timeout')
        assert timeout.default == 5.0


@row('L16')
def test_a_script_names_its_interpreter(tmp_path):
    node = run_get_node(Counter, x=orm.Int(1)).node
    script = tmp_path / 'script.py'
    script.write_text(f'#!/usr/bin/env runaiida\nprint(load_node({node.pk}).process_label)\n')
    script.chmod(0o755)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']])
    done = subprocess.run([script], env={**os.environ, 'PATH': path}, capture_output=True, text=True, check=False)
    assert done.stdout == 'Counter\n', done.stderr
