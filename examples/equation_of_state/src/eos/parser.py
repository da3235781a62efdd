"""From the files of a job to a node."""

import json
import math
from typing import Any

from aiida import orm
from aiida.engine import ExitCode
from aiida.parsers.parser import Parser

UNITS = {'energy': 'eV', 'volume': 'angstrom^3', 'pressure': 'GPa'}


class EmtParser(Parser):
    """Read the results of :class:`~eos.calculation.EmtCalculation`."""

    def parse(self, **kwargs: Any) -> ExitCode | None:
        """Attach the output ``results``, or return the exit code that says why there is none."""
        name = self.node.get_option('output_filename')
        if name not in self.retrieved.base.repository.list_object_names():
            return self.exit_codes.ERROR_NO_RESULTS.format(reason=self.last_words())
        try:
            content = json.loads(self.retrieved.base.repository.get_object_content(name))
            results = {key: float(content[key]) for key in UNITS}
        except (ValueError, KeyError, TypeError) as exception:
            return self.exit_codes.ERROR_INVALID_RESULTS.format(reason=f'{type(exception).__name__}: {exception}')
        if not all(map(math.isfinite, results.values())):
            return self.exit_codes.ERROR_INVALID_RESULTS.format(reason=f'not all numbers are finite: {results}')
        self.out('results', orm.Dict({**results, **{f'{key}_units': unit for key, unit in UNITS.items()}}))
        return None

    def last_words(self) -> str:
        """Return the last line the program or its shell wrote to the standard error."""
        lines = (self.node.get_scheduler_stderr() or '').strip().splitlines()
        return lines[-1] if lines else 'it said nothing on the standard error'
