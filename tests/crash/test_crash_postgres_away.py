"""What commands and scripts do while PostgreSQL is away: they say so at once, and nothing is half done."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from aiida import orm
from aiida.common.exceptions import StorageUnavailable
from aiida.engine import run_get_node, submit

HERE = pathlib.Path(__file__).parent
pytestmark = pytest.mark.parametrize('profile', ['postgres'], indirect=True)


@pytest.fixture
def away(profile: Any, postgres_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The server, stopped after the profile was used; it is started after the test if the test does not."""
    monkeypatch.syspath_prepend(str(HERE))
    assert orm.QueryBuilder().append(orm.ProcessNode).count() == 0
    postgres_server.stop('immediate')
    yield postgres_server
    try:
        postgres_server.execute('SELECT 1')
    except Exception:
        postgres_server.start()


def test_commands_say_that_it_is_away(away: Any) -> None:
    programs = {
        arguments: subprocess.Popen(
            [sys.executable, '-m', 'aiida', *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for arguments in (('process', 'list'), ('process', 'kill', '1'), ('process', 'watch', '1'), ('run', os.devnull))
    }
    for arguments, program in programs.items():
        output, _ = program.communicate(timeout=60)
        assert program.returncode == 1, (arguments, output)
        assert output.startswith('Critical: the database'), output
        assert 'cannot be reached' in output
        assert 'Traceback' not in output


@pytest.mark.parametrize('launch', [submit, run_get_node])
def test_what_is_launched_meanwhile_is_refused_as_a_whole(away: Any, launch: Any) -> None:
    from crash_processes import Leaf

    begun = time.monotonic()
    with pytest.raises(StorageUnavailable, match=r'PostgreSQL .* cannot be reached'):
        launch(Leaf, number=orm.Int(3))
    assert time.monotonic() - begun < 5
    away.start()
    assert orm.QueryBuilder().append(orm.Node).count() == 0
    result, node = run_get_node(Leaf, number=orm.Int(3))
    assert node.is_finished_ok
    assert result['number'] == 24


def test_what_is_run_when_it_goes_away_can_be_gone_on_with(
    profile: Any, postgres_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    import crash_processes

    from aiida.engine.runtime.resuming import resume
    from aiida.manage.manager import get_manager

    double = crash_processes.double

    def double_at_last(number: Any) -> Any:
        doubled = double(number)
        postgres_server.stop('fast')
        return doubled

    with monkeypatch.context() as patch:
        patch.setattr(crash_processes, 'double', double_at_last)
        with pytest.raises(StorageUnavailable):
            run_get_node(crash_processes.Leaf, number=orm.Int(3))
    postgres_server.start()
    (node,) = orm.QueryBuilder().append(orm.WorkChainNode).all(flat=True)
    assert not node.is_terminated
    runner = get_manager().get_runner()
    runner.run_until_complete(resume(runner, node.pk).future())
    assert node.is_finished_ok
    assert node.outputs.number == 24
    assert sorted(child.process_label for child in node.called) == ['double', 'double_twice']
    assert node.backend.list_checkpoints() == []
