"""``verdi process kill|pause|play``, and what the list says of processes that nobody runs."""

import subprocess
import sys

import pytest

from aiida import orm
from aiida.cmdline.commands.cmd_process import verdi_process
from aiida.common.claims import Owner

GONE = str(Owner.of(999999999))


@pytest.fixture
def submitted(localhost):
    """A job that was submitted, which nobody runs."""
    from aiida.engine import submit
    from aiida.plugins import CalculationFactory

    code = orm.InstalledCode(label='add', computer=localhost, filepath_executable='/bin/bash').store()
    return submit(CalculationFactory('core.arithmetic.add'), code=code, x=orm.Int(1), y=orm.Int(2))


@pytest.fixture
def crashed(profile):
    """A function, and a work chain whose class cannot be found any more, left by a program that is gone."""
    nodes = []
    for kind in (orm.CalcFunctionNode, orm.WorkChainNode):
        node = kind()
        node.set_process_label('crash')
        node.set_process_state('running')
        node.store()
        nodes.append(node)
    function, chain = nodes
    chain.backend.enlist(chain.pk, owner=GONE)
    return function, chain


def test_pause_play_and_kill_what_nobody_runs(call, submitted):
    pk = submitted.pk
    assert call(verdi_process, 'pause', pk).output == f'Success: scheduled pausing Process<{pk}>\n'
    assert submitted.paused
    assert call(verdi_process, 'play', pk).output == f'Success: scheduled playing Process<{pk}>\n'
    assert not submitted.paused
    assert call(verdi_process, 'kill', pk).output == f'Success: scheduled killing Process<{pk}>\n'
    assert (submitted.process_state.value, submitted.is_sealed) == ('killed', True)
    assert submitted.process_status == 'Killed through `verdi process kill`'


@pytest.mark.parametrize('command', ['kill', 'pause', 'play'])
def test_what_has_ended_is_left_alone(call, submitted, command):
    call(verdi_process, 'kill', submitted.pk)
    before = submitted.mtime
    result = call(verdi_process, command, submitted.pk, status=1)
    assert result.output == f'Error: Process<{submitted.pk}> is already terminated\n'
    assert submitted.mtime == before


def test_all(call, submitted):
    pk = submitted.pk
    assert call(verdi_process, 'play', '-a').output == 'Report: There is no paused process, nothing to be played.\n'
    call(verdi_process, 'pause', '--all')
    assert submitted.paused
    call(verdi_process, 'play', '--all')
    assert 'Aborted' in call(verdi_process, 'kill', '--all', status=1, input='n\n').output
    assert not submitted.is_terminated
    assert f'scheduled killing Process<{pk}>' in call(verdi_process, 'kill', '--all', input='y\n').output
    assert submitted.is_killed


@pytest.mark.parametrize('command', ['kill', 'pause', 'play'])
def test_what_to_steer_has_to_be_said(call, submitted, command):
    assert 'name one or more processes' in call(verdi_process, command, status=2).output
    assert 'not both' in call(verdi_process, command, '-a', submitted.pk, status=2, input='y\n').output


def test_a_function_of_a_program_that_crashed(call, crashed):
    function, _ = crashed
    result = call(verdi_process, 'kill', function.pk, status=1)
    assert result.output.startswith(f'Error: Process<{function.pk}> is unreachable')
    assert not function.is_terminated
    call(verdi_process, 'kill', '-F', function.pk)
    assert (function.is_killed, function.is_sealed) == (True, True)


def test_a_chain_whose_class_is_gone(call, crashed):
    _, chain = crashed
    call(verdi_process, 'kill', chain.pk)
    assert (chain.is_killed, chain.backend.read_run(chain.pk)) == (True, None)


def test_a_chain_whose_class_is_gone_cannot_be_paused(call, crashed):
    _, chain = crashed
    result = call(verdi_process, 'pause', chain.pk, status=1)
    assert result.output.startswith(f'Error: Process<{chain.pk}> cannot be brought back')


def test_somebody_who_is_alive_but_does_not_answer(call, crashed):
    _, chain = crashed
    child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)
    try:
        chain.backend.finish(chain.pk)
        chain.backend.enlist(chain.pk, owner=str(Owner.of(child.pid)))
        at_once = call(verdi_process, 'kill', '-t', '0', chain.pk).output
        output = call(verdi_process, 'kill', '-t', '0.1', chain.pk, status=1).output
        assert 'Nobody runs' not in call(verdi_process, 'list').output
        assert 'has ended' not in call(verdi_process, 'list').output
    finally:
        child.communicate(b'\n')
    assert at_once == f'Success: scheduled killing Process<{chain.pk}>\n'
    assert output.splitlines()[0] == f'Error: Process<{chain.pk}> is unreachable'
    assert 'no answer within 0.1 seconds' in output
    assert not chain.is_terminated
    assert chain.backend.read_run(chain.pk).desired_state == 'kill'


def test_the_list_tells_of_what_nobody_runs(call, submitted):
    output = call(verdi_process, 'list').output
    assert f'Nobody runs process {submitted.pk}: `verdi daemon start` starts workers that do, ' in output
    assert f'`verdi process kill {submitted.pk}`' in output
    assert 'Nobody runs' not in call(verdi_process, 'list', '-r').output
    call(verdi_process, 'kill', submitted.pk)
    assert 'Nobody runs' not in call(verdi_process, 'list', '-a').output


def test_the_list_tells_of_a_daemon_without_workers(call, submitted, monkeypatch):
    monkeypatch.setattr('aiida.cmdline.utils.daemon.daemon_is_running', lambda: True)
    output = call(verdi_process, 'list').output
    assert 'The daemon is running, but none of its workers' in output
    assert f'Nobody runs process {submitted.pk}: `verdi daemon incr` starts workers that do, ' in output


def test_the_list_tells_of_programs_that_are_gone(call, crashed):
    _, chain = crashed
    output = call(verdi_process, 'list').output
    assert f'The program that ran process {chain.pk} has ended or was killed: ' in output
    assert f'`verdi process kill {chain.pk}`' in output


def test_a_program_of_which_nobody_knows_whether_it_is_alive(call, crashed):
    """It ran in a container, say; whoever knows that it is gone may kill by force what it ran."""
    _, chain = crashed
    chain.backend.finish(chain.pk)
    chain.backend.enlist(chain.pk, owner=str(Owner('container', 1, '7', 'there')))
    assert 'is unreachable' in call(verdi_process, 'kill', '-t', '0.1', chain.pk, status=1).output
    assert not chain.is_terminated
    call(verdi_process, 'kill', '-F', chain.pk)
    assert chain.is_killed
    assert chain.backend.read_run(chain.pk) is None


def test_a_worker_on_another_host_that_was_silent_for_long(call, crashed):
    """It is believed to be alive for as long as its lease lasts, and once more as long; then it is done here."""
    _, chain = crashed
    store = chain.backend
    store.finish(chain.pk)
    store.enlist(chain.pk, owner=str(Owner('elsewhere', 1, '7', 'there')), lease_until=store.now() - 5)
    assert 'is unreachable' in call(verdi_process, 'kill', '-t', '0.1', chain.pk, status=1).output
    assert store.claim_one(chain.pk, str(Owner('elsewhere', 1, '7', 'there')), store.now(), store.now() - 100)
    call(verdi_process, 'kill', chain.pk)
    assert chain.is_killed


def test_the_list_says_what_a_process_waits_for_and_who_runs_it(call, crashed, submitted):
    _, chain = crashed
    options = ('list', '-r', '-P', 'pk', 'owner', 'process_status')
    lines = [line.split(maxsplit=2) for line in call(verdi_process, *options).output.splitlines()]
    assert lines[1:] == [
        [str(chain.pk), Owner.parse(GONE).label, 'Left alone: the program that ran it is gone'],
        [str(submitted.pk), 'Waiting', 'for a worker'],
    ]


def test_a_process_just_made_is_a_change_of_state(call, submitted):
    submitted.backend.write_setting('process|state_change|calculation', '2020-01-01T00:00:00+00:00')
    assert 'Last change of a process state: 0s ago' in call(verdi_process, 'list').output


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('99999', 'there is no process with pk 99999'),
        ('{x}', '{x} is an Int, not a process'),
        ('nothing-like-it', '`nothing-like-it` is neither a pk nor a uuid, and no process has it as its label'),
        ('abcdef0123', 'there is no process whose uuid begins with `abcdef0123`'),
    ],
)
def test_what_is_not_found_is_said_in_a_sentence(call, profile, text, message):
    x = orm.Int(1).store().pk
    assert message.format(x=x) in call(verdi_process, 'kill', text.format(x=x), status=2).output


def test_the_job_of_what_nobody_runs_is_killed_too(call, submitted, monkeypatch):
    from aiida.engine.daemon import execmanager

    killed = []
    monkeypatch.setattr(execmanager, 'kill_calculation', lambda node, transport: killed.append(node.pk))
    submitted.set_remote_workdir('/somewhere')
    submitted.set_job_id('1')
    call(verdi_process, 'kill', submitted.pk)
    assert killed == [submitted.pk]
    assert submitted.is_killed


def test_a_job_that_cannot_be_killed_is_not_forgotten(call, submitted, monkeypatch):
    from aiida.engine.daemon import execmanager

    def refuse(node, transport):
        raise OSError('no route to host')

    monkeypatch.setattr(execmanager, 'kill_calculation', refuse)
    submitted.set_remote_workdir('/somewhere')
    submitted.set_job_id('1')
    result = call(verdi_process, 'kill', submitted.pk, status=1)
    assert f'the job of Process<{submitted.pk}> could not be killed: OSError: no route to host' in result.output
    assert not submitted.is_terminated
    call(verdi_process, 'kill', '-F', submitted.pk)
    assert submitted.is_killed


def test_the_jobs_of_what_a_chain_called_are_killed_too(call, crashed, localhost, monkeypatch):
    from aiida.common.links import LinkType
    from aiida.engine.daemon import execmanager

    _, chain = crashed
    job = orm.CalcJobNode(computer=localhost)
    job.base.links.add_incoming(chain, LinkType.CALL_CALC, 'job')
    job.set_process_state('waiting')
    job.set_remote_workdir('/somewhere')
    job.store()
    job.backend.enlist(job.pk, owner=GONE)
    killed = []
    monkeypatch.setattr(execmanager, 'kill_calculation', lambda node, transport: killed.append(node.pk))
    call(verdi_process, 'kill', chain.pk)
    assert job.pk in killed
    assert (chain.is_killed, job.is_killed) == (True, True)
