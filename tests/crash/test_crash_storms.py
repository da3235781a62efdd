"""Workers, senders and users are killed at random while trees are run: everything still ends once, and right."""

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
    print(made.log.read_text()[-5_000:])


def test_programs_are_killed_at_random(storm: Any) -> None:
    storm.blow()
    storm.calm()
    storm.check()
