"""A job that a test describes with a dictionary."""

from __future__ import annotations

from aiida.common.datastructures import CalcInfo, CodeInfo, CodeRunMode
from aiida.engine import CalcJob
from aiida.orm import AbstractCode, Dict, FolderData, RemoteData, SinglefileData


class ScriptedJob(CalcJob):
    """Writes the files of ``setup['write']``, runs the codes of ``setup['codes']``, and says what ``setup`` says."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('setup', valid_type=Dict)
        spec.input('other_code', valid_type=AbstractCode, required=False)
        spec.input_namespace('files', valid_type=(SinglefileData, FolderData, RemoteData), dynamic=True, required=False)
        spec.inputs['metadata']['options']['resources'].default = {'num_machines': 1, 'num_mpiprocs_per_machine': 1}

    def prepare_for_submission(self, folder):
        setup = self.inputs.setup.get_dict()
        for name, content in setup.pop('write', {}).items():
            if '/' in name:
                folder.get_subfolder(name.rpartition('/')[0], create=True)
            with folder.open(name, 'w') as handle:
                handle.write(content)
        info = CalcInfo()
        info.codes_info = []
        for code in setup.pop('codes', [{'stdin_name': 'in.sh'}]):
            code_info = CodeInfo(code)
            code_info.code_uuid = self.inputs[code_info.pop('which', 'code')].uuid
            info.codes_info.append(code_info)
        files = self.inputs.get('files', {})
        for key, value in setup.items():
            if key == 'local_copy_list':
                info[key] = [(files[name].uuid, source, target) for name, source, target in value]
            elif key in ('remote_copy_list', 'remote_symlink_list'):
                info[key] = [
                    (files[name].computer.uuid, f'{files[name].get_remote_path()}/{source}', target)
                    for name, source, target in value
                ]
            elif key == 'codes_run_mode':
                info[key] = CodeRunMode(value)
            else:
                info[key] = value
        return info
