"""Times that know their zone; what is stored is UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

__all__ = ('clock', 'delta', 'localtime', 'make_aware', 'now', 'timezone_from_name', 'utc')

utc = UTC


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(utc)


def timezone_from_name(name: str) -> tzinfo:
    """Return the time zone of this name.

    :param name: a name of the IANA database, for example ``Europe/Rome``.
    :raises ValueError: if there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as exception:
        raise ValueError(f'unknown timezone: {name} (expected a name such as `Europe/Rome`)') from exception


def make_aware(value: datetime, tz: tzinfo | None = None) -> datetime:
    """Return the same moment in a time zone.

    :param value: a time; one without zone is taken as local time.
    :param tz: the zone of the result, that of this machine by default.
    """
    return value.astimezone(tz)


def localtime(value: datetime) -> datetime:
    """Return the same moment in the time zone of this machine."""
    return value.astimezone()


def clock(value: datetime) -> str:
    """Return a time in the zone of this machine, with the day unless that is today: ``12:04:31``."""
    local = localtime(value)
    return f'{local:%H:%M:%S}' if local.date() == localtime(now()).date() else f'{local:%Y-%m-%d %H:%M:%S}'


def delta(from_time: datetime, to_time: datetime | None = None) -> timedelta:
    """Return the time that passed between two moments.

    :param to_time: the later moment, now by default.
    """
    return (now() if to_time is None else make_aware(to_time)) - make_aware(from_time)
