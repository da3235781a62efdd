"""Addresses, names, and brokers that need no service."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from aiida.brokers import Broker, RabbitmqBroker, ZeromqBroker
from aiida.brokers.rabbitmq import client, defaults, utils
from aiida.brokers.rabbitmq.connection import describe
from aiida.plugins import BrokerFactory


class Described:
    """What a broker asks of a profile."""

    name = 'one'
    uuid = 'abc'

    def __init__(self, **config):
        self.process_control_config = config


@pytest.mark.parametrize(
    ('settings', 'expected'),
    [
        ({}, 'amqp://guest:guest@127.0.0.1:5672?heartbeat=600'),
        ({'virtual_host': '/x'}, 'amqp://guest:guest@127.0.0.1:5672/x?heartbeat=600'),
        ({'virtual_host': 'x'}, 'amqp://guest:guest@127.0.0.1:5672/x?heartbeat=600'),
        ({'protocol': 'amqps', 'heartbeat': 3}, 'amqps://guest:guest@127.0.0.1:5672?heartbeat=3'),
        (
            {'username': 'a b', 'password': 'p/@:', 'port': '1'},
            'amqp://a%20b:p%2F%40%3A@127.0.0.1:1?heartbeat=600',
        ),
        ({'host': '::1'}, 'amqp://guest:guest@[::1]:5672?heartbeat=600'),
    ],
)
def test_addresses(settings, expected):
    assert utils.get_rmq_url(**settings) == expected


def test_names_are_those_of_aiida():
    assert utils.get_launch_queue_name() == 'process.queue'
    assert utils.get_launch_queue_name('aiida-1') == 'aiida-1.process.queue'
    assert utils.get_message_exchange_name('aiida-1') == 'aiida-1.messages'
    assert utils.get_task_exchange_name('aiida-1') == 'aiida-1.tasks'
    assert (defaults.LAUNCH_QUEUE, defaults.MESSAGE_EXCHANGE, defaults.TASK_EXCHANGE) == (
        'process.queue',
        'messages',
        'tasks',
    )
    assert describe('aiida-1')['task_queue'] not in (utils.get_launch_queue_name('aiida-1'), None)


def test_passwords_are_not_shown():
    broker = RabbitmqBroker(Described(broker_password='secret', broker_parameters={'heartbeat': 5}))
    assert broker.get_url() == 'amqp://guest:secret@127.0.0.1:5672?heartbeat=5'
    assert broker.get_url(redact_credentials=True) == 'amqp://guest:***@127.0.0.1:5672?heartbeat=5'
    away = RabbitmqBroker(Described(broker_password='secret', broker_port=1))
    assert str(away) == 'RabbitMQ @ amqp://guest:***@127.0.0.1:1?heartbeat=600 <Connection failed>'
    with pytest.raises(ConnectionError) as raised:
        defaults.detect_rabbitmq_config(port=1, password='secret')
    assert 'secret' not in str(raised.value)


def test_objects_in_messages_are_not_made():
    decode = describe('x')['decoder']
    body = b'!!python/object/new:kiwipy.rmq.tasks.TaskBody\n- {task: continue, args: !!python/tuple [1, 2]}\n- true\n'
    assert decode(body) == [{'task': 'continue', 'args': [1, 2]}, True]
    assert decode(b'!!python/object/apply:os.system ["touch /tmp/x"]') == ['touch /tmp/x']
    assert decode(b'!aiida_node "abc"') == 'abc'
    assert decode(b'!!python/object:x.Y {a: 1}') == {'a': 1}
    assert decode(b'!!python/object/new:x.Y []') == []
    encode = describe('x')['encoder']
    assert decode(encode({'intent': 'kill', 'message': None, 'force_kill': True})) == {
        'intent': 'kill',
        'message': None,
        'force_kill': True,
    }


def test_the_classes_by_their_entry_points():
    assert BrokerFactory('core.rabbitmq') is RabbitmqBroker
    assert BrokerFactory('core.zeromq') is ZeromqBroker
    assert RabbitmqBroker.get_default_config() == {
        'broker_protocol': 'amqp',
        'broker_username': 'guest',
        'broker_password': 'guest',
        'broker_host': '127.0.0.1',
        'broker_port': 5672,
        'broker_virtual_host': '',
    }
    assert ZeromqBroker.get_default_config() == {'supervised_by_daemon': True}
    assert ZeromqBroker.get_detected_config({'supervised_by_daemon': False}.get) == {'supervised_by_daemon': False}
    assert list(ZeromqBroker(Described()).iterate_tasks()) == []
    with pytest.raises(TypeError):
        Broker(Described())


@pytest.fixture
def management(monkeypatch):
    """A service that answers as the management interface does; what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers['Authorization']))
            self.send_response(200 if 'nothing' not in self.path else 404)
            self.end_headers()
            self.wfile.write(b'{"name": "one"}')

        def log_message(self, *_):
            pass

    server = HTTPServer(('127.0.0.1', 0), Handler)
    monkeypatch.setattr(client, '_PORT', server.server_port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_management_interface_is_asked(management):
    asker = client.RabbitmqManagementClient('guest', 'guest', '127.0.0.1', '')
    answer = asker.request('queues/{virtual_host}/{queue}', {'queue': 'a b'}, params={'page': 1})
    assert (answer.ok, answer.status_code, answer.json()) == (True, 200, {'name': 'one'})
    assert management == [('/api/queues/%2F/a%20b?page=1', 'Basic Z3Vlc3Q6Z3Vlc3Q=')]
    assert not asker.request('nothing').ok
    assert asker.is_connected


def test_a_management_interface_that_does_not_answer(monkeypatch):
    monkeypatch.setattr(client, '_PORT', 1)
    asker = client.RabbitmqManagementClient('guest', 'guest', '127.0.0.1', 'v')
    assert asker.format_url('queues/{virtual_host}') == 'http://127.0.0.1:1/api/queues/v'
    assert not asker.is_connected
    with pytest.raises(client.ManagementApiConnectionError, match='rabbitmq-plugins enable'):
        asker.request('queues')
