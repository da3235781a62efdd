"""Types, options and arguments."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from aiida.cmdline.params import arguments, options, types


def run(decorators, words, input=None):
    """Return the parameters that a command gets."""
    seen = {}

    def command(**kwargs):
        seen.update(kwargs)

    for decorate in decorators:
        command = decorate(command)
    result = CliRunner().invoke(click.command()(command), words, input=input)
    if result.exit_code:
        raise click.UsageError(result.output)
    return seen


def test_several_values_of_one_option():
    decorators = [options.PROJECT(type=click.Choice(['pk', 'uuid'])), options.RAW()]
    assert run(decorators, ['-P', 'pk', 'uuid', '-r']) == {'project': ('pk', 'uuid'), 'raw': True}
    assert run(decorators, []) == {'project': None, 'raw': False}
    with pytest.raises(click.UsageError, match='nope'):
        run(decorators, ['-P', 'pk', 'nope'])


def test_two_dashes_end_the_values():
    decorators = [options.PROJECT(), click.argument('rest', nargs=-1)]
    assert run(decorators, ['-P', 'a', 'b', '--', 'c']) == {'project': ('a', 'b'), 'rest': ('c',)}
    assert run(decorators, ['c', '-P', 'a', 'b']) == {'project': ('a', 'b'), 'rest': ('c',)}


def test_negative_numbers_are_values():
    option = click.option('-n', '--numbers', type=click.INT, cls=options.MultipleValueOption)
    assert run([option], ['-n', '-1', '2']) == {'numbers': (-1, 2)}


def test_what_differs_from_the_definition():
    assert run([options.LABEL(required=False, default='x')], []) == {'label': 'x'}
    assert run([options.LIMIT.clone(default=7)()], []) == {'limit': 7}
    assert run([arguments.LABEL('other', required=False)], []) == {'other': None}


def test_nodes_codes_computers_groups(profile, localhost, tmp_path):
    from aiida import orm

    node = orm.Int(1).store()
    code = orm.InstalledCode(label='bash', computer=localhost, filepath_executable='/bin/bash').store()
    group = orm.Group(label='some').store()
    group.add_nodes(node)
    cases = [
        (options.NODE, '-N', str(node.pk), node),
        (options.NODE, '-N', node.uuid, node),
        (options.NODE, '-N', node.uuid[:13], node),
        (options.DATUM, '-D', str(node.pk), node),
        (options.CODE, '-X', 'bash', code),
        (options.CODE, '-X', 'bash@localhost', code),
        (options.COMPUTER, '-Y', 'localhost', localhost),
        (options.GROUP, '-G', 'some', group),
    ]
    for option, flag, text, entity in cases:
        found = next(iter(run([option()], [flag, text]).values()))
        assert (type(found), found.pk) == (type(entity), entity.pk)
    assert [found.pk for found in run([arguments.NODES()], [str(node.pk), str(code.pk)])['nodes']] == [node.pk, code.pk]
    for option, words in (
        (options.NODE, ['-N', '99']),
        (options.CODE, ['-X', str(node.pk)]),
        (options.DATUM, ['-D', '']),
    ):
        with pytest.raises(click.UsageError, match='Invalid value'):
            run([option()], words)


def test_only_nodes_of_a_class(profile):
    from aiida import orm

    node = orm.Int(1).store()
    decorators = [options.DATUM(type=types.DataParamType(sub_classes=('aiida.data:core.str',)))]
    with pytest.raises(click.UsageError, match='is an Int, not a Str'):
        run(decorators, ['-D', str(node.pk)])
    with pytest.raises(TypeError, match='tuple'):
        types.DataParamType(sub_classes='aiida.data:core.str')


def test_codes_for_a_calculation(profile, localhost):
    from aiida import orm

    orm.InstalledCode(
        label='x', computer=localhost, filepath_executable='/bin/x', default_calc_job_plugin='some.plugin'
    ).store()
    assert run([options.CODE(type=types.CodeParamType(entry_point='some.plugin'))], ['-X', 'x'])['code'].label == 'x'
    with pytest.raises(click.UsageError, match='one for `other` is needed'):
        run([options.CODE(type=types.CodeParamType(entry_point='other'))], ['-X', 'x'])


def test_a_group_is_made_where_there_is_none(profile):
    option = options.GROUP(type=types.GroupParamType(create_if_not_exist=True))
    group = run([option], ['-G', 'new'])['group']
    assert group.is_stored
    assert run([option], ['-G', 'new'])['group'].pk == group.pk


def test_plugins():
    found = run([options.SCHEDULER()], ['-S', 'core.direct'])['scheduler']
    assert found.name == 'core.direct'
    loaded = types.PluginParamType(group='schedulers', load=True)
    assert run([options.SCHEDULER(type=loaded)], ['-S', 'aiida.schedulers:core.direct'])['scheduler'].__name__ == (
        'DirectScheduler'
    )
    with pytest.raises(click.UsageError, match=r"Did you mean 'core\.direct'"):
        run([options.SCHEDULER()], ['-S', 'core.directt'])
    with pytest.raises(click.UsageError, match='none of the groups'):
        run([options.SCHEDULER()], ['-S', 'aiida.data:core.int'])


@pytest.mark.parametrize(
    ('kind', 'good', 'bad'),
    [
        (types.LabelStringType(), 'a-b.c_1', 'a b'),
        (types.NonEmptyStringParamType(), 'x', ''),
        (types.HostnameType(), 'login1.some-cluster.org', '-x'),
        (types.EmailType(), 'a@b', 'ab'),
        (types.ShebangParamType(), '#!/bin/bash', '/bin/bash'),
        (types.MpirunCommandParamType(), 'mpirun -np {tot_num_mpiprocs}', 'mpirun -np {'),
        (types.EntryPointType(), 'core.int', 'core int'),
        (types.AbsolutePathParamType(), '/x', 'x'),
        (types.ConfigOptionParamType(), 'daemon.timeout', 'daemon.nope'),
        (types.LazyChoice(lambda: ['a', 'b']), 'a', 'c'),
    ],
)
def test_text_of_a_form(kind, good, bad):
    assert kind.convert(good, None, None) is not None
    with pytest.raises(click.BadParameter):
        kind.convert(bad, None, None)


def test_values_from_a_file(tmp_path):
    path = tmp_path / 'values.yaml'
    path.write_text('label: from-file\nlimit: 3\n')
    decorators = [options.CONFIG_FILE(), options.LABEL(required=True), options.LIMIT()]
    assert run(decorators, ['--config', str(path)]) == {'label': 'from-file', 'limit': 3}
    assert run(decorators, ['--config', str(path), '-L', 'mine']) == {'label': 'mine', 'limit': 3}
    path.write_text('labell: x\n')
    with pytest.raises(click.UsageError, match='there are no options labell'):
        run(decorators, ['--config', str(path)])
    path.write_text('- x\n')
    with pytest.raises(click.UsageError, match='name: value'):
        run(decorators, ['--config', str(path)])


def test_nothing_is_asked_without_a_terminal():
    option = options.LABEL(cls=options.InteractiveOption, prompt='Label', required=True)
    with pytest.raises(click.UsageError, match='Missing option'):
        run([options.NON_INTERACTIVE(), option], [], input='typed\n')


def test_what_is_missing_is_asked_for_on_a_terminal(monkeypatch):
    monkeypatch.setattr(options.InteractiveOption, 'is_interactive', staticmethod(lambda ctx: True))
    label = options.LABEL(cls=options.InteractiveOption, prompt='Label', required=True, type=types.LabelStringType())
    description = options.DESCRIPTION(cls=options.InteractiveOption, prompt='Description', default='none')
    seen = run([description, label], [], input='a b\n?\n\ngood\n!\n')
    assert seen == {'label': 'good', 'description': None}
    assert run([description, label], [], input='good\n\n') == {'label': 'good', 'description': 'none'}


def test_a_number_may_be_left_out_on_a_terminal(monkeypatch):
    monkeypatch.setattr(options.InteractiveOption, 'is_interactive', staticmethod(lambda ctx: True))
    number = click.option('--number', type=click.INT, cls=options.InteractiveOption, prompt='Number')
    assert run([number], [], input='\n') == {'number': None}
    assert run([number], [], input='x\n3\n') == {'number': 3}
