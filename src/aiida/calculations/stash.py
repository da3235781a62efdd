"""A job that puts files of another one aside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, cast

from aiida.common.datastructures import CalcInfo, CodeInfo, StashMode
from aiida.engine import CalcJob
from aiida.engine.processes.calcjobs.validation import check_job
from aiida.orm import RemoteData

if TYPE_CHECKING:
    from aiida.common.folders import Folder
    from aiida.engine import CalcJobProcessSpec
    from aiida.orm import ProcessNode

__all__ = ('StashCalculation', 'validate_source_node')


def validate_source_node(source_node: Any, _: Any) -> str | None:
    """Return what is wrong with the folder whose files are to be put aside, ``None`` if nothing is."""
    if source_node.is_cleaned:
        return f'`source_node` is {source_node}, whose files were removed: there is nothing left to put aside'
    return None


def _validate_inputs(inputs: Any, ctx: Any) -> str | None:
    """Return what is wrong with mode and code taken together, ``None`` if nothing is."""
    options = inputs.get('metadata', {}).get('options', {})
    mode = (options.get('stash') or {}).get('stash_mode')
    by_code = mode == StashMode.SUBMIT_CUSTOM_CODE.value
    if options.get('unstash'):
        return '`metadata.options.unstash` is for `core.unstash`, which brings files back: leave it out here'
    return check_code(inputs, ctx, by_code, f'with `metadata.options.stash.stash_mode` {mode!r}')


def check_code(inputs: Any, ctx: Any, by_code: bool, where: str) -> str | None:
    """Return what is wrong with the code of a job that moves files, ``None`` if it is there where it is needed only.

    :param by_code: whether a program moves the files.
    :param where: in which case that is.
    """
    if by_code and inputs.get('code') is None:
        return f'`code` is needed {where}: give the program that moves the files'
    if not by_code and inputs.get('code') is not None:
        return f'`code` is {inputs["code"]}, but no program is run {where}: leave it out'
    return check_job(inputs, ctx, needs_code=by_code)


def define_moving(spec: CalcJobProcessSpec, option: str, required: tuple[str, ...]) -> None:
    """Declare what the two jobs that move files have in common.

    :param option: the option that says what is moved.
    :param required: which of its values have to be given.
    """
    metadata = cast('Any', spec.inputs['metadata'])
    metadata['computer'].required = True
    options = metadata['options']
    options['resources'].default = {'num_machines': 1, 'num_mpiprocs_per_machine': 1}
    options['input_filename'].default = 'aiida.in'
    options['output_filename'].default = 'aiida.out'
    options[option].required = True
    for name in required:
        options[option][name].required = True


def moving_info(job: CalcJob, folder: Folder, instructions: dict[str, Any] | None) -> CalcInfo:
    """Return what is to be run to move files.

    :param instructions: what the program reads as JSON from its standard input, ``None`` if no program is run.
    """
    calc_info = CalcInfo()
    calc_info.codes_info = []
    calc_info.local_copy_list = []
    calc_info.remote_copy_list = []
    calc_info.remote_symlink_list = []
    calc_info.retrieve_list = []
    if instructions is None:
        calc_info.skip_submit = True
        return calc_info
    options = job.options
    with folder.open(options.input_filename, 'w', encoding='utf8') as handle:
        handle.write(f'{json.dumps(instructions)}\n')
    code_info = CodeInfo()
    code_info.code_uuid = cast('Any', job.inputs).code.uuid
    code_info.stdin_name = options.input_filename
    code_info.stdout_name = options.output_filename
    calc_info.codes_info = [code_info]
    calc_info.retrieve_list = [options.output_filename]
    return calc_info


class StashCalculation(CalcJob):
    """Put files of the folder of a finished job aside, as the option ``stash`` says.

    With the mode ``submit_custom_code`` the code does it: it reads JSON with ``source_path``, ``source_list`` and
    ``target_base`` from its standard input. With the others nothing is run.
    """

    _stash_source: ClassVar[str | None] = 'source_node'

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Declare whose files are put aside."""
        super().define(spec)
        spec.input(
            'source_node',
            valid_type=RemoteData,
            validator=validate_source_node,
            help='The folder on the computer whose files are put aside.',
        )
        define_moving(spec, 'stash', ('target_base', 'source_list', 'stash_mode'))
        spec.inputs.validator = cast('Any', _validate_inputs)

    @classmethod
    def is_valid_cache(cls, node: ProcessNode) -> bool:
        """Return ``False``: what this job is for happens outside of its outputs."""
        return False

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Say what the program is told, if there is one."""
        stash = self.options.stash
        if stash.stash_mode != StashMode.SUBMIT_CUSTOM_CODE.value:
            return moving_info(self, folder, None)
        return moving_info(
            self,
            folder,
            {
                'source_path': cast('Any', self.inputs).source_node.get_remote_path(),
                'source_list': list(stash.source_list),
                'target_base': stash.target_base,
            },
        )
