"""A profile with a few processes in it, and a way to call commands."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner


@pytest.fixture
def call(profile):
    """Call a group of commands in this interpreter: ``call(verdi_process, 'list', '-a')`` returns click's result."""

    def caller(command: Any, *arguments: Any, status: int | None = 0, **kwargs: Any) -> Any:
        result = CliRunner().invoke(command, [str(argument) for argument in arguments], **kwargs)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        if status is not None:
            assert result.exit_code == status, result.output
        assert 'Traceback' not in result.output
        return result

    return caller


@pytest.fixture
def graph(profile):
    """A work chain that called a function and a job, with its data; a dictionary of the nodes by name."""
    import io

    from aiida import orm
    from aiida.common import timezone
    from aiida.common.links import LinkType
    from aiida.engine import ProcessState

    computer = orm.load_computer('localhost')
    code = orm.InstalledCode(label='emt', computer=computer, filepath_executable='/bin/emt').store()
    x, y = orm.Int(1).store(), orm.Dict({'cutoff': 30.0}).store()

    chain = orm.WorkChainNode(label='a chain', description='of two links')
    chain.set_process_label('MultiplyAddWorkChain')
    chain.base.links.add_incoming(x, LinkType.INPUT_WORK, 'x')
    chain.base.links.add_incoming(y, LinkType.INPUT_WORK, 'base__pw__parameters')
    chain.store()

    function = orm.CalcFunctionNode()
    function.set_process_label('multiply')
    function.base.links.add_incoming(x, LinkType.INPUT_CALC, 'x')
    function.base.links.add_incoming(chain, LinkType.CALL_CALC, 'CALL')
    function.store()
    product = orm.Int(6)
    product.base.links.add_incoming(function, LinkType.CREATE, 'result')
    product.store()

    job = orm.CalcJobNode(computer=computer, label='volume_00')
    job.set_process_label('ArithmeticAddCalculation')
    job.set_option('input_filename', 'aiida.in')
    job.set_option('output_filename', 'aiida.out')
    job.base.repository.put_object_from_filelike(io.BytesIO(b'echo 1\n'), 'aiida.in')
    job.base.repository.put_object_from_filelike(io.BytesIO(b'{}\n'), '.aiida/job_tmpl.json')
    job.base.links.add_incoming(code, LinkType.INPUT_CALC, 'code')
    job.base.links.add_incoming(chain, LinkType.CALL_CALC, 'add')
    job.store()
    retrieved = orm.FolderData()
    retrieved.base.repository.put_object_from_filelike(io.BytesIO(b'10\n'), 'aiida.out')
    retrieved.base.repository.put_object_from_filelike(io.BytesIO(b'\x00\xff'), 'sub/raw.bin')
    retrieved.base.links.add_incoming(job, LinkType.CREATE, 'retrieved')
    retrieved.store()

    chain.logger.log(23, '[%d|MultiplyAddWorkChain|add]: submitted', chain.pk)
    job.logger.warning('the output is empty\nas it seems')
    orm.Log(timezone.now(), 'aiida', 'INFO', chain.pk, 'a detail')
    for node, state in ((function, ProcessState.FINISHED), (job, ProcessState.FINISHED)):
        node.set_process_state(state)
    function.set_exit_status(0)
    job.set_exit_status(310)
    job.set_exit_message('The results cannot be used')
    chain.set_process_state(ProcessState.WAITING)
    chain.set_process_status('Waiting for child processes: 1, 2')
    chain.set_stepper_state_info('2:add')
    return {
        'chain': chain,
        'function': function,
        'job': job,
        'retrieved': retrieved,
        'x': x,
        'y': y,
        'code': code,
        'product': product,
    }
