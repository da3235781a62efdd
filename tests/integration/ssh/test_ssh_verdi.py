"""`verdi computer` with computers that are reached over SSH."""

import os

import pytest
from click.testing import CliRunner

from aiida import orm
from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.engine.runtime import holding
from private_sshd import HOST, USER


def call(*words, status=0):
    result = CliRunner().invoke(verdi, [str(word) for word in words], prog_name='verdi')
    assert result.exit_code == status, (result.output, result.exception)
    return result.output


@pytest.fixture
def work_dir(profile, sshd, tmp_path):
    return tmp_path / 'work'


@pytest.fixture(params=['core.ssh', 'core.ssh_async'])
def label(request, work_dir):
    """A computer that was set up and configured without a question."""
    words = ('--transport', request.param, '--scheduler', 'core.direct', '--work-dir', work_dir)
    output = call('computer', 'setup', '-n', '--label', 'there', '--hostname', HOST, *words)
    assert f'computer configure {request.param} there' in output
    assert 'successfully configured' in call(
        'computer', 'configure', request.param, 'there', '-n', '--safe-interval', '0', '--no-use-login-shell'
    )
    return 'there'


def test_what_the_configuration_of_ssh_says_is_taken_over(label, sshd):
    computer = orm.load_computer(label)
    configuration = computer.get_configuration()
    if computer.transport_type == 'core.ssh_async':
        assert configuration == {
            'host': HOST,
            'data_node_host': 'None',
            'max_io_allowed': 8,
            'authentication_script': 'None',
            'backend': 'asyncssh',
            'use_sftp': True,
            'use_login_shell': False,
            'safe_interval': 0.0,
        }
    else:
        assert configuration == {
            'username': USER,
            'port': sshd.port,
            'timeout': 60,
            'look_for_keys': True,
            'allow_agent': True,
            'key_filename': str(sshd.home / '.ssh' / 'id_ed25519'),
            'proxy_jump': '',
            'proxy_command': '',
            'compress': True,
            'gss_auth': False,
            'gss_kex': False,
            'gss_deleg_creds': False,
            'gss_host': HOST,
            'load_system_host_keys': True,
            'key_policy': 'RejectPolicy',
            'use_login_shell': False,
            'safe_interval': 0.0,
        }
    shown = call('computer', 'configure', 'show', label)
    assert f'* {"host" if computer.transport_type == "core.ssh_async" else "gss_host"} ' in shown
    assert '--safe-interval' in call('computer', 'configure', 'show', '--as-option-string', label)


def test_defaults_are_what_is_suggested(label, sshd):
    shown = call('computer', 'configure', 'show', '--defaults', label)
    if orm.load_computer(label).transport_type == 'core.ssh':
        assert f'port                   {sshd.port}' in shown
    else:
        assert f'host                   {HOST}' in shown


def test_everything_is_tried(label, sshd, work_dir):
    before = sshd.connections()
    output = call('computer', 'test', label)
    assert 'all 6 tests succeeded' in output
    assert f'Determining remote user name... [OK]: {USER}' in output
    assert os.listdir(work_dir) == []
    assert sshd.connections() == before + 1


def test_a_computer_that_works_is_not_held_any_more(label, sshd):
    computer = orm.load_computer(label)
    for words in (('test', label), ('enable', label)):
        guard = holding.Guard(computer, 100.0, 1)
        assert guard.note_failure(0.0, holding.ComputerTrouble(holding.Stage.SCHEDULER, OSError('no route to it')))
        assert "what waited for computer 'there' goes on" in call('computer', *words)
        assert not guard.is_held()
    assert 'what waited' not in call('computer', 'test', label)


def test_a_computer_that_is_not_known(label, sshd):
    text = sshd.known_hosts.read_text()
    try:
        sshd.known_hosts.write_text('')
        output = call('computer', 'test', label, status=1)
    finally:
        sshd.known_hosts.write_text(text)
    assert 'Opening connection... [FAILED]: HostKeyRefused' in output
    assert 'Connect once with `ssh' in output


def test_options_of_their_own(label):
    transport = orm.load_computer(label).transport_type
    assert '--config' in call('computer', 'configure', transport, '--help')
    if transport == 'core.ssh':
        call('computer', 'configure', 'core.ssh', label, '-n', '-P', '2222', '--key-policy', 'WarningPolicy')
        configuration = orm.load_computer(label).get_configuration()
        assert (configuration['port'], configuration['key_policy']) == (2222, 'WarningPolicy')
        wrong = (('--key-filename', 'relative'), ('--key-policy', 'Any'), ('--port', 'x'), ('--safe-interval', '-1'))
    else:
        wrong = (('--backend', 'telnet'), ('--authentication-script', 'relative'), ('--max-io-allowed', '-1'))
    for option in wrong:
        call('computer', 'configure', transport, label, '-n', *option, status=2)


def test_a_shell_on_the_computer(label, monkeypatch):
    typed = []
    monkeypatch.setattr(os, 'system', lambda command: typed.append(command) or 0)
    call('computer', 'goto', label)
    assert typed[0].startswith(f'ssh -t {HOST}')
    assert typed[0].endswith(' bash ')
    monkeypatch.setattr(os, 'system', lambda command: 255 << 8)
    assert 'status 255' in call('computer', 'goto', label, status=1)


def test_a_job(label):
    """From the command line to the result, on a profile on disk."""
    from aiida.engine import run_get_node
    from aiida.plugins import CalculationFactory

    call('code', 'create', 'core.code.installed', '-n', '-L', 'sh', '-Y', label, '-X', '/bin/bash')
    computer = orm.load_computer(label)
    computer.set_minimum_job_poll_interval(0.05)
    computer.set_default_mpiprocs_per_machine(1)
    node = run_get_node(
        CalculationFactory('core.arithmetic.add'), code=orm.load_code(f'sh@{label}'), x=orm.Int(1), y=orm.Int(2)
    ).node
    assert node.outputs.sum.value == 3
    assert 'aiida.out' in call('calcjob', 'remotecat', node.pk, '_aiidasubmit.sh')
