"""The daemon as a user has it: real ``verdi``, real supervisor, real workers."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

#: The folder of the programs of this environment.
BIN = pathlib.Path(sys.executable).parent
VERDI = str(BIN / 'verdi')

WORKFLOW = """
import time
from aiida.engine import WorkChain, calcfunction
from aiida.orm import Int

@calcfunction
def double(x):
    return x + x

class Twice(WorkChain):
    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('x', valid_type=Int)
        spec.input('seconds', valid_type=Int, default=lambda: Int(0))
        spec.output('y', valid_type=Int)
        spec.outline(cls.wait, cls.compute)

    def wait(self):
        print('a step says', self.inputs.x.value)
        time.sleep(self.inputs.seconds.value)

    def compute(self):
        self.out('y', double(self.inputs.x))
"""

HEAVY = """
import pathlib
import time
from aiida.engine import CalcJob, WorkChain
from aiida.orm import Int, Str

class Heavy(WorkChain):
    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('path', valid_type=Str)
        spec.input('megabytes', valid_type=Int)
        spec.output('number', valid_type=Int)
        spec.outline(cls.take, cls.end)

    def take(self):
        path = pathlib.Path(self.inputs.path.value)
        with path.with_suffix('.begun').open('a') as handle:
            handle.write('begun ')
        taken = bytearray(b'x') * (self.inputs.megabytes.value * 1_000_000)
        while not path.exists():
            time.sleep(0.05)

    def end(self):
        self.out('number', Int(1).store())

class Sleep(CalcJob):
    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.inputs['metadata']['options']['resources'].default = {'num_machines': 1}

    def prepare_for_submission(self, folder):
        from aiida.common import CalcInfo, CodeInfo
        info, code = CalcInfo(), CodeInfo()
        code.code_uuid = self.inputs.code.uuid
        code.cmdline_params = ['-c', 'echo x >> submitted; while test ! -e %s; do sleep 0.1; done' % self.node.label]
        info.codes_info = [code]
        return info
"""

SUBMIT_HEAVY = """
import sys
from aiida import load_profile, orm
from aiida.engine import submit
load_profile()
from heavy_workflow import Heavy, Sleep
path, megabytes = sys.argv[1], int(sys.argv[2])
code = orm.InstalledCode(computer=orm.load_computer('localhost'), filepath_executable='/bin/sh').store()
print(submit(Sleep, code=code, metadata={'label': path}).pk)
print(submit(Heavy, path=orm.Str(path), megabytes=orm.Int(megabytes)).pk)
"""

SUBMIT = """
import sys
from aiida import load_profile, orm
from aiida.engine import submit
load_profile()
from twice_workflow import Twice
for number in range(int(sys.argv[1])):
    print(submit(Twice, x=orm.Int(number), seconds=orm.Int(int(sys.argv[2]))).pk)
"""


class Daemon:
    """The files and processes of the daemon of a profile."""

    def __init__(self, home, name='presto'):
        self.folder = home / '.aiida' / 'daemon'
        self.log = self.folder / 'log' / f'aiida-{name}.log'
        self.pid_file = self.folder / f'circus-{name}.pid'
        self.name = name

    @property
    def pid(self):
        return int(self.pid_file.read_text()) if self.pid_file.exists() else None

    @property
    def workers(self):
        return sorted(child.pid for child in psutil.Process(self.pid).children())

    def files(self):
        return {path.name for path in self.folder.iterdir()} - {'log', f'circus-{self.name}.lock'}

    def kill(self):
        for process in psutil.process_iter(['environ']):
            environment = process.info['environ'] or {}
            if environment.get('AIIDA_PATH') == str(self.folder.parent):
                process.kill()
        with contextlib.suppress(OSError):
            shutil.rmtree((self.folder / f'circus-{self.name}.sockets').read_text())


def lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, 'it did not happen'
        time.sleep(0.05)
    return found


@pytest.fixture(scope='module')
def prepared_home(tmp_path_factory):
    """A home with the profile that ``verdi presto`` makes, to be copied."""
    home = tmp_path_factory.mktemp('prepared')
    kept = {name: value for name, value in os.environ.items() if not name.startswith('AIIDA')}
    subprocess.run((VERDI, 'presto'), env={**kept, 'HOME': str(home)}, check=True, capture_output=True)
    return home


@pytest.fixture
def daemon(prepared_home, environment, tmp_path):
    modules = tmp_path / 'modules'
    modules.mkdir()
    (modules / 'twice_workflow.py').write_text(WORKFLOW)
    environment['PYTHONPATH'] = str(modules)
    home = pathlib.Path(environment['HOME'])
    shutil.copytree(prepared_home / '.aiida', home / '.aiida')
    config = home / '.aiida' / 'config.json'
    config.write_text(config.read_text().replace(str(prepared_home), str(home)))
    daemon = Daemon(home)
    yield daemon
    daemon.kill()


@pytest.fixture
def submit(call, tmp_path):
    (tmp_path / 'submit.py').write_text(SUBMIT)

    def run(number, seconds=0):
        return call(str(BIN / 'python'), 'submit.py', str(number), str(seconds))

    return run


def states(verdi, label='Twice'):
    """Return the states of the processes of a label."""
    lines = verdi('process', 'list', '-a', '-r', '-P', 'process_label', 'state').stdout.splitlines()
    return sorted(line.split(maxsplit=1)[1].strip() for line in lines if line.startswith(label))


def test_a_daemon_from_start_to_stop(verdi, daemon):
    assert 'The daemon is not running' in verdi('daemon', 'status', status=3).stderr
    stopped = verdi('daemon', 'stop').stdout
    assert stopped == 'Profile: presto\nStopping the daemon... OK\nReport: It was not running.\n'
    for command in ('incr', 'decr', 'restart'):
        assert 'Critical: the daemon is not running' in verdi('daemon', command, status=1).stderr
    assert '⏺ daemon:      The daemon is not running.' in verdi('status').stdout
    assert verdi('process', 'list').stdout.endswith('Warning: The daemon is not running\n')

    assert verdi('daemon', 'start', '2').stdout == 'Starting the daemon with 2 workers... OK\n'
    first, workers = daemon.pid, daemon.workers
    assert len(workers) == 2
    assert daemon.files() == {'circus-presto.pid', 'circus-presto.json', 'circus-presto.sockets'}
    assert daemon.folder.stat().st_mode & 0o077 == 0

    lines = verdi('daemon', 'status').stdout.splitlines()
    assert lines[0] == 'Profile: presto'
    assert re.fullmatch(rf'Daemon is running as PID {first} since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d', lines[1])
    assert lines[2] == 'Active workers [2]:'
    assert lines[3].split() == ['PID', 'MEM', '%', 'CPU', '%', 'started']
    assert sorted(int(line.split()[0]) for line in lines[5:7]) == workers
    assert lines[7] == f'Log file: {daemon.log}'
    assert len(lines) == 9
    assert f'✔ daemon:      Daemon is running with PID {first}, 2 workers' in verdi('status').stdout
    assert 'Report: Using 0% of the available daemon worker slots.' in verdi('process', 'list').stdout

    again = verdi('daemon', 'start', '3').stdout
    assert f'running already, as PID {first} with 2 workers. To have 3: `verdi daemon incr 1`' in again
    assert verdi('daemon', 'incr').stdout == 'Starting 1 daemon worker... OK\n'
    wait_for(lambda: len(daemon.workers) == 3)
    assert verdi('daemon', 'decr', '2').stdout == 'Stopping 2 daemon workers... OK\n'
    # circus is at it still: what is asked meanwhile is not refused
    assert verdi('daemon', 'decr', '7').stdout == 'Stopping 7 daemon workers... OK\nReport: There was 1 worker only.\n'
    wait_for(lambda: daemon.workers == [])
    assert verdi('daemon', 'start').stdout.endswith('with 0 workers. `verdi daemon incr` starts one.\n')
    assert '--> No workers are running. Use `verdi daemon incr` to start some!' in verdi('daemon', 'status').stdout

    verdi('config', 'set', 'daemon.default_workers', '2')
    restarted = verdi('daemon', 'restart').stdout
    assert restarted == 'Profile: presto\nStopping the daemon... OK\nStarting the daemon with 2 workers... OK\n'
    assert daemon.pid != first
    assert not lives(first)
    second, workers = daemon.pid, daemon.workers
    assert verdi('daemon', 'stop').stdout == 'Profile: presto\nStopping the daemon... OK\n'
    assert not any(map(lives, (second, *workers)))
    assert daemon.files() == set()


def test_what_is_submitted_survives_whatever_happens_to_the_daemon(verdi, daemon, submit):
    assert 'the daemon is not running' in submit(1).stderr
    assert 'verdi daemon start' in verdi('process', 'list').stdout
    verdi('daemon', 'start')
    wait_for(lambda: states(verdi) == ['⏹ Finished [0]'])
    assert 'a step says 0' in daemon.log.read_text()

    assert submit(3, 1).stderr == ''
    wait_for(lambda: 'a step says 2' in daemon.log.read_text())
    workers = daemon.workers
    os.kill(daemon.pid, signal.SIGKILL)
    wait_for(lambda: not any(map(lives, workers)))
    said = verdi('daemon', 'status', status=3).stderr
    assert 'it left its PID file behind (there is no process' in said
    assert '✗ daemon' in verdi('status', status=1).stdout
    assert len(daemon.files()) == 3

    verdi('daemon', 'start', '2')
    wait_for(lambda: states(verdi) == ['⏹ Finished [0]'] * 4)
    assert states(verdi, 'double') == ['⏹ Finished [0]'] * 4
    submit(2, 1)
    assert (
        'There were 2 workers before: `verdi daemon incr 1` starts as many again' in verdi('daemon', 'restart').stdout
    )
    wait_for(lambda: states(verdi) == ['⏹ Finished [0]'] * 6)
    worker = daemon.workers[0]
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: daemon.workers not in ([], [worker]))


def test_workers_that_end_at_once(verdi, daemon, environment, tmp_path):
    customisation = tmp_path / 'modules' / 'sitecustomize.py'
    broken = "import os, sys\nif 'worker' in sys.orig_argv: os.write(2, b'the plugin is broken\\n'), os._exit(1)\n"
    customisation.write_text(broken)
    started = time.monotonic()
    done = verdi('daemon', 'start', '2', status=1)
    assert time.monotonic() - started < 8
    assert done.stdout == 'Starting the daemon with 2 workers... FAILED\n'
    assert 'its workers end as soon as they are started' in done.stderr
    assert 'the plugin is broken' in done.stderr
    assert daemon.files() == set()

    customisation.unlink()
    verdi('daemon', 'start')
    customisation.write_text(broken.replace('broken', 'broken again'))
    os.kill(daemon.workers[0], signal.SIGKILL)
    wait_for(lambda: daemon.log.read_text().count('broken again') == 2)
    said = verdi('daemon', 'status').stdout
    assert re.search(r'Warning: Workers end as soon as they are started, (once|\d times)', said)
    assert 'broken again' in said
    # it is started again at longer and longer intervals
    time.sleep(1)
    assert daemon.log.read_text().count('broken again') < 6


def test_a_database_server_that_is_not_there_yet(verdi, daemon, submit, postgres_server):
    settings = postgres_server.new_config(daemon.folder.parent / 'repository' / 'server')
    names = ('hostname', 'port', 'username', 'password', 'name')
    words = [word for name in names for word in (f'--database-{name}', str(settings[f'database_{name}']))]
    words += ['--repository-uri', settings['repository_uri'], '--profile-name', 'server', '--email', 'me@localhost']
    verdi('profile', 'setup', 'core.psql_dos', '-n', *words)
    submit(1)
    served = Daemon(daemon.folder.parent.parent, 'server')
    postgres_server.stop('fast')
    try:
        started = verdi('daemon', 'start')
        assert 'Warning: The workers will begin when the store can be reached. At the moment, ' in started.stdout
        assert 'Connection refused' in started.stdout
        assert started.stdout.endswith('Starting the daemon with 1 worker... OK\n')
        (worker,) = served.workers
        assert 'the worker begins when the store can be reached' in served.log.read_text()
        assert 'cannot be read, so the workers wait: ' in verdi('daemon', 'status').stdout
    finally:
        postgres_server.start()
    wait_for(lambda: states(verdi) == ['⏹ Finished [0]'], 10)
    # it goes away, and comes back, under a worker that lives on
    postgres_server.stop('fast')
    wait_for(lambda: 'the store is out of reach' in served.log.read_text())
    assert 'Active workers [1]' in verdi('daemon', 'status').stdout
    postgres_server.start()
    submit(1)
    wait_for(lambda: states(verdi) == ['⏹ Finished [0]'] * 2, 10)
    assert served.workers == [worker]
    verdi('daemon', 'stop')


def test_a_daemon_that_hangs(verdi, daemon):
    verdi('daemon', 'start', '2')
    pid, workers = daemon.pid, daemon.workers
    os.kill(pid, signal.SIGSTOP)
    assert (
        'cannot be reached: it did not answer within 1 seconds' in verdi('daemon', 'status', '-t', '1', status=3).stderr
    )
    stopped = verdi('daemon', 'stop', '-t', '1').stdout
    assert 'Stopping the daemon... KILLED' in stopped
    assert f'(PID {pid}) did not end by itself' in stopped
    wait_for(lambda: not any(map(lives, (pid, *workers))))
    assert daemon.files() == set()

    verdi('daemon', 'start')
    worker = daemon.workers[0]
    os.kill(worker, signal.SIGSTOP)
    assert 'KILLED' in verdi('daemon', 'stop', '-t', '1').stdout
    wait_for(lambda: not lives(worker))


def test_starting_while_the_former_one_stops(verdi, daemon):
    verdi('daemon', 'start')
    first = daemon.pid
    verdi('daemon', 'stop', '--no-wait')
    assert 'Starting the daemon with 2 workers... OK' in verdi('daemon', 'start', '2').stdout
    assert len(daemon.workers) == 2
    assert daemon.pid != first


def test_starting_in_two_terminals_at_once(verdi, daemon, environment):
    words = (VERDI, 'daemon', 'start', '2')
    both = [
        subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=30)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert len(daemon.workers) == 2
    command = [VERDI, '-p', 'presto', 'daemon', 'start-circus']
    found = [p for p in psutil.process_iter(['cmdline', 'environ']) if (p.info['cmdline'] or [])[1:6] == command]
    home = environment['HOME']
    assert len([p for p in found if (p.info['environ'] or {}).get('HOME') == home]) == 1


def test_starting_at_once_after_the_supervisor_was_killed(verdi, daemon, submit):
    verdi('daemon', 'start', '2')
    submit(2, 2)
    wait_for(lambda: daemon.log.exists() and daemon.log.read_text().count('a step says') == 2)
    former, workers = daemon.pid, daemon.workers
    os.kill(former, signal.SIGKILL)
    assert verdi('daemon', 'start', '2').stdout == 'Starting the daemon with 2 workers... OK\n'
    assert daemon.pid != former
    assert len(set(daemon.workers) - set(workers)) == 2
    # those of the former one end, and what they were at is neither lost nor done twice
    wait_for(lambda: not any(map(lives, workers)))
    wait_for(lambda: states(verdi) == ['⏹ Finished [0]'] * 2)
    assert states(verdi, 'double') == ['⏹ Finished [0]'] * 2
    assert daemon.log.read_text().count('a step says') == 2
    assert len(daemon.workers) == 2


def test_start_stop_and_restart_in_many_terminals_at_once(verdi, daemon, environment):
    verdi('daemon', 'start')
    commands = (['stop'], ['start', '2'], ['restart'], ['status'], ['start'], ['stop', '--no-wait'], ['incr'])
    calls = [
        subprocess.Popen((VERDI, 'daemon', *words), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for words in commands
    ]
    outputs = [process.communicate(timeout=60)[0].decode() for process in calls]
    assert not any('Traceback' in output for output in outputs), outputs
    supervisors = [
        process
        for process in psutil.process_iter(['cmdline', 'environ'])
        if 'start-circus' in (process.info['cmdline'] or [])
        and (process.info['environ'] or {}).get('HOME') == environment['HOME']
    ]
    assert len(supervisors) <= 1
    verdi('daemon', 'start')
    wait_for(lambda: daemon.workers)
    assert verdi('daemon', 'stop').stdout.endswith('OK\n')
    assert daemon.files() == set()


def test_in_the_foreground(verdi, daemon, environment):
    process = subprocess.Popen(
        (VERDI, 'daemon', 'start', '--foreground'),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_for(lambda: daemon.pid == process.pid and daemon.workers)
    assert 'Active workers [1]' in verdi('daemon', 'status').stdout
    assert f'runs already, as PID {process.pid}' in verdi('daemon', 'start-circus', status=1).stderr
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=20)[0]
    assert process.returncode == 0
    assert output.startswith('Running the daemon with 1 worker, until Ctrl-C.\n')
    assert 'aiida-presto started' in output
    assert 'aiida-presto stopped' in output
    assert 'Traceback' not in output
    assert daemon.files() == set()


def test_files_of_another_life(verdi, daemon, environment, tmp_path):
    """A PID that another program has by now, sockets of nobody, and folders whose paths are too long."""
    daemon.folder.mkdir(parents=True, exist_ok=True)
    sockets = tmp_path / 'sockets'
    sockets.mkdir()
    (sockets / 'circus.c.sock').touch()
    (daemon.folder / 'circus-presto.sockets').write_text(str(sockets))
    other = subprocess.Popen(('sleep', '100'))
    try:
        daemon.pid_file.write_text(f'{other.pid}\n')
        assert 'is another program (`sleep 100`)' in verdi('daemon', 'status', status=3).stderr
        assert 'that it left is deleted' in verdi('daemon', 'stop').stdout
        assert not sockets.exists()
        # the same, noted by a former start
        details = {'pid': other.pid, 'host': os.uname().nodename, 'identity': 'former-boot:1'}
        (daemon.folder / 'circus-presto.json').write_text(json.dumps(details))
        daemon.pid_file.write_text(f'{other.pid}\n')
        long = tmp_path / ('x' * 90)
        long.mkdir()
        environment['TMPDIR'] = str(long)
        verdi('daemon', 'start')
        assert len((daemon.folder / 'circus-presto.sockets').read_text()) < 90
        assert other.poll() is None
        # sockets that were cleaned away are made again
        folder = pathlib.Path((daemon.folder / 'circus-presto.sockets').read_text())
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        wait_for(lambda: (folder / 'circus.c.sock').exists())
        assert 'Active workers [1]' in verdi('daemon', 'status').stdout
        verdi('daemon', 'stop')
        assert not folder.exists()
    finally:
        other.kill()
        other.wait()


def test_a_daemon_of_another_host(verdi, daemon):
    daemon.folder.mkdir(parents=True, exist_ok=True)
    daemon.pid_file.write_text('12\n')
    (daemon.folder / 'circus-presto.json').write_text(json.dumps({'pid': 12, 'host': 'cluster', 'identity': 'a:1'}))
    for command in ('status', 'start', 'stop'):
        done = verdi('daemon', command, status=3 if command == 'status' else 1)
        assert 'runs on the host cluster, as PID 12' in done.stderr
    assert daemon.pid == 12


def test_code_that_changed(verdi, daemon, tmp_path):
    modules = tmp_path / 'modules'
    information = modules / 'aiida_mine-1.0.dist-info'
    information.mkdir()
    (information / 'METADATA').write_text('Metadata-Version: 2.1\nName: aiida-mine\nVersion: 1.0\n')
    (information / 'entry_points.txt').write_text('[aiida.workflows]\nmine = twice_workflow:Twice\n')
    verdi('daemon', 'start')
    assert 'has changed' not in verdi('daemon', 'status').stdout
    (modules / 'twice_workflow.py').write_text(WORKFLOW + '\n# better\n')
    said = verdi('daemon', 'status').stdout
    assert f'The worker {daemon.workers[0]} runs code that has changed' in said
    assert 'verdi daemon restart' in said


def test_a_user_module_that_changed(verdi, daemon, submit, tmp_path):
    verdi('daemon', 'start')
    submit(1)
    wait_for(lambda: states(verdi) == ['⏹ Finished [0]'])
    module = tmp_path / 'modules' / 'twice_workflow.py'
    wait_for(lambda: str(module) in workers_table(verdi))
    assert 'has changed' not in verdi('daemon', 'status').stdout
    module.write_text(WORKFLOW + '\n# better\n')
    os.utime(module, (time.time() - 130, time.time() - 130))
    said = verdi('daemon', 'status').stdout
    assert f'The worker {daemon.workers[0]} runs code that has changed' in said
    assert f'(`{module}` changed 2 minutes ago). `verdi daemon restart`' in said


def workers_table(verdi):
    """Return what the workers have told of the code they loaded."""
    code = 'from aiida.orm.backend import get_store; print([w.fingerprint for w in get_store().list_workers()])'
    return verdi('run', '/dev/stdin', input=code).stdout


def test_a_worker_that_has_grown_too_large_is_replaced(verdi, call, daemon, environment, tmp_path):
    (tmp_path / 'modules' / 'heavy_workflow.py').write_text(HEAVY)
    (tmp_path / 'submit_heavy.py').write_text(SUBMIT_HEAVY)
    goal = tmp_path / 'goal'
    verdi('config', 'set', 'daemon.worker_memory_limit', '300')
    words = (VERDI, 'daemon', 'start', '--foreground')
    supervisor = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(lambda: daemon.pid and daemon.workers)
    (first,) = daemon.workers
    call(str(BIN / 'python'), 'submit_heavy.py', str(goal), '400')
    wait_for(goal.with_suffix('.begun').exists)
    _, second = wait_for(lambda: len(daemon.workers) == 2 and sorted(daemon.workers, key=lambda pid: pid != first))
    said = verdi('daemon', 'status').stdout
    assert f'The worker {first} has taken more memory' in said
    assert 'Active workers [1]' in said
    assert re.search(rf'^ *{second} ', said, re.MULTILINE)
    # everything else is done by the other one
    wait_for(lambda: states(verdi, 'Sleep') == ['⏵ Waiting'])
    holders = 'from aiida.orm.backend import get_store; print([*map(str, get_store().lease_holders())])'
    wait_for(lambda: f':{second}' in verdi('run', '/dev/stdin', input=holders).stdout)
    assert lives(first)
    goal.touch()
    wait_for(lambda: not lives(first))
    wait_for(lambda: states(verdi, 'Heavy') + states(verdi, 'Sleep') == ['⏹ Finished [0]'] * 2)
    assert daemon.workers == [second]
    assert goal.with_suffix('.begun').read_text() == 'begun '
    supervisor.send_signal(signal.SIGINT)
    output = supervisor.communicate(timeout=20)[0]
    assert re.search(r'worker \S+ has \d+ MB, the limit is 300 MB', output)
    assert f'the worker {first}, which was replaced, has ended' in output


def test_following_the_log(verdi, daemon, environment):
    assert 'There is no log yet' in verdi('daemon', 'logshow').stdout
    daemon.log.parent.mkdir(parents=True)
    daemon.log.touch()
    process = subprocess.Popen((VERDI, 'daemon', 'logshow'), env=environment, stdout=subprocess.PIPE, text=True)
    said = f'Report: The log is empty so far. What is written to {daemon.log} is shown, until Ctrl-C.\n'
    assert process.stdout.readline() == said
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    daemon.log.write_text(''.join(f'line {number}\n' for number in range(100)))
    process = subprocess.Popen((VERDI, 'daemon', 'logshow'), env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == 'line 80\n'
    with daemon.log.open('a') as handle:
        handle.write('the last\n')
    while (line := process.stdout.readline()) != 'the last\n':
        assert line.startswith('line ')
    daemon.log.write_text('after it was rotated\n')
    assert process.stdout.readline() == 'after it was rotated\n'
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0


def test_daemons_of_two_profiles(verdi, daemon, environment):
    verdi('presto', '-p', 'other')
    other = Daemon(daemon.folder.parent.parent, 'other')
    verdi('-p', 'other', 'daemon', 'start')
    said = verdi('daemon', 'status', '--all', status=3)
    assert f'PID {other.pid}' in said.stdout
    assert 'The daemon is not running' in said.stderr
    verdi('-p', 'presto', 'daemon', 'start')
    assert verdi('daemon', 'status', '--all').stdout.count('Active workers [1]') == 2
    refused = verdi('profile', 'delete', '-f', '--delete-data', 'other', status=1).stderr
    assert 'the daemon of `other` is running: `verdi -p other daemon stop`' in refused
    assert verdi('daemon', 'stop', '--all').stdout.count('OK') == 2
    assert daemon.pid is None
    assert other.pid is None


def test_a_worker_without_a_daemon(verdi, daemon, environment, submit):
    submit(1)
    process = subprocess.Popen(
        (VERDI, 'daemon', 'worker'), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    wait_for(lambda: states(verdi) == ['⏹ Finished [0]'])
    assert '1 worker running, none of them started by a daemon' in verdi('status').stdout
    verdi('daemon', 'status', status=3)
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=20)[0]
    assert process.returncode == 0
    assert 'a step says 0' in output


def test_no_path_that_is_short_enough(verdi, daemon, tmp_path):
    (tmp_path / 'modules' / 'sitecustomize.py').write_text(
        'import sys\nif "start-circus" in sys.orig_argv:\n'
        '    from aiida.engine.daemon import sockets\n    sockets.LONGEST_PATH = 1\n'
    )
    done = verdi('daemon', 'start', status=1)
    assert done.stdout.endswith('FAILED\n')
    assert 'too long for sockets: let TMPDIR name another one' in done.stderr
    assert daemon.files() == set()
