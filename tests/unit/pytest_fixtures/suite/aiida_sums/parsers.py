"""The parser of the plugin."""

import os

from aiida import orm
from aiida.common import exceptions
from aiida.parsers import Parser
from aiida.plugins import CalculationFactory

SumCalculation = CalculationFactory('sums.sum')


class SumParser(Parser):
    """Reads the sum."""

    def __init__(self, node):
        super().__init__(node)
        if not issubclass(node.process_class, SumCalculation):
            raise exceptions.ParsingError('not a calculation of sums')

    def parse(self, **kwargs):
        try:
            retrieved = self.retrieved
        except exceptions.NotExistent:
            return self.exit_codes.ERROR_NO_RETRIEVED_FOLDER
        filename = self.node.get_option('output_filename')
        if filename not in retrieved.base.repository.list_object_names():
            self.logger.error(f'there is no {filename}')
            return self.exit_codes.ERROR_OUTPUT_FILE_MISSING
        lines = retrieved.base.repository.get_object_content(filename).splitlines()
        parsed = {}
        for line in lines:
            if line.startswith('SUM'):
                parsed['sum'] = int(line.split()[1])
        scratch = kwargs.get('retrieved_temporary_folder')
        if scratch is not None and os.path.isdir(scratch):
            parsed['scratch'] = sorted(os.listdir(scratch))
        self.out('output_parameters', orm.Dict(parsed))
        if 'DONE' not in lines:
            return self.exit_codes.ERROR_TRUNCATED.format(lines=len(lines))
        return None
