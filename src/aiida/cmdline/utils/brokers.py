"""What commands ask and say of the message broker of a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida.cmdline.utils import echo

if TYPE_CHECKING:
    from aiida.manage.configuration.profile import Profile

__all__ = ('detected_settings', 'state_of', 'warn_if_away')

RABBITMQ = 'core.rabbitmq'


def state_of(profile: Profile) -> tuple[str, str]:
    """Return how the broker of a profile is: ``ok``, ``note`` or ``bad``, and a line on it.

    :param profile: the profile, which is loaded.
    """
    from aiida.common.exceptions import EntryPointError
    from aiida.manage.manager import get_manager

    if profile.process_control_backend is None:
        return 'ok', 'none needed'
    try:
        broker = get_manager().get_broker()
    except EntryPointError:
        return 'note', f'{profile.process_control_backend} is not installed: the database does its work'
    if broker is None or broker.get_post() is None:
        return 'ok', 'none needed'
    line = str(broker)
    if line.endswith('<Connection failed>'):
        return 'bad', f'Unable to connect to broker: {line}'
    return 'ok', line


def warn_if_away(profile: Profile) -> None:
    """Warn if the broker of a profile, which is loaded, does not answer."""
    mark, line = state_of(profile)
    if mark == 'bad':
        echo.echo_warning(f'{line}. Processes run without it; it is used as soon as it is there.')


def detected_settings() -> dict[str, Any]:
    """Return how RabbitMQ is reached: as it was found on this machine, or as it usually is, with a warning."""
    from aiida.brokers import RabbitmqBroker

    try:
        found = RabbitmqBroker.get_detected_config(lambda _: None)
    except ConnectionError as exception:
        found = RabbitmqBroker.get_default_config()
        echo.echo_warning(f'{exception}. `verdi profile configure-broker {RABBITMQ}` says where it is.')
    return found
