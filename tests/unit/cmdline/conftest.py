"""Running commands in this interpreter."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aiida.common import log


@pytest.fixture
def verdi(config_folder: Any) -> Iterator[Callable[..., Result]]:
    """Run ``verdi`` with words and return what it printed; the exit status is checked (0 unless said otherwise)."""
    from aiida.cmdline.commands.cmd_verdi import verdi as command

    level = logging.getLogger('verdi').level

    def run(*words: str, status: int = 0, input: str | None = None) -> Result:
        result = CliRunner().invoke(command, list(words), input=input, prog_name='verdi')
        assert result.exit_code == status, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    yield run
    log.CLI_ACTIVE = log.CLI_LOG_LEVEL = None
    logging.getLogger('verdi').setLevel(level)
    log.configure_logging()


@pytest.fixture
def presto(profile: Any, verdi: Any) -> Any:
    """Run ``verdi`` in a profile that is loaded."""
    return verdi
