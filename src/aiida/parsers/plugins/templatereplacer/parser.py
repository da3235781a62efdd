"""The parser of a job made from a template."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aiida.orm import Dict
from aiida.parsers.parser import Parser

if TYPE_CHECKING:
    from aiida.engine import ExitCode

__all__ = ('TemplatereplacerParser',)


class TemplatereplacerParser(Parser):
    """Reads a value from the output file, and from the temporary files if the template asks for that."""

    def parse(self, **kwargs: Any) -> ExitCode | None:
        """Emit what was read as ``output_parameters``."""
        template = self.node.inputs.template.get_dict()
        output_file = template.get('output_file_name')
        if output_file is None:
            return self.exit_codes.ERROR_NO_OUTPUT_FILE_NAME_DEFINED  # type: ignore[no-any-return]
        try:
            content = self.retrieved.base.repository.get_object_content(output_file).strip()
        except OSError as exception:
            self.logger.error('`%s` cannot be read: %s', output_file, exception)
            return self.exit_codes.ERROR_READING_OUTPUT_FILE  # type: ignore[no-any-return]
        results: dict[str, Any] = {'value': _number(content)}
        retrieved_temporary_files = template.get('retrieve_temporary_files')
        if retrieved_temporary_files is not None:
            folder = kwargs.get('retrieved_temporary_folder')
            if folder is None:
                return self.exit_codes.ERROR_NO_TEMPORARY_RETRIEVED_FOLDER  # type: ignore[no-any-return]
            try:
                results['retrieved_temporary_files'] = _lines(folder, retrieved_temporary_files)
            except OSError as exception:
                self.logger.error('a temporary file cannot be read: %s', exception)
                return self.exit_codes.ERROR_READING_TEMPORARY_RETRIEVED_FILE  # type: ignore[no-any-return]
        label = self.node.process_class.spec().default_output_node
        self.out(label, Dict(results))
        return None


def _number(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text


def _lines(folder: str, names: list[str]) -> list[tuple[str, str]]:
    """Return name and last line of each file.

    :raises OSError: if one cannot be read.
    """
    found = []
    for name in names:
        with open(os.path.join(folder, os.path.basename(name)), encoding='utf8') as handle:
            content = handle.read().splitlines()
        found.append((name, content[-1] if content else ''))
    return found
