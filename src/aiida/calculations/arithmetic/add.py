"""A sum, computed by bash on a computer: the smallest job there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aiida.common.datastructures import CalcInfo, CodeInfo
from aiida.engine import CalcJob
from aiida.orm import Float, Int

if TYPE_CHECKING:
    from aiida.common.folders import Folder
    from aiida.engine import CalcJobProcessSpec

__all__ = ('ArithmeticAddCalculation',)


class ArithmeticAddCalculation(CalcJob):
    """Add two numbers on a computer, by a shell as the code."""

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Declare operands and sum."""
        super().define(spec)
        spec.input('x', valid_type=(Int, Float), help='What is added to.')
        spec.input('y', valid_type=(Int, Float), help='What is added.')
        spec.output('sum', valid_type=(Int, Float), help='The two numbers added up.')
        options = cast('Any', spec.inputs['metadata'])['options']
        options['parser_name'].default = 'core.arithmetic.add'
        options['input_filename'].default = 'aiida.in'
        options['output_filename'].default = 'aiida.out'
        options['resources'].default = {'num_machines': 1, 'num_mpiprocs_per_machine': 1}
        spec.input('metadata.options.sleep', valid_type=int, required=False, help='Seconds the job takes at least.')
        for status, label, message, invalidates_cache in (
            (310, 'ERROR_READING_OUTPUT_FILE', 'The output file could not be read.', True),
            (320, 'ERROR_INVALID_OUTPUT', 'The output file contains invalid output.', True),
            (410, 'ERROR_NEGATIVE_NUMBER', 'The sum of the operands is a negative number.', False),
        ):
            spec.exit_code(status, label, message, invalidates_cache=invalidates_cache)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write a line for the shell that prints the sum."""
        inputs = cast('Any', self.inputs)
        options = self.node.base.attributes.all
        with folder.open(options['input_filename'], 'w', encoding='utf8') as handle:
            if options.get('sleep'):
                handle.write(f'sleep {options["sleep"]}\n')
            handle.write(f'echo $(({inputs.x.value} + {inputs.y.value}))\n')

        code_info = CodeInfo()
        code_info.stdin_name = options['input_filename']
        code_info.stdout_name = options['output_filename']
        code_info.code_uuid = inputs.code.uuid

        calc_info = CalcInfo()
        calc_info.codes_info = [code_info]
        calc_info.retrieve_list = [options['output_filename']]
        return calc_info
