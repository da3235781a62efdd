"""``verdi data``, and commands that plugins add to it; deleting codes, copying and moving groups."""

from __future__ import annotations

import io
import json

import click
import pytest


def test_content_of_data(presto, localhost, tmp_path):
    import numpy

    from aiida import orm

    data = orm.Dict({'b': 1, 'a': [2]}).store()
    array = orm.ArrayData()
    array.set_array('x', numpy.arange(4).reshape(2, 2))
    array.store()
    file = orm.SinglefileData(io.BytesIO(b'content\n'), filename='x').store()
    assert json.loads(presto('data', 'core.dict', 'show', str(data.pk)).output) == {'a': [2], 'b': 1}
    assert json.loads(presto('data', 'core.array', 'show', str(array.pk)).output) == {'x': [[0, 1], [2, 3]]}
    assert presto('data', 'core.singlefile', 'content', str(file.pk)).output == 'content\n'
    assert 'not a Dict' in presto('data', 'core.dict', 'show', str(file.pk), status=2).output


def test_folders_on_computers(presto, localhost, tmp_path):
    from aiida import orm

    (tmp_path / 'there' / 'sub').mkdir(parents=True)
    (tmp_path / 'there' / 'file').write_text('far away\n')
    pk = str(orm.RemoteData(remote_path=str(tmp_path / 'there'), computer=localhost).store().pk)
    assert presto('data', 'core.remote', 'ls', pk).output == 'file\nsub/\n'
    assert presto('data', 'core.remote', 'ls', '-l', pk).output.startswith('-rw')
    assert presto('data', 'core.remote', 'ls', '-p', 'sub', pk).output == ''
    assert presto('data', 'core.remote', 'cat', pk, 'file').output == 'far away\n'
    assert 'localhost' in presto('data', 'core.remote', 'show', pk).output
    for words in (['cat', pk, 'nope'], ['ls', '-p', 'nope', pk]):
        assert 'Critical' in presto('data', 'core.remote', *words, status=1).output


@click.group('other.kind')
def other_kind():
    """Commands of a plugin."""


def test_plugins_add_commands(presto, monkeypatch):
    from importlib.metadata import EntryPoint

    from aiida.plugins import entry_point

    def registered(name, value):
        return [EntryPoint(name=name, value=value, group='aiida.cmdline.data')]

    groups = {
        'aiida.cmdline.data': {
            'other.kind': registered('other.kind', f'{__name__}:other_kind'),
            'other.broken': registered('other.broken', 'no_such_module_anywhere:x'),
        }
    }
    monkeypatch.setattr(entry_point, 'all_entry_points', lambda: groups)
    output = presto('data', '-h').output
    assert 'Commands of a plugin.' in output
    assert 'no_such_module_anywhere' in output
    assert 'Commands of a plugin.' in presto('data', 'other.kind', '-h').output
    assert 'cannot be loaded' in presto('data', 'other.broken', status=2).output


def test_deleting_codes(presto, localhost):
    from aiida import orm
    from aiida.common.exceptions import NotExistent

    code = orm.InstalledCode(label='bash', computer=localhost, filepath_executable='/bin/bash').store()
    presto('code', 'delete', '-n', 'bash')
    presto('code', 'delete', 'bash', input='n\n')
    assert orm.load_code('bash').pk == code.pk
    assert 'Deleted 1 node.' in presto('code', 'delete', '-f', 'bash').output
    with pytest.raises(NotExistent):
        orm.load_code('bash')


def test_copying_and_moving_groups(presto):
    from aiida import orm

    nodes = [orm.Int(number).store() for number in range(3)]
    orm.Group(label='one').store().add_nodes(nodes)
    presto('group', 'copy', 'one', 'two')
    assert orm.load_group('two').count() == 3
    orm.Group(label='three').store()
    move = ('group', 'move-nodes', '-s', 'one', '-t', 'three')
    assert '1 node moved' in presto(*move, '-f', str(nodes[0].pk)).output
    assert (orm.load_group('one').count(), orm.load_group('three').count()) == (2, 1)
    assert 'not in Group<one>' in presto(*move, '-f', str(nodes[0].pk), status=1).output
    presto(*move, '-f', '--all')
    assert (orm.load_group('one').count(), orm.load_group('three').count()) == (0, 3)
    assert '--all' in presto(*move, status=2).output
    assert 'same group' in presto('group', 'move-nodes', '-s', 'one', '-t', 'one', '-a', status=1).output
