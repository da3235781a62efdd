"""What the commands say about nodes: summaries, links, reports."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from aiida.cmdline.utils.processes import format_age, format_node_state
from aiida.cmdline.utils.reasons import reason_of
from aiida.cmdline.utils.tables import count_of, format_table, terminal_width, text_width

if TYPE_CHECKING:
    from aiida import engine, orm
    from aiida.orm.utils.links import LinkTriple

__all__ = (
    'format_flat_links',
    'format_local_time',
    'format_log_lines',
    'format_nested_links',
    'get_calcjob_report',
    'get_env_with_venv_bin',
    'get_node_info',
    'get_node_summary',
    'get_process_function_report',
    'get_reason',
    'get_workchain_report',
    'is_verbose',
    'print_last_process_state_change',
    'print_process_info',
    'print_process_spec',
    'validate_output_filename',
)

_TIME_FORMAT = '%Y-%m-%d %H:%M:%S'
_INDENT = '    '
_NO_LOGS = 'No log messages recorded for this entry'
_LEVELS = {'NOTSET': 0, 'DEBUG': 10, 'INFO': 20, 'REPORT': 23, 'WARNING': 30, 'ERROR': 40, 'CRITICAL': 50}


def is_verbose() -> bool:
    """Return whether details are wanted: a verbosity of ``info`` or below."""
    import logging

    return logging.getLogger('verdi').getEffectiveLevel() <= logging.INFO


def get_env_with_venv_bin() -> MutableMapping[str, str]:
    """Return a copy of the environment whose ``PATH`` begins with the folder of this interpreter."""
    environment = os.environ.copy()
    environment['PATH'] = os.pathsep.join([str(Path(sys.executable).parent), environment.get('PATH', '')])
    return environment


def format_local_time(timestamp: datetime | float, format_str: str = _TIME_FORMAT) -> str:
    """Return a time in the zone of this machine; a number is seconds since the epoch."""
    from aiida.common import timezone

    if not isinstance(timestamp, datetime):
        timestamp = datetime.fromtimestamp(timestamp, tz=timezone.utc)
    return timezone.localtime(timestamp).strftime(format_str)


def print_last_process_state_change(process_type: Literal['work', 'calculation'] | None = None) -> None:
    """Print when a process last changed its state, if that is known.

    :param process_type: of work chains and functions, or of calculations; ``None`` for both.
    """
    from aiida.cmdline.utils import echo
    from aiida.manage.manager import get_manager

    time = last_state_change(get_manager().get_profile_storage(), process_type)
    if time is None:
        return
    when, day = format_local_time(time, '%H:%M:%S'), format_local_time(time, '%Y-%m-%d')
    echo.echo('')
    echo.echo_report(f'Last change of a process state: {format_age(time)} (at {when} on {day})')


def last_state_change(store: Any, process_type: Literal['work', 'calculation'] | None = None) -> datetime | None:
    """Return when a process was last created or changed its state, ``None`` if that is not known."""
    kinds = ('work', 'calculation') if process_type is None else (process_type,)
    values = (store.read_setting(f'process|state_change|{kind}') for kind in kinds)
    times = [datetime.fromisoformat(value) for value in values if value]
    if process_type is None:
        # a process that was submitted was created, and that is noted nowhere else
        times += [row.ctime for row in store.list_processes(order_by='ctime', descending=True, limit=1)]
    return max(times, default=None)


def get_node_summary(node: orm.Node) -> str:
    """Return a table of what a node is."""
    from aiida import orm

    rows: list[tuple[str, Any]] = [('type', type(node).__name__)]
    if isinstance(node, orm.ProcessNode):
        rows += [('process', node.process_label), ('state', _state_with_reason(node))]
        if status := (node.process_status if node.is_killed else get_reason(node)):
            rows.append(('status', status))
    rows += [
        ('pk', str(node.pk)),
        ('uuid', str(node.uuid)),
        ('label', node.label),
        ('description', node.description),
        ('ctime', format_local_time(node.ctime) if node.ctime else ''),
        ('mtime', format_local_time(node.mtime) if node.mtime else ''),
    ]
    computer = getattr(node, 'computer', None)
    if computer is not None:
        rows.append(('computer', f'[{computer.pk}] {computer.label}'))
    if isinstance(node, orm.CalcJobNode) and (code := _code_of(node)):
        rows.append(('code', code))
    return format_table(rows, ['Property', 'Value'])


def _code_of(node: orm.CalcJobNode) -> str | None:
    from aiida import orm
    from aiida.common.links import LinkType

    for link in node.base.links.get_incoming(node_class=orm.AbstractCode, link_type=LinkType.INPUT_CALC).all():
        return str(link.node.full_label)
    return None


def get_reason(node: orm.ProcessNode) -> str:
    """Return what keeps a process that is active from going on, or what it says of itself; else the empty text."""
    if node.is_terminated or node.pk is None:
        return ''
    return reason_of(node.backend, node.pk)


def _state_with_reason(node: orm.ProcessNode) -> str:
    state = format_node_state(node)
    if node.is_excepted and node.exception:
        return f'{state} <{node.exception}>'
    if node.exit_message:
        return f'{state} {node.exit_message}'
    return state


def get_node_info(node: orm.Node, include_summary: bool = True) -> str:
    """Return what a node is, what it is linked to and how much it logged."""
    from aiida import orm
    from aiida.common.links import LinkType

    parts = [get_node_summary(node)] if include_summary else []
    incoming, outgoing = node.base.links.get_incoming, node.base.links.get_outgoing
    if isinstance(node, orm.ProcessNode):
        inputs = incoming(link_type=(LinkType.INPUT_CALC, LinkType.INPUT_WORK)).nested()
        outputs = outgoing(link_type=(LinkType.CREATE, LinkType.RETURN)).nested()
        calls = (LinkType.CALL_CALC, LinkType.CALL_WORK)
        if inputs:
            parts.append(format_nested_links(inputs, headers=['Inputs', 'PK', 'Type']))
        if outputs:
            parts.append(format_nested_links(outputs, headers=['Outputs', 'PK', 'Type']))
        for title, links in (
            ('Caller', incoming(link_type=calls).all()),
            ('Called', sorted(outgoing(link_type=calls).all(), key=lambda link: link.node.pk or 0)),
        ):
            if links:
                parts.append(format_flat_links(links, headers=[title, 'PK', 'Type']))
    if count := len(orm.Log.collection.get_logs_for(node)):
        verb = 'is' if count == 1 else 'are'
        title = f'Log messages\nThere {verb} {count_of(count, "log message")} for this calculation'
        parts.append(f"{title}\nRun 'verdi process report {node.pk}' to see them")
    return '\n\n'.join(parts)


def format_flat_links(links: Sequence[LinkTriple], headers: Sequence[str]) -> str:
    """Return a table of links: label, pk and kind of the node at the other end."""
    return format_table([(link.link_label, link.node.pk, _kind(link.node)) for link in links], headers)


def format_nested_links(links: Mapping[str, Any], headers: Sequence[str]) -> str:
    """Return a table of nested links; each level of a namespace is indented by four spaces.

    :param links: nodes by their labels, namespaces as mappings.
    """

    def walk(content: Mapping[str, Any], indent: str) -> Iterator[tuple[str, Any, str]]:
        for label, value in content.items():
            if isinstance(value, Mapping):
                yield f'{indent}{label}', None, ''
                yield from walk(value, indent + '    ')
            else:
                yield f'{indent}{label}', value.pk, _kind(value)

    return format_table(list(walk(links, '')), headers)


def _kind(node: orm.Node) -> str:
    return str(getattr(node, 'process_label', None) or type(node).__name__)


def _read_logs(node: orm.ProcessNode, levelname: str) -> list[Any]:
    from aiida.orm import Log

    least = _LEVELS.get(levelname.upper(), 0)
    return [log for log in Log.collection.get_logs_for(node) if _LEVELS.get(log.levelname, 100) >= least]


def format_log_lines(entries: Sequence[tuple[Any, int]], indent_size: int) -> str:
    """Return log records, one line for each, in the order of time.

    :param entries: each record with the depth of its process in the tree of calls.
    :param indent_size: spaces per level of depth.
    """
    if not entries:
        return _NO_LOGS
    ordered = sorted(entries, key=lambda entry: (entry[0].time, entry[0].pk))
    pk_width = max(len(str(log.dbnode_id)) for log, _ in ordered)
    level_width = max(len(log.levelname) for log, _ in ordered)
    return '\n'.join(
        f'{format_local_time(log.time)} [{log.dbnode_id:<{pk_width}} | {log.levelname:>{level_width}}]: '
        f'{" " * indent_size * depth}{log.message}'
        for log, depth in ordered
    )


def get_process_function_report(
    node: orm.CalcFunctionNode | orm.WorkFunctionNode, levelname: str = 'NOTSET', indent_size: int = 4
) -> str:
    """Return the log messages of a process function."""
    return format_log_lines([(log, 0) for log in _read_logs(node, levelname)], indent_size)


def get_workchain_report(
    node: orm.WorkChainNode, levelname: str, indent_size: int = 4, max_depth: int | None = None
) -> str:
    """Return the log messages of a work chain and of what it called, deeper processes indented more.

    :param levelname: the least level to print.
    :param indent_size: spaces per level of calls.
    :param max_depth: the number of levels of calls, ``None`` for all.
    """

    def walk(process: orm.ProcessNode, depth: int) -> Iterator[tuple[Any, int]]:
        yield from ((log, depth) for log in _read_logs(process, levelname))
        if max_depth is None or depth + 1 < max_depth:
            for child in process.called:
                yield from walk(child, depth + 1)

    return format_log_lines(list(walk(node, 0)), indent_size)


def get_calcjob_report(calcjob: orm.CalcJobNode, levelname: str = 'NOTSET') -> str:
    """Return the state of a job, what its scheduler wrote, and its log messages."""
    name = f'{calcjob.pk} [{calcjob.label}]' if calcjob.label else str(calcjob.pk)
    lines = [f'*** {name}: {_state_with_reason(calcjob)}']
    for title, text in (
        ('Scheduler output', calcjob.get_scheduler_stdout()),
        ('Scheduler errors', calcjob.get_scheduler_stderr()),
    ):
        if text is None:
            lines.append(f'*** {title}: N/A')
        elif not text.strip():
            lines.append(f'*** {title}: (empty)')
        else:
            lines.append(f'*** {title}:\n{text.rstrip()}')
    logs = _read_logs(calcjob, levelname)
    lines.append(f'*** {len(logs)} LOG MESSAGE{"" if len(logs) == 1 else "S"}{":" if logs else ""}')
    for log in logs:
        lines.append(f'+-> {log.levelname} at {format_local_time(log.time)}')
        lines.extend(f' | {line}' for line in log.message.splitlines())
    return '\n'.join(lines)


def print_process_info(process: type[engine.Process]) -> None:
    """Print what a process class does: its description, inputs, outputs and exit codes."""
    import inspect

    from aiida.cmdline.utils import echo

    echo.echo('Description:\n', bold=True)
    echo.echo(_indent(inspect.cleandoc(process.__doc__ or 'There is none.')))
    print_process_spec(process.spec())


def print_process_spec(process_spec: engine.ProcessSpec) -> None:
    """Print the inputs, outputs and exit codes of a specification; what is required comes first.

    The inputs below ``metadata`` are shown if details are wanted (``-v info``).
    """
    from aiida.cmdline.utils import echo

    for title, namespace in (('Inputs', process_spec.inputs), ('Outputs', process_spec.outputs)):
        rows = list(_port_rows(namespace))
        if rows:
            echo.echo(f'\n{title}:\n', bold=True)
            echo.echo(_indent(_wrapped_table(rows)))
    codes = sorted(process_spec.exit_codes.values(), key=lambda code: code.status)
    exits = [
        (0, 'The process finished successfully.'),
        *((code.status, _without_templates(code.message)) for code in codes),
    ]
    echo.echo('\nExit codes:\n', bold=True)
    echo.echo(_indent(_wrapped_table(exits)))


def _without_templates(message: str | None) -> str:
    """Return the message of an exit code; what is filled in when a process ends is shown as three dots."""
    import re

    text = re.sub(r'\{[^{}]*\}', '...', message or '').strip()
    return '(said when it happens)' if text == '...' else text


def _port_rows(namespace: Any, prefix: str = '') -> Iterator[tuple[str, str, str, str]]:
    """Yield name, type, necessity and help of the ports of a namespace and of those below it."""
    ports = sorted(namespace.items(), key=lambda item: (not item[1].required, item[0] == 'metadata'))
    for name, port in ports:
        kinds = port.valid_type if isinstance(port.valid_type, tuple) else (port.valid_type,)
        types = ', '.join(kind.__name__ for kind in kinds if kind not in (None, type(None)))
        text = ' '.join(str(port.help or '').split())
        yield f'{prefix}{name}', types, 'required' if port.required else '', text
        if hasattr(port, 'items') and (name != 'metadata' or is_verbose()):
            yield from _port_rows(port, f'{prefix}{name}.')


def _wrapped_table(rows: Sequence[tuple[Any, ...]]) -> str:
    """Return a table whose last column is broken into lines that fit on the terminal."""
    import textwrap

    if (width := terminal_width()) is not None:
        rest = format_table([row[:-1] for row in rows])
        room = max(width - len(_INDENT) - 2 - max(map(text_width, rest.splitlines())), 24)
        rows = [(*row[:-1], '\n'.join(textwrap.wrap(row[-1], room))) for row in rows]
    return format_table(rows)


def _indent(text: str) -> str:
    return '\n'.join((_INDENT + line).rstrip() for line in text.splitlines())


def validate_output_filename(output_file: Path | str, overwrite: bool = False) -> None:
    """Check that a file can be written.

    :raises TypeError: if it is neither a path nor a text.
    :raises FileExistsError: if it is there already and ``overwrite`` is false.
    :raises IsADirectoryError: if it is a folder.
    """
    if not isinstance(output_file, (str, Path)):
        raise TypeError(f'a path is needed for the output file, got {type(output_file).__name__}')
    path = Path(output_file)
    if path.is_dir():
        raise IsADirectoryError(f'the output path {path} is a folder: name a file in it')
    if path.is_file() and not overwrite:
        raise FileExistsError(f'the output file {path} exists: choose another name, or ask for it to be overwritten')
