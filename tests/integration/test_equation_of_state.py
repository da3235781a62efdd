"""The example as its reader runs it: a program of its own, in a profile of its own."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / 'examples' / 'equation_of_state'


@pytest.fixture(scope='module')
def environment(tmp_path_factory):
    """The environment of a program that can import the example and finds its entry points."""
    folder = tmp_path_factory.mktemp('eos')
    paths = [str(EXAMPLE / 'src')]
    project = tomllib.loads((EXAMPLE / 'pyproject.toml').read_text())['project']
    try:
        distribution(project['name'])
    except PackageNotFoundError:  # not installed: what an installer would write down of it
        info = folder / 'site' / f'eos-{project["version"]}.dist-info'
        info.mkdir(parents=True)
        (info / 'METADATA').write_text(f'Name: {project["name"]}\nVersion: {project["version"]}\n')
        lines = []
        for group, points in project['entry-points'].items():
            lines += [f'[{group}]', *(f'{name} = {value}' for name, value in points.items())]
        (info / 'entry_points.txt').write_text('\n'.join(lines) + '\n')
        paths.append(str(info.parent))
    return {
        **os.environ,
        'AIIDA_PATH': str(folder / 'output'),
        'HOME': str(folder),
        'PATH': os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']]),
        'PYTHONPATH': os.pathsep.join([*paths, *filter(None, [os.environ.get('PYTHONPATH')])]),
    }


def python(environment, *arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )


def ask(environment, script):
    """Run a script on the profile of the example; it leaves its answer in ``answer``."""
    lines = [
        'import json',
        'from aiida import load_profile, orm',
        'load_profile()',
        script,
        'print(json.dumps(answer))',
    ]
    result = python(environment, '-c', '\n'.join(lines))
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope='module')
def finished(environment):
    """The example, run for five volumes of gold."""
    folder = environment['AIIDA_PATH']
    result = python(environment, '-m', 'eos', '--symbol', 'Au', '--points', '5', '--output', folder)
    assert result.returncode == 0, result.stderr + result.stdout
    assert 'Traceback' not in result.stderr
    return result


def compute_with_ase(symbol, lattice_constant, number_of_points, strain_range):
    """The same physics with nothing but ASE."""
    import numpy as np
    from ase.build import bulk
    from ase.calculators.emt import EMT
    from ase.eos import EquationOfState
    from ase.units import GPa

    crystal = bulk(symbol, 'fcc', a=lattice_constant)
    volumes, energies, pressures = [], [], []
    for ratio in np.linspace(1 - strain_range, 1 + strain_range, number_of_points):
        atoms = crystal.copy()
        atoms.set_cell(crystal.cell * ratio ** (1 / 3), scale_atoms=True)
        atoms.calc = EMT()
        volumes.append(atoms.get_volume())
        energies.append(atoms.get_potential_energy())
        pressures.append(-atoms.get_stress()[:3].mean() / GPa)
    v0, e0, b0 = EquationOfState(volumes, energies, eos='birchmurnaghan').fit()
    return {'volume': volumes, 'energy': energies, 'pressure': pressures}, {'V0': v0, 'E0': e0, 'B0': b0 / GPa}


def test_fit_agrees_with_ase(environment, finished):
    answer = ask(
        environment,
        """
node = orm.QueryBuilder().append(orm.WorkChainNode).first()[0]
points = {name: node.outputs.points.get_array(name).tolist() for name in ('volume', 'energy', 'pressure')}
answer = {'points': points, 'fit': node.outputs.fit.get_dict(), 'label': node.process_label}
""",
    )
    assert answer['label'] == 'EquationOfStateWorkChain'
    points, fit = compute_with_ase('Au', 4.08, 5, 0.06)
    for name, values in points.items():
        assert answer['points'][name] == pytest.approx(values, rel=1e-9, abs=1e-9)
    assert answer['fit']['V0'] == pytest.approx(fit['V0'], rel=1e-6)
    assert answer['fit']['B0'] == pytest.approx(fit['B0'], rel=1e-5)
    assert answer['fit']['E0'] == pytest.approx(fit['E0'], abs=1e-8)
    assert f'{fit["B0"]:.3f}' in finished.stdout
    assert answer['fit']['residual'] < 1e-5


def test_jobs_ran_at_the_same_time(environment, finished):
    """The last job is created before the first one ends."""
    answer = ask(
        environment,
        """
jobs = orm.QueryBuilder().append(orm.CalcJobNode).all(flat=True)
answer = [(job.ctime.timestamp(), job.mtime.timestamp(), job.exit_status, job.label) for job in jobs]
""",
    )
    created, ended, statuses, labels = zip(*answer, strict=True)
    assert max(created) < min(ended)
    assert statuses == (0,) * 5
    assert sorted(labels) == [f'volume_0{index}' for index in range(5)]


def test_pictures_and_hints(environment, finished):
    folder = Path(environment['AIIDA_PATH'])
    assert (folder / 'eos.png').read_bytes().startswith(b'\x89PNG')
    drawing = (folder / 'provenance.svg').read_text()
    assert '<svg' in drawing
    for word in ('EquationOfStateWorkChain', 'EmtCalculation', 'fit_birch_murnaghan', 'StructureData'):
        assert word in drawing
    assert 'export AIIDA_PATH=' in finished.stdout
    assert 'verdi process status' in finished.stdout
    assert not (Path(environment['HOME']) / '.aiida').exists()


WRONG_INPUTS = [
    (['--symbol', 'Xx'], "knows no element 'Xx'; the supported elements are Ag, Al, Au, Cu, Ni, Pd, Pt"),
    (['--symbol', 'cu'], "knows no element 'cu'; did you mean Cu? The supported elements are Ag"),
    (['--points', '0'], '0 points are too few'),
    (['--strain-range', '0.31'], '0.31 is out of range'),
    (['--strain-range', '0'], '0.0 is out of range'),
    (['--lattice-constant', '-4'], 'a lattice constant of -4.0 angstrom'),
    (['--code', 'absent@localhost'], "there is no code 'absent@localhost' in this profile; there is: emt@"),
    (['--output', '/proc/absent'], 'the folder /proc/absent cannot be used'),
]


@pytest.fixture(scope='module')
def refusals(environment, finished):
    """Exit status and standard error for each of the wrong inputs."""
    return ask(
        environment,
        f"""
import contextlib, io
from eos.run import main
answer = []
for arguments in {[arguments for arguments, _ in WRONG_INPUTS]}:
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        try:
            main(['--output', {environment['AIIDA_PATH']!r}, *arguments])
            answer.append((None, ''))
        except SystemExit as exception:
            answer.append((exception.code, errors.getvalue()))
""",
    )


@pytest.mark.parametrize('number', range(len(WRONG_INPUTS)))
def test_wrong_input_is_refused(refusals, number):
    status, errors = refusals[number]
    assert status == 2
    assert errors.startswith('Error: ')
    assert WRONG_INPUTS[number][1] in errors


def test_refusal_leaves_with_its_status(environment, finished):
    result = python(environment, '-m', 'eos', '--output', environment['AIIDA_PATH'], '--points', '0')
    assert result.returncode == 2
    assert 'Traceback' not in result.stderr + result.stdout


def test_nothing_is_created_for_wrong_input(environment, finished):
    answer = ask(
        environment,
        """
from aiida.engine import run
from eos.workchain import EquationOfStateWorkChain
before = orm.QueryBuilder().append(orm.ProcessNode).count()
answer = []
structure = orm.StructureData(cell=[[3, 0, 0], [0, 3, 0], [0, 0, 3]])
structure.append_atom(position=(0, 0, 0), symbols='W')
code = orm.load_code('emt@localhost')
for inputs in ({'structure': structure}, {'number_of_points': 0}, {'symbol': 'Cu', 'code': orm.Int(1)}):
    try:
        run(EquationOfStateWorkChain, **{'code': code, **inputs})
    except ValueError as exception:
        answer.append(str(exception))
answer.append(orm.QueryBuilder().append(orm.ProcessNode).count() - before)
""",
    )
    assert 'knows no W' in answer[0]
    assert '0 points are too few' in answer[1]
    assert 'code' in answer[2]
    assert answer[3:] == [0]


def test_trouble_while_running_has_its_exit_code(environment, finished):
    answer = ask(
        environment,
        """
from aiida.engine import run_get_node
from eos.workchain import EquationOfStateWorkChain
code = orm.InstalledCode(label='gone', computer=orm.load_computer('localhost'), filepath_executable='/no/such/emt')
_, node = run_get_node(EquationOfStateWorkChain, code=code.store(), number_of_points=5)
jobs = node.called_descendants
answer = {'status': node.exit_status, 'message': node.exit_message,
          'jobs': [job.exit_status for job in jobs if isinstance(job, orm.CalcJobNode)]}
""",
    )
    assert answer['status'] == 400
    assert answer['message'].startswith('5 of 5 calculations failed; the first: The program wrote no results: ')
    assert '/no/such/emt' in answer['message']
    assert answer['jobs'] == [300] * 5


def test_no_minimum_has_its_exit_code(environment, finished):
    result = python(
        environment,
        *('-m', 'eos', '--output', environment['AIIDA_PATH'], '--points', '5', '--lattice-constant', '4.5'),
    )
    assert result.returncode == 3
    assert 'ended as finished [410]: No equation of state: ' in result.stderr
    assert 'have no minimum among them' in result.stderr
    assert 'Traceback' not in result.stderr + result.stdout


def test_program_says_in_one_line_what_is_wrong(tmp_path):
    source = tmp_path / 'in.json'
    source.write_text(
        json.dumps({'symbols': ['W'], 'positions': [[0, 0, 0]], 'cell': [[3, 0, 0], [0, 3, 0], [0, 0, 3]]})
    )
    result = python(os.environ, str(EXAMPLE / 'src' / 'eos' / 'emt.py'), str(source), str(tmp_path / 'out.json'))
    assert result.returncode == 1
    assert result.stderr.startswith('emt: NotImplementedError: ')
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / 'out.json').exists()


def test_tables_have_no_blanks_at_the_ends_and_no_escapes(finished):
    assert [line for line in finished.stdout.splitlines() if line != line.rstrip()] == []
    assert '\x1b' not in finished.stdout


@pytest.mark.parametrize(('variables', 'escapes'), [({}, True), ({'NO_COLOR': '1'}, False)])
def test_no_colour_is_no_escape(environment, variables, escapes):
    kept = {name: value for name, value in environment.items() if name != 'NO_COLOR'}
    script = "from eos.run import make_console; make_console().print('[bold]Cu[/bold] [dim]7[/dim]')"
    result = python({**kept, 'TERM': 'xterm', 'FORCE_COLOR': '1', **variables}, '-c', script)
    assert ('\x1b' in result.stdout) is escapes
    assert escapes or result.stdout == 'Cu 7\n'


def test_a_disk_that_is_full(environment, finished):
    with open('/dev/full', 'w') as full:
        result = subprocess.run(
            [sys.executable, '-m', 'eos', '--output', environment['AIIDA_PATH']],
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
    assert result.returncode == 3
    assert result.stderr == 'Error: the output cannot be written: No space left on device\n'


def test_an_interrupt_tells_what_became_of_the_jobs(environment, finished):
    """Jobs that were killed do not count as done."""
    count = 'answer = orm.QueryBuilder().append(orm.CalcJobNode).count()'
    before = ask(environment, count)
    program = subprocess.Popen(
        [sys.executable, '-m', 'eos', '--points', '40', '--output', environment['AIIDA_PATH']],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(100):
        if ask(environment, count) > before:
            break
        time.sleep(0.05)
    program.send_signal(signal.SIGINT)
    output, errors = program.communicate(timeout=60)
    assert program.returncode == 130, errors
    assert 'Traceback' not in errors
    told = errors.splitlines()[-1]
    assert told.startswith('Error: interrupted. 40 calculations: ')
    assert ' killed' in told or ' not started' in told
    assert '40/40' not in output


def test_what_became_of_calculations_is_counted(environment):
    answer = subprocess.run(
        [
            sys.executable,
            '-c',
            'from collections import Counter\nfrom eos.progress import describe\n'
            'print(describe(Counter(succeeded=2, killed=3), 7))',
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == '7 calculations: 2 succeeded, 3 killed, 2 not started\n'
