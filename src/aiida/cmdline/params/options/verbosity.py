"""The option that says how much is printed."""

from __future__ import annotations

import logging
from typing import Any

import click

from aiida.cmdline.params.options.overridable import OverridableOption
from aiida.common import log

__all__ = ('VERBOSITY',)

_LEVELS = [name.lower() for name in log.LOG_LEVELS]


def set_log_level(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Take a level for all that is printed and logged while this command runs."""
    log.CLI_ACTIVE = True
    if value is None or ctx.resilient_parsing:
        return value
    log.CLI_LOG_LEVEL = str(value).upper()
    log.configure_logging()
    logging.getLogger('verdi').setLevel(log.CLI_LOG_LEVEL)
    return value


VERBOSITY = OverridableOption(
    '-v',
    '--verbosity',
    type=click.Choice(_LEVELS),
    callback=set_log_level,
    expose_value=False,
    help='How much is printed.',
)
