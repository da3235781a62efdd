"""What commands and plugins print about nodes and processes."""

import pytest

from aiida.cmdline.utils import common


def test_process_info(capsys):
    from aiida import orm
    from aiida.engine import WorkChain

    class Doubler(WorkChain):
        """Double a number.

        It takes its time.
        """

        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.input('note', valid_type=orm.Str, required=False, help='What for.')
            spec.input('x', valid_type=(orm.Int, orm.Float), help='The\n number.')
            spec.input('deep.y', valid_type=orm.Int)
            spec.output('result', valid_type=orm.Int)
            spec.exit_code(400, 'ERROR_TOO_LARGE', message='The number is too large.')
            spec.outline(cls.only)

        def only(self):
            pass

    common.print_process_info(Doubler)
    assert capsys.readouterr().out == (
        'Description:\n'
        '\n'
        '    Double a number.\n'
        '\n'
        '    It takes its time.\n'
        '\n'
        'Inputs:\n'
        '\n'
        '    x         Int, Float  required  The number.\n'
        '    deep                  required\n'
        '    deep.y    Int         required\n'
        '    note      Str                   What for.\n'
        '    metadata\n'
        '\n'
        'Outputs:\n'
        '\n'
        '    result  Int  required\n'
        '\n'
        'Exit codes:\n'
        '\n'
        '      0  The process finished successfully.\n'
        '      1  The process has failed with an unspecified error.\n'
        '      2  The process failed with legacy failure mode.\n'
        '     10  The process returned an invalid output.\n'
        '     11  The process did not register a required output.\n'
        '    400  The number is too large.\n'
    )


def test_validate_output_filename(tmp_path):
    free, taken = tmp_path / 'free', tmp_path / 'taken'
    taken.write_text('')
    assert common.validate_output_filename(free) is None
    assert common.validate_output_filename(str(taken), overwrite=True) is None
    with pytest.raises(FileExistsError, match='taken exists'):
        common.validate_output_filename(taken)
    with pytest.raises(IsADirectoryError, match='is a folder'):
        common.validate_output_filename(tmp_path, overwrite=True)
    with pytest.raises(TypeError, match='int'):
        common.validate_output_filename(3)  # type: ignore[arg-type]


def test_reports_for_plugins(graph):
    chain, job = graph['chain'], graph['job']
    assert 'submitted' in common.get_workchain_report(chain, 'REPORT', max_depth=1)
    assert 'output is empty' not in common.get_workchain_report(chain, 'REPORT', max_depth=1)
    assert common.get_calcjob_report(job).startswith(f'*** {job.pk} [volume_00]: Finished [310] ')
    assert common.get_process_function_report(graph['function']) == 'No log messages recorded for this entry'
    assert common.get_node_info(chain, include_summary=False).startswith('Inputs')


def test_scheduler_output_is_in_the_report(profile):
    import io

    from aiida import orm
    from aiida.common.links import LinkType

    job = orm.CalcJobNode(computer=orm.load_computer('localhost'))
    job.set_process_label('Job')
    for name in ('scheduler_stdout', 'scheduler_stderr'):
        job.set_option(name, f'{name}.txt')
    job.store()
    retrieved = orm.FolderData()
    retrieved.base.repository.put_object_from_filelike(io.BytesIO(b'started\n'), 'scheduler_stdout.txt')
    retrieved.base.repository.put_object_from_filelike(io.BytesIO(b''), 'scheduler_stderr.txt')
    retrieved.base.links.add_incoming(job, LinkType.CREATE, 'retrieved')
    retrieved.store()
    assert common.get_calcjob_report(job).splitlines() == [
        f'*** {job.pk}: Unknown',
        '*** Scheduler output:',
        'started',
        '*** Scheduler errors: (empty)',
        '*** 0 LOG MESSAGES',
    ]


def test_environment_finds_the_programs_of_this_interpreter():
    import os
    import sys
    from pathlib import Path

    assert common.get_env_with_venv_bin()['PATH'].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert os.environ['PATH'] != common.get_env_with_venv_bin()['PATH']


def test_messages_that_are_filled_in_later():
    from aiida.cmdline.utils.common import _without_templates

    assert _without_templates('{failed} of {total} failed') == '... of ... failed'
    assert _without_templates('{message}') == '(said when it happens)'
    assert _without_templates('it is so') == 'it is so'
    assert _without_templates(None) == ''
