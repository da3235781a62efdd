"""``verdi run``: scripts."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def script(tmp_path):
    def write(text):
        path = tmp_path / 'script.py'
        path.write_text(text)
        return str(path)

    return write


def test_arguments_are_the_scripts_own(presto, script):
    path = script('import sys\nprint(sys.argv[1:], __name__, __file__ == sys.argv[0])')
    argv = sys.argv
    output = presto('run', path, 'a', '-v', '--help', '-p', 'x').output
    assert output == "['a', '-v', '--help', '-p', 'x'] __main__ True\n"
    assert sys.argv is argv
    assert str(path) not in sys.path


def test_names_are_at_hand(presto, script):
    from aiida import orm

    output = presto('run', script('print(Int(3).store().pk); print(QueryBuilder, load_node)')).output
    assert orm.load_node(int(output.splitlines()[0])).value == 3


def test_functions_of_the_script_can_be_processes(presto, script):
    text = (
        'from aiida.engine import calcfunction\n'
        '@calcfunction\ndef twice(x):\n    return x * 2\n'
        'result, node = twice.run_get_node(Int(4))\nprint(result.value, node.is_finished_ok)'
    )
    assert presto('run', script(text)).output == '8 True\n'


def test_modules_beside_the_script_are_found(presto, script, tmp_path):
    (tmp_path / 'beside_the_script.py').write_text('X = 5')
    assert presto('run', script('import beside_the_script\nprint(beside_the_script.X)')).output == '5\n'


@pytest.mark.parametrize(
    ('text', 'status', 'shown'),
    [
        ("raise ValueError('boo')", 1, 'ValueError: boo'),
        ('import sys; sys.exit(7)', 7, ''),
        ('import sys; sys.exit()', 0, ''),
        ('def f(:', 1, 'SyntaxError'),
    ],
)
def test_how_it_ends(presto, script, text, status, shown):
    result = presto('run', script(text), status=status)
    assert shown in result.output
    assert 'cmd_run' not in result.output
    assert 'click' not in result.output


def test_a_script_that_is_not_there(presto):
    assert 'does not exist' in presto('run', '/nowhere/script.py', status=2).output


def test_new_nodes_in_a_group(presto, script):
    from aiida import orm

    path = script('Int(1).store(); Str("x").store()')
    presto('run', '--auto-group', '-l', 'mine', '-e', 'aiida.data:core.str', '--', path)
    group = orm.load_group('mine')
    assert group.type_string == 'core.auto'
    assert [type(node).__name__ for node in group.nodes] == ['Int']
    count = orm.QueryBuilder().append(orm.Node).count()
    assert 'exclude each other' in presto('run', '--auto-group', '-e', 'a:b', '-i', 'c:d', '--', path, status=2).output
    assert orm.QueryBuilder().append(orm.Node).count() == count


def test_the_profile_is_loaded_for_a_script_and_names_are_its_own_business(presto, tmp_path):
    """As the tutorial says: ``load_profile()`` can be left out, the import of ``orm`` cannot."""
    script = tmp_path / 'script.py'
    script.write_text('from aiida import orm\nprint(orm.Int(1).store().pk > 0)')
    assert 'True' in presto('run', str(script)).output
    script.write_text('print(orm)')
    result = presto('run', str(script), status=1)
    assert "name 'orm' is not defined" in result.output
