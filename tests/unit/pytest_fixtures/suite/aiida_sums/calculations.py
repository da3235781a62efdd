"""The calculation of the plugin."""

from aiida import orm
from aiida.common import datastructures
from aiida.engine import CalcJob
from aiida.plugins import DataFactory

TermsData = DataFactory('sums.terms')


def validate_parameters(value, _):
    """Refuse keywords that the program does not know."""
    if value and set(value.get_dict()) - {'scale'}:
        return f'unknown keywords: {sorted(set(value.get_dict()) - {"scale"})}'
    return None


class SumCalculation(CalcJob):
    """Adds numbers with bash."""

    _DEFAULT_INPUT_FILE = 'aiida.in'
    _DEFAULT_OUTPUT_FILE = 'aiida.out'

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('metadata.options.input_filename', valid_type=str, default=cls._DEFAULT_INPUT_FILE)
        spec.input('metadata.options.output_filename', valid_type=str, default=cls._DEFAULT_OUTPUT_FILE)
        spec.input('metadata.options.parser_name', valid_type=str, default='sums.sum')
        spec.inputs['metadata']['options']['resources'].default = lambda: {
            'num_machines': 1,
            'num_mpiprocs_per_machine': 1,
        }
        spec.input('terms', valid_type=TermsData, help='The numbers.')
        spec.input('parameters', valid_type=orm.Dict, required=False, validator=validate_parameters)
        spec.input('header', valid_type=orm.SinglefileData, required=False)
        spec.input_namespace('tables', valid_type=orm.SinglefileData, dynamic=True, required=False)
        spec.output('output_parameters', valid_type=orm.Dict)
        spec.default_output_node = 'output_parameters'
        spec.exit_code(301, 'ERROR_NO_RETRIEVED_FOLDER', message='The folder with the results is missing.')
        spec.exit_code(303, 'ERROR_OUTPUT_FILE_MISSING', message='The output file is missing.')
        spec.exit_code(312, 'ERROR_TRUNCATED', message='The output file ends early, after {lines} lines.')

    def prepare_for_submission(self, folder):
        scale = self.inputs.parameters.get('scale', 1) if 'parameters' in self.inputs else 1
        with folder.open(self.options.input_filename, 'w') as handle:
            handle.write(f'echo SUM $(( {scale} * ({" + ".join(map(str, self.inputs.terms.terms))}) ))\necho DONE\n')

        codeinfo = datastructures.CodeInfo()
        codeinfo.code_uuid = self.inputs.code.uuid
        codeinfo.cmdline_params = [self.options.input_filename]
        codeinfo.stdout_name = self.options.output_filename

        calcinfo = datastructures.CalcInfo()
        calcinfo.uuid = str(self.uuid)
        calcinfo.codes_info = [codeinfo]
        calcinfo.local_copy_list = [
            (table.uuid, table.filename, f'tables/{table.filename}') for table in self.inputs.get('tables', {}).values()
        ]
        if 'header' in self.inputs:
            calcinfo.local_copy_list.append((self.inputs.header.uuid, self.inputs.header.filename, 'header'))
        calcinfo.remote_copy_list = []
        calcinfo.retrieve_list = [self.options.output_filename]
        calcinfo.retrieve_temporary_list = ['scratch.*']
        return calcinfo
