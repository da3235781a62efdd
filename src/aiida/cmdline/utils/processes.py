"""How processes are shown: their states in words, and the columns of the list.

Nothing here needs more than a :class:`~aiida.storage.records.ProcessRow`: a list is printed without loading nodes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from aiida.cmdline.utils.reasons import ACTIVE_STATES, Reasons
from aiida.common import timezone
from aiida.common.claims import Owner
from aiida.common.utils import str_timedelta
from aiida.storage.records import ProcessRow

if TYPE_CHECKING:
    from aiida.engine.runtime.newsreel import News
    from aiida.orm import ProcessNode

__all__ = (
    'ACTIVE_STATES',
    'COLUMNS',
    'DEFAULT_COLUMNS',
    'PROCESS_STATES',
    'SHRINKABLE',
    'Column',
    'describe_news',
    'describe_now',
    'format_age',
    'format_node_state',
    'format_row_state',
    'format_state',
    'note_on_abandoned',
    'project_rows',
)

PROCESS_STATES = ('created', 'running', 'waiting', 'finished', 'excepted', 'killed')

_SYMBOLS = {
    'created': '⏹',
    'running': '⏵',
    'waiting': '⏵',
    'finished': '⏹',
    'excepted': '⨯',
    'killed': '☠',
}
_PAUSED = '⏸'
_ASKED = {'kill': 'Asked to be killed', 'pause': 'Asked to be paused', 'run': 'Asked to go on'}
_UNKNOWN = '·'
#: How many processes a note names.
_NAMED = 10


def describe_news(news: News, digits: int = 0) -> str:
    """Return what happened to a process as a line.

    :param digits: of the longest pk, so that lines on several processes are aligned.
    """
    return _line(news.time, news.pk, digits, _what_happened(news))


def describe_now(row: ProcessRow, reason: str, digits: int = 0) -> str:
    """Return how a process stands now, as a line like those of :func:`describe_news`.

    :param reason: what keeps it, if anything does.
    :param digits: as for the other.
    """
    state = format_state(row.attributes.get('process_state'), row.attributes.get('exit_status'))
    return _line(time.time(), row.id, digits, f'{state}: {reason}' if reason else state)


def _line(moment: float, pk: int, digits: int, what: str) -> str:
    when = timezone.localtime(datetime.fromtimestamp(moment, timezone.utc))
    return f'{when:%Y-%m-%d %H:%M:%S} {f"Process<{pk}>":<{digits + 9}} {_on_one_line(what)}'


def _what_happened(news: News) -> str:
    status = news.payload.get('status')
    if news.kind == 'state_changed':
        after = format_state(news.payload['to'], news.payload.get('exit_status'))
        return f'{format_state(news.payload["from"])} -> {after}'
    if news.kind == 'asked':
        asked = _ASKED.get(news.payload.get('wanted', ''), 'Asked for something')
        return f'{asked}: {status}' if status and news.payload.get('wanted') == 'kill' else asked
    if news.kind == 'paused' and status and status.startswith('Paus'):
        return str(status)
    return f'{news.kind.capitalize()}: {status}' if status else news.kind.capitalize()


def format_state(state: str | None, exit_status: int | None = None) -> str:
    """Return a state in words: ``Finished [0]``, ``Waiting``, ``Excepted``."""
    if state is None:
        return 'Unknown'
    text = state.capitalize()
    return f'{text} [{exit_status}]' if state == 'finished' and exit_status is not None else text


def format_node_state(node: ProcessNode) -> str:
    """Return the state of a process in words.

    The attribute is read, not the property, whose type is the engine's and takes a quarter of a second to import.
    """
    return format_state(node.base.attributes.get(node.PROCESS_STATE_KEY, None), node.exit_status)


def format_row_state(attributes: Mapping[str, Any]) -> str:
    """Return the cell of a list: a symbol, and the state in words."""
    state = attributes.get('process_state')
    symbol = _SYMBOLS.get(state or '', _UNKNOWN)
    if attributes.get('paused') and state in ACTIVE_STATES:
        symbol = _PAUSED
    return f'{symbol} {format_state(state, attributes.get("exit_status"))}'


def format_age(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago something was, in its largest unit: ``3h ago``."""
    return str_timedelta((now or timezone.now()) - moment, max_num_fields=1, negative_to_zero=True)


def note_on_abandoned(
    rows: Iterable[ProcessRow], workers: bool, reasons: Reasons | None = None, *, daemon: bool = False
) -> str | None:
    """Return what to tell of the active processes that nobody runs, ``None`` if there are none.

    :param workers: whether there are workers, which take care of them.
    :param reasons: who knows which programs are gone.
    :param daemon: whether there is a daemon here, which may have no worker.
    """
    reasons = reasons or Reasons()
    waiting, left = [], []
    for row in rows:
        if row.desired_state is None or row.attributes.get('process_state') not in ACTIVE_STATES:
            continue
        if row.owner is None:
            if row.desired_state != 'pause':
                waiting.append(row.id)
        elif reasons.has_lost_its_program(row):
            left.append(row.id)
    notes = []
    if waiting and not workers:
        command = 'incr' if daemon else 'start'
        notes.append(
            f'Nobody runs {_processes(waiting)}: `verdi daemon {command}` starts workers that do, '
            f'`verdi process kill {_pks(waiting)}` ends {_these(waiting)}.'
        )
    if left:
        notes.append(
            f'The program that ran {_processes(left)} has ended or was killed: `verdi process repair` leaves '
            f'{_it(left)} to the workers, `verdi process kill {_pks(left)}` ends {_these(left)}.'
        )
    return '\n'.join(notes) or None


def _pks(pks: Sequence[int]) -> str:
    return ' '.join(str(pk) for pk in pks[:_NAMED])


def _it(pks: Sequence[int]) -> str:
    return 'it' if len(pks) == 1 else 'them'


def _these(pks: Sequence[int]) -> str:
    """Return a word for those that were named."""
    return _it(pks) if len(pks) <= _NAMED else 'these, `-a` all that are active'


def _processes(pks: Sequence[int]) -> str:
    named = ', '.join(str(pk) for pk in pks[:_NAMED])
    if len(pks) == 1:
        return f'process {named}'
    return f'{len(pks)} processes ({named}{", ..." if len(pks) > _NAMED else ""})'


def _program(owner: str | None) -> str:
    """Return the host and the process number of who runs a process."""
    return '' if owner is None else Owner.parse(owner).label


def _attribute(name: str) -> Callable[[ProcessRow], Any]:
    return lambda row: row.attributes.get(name)


class Column(NamedTuple):
    """A column of the list: its heading, and what stands in it."""

    title: str
    read: Callable[[ProcessRow], Any]


#: What can be asked for, under the names of the command line.
COLUMNS: dict[str, Column] = {
    'pk': Column('PK', lambda row: row.id),
    'uuid': Column('UUID', lambda row: row.uuid),
    'ctime': Column('Created', lambda row: format_age(row.ctime)),
    'mtime': Column('Modified', lambda row: format_age(row.mtime)),
    'state': Column('State', lambda row: format_row_state(row.attributes)),
    'process_state': Column('Process state', lambda row: (row.attributes.get('process_state') or '').capitalize()),
    'process_status': Column('Process status', _attribute('process_status')),
    'exit_status': Column('Exit status', _attribute('exit_status')),
    'exit_message': Column('Exit message', _attribute('exit_message')),
    'sealed': Column('Sealed', lambda row: bool(row.attributes.get('sealed'))),
    'process_label': Column('Process label', _attribute('process_label')),
    'label': Column('Label', lambda row: row.label),
    'description': Column('Description', lambda row: row.description),
    'node_type': Column('Node type', lambda row: row.node_type),
    'paused': Column('Paused', lambda row: bool(row.attributes.get('paused'))),
    'process_type': Column('Process type', lambda row: row.process_type),
    'job_state': Column('Job state', _attribute('state')),
    'scheduler_state': Column('Scheduler state', _attribute('scheduler_state')),
    'exception': Column('Exception', _attribute('exception')),
    'cached': Column('♻', lambda row: '✔' if '_aiida_cached_from' in row.attributes else ''),
    'cached_from': Column('Cached from', _attribute('_aiida_cached_from')),
    'owner': Column('Run by', lambda row: _program(row.owner)),
}
DEFAULT_COLUMNS = ('pk', 'ctime', 'state', 'process_label', 'process_status')
#: Columns that are cut when the terminal is narrow, the first first.
SHRINKABLE = ('process_status', 'exception', 'description', 'exit_message', 'label', 'process_type', 'process_label')


def project_rows(rows: Iterable[ProcessRow], names: Sequence[str], reasons: Reasons | None = None) -> list[list[Any]]:
    """Return the cells of the named columns, each on one line.

    :param reasons: who says what keeps a process from going on, which stands for what the process says of itself.
    """
    tell = (reasons or Reasons()).of
    readers = [tell if name == 'process_status' else COLUMNS[name].read for name in names]
    return [[_on_one_line(read(row)) for read in readers] for row in rows]


def _on_one_line(value: Any) -> Any:
    return ' '.join(value.split()) if isinstance(value, str) and '\n' in value else value
