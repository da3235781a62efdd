"""A temporary profile, a folder to work in and a module of its own for each document."""

from __future__ import annotations

import pathlib
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aiida.common import log
from aiida.engine import DaemonClient
from aiida.manage.configuration import get_config
from aiida.plugins import registry


@pytest.fixture
def main(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The module that the examples of a document are the lines of, in a folder of its own."""
    folder = tmp_path / 'work'
    folder.mkdir()
    module = types.ModuleType('__main__')
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setitem(sys.modules, '__main__', module)
    return module


@pytest.fixture(autouse=True)
def _leave_no_trace(config_folder: pathlib.Path) -> Iterator[None]:
    modules = set(sys.modules)
    yield
    _stop_daemons()
    log.configure_logging()
    registry.all_entry_points.cache_clear()
    registry.foreign_class_index.cache_clear()
    for name in set(sys.modules) - modules:
        if str(config_folder.parent) in (getattr(sys.modules[name], '__file__', None) or ''):
            del sys.modules[name]


def _stop_daemons() -> None:
    """Stop what an example has started that failed before it came to that."""
    for profile in get_config(create=True).profiles:
        client = DaemonClient(profile)
        if client.is_daemon_running:
            client.stop_daemon()


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """Make the profile a document begins with: none, if the document makes its own."""

    def begin(text: str) -> None:
        if '$ verdi presto' not in text:
            request.getfixturevalue('profile')

    return begin
