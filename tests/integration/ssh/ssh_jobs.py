"""A job that uses all that a transport is for."""

from aiida import orm
from aiida.common.datastructures import CalcInfo, CodeInfo
from aiida.engine import CalcJob


class FileJob(CalcJob):
    """Runs a script among files that it brings, that are copied to it, and that it links to."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('script', valid_type=orm.Str)
        spec.input('source', valid_type=orm.RemoteData, required=False)
        spec.input('count', valid_type=orm.Int, default=lambda: orm.Int(0))
        spec.input('size', valid_type=orm.Int, default=lambda: orm.Int(1))
        spec.inputs['metadata']['options']['resources'].default = {'num_machines': 1}

    def prepare_for_submission(self, folder):
        with folder.open('in.sh', 'w') as handle:
            handle.write(self.inputs.script.value)
        many = folder.get_subfolder('many', create=True)
        for n in range(self.inputs.count.value):
            with many.open(f'{n}', 'wb') as handle:
                handle.write(b'x' * self.inputs.size.value)
        info = CalcInfo()
        info.codes_info = [CodeInfo({'code_uuid': self.inputs.code.uuid, 'stdin_name': 'in.sh', 'stdout_name': 'out'})]
        info.retrieve_list = ['out', ('result/*.txt', '.', 2), 'many', ('[ab].dat', 'data', 0)]
        if 'source' in self.inputs:
            source = self.inputs.source
            uuid, path = source.computer.uuid, source.get_remote_path()
            info.remote_copy_list = [(uuid, f'{path}/copied', 'copied'), (uuid, f'{path}/*.in', '.')]
            info.remote_symlink_list = [(uuid, f'{path}/linked', 'linked')]
        return info
