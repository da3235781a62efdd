"""``verdi node`` and ``verdi calcjob``."""

import json

import pytest

from aiida.cmdline.commands.cmd_calcjob import verdi_calcjob
from aiida.cmdline.commands.cmd_node import verdi_node


def test_show(call, graph):
    from aiida import orm

    orm.Group('some').store().add_nodes(graph['x'])
    output = call(verdi_node, 'show', graph['x'].pk, '--print-groups').output
    assert 'type         Int' in output.splitlines()
    assert 'Inputs' not in output
    assert 'some' in output
    assert 'is in no group' in call(verdi_node, 'show', graph['y'].pk, '--print-groups').output


def test_attributes(call, graph):
    job, y = graph['job'], graph['y']
    lines = call(verdi_node, 'attributes', job.pk, '-k', 'process_label', 'exit_status').output.split('\n', 1)
    assert lines[0] == f'PK: {job.pk}'
    assert json.loads(lines[1]) == {'exit_status': 310, 'process_label': 'ArithmeticAddCalculation'}
    assert call(verdi_node, 'attributes', '-f', 'yaml', '-i', 'uuid', y.pk).output.startswith(
        f'UUID: {y.uuid}\ncutoff: 30.0\n'
    )
    assert json.loads(call(verdi_node, 'attributes', '-r', y.pk, graph['x'].pk).output) == [
        {'PK': y.pk, 'attributes': {'cutoff': 30.0}},
        {'PK': graph['x'].pk, 'attributes': {'value': 1}},
    ]


def test_extras(call, graph):
    graph['x'].base.extras.set('colour', {'name': 'red'})
    output = call(verdi_node, 'extras', graph['x'].pk, '-k', 'colour').output
    assert json.loads(output.split('\n', 1)[1]) == {'colour': {'name': 'red'}}


def test_list(call, graph):
    output = call(verdi_node, 'list', '-e', 'core.int', '-P', 'id', 'label', '-r').output
    assert [int(line) for line in output.split()] == [graph['x'].pk, graph['product'].pk]
    assert 'Total results: 1' in call(verdi_node, 'list', '-l', '1').output
    assert 'no class of nodes `core.nope`' in call(verdi_node, 'list', '-e', 'core.nope', status=2).output


def test_label_and_description(call, graph):
    from aiida import orm

    x = graph['x']
    assert call(verdi_node, 'label', '-L', 'one', x.pk, input='n\n', status=1).output.strip().endswith('Aborted!')
    call(verdi_node, 'label', '-f', '-L', 'one', x.pk)
    call(verdi_node, 'description', '-D', 'the first', x.pk, input='y\n')
    assert (orm.load_node(x.pk).label, orm.load_node(x.pk).description) == ('one', 'the first')
    assert call(verdi_node, 'label', x.pk).output.splitlines()[-1].split() == [str(x.pk), 'one']
    assert call(verdi_node, 'description', '-r', x.pk).output == 'the first\n'


def test_repository(call, graph, tmp_path):
    retrieved = graph['retrieved'].pk
    assert call(verdi_node, 'repo', 'ls', retrieved).output == 'aiida.out\nsub\n'
    assert call(verdi_node, 'repo', 'ls', retrieved, 'sub').output == 'raw.bin\n'
    assert call(verdi_node, 'repo', 'cat', retrieved, 'aiida.out').output == '10\n'
    assert call(verdi_node, 'repo', 'cat', retrieved, 'sub/raw.bin').stdout_bytes == b'\x00\xff'
    target = tmp_path / 'new' / 'copy'
    call(verdi_node, 'repo', 'dump', retrieved, target)
    assert (target / 'sub' / 'raw.bin').read_bytes() == b'\x00\xff'
    assert 'exists: name a folder' in call(verdi_node, 'repo', 'dump', retrieved, target, status=1).output


@pytest.mark.parametrize(
    ('arguments', 'status', 'message'),
    [
        (['repo', 'cat', '{retrieved}', 'nope'], 1, 'no file `nope`'),
        (['repo', 'cat', '{retrieved}', 'sub'], 1, 'no file `sub`'),
        (['repo', 'cat', '{retrieved}'], 2, 'has 2 files'),
        (['repo', 'ls', '{retrieved}', 'nope'], 1, 'no folder `nope`'),
        (['repo', 'ls', '{retrieved}', 'aiida.out'], 1, 'no folder `aiida.out`'),
        (['show', '99999'], 2, '99999'),
        (['show'], 2, 'name one or more nodes'),
        (['attributes'], 2, 'name one or more nodes'),
        (['show', 'no-such-label'], 2, 'no-such-label'),
        (['comment', 'remove', '77', '-f'], 1, 'there is no comment<77>'),
    ],
)
def test_wrong_arguments(call, graph, arguments, status, message):
    names = {'retrieved': graph['retrieved'].pk}
    assert message in call(verdi_node, *(text.format(**names) for text in arguments), status=status).output


def test_comments(call, graph):
    x = graph['x'].pk
    assert 'no comments found' in call(verdi_node, 'comment', 'show', x).output
    call(verdi_node, 'comment', 'add', '-N', x, '--', 'looks odd')
    pk = graph['x'].base.comments.all()[0].pk
    assert 'looks odd' in call(verdi_node, 'comment', 'show', x).output
    call(verdi_node, 'comment', 'update', pk, 'looks fine')
    output = call(verdi_node, 'comment', 'show', x).output
    assert 'looks fine' in output
    assert f'Comment<{pk}> for Node<{x}> by test@localhost' in output
    call(verdi_node, 'comment', 'remove', '-f', pk)
    assert graph['x'].base.comments.all() == []


def test_graph_generate(call, graph, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chain = graph['chain'].pk
    output = call(verdi_node, 'graph', 'generate', '-f', 'svg', chain).output
    drawing = (tmp_path / f'{chain}.dot.svg').read_text()
    assert f'{chain}.dot.svg' in output
    for word in ('<svg', 'MultiplyAddWorkChain', 'ArithmeticAddCalculation', 'FolderData'):
        assert word in drawing
    call(verdi_node, 'graph', 'generate', '-f', 'svg', '-l', 'data', '-O', tmp_path / 'data.svg', graph['job'].pk)
    drawing = (tmp_path / 'data.svg').read_text()
    assert 'ArithmeticAddCalculation' in drawing
    assert 'MultiplyAddWorkChain' not in drawing
    result = call(verdi_node, 'graph', 'generate', '-O', tmp_path / 'absent' / 'a.svg', '-f', 'svg', chain, status=1)
    assert 'absent' in result.output


def test_job_files(call, graph):
    job = graph['job'].pk
    assert call(verdi_calcjob, 'inputls', job).output == '.aiida\naiida.in\n'
    assert call(verdi_calcjob, 'inputls', job, '.aiida').output == 'job_tmpl.json\n'
    assert call(verdi_calcjob, 'inputcat', job).output == 'echo 1\n'
    assert call(verdi_calcjob, 'inputcat', job, '.aiida/job_tmpl.json').output == '{}\n'
    assert call(verdi_calcjob, 'outputls', job).output == 'aiida.out\nsub\n'
    assert call(verdi_calcjob, 'outputcat', job).output == '10\n'
    assert call(verdi_calcjob, 'outputcat', job, 'sub/raw.bin').stdout_bytes == b'\x00\xff'


@pytest.mark.parametrize(
    ('arguments', 'status', 'message'),
    [
        (['inputcat', '{job}', 'nope'], 1, 'no file `nope` among the inputs'),
        (['outputcat', '{job}', 'nope'], 1, 'no file `nope` among the outputs'),
        (['outputls', '{job}', 'nope'], 1, 'no folder `nope`'),
        (['remotecat', '{job}'], 1, 'has no folder on a computer'),
        (['gotocomputer', '{job}'], 1, 'has no folder on a computer'),
        (['res', '{job}'], 1, 'no results of ArithmeticAddCalculation'),
        (['inputls', '{chain}'], 2, '{chain}'),
        (['res', '{function}'], 2, '{function}'),
        (['res', '99999'], 2, '99999'),
        (['cleanworkdir'], 2, 'name jobs'),
        (['cleanworkdir', '-p', '1', '{job}'], 2, 'not both'),
    ],
)
def test_wrong_jobs(call, graph, arguments, status, message):
    names = {name: graph[name].pk for name in ('job', 'chain', 'function')}
    result = call(verdi_calcjob, *(text.format(**names) for text in arguments), status=status)
    assert message.format(**names) in result.output


def test_job_without_files(call, graph):
    from aiida import orm

    job = orm.CalcJobNode(computer=orm.load_computer('localhost')).store()
    assert call(verdi_calcjob, 'inputls', job.pk).output == ''
    assert 'nothing was retrieved' in call(verdi_calcjob, 'outputls', job.pk, status=1).output
    assert 'name the file' in call(verdi_calcjob, 'inputcat', job.pk, status=1).output


def test_delete(call, graph):
    from aiida import orm

    names = ('chain', 'function', 'job', 'retrieved', 'x', 'y', 'code', 'product')

    def left():
        found = orm.QueryBuilder().append(orm.Node, project='id').all(flat=True)
        return [name for name in names if graph[name].pk in found]

    product = graph['product'].pk
    assert '5 Node(s)' in call(verdi_node, 'delete', '-n', product).output
    call(verdi_node, 'delete', product, input='n\n')
    assert left() == list(names)
    assert 'deleted 5 nodes' in call(verdi_node, 'delete', product, input='y\n').output
    assert left() == ['x', 'y', 'code']
    assert 'deleted 1 node' in call(verdi_node, 'delete', '-f', graph['y'].pk).output
    assert left() == ['x', 'code']
    assert 'name one or more nodes' in call(verdi_node, 'delete', '-f', status=2).output


def test_delete_follows_the_rules_asked_for(call, graph):
    output = call(verdi_node, 'delete', '-n', '--no-create-forward', graph['function'].pk).output
    assert '3 Node(s)' in output


def test_delete_empties_folders(call, graph, tmp_path):
    from aiida import orm
    from aiida.common.links import LinkType

    (tmp_path / 'work').mkdir()
    (tmp_path / 'work' / 'file').write_text('')
    remote = orm.RemoteData(computer=orm.load_computer('localhost'), remote_path=str(tmp_path / 'work'))
    remote.base.links.add_incoming(graph['job'], LinkType.CREATE, 'remote_folder')
    remote.store()
    call(verdi_node, 'delete', '-n', '--clean-workdir', graph['job'].pk)
    assert (tmp_path / 'work' / 'file').exists()
    call(verdi_node, 'delete', '-f', '--clean-workdir', graph['job'].pk)
    assert not (tmp_path / 'work' / 'file').exists()


def test_rehash(call, graph):
    x = graph['x']
    before = x.base.extras.get('_aiida_hash')
    x.base.extras.set('_aiida_hash', 'wrong')
    assert 'the hash of 1 node' in call(verdi_node, 'rehash', x.pk).output
    assert x.base.extras.get('_aiida_hash') == before
    assert 'the hash of 2 nodes' in call(verdi_node, 'rehash', '-f', '-e', 'core.int').output
    call(verdi_node, 'rehash', input='n\n', status=1)


def test_a_picture_has_the_format_of_its_suffix(call, graph, tmp_path, monkeypatch):
    from aiida.tools.visualization import render

    monkeypatch.setattr(render, 'has_graphviz', lambda engine: False)
    pk = graph['chain'].pk
    call(verdi_node, 'graph', 'generate', pk, '-O', tmp_path / 'foo.svg')
    assert '<svg' in (tmp_path / 'foo.svg').read_text()
    call(verdi_node, 'graph', 'generate', pk, '-O', tmp_path / 'foo.dot')
    assert (tmp_path / 'foo.dot').read_text().startswith('digraph')
    result = call(verdi_node, 'graph', 'generate', pk, '-O', tmp_path / 'foo.png', status=1)
    assert "the format 'png' needs the program 'dot' of graphviz, which is not installed" in result.output
    assert not (tmp_path / 'foo.png').exists()
