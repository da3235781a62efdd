"""A work chain with a job on a profile on disk: what is recorded, row by row."""

import pytest

from aiida import orm
from aiida.engine import run_get_node
from aiida.plugins import WorkflowFactory


@pytest.fixture
def code(localhost):
    return orm.InstalledCode(
        label='add', computer=localhost, filepath_executable='/bin/bash', default_calc_job_plugin='core.arithmetic.add'
    ).store()


def test_rows_are_those_of_the_sample_profile(code):
    """Nodes, links and log records of the nodes 5 to 11 of a profile that aiida-core 2.9.4 has filled."""
    chain = run_get_node(
        WorkflowFactory('core.arithmetic.multiply_add'), x=orm.Int(2), y=orm.Int(3), z=orm.Int(5), code=code
    ).node
    multiply, job = chain.called
    names = {
        **{chain.base.links.get_incoming().get_node_by_label(label).pk: label for label in ('x', 'y', 'z', 'code')},
        chain.pk: 'chain',
        multiply.pk: 'multiply',
        job.pk: 'job',
        multiply.outputs.result.pk: 'product',
        **{job.outputs[label].pk: label for label in ('remote_folder', 'retrieved', 'sum')},
    }
    assert {(node.node_type, node.process_type) for node in (chain, multiply, job)} == {
        ('process.workflow.workchain.WorkChainNode.', 'aiida.workflows:core.arithmetic.multiply_add'),
        (
            'process.calculation.calcfunction.CalcFunctionNode.',
            'aiida.workflows.arithmetic.multiply_add.multiply',
        ),
        ('process.calculation.calcjob.CalcJobNode.', 'aiida.calculations:core.arithmetic.add'),
    }
    links = {
        (names[node.pk], names[entry.node.pk], entry.link_type.value, entry.link_label)
        for node in (chain, multiply, job)
        for entry in node.base.links.get_outgoing().all()
    } | {
        (names[entry.node.pk], names[node.pk], entry.link_type.value, entry.link_label)
        for node in (chain, multiply, job)
        for entry in node.base.links.get_incoming().all()
    }
    assert links == {
        *(('x', 'chain', 'input_work', 'x'), ('y', 'chain', 'input_work', 'y'), ('z', 'chain', 'input_work', 'z')),
        *(('code', 'chain', 'input_work', 'code'), ('chain', 'multiply', 'call_calc', 'CALL')),
        *(('x', 'multiply', 'input_calc', 'x'), ('y', 'multiply', 'input_calc', 'y')),
        *(('multiply', 'product', 'create', 'result'), ('chain', 'job', 'call_calc', 'CALL')),
        *(
            ('product', 'job', 'input_calc', 'x'),
            ('z', 'job', 'input_calc', 'y'),
            ('code', 'job', 'input_calc', 'code'),
        ),
        *(('job', 'remote_folder', 'create', 'remote_folder'), ('job', 'retrieved', 'create', 'retrieved')),
        *(('job', 'sum', 'create', 'sum'), ('chain', 'sum', 'return', 'result')),
    }
    (log,) = orm.Log.collection.get_logs_for(chain)
    assert log.levelname == 'REPORT'
    assert log.message == (
        f'[{chain.pk}|MultiplyAddWorkChain|add]: Submitted the `ArithmeticAddCalculation`: uuid: {job.uuid} '
        f'(pk: {job.pk}) (aiida.calculations:core.arithmetic.add)'
    )
    assert job.outputs.remote_folder.computer.label == 'localhost'
    assert chain.outputs.result.value == 11


def test_what_a_job_says_of_its_failure_is_kept(code, localhost):
    from aiida.plugins import CalculationFactory

    cat = orm.InstalledCode(label='cat', computer=localhost, filepath_executable='/bin/cat').store()
    node = run_get_node(CalculationFactory('core.arithmetic.add'), code=cat, x=orm.Int(2), y=orm.Int(3)).node
    assert node.exit_status == 320
    (log,) = orm.Log.collection.get_logs_for(node)
    assert log.levelname == 'WARNING'
    assert log.message == 'output parser returned exit code<320>: The output file contains invalid output.'


def test_nothing_of_what_is_alive_is_left(code):
    from aiida.orm.backend import get_store

    chain = run_get_node(
        WorkflowFactory('core.arithmetic.multiply_add'), x=orm.Int(2), y=orm.Int(3), z=orm.Int(5), code=code
    ).node
    store = get_store()
    assert store.list_checkpoints() == []
    assert [store.read_run(node.pk) for node in (chain, *chain.called)] == [None] * 3


def test_a_builder_of_a_code(code):
    from aiida.engine import run

    builder = code.get_builder()
    builder.x, builder.y = orm.Int(1), orm.Int(2)
    builder.metadata.options.max_wallclock_seconds = 60
    results = run(builder)
    assert results['sum'].value == 3
    restarted = results['sum'].creator.get_builder_restart()
    assert restarted.metadata.options.max_wallclock_seconds == 60
    assert run(restarted)['sum'].value == 3
