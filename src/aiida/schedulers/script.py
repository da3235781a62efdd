"""The lines of a job's script that are the same for all schedulers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from aiida.common.datastructures import CodeRunMode
from aiida.common.escaping import escape_for_bash

if TYPE_CHECKING:
    from aiida.schedulers.datastructures import JobTemplateCodeInfo

__all__ = ('environment_lines', 'join_blocks', 'run_line', 'run_lines')


def join_blocks(blocks: Iterable[str | None]) -> str:
    """Return blocks of lines with an empty line between; empty blocks are left out."""
    return '\n\n'.join(block for block in blocks if block)


def environment_lines(variables: Mapping[str, str], use_double_quotes: bool = False) -> str:
    """Return the lines that set environment variables.

    :param use_double_quotes: whether the shell replaces variables in the values.
    """
    lines = [f'export {name.strip()}={escape_for_bash(value, use_double_quotes)}' for name, value in variables.items()]
    return '\n'.join(['# ENVIRONMENT VARIABLES BEGIN ###', *lines, '# ENVIRONMENT VARIABLES END ###'])


def run_line(code: JobTemplateCodeInfo) -> str:
    """Return the line that runs one code."""
    outer, inner = code.use_double_quotes
    leading = [escape_for_bash(str(word), outer) for word in code.prepend_cmdline_params]
    words = [escape_for_bash(str(word), inner) for word in code.cmdline_params]
    stdin = f'< {escape_for_bash(code.stdin_name, outer)}' if code.stdin_name else ''
    stdout = f'> {escape_for_bash(code.stdout_name, outer)}' if code.stdout_name else ''
    stderr = f'2> {escape_for_bash(code.stderr_name, outer)}' if code.stderr_name else ''
    if code.join_files:
        stderr = '2>&1'
    if not code.wrap_cmdline_params:
        return ' '.join([*leading, *words, stdin, stdout, stderr]).strip()
    # All the container engine is to pass on is one word for the shell of this script.
    return ' '.join([*leading, escape_for_bash(' '.join([*words, stdin, stdout, stderr]), use_double_quotes=True)])


def run_lines(codes: Iterable[JobTemplateCodeInfo], mode: CodeRunMode | None) -> str:
    """Return the lines that run codes, one after another or all at once.

    :raises NotImplementedError: if there are several and ``mode`` does not say which.
    """
    lines = [run_line(code) for code in codes]
    if mode == CodeRunMode.PARALLEL:
        return ' &\n\n'.join(lines) + ' &\n\nwait\n'
    if mode == CodeRunMode.SERIAL or len(lines) <= 1:
        return '\n\n'.join(lines)
    raise NotImplementedError(f'unrecognized code run mode {mode!r}: set `CalcInfo.codes_run_mode` to a CodeRunMode')
