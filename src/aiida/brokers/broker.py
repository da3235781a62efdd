"""What every message broker can do."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from aiida.brokers.post import Post

__all__ = ('Broker',)


class DescribedProfile(Protocol):
    """What a broker has to know of a profile."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def uuid(self) -> str:
        """The identifier, which the names of exchanges and queues are made of."""

    @property
    def process_control_config(self) -> dict[str, Any]:
        """How the broker is reached."""


@dataclass(frozen=True)
class BrokerConfigField:
    """A setting of a broker, and how it is asked for."""

    name: str
    prompt: str
    help: str
    default: Any
    param_type: str
    choices: tuple[str, ...] | None = None
    hide_input: bool = False
    expose_cli: bool = True


class Broker(abc.ABC):
    """Carries tasks, requests and news between the programs of one profile."""

    _config_fields: ClassVar[tuple[BrokerConfigField, ...]] = ()

    def __init__(self, profile: DescribedProfile) -> None:
        """
        :param profile: whose programs it serves.
        """
        self._profile = profile

    @classmethod
    def get_default_config(cls) -> dict[str, Any]:
        """Return the settings that are tried when nothing else is known."""
        return {field.name: field.default for field in cls._config_fields}

    @classmethod
    def get_detected_config(cls, get_value: Callable[[str], Any]) -> dict[str, Any]:
        """Return settings with which the service is reached.

        :param get_value: returns what is known of a setting, ``None`` for nothing.
        :raises ConnectionError: if it is not reached.
        """
        found = cls.get_default_config()
        found.update({name: value for name in found if (value := get_value(name)) is not None})
        return found

    @abc.abstractmethod
    def get_communicator(self) -> Any:
        """Return a connection with the methods of :class:`kiwipy.Communicator`, made when it is first asked for."""

    @abc.abstractmethod
    def iterate_tasks(self) -> Iterator[Any]:
        """Yield the tasks that wait for a worker."""

    @abc.abstractmethod
    def check_service_reachable(self) -> bool:
        """Return whether the service answers now."""

    @abc.abstractmethod
    def probe_service_status(self) -> dict[str, Any]:
        """Return what the service says of itself; ``connected`` says whether it answers."""

    @abc.abstractmethod
    def close(self) -> None:
        """Close all connections; they are made anew when they are next asked for."""

    def get_post(self) -> Post | None:
        """Return what the engine sends and hears through without ever waiting; ``None`` if the store is enough."""
        return None
