"""A job that brings back what was put aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from aiida.calculations.stash import check_code, define_moving, moving_info
from aiida.common.datastructures import UnstashTargetMode
from aiida.engine import CalcJob
from aiida.engine.daemon.execmanager import working_directory
from aiida.engine.daemon.unstashing import original_place
from aiida.orm import RemoteStashCustomData, RemoteStashData

if TYPE_CHECKING:
    from aiida.common.datastructures import CalcInfo
    from aiida.common.folders import Folder
    from aiida.engine import CalcJobProcessSpec
    from aiida.orm import ProcessNode

__all__ = ('UnstashCalculation',)


def _validate_inputs(inputs: Any, ctx: Any) -> str | None:
    """Return what is wrong with source, place and code taken together, ``None`` if nothing is."""
    source, options = inputs.get('source_node'), inputs.get('metadata', {}).get('options', {})
    mode = (options.get('unstash') or {}).get('unstash_target_mode')
    if options.get('stash'):
        return '`metadata.options.stash` is for jobs with files of their own, or `core.stash`: leave it out here'
    if source is not None and mode == UnstashTargetMode.OriginalPlace.value and original_place(source) is None:
        return (
            f'`metadata.options.unstash.unstash_target_mode` is {mode!r}, and where the files of {source} were is not '
            f'known, as no job put them aside: choose {UnstashTargetMode.NewRemoteData.value!r}'
        )
    by_code = isinstance(source, RemoteStashCustomData)
    return check_code(inputs, ctx, by_code, f'for a `source_node` of the kind {type(source).__name__}')


class UnstashCalculation(CalcJob):
    """Bring files back that were put aside, as the option ``unstash`` says.

    They come into the working directory of this job, its output ``remote_folder``, with ``NewRemoteData``, and to where
    they were before with ``OriginalPlace``. What a program put aside, a program brings back: it reads JSON with
    ``source_path``, ``source_list`` and ``target_base`` from its standard input.
    """

    _stash_source: ClassVar[str | None] = 'source_node'

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Declare what is brought back."""
        super().define(spec)
        spec.input('source_node', valid_type=RemoteStashData, help='What was put aside.')
        define_moving(spec, 'unstash', ('unstash_target_mode',))
        spec.inputs.validator = cast('Any', _validate_inputs)

    @classmethod
    def is_valid_cache(cls, node: ProcessNode) -> bool:
        """Return ``False``: what this job is for happens outside of its outputs."""
        return False

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Say what the program is told, if there is one."""
        source, unstash = cast('Any', self.inputs).source_node, self.options.unstash
        if not isinstance(source, RemoteStashCustomData):
            return moving_info(self, folder, None)
        target = original_place(source)
        if unstash.unstash_target_mode == UnstashTargetMode.NewRemoteData.value:
            target = str(working_directory(self.node))
        return moving_info(
            self,
            folder,
            {'source_path': source.target_basepath, 'source_list': list(unstash.source_list), 'target_base': target},
        )
