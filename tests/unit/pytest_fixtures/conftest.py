"""The suite of a plugin, which is run in an interpreter of its own and not collected here."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

collect_ignore = ['suite']

_SUITE = pathlib.Path(__file__).parent / 'suite'


@pytest.fixture
def run_suite(tmp_path: pathlib.Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """A function that runs the tests of a plugin with pytest in an interpreter of its own.

    It takes the module that the fixtures are loaded from, the test files, further variables of the environment and what
    pytest is called with, and checks that the home of the user stays as it was.
    """
    home = tmp_path / 'home'
    home.mkdir()
    folder = shutil.copytree(_SUITE, tmp_path / 'plugin')

    def run(
        *files: str,
        module: str = 'aiida.tools.pytest_fixtures',
        environment: dict[str, str] | None = None,
        options: tuple[str, ...] = (),
    ) -> subprocess.CompletedProcess[str]:
        conftest = folder / 'tests' / 'conftest.py'
        conftest.write_text(conftest.read_text().replace('aiida.tools.pytest_fixtures', module))
        env = {key: value for key, value in os.environ.items() if not key.startswith(('AIIDA', 'PYTEST'))}
        env.update(HOME=str(home), PYTHONPATH=str(folder), **(environment or {}))
        command = [sys.executable, '-m', 'pytest', '-q', '-ra', '-p', 'no:cacheprovider', *options]
        command += [f'tests/{name}' for name in files]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert not (home / '.aiida').exists(), done.stdout
        return done

    run.folder = folder  # type: ignore[attr-defined]
    run.home = home  # type: ignore[attr-defined]
    return run
