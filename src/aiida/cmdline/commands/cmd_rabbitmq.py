"""``verdi devel rabbitmq``: what the message broker has, and the tasks that other programs keep in it.

Here the rows of the database are the tasks. The commands on tasks therefore look at these, for any profile; those on
queues and on the server ask the RabbitMQ that the profile names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from aiida.cmdline.groups.verdi import VerdiCommandGroup
from aiida.cmdline.params import arguments, options
from aiida.cmdline.utils import decorators, echo

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from aiida.brokers.rabbitmq.broker import RabbitmqBroker
    from aiida.brokers.rabbitmq.client import RabbitmqManagementClient, Response
    from aiida.engine.runtime.repairing import Stray
    from aiida.orm import ProcessNode

__all__ = ('verdi_rabbitmq',)

#: What the management interface tells of a queue.
_PROPERTIES = [
    'arguments',
    'auto_delete',
    'backing_queue_status',
    'consumer_utilisation',
    'consumers',
    'durable',
    'effective_policy_definition',
    'exclusive',
    'exclusive_consumer_tag',
    'garbage_collection',
    'head_message_timestamp',
    'idle_since',
    'memory',
    'message_bytes',
    'message_bytes_paged_out',
    'message_bytes_persistent',
    'message_bytes_ram',
    'message_bytes_ready',
    'message_bytes_unacknowledged',
    'messages',
    'messages_details',
    'messages_paged_out',
    'messages_persistent',
    'messages_ram',
    'messages_ready',
    'messages_ready_details',
    'messages_ready_ram',
    'messages_unacknowledged',
    'messages_unacknowledged_details',
    'messages_unacknowledged_ram',
    'name',
    'node',
    'operator_policy',
    'policy',
    'recoverable_slaves',
    'reductions',
    'reductions_details',
    'single_active_consumer_tag',
    'state',
    'type',
    'vhost',
]


@click.group('rabbitmq', cls=VerdiCommandGroup)
def verdi_rabbitmq() -> None:
    """Look at RabbitMQ and at the tasks of the workers."""


@verdi_rabbitmq.group('tasks')
def verdi_tasks() -> None:
    """Look at the tasks of the workers: the rows of what is to be run."""


@verdi_rabbitmq.group('queues')
def verdi_queues() -> None:
    """Look at the queues of RabbitMQ."""


# tasks


@verdi_tasks.command('list')
@decorators.with_dbenv()
def tasks_list() -> None:
    """List the pk of each process that is to be run, be it held by a worker or not.

    The list is the same whether or not the daemon runs.
    """
    from aiida.cmdline.utils.reasons import ACTIVE_STATES
    from aiida.manage.manager import get_manager

    for row in get_manager().get_profile_storage().list_processes(states=ACTIVE_STATES, order_by='id'):
        if row.desired_state is not None:
            echo.echo(str(row.id))


@verdi_tasks.command('analyze')
@click.option('--fix', is_flag=True, help='Set what is stuck going again, as `verdi process repair` does.')
@decorators.with_dbenv()
def tasks_analyze(fix: bool) -> None:
    """Find the processes that are active and that nobody will ever go on with.

    `verdi process repair` does the same. Ends with status 1 if some are found and not mended.
    """
    from aiida.engine.runtime.repairing import find_strays, mend

    strays = find_strays()
    for stray in strays:
        echo.echo_warning(f'Process<{stray.pk}> is stuck: {stray.why}')
    if not strays:
        echo.echo_success('Every active process is held by a program that is alive, or ready for a worker.')
        return
    if not fix:
        echo.echo_critical(f'{_count(strays)} stuck: `verdi process repair`, or `--fix`, sets them going again')
    for stray in strays:
        mend(stray)
        echo.echo_report(f'Process<{stray.pk}> is {stray.remedy}')
    echo.echo_success('No process is stuck any more.')


def _count(strays: Sequence[Stray]) -> str:
    return '1 process is' if len(strays) == 1 else f'{len(strays)} processes are'


@verdi_tasks.command('revive')
@arguments.PROCESSES()
@options.FORCE(help='Do not ask for confirmation.')
@decorators.with_dbenv()
def tasks_revive(processes: Sequence[ProcessNode], force: bool) -> None:
    """Let workers look at processes now: those that are stuck, and those that wait for their next attempt.

    A process that is held by a program that is alive is left alone, so that nothing is ever run twice.
    """
    from aiida.engine.runtime.repairing import find_strays

    if not processes:
        raise click.UsageError('name one or more processes by pk, uuid or label')
    if not force:
        click.confirm('Do you want to continue?', abort=True)
    strays = {stray.pk: stray for stray in find_strays()}
    done = [_revive(process, strays) for process in processes]
    if not all(done):
        raise click.exceptions.Exit(1)


def _revive(process: ProcessNode, strays: dict[int, Stray]) -> bool:
    """Let a worker look at a process, say what became of that, and return whether one will."""
    from aiida.engine.runtime.messages import send_task
    from aiida.engine.runtime.repairing import mend

    pk: Any = process.pk
    store = process.backend
    if process.is_terminated:
        echo.echo_error(f'Process<{pk}> is already terminated')
        return False
    if pk in strays:
        mend(strays[pk])
        echo.echo_success(f'Process<{pk}> was stuck: {strays[pk].why}; it is {strays[pk].remedy}')
    else:
        run = store.read_run(pk)
        if run is None:
            echo.echo_error(f'Process<{pk}> is a function, which goes on only with whoever called it')
            return False
        if run.owner is not None:
            echo.echo_report(f'Process<{pk}> is run by a program that is alive: there is nothing to revive')
            return True
        if store.waiting_for(pk):
            echo.echo_report(f'Process<{pk}> waits for what it called, and goes on with the last of that')
            return True
        if run.desired_state == 'pause':
            echo.echo_error(f'Process<{pk}> is paused: `verdi process play {pk}` lets it go on')
            return False
        store.release(pk, run.fence, store.now())
        echo.echo_success(f'Process<{pk}> is ready for the next worker')
    send_task(pk)
    return True


# the server


def _broker() -> RabbitmqBroker:
    """Return the RabbitMQ of the profile, or end the command if it names none."""
    from aiida.brokers import RabbitmqBroker
    from aiida.manage.manager import get_manager

    broker = get_manager().get_broker()
    if not isinstance(broker, RabbitmqBroker):
        echo.echo_critical(
            'the profile does without RabbitMQ: its workers find their tasks in the database. '
            '`verdi profile configure-broker core.rabbitmq` sets one up'
        )
    return broker


@verdi_rabbitmq.command('server-properties')
@decorators.with_dbenv()
def server_properties() -> None:
    """Show what the server says of itself."""
    import json

    from aiida.cmdline.utils.tables import format_table

    broker = _broker()
    try:
        properties = broker.probe_service_status()
    except ConnectionError as exception:
        echo.echo_critical(f'{broker.get_url(redact_credentials=True)} does not answer: {exception}')
    rows = [
        (name, json.dumps(value, sort_keys=True) if isinstance(value, dict) else str(value))
        for name, value in sorted(properties.items())
        if name != 'connected'
    ]
    echo.echo(format_table(rows))


# queues


def _client() -> RabbitmqManagementClient:
    """Return a client of the management interface of the RabbitMQ of the profile."""
    from aiida.brokers.rabbitmq.client import RabbitmqManagementClient
    from aiida.manage.manager import get_manager

    _broker()
    profile = get_manager().get_profile()
    assert profile is not None
    config = profile.process_control_config
    return RabbitmqManagementClient(
        username=config['broker_username'],
        password=config['broker_password'],
        hostname=config['broker_host'],
        virtual_host=config['broker_virtual_host'],
    )


def _ask(client: RabbitmqManagementClient, url: str) -> Response:
    """Ask the management interface, and end the command if it does not answer or does not grant it."""
    from aiida.brokers.rabbitmq.client import ManagementApiConnectionError

    try:
        answer = client.request(url)
    except ManagementApiConnectionError as exception:
        echo.echo_critical(str(exception))
    if not answer.ok:
        echo.echo_critical(f'RabbitMQ does not grant it: {answer.status_code} {answer.reason}')
    return answer


@verdi_queues.command('list')
@options.PROJECT(type=click.Choice(_PROPERTIES), default=['name', 'messages', 'state'], show_default=True)
@options.RAW()
@click.option('-f', '--filter-name', default=None, help='Only queues whose name this regular expression is found in.')
@decorators.with_dbenv()
def queues_list(project: Sequence[str], raw: bool, filter_name: str | None) -> None:
    """List the queues, as the management interface of RabbitMQ tells them."""
    from aiida.cmdline.utils.tables import format_table

    try:
        pattern = re.compile(filter_name or '')
    except re.error as exception:
        raise click.BadParameter(f'{exception}', param_hint='--filter-name') from None
    queues = _ask(_client(), 'queues/{virtual_host}').json()
    rows = [
        [queue.get(name, '') for name in project]
        for queue in sorted(queues, key=lambda queue: str(queue['name']))
        if pattern.search(queue['name'])
    ]
    headers = None if raw else [name.replace('_', ' ').capitalize() for name in project]
    if rows or headers:
        echo.echo(format_table(rows, headers))


@verdi_queues.command('create')
@click.argument('queues', nargs=-1, required=True)
@decorators.with_dbenv()
def queues_create(queues: Sequence[str]) -> None:
    """Create queues that outlast the server."""
    _for_each(queues, 'created', lambda channel, name: channel.declare_queue(name, durable=True))


@verdi_queues.command('delete')
@click.argument('queues', nargs=-1, required=True)
@decorators.with_dbenv()
def queues_delete(queues: Sequence[str]) -> None:
    """Delete queues with the messages in them.

    No process is lost with them: what is to be run is said by the database.
    """

    async def delete(channel: Any, name: str) -> None:
        await channel.declare_queue(name, passive=True)  # an absent one would be deleted without a word
        await channel.queue_delete(name)

    _for_each(queues, 'deleted', delete)


def _for_each(queues: Sequence[str], done: str, action: Callable[[Any, str], Coroutine[Any, Any, Any]]) -> None:
    """Do something with each of the queues, say what became of it, and end with status 1 if that failed for one."""
    import asyncio

    import aio_pika
    from aio_pika.exceptions import AMQPError

    from aiida.brokers.rabbitmq.connection import hushed

    url = _broker().get_url()

    async def act() -> bool:
        succeeded = True
        async with await aio_pika.connect(url) as connection:
            for name in queues:
                channel = await connection.channel()  # an error closes it
                try:
                    await action(channel, name)
                except AMQPError as exception:
                    echo.echo_error(f'the queue {name} was not {done}: {exception}')
                    succeeded = False
                else:
                    echo.echo_success(f'the queue {name} was {done}')
        return succeeded

    try:
        with hushed():
            succeeded = asyncio.run(act())
    except ConnectionError as exception:
        echo.echo_critical(f'{_broker().get_url(redact_credentials=True)} does not answer: {exception}')
    if not succeeded:
        raise click.exceptions.Exit(1)
