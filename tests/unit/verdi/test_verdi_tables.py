"""Tables and trees of text, and the words for the states of processes."""

from datetime import UTC, datetime, timedelta

import pytest

from aiida.cmdline.utils.ascii_vis import format_tree_descending
from aiida.cmdline.utils.processes import (
    COLUMNS,
    DEFAULT_COLUMNS,
    SHRINKABLE,
    format_age,
    format_row_state,
    project_rows,
)
from aiida.cmdline.utils.tables import format_table, text_width
from aiida.storage.records import ProcessRow

NOW = datetime.now(tz=UTC)


def make_row(pk: int, label: str, state: str, age: timedelta, **attributes: object) -> ProcessRow:
    last_error = attributes.pop('last_error', None)
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
        desired_state=attributes.pop('desired', None),  # type: ignore[arg-type]
        attempts=2 if last_error else 0,
        last_error=last_error,  # type: ignore[arg-type]
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


def test_status_says_what_keeps_a_process():
    read = COLUMNS['process_status'].read
    row = make_row(1, 'a', 'waiting', timedelta(0), process_status='Waiting', last_error='connection\nrefused')
    assert read(row) == 'tries again after 2 failed attempts: connection\nrefused'
    assert project_rows([row], ['process_status']) == [['tries again after 2 failed attempts: connection refused']]
    assert read(row._replace(desired_state='kill')) == 'asked to be killed'
    assert read(make_row(1, 'a', 'finished', timedelta(0), process_status='x', last_error='old')) == 'x'


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
