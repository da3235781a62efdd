"""Jobs that the tests run, monitors that look after them, and a parser."""

from aiida import orm
from aiida.common.datastructures import CalcInfo, CodeInfo, CodeRunMode
from aiida.engine import CalcJob, ExitCode
from aiida.engine.processes.calcjobs.monitors import CalcJobMonitorAction, CalcJobMonitorResult
from aiida.parsers import Parser


class Script(CalcJob):
    """Runs a script with the shell; ``keep`` is retrieved, ``look`` only until it is parsed."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('script', valid_type=orm.Str)
        spec.input('keep', valid_type=orm.List, default=lambda: orm.List(['out']))
        spec.input('look', valid_type=orm.List, required=False)
        spec.output('lines', valid_type=orm.Dict, required=False)
        spec.output('needed', valid_type=orm.Dict, required=False, pass_to_parser=True)
        spec.default_output_node = 'lines'
        spec.inputs['metadata']['options']['resources'].default = {'num_machines': 1}
        spec.exit_code(300, 'ERROR_SCRIPT', 'the script says {what}')
        spec.exit_code(301, 'ERROR_NEVER_AGAIN', 'not twice', invalidates_cache=True)

    def prepare_for_submission(self, folder):
        with folder.open('in.sh', 'w') as handle:
            handle.write(self.inputs.script.value)
        code_info = CodeInfo()
        if 'code' in self.inputs:
            code_info.code_uuid = self.inputs.code.uuid
        code_info.stdin_name, code_info.stdout_name = 'in.sh', 'out'
        info = CalcInfo()
        info.codes_info = [code_info] if 'code' in self.inputs else []
        info.retrieve_list = self.inputs.keep.get_list()
        if 'look' in self.inputs:
            info.retrieve_temporary_list = self.inputs.look.get_list()
        return info


class NeedsLines(Script):
    """The same with an output that has to be there."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.outputs['lines'].required = True


class ScriptParser(Parser):
    """Reads ``out``: each word is a result, ``wrong``, ``invalid`` and ``strange`` are ends of their own."""

    given: dict = {}

    def parse(self, **kwargs):
        type(self).given = kwargs
        text = self.retrieved.base.repository.get_object_content('out').strip()
        if text == 'wrong':
            return self.exit_codes.ERROR_SCRIPT.format(what=text)
        if text == 'never':
            return self.exit_codes.ERROR_NEVER_AGAIN
        if text == 'invalid':
            self.out('lines', orm.Int(1))
            return None
        if text == 'unknown':
            self.out('no_such', orm.Dict({}))
            return None
        if text == 'strange':
            return 'strange'
        self.out('lines', orm.Dict({'words': text.split()}))
        return ExitCode(0) if text == 'zero' else None


def says_nothing(node, transport):
    return None


def says_stop(node, transport, text='stop it'):
    return text if transport.isfile(f'{node.get_remote_workdir()}/ready') else None


def says_what_it_is_told(node, transport, action='kill', **flags):
    if not transport.isfile(f'{node.get_remote_workdir()}/ready'):
        return None
    return CalcJobMonitorResult(message='as told', action=CalcJobMonitorAction(action), **flags)


class Several(CalcJob):
    """Runs the shell twice, one after the other or both at once."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('parallel', valid_type=orm.Bool)
        spec.inputs['metadata']['options']['resources'].default = {'num_machines': 1}

    def prepare_for_submission(self, folder):
        info = CalcInfo({'codes_info': [], 'retrieve_list': ['out*']})
        info.codes_run_mode = CodeRunMode.PARALLEL if self.inputs.parallel.value else CodeRunMode.SERIAL
        for number in range(2):
            with folder.open(f'in{number}.sh', 'w') as handle:
                handle.write(f'echo {number}\n')
            code_info = CodeInfo({'code_uuid': self.inputs.code.uuid})
            code_info.stdin_name, code_info.stdout_name = f'in{number}.sh', f'out{number}'
            info.codes_info.append(code_info)
        return info


class Copies(CalcJob):
    """Has files copied, linked, kept out of the record, and retrieved by patterns and new names."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('remote', valid_type=orm.RemoteData)
        spec.input('local', valid_type=orm.SinglefileData)
        spec.inputs['metadata']['options']['resources'].default = {'num_machines': 1}

    def prepare_for_submission(self, folder):
        with folder.open('in.sh', 'w') as handle:
            handle.write(
                'cat remote.txt local.txt linked.txt secret.txt > here.txt; mkdir -p a/b; echo c > a/b/c.txt\n'
            )
        with folder.open('secret.txt', 'w') as handle:
            handle.write('secret')
        computer, path = self.inputs.remote.computer.uuid, self.inputs.remote.get_remote_path()
        code_info = CodeInfo({'code_uuid': self.inputs.code.uuid, 'stdin_name': 'in.sh'})
        info = CalcInfo()
        info.codes_info = [code_info]
        info.local_copy_list = [(self.inputs.local.uuid, 'local.txt', 'local.txt')]
        info.remote_copy_list = [(computer, f'{path}/remote.txt', 'remote.txt')]
        info.remote_symlink_list = [(computer, f'{path}/linked.txt', 'linked.txt')]
        info.provenance_exclude_list = ['secret.txt']
        info.retrieve_list = ['here.*', ('a/b/c.txt', 'kept', 1), ('local.txt', 'renamed.txt', 0)]
        return info
