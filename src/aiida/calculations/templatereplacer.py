"""A job whose input file is made from a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aiida.common.datastructures import CalcInfo, CodeInfo
from aiida.common.exceptions import InputValidationError, ValidationError
from aiida.common.utils import validate_list_of_string_tuples
from aiida.engine import CalcJob
from aiida.orm import Dict, RemoteData, SinglefileData

if TYPE_CHECKING:
    from aiida.common.folders import Folder
    from aiida.engine import CalcJobProcessSpec

__all__ = ('TemplatereplacerCalculation',)


class TemplatereplacerCalculation(CalcJob):
    """Run a code with an input file made from a template.

    The ``template`` may have these keys:

    * ``input_file_template``: text, in which ``{name}`` stands for a parameter, as for :meth:`str.format`;
    * ``input_file_name``: the file it is written to; ``input_through_stdin``: whether the code reads it there;
    * ``cmdline_params``: parameters of the code, in which parameters are replaced too;
    * ``output_file_name``: the file the output of the code goes to, which is retrieved and parsed;
    * ``retrieve_temporary_files``: files that are retrieved for the parser only;
    * ``files_to_copy``: pairs of the name of an input below ``files`` and a path in the working directory.
    """

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Declare template, parameters and files."""
        super().define(spec)
        options = cast('Any', spec.inputs['metadata'])['options']
        options['parser_name'].default = 'core.templatereplacer'
        spec.input(
            'template', valid_type=Dict, help='What the job is made from; the class says which keys it may have.'
        )
        spec.input('parameters', valid_type=Dict, required=False, help='The values that are put into the template.')
        spec.input_namespace(
            'files',
            valid_type=(RemoteData, SinglefileData),
            required=False,
            dynamic=True,
            help='Files that the template asks to be copied.',
        )
        spec.output('output_parameters', valid_type=Dict, required=True, help='What was read from the output.')
        spec.default_output_node = 'output_parameters'
        for status, label, message in (
            (301, 'ERROR_NO_TEMPORARY_RETRIEVED_FOLDER', 'The temporary retrieved folder could not be accessed.'),
            (305, 'ERROR_NO_OUTPUT_FILE_NAME_DEFINED', 'The `template` input has no key `output_file_name`.'),
            (310, 'ERROR_READING_OUTPUT_FILE', 'The output file could not be read from the retrieved folder.'),
            (311, 'ERROR_READING_TEMPORARY_RETRIEVED_FILE', 'A temporary retrieved file could not be read.'),
            (320, 'ERROR_INVALID_OUTPUT', 'The output file contains invalid output.'),
        ):
            spec.exit_code(status, label, message, invalidates_cache=True)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the input file and say what is copied and retrieved.

        :raises InputValidationError: if keys of the template are unknown or do not go together.
        """
        inputs = cast('Any', self.inputs)
        template = inputs.template.get_dict()
        parameters = inputs.parameters.get_dict() if 'parameters' in inputs else {}

        text = template.pop('input_file_template', '')
        input_file_name = template.pop('input_file_name', None)
        output_file_name = template.pop('output_file_name', None)
        cmdline_params = template.pop('cmdline_params', [])
        through_stdin = template.pop('input_through_stdin', False)
        temporary = template.pop('retrieve_temporary_files', [])
        files_to_copy = template.pop('files_to_copy', [])
        if template:
            raise InputValidationError(f'the template has keys that mean nothing: {", ".join(map(str, template))}')
        if through_stdin and input_file_name is None:
            raise InputValidationError('`input_through_stdin` needs an `input_file_name`')
        if input_file_name is not None and not text:
            raise InputValidationError('an `input_file_name` needs an `input_file_template`')

        if input_file_name is not None:
            with folder.open(input_file_name, 'w', encoding='utf8') as handle:
                handle.write(text.format(**parameters))

        calc_info = CalcInfo()
        calc_info.retrieve_list = [] if output_file_name is None else [output_file_name]
        calc_info.retrieve_temporary_list = list(temporary)
        calc_info.local_copy_list = []
        calc_info.remote_copy_list = []
        self._add_copies(calc_info, files_to_copy, inputs.get('files', {}))

        code_info = CodeInfo()
        code_info.cmdline_params = [str(word).format(**parameters) for word in cmdline_params]
        if through_stdin:
            code_info.stdin_name = input_file_name
        if output_file_name is not None:
            code_info.stdout_name = output_file_name
        code_info.code_uuid = inputs.code.uuid
        calc_info.codes_info = [code_info]
        return calc_info

    @staticmethod
    def _add_copies(calc_info: CalcInfo, files_to_copy: Any, files: Any) -> None:
        try:
            validate_list_of_string_tuples(files_to_copy, tuple_length=2)
        except ValidationError as exception:
            raise InputValidationError(
                f'`files_to_copy` is to be a list of pairs of strings: {exception}'
            ) from exception
        for name, target in files_to_copy:
            node = files.get(name)
            if node is None:
                raise InputValidationError(f'`files_to_copy` names `{name}`, but there is no such input below `files`')
            if isinstance(node, SinglefileData):
                cast('list[Any]', calc_info.local_copy_list).append((node.uuid, node.filename, target))
            else:
                source = (node.computer.uuid, node.get_remote_path(), target)
                cast('list[Any]', calc_info.remote_copy_list).append(source)
