"""Tables and trees of text, and the words for the states of processes."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from aiida.cmdline.utils.ascii_vis import format_tree_descending
from aiida.cmdline.utils.processes import (
    COLUMNS,
    DEFAULT_COLUMNS,
    SHRINKABLE,
    format_age,
    format_row_state,
    note_on_abandoned,
    project_rows,
)
from aiida.cmdline.utils.tables import format_table, text_width
from aiida.common import timezone
from aiida.storage.records import ProcessRow

NOW = datetime.now(tz=UTC)


def make_row(pk: int, label: str, state: str, age: timedelta, **attributes: object) -> ProcessRow:
    return ProcessRow(
        id=pk,
        uuid='08bc5a3c-da7d-44e0-a91c-dda9ddcb638b',
        node_type='process.calculation.calcfunction.CalcFunctionNode.',
        process_type=None,
        label='',
        description='',
        ctime=datetime.now(tz=UTC) - age,
        mtime=NOW,
        attributes={'process_label': label, 'process_state': state, **attributes},
        desired_state=None,
        attempts=0,
        last_error=None,
    )


def test_list_of_the_documentation():
    """The table that the chapter on processes shows for ``verdi process list -a``."""
    rows = [
        make_row(143, 'add', 'finished', timedelta(hours=3), exit_status=0),
        make_row(146, 'multiply', 'finished', timedelta(hours=3), exit_status=0),
        make_row(151, 'ArithmeticAddCalculation', 'running', timedelta(hours=3)),
        make_row(156, 'ArithmeticAddCalculation', 'created', timedelta(seconds=1)),
    ]
    titles = [COLUMNS[name].title for name in DEFAULT_COLUMNS]
    assert format_table(project_rows(rows, DEFAULT_COLUMNS), titles) == (
        '  PK  Created    State           Process label             Process status\n'
        '----  ---------  --------------  ------------------------  ----------------\n'
        ' 143  3h ago     ⏹ Finished [0]  add\n'
        ' 146  3h ago     ⏹ Finished [0]  multiply\n'
        ' 151  3h ago     ⏵ Running       ArithmeticAddCalculation\n'
        ' 156  1s ago     ⏹ Created       ArithmeticAddCalculation'
    )


def test_list_without_headings():
    rows = [make_row(3, 'a', 'killed', timedelta(days=2)), make_row(20, 'bc', 'excepted', timedelta(minutes=5))]
    assert format_table(project_rows(rows, ('pk', 'ctime', 'state', 'process_label'))) == (
        ' 3  2D ago  ☠ Killed    a\n20  5m ago  ⨯ Excepted  bc'
    )


def test_empty_table_has_headings():
    assert format_table([], ['PK', 'Created']) == 'PK    Created\n----  ---------'


def test_cells_of_several_lines():
    assert format_table([('state', 'Excepted <a\nb>'), ('pk', 'x')], ['Property', 'Value']) == (
        'Property    Value\n----------  -----------\nstate       Excepted <a\n            b>\npk          x'
    )


def test_narrow_terminal_cuts_the_least_important_text():
    rows = [make_row(1, 'SomeVeryLongWorkChainName', 'waiting', timedelta(0), process_status='Waiting for ' + 9 * 'x')]
    names = list(DEFAULT_COLUMNS)
    shrinkable = [names.index(name) for name in SHRINKABLE if name in names]
    wide = format_table(project_rows(rows, names), [COLUMNS[name].title for name in names], shrinkable=shrinkable)
    assert wide.endswith('Waiting for xxxxxxxxx')
    narrow = format_table(
        project_rows(rows, names), [COLUMNS[name].title for name in names], width=64, shrinkable=shrinkable
    )
    assert max(map(text_width, narrow.splitlines())) <= 64
    assert narrow.splitlines()[-1] == '   1  0s ago     ⏵ Waiting  SomeVeryLongWorkCha…  Waiting for x…'


NOON = datetime.now().astimezone().replace(hour=12, minute=4, second=0, microsecond=0)
SOON = datetime.now().astimezone() + timedelta(hours=5)
OVER = {'last_error': 'connection\nrefused', 'attempts': 2}


@pytest.mark.parametrize(
    ('state', 'status', 'run', 'expected'),
    [
        ('created', None, {'ready_since': 1.0}, 'Waiting for a worker'),
        ('created', None, {'ready_since': 1.0, 'owner': 'host:1:2'}, ''),
        ('created', None, {'desired_state': None}, ''),
        ('waiting', 'Waiting for child processes: 12, 15', {}, 'Waiting for child processes: 12, 15'),
        ('waiting', 'Waiting for child processes: 12, 15', {'ready_since': 1.0}, 'Waiting for a worker'),
        ('waiting', 'Monitoring scheduler', {'ready_since': 1.0, 'owner': 'host:1:2'}, 'Monitoring scheduler'),
        (
            'running',
            None,
            {**OVER, 'ready_since': SOON.timestamp()},
            f'retry 3 of 5 at {timezone.clock(SOON)}: connection refused',
        ),
        ('running', None, {**OVER, 'ready_since': 1.0}, 'retry 3 of 5: connection refused'),
        (
            'running',
            None,
            {**OVER, 'ready_since': 1.0, 'attempts': 5},
            'is set aside after 5 attempts: connection refused',
        ),
        ('running', 'busy', {**OVER, 'ready_since': 1.0, 'owner': 'host:1:2'}, 'busy'),
        ('running', 'busy', {**OVER, 'desired_state': 'kill'}, 'is being killed'),
        ('running', 'busy', {'desired_state': 'pause', 'owner': 'host:1:2'}, 'is being paused'),
        ('finished', 'x', {**OVER, 'ready_since': 1.0}, 'x'),
    ],
)
def test_status_says_what_keeps_a_process(state, status, run, expected):
    row = make_row(1, 'a', state, timedelta(0), process_status=status)
    row = row._replace(**{'desired_state': 'run', **run})
    assert project_rows([row], ['process_status']) == [[expected]]


def test_status_of_what_is_paused():
    row = make_row(1, 'a', 'waiting', timedelta(0), process_status='set aside after 5 attempts: no', paused=True)
    row = row._replace(desired_state='pause', ready_since=1.0, attempts=5, last_error='no')
    assert project_rows([row], ['process_status']) == [['set aside after 5 attempts: no']]


def test_a_time_of_another_day_has_its_date():
    assert timezone.clock(NOON) == '12:04:00'
    assert timezone.clock(NOON + timedelta(days=1)) == f'{NOON + timedelta(days=1):%Y-%m-%d} 12:04:00'


def test_who_runs_a_process():
    row = make_row(1, 'a', 'running', timedelta(0))
    owners = [None, 'host:12@place:3', 'worker']
    assert [project_rows([row._replace(owner=owner)], ['owner']) for owner in owners] == [
        [['']],
        [['host:12']],
        [['worker']],
    ]


def test_a_long_table_is_made_in_no_time():
    """Of 10,000 active processes, whose texts are wider than ASCII."""
    row = make_row(1, 'SomeWorkChain', 'waiting', timedelta(0), process_status='Waiting for child processes: 12, 15')
    rows = [row._replace(id=number) for number in range(10_000)]
    begin = time.process_time()
    cells = project_rows(rows, DEFAULT_COLUMNS)
    format_table(cells, [COLUMNS[name].title for name in DEFAULT_COLUMNS])
    note_on_abandoned([row._replace(owner='x:1:2', desired_state='run') for row in rows], workers=False)
    assert time.process_time() - begin < 1.0


@pytest.mark.parametrize(
    ('attributes', 'cell'),
    [
        ({'process_state': 'created'}, '⏹ Created'),
        ({'process_state': 'running'}, '⏵ Running'),
        ({'process_state': 'waiting'}, '⏵ Waiting'),
        ({'process_state': 'waiting', 'paused': True}, '⏸ Waiting'),
        ({'process_state': 'finished', 'exit_status': 410}, '⏹ Finished [410]'),
        ({'process_state': 'finished', 'exit_status': 0, 'paused': True}, '⏹ Finished [0]'),
        ({'process_state': 'excepted'}, '⨯ Excepted'),
        ({'process_state': 'killed'}, '☠ Killed'),
        ({}, '· Unknown'),
    ],
)
def test_states(attributes, cell):
    assert format_row_state(attributes) == cell


@pytest.mark.parametrize(
    ('age', 'text'),
    [
        (timedelta(seconds=-5), '0s ago'),
        (timedelta(seconds=59), '59s ago'),
        (timedelta(seconds=61), '1m ago'),
        (timedelta(hours=23, minutes=59), '23h ago'),
        (timedelta(days=40), '40D ago'),
    ],
)
def test_ages(age, text):
    assert format_age(NOW - age, NOW) == text


def test_tree():
    assert format_tree_descending(('A', ['b', ('c', ['d', ('e', ['f', 'g'])]), ('h', ['i'])])) == (
        'A\n'
        '    ├── b\n'
        '    ├── c\n'
        '    │   ├── d\n'
        '    │   └── e\n'
        '    │       ├── f\n'
        '    │       └── g\n'
        '    └── h\n'
        '        └── i'
    )


def test_wide_characters_take_two_columns():
    assert text_width('日本') == 4
    assert format_table([('日本', 'x'), ('abcd', 'y')]) == '日本  x\nabcd  y'
