"""Fixtures of what runs beside the tests: the daemon, PostgreSQL, SSH and the broker."""

import contextlib

import pytest
from plumpy import ProcessState

from aiida import orm
from aiida.engine import submit
from aiida.plugins import CalculationFactory, WorkflowFactory
from aiida.plugins.entry_point import get_entry_point_names


def test_started(started_daemon_client, daemon_client, aiida_profile):
    assert started_daemon_client is daemon_client
    assert daemon_client.is_daemon_running
    assert daemon_client.profile.uuid == aiida_profile.uuid
    assert daemon_client.get_number_of_workers() == 1


def test_workers_run_what_is_submitted(started_daemon_client, submit_and_await, aiida_code_installed):
    code = aiida_code_installed(default_calc_job_plugin='core.arithmetic.add', filepath_executable='/bin/bash')
    builder = code.get_builder()
    builder.x, builder.y = orm.Int(1), orm.Int(2)
    node = submit_and_await(builder, timeout=60)
    assert node.is_finished_ok
    assert node.outputs.sum == 3
    assert orm.QueryBuilder().append(orm.Log).count() == 0


@pytest.mark.usefixtures('started_daemon_client', 'aiida_profile_clean')
def test_workers_go_on_after_the_profile_was_emptied(submit_and_await, aiida_code_installed):
    code = aiida_code_installed(default_calc_job_plugin='core.arithmetic.add')
    for number in (1, 2):
        inputs = {'code': code, 'x': orm.Int(number), 'y': orm.Int(2)}
        node = submit_and_await(CalculationFactory('core.arithmetic.add'), timeout=60, **inputs)
        assert node.outputs.sum == number + 2


@pytest.mark.usefixtures('started_daemon_client')
def test_workers_run_what_a_work_chain_submits(submit_and_await, aiida_code_installed):
    code = aiida_code_installed(default_calc_job_plugin='core.arithmetic.add')
    inputs = {'x': orm.Int(1), 'y': orm.Int(2), 'z': orm.Int(3), 'code': code}
    node = submit_and_await(WorkflowFactory('core.arithmetic.multiply_add'), timeout=60, **inputs)
    assert node.outputs.result == 5


def test_stopped(stopped_daemon_client, submit_and_await, aiida_code_installed):
    assert not stopped_daemon_client.is_daemon_running
    code = aiida_code_installed(default_calc_job_plugin='core.arithmetic.add')
    inputs = {'code': code, 'x': orm.Int(1), 'y': orm.Int(2)}
    node = submit(CalculationFactory('core.arithmetic.add'), inputs)
    assert not node.is_terminated
    assert submit_and_await(node, ProcessState.FINISHED, timeout=60).is_finished_ok


def test_clients_do_not_start_anything(daemon_client):
    assert not daemon_client.is_daemon_running


def test_databases(postgres_cluster, config_psql_dos):
    import psycopg

    config = config_psql_dos(database_name='mine')
    assert config['database_name'] == 'mine'
    assert config['repository_uri'].startswith('file:///')
    assert config_psql_dos()['database_name'] != config_psql_dos()['database_name']
    other = postgres_cluster.create_database('other', 'somebody', 'secret')
    with psycopg.connect(
        host=other['database_hostname'],
        port=other['database_port'],
        user='somebody',
        password='secret',
        dbname='other',
    ) as connection:
        connection.execute('CREATE TABLE mine (id integer)')
        assert connection.execute('SELECT current_user').fetchone() == ('somebody',)


@pytest.mark.skipif('core.psql_dos' not in get_entry_point_names('aiida.storage'), reason='no store in PostgreSQL')
def test_profile_in_postgres(aiida_config, aiida_profile_factory, config_psql_dos):
    with aiida_profile_factory(aiida_config, storage_backend='core.psql_dos', storage_config=config_psql_dos()) as made:
        node = orm.SinglefileData.from_string('content').store()
        assert orm.load_node(node.pk).get_content() == 'content'
        made.reset_storage()
        assert orm.QueryBuilder().append(orm.Node).count() == 0
        assert orm.User.collection.get_default().email == 'test@localhost'


def test_unknown_store(aiida_config, aiida_profile_factory):
    with aiida_profile_factory(aiida_config, storage_backend='core.sqlite_zip'):
        pass


def test_key(ssh_key):
    assert 'PRIVATE KEY' in ssh_key.read_text()
    assert ssh_key.with_suffix('.pub').read_text().startswith('ssh-')
    assert ssh_key.stat().st_mode & 0o077 == 0


def test_computers(aiida_computer_ssh, aiida_computer_ssh_async, ssh_key, tmp_path):
    computer = aiida_computer_ssh()
    assert computer.transport_type == 'core.ssh'
    assert computer.is_configured
    assert computer.get_configuration()['key_filename'] == str(ssh_key)
    assert computer.get_workdir() == str(tmp_path)
    assert not aiida_computer_ssh(label='unready', configure=False).is_configured
    assert aiida_computer_ssh(label='unready').is_configured
    modern = aiida_computer_ssh_async(label='modern', backend='asyncssh')
    assert modern.transport_type == 'core.ssh_async'
    assert modern.get_configuration()['backend'] == 'asyncssh'
    assert aiida_computer_ssh_async(label='modern').pk == modern.pk


def test_broker(run_aiida_broker_service, run_aiida_broker_service_for_profile, aiida_profile):
    with run_aiida_broker_service_for_profile(aiida_profile), contextlib.suppress(ZeroDivisionError):
        raise ZeroDivisionError
