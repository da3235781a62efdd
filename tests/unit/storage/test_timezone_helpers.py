"""Times that know their zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aiida.common import timezone

NAIVE = datetime(2024, 7, 1, 12)


def test_now_is_in_utc():
    assert timezone.now().tzinfo is timezone.utc
    assert abs(timezone.now() - datetime.now().astimezone()) < timedelta(minutes=1)


def test_a_time_without_zone_is_local():
    assert timezone.make_aware(NAIVE) == NAIVE.astimezone()
    assert timezone.localtime(NAIVE).utcoffset() == NAIVE.astimezone().utcoffset()


def test_the_same_moment_in_another_zone():
    rome = timezone.timezone_from_name('Europe/Rome')
    aware = timezone.make_aware(NAIVE.replace(tzinfo=UTC), rome)
    assert aware == NAIVE.replace(tzinfo=UTC)
    assert (aware.hour, aware.utcoffset()) == (14, timedelta(hours=2))


@pytest.mark.parametrize('name', ['Middle/Earth', '', '../etc/passwd'])
def test_zones_that_do_not_exist(name):
    with pytest.raises(ValueError, match='unknown timezone'):
        timezone.timezone_from_name(name)


def test_delta():
    later = NAIVE + timedelta(hours=3)
    assert timezone.delta(NAIVE, later) == timedelta(hours=3)
    assert timezone.delta(timezone.now() - timedelta(days=1)) >= timedelta(days=1)
