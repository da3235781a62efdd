"""A job that only moves files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

from aiida.common.datastructures import CalcInfo
from aiida.engine import CalcJob
from aiida.orm import Dict, FolderData, RemoteData

if TYPE_CHECKING:
    from aiida.common.folders import Folder
    from aiida.engine import CalcJobProcessSpec

__all__ = ('TransferCalculation',)

#: The lists an instruction may hold, and the kind of node their files are in.
_LISTS = {'local_files': FolderData, 'remote_files': RemoteData, 'symlink_files': RemoteData}


def validate_instructions(instructions: Any, _: Any) -> str | None:
    """Return what is wrong with the instructions, taken for themselves."""
    content = instructions.get_dict()
    keep = content.get('retrieve_files')
    if not isinstance(keep, bool):
        return (
            f'`retrieve_files` must be either True (the files come into the repository) or False (they stay on the '
            f'computer), not {keep!r}'
        )
    if not any(content.get(name) for name in _LISTS):
        return f'no file is named: give at least one of {", ".join(_LISTS)}, lists of (node, source, target)'
    for name in _LISTS:
        problem = _problem_of_list(name, content.get(name, []))
        if problem is not None:
            return problem
    return None


def _problem_of_list(name: str, entries: Any) -> str | None:
    if not isinstance(entries, list | tuple):
        return f'`{name}` must be a list of (node, source, target), not {entries!r}'
    for entry in entries:
        if not isinstance(entry, list | tuple) or len(entry) != 3 or not all(isinstance(item, str) for item in entry):
            return f'an entry of `{name}` must be (node, source, target), three strings, not {entry!r}'
        if os.path.isabs(entry[1]) or os.path.isabs(entry[2]):
            return f'source and target in `{name}` must be relative paths: {entry!r}'
    return None


def validate_transfer_inputs(inputs: Any, _: Any) -> str | None:
    """Return what is wrong with instructions and nodes, taken together."""
    if 'instructions' not in inputs:
        return None
    content, nodes = inputs['instructions'].get_dict(), inputs.get('source_nodes', {})
    problems, used = [], set()
    for name, kind in _LISTS.items():
        for label, _source, _target in content.get(name, []):
            used.add(label)
            if label not in nodes:
                problems.append(f'node `{label}` requested on list `{name}` not found among inputs')
            elif not isinstance(nodes[label], kind):
                problems.append(f'node `{label}`, requested on list `{name}`, should be of type {kind.__name__}')
    problems += [f'node `{label}` provided as inputs is not being used' for label in nodes if label not in used]
    return '; '.join(problems) or None


class TransferCalculation(CalcJob):
    """Copy or link files between folders in the repository and folders on a computer; nothing is run.

    The ``instructions`` say with ``retrieve_files`` whether the files are retrieved afterwards, and list them as
    (name of a source node, path in it, path in the working directory) under ``local_files`` (from the repository),
    ``remote_files`` and ``symlink_files`` (copied or linked on the computer).
    """

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Declare instructions and nodes."""
        super().define(spec)
        spec.input('instructions', valid_type=Dict, validator=validate_instructions, help='Which files go where.')
        spec.input_namespace(
            'source_nodes',
            valid_type=(FolderData, RemoteData),
            dynamic=True,
            help='The nodes whose files the instructions name.',
        )
        metadata = cast('Any', spec.inputs['metadata'])
        metadata['computer'].required = True
        metadata['options']['resources'].default = {'num_machines': 1, 'num_mpiprocs_per_machine': 1}
        spec.inputs.validator = cast('Any', validate_transfer_inputs)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Say what is copied, linked and retrieved."""
        inputs = cast('Any', self.inputs)
        content, nodes = inputs.instructions.get_dict(), inputs.source_nodes
        calc_info = CalcInfo()
        calc_info.skip_submit = True
        calc_info.codes_info = []
        calc_info.local_copy_list = [
            (nodes[label].uuid, source, target) for label, source, target in content.get('local_files', [])
        ]
        for name, files in (('remote_copy_list', 'remote_files'), ('remote_symlink_list', 'symlink_files')):
            calc_info[name] = [
                (nodes[label].computer.uuid, os.path.join(nodes[label].get_remote_path(), source), target)
                for label, source, target in content.get(files, [])
            ]
        calc_info.retrieve_list = []
        if content['retrieve_files']:
            calc_info.retrieve_list = [target for name in _LISTS for _, _, target in content.get(name, [])]
        return calc_info
