"""The parser of a sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida.orm import Int
from aiida.parsers.parser import Parser

if TYPE_CHECKING:
    from aiida.engine import ExitCode

__all__ = ('ArithmeticAddParser', 'SimpleArithmeticAddParser')


class ArithmeticAddParser(Parser):
    """Reads a number from the output of a job and says whether it is a valid sum."""

    def parse(self, **kwargs: Any) -> ExitCode | None:
        """Emit the number as the output ``sum``."""
        output_filename = str(self.node.get_option('output_filename'))
        try:
            with self.retrieved.open(output_filename, 'r') as handle:
                content = handle.read()
        except OSError:
            return self.exit_codes.ERROR_READING_OUTPUT_FILE  # type: ignore[no-any-return]
        try:
            result = int(content)
        except ValueError:
            return self.exit_codes.ERROR_INVALID_OUTPUT  # type: ignore[no-any-return]
        self.out('sum', Int(result))
        return self.exit_codes.ERROR_NEGATIVE_NUMBER if result < 0 else None


class SimpleArithmeticAddParser(Parser):
    """Reads a number from the output of a job, without any check: the shortest parser there is."""

    def parse(self, **kwargs: Any) -> ExitCode | None:
        """Emit the number as the output ``sum``."""
        with self.retrieved.open(str(self.node.get_option('output_filename')), 'r') as handle:
            self.out('sum', Int(int(handle.read())))
        return None
