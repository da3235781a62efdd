"""The rows a process leaves have the form AiiDA gives them."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from engine_samples import Leaf, add, add_twice, fail

import aiida
from aiida import orm
from aiida.engine import WorkChain, calcfunction, run_get_node

# mypy: disable-error-code="no-untyped-def"


def rows(store: Any, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return list(store.select(sql, parameters))


def attributes(store: Any, pk: int) -> dict[str, Any]:
    return json.loads(rows(store, 'SELECT attributes FROM db_dbnode WHERE id = ?', pk)[0][0])  # type: ignore[no-any-return]


FUNCTION = {
    'process_state': 'finished',
    'metadata_inputs': None,
    'version': {'core': aiida.__version__},
    'function_namespace': 'engine_samples',
    'exit_status': 0,
    'sealed': True,
}


def test_calcfunction(store: Any) -> None:
    _, node = add.run_get_node(1, 2)
    found = attributes(store, node.pk)
    first_line = found.pop('function_starting_line_number')
    lines = found.pop('function_number_of_lines')
    assert found == {**FUNCTION, 'process_label': 'add', 'function_name': 'add'}
    source = pathlib.Path(__file__).with_name('engine_samples.py').read_text()
    assert source.splitlines()[first_line - 1 : first_line - 1 + lines] == [
        '@calcfunction',
        'def add(x, y):  # type: ignore[no-untyped-def]',
        '    return orm.Int(x.value + y.value)',
    ]
    assert node.get_source_code_file() == source
    node_type, process_type, label, repository, extras = rows(
        store,
        'SELECT node_type, process_type, label, repository_metadata, extras FROM db_dbnode WHERE id = ?',
        node.pk,
    )[0]
    assert (node_type, process_type, label) == (
        'process.calculation.calcfunction.CalcFunctionNode.',
        'engine_samples.add',
        'add',
    )
    assert list(json.loads(repository)['o']) == ['source_file']
    assert list(json.loads(extras)) == ['_aiida_hash']
    links = rows(store, 'SELECT type, label FROM db_dblink ORDER BY id')
    assert links == [('input_calc', 'x'), ('input_calc', 'y'), ('create', 'result')]


def test_workfunction(store: Any) -> None:
    _, node = add_twice.run_get_node(1, 2)
    found = attributes(store, node.pk)
    for key in ('function_starting_line_number', 'function_number_of_lines'):
        assert isinstance(found.pop(key), int)
    assert found == {**FUNCTION, 'process_label': 'add_twice', 'function_name': 'add_twice'}
    links = rows(store, 'SELECT type, label FROM db_dblink ORDER BY id')
    assert links == [
        ('input_work', 'x'),
        ('input_work', 'y'),
        ('call_calc', 'CALL'),
        ('input_calc', 'x'),
        ('input_calc', 'y'),
        ('create', 'result'),
        ('call_calc', 'CALL'),
        ('input_calc', 'x'),
        ('input_calc', 'y'),
        ('create', 'result'),
        ('return', 'result'),
    ]


def test_exception(store: Any) -> None:
    with pytest.raises(ValueError):
        fail(3)
    pk = rows(store, "SELECT id FROM db_dbnode WHERE node_type LIKE 'process%'")[0][0]
    found = attributes(store, pk)
    for key in ('function_starting_line_number', 'function_number_of_lines'):
        assert isinstance(found.pop(key), int)
    expected: dict[str, Any] = {
        **FUNCTION,
        'process_state': 'excepted',
        'process_label': 'fail',
        'function_name': 'fail',
        'exception': 'ValueError: boom 3',
    }
    del expected['exit_status']
    assert found == expected
    loggername, levelname, message, metadata = rows(
        store, 'SELECT loggername, levelname, message, metadata FROM db_dblog WHERE dbnode_id = ?', pk
    )[0]
    assert (loggername, levelname) == ('aiida.orm.nodes.process.calculation.calcfunction.CalcFunctionNode', 'REPORT')
    assert message.startswith(f'[{pk}|fail|on_except]: Traceback (most recent call last):\n  File ')
    assert message.endswith('ValueError: boom 3\n')
    assert 'in fail\n' in message
    details = json.loads(metadata)
    assert details['levelno'] == 23
    assert details['funcName'] == 'report'
    assert details['dbnode_id'] == pk
    assert details['message'] == details['msg'] == message


class Telling(WorkChain):
    """Reports, and has metadata in a namespace."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(Leaf, namespace='leaf.sub')
        spec.input('how', valid_type=str, is_metadata=True, required=False)
        spec.input('free', valid_type=dict, non_db=True, required=False)
        spec.input_namespace('many', dynamic=True, valid_type=orm.Int)
        spec.output_namespace('given', dynamic=True, valid_type=orm.Int)
        spec.outline(cls.first, cls.second, cls.third)

    def first(self) -> None:
        self.report('plain')

    def second(self) -> None:
        self.report('with %s and %d', 'arguments', 2)
        self.report('100% sure')

    def third(self) -> None:
        self.out('given.a', self.inputs.many.x)
        self.out('given.b', {'c': self.inputs.many.x})


def test_work_chain(store: Any) -> None:
    number = orm.Int(1)
    _, node = run_get_node(
        Telling,
        leaf={'sub': {'x': 1, 'metadata': {'label': 'inner'}}},
        how='well',
        free={'anything': {'any': (1, 2)}},
        many={'x': number, 'deeper': {'y': orm.Int(2)}},
        metadata={'label': 'L', 'description': 'D'},
    )
    assert attributes(store, node.pk) == {
        'process_state': 'finished',
        'process_label': 'Telling',
        'metadata_inputs': {
            'leaf': {'sub': {'metadata': {'label': 'inner'}}},
            'how': 'well',
            'metadata': {'label': 'L', 'description': 'D'},
        },
        'version': {'core': aiida.__version__},
        'stepper_state_info': '2:third',
        'exit_status': 0,
        'sealed': True,
    }
    assert (node.label, node.description) == ('L', 'D')
    assert node.process_type == f'{__name__}.Telling'
    assert rows(store, 'SELECT type, label FROM db_dblink ORDER BY id') == [
        ('input_work', 'leaf__sub__x'),
        ('input_work', 'many__x'),
        ('input_work', 'many__deeper__y'),
        ('return', 'given__a'),
        ('return', 'given__b__c'),
    ]
    logs = rows(store, 'SELECT loggername, levelname, message FROM db_dblog WHERE dbnode_id = ? ORDER BY id', node.pk)
    assert {(log[0], log[1]) for log in logs} == {
        ('aiida.orm.nodes.process.workflow.workchain.WorkChainNode', 'REPORT')
    }
    assert [log[2] for log in logs] == [
        f'[{node.pk}|Telling|first]: plain',
        f'[{node.pk}|Telling|second]: with arguments and 2',
        f'[{node.pk}|Telling|second]: 100% sure',
    ]


def test_process_type_of_an_entry_point() -> None:
    pytest.importorskip('aiida.workflows.arithmetic.multiply_add')
    from aiida.plugins import WorkflowFactory

    assert WorkflowFactory('core.arithmetic.multiply_add').build_process_type() == (
        'aiida.workflows:core.arithmetic.multiply_add'
    )


def test_version_of_a_plugin(monkeypatch: Any) -> None:
    import sys
    import types

    plugin = types.ModuleType('some_plugin')
    plugin.__version__ = '1.2.3'  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, 'some_plugin', plugin)

    def work(x):
        return orm.Int(1)

    work.__module__ = 'some_plugin.functions'
    _, node = calcfunction(work).run_get_node(1)
    assert node.base.attributes.get('version') == {'core': aiida.__version__, 'plugin': '1.2.3'}


def test_one_transaction_per_transition(store: Any, monkeypatch: Any) -> None:
    commits = []
    database = store._database if hasattr(store, '_database') else None
    if database is None:
        pytest.skip('this store does not tell its commits')
    original = type(database).end

    def end(self: Any, error: Any) -> None:
        depth = self._session().depth
        original(self, error)
        if depth == 1 and error is None:
            commits.append(1)

    x, y = orm.Int(1).store(), orm.Int(2).store()
    add(x, y)  # the source file is in the repository now
    monkeypatch.setattr(type(database), 'end', end)
    add(x, y)
    assert len(commits) == 2
    commits.clear()
    run_get_node(Telling, leaf={'sub': {'x': x}}, many={'x': x})
    assert len(commits) == 4  # created, two steps, the third with the end
