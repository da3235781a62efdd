"""The configuration file: read, changed, written, migrated."""

from __future__ import annotations

import json
import pathlib

import pytest

from aiida.common.exceptions import ConfigurationError, ConfigurationVersionError, ProfileConfigurationError
from aiida.manage.configuration import (
    AiiDAConfigDir,
    Config,
    Profile,
    downgrade_config,
    get_option,
    get_option_names,
    parse_option,
    settings,
    upgrade_config,
)
from aiida.manage.configuration.config import merge

PROFILE = {
    'storage': {'backend': 'core.sqlite_dos', 'config': {'filepath': '/somewhere'}},
    'process_control': {'backend': 'core.rabbitmq', 'config': {'broker_host': '127.0.0.1'}},
    'test_profile': False,
    'PROFILE_UUID': '0595509aeff243ec91f6058306062cae',
    'options': {'runner.poll.interval': 1},
    'default_user_email': 'aiida@localhost',
}
CONTENT = {
    'CONFIG_VERSION': {'CURRENT': 10, 'OLDEST_COMPATIBLE': 10},
    'profiles': {'presto': PROFILE},
    'default_profile': 'presto',
}
OLD = {
    'default_profiles': {'verdi': 'p', 'daemon': 'q'},
    'options': {'logging_aiida_log_level': 'DEBUG', 'user_email': 'x@y'},
    'profiles': {
        'test_q': {
            'AIIDADB_ENGINE': 'postgresql_psycopg2',
            'AIIDADB_BACKEND': 'django',
            'AIIDADB_HOST': 'h',
            'AIIDADB_PORT': 5432,
            'AIIDADB_NAME': 'n',
            'AIIDADB_USER': 'u',
            'AIIDADB_PASS': 'w',
            'AIIDADB_REPOSITORY_URI': 'file:///r',
            'options': {'daemon_timeout': 4},
        }
    },
}


@pytest.fixture
def filepath(tmp_path):
    path = tmp_path / 'config.json'
    path.write_text(json.dumps(CONTENT))
    return path


def test_a_file_comes_back_as_it_was(filepath):
    config = Config.from_file(filepath)
    assert config.dictionary == CONTENT
    assert config.default_profile_name == 'presto'
    profile = config.get_profile()
    assert profile.name == 'presto'
    assert profile.storage_backend == 'core.sqlite_dos'
    assert profile.process_control_backend == 'core.rabbitmq'
    assert not profile.is_test_profile
    config.store()
    assert list(filepath.parent.iterdir()) == [filepath]


def test_the_form_of_the_file_is_that_of_aiida(filepath):
    config = Config.from_file(filepath)
    config.set_option('daemon.timeout', 3)
    config.store()
    assert filepath.read_text() == json.dumps({**CONTENT, 'options': {'daemon.timeout': 3}}, indent=4)


def test_unknown_keys_are_kept(filepath):
    content = {**CONTENT, 'other': {'x': 1}, '$schema': 'some'}
    content['profiles'] = {'presto': {**PROFILE, 'theirs': [1]}}
    filepath.write_text(json.dumps(content))
    config = Config.from_file(filepath)
    config.set_option('daemon.timeout', 3)
    config.store()
    written = json.loads(filepath.read_text())
    assert written['other'] == {'x': 1}
    assert written['$schema'] == 'some'
    assert written['profiles']['presto']['theirs'] == [1]


def test_a_change_keeps_the_state_before(filepath):
    before = filepath.read_text()
    config = Config.from_file(filepath)
    config.set_option('daemon.timeout', 3)
    config.store()
    copies = [path for path in filepath.parent.iterdir() if path != filepath]
    assert [path.read_text() for path in copies] == [before]
    assert filepath.stat().st_mode & 0o077 == 0


def test_a_failed_write_leaves_the_file(filepath, monkeypatch):
    before = filepath.read_text()
    config = Config.from_file(filepath)
    config.set_option('daemon.timeout', 3)

    def refuse(*_):
        raise OSError('disk full')

    monkeypatch.setattr('os.replace', refuse)
    with pytest.raises(ConfigurationError, match='disk full'):
        config.store()
    assert filepath.read_text() == before
    assert not list(filepath.parent.glob('.config-*'))


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('{', 'not valid JSON'),
        ('[]', 'has to hold a JSON object'),
        (
            '{"CONFIG_VERSION": {"CURRENT": 10, "OLDEST_COMPATIBLE": 10}, "profiles": []}',
            'profiles has to be an object',
        ),
        (
            '{"CONFIG_VERSION": {"CURRENT": 10, "OLDEST_COMPATIBLE": 10}, "profiles": {"p": {"storage": {}}}}',
            r'profiles\.p\.process_control has to be an object',
        ),
    ],
)
def test_a_file_that_cannot_be_understood(filepath, text, message):
    if text == '[]':
        text = '[1]'
    filepath.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        Config.from_file(filepath)


def test_a_newer_version_is_refused(filepath):
    filepath.write_text(json.dumps({'CONFIG_VERSION': {'CURRENT': 11, 'OLDEST_COMPATIBLE': 11}}))
    with pytest.raises(ConfigurationVersionError, match='verdi config downgrade 10'):
        Config.from_file(filepath)


def test_the_oldest_version_is_read_and_rewritten(filepath):
    filepath.write_text(json.dumps(OLD))
    config = Config.from_file(filepath)
    assert config.version == 10
    assert config.default_profile_name == 'q'
    assert config.options == {'logging.aiida_loglevel': 'DEBUG', 'autofill.user.email': 'x@y'}
    profile = config.get_profile('test_q')
    assert profile.is_test_profile
    assert len(profile.uuid) == 32
    assert profile.storage_backend == 'core.psql_dos'
    assert profile.storage_config['database_hostname'] == 'h'
    assert profile.process_control_config['broker_port'] == 5672
    assert profile.options == {'daemon.timeout': 4}
    assert json.loads(filepath.read_text())['CONFIG_VERSION']['CURRENT'] == 10
    assert len(list(filepath.parent.glob('config.json.*'))) == 1


@pytest.mark.parametrize('version', range(10))
def test_down_and_up_again_gives_the_same(version):
    content = {
        **CONTENT,
        'profiles': {
            'p': {
                **PROFILE,
                'storage': {
                    'backend': 'core.psql_dos',
                    'config': {'database_hostname': 'h', 'database_name': 'n', 'repository_uri': 'file:///r'},
                },
                'process_control': {
                    'backend': 'rabbitmq',
                    'config': {
                        'broker_protocol': 'amqp',
                        'broker_username': 'guest',
                        'broker_password': 'guest',
                        'broker_host': '127.0.0.1',
                        'broker_port': 5672,
                        'broker_virtual_host': '',
                    },
                },
                'options': {'logging.database_handler': 'DEBUG', 'broker.task_timeout': 7},
            }
        },
        'default_profile': 'p',
        'options': {'autofill.user.email': 'a@b'},
    }
    down = downgrade_config(content, version)
    assert down['CONFIG_VERSION']['CURRENT'] == version
    assert upgrade_config(down) == content


def test_there_is_no_way_up_from_the_future():
    with pytest.raises(ConfigurationVersionError, match='no way'):
        downgrade_config({'CONFIG_VERSION': {'CURRENT': 4, 'OLDEST_COMPATIBLE': 3}}, 8)


def test_profiles(filepath):
    config = Config.from_file(filepath)
    with pytest.raises(ProfileConfigurationError, match='profile `nope` does not exist; there are: `presto`'):
        config.get_profile('nope')
    config.add_profile(Profile('other', {'storage': {}, 'process_control': {}}))
    assert config.profile_names == ['presto', 'other']
    config.set_default_profile('other')
    assert config.default_profile_name == 'presto'
    config.set_default_profile('other', overwrite=True)
    assert config.default_profile_name == 'other'
    config.remove_profile('other')
    with pytest.raises(ProfileConfigurationError):
        config.update_profile(Profile('other', {'storage': {}, 'process_control': {}}))
    with pytest.raises(ConfigurationError, match='lacks: process_control'):
        Profile('x', {'storage': {}})


def test_options_of_a_profile_win(filepath):
    config = Config.from_file(filepath)
    assert config.get_option('runner.poll.interval') == 60
    assert config.get_option('runner.poll.interval', scope='presto') == 1
    config.set_option('runner.poll.interval', '7')
    assert config.get_option('runner.poll.interval') == 7
    assert config.get_option('runner.poll.interval', scope='presto') == 1
    config.unset_option('runner.poll.interval', scope='presto')
    assert config.get_option('runner.poll.interval', scope='presto') == 7
    assert config.get_options('presto')['runner.poll.interval'][1:] == ('global', 7)
    assert config.get_options('presto')['daemon.timeout'][1:] == ('default', 2)
    assert config.get_option('daemon.timeout', default=False) is None


def test_a_default_that_is_a_list_is_not_shared(filepath):
    config = Config.from_file(filepath)
    config.get_option('caching.enabled_for').append('x')
    assert config.get_option('caching.enabled_for') == []


@pytest.mark.parametrize(
    ('name', 'value', 'parsed'),
    [
        ('daemon.timeout', '5', 5),
        ('caching.default_enabled', 'true', True),
        ('caching.default_enabled', 'no', False),
        ('caching.enabled_for', ['a'], ['a']),
        ('logging.aiida_loglevel', 'debug', 'DEBUG'),
        ('logging.plumpy_loglevel', 'INHERIT', 'INHERIT'),
        ('storage.sandbox', None, None),
    ],
)
def test_values_in_the_type_of_the_option(name, value, parsed):
    assert parse_option(name, value)[1] == parsed


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('daemon.timeout', 'x'),
        ('daemon.timeout', 1.5),
        ('daemon.timeout', True),
        ('caching.default_enabled', 'perhaps'),
        ('caching.enabled_for', 'a'),
        ('logging.aiida_loglevel', 'INHERIT'),
        ('verdi.shell.auto_import', 3),
    ],
)
def test_values_of_another_type(name, value):
    with pytest.raises(ConfigurationError, match=name):
        parse_option(name, value)


def test_options_have_names_defaults_and_words():
    with pytest.raises(ConfigurationError, match='did you mean `daemon'):
        get_option('daemon.timeoutt')
    for name in get_option_names():
        option = get_option(name)
        assert option.description.endswith('.')
        assert option.validate(option.default) == option.default


def test_an_option_for_all_cannot_be_set_for_one(filepath):
    config = Config.from_file(filepath)
    with pytest.raises(ConfigurationError, match='only for all'):
        config.set_option('autofill.user.email', 'a@b', scope='presto')


@pytest.mark.parametrize(
    ('existing', 'variable', 'expected'),
    [
        ([], '{0}/a', '{0}/a/.aiida'),
        ([], '{0}/a/.aiida', '{0}/a/.aiida'),
        (['b/.aiida'], '{0}/a:{0}/b', '{0}/b/.aiida'),
        (['a/.aiida', 'b/.aiida'], '{0}/a:{0}/b', '{0}/a/.aiida'),
        ([], '{0}/a:{0}/b', '{0}/b/.aiida'),
        ([], '', '{0}/home/.aiida'),
    ],
)
def test_where_the_configuration_is(tmp_path, monkeypatch, existing, variable, expected):
    for name in existing:
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('AIIDA_PATH', variable.format(tmp_path))
    assert settings._resolve() == pathlib.Path(expected.format(tmp_path))


def test_tests_have_a_configuration_of_their_own():
    assert AiiDAConfigDir.get() != pathlib.Path.home() / '.aiida'


def test_paths_of_the_daemon(filepath):
    config = Config.from_file(filepath)
    paths = config.filepaths(config.get_profile())
    assert paths['daemon']['log'] == str(filepath.parent / 'daemon' / 'log' / 'aiida-presto.log')
    assert paths['circus']['socket']['file'] == str(filepath.parent / 'daemon' / 'circus-presto.sockets')


def test_two_programs_change_the_file(filepath):
    mine, theirs = Config.from_file(filepath), Config.from_file(filepath)
    profile = mine.get_profile('presto')
    theirs.add_profile(Profile('theirs', PROFILE))
    theirs.set_option('daemon.timeout', 3)
    theirs.set_option('runner.poll.interval', 9, scope='presto')
    theirs.store()
    mine.add_profile(Profile('mine', PROFILE))
    mine.set_option('daemon.default_workers', 4)
    mine.set_option('daemon.timeout', 5, scope='presto')
    mine.store()
    for config in (mine, Config.from_file(filepath)):
        assert config.profile_names == ['presto', 'mine', 'theirs']
        assert config.options == {'daemon.default_workers': 4, 'daemon.timeout': 3}
        assert config.get_profile('presto').options == {'runner.poll.interval': 9, 'daemon.timeout': 5}
    assert mine.get_profile('presto') is profile
    theirs.remove_profile('presto').store()
    assert sorted(theirs.profile_names) == ['mine', 'theirs']


def test_what_both_changed_is_mine():
    assert merge({'a': 1, 'b': 1, 'c': 1}, {'a': 2, 'b': 1}, {'a': 3, 'b': 4, 'c': 1, 'd': 5}) == {
        'a': 2,
        'b': 4,
        'd': 5,
    }
    assert merge({}, {'a': {'x': 1}}, {'a': {'y': 2}}) == {'a': {'x': 1, 'y': 2}}


def test_the_state_before_a_change_is_kept_once(tmp_path, monkeypatch):
    """What a command writes in several steps is one change; what another program wrote in between is kept."""
    from aiida.manage.configuration import config as module

    path = tmp_path / 'config.json'

    def kept():
        return [json.loads(copy.read_text()).get('options', {}) for copy in sorted(tmp_path.glob('config.json.*'))]

    Config(path, {**CONTENT, 'options': {}}).store()
    assert kept() == []
    config = Config.from_file(path)
    for number in (1, 2, 3):
        config.set_option('runner.poll.interval', number)
        config.store()
    assert kept() == [{}]
    other = Config.from_file(path)
    other.set_option('daemon.timeout', 7)
    other.store()
    assert kept()[1:] == [{'runner.poll.interval': 3}]
    config.set_option('runner.poll.interval', 4)
    config.store()
    assert kept()[2:] == [{'runner.poll.interval': 3, 'daemon.timeout': 7}]
    monkeypatch.setattr(module, '_SAME_CHANGE', 0.0)  # as if time had passed
    config.set_option('runner.poll.interval', 5)
    config.store()
    assert kept()[3:] == [{'runner.poll.interval': 4, 'daemon.timeout': 7}]
