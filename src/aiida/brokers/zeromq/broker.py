"""No service at all: the programs of a profile find each other through its store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from aiida.brokers.broker import Broker, BrokerConfigField
from aiida.common.exceptions import ConfigurationError

__all__ = ('ZeromqBroker',)


class ZeromqBroker(Broker):
    """Stands in profiles for aiida-core's built-in broker; here the store does what that one is for.

    Nothing is started and nothing listens at a socket.
    """

    _config_fields: ClassVar[tuple[BrokerConfigField, ...]] = (
        BrokerConfigField(
            name='supervised_by_daemon',
            prompt='Managed by daemon',
            help='Whether the daemon starts and stops the service; there is none here.',
            default=True,
            param_type='bool',
            expose_cli=False,
        ),
    )

    def __str__(self) -> str:
        return 'none needed'

    def get_communicator(self) -> Any:
        """
        :raises ConfigurationError: always: there is no service to connect to.
        """
        raise ConfigurationError(
            f'the profile `{self._profile.name}` needs no message broker: processes find each other through the '
            'database, so use `aiida.engine.processes.control` or `verdi process` to steer them'
        )

    def iterate_tasks(self) -> Iterator[Any]:
        """Yield nothing: what is to be run is said by the store."""
        return iter(())

    def check_service_reachable(self) -> bool:
        """Return that all is well: there is nothing to be reached."""
        return True

    def probe_service_status(self) -> dict[str, Any]:
        """Return that all is well."""
        return {'connected': True}

    def close(self) -> None:
        """Close nothing."""
