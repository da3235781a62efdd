"""``verdi devel rabbitmq``: the tasks are rows, the queues are RabbitMQ's."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from aiida.brokers.rabbitmq import client
from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.engine import WorkChain, run_get_node, submit
from aiida.manage.manager import get_manager


class Nothing(WorkChain):
    """Does nothing."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.outline(cls.rest)

    def rest(self):
        pass


@pytest.fixture
def call(profile):
    def caller(*arguments, status=0, text=None):
        get_manager().reset_broker()
        result = CliRunner().invoke(verdi, ['devel', 'rabbitmq', *map(str, arguments)], input=text)
        assert result.exit_code == status, result.output
        return result.output

    return caller


def test_tasks_are_the_rows(call):
    first, second = submit(Nothing), submit(Nothing)
    run_get_node(Nothing)
    assert first.backend.claim_one(second.pk, 'elsewhere:1', time.time(), time.time() + 60)
    assert call('tasks', 'list').split() == [str(first.pk), str(second.pk)]


def test_what_is_stuck_is_told_and_mended(call):
    node = submit(Nothing)
    assert 'Every active process' in call('tasks', 'analyze')
    node.backend._database.execute('DELETE FROM process_run WHERE node_id = ?', (node.pk,))
    output = call('tasks', 'analyze', status=1)
    assert f'Process<{node.pk}> is stuck: nothing says that it is to be run' in output
    assert '1 process is stuck: `verdi process repair`' in output
    assert node.backend.read_run(node.pk) is None
    assert f'Process<{node.pk}> is left to the workers' in call('tasks', 'analyze', '--fix')
    assert node.backend.read_run(node.pk).owner is None


def test_a_task_is_brought_forward_or_back_but_never_doubled(call):
    stuck, late, held, paused = (submit(Nothing) for _ in range(4))
    _, ended = run_get_node(Nothing)
    store = stuck.backend
    store._database.execute('DELETE FROM process_run WHERE node_id = ?', (stuck.pk,))
    store.release(late.pk, 0, time.time() + 3600, error='no such module')
    store.claim_one(held.pk, 'elsewhere:1', time.time(), time.time() + 60)
    store.set_desired(paused.pk, 'pause')
    assert 'Aborted' in call('tasks', 'revive', stuck.pk, status=1, text='n\n')
    pks = [node.pk for node in (stuck, late, held, paused, ended)]
    lines = call('tasks', 'revive', '-f', *pks, status=1).splitlines()
    assert lines == [
        f'Success: Process<{stuck.pk}> was stuck: nothing says that it is to be run; it is left to the workers',
        f'Success: Process<{late.pk}> is ready for the next worker',
        f'Report: Process<{held.pk}> is run by a program that is alive: there is nothing to revive',
        f'Error: Process<{paused.pk}> is paused: `verdi process play {paused.pk}` lets it go on',
        f'Error: Process<{ended.pk}> is already terminated',
    ]
    assert store.read_run(late.pk).ready_since <= time.time()
    assert store.read_run(held.pk).owner == 'elsewhere:1'
    assert 'name one or more processes' in call('tasks', 'revive', status=2)


@pytest.mark.parametrize(
    'command', [['server-properties'], ['queues', 'list'], ['queues', 'create', 'x'], ['queues', 'delete', 'x']]
)
def test_a_profile_may_have_no_rabbitmq(call, command):
    assert 'the profile does without RabbitMQ' in call(*command, status=1)


def test_what_the_server_says_of_itself(rabbitmq, call):
    lines = dict(line.split(maxsplit=1) for line in call('server-properties').splitlines())
    assert lines['product'] == 'RabbitMQ'
    assert lines['version'] == str(get_manager().get_broker().get_rabbitmq_version())
    assert json.loads(lines['capabilities'])['publisher_confirms'] is True


def test_queues_are_created_and_deleted(rabbitmq, call):
    assert call('queues', 'create', 'one', 'two').splitlines() == [
        'Success: the queue one was created',
        'Success: the queue two was created',
    ]
    call('queues', 'create', 'one')  # it is there already, and alike
    assert call('queues', 'delete', 'one') == 'Success: the queue one was deleted\n'
    lines = call('queues', 'delete', 'one', 'two', status=1).splitlines()
    assert lines[0].startswith('Error: the queue one was not deleted: ')
    assert lines[1:] == ['Success: the queue two was deleted']


def test_a_server_that_is_away(profile, call):
    profile.set_process_controller('core.rabbitmq', AWAY)
    for command in (['server-properties'], ['queues', 'create', 'x']):
        assert 'amqp://guest:***@127.0.0.1:1' in call(*command, status=1)


AWAY = {
    'broker_protocol': 'amqp',
    'broker_username': 'guest',
    'broker_password': 'guest',
    'broker_host': '127.0.0.1',
    'broker_port': 1,
    'broker_virtual_host': '',
}


@pytest.fixture
def management(profile, monkeypatch):
    """What answers as the management interface does; what it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            queues = [{'name': name, 'messages': number, 'state': 'running'} for number, name in enumerate('ba')]
            self.wfile.write(json.dumps([*queues, {'name': 'aiida-1', 'messages': 12, 'durable': True}]).encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(('127.0.0.1', 0), Handler)
    monkeypatch.setattr(client, '_PORT', server.server_port)
    profile.set_process_controller('core.rabbitmq', AWAY)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_queues_are_listed(management, call):
    assert call('queues', 'list').splitlines() == [
        'Name       Messages  State',
        '-------  ----------  -------',
        'a                 1  running',
        'aiida-1          12',
        'b                 0  running',
    ]
    assert call('queues', 'list', '-r', '-f', '^aiida', '-P', 'name', 'durable') == 'aiida-1  True\n'
    assert management[0] == '/api/queues/%2F'
    assert 'filter-name' in call('queues', 'list', '-f', '(', status=2)


def test_a_management_interface_that_is_away(profile, call, monkeypatch):
    monkeypatch.setattr(client, '_PORT', 1)
    profile.set_process_controller('core.rabbitmq', AWAY)
    assert 'rabbitmq-plugins enable rabbitmq_management' in call('queues', 'list', status=1)
