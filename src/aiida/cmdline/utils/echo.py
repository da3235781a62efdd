"""Printing, with a word in front that says what kind of message it is."""

from __future__ import annotations

import enum
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import click

from aiida.cmdline.utils.log import CliHandler
from aiida.cmdline.utils.styles import COLORS
from aiida.common.log import LOG_LEVEL_REPORT

__all__ = (
    'echo_critical',
    'echo_dictionary',
    'echo_error',
    'echo_info',
    'echo_report',
    'echo_success',
    'echo_tabulate',
    'echo_warning',
)

CMDLINE_LOGGER = logging.getLogger('verdi')
if not CMDLINE_LOGGER.handlers:
    CMDLINE_LOGGER.addHandler(CliHandler())
    CMDLINE_LOGGER.propagate = False
if CMDLINE_LOGGER.level == logging.NOTSET:
    CMDLINE_LOGGER.setLevel(LOG_LEVEL_REPORT)


class ExitCode(enum.IntEnum):
    """What a command leaves with."""

    CRITICAL = 1
    USAGE_ERROR = 2
    DEPRECATED = 80
    UNKNOWN = 99
    SUCCESS = 0


def highlight_string(string: str, color: str = 'highlight') -> str:
    """Return text in a colour.

    :param color: a name of :data:`aiida.cmdline.utils.styles.COLORS`.
    """
    return click.style(string, fg=COLORS.get(color))


def echo(message: Any, fg: str | None = None, bold: bool = False, nl: bool = True, err: bool = False) -> None:
    """Print text.

    :param message: the text.
    :param fg: its colour.
    :param bold: whether it is bold.
    :param nl: whether the line ends.
    :param err: whether it goes to standard error.
    """
    click.secho(message, fg=fg, bold=bold or None, nl=nl, err=err)


def _echo(kind: str, level: int, message: Any, bold: bool, nl: bool, err: bool, prefix: bool) -> None:
    if not CMDLINE_LOGGER.isEnabledFor(level):
        return
    text = click.style(message, bold=True) if bold else str(message)
    if prefix:
        text = f'{click.style(f"{kind.capitalize()}:", fg=COLORS[kind], bold=True)} {text}'
    click.echo(text, nl=nl, err=err)


def echo_debug(message: str, bold: bool = False, nl: bool = True, err: bool = False, prefix: bool = True) -> None:
    """Print what only somebody who looks for a fault wants to know; parameters as of :func:`echo_report`."""
    _echo('debug', logging.DEBUG, message, bold, nl, err, prefix)


def echo_info(message: str, bold: bool = False, nl: bool = True, err: bool = False, prefix: bool = True) -> None:
    """Print what is good to know, but not by default; parameters as of :func:`echo_report`."""
    _echo('info', logging.INFO, message, bold, nl, err, prefix)


def echo_report(message: str, bold: bool = False, nl: bool = True, err: bool = False, prefix: bool = True) -> None:
    """Print what the user should know.

    :param message: the text.
    :param bold: whether it is bold.
    :param nl: whether the line ends.
    :param err: whether it goes to standard error.
    :param prefix: whether the kind of the message is printed in front.
    """
    _echo('report', LOG_LEVEL_REPORT, message, bold, nl, err, prefix)


def echo_success(message: str, bold: bool = False, nl: bool = True, err: bool = False, prefix: bool = True) -> None:
    """Print that something is done; parameters as of :func:`echo_report`."""
    _echo('success', LOG_LEVEL_REPORT, message, bold, nl, err, prefix)


def echo_warning(message: str, bold: bool = False, nl: bool = True, err: bool = False, prefix: bool = True) -> None:
    """Print that something is odd; parameters as of :func:`echo_report`."""
    _echo('warning', logging.WARNING, message, bold, nl, err, prefix)


def echo_error(message: str, bold: bool = False, nl: bool = True, err: bool = True, prefix: bool = True) -> None:
    """Print that something failed, and go on; parameters as of :func:`echo_report`."""
    _echo('error', logging.ERROR, message, bold, nl, err, prefix)


def echo_critical(message: str, bold: bool = False, nl: bool = True, err: bool = True, prefix: bool = True) -> NoReturn:
    """Print that something failed and leave with status 1; parameters as of :func:`echo_report`.

    :raises SystemExit: always.
    """
    _echo('critical', logging.CRITICAL, message, bold, nl, err, prefix)
    sys.exit(ExitCode.CRITICAL)


def echo_deprecated(message: str, bold: bool = False, nl: bool = True, err: bool = True, exit: bool = False) -> None:
    """Print that something will go away; parameters as of :func:`echo_report`.

    :param exit: whether to leave with status 80.
    """
    _echo('deprecated', logging.WARNING, message, bold, nl, err, True)
    if exit:
        sys.exit(ExitCode.DEPRECATED)


def echo_formatted_list(
    collection: Sequence[Any],
    attributes: list[str],
    sort: Callable[[Any], Any] | None = None,
    highlight: Callable[[Any], bool] | None = None,
    hide: Callable[[Any], bool] | None = None,
) -> None:
    """Print a line for each object, with a ``*`` before those that stand out.

    :param collection: the objects.
    :param attributes: the names of the attributes that are printed.
    :param sort: gives what they are sorted by.
    :param highlight: says which stand out.
    :param hide: says which are left out.
    """
    entries = sorted(collection, key=sort) if sort else list(collection)
    for entry in entries:
        if hide is not None and hide(entry):
            continue
        text = ' '.join(str(getattr(entry, attribute)) for attribute in attributes)
        if highlight is not None and highlight(entry):
            click.secho(f'* {text}', fg=COLORS['highlight'])
        else:
            click.echo(f'  {text}')


def echo_tabulate(table: Any, **kwargs: Any) -> None:
    """Print rows in aligned columns.

    :param table: the rows.
    :param headers: the headings, underlined.
    """
    from aiida.cmdline.utils.tables import format_table

    headers = list(kwargs.get('headers') or ())
    rows = [list(row) for row in table]
    text = format_table(rows, headers or None) if rows or headers else ''
    if kwargs.get('tablefmt') == 'plain' and headers:
        lines = text.splitlines()
        text = '\n'.join([lines[0], *lines[2:]])
    click.echo(text)


def _to_json(dictionary: dict[Any, Any] | list[Any], sort_keys: bool = True) -> str:
    """Return JSON in which times are text."""
    import json
    from datetime import datetime

    def default(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.isoformat()
        raise TypeError(f'{value!r} has no form in JSON')

    return json.dumps(dictionary, indent=4, sort_keys=sort_keys, default=default)


def _to_yaml(dictionary: dict[Any, Any] | list[Any], sort_keys: bool = True) -> str:
    import yaml

    return yaml.dump(dictionary, sort_keys=sort_keys, encoding='utf-8', allow_unicode=True).decode()


def _to_yaml_expanded(dictionary: dict[Any, Any] | list[Any], sort_keys: bool = True) -> str:
    import yaml

    return yaml.dump(
        dictionary, sort_keys=sort_keys, encoding='utf-8', allow_unicode=True, default_flow_style=False
    ).decode()


VALID_DICT_FORMATS_MAPPING = {'json+date': _to_json, 'yaml': _to_yaml, 'yaml_expanded': _to_yaml_expanded}


def echo_dictionary(dictionary: dict[Any, Any] | list[Any], fmt: str = 'json+date', sort_keys: bool = True) -> None:
    """Print a dictionary or a list.

    :param fmt: ``json+date``, ``yaml`` or ``yaml_expanded``.
    :param sort_keys: whether keys are sorted.
    :raises ValueError: for another format.
    """
    if fmt not in VALID_DICT_FORMATS_MAPPING:
        valid = ', '.join(VALID_DICT_FORMATS_MAPPING)
        raise ValueError(f'there is no format {fmt!r} of dictionaries; valid are: {valid}')
    click.echo(VALID_DICT_FORMATS_MAPPING[fmt](dictionary, sort_keys=sort_keys))


def is_stdout_redirected() -> bool:
    """Return whether standard output goes somewhere else than to a terminal."""
    return not sys.stdout.isatty()
