"""Profiles that name RabbitMQ: requests, news and tasks are carried, and the rows decide all the same."""

from __future__ import annotations

import asyncio
import time

import kiwipy
import pytest
from aio_pika.exceptions import ChannelInvalidStateError

from aiida import orm
from aiida.brokers import RabbitmqBroker
from aiida.engine import submit
from aiida.engine.processes.control import kill_processes, pause_processes, play_processes
from aiida.engine.processes.futures import ProcessFuture
from aiida.engine.runtime import messages
from aiida.manage.manager import get_manager
from aiida.orm.backend import get_store

RUN = 'from aiida.engine import run\nrun(broker_processes.Ticking, ticks=orm.Int({ticks}))'


def only_process():
    return orm.QueryBuilder().append(orm.WorkChainNode).all(flat=True)


def answer(future, seconds=10):
    """Return what a request gives in the end: its answer may be that the answer follows."""
    while isinstance(future, kiwipy.Future):
        future = future.result(seconds)
    return future


def ask(wait_until, call):
    """Ask something of a process as soon as somebody listens for it."""
    found = []

    def try_it():
        try:
            found.append(call())
        except (kiwipy.UnroutableError, ChannelInvalidStateError):
            return False
        return True

    wait_until(try_it)
    return answer(found[0])


def controller():
    return get_manager().get_process_controller()


def post():
    broker = get_manager().get_broker()
    assert isinstance(broker, RabbitmqBroker)
    return broker.get_post()


@pytest.fixture
def ticking(rabbitmq, elsewhere, wait_until):
    """A process that another program runs, in `run`; and that program."""
    program = elsewhere(RUN.format(ticks=100_000))
    wait_until(lambda: (found := only_process()) and found[0].process_state.value == 'running')
    return only_process()[0], program


def test_a_process_that_is_run_is_steered_by_messages_from_another_program(ticking, wait_until):
    node, program = ticking
    assert ask(wait_until, lambda: controller().get_status(node.pk))['paused'] is False
    assert answer(controller().pause_process(node.pk, 'a break')) is True
    wait_until(lambda: node.paused)
    assert node.process_status == 'a break'
    assert answer(controller().get_status(node.pk))['paused'] is True
    assert answer(controller().play_process(node.pk)) is True
    wait_until(lambda: not node.paused)
    assert answer(controller().kill_process(node.pk, 'enough')) is True
    wait_until(lambda: node.is_terminated)
    assert (node.process_state.value, node.process_status) == ('killed', 'enough')
    program.wait(20)
    with pytest.raises(kiwipy.UnroutableError):
        answer(controller().get_status(node.pk))


def test_a_process_of_a_worker_is_steered_by_messages(rabbitmq, classes, worker, wait_until):
    node = submit(classes.Ticking, ticks=orm.Int(100_000))
    worker()
    assert ask(wait_until, lambda: controller().pause_process(node.pk, 'a break')) is True
    wait_until(lambda: node.paused)
    wait_until(lambda: get_store().read_run(node.pk).owner is None)  # nobody holds what is paused, nobody listens
    assert get_store().read_run(node.pk).desired_state == 'pause'
    play_processes([node])
    wait_until(lambda: not node.paused)
    assert ask(wait_until, lambda: controller().kill_process(node.pk, 'enough')) is True
    wait_until(lambda: node.is_terminated)
    assert node.process_status == 'enough'
    assert get_store().read_run(node.pk) is None


def test_control_works_by_the_rows_whatever_becomes_of_messages(ticking, wait_until, monkeypatch):
    node, _ = ticking
    monkeypatch.setattr(messages, 'poke', lambda pk: None)
    pause_processes([node], msg_text='a break')
    assert node.paused
    play_processes([node])
    assert not node.paused
    kill_processes([node], msg_text='enough')
    assert node.is_killed


def test_who_is_poked_looks_at_its_row_at_once(ticking, wait_until):
    node, _ = ticking
    ask(wait_until, lambda: controller().get_status(node.pk))
    post().broadcast('hello')  # so that it is connected
    wait_until(lambda: post().is_connected)
    pause_processes([node], msg_text='a break')
    assert node.process_status == 'a break'
    kill_processes([node])
    assert node.is_killed


def test_a_late_message_does_not_undo_what_the_row_says(ticking, wait_until):
    node, _ = ticking
    ask(wait_until, lambda: controller().get_status(node.pk))
    get_store().set_desired(node.pk, 'pause', 'by the row')
    assert answer(controller().get_status(node.pk))['paused'] is True or node.paused
    wait_until(lambda: node.paused)
    assert node.process_status == 'by the row'


def test_changes_of_state_are_broadcast_after_they_are_written(rabbitmq, classes, worker, wait_until):
    heard = []
    states = []

    def hear(_, body, sender, subject, correlation):
        heard.append((body, sender, subject))
        states.append(orm.load_node(sender).process_state.value)

    get_manager().get_communicator().add_broadcast_subscriber(hear)
    node = submit(classes.Ticking, ticks=orm.Int(1))
    wait_until(lambda: heard)
    worker()
    wait_until(lambda: len(heard) == 3)
    assert heard == [
        (None, node.pk, 'state_changed.None.created'),
        (None, node.pk, 'state_changed.created.running'),
        (None, node.pk, 'state_changed.running.finished'),
    ]
    assert states[0] == 'created'
    assert states[2] == 'finished'


def test_a_future_is_resolved_by_news(rabbitmq, classes, worker):
    node = submit(classes.Ticking, ticks=orm.Int(20))
    worker()

    async def wait():
        future = ProcessFuture(node.pk, asyncio.get_running_loop(), None, messages.bulletin())
        return await asyncio.wait_for(future, 30)

    assert asyncio.run(wait()).is_finished_ok


def test_the_future_of_a_runner_hears_news(rabbitmq, classes, worker):
    runner = get_manager().get_runner()
    runner._poll_interval = 1000
    node = submit(classes.Ticking, ticks=orm.Int(20))
    future = runner.get_process_future(node.pk)
    worker()
    assert runner.run_until_complete(asyncio.wait_for(future, 30)).is_finished_ok
    assert runner.communicator is get_manager().get_communicator()
    assert answer(runner.communicator.broadcast_send('x', 'y', 'z'))


def test_a_task_is_acknowledged_when_the_process_is_claimed(rabbitmq, classes, worker, wait_until):
    broker = get_manager().get_broker()
    node = submit(classes.Ticking, ticks=orm.Int(100_000))
    wait_until(lambda: list(broker.iterate_tasks()))
    (task,) = broker.iterate_tasks()
    assert task.body == {'task': 'continue', 'args': {'pid': node.pk, 'nowait': False, 'tag': None}}
    worker()
    wait_until(lambda: node.process_state.value == 'running')
    wait_until(lambda: not list(broker.iterate_tasks()))
    assert not node.is_terminated
    kill_processes([node])


def test_the_broker_is_restarted_while_processes_run(rabbitmq, classes, worker, wait_until):
    worker()
    first = submit(classes.Ticking, ticks=orm.Int(100_000))
    second = submit(classes.Ticking, ticks=orm.Int(40))
    assert ask(wait_until, lambda: controller().get_status(first.pk))['paused'] is False
    rabbitmq.stop()
    wait_until(lambda: second.is_finished_ok)
    third = submit(classes.Ticking, ticks=orm.Int(1))
    wait_until(lambda: third.is_finished_ok)
    pause_processes([first])
    play_processes([first])
    rabbitmq.start()
    assert ask(wait_until, lambda: controller().kill_process(first.pk, 'enough')) is True
    wait_until(lambda: first.is_terminated)
    fourth = submit(classes.Ticking, ticks=orm.Int(1))
    wait_until(lambda: fourth.is_finished_ok)
    wait_until(lambda: not list(get_manager().get_broker().iterate_tasks()))


def test_a_program_ends_in_time_though_the_broker_is_away(rabbitmq, elsewhere, wait_until):
    rabbitmq.stop()
    program = elsewhere(RUN.format(ticks=1) + '\nimport time; print("ended", time.time(), flush=True)')
    output, _ = program.communicate(timeout=30)
    assert program.returncode == 0
    assert time.time() - float(output.split('ended ')[1].split()[0]) < 3
    assert output.count('no connection to amqp://guest:***@') == 1
    assert only_process()[0].is_finished_ok


def test_a_script_sends_its_task_before_it_ends(rabbitmq, elsewhere):
    program = elsewhere('from aiida.engine import submit\nsubmit(broker_processes.Ticking, ticks=orm.Int(1))')
    output, _ = program.communicate(timeout=30)
    assert program.returncode == 0, output
    (task,) = get_manager().get_broker().iterate_tasks()
    assert task.body['args']['pid'] == only_process()[0].pk


def test_a_process_that_has_no_row_is_asked_by_messages(rabbitmq):
    node = orm.WorkChainNode()
    node.set_process_state('running')
    node.store()
    asked = []

    def receive(_, message):
        asked.append(message)
        if message['intent'] == 'kill':
            node.set_process_state('killed')
            node.seal()
        elif message['intent'] == 'pause':
            node.pause()
        else:
            node.unpause()
        return True

    get_manager().get_communicator().add_rpc_subscriber(receive, str(node.pk))
    pause_processes([node], msg_text='a break')
    play_processes([node])
    kill_processes([node], msg_text='enough', force=True)
    assert node.is_killed
    assert [message['intent'] for message in asked] == ['pause', 'play', 'kill']
    assert asked[0]['message'] == 'a break'
    assert asked[2] == {'intent': 'kill', 'message': 'enough', 'force_kill': True}


def test_what_the_service_says(rabbitmq):
    broker = get_manager().get_broker()
    version = broker.get_rabbitmq_version()
    url = f'amqp://guest:***@127.0.0.1:{rabbitmq.port}?heartbeat=600'
    assert str(broker) == f'RabbitMQ v{version} @ {url}'
    assert broker.is_rabbitmq_version_supported()
    assert broker.check_rabbitmq_version() == (version, True)
    assert broker.check_service_reachable()
    status = broker.probe_service_status()
    assert (status['connected'], status['product']) == (True, 'RabbitMQ')
    known = {'broker_port': rabbitmq.port}
    assert RabbitmqBroker.get_detected_config(known.get) == rabbitmq.config
    rabbitmq.stop()
    assert not broker.check_service_reachable()
    assert str(broker) == f'RabbitMQ @ {url} <Connection failed>'
    with pytest.raises(ConnectionError):
        broker.get_rabbitmq_version()
    with pytest.raises(ConnectionError, match='no RabbitMQ answers'):
        RabbitmqBroker.get_detected_config(known.get)


def test_nothing_of_it_is_imported_before_it_is_needed(rabbitmq, elsewhere):
    program = elsewhere(
        'import sys, aiida.engine\n'
        'node = orm.Int(1).store()\n'
        'print([name for name in sys.modules if name.startswith(("kiwipy.rmq", "aiida.brokers"))])'
    )
    output, _ = program.communicate(timeout=30)
    assert output.splitlines()[-1] == '[]', output
