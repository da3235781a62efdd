"""Workers, senders and users are killed at random while trees are run: everything still ends once, and right.

So it does when, in addition, what they use goes away meanwhile and comes back.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from aiida import orm

HERE = pathlib.Path(__file__).parent


@pytest.fixture
def storm(profile: Any, localhost: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Any]:
    """A storm that has not begun; its log is shown if the test fails."""
    monkeypatch.syspath_prepend(str(HERE))
    import storms

    orm.InstalledCode(label='bash', computer=localhost, filepath_executable='/bin/bash').store()
    made = storms.Storm(tmp_path / 'storm')
    yield made
    made.close()
    print(*[line for line in made.log.read_text().splitlines() if 'REPORT' not in line][-100:], sep='\n')


@pytest.fixture
def weather(storm: Any) -> Any:
    """The module of what is done to services."""
    import weather

    return weather


@pytest.fixture
def longest(storm: Any) -> float:
    """For how many seconds a service is away at most."""
    import storms

    return 20.0 if storms.IS_LONG else 1.0


@pytest.fixture
def rabbitmq(profile: Any) -> Iterator[Any]:
    """A RabbitMQ that the profile names; without the program the test is skipped."""
    import rabbitmq_server
    from aiida.manage.configuration import get_config
    from aiida.manage.manager import get_manager

    reason = rabbitmq_server.missing()
    if reason is not None:
        pytest.skip(reason)
    server = rabbitmq_server.RabbitmqServer()
    profile.set_process_controller('core.rabbitmq', server.config)
    get_config().update_profile(profile).store()
    get_manager().reset_broker()
    yield server
    get_manager().reset_broker()
    server.remove()


def test_programs_are_killed_at_random(storm: Any) -> None:
    storm.blow()
    storm.calm()
    storm.check()


@pytest.mark.parametrize('profile', ['postgres'], indirect=True)
def test_postgresql_goes_away_meanwhile(storm: Any, weather: Any, postgres_server: Any, longest: float) -> None:
    storm.weather.append(weather.PostgresTrouble(postgres_server, longest))
    storm.blow()
    storm.calm()
    storm.check()


@pytest.mark.parametrize('profile', ['sqlite'], indirect=True)
def test_the_file_is_locked_meanwhile(storm: Any, weather: Any, profile: Any, longest: float) -> None:
    path = pathlib.Path(profile.storage_config['filepath']) / 'database.sqlite'
    assert path.exists()
    storm.weather.append(weather.SqliteTrouble(path, longest))
    storm.blow()
    storm.calm()
    storm.check()


@pytest.mark.parametrize('profile', ['sqlite'], indirect=True)
def test_rabbitmq_is_restarted_meanwhile(rabbitmq: Any, storm: Any, weather: Any) -> None:
    storm.weather.append(weather.RabbitmqTrouble(rabbitmq))
    storm.blow()
    storm.calm()
    storm.check()
