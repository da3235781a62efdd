"""One run of the external program, as a process of the engine."""

import json

from aiida import orm
from aiida.common.datastructures import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJob, CalcJobProcessSpec


class EmtCalculation(CalcJob):
    """Energy, volume and pressure of one crystal with the program ``emt``."""

    INPUT_FILE = 'crystal.json'
    OUTPUT_FILE = 'results.json'

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:
        """Declare what goes in, what comes out, and how it can fail."""
        super().define(spec)
        spec.input('structure', valid_type=orm.StructureData, help='The crystal.')
        spec.input('metadata.options.parser_name', valid_type=str, default='eos.emt')
        spec.input('metadata.options.input_filename', valid_type=str, default=cls.INPUT_FILE)
        spec.input('metadata.options.output_filename', valid_type=str, default=cls.OUTPUT_FILE)
        spec.inputs['metadata']['options']['resources'].default = {'num_machines': 1, 'num_mpiprocs_per_machine': 1}
        spec.output(
            'results', valid_type=orm.Dict, help='The energy (eV), the volume (angstrom^3) and the pressure (GPa).'
        )
        spec.default_output_node = 'results'
        spec.exit_code(300, 'ERROR_NO_RESULTS', message='The program wrote no results: {reason}')
        spec.exit_code(310, 'ERROR_INVALID_RESULTS', message='The results cannot be used: {reason}')

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the input file and say how the program is called and what is fetched afterwards."""
        structure = self.inputs.structure
        kinds = {kind.name: kind.symbol for kind in structure.kinds}
        crystal = {
            'symbols': [kinds[site.kind_name] for site in structure.sites],
            'positions': [list(site.position) for site in structure.sites],
            'cell': [list(vector) for vector in structure.cell],
        }
        with folder.open(self.INPUT_FILE, 'w', encoding='utf-8') as handle:
            handle.write(json.dumps(crystal) + '\n')

        run = CodeInfo()
        run.code_uuid = self.inputs.code.uuid
        run.cmdline_params = [self.INPUT_FILE, self.OUTPUT_FILE]
        run.withmpi = False

        job = CalcInfo()
        job.codes_info = [run]
        job.retrieve_list = [self.OUTPUT_FILE]
        return job
