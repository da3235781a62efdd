"""RabbitMQ: tasks, requests and news in the form that AiiDA gives them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from aiida.brokers.broker import Broker, BrokerConfigField, DescribedProfile
from aiida.brokers.rabbitmq import defaults, names
from aiida.brokers.rabbitmq.utils import get_rmq_url
from aiida.common.options import get_option_value

if TYPE_CHECKING:
    from kiwipy.rmq import RmqThreadCommunicator
    from packaging.version import Version

    from aiida.brokers.post import Post

__all__ = ('RabbitmqBroker',)

_KNOWN = names.BROKER_DEFAULTS


class RabbitmqBroker(Broker):
    """Carries messages through RabbitMQ, 3.8 or newer, for programs that could do without."""

    _config_fields: ClassVar[tuple[BrokerConfigField, ...]] = (
        BrokerConfigField(
            name='broker_protocol',
            prompt='Broker protocol',
            help='The protocol of the message broker.',
            default=_KNOWN['protocol'],
            param_type='choice',
            choices=('amqp', 'amqps'),
        ),
        BrokerConfigField(
            name='broker_username',
            prompt='Broker username',
            help='The user of the message broker.',
            default=_KNOWN['username'],
            param_type='non_empty_string',
        ),
        BrokerConfigField(
            name='broker_password',
            prompt='Broker password',
            help='The password for the message broker.',
            default=_KNOWN['password'],
            param_type='non_empty_string',
            hide_input=True,
        ),
        BrokerConfigField(
            name='broker_host',
            prompt='Broker host',
            help='The machine of the message broker.',
            default=_KNOWN['host'],
            param_type='hostname',
        ),
        BrokerConfigField(
            name='broker_port',
            prompt='Broker port',
            help='The port of the message broker.',
            default=_KNOWN['port'],
            param_type='int',
        ),
        BrokerConfigField(
            name='broker_virtual_host',
            prompt='Broker virtual host',
            help='The virtual host of the message broker, without its slash.',
            default=_KNOWN['virtual_host'],
            param_type='string',
        ),
    )

    def __init__(self, profile: DescribedProfile) -> None:
        """
        :param profile: whose programs it serves.
        """
        super().__init__(profile)
        self._prefix = f'aiida-{profile.uuid}'
        self._communicator: RmqThreadCommunicator | None = None
        self._post: Post | None = None
        self._lock = threading.Lock()

    def __str__(self) -> str:
        where = self.get_url(redact_credentials=True)
        try:
            return f'RabbitMQ v{self.get_rabbitmq_version()} @ {where}'
        except ConnectionError:
            return f'RabbitMQ @ {where} <Connection failed>'

    @classmethod
    def get_detected_config(cls, get_value: Callable[[str], Any]) -> dict[str, Any]:
        """Return settings with which the service is reached; parameters and errors as for the base class."""
        return defaults.detect_rabbitmq_config(**{key: get_value(f'broker_{key}') for key in names.BROKER_DEFAULTS})

    def get_url(self, redact_credentials: bool = False) -> str:
        """Return the address of the service.

        :param redact_credentials: whether the password is replaced by stars.
        """
        config = self._profile.process_control_config
        settings = {key: config.get(f'broker_{key}') for key in names.BROKER_DEFAULTS}
        url = get_rmq_url(**settings, **(config.get('broker_parameters') or {}))
        if not redact_credentials:
            return url
        head, _, tail = url.partition('://')
        credentials, _, rest = tail.rpartition('@')
        return f'{head}://{credentials.partition(":")[0]}:***@{rest}'

    # the connection of whoever asks

    def get_communicator(self) -> RmqThreadCommunicator:
        """Return a connection, made when it is first asked for; it is made anew by itself when it is lost.

        :raises ConnectionError: if the service does not answer.
        """
        with self._lock:
            if self._communicator is None or self._communicator.is_closed():
                self._communicator = self._create_communicator()
            return self._communicator

    def _create_communicator(self) -> RmqThreadCommunicator:
        from kiwipy.rmq import RmqThreadCommunicator

        from aiida.brokers.rabbitmq.connection import describe

        self.probe_service_status()  # what does not answer is told at once, and nothing is left that tries again
        return RmqThreadCommunicator.connect(
            connection_params={'url': self.get_url()},
            async_task_timeout=get_option_value('broker.task_timeout', 10),
            **describe(self._prefix),
        )

    def iterate_tasks(self) -> Iterator[Any]:
        """Yield the tasks no worker has taken note of; they stay unless their ``processing()`` is entered.

        What is to be run is said by the store, not by them.
        """
        from aiida.brokers.rabbitmq.utils import get_task_queue_name

        yield from self.get_communicator().task_queue(get_task_queue_name(self._prefix), prefetch_count=0)

    # the connection of the engine

    def get_post(self) -> Post:
        """Return what the engine sends and hears through without ever waiting; it connects when there is something."""
        with self._lock:
            if self._post is None:
                from aiida.brokers.post import Post
                from aiida.brokers.rabbitmq.connection import connect

                self._post = Post(partial(connect, self.get_url(), self._prefix), self.get_url(redact_credentials=True))
            return self._post

    # the service

    def check_service_reachable(self) -> bool:
        """Return whether the service answers now."""
        try:
            self.probe_service_status()
        except ConnectionError:
            return False
        return True

    def probe_service_status(self) -> dict[str, Any]:
        """Return what the service says of itself.

        :raises ConnectionError: if it does not answer, or turns us away.
        """
        from aiida.brokers.rabbitmq.connection import probe

        return {'connected': True, **probe(self.get_url())}

    def get_rabbitmq_version(self) -> Version:
        """Return the version of the service.

        :raises ConnectionError: if it does not answer.
        """
        from packaging.version import parse

        return parse(self.probe_service_status()['version'])

    def is_rabbitmq_version_supported(self) -> bool:
        """Return whether the service is recent enough: tasks are acknowledged at once, so there is no upper limit.

        :raises ConnectionError: if it does not answer.
        """
        return self.check_rabbitmq_version()[1]

    def check_rabbitmq_version(self) -> tuple[Version, bool]:
        """Return the version of the service, and whether it is recent enough.

        :raises ConnectionError: if it does not answer.
        """
        from packaging.version import parse

        version = self.get_rabbitmq_version()
        return version, version >= parse(MINIMUM_VERSION)

    def close(self) -> None:
        """Close all connections; they are made anew when they are next asked for."""
        with self._lock:
            communicator, self._communicator = self._communicator, None
            post, self._post = self._post, None
        if post is not None:
            post.close()
        if communicator is not None and not communicator.is_closed():
            communicator.close()


MINIMUM_VERSION = '3.8'
