"""The real ``verdi``, as a user calls it."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Callable

import pytest

#: The folder of the programs of this environment.
BIN = pathlib.Path(sys.executable).parent


@pytest.fixture
def environment(tmp_path: pathlib.Path) -> dict[str, str]:
    """The variables of a user with an empty home."""
    home = tmp_path / 'home'
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(('AIIDA', 'PYTEST'))}
    return {**kept, 'HOME': str(home), 'PATH': f'{BIN}{os.pathsep}{os.environ["PATH"]}'}


@pytest.fixture
def call(environment: dict[str, str], tmp_path: pathlib.Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program; its exit status is checked (0 unless said otherwise), and that it shows no traceback."""

    def run(*words: str, status: int = 0, input: str = '', traceback: bool = False) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            words, env=environment, cwd=tmp_path, input=input, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert ('Traceback' in done.stderr) is traceback, done.stderr
        return done

    return run


@pytest.fixture
def verdi(call: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``verdi``."""

    def run(*words: str, **kwargs: object) -> subprocess.CompletedProcess[str]:
        return call(str(BIN / 'verdi'), *words, **kwargs)

    return run
