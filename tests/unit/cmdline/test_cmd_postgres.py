"""Profiles in PostgreSQL, by what the commands print and what is there afterwards."""

from __future__ import annotations

import json

import pytest

from aiida.manage import get_manager
from aiida.manage.configuration import get_config
from postgres_server import PASSWORD, USER

SETUP = ('profile', 'setup', 'core.psql_dos', '-n', '--email', 'a@b', '--first-name', 'A')


@pytest.fixture
def words(postgres_server, tmp_path):
    """The options that name an empty database, with changes."""

    def make(**changes):
        options = {**postgres_server.new_config(tmp_path / 'files'), **changes}
        return [word for key, value in options.items() for word in (f'--{key.replace("_", "-")}', str(value))]

    return make


def test_presto_makes_a_user_and_a_database(verdi, config_folder, postgres_server):
    from aiida import orm

    server = ('--postgres-hostname', '127.0.0.1', '--postgres-port', str(postgres_server.port))
    administrator = ('--postgres-username', USER, '--postgres-password', PASSWORD)
    output = verdi('presto', '--use-postgres', *server, *administrator).output
    assert 'Made the database and the user `aiida-presto`' in output
    profile = json.loads((config_folder / 'config.json').read_text())['profiles']['presto']
    storage = profile['storage']['config']
    assert profile['storage']['backend'] == 'core.psql_dos'
    assert list(storage) == [
        'database_engine',
        'database_hostname',
        'database_port',
        'database_username',
        'database_password',
        'database_name',
        'repository_uri',
    ]
    assert (storage['database_engine'], storage['database_port']) == ('postgresql_psycopg', postgres_server.port)
    assert storage['repository_uri'].startswith(f'file://{config_folder}/repository/')
    assert orm.load_computer('localhost').is_configured
    node = orm.Int(3).store()
    get_manager().unload_profile()
    output = verdi('status').output
    assert 'core.psql_dos in the database aiida-presto of PostgreSQL on 127.0.0.1' in output
    assert storage['database_password'] not in output + verdi('profile', 'show').output
    assert verdi('node', 'attributes', node.uuid).output.count('3') >= 1
    get_manager().unload_profile()
    # a second one gets names of its own
    verdi('presto', '--use-postgres', *server, *administrator)
    assert get_config().get_profile('presto-1').storage_config['database_name'] == 'aiida-presto-1'
    get_manager().unload_profile()
    wrong = verdi('presto', '--use-postgres', *server, '--postgres-username', 'nobody', status=1).output
    assert wrong.startswith('Critical: PostgreSQL on 127.0.0.1')
    assert wrong.count('\n') == 1


def test_a_profile_is_set_up_used_and_deleted(verdi, words, tmp_path):
    from aiida import orm

    options = words()
    output = verdi(*SETUP, *options, '-p', 'one').output
    assert 'Created the profile `one`, with its data in the database test_' in output
    assert (tmp_path / 'files' / 'container').is_dir()
    verdi('profile', 'set-default', 'one')
    get_manager().load_profile('one')
    assert orm.User.collection.get_default().email == 'a@b'
    node = orm.Dict({'a': 1}).store()
    get_manager().unload_profile()
    # the same store under another name
    verdi(*SETUP, *options, '-p', 'two')
    get_manager().load_profile('two', allow_switch=True)
    assert orm.load_node(node.uuid).get_dict() == {'a': 1}
    get_manager().unload_profile()
    assert 'the database test_' in verdi('profile', 'delete', 'two', input='n\ny\n').output
    assert (tmp_path / 'files' / 'container').is_dir()
    verdi('profile', 'delete', '-f', '--delete-data', 'one')
    assert not (tmp_path / 'files').exists()
    verdi(*SETUP, *options, '-p', 'three')


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'database_name': 'nowhere'}, 'does not exist'),
        ({'database_password': 'wrong'}, 'correct the user and the password'),
        ({'database_port': 1}, 'check that the server runs'),
    ],
    ids=['database', 'password', 'server'],
)
def test_errors_are_one_line_and_leave_no_profile(verdi, words, changes, message):
    output = verdi(*SETUP, *words(**changes), '-p', 'one', status=1).output
    assert output.startswith('Critical: the database')
    assert message in output
    assert output.count('\n') == 1
    assert 'no profiles yet' in verdi('profile', 'list').output


def test_status_tells_that_the_server_is_gone_or_the_schema_another_one(verdi, words, postgres_server):
    verdi(*SETUP, *words(), '-p', 'one')
    profile = get_config().get_profile('one')
    get_manager().unload_profile()
    database = profile.storage_config['database_name']
    postgres_server.execute("UPDATE alembic_version SET version_num = 'main_0001'", database)
    output = verdi('status', status=1).output
    assert 'has a schema of revision main_0001' in output
    assert 'Traceback' not in output
    profile.storage_config['database_port'] = 1
    get_config().update_profile(profile)
    output = verdi('status', status=1).output
    assert 'cannot be reached (Connection refused)' in output
    output = verdi('process', 'list', status=1).output
    assert output.startswith('Critical: the database')
    assert output.count('\n') == 1
