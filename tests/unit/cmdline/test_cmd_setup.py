"""The commands that set things up, by what they print and what is there afterwards."""

from __future__ import annotations

import json
import pathlib

import pytest

from aiida.manage import configuration, get_manager
from aiida.manage.configuration import get_config


def test_presto(verdi, config_folder):
    from aiida import orm

    output = verdi('presto').output
    assert 'Created the profile `presto`' in output
    config = get_config()
    profile = config.get_profile()
    assert profile.name == 'presto'
    assert profile.default_user_email == 'aiida@localhost'
    assert profile.options == {'runner.poll.interval': 1}
    assert profile.process_control_backend is None
    assert profile.storage_config['filepath'].startswith(str(config_folder / 'repository' / 'sqlite_dos_'))
    computer = orm.load_computer('localhost')
    assert computer.get_workdir() == str(config_folder / 'scratch' / 'presto')
    assert computer.is_configured
    assert 'all 6 tests succeeded' in verdi('computer', 'test', 'localhost').output
    get_manager().unload_profile()
    assert list(config_folder.glob('config.json.*')) == []  # there was nothing to keep
    output = verdi('presto', '--email', 'a@b').output
    assert '`presto-1` is the default profile now, instead of `presto`' in output
    assert '`verdi profile set-default presto`' in output
    assert get_config().get_profile().default_user_email == 'a@b'
    assert 'already' in verdi('presto', '-p', 'presto', status=2).output
    output = verdi('presto', '--use-postgres', '--postgres-port', '1', status=1).output
    assert 'PostgreSQL on localhost:1, as the user postgres, cannot be reached' in output
    assert 'Traceback' not in output


def test_presto_takes_what_the_configuration_knows_of_the_user(verdi):
    from aiida import orm

    config = get_config(create=True)
    config.set_option('autofill.user.email', 'me@home')
    config.set_option('autofill.user.first_name', 'Me')
    config.store()
    verdi('presto')
    user = orm.User.collection.get_default()
    assert (user.email, user.first_name) == ('me@home', 'Me')


def test_status(verdi, config_folder):
    output = verdi('status').output
    assert 'there is none yet' in output
    assert not config_folder.exists()
    verdi('presto')
    get_manager().unload_profile()
    output = verdi('status').output
    for words in ('Nabucco', 'presto', 'core.sqlite_dos in', 'aiida@localhost', 'none needed', 'not running'):
        assert words in output
    get_manager().unload_profile()
    folder = get_config().get_profile().storage_config['filepath']
    (config_folder / folder / 'database.sqlite').unlink()
    output = verdi('status', status=1).output
    assert 'there is no database at' in output
    assert 'Traceback' not in output


def test_profiles(verdi, config_folder):
    assert 'no profiles yet' in verdi('profile', 'list').output
    assert 'no profile to show' in verdi('profile', 'show', status=1).output
    words = ('profile', 'setup', 'core.sqlite_dos', '-n', '-p')
    verdi(*words, 'one', '--email', 'a@b', '--first-name', 'A', '--filepath', str(config_folder / 'data'))
    verdi(*words, 'two', '--email', 'a@b', '--no-set-as-default')
    assert '* one\n  two' in verdi('profile', 'list').output
    assert (config_folder / 'data' / 'database.sqlite').exists()
    assert 'filepath: ' + str(config_folder / 'data') in verdi('profile', 'show').output
    assert 'already' in verdi(*words, 'one', '--email', 'a@b', status=2).output
    assert 'Missing option' in verdi(*words, 'three', status=2).output
    assert (
        'a database'
        in verdi(*words, 'three', '--email', 'a@b', '--filepath', str(config_folder / 'data'), status=1).output
    )
    verdi('profile', 'set-default', 'two')
    assert '  one\n* two' in verdi('profile', 'list').output
    assert 'there are: `one`, `two`' in verdi('profile', 'set-default', 'nope', status=2).output


def test_passwords_are_not_shown(verdi):
    config = get_config(create=True)
    described = {
        'storage': {'backend': 'core.psql_dos', 'config': {'database_password': 'secret'}},
        'process_control': {'backend': None, 'config': {}},
    }
    config.add_profile(configuration.Profile('some', described)).store()
    output = verdi('profile', 'show', 'some').output
    assert 'secret' not in output
    assert 'database_password' in output


def test_deleting_profiles(verdi, config_folder):
    for name in ('one', 'two', 'three'):
        verdi('presto', '-p', name)
        get_manager().unload_profile()
    folders = {name: get_config().get_profile(name).storage_config['filepath'] for name in ('one', 'two', 'three')}
    assert '--delete-data' in verdi('profile', 'delete', '-f', 'one', status=2).output
    verdi('profile', 'delete', '-f', '--keep-data', 'one')
    assert (config_folder / folders['one'] / 'database.sqlite').exists()
    verdi('profile', 'delete', '--delete-data', 'two', input='n\n')
    assert get_config().profile_names == ['two', 'three']
    assert 'Aborted' in verdi('profile', 'delete', 'two', status=1).output
    output = verdi('profile', 'delete', 'three', input='y\ny\n').output
    assert not (config_folder / folders['three']).exists()
    assert 'The default profile is `two` now' in output


def test_computers(presto):
    from aiida import orm

    assert '* localhost' in presto('computer', 'list').output
    setup = ('computer', 'setup', '-n', '-L', 'other', '-H', 'host', '-T', 'core.local', '-S', 'core.direct')
    output = presto(*setup, '-w', '/tmp/{username}', '--mpiprocs-per-machine', '4').output
    assert 'verdi -p test computer configure core.local other' in output
    computer = orm.load_computer('other')
    assert computer.get_default_mpiprocs_per_machine() == 4
    assert presto('computer', 'list', '-r').output == '* localhost\n'
    assert presto('computer', 'list', '-r', '-a').output == '* localhost\n  other\n'
    assert 'There is a computer `other` already' in presto(*setup, status=1).output
    assert 'not yet configured' in presto('computer', 'test', 'other', status=1).output
    presto('computer', 'configure', 'core.local', 'other', '-n', '--no-use-login-shell', '--safe-interval', '1.5')
    assert computer.get_configuration() == {'use_login_shell': False, 'safe_interval': 1.5}
    presto('computer', 'configure', 'core.local', 'other', '-n', '--safe-interval', '0')
    assert computer.get_configuration() == {'use_login_shell': False, 'safe_interval': 0.0}
    assert presto('computer', 'configure', 'show', 'other', '--as-option-string').output == (
        "--no-use-login-shell --safe-interval='0.0'\n"
    )
    assert 'Shebang' in presto('computer', 'show', 'other').output
    presto('computer', 'disable', 'other')
    assert presto('computer', 'list', '-r').output == '* localhost\n'
    presto('computer', 'enable', 'other', 'test@localhost')
    assert presto('computer', 'list', '-r').output == '* localhost\n* other\n'
    presto('computer', 'relabel', 'other', 'another')
    presto('computer', 'delete', '-f', 'another')
    assert 'no computer has it as its label' in presto('computer', 'show', 'another', status=2).output


def test_a_computer_that_is_used_is_not_deleted(presto, localhost):
    from aiida import orm

    orm.RemoteData(computer=localhost, remote_path='/x').store()
    assert 'used by 1 node' in presto('computer', 'delete', '-f', 'localhost', status=1).output


def test_a_computer_that_does_not_work(presto, localhost, tmp_path):
    (tmp_path / 'file').write_text('x')
    localhost.set_workdir(str(tmp_path / 'file' / 'below'))
    output = presto('computer', 'test', 'localhost', status=1).output
    assert 'Creating and deleting temporary file... [FAILED]' in output
    assert '1 of 6 tests failed' in output
    assert 'Traceback' not in output


def test_codes(presto, tmp_path):
    from aiida import orm

    create = ('code', 'create', 'core.code.installed', '-n', '-Y', 'localhost')
    assert 'Created InstalledCode<' in presto(*create, '-L', 'bash', '-X', '/bin/bash', '--with-mpi').output
    code = orm.load_code('bash@localhost')
    assert code.with_mpi is True
    assert 'There is a code `bash@localhost` already' in presto(*create, '-L', 'bash', '-X', '/bin/sh', status=1).output
    assert 'Warning: there is no file /nowhere' in presto(*create, '-L', 'gone', '-X', '/nowhere').output
    assert 'Missing option' in presto(*create, '-L', 'x', status=2).output
    assert 'cannot be made' in presto(*create, '-L', 'a@b', '-X', '/bin/sh', status=1).output
    assert "not found in group 'aiida.calculations'" in presto(*create, '-L', 'y', '-X', '/bin/sh', '-P', 'nope').output
    (tmp_path / 'run.sh').write_text('echo hi')
    presto('code', 'create', 'core.code.portable', '-n', '-L', 'mine', '-F', str(tmp_path), '-X', 'run.sh')
    assert 'run.sh' in presto('code', 'show', 'mine').output
    container = ('code', 'create', 'core.code.containerized', '-n', '-Y', 'localhost', '-X', '/bin/sh', '-I', 'ubuntu')
    presto(*container, '-L', 'cont', '-E', 'docker run {image_name}')
    assert orm.load_code('cont').image_name == 'ubuntu'
    assert 'cannot be made' in presto(*container, '-L', 'cont2', '-E', 'docker run', status=1).output
    labels = [line.split()[0] for line in presto('code', 'list', '-r').output.splitlines()]
    assert labels == ['bash@localhost', 'cont@localhost', 'gone@localhost', 'mine', 'y@localhost']
    presto('code', 'hide', 'mine')
    assert 'mine' not in presto('code', 'list').output
    assert 'mine' in presto('code', 'list', '-a', '-P', 'label', 'user').output
    assert presto('code', 'list', '-r', '-d', 'core.arithmetic.add').output == ''
    presto('code', 'relabel', 'bash', 'zsh')
    assert orm.load_code('zsh@localhost').pk == code.pk
    assert 'the test failed' in presto('code', 'test', 'gone', status=1).output


def test_groups(presto):
    from aiida import orm

    nodes = [str(orm.Int(number).store().pk) for number in range(3)]
    assert 'No groups found' in presto('group', 'list').output
    presto('group', 'create', 'some')
    assert 'already exists' in presto('group', 'create', 'some').output
    assert 'Group<some> has 3 nodes now' in presto('group', 'add-nodes', '-G', 'some', '-f', *nodes).output
    assert presto('group', 'show', '-r', 'some').output.split() == nodes
    assert presto('group', 'show', '-r', '-l', '1', 'some').output.split() == nodes[:1]
    presto('group', 'remove-nodes', '-G', 'some', nodes[0], input='y\n')
    assert 'is not in Group<some>' in presto('group', 'remove-nodes', '-G', 'some', '-f', *nodes).output
    assert 'say which nodes' in presto('group', 'remove-nodes', '-G', 'some', '-f', status=2).output
    presto('group', 'add-nodes', '-G', 'some', '-f', *nodes)
    presto('group', 'remove-nodes', '-G', 'some', '-f', '--clear')
    assert orm.load_group('some').is_empty
    presto('group', 'description', 'some', 'words on it')
    presto('group', 'relabel', 'some', 'other_1')
    for words, shown in ((['-s', 'oth'], True), (['-e', '_1'], True), (['-c', 'X'], False), (['-c', 'r_1'], True)):
        assert ('other_1' in presto('group', 'list', *words).output) is shown
    assert 'words on it' in presto('group', 'list', '-d', '-C').output
    presto('group', 'delete', 'other_1', '-n')
    presto('group', 'delete', 'other_1', '-f')
    assert 'no group has it as its label' in presto('group', 'show', 'other_1', status=2).output
    assert orm.load_node(int(nodes[0])).value == 0


def test_users(presto):
    presto('user', 'configure', '--email', 'new@home', '--first-name', 'New')
    output = presto('user', 'list').output
    assert 'new@home' in output
    assert '*   test@localhost' in output
    presto('user', 'configure', '--email', 'new@home', '--last-name', 'Name')
    presto('user', 'set-default', 'new@home')
    assert '*   new@home        New           Name' in presto('user', 'list').output
    assert get_config().get_profile('test').default_user_email == 'new@home'
    assert 'there is no user `x@y`' in presto('user', 'set-default', 'x@y', status=2).output


def test_options(presto):
    presto('config', 'set', 'daemon.timeout', '7')
    presto('config', 'set', '-g', 'daemon.timeout', '8')
    assert presto('config', 'get', 'daemon.timeout').output == '7\n'
    assert 'global: 8' in presto('config', 'show', 'daemon.timeout').output
    presto('config', 'unset', 'daemon.timeout')
    assert presto('config', 'get', 'daemon.timeout').output == '8\n'
    assert 'has to be an integer' in presto('config', 'set', 'daemon.timeout', 'x', status=1).output
    presto('config', 'set', 'caching.enabled_for', 'aiida.calculations:*')
    presto('config', 'set', '-a', 'caching.enabled_for', 'aiida.workflows:*')
    presto('config', 'set', '-r', 'caching.enabled_for', 'aiida.calculations:*')
    assert presto('config', 'get', 'caching.enabled_for').output == "['aiida.workflows:*']\n"
    assert 'not a list' in presto('config', 'set', '-a', 'daemon.timeout', '3', status=1).output
    presto('config', 'set', 'autofill.user.email', 'a@b')
    content = json.loads(pathlib.Path(configuration.get_config_path()).read_text())
    assert content['options'] == {'daemon.timeout': 8, 'autofill.user.email': 'a@b'}
    assert content['profiles']['test']['options'] == {'caching.enabled_for': ['aiida.workflows:*']}
    output = presto('config', 'list', 'caching').output
    assert 'caching.enabled_for' in output
    assert 'daemon' not in output
    assert 'logging.plumpy_loglevel' in presto('config', 'list', '--advanced').output


def test_downgrading_the_configuration(presto):
    presto('config', 'downgrade', '9')
    content = json.loads(pathlib.Path(configuration.get_config_path()).read_text())
    assert content['CONFIG_VERSION']['CURRENT'] == 9


@pytest.mark.parametrize(
    ('words', 'shown'),
    [
        ([], '* aiida.schedulers\n'),
        (['aiida.schedulers'], '* core.direct\n'),
        (['aiida.schedulers', 'core.direct'], 'Run jobs'),
    ],
)
def test_plugins(presto, words, shown):
    assert shown in presto('plugin', 'list', *words).output


def test_plugins_that_are_none(presto):
    assert 'core.int' in presto('plugin', 'list', 'aiida.data', 'core.intt', status=1).output
    presto('plugin', 'list', 'nope', status=2)


def test_help(verdi):
    assert 'Commands:' in verdi('help').output
    assert 'Usage: verdi computer setup' in verdi('help', 'computer', 'setup').output
    assert 'is not a' in verdi('help', 'nope', status=2).output


def test_shell_runs_what_it_is_given(presto):
    assert presto('shell', input='print(Int(1).store().is_stored, load_node)').output.startswith('True <function')
    result = presto('shell', input='1 / 0', status=1)
    assert 'ZeroDivisionError' in result.output
    assert 'cmd_shell' not in result.output
