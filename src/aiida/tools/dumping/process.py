"""Dumping one process."""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from aiida.common import timezone
from aiida.common.exceptions import InvalidOperation
from aiida.common.log import LOG_LEVEL_REPORT
from aiida.tools.dumping.folder import LOG_NAME, claim, is_dumped, written
from aiida.tools.dumping.names import Row, process_name
from aiida.tools.dumping.options import ContentOptions
from aiida.tools.dumping.target import open_target
from aiida.tools.dumping.writer import ProcessWriter, walk

if TYPE_CHECKING:
    from aiida.orm import ProcessNode
    from aiida.tools.dumping.record import DumpLog

__all__ = ('begin', 'dump_process')

_LOGGER = logging.getLogger('aiida.tools.dumping')


def dump_process(
    node: ProcessNode,
    output_path: str | Path | None = None,
    dry_run: bool = False,
    overwrite: bool = False,
    options: ContentOptions | None = None,
) -> Path:
    """Write the files of a process, and of all that it called, into a folder.

    What was written before and has not changed since is left as it is.

    :param output_path: the folder, by default one with the name of the process in the current one.
    :param dry_run: whether only to say what would be written.
    :param overwrite: whether to write all anew, and to replace the dump of something else. Files that no dump has
        written are kept all the same.
    :return: the absolute path of the folder.
    :raises InvalidOperation: if the process is not stored or not finished, or if the folder must not be written to.
    """
    options = options or ContentOptions()
    if not node.is_stored:
        raise InvalidOperation(f'{node} is not stored, so there is nothing to write: store it first')
    if not (node.is_sealed or options.dump_unsealed):
        raise InvalidOperation(
            f'process {node.pk} is not finished: wait for it, or write what there is with `dump_unsealed` '
            '(`--dump-unsealed`)'
        )
    path = Path(output_path if output_path is not None else process_name(Row.of(node))).absolute()
    log = open_target(path, 'process', node.uuid, overwrite)
    if dry_run:
        _tell(node, log, options, overwrite)
        return path
    begin(log, options, overwrite)
    writer = ProcessWriter(log, options)
    started = timezone.now().isoformat()
    try:
        writer.write(node, '.', readme=True)
        log.last_dump_time = started
    finally:
        log.save()
    _LOGGER.log(LOG_LEVEL_REPORT, '%d of %d processes written to %s', writer.count, len(log.at), path)
    return path


def begin(log: DumpLog, options: ContentOptions, overwrite: bool) -> None:
    """Make the folder of a dump, and have all written again if that is wished or if something else is to be written."""
    if log.is_replaced:
        log.clear()
    wanted = asdict(options)
    if overwrite or log.options != wanted:
        log.outdate()
    log.options = wanted
    if not log.is_foreign or log.is_replaced:
        claim(log.root, {LOG_NAME} - (written(log.root) if is_dumped(log.root) else set()))
    log.save()


def _tell(node: ProcessNode, log: DumpLog, options: ContentOptions, overwrite: bool) -> None:
    rows = [(row, place) for _, row, place in walk(node, '.')]
    anew = overwrite or log.options != asdict(options)
    count = sum(anew or not log.is_fresh(row, place) for row, place in rows)
    _LOGGER.log(LOG_LEVEL_REPORT, '%d of %d processes would be written to %s', count, len(rows), log.root)
