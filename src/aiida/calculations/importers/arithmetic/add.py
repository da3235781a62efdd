"""Taking over a sum that was computed elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from aiida.engine.processes.calcjobs.importer import CalcJobImporter
from aiida.orm import Int

if TYPE_CHECKING:
    from aiida.orm import Node, RemoteData

__all__ = ('ArithmeticAddCalculationImporter',)


class ArithmeticAddCalculationImporter(CalcJobImporter):
    """Finds the operands in the input file of a sum."""

    @staticmethod
    def parse_remote_data(remote_data: RemoteData, **kwargs: Any) -> dict[str, Node | dict[str, Any]]:
        """Return the inputs ``x`` and ``y``.

        :param kwargs: ``input_file_name``, by default ``aiida.in``.
        :raises ValueError: if the file does not ask the shell for a sum.
        """
        name = kwargs.get('input_file_name', 'aiida.in')
        with TemporaryDirectory() as folder, remote_data.get_authinfo().get_transport() as transport:
            path = Path(folder) / name
            transport.get(f'{remote_data.get_remote_path()}/{name}', str(path))
            content = path.read_text()
        found = re.search(r'\$\(\(\s*(-?\d+)\s*\+\s*(-?\d+)\s*\)\)', content)
        if found is None:
            raise ValueError(f'`{name}` in {remote_data.get_remote_path()} has no line such as `echo $((1 + 2))`')
        return {'x': Int(int(found[1])), 'y': Int(int(found[2]))}
