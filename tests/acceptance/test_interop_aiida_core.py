"""Profiles of aiida-core open here, and profiles made here open in aiida-core.

Set ``NABUCCO_PEER_PYTHON`` to a Python that has aiida-core 2.9 to run these tests.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

PEER = os.environ.get('NABUCCO_PEER_PYTHON')

pytestmark = pytest.mark.skipif(PEER is None, reason='NABUCCO_PEER_PYTHON does not name a Python with aiida-core')

#: Runs in either program.
FILL = """
import io
import json
import sys
from aiida import load_profile, orm
from aiida.engine import WorkChain, calcfunction, run_get_node

load_profile()

@calcfunction
def add(x, y):
    return x + y

class Sum(WorkChain):
    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('x', valid_type=orm.Int)
        spec.output('y', valid_type=orm.Int)
        spec.outline(cls.compute)

    def compute(self):
        self.report('adding')
        self.out('y', add(self.inputs.x, orm.Int(1)))

_, node = run_get_node(Sum, x=orm.Int(41))
data = orm.Dict({'a': {'b': [1, 2.5, None, 'ü']}}, label='nested').store()
data.base.extras.set('tag', 'green')
data.base.comments.add('a word on it')
file = orm.SinglefileData(io.BytesIO(b'content of a file'), filename='file.txt', label='file').store()
array = orm.ArrayData()
import numpy
array.set_array('x', numpy.arange(6.0).reshape(2, 3))
array.label = 'array'
array.store()
code = orm.InstalledCode(label='bash', computer=orm.load_computer('localhost'), filepath_executable='/bin/bash').store()
group = orm.Group(label=sys.argv[1]).store()
group.add_nodes([data, file])
print(json.dumps({'process': node.uuid, 'data': data.uuid}))
"""

#: What either program reads of what the other wrote.
READ = """
import json, sys
from aiida import load_profile, orm

load_profile()
uuids = json.loads(sys.argv[1])
node = orm.load_node(uuids['process'])
data = orm.load_node(uuids['data'])
file = orm.QueryBuilder().append(orm.SinglefileData, filters={'label': 'file'}).one()[0]
array = orm.QueryBuilder().append(orm.ArrayData, filters={'label': 'array'}).one()[0]
query = orm.QueryBuilder()
query.append(orm.Group, filters={'label': 'some'}, tag='group')
query.append(orm.Node, with_group='group', project='uuid')
called = node.called[0]
print(json.dumps({
    'type': type(node).__name__,
    'label': node.process_label,
    'state': node.process_state.value,
    'exit': node.exit_status,
    'output': node.outputs.y.value,
    'input': node.inputs.x.value,
    'called': [type(called).__name__, called.process_label, called.outputs.result.value],
    'creator': node.outputs.y.creator.uuid == called.uuid,
    'report': [log.message.split(': ')[-1] for log in orm.Log.collection.get_logs_for(node)],
    'dict': data.get_dict(),
    'extras': data.base.extras.get('tag'),
    'comments': [comment.content for comment in data.base.comments.all()],
    'file': file.get_content() if isinstance(file.get_content(), str) else file.get_content().decode(),
    'array': array.get_array('x').tolist(),
    'code': str(orm.load_code('bash@localhost').filepath_executable),
    'computer': orm.load_computer('localhost').is_configured,
    'group': len(query.all()),
    'sums': orm.QueryBuilder().append(orm.Int, filters={'attributes.value': {'>': 41}}).count(),
    'hash': data.base.caching.is_valid_cache,
    'user': data.user.email,
}))
"""
EXPECTED = {
    'type': 'WorkChainNode',
    'label': 'Sum',
    'state': 'finished',
    'exit': 0,
    'output': 42,
    'input': 41,
    'called': ['CalcFunctionNode', 'add', 42],
    'creator': True,
    'report': ['adding'],
    'dict': {'a': {'b': [1, 2.5, None, 'ü']}},
    'extras': 'green',
    'comments': ['a word on it'],
    'file': 'content of a file',
    'array': [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]],
    'code': '/bin/bash',
    'computer': True,
    'group': 2,
    'sums': 1,
    'hash': True,
    'user': 'aiida@localhost',
}


@pytest.fixture
def python(environment, tmp_path):
    """Run a script in one of the two programs, on the same configuration, and return what it prints at the end."""

    def run(interpreter, text, *words):
        script = tmp_path / 'script.py'
        script.write_text(text)
        done = subprocess.run(
            [interpreter, '-W', 'ignore', str(script), *words],
            env={name: value for name, value in environment.items() if name != 'PATH'} | {'PATH': os.defpath},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    return run


@pytest.fixture
def peer_verdi(environment):
    """Run the ``verdi`` of aiida-core."""

    def run(*words):
        done = subprocess.run(
            [str(pathlib.Path(PEER).parent / 'verdi'), *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_profile_of_aiida_core_opens_here(python, peer_verdi, verdi, environment):
    peer_verdi('presto')
    uuids = python(PEER, FILL, 'some')
    before = (pathlib.Path(environment['HOME']) / '.aiida' / 'config.json').read_text()
    assert json.loads(python(sys.executable, READ, uuids)) == EXPECTED
    process = json.loads(uuids)['process']
    assert 'presto' in verdi('status').stdout
    assert 'Sum' in verdi('process', 'list', '-a').stdout
    assert 'Finished [0]' in verdi('process', 'show', process).stdout
    assert 'adding' in verdi('process', 'report', process).stdout
    assert '"b": [' in verdi('node', 'attributes', json.loads(uuids)['data']).stdout
    assert 'bash@localhost' in verdi('code', 'list').stdout
    assert 'all 6 tests succeeded' in verdi('computer', 'test', 'localhost').stdout
    assert 'some' in verdi('group', 'list').stdout
    assert (pathlib.Path(environment['HOME']) / '.aiida' / 'config.json').read_text() == before
    assert python(sys.executable, FILL, 'other')
    assert 'Sum' in peer_verdi('process', 'list', '-a')


def test_a_profile_made_here_opens_in_aiida_core(python, peer_verdi, verdi):
    verdi('presto')
    uuids = python(sys.executable, FILL, 'some')
    assert json.loads(python(PEER, READ, uuids)) == EXPECTED
    process = json.loads(uuids)['process']
    assert 'presto' in peer_verdi('status')
    assert 'Sum' in peer_verdi('process', 'list', '-a')
    assert 'Finished [0]' in peer_verdi('process', 'show', process)
    assert 'adding' in peer_verdi('process', 'report', process)
    assert 'bash@localhost' in peer_verdi('code', 'list')
    assert 'all 6 tests succeeded' in peer_verdi('computer', 'test', 'localhost')
    assert python(PEER, FILL, 'other')
    assert verdi('process', 'list', '-a', '-r', '-P', 'process_label').stdout.split() == ['Sum', 'add'] * 2


def test_both_programs_read_the_options_of_the_other(peer_verdi, verdi):
    verdi('presto')
    verdi('config', 'set', 'daemon.timeout', '7')
    assert peer_verdi('config', 'get', 'daemon.timeout').strip() == '7'
    peer_verdi('config', 'set', 'caching.enabled_for', 'aiida.calculations:core.arithmetic.add')
    assert verdi('config', 'get', 'caching.enabled_for').stdout.strip() == "['aiida.calculations:core.arithmetic.add']"
