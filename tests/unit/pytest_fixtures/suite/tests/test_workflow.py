"""What the steps of the workflows do, called one by one."""

import pytest

from aiida import orm
from aiida.engine import ExitCode, ProcessHandlerReport
from aiida.plugins import CalculationFactory, WorkflowFactory

SumCalculation = CalculationFactory('sums.sum')
SumBaseWorkChain = WorkflowFactory('sums.base')


def test_setup(generate_workchain_base):
    process = generate_workchain_base()
    process.setup()
    assert process.ctx.unhandled_failure is False
    assert process.ctx.is_finished is False
    assert process.ctx.iteration == 0
    assert isinstance(process.ctx.inputs, dict)
    assert process.should_run_process() is True


def test_handle_truncated(generate_workchain_base):
    process = generate_workchain_base(exit_code=SumCalculation.exit_codes.ERROR_TRUNCATED)
    process.setup()
    process.ctx.iteration = 1
    process.ctx.children = process.ctx.children or []

    result = process.handle_truncated(process.ctx.children[-1])
    assert isinstance(result, ProcessHandlerReport)
    assert result.do_break
    assert result.exit_code.status == 0


def test_inspect(generate_workchain_base):
    process = generate_workchain_base(exit_code=SumCalculation.exit_codes.ERROR_NO_RETRIEVED_FOLDER)
    children = process.ctx.children
    process.setup()
    process.ctx.iteration, process.ctx.children = 1, children
    assert process.inspect_process() == SumBaseWorkChain.exit_codes.ERROR_HOPELESS


def test_unhandled(generate_workchain_base):
    process = generate_workchain_base(exit_code=SumCalculation.exit_codes.ERROR_OUTPUT_FILE_MISSING)
    children = process.ctx.children
    process.setup()
    process.ctx.iteration, process.ctx.children = 1, children
    assert process.inspect_process() is None
    assert process.ctx.unhandled_failure
    assert process.inspect_process() == SumBaseWorkChain.exit_codes.ERROR_SECOND_CONSECUTIVE_UNHANDLED_FAILURE


def test_twice(generate_workchain, generate_inputs, generate_calc_job_node, monkeypatch):
    process = generate_workchain('sums.twice', {'base': {'sum': generate_inputs()}})
    submitted = []
    monkeypatch.setattr(type(process), 'submit', lambda self, cls, **inputs: submitted.append((cls, inputs)) or 1)
    process.run_base()
    assert submitted[0][0] is SumBaseWorkChain
    assert submitted[0][1]['sum']['terms'].terms == [1, 2, 3]

    process.ctx.base = orm.WorkChainNode()
    process.ctx.base.set_process_state('finished')
    process.ctx.base.set_exit_status(1)
    assert process.inspect_base() == ExitCode(401, 'the sum failed')


@pytest.mark.usefixtures('aiida_profile_clean')
def test_builder(generate_inputs):
    builder = SumBaseWorkChain.get_builder()
    builder.sum = generate_inputs()
    assert builder.sum.terms.terms == [1, 2, 3]
    assert 'clean_workdir' in dir(builder)
