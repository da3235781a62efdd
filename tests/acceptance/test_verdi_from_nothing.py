"""From an empty home to a job that ran."""

from __future__ import annotations

import json
import os
import pathlib
import sys

import pytest

#: The folder of the programs of this environment.
BIN = pathlib.Path(sys.executable).parent

SCRIPT = """
import sys

import pytest
from aiida.engine import calcfunction, WorkChain, run_get_node

@calcfunction
def add(x, y):
    return x + y

class Twice(WorkChain):
    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('x', valid_type=Int)
        spec.output('y', valid_type=Int)
        spec.outline(cls.compute)

    def compute(self):
        self.report('computing')
        self.out('y', add(self.inputs.x, self.inputs.x))

outputs, node = run_get_node(Twice, x=Int(int(sys.argv[1])))
print(node.pk, outputs['y'].value, node.is_finished_ok)
"""


JOB = """
from aiida.engine import run_get_node

builder = CalculationFactory('core.arithmetic.add').get_builder()
builder.code = load_code('bash@localhost')
builder.x = Int(3)
builder.y = Int(4)
outputs, node = run_get_node(builder)
print(outputs['sum'].value, node.exit_status)
"""


def test_from_an_empty_home_to_workflows_and_jobs(verdi, call, environment, tmp_path):
    assert 'there is none yet' in verdi('status').stdout
    assert 'verdi presto' in verdi('code', 'list', status=1).stderr
    home = pathlib.Path(environment['HOME'])
    assert list(home.iterdir()) == []

    assert 'Created the profile `presto`' in verdi('presto').stdout
    config = json.loads((home / '.aiida' / 'config.json').read_text())
    assert config['CONFIG_VERSION'] == {'CURRENT': 10, 'OLDEST_COMPATIBLE': 10}
    assert config['default_profile'] == 'presto'
    assert 'none needed' in verdi('status').stdout
    assert '* presto' in verdi('profile', 'list').stdout
    assert 'all 6 tests succeeded' in verdi('computer', 'test', 'localhost').stdout
    created = verdi('code', 'create', 'core.code.installed', '-n', '-L', 'bash', '-Y', 'localhost', '-X', '/bin/bash')
    assert created.stdout.startswith('Success: Created InstalledCode<')

    script = tmp_path / 'script.py'
    script.write_text(SCRIPT)
    pk, value, succeeded = verdi('run', str(script), '21').stdout.split()[-3:]
    assert (value, succeeded) == ('42', 'True')
    assert call('runaiida', str(script), '2').stdout.split()[-2:] == ['4', 'True']

    script.write_text(JOB)
    assert verdi('run', str(script), input='').stdout.splitlines()[-1] == '7 0'
    assert 'ArithmeticAddCalculation' in verdi('process', 'list', '-a', '-P', 'process_label').stdout

    rows = verdi('process', 'list', '-a', '-r', '-P', 'pk', 'process_label', 'process_state').stdout
    assert [line.split()[1] for line in rows.splitlines()] == [
        *('Twice', 'add', 'Twice', 'add', 'ArithmeticAddCalculation')
    ]
    assert f'{pk} ' in rows
    assert 'computing' in verdi('process', 'report', pk).stdout
    assert 'Finished [0]' in verdi('process', 'show', pk).stdout
    assert verdi('shell', input='print(QueryBuilder().append(WorkChainNode).count())').stdout == '2\n'
    assert 'presto' in verdi('profile', 'delete', '-f', '--delete-data', 'presto').stdout
    assert list((home / '.aiida' / 'repository').iterdir()) == []


def test_errors_end_in_one_line_and_a_status(verdi, environment, tmp_path):
    verdi('presto')
    for words, status, told in (
        (['nope'], 2, 'is not a verdi command'),
        (['-p', 'nope', 'status'], 2, 'profile `nope` does not exist'),
        (['node', 'show', '99'], 2, 'there is no node with pk 99'),
        (['process', 'show', 'nope'], 2, 'no '),
        (['computer', 'show', 'nope'], 2, 'no computer has it'),
        (['code', 'show', 'nope'], 2, 'no code has it'),
        (['computer', 'setup', '-n'], 2, 'Missing option'),
        (['config', 'set', 'daemon.timeout', 'x'], 1, 'has to be an integer'),
        (['run', '/nowhere.py'], 2, 'does not exist'),
        (['group', 'delete', 'nope'], 2, 'no group has it'),
        (['plugin', 'list', 'aiida.data', 'nope'], 1, 'not found'),
    ):
        assert told in verdi(*words, status=status).stderr, words


def test_a_script_that_fails_shows_where(verdi, tmp_path):
    verdi('presto')
    script = tmp_path / 'fails.py'
    script.write_text('def inner():\n    raise ValueError("boo")\ninner()\n')
    done = verdi('run', str(script), status=1, traceback=True)
    lines = done.stderr.splitlines()
    assert lines[0] == 'Traceback (most recent call last):'
    assert f'File "{script}", line 3' in lines[1]
    assert lines[-1] == 'ValueError: boo'


def test_a_broken_configuration_is_told(verdi, environment):
    verdi('presto')
    path = pathlib.Path(environment['HOME']) / '.aiida' / 'config.json'
    path.write_text('{broken')
    assert 'is not valid JSON' in verdi('status', status=1).stdout + verdi('code', 'list', status=1).stderr
    assert verdi('--help').stdout.startswith('Usage: verdi')


def test_nothing_is_asked_where_nobody_can_answer(verdi):
    verdi('presto')
    assert 'Aborted' in verdi('profile', 'delete', 'presto', status=1).stderr
    assert 'Missing option' in verdi('computer', 'setup', status=2).stderr
    assert 'Missing option' in verdi('profile', 'setup', 'core.sqlite_dos', status=2).stderr


def test_output_without_colours_where_it_is_no_terminal(verdi):
    verdi('presto')
    for words in (['status'], ['profile', 'list'], ['computer', 'list'], ['process', 'list', '-a'], ['--help']):
        assert '\x1b[' not in verdi(*words).stdout


def test_the_folder_that_aiida_path_says(verdi, environment, tmp_path):
    environment['AIIDA_PATH'] = str(tmp_path / 'project')
    verdi('presto')
    assert (tmp_path / 'project' / '.aiida' / 'config.json').exists()
    assert list(pathlib.Path(environment['HOME']).iterdir()) == []


def test_two_programs_make_profiles_at_once(verdi, environment):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda name: verdi('presto', '-p', name), ['one', 'two', 'three']))
    assert {line.strip('* ') for line in verdi('profile', 'list').stdout.splitlines()[1:]} == {'one', 'two', 'three'}


def test_verdi_starts_at_once(verdi, call):
    """Not slower than Python, click and a little; the limit is generous for a machine that is busy."""
    import time

    def seconds(run):
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            run()
            times.append(time.perf_counter() - begin)
        return min(times)

    assert seconds(lambda: verdi('--help')) - seconds(lambda: call('python', '-c', 'pass')) < 0.3


def test_runaiida_without_a_profile(call, tmp_path):
    (tmp_path / 'script.py').write_text('print(1)')
    assert 'verdi presto' in call(str(BIN / 'runaiida'), 'script.py', status=1).stderr
    assert 'Usage:' in call(str(BIN / 'runaiida'), '--help').stdout


def test_without_a_configuration(verdi):
    message = verdi('process', 'list', status=1).stderr
    assert message.startswith('Critical: there is no configuration yet')
    assert '`verdi presto`' in message


def test_output_that_nobody_reads_or_that_does_not_fit(verdi, call):
    verdi('presto')
    done = call('bash', '-c', 'set -o pipefail; verdi process list -a | true; verdi process list -a | head -1')
    assert done.stderr == ''
    full = call('bash', '-c', 'verdi process list > /dev/full', status=1)
    assert full.stderr == 'Critical: the output: No space left on device\n'


def test_a_profile_that_may_only_be_read(verdi, call, environment):
    """Root may write everywhere unless it gives that right up."""
    import shutil

    verdi('presto')
    folder = pathlib.Path(environment['HOME']) / '.aiida'
    weak: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if shutil.which('setpriv') is None:
            pytest.skip('root cannot give up its rights here')
        weak = ('setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all')
    call('chmod', '-R', 'a-w', str(folder))
    try:
        assert 'Total results: 0' in call(*weak, 'verdi', 'process', 'list', '-a').stdout
        refused = call(*weak, 'verdi', 'group', 'create', 'some', status=1).stderr
        presto = call(*weak, 'verdi', 'presto', status=1).stderr
    finally:
        call('chmod', '-R', 'u+w', str(folder))
    assert 'is read-only' in refused
    assert 'in a moment' not in refused
    assert presto.startswith('Critical: /')
    assert presto.endswith(': Permission denied\n')
