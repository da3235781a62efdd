"""What commands say of RabbitMQ."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.manage.configuration import get_config
from aiida.manage.manager import get_manager


@pytest.fixture
def call(profile):
    def caller(*arguments, status=0, text=None):
        get_manager().reset_broker()
        result = CliRunner().invoke(verdi, arguments, input=text)
        assert result.exit_code == status, result.output
        return result.output

    return caller


def settings(name='test'):
    return get_config().get_profile(name).dictionary['process_control']


def test_the_status_says_whether_it_answers(rabbitmq, call):
    version = get_manager().get_broker().get_rabbitmq_version()
    where = f'amqp://guest:***@127.0.0.1:{rabbitmq.port}?heartbeat=600'
    assert f' ✔ broker:      RabbitMQ v{version} @ {where}\n' in call('status')
    rabbitmq.stop()
    output = call('status', status=1)
    assert f' ✗ broker:      Unable to connect to broker: RabbitMQ @ {where} <Connection failed>\n' in output
    assert 'broker:' not in call('status', '--no-rmq')


def test_the_daemon_is_started_though_it_is_away(profile, call, monkeypatch):
    from aiida.cmdline.commands import cmd_daemon

    profile.set_process_controller('core.rabbitmq', {'broker_port': 1})
    started = []
    monkeypatch.setattr(cmd_daemon, '_start', lambda *arguments: started.append(arguments))
    output = call('daemon', 'start')
    assert 'Unable to connect to broker: RabbitMQ @ amqp://guest:***@127.0.0.1:1' in output
    assert len(started) == 1


def test_a_profile_is_told_where_it_is(rabbitmq, call):
    call('profile', 'configure-broker', 'none', 'test')
    assert settings() == {'backend': None, 'config': {}}
    assert 'none needed' in call('status')
    call('profile', 'configure-broker', 'core.zeromq', 'test')
    assert settings() == {'backend': 'core.zeromq', 'config': {}}
    assert 'none needed' in call('status')
    output = call('profile', 'configure-broker', 'core.rabbitmq', 'test', '-n', '--broker-port', str(rabbitmq.port))
    assert 'Success: Connected to RabbitMQ with the provided connection parameters' in output
    assert settings() == {'backend': 'core.rabbitmq', 'config': rabbitmq.config}
    output = call('profile', 'configure-rabbitmq', 'test', '--broker-username', 'bob')
    assert 'Deprecated' in output
    assert 'Unable to connect to RabbitMQ server' in output
    assert 'ACCESS_REFUSED' in output
    assert settings()['config'] == {**rabbitmq.config, 'broker_username': 'bob'}


def test_what_does_not_answer_is_taken_only_if_that_is_wanted(profile, call):
    before = settings()
    lines = '\n\n\n\n1\n\nn\n'
    output = call('profile', 'configure-broker', 'core.rabbitmq', 'test', '-I', text=lines, status=1)
    assert 'Do you want to continue with the provided configuration?' in output
    assert settings() == before
    call('profile', 'configure-broker', 'core.rabbitmq', 'test', '-n', '-f', '--broker-port', '1')
    assert settings()['config']['broker_port'] == 1


@pytest.mark.parametrize('option', [('--broker', 'core.rabbitmq'), ('--use-rabbitmq',)])
def test_a_new_profile_that_names_it(rabbitmq, call, option, monkeypatch):
    monkeypatch.setenv('AIIDA_BROKER_PORT', str(rabbitmq.port))
    call('profile', 'setup', 'core.sqlite_dos', '-n', '-p', 'second', '--email', 'a@b.c', *option)
    assert settings('second') == {'backend': 'core.rabbitmq', 'config': rabbitmq.config}
    call('profile', 'setup', 'core.sqlite_dos', '-n', '-p', 'third', '--email', 'a@b.c', '--no-use-rabbitmq')
    assert settings('third')['backend'] is None
