"""Dumping many processes, sorted into folders: what has to be done is planned first, then done."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from aiida.common import timezone
from aiida.common.log import LOG_LEVEL_REPORT
from aiida.common.progress_reporter import get_progress_reporter
from aiida.tools.dumping import selection
from aiida.tools.dumping.folder import claim
from aiida.tools.dumping.names import Row, process_name
from aiida.tools.dumping.options import CollectionOptions, ContentOptions, Filters
from aiida.tools.dumping.process import begin
from aiida.tools.dumping.record import DumpLog
from aiida.tools.dumping.tidying import Tidying
from aiida.tools.dumping.writer import ProcessWriter

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

__all__ = ('Section', 'dump_sections')

_LOGGER = logging.getLogger('aiida.tools.dumping')


@dataclass(slots=True)
class Section:
    """A folder with ``calculations`` and ``workflows`` in it, and the processes that belong there."""

    path: str
    members: set[int]
    group: str | None = None
    #: Whether the folder is made though there is nothing to write into it.
    keep_empty: bool = True

    def place(self, row: Row) -> str:
        """Return where a process stands."""
        name = f'{row.kind}/{process_name(row)}'
        return name if self.path == '.' else f'{self.path}/{name}'


@dataclass(slots=True)
class Plan:
    """What is written, and how many were left out because they are not finished."""

    wanted: dict[str, Row] = field(default_factory=dict)
    unfinished: int = 0


def dump_sections(
    log: DumpLog,
    sections: Sequence[Section],
    content: ContentOptions,
    options: CollectionOptions,
    *,
    dry_run: bool,
    overwrite: bool,
) -> Path:
    """Bring the folder of a dump to what is wanted.

    :param log: of the folder, as :func:`~aiida.tools.dumping.target.open_target` gives it.
    :param sections: all that is looked at; what an earlier dump wrote elsewhere is left, unless it exists no more.
    :return: the folder.
    """
    tidying = Tidying(log, dry_run=dry_run)
    outdated = overwrite or log.options != asdict(content)
    started = timezone.now().isoformat()
    if not dry_run:
        begin(log, content, overwrite)
    try:
        if options.relabel_groups and options.organize_by_groups:
            tidying.move_groups({section.group: section.path for section in sections if section.group})
        for section in sections:
            section.path = log.groups.get(section.group or '', section.path)
        plan = _plan(sections, content, options)
        tidying.move_processes(plan.wanted)
        if options.delete_missing:
            tidying.delete_missing()
            for section in sections:
                tidying.delete_others(section.path, plan.wanted, partial(_kept, section))
        todo = _todo(log, plan, everything=outdated or not options.filter_by_last_dump_time)
        if dry_run:
            _tell(log, plan, todo, tidying)
            return log.root
        tidying.mend_links()
        _make_folders(log, sections, plan)
        _write(log, todo, content, options)
        log.last_dump_time = started
    finally:
        if not dry_run:
            log.save()
    _report(log, plan, todo, tidying)
    return log.root


def _plan(sections: Sequence[Section], content: ContentOptions, options: CollectionOptions) -> Plan:
    plan = Plan()
    for section in sections:
        rows = selection.read(section.members, options.filters)
        if not (options.only_top_level_calcs and options.only_top_level_workflows):
            called = selection.read(selection.called_by(list(rows)) - set(rows), options.filters)
            rows |= {
                pk: row
                for pk, row in called.items()
                if not (options.only_top_level_calcs if row.is_calculation else options.only_top_level_workflows)
            }
        # calculations first: links to them lead to the folders of their own
        for row in sorted(rows.values(), key=lambda row: (not row.is_calculation, row.pk)):
            if row.is_sealed or content.dump_unsealed:
                plan.wanted[section.place(row)] = row
            else:
                plan.unfinished += 1
    return plan


def _kept(section: Section) -> set[str]:
    """Return the processes that may stand in the folder of a section: its members, and what they called."""
    pks = section.members | selection.called_by(section.members)
    return {row.uuid for row in selection.read(pks, Filters()).values()}


def _todo(log: DumpLog, plan: Plan, everything: bool) -> dict[str, Row]:
    """Return what has to be written: what is not there, and what changed itself or in what it called."""
    if everything:
        log.outdate()
        return plan.wanted
    now = selection.stamps(log.uuids())
    touched: set[str] = set()
    for place, uuid in log.at.items():
        entry = log.entries[uuid]
        is_current = place in entry.symlinks or entry.stamps.get(place) == now.get(uuid)
        if not (is_current and log.exists(place)):
            parts = place.split('/')
            touched.update('/'.join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return {place: row for place, row in plan.wanted.items() if place in touched or not log.is_fresh(row, place)}


def _make_folders(log: DumpLog, sections: Sequence[Section], plan: Plan) -> None:
    log.members = {
        section.group: sorted({row.uuid for row in plan.wanted.values() if row.pk in section.members})
        for section in sections
        if section.group
    } | {group: nodes for group, nodes in log.members.items() if group in log.groups}
    for section in sections:
        if section.group:
            log.groups[section.group] = section.path
        if section.keep_empty or any(row.pk in section.members for row in plan.wanted.values()):
            claim(log.root / section.path)


def _write(log: DumpLog, todo: dict[str, Row], content: ContentOptions, options: CollectionOptions) -> None:
    from aiida import orm

    writer = ProcessWriter(log, content, symlink_calcs=options.symlink_calcs)
    with get_progress_reporter()(total=len(todo), desc='Dumping processes') as progress:
        for place, row in todo.items():
            writer.write(cast('ProcessNode', orm.load_node(row.pk)), place)
            progress.update()


def _count(rows: dict[str, Row]) -> str:
    calculations = sum(row.is_calculation for row in rows.values())
    return f'{_several(calculations, "calculation")} and {_several(len(rows) - calculations, "workflow")}'


def _several(number: int, noun: str) -> str:
    return f'{number} {noun}{"" if number == 1 else "s"}'


def _tell(log: DumpLog, plan: Plan, todo: dict[str, Row], tidying: Tidying) -> None:
    _LOGGER.log(
        LOG_LEVEL_REPORT,
        '%s would be written to %s, which holds %s then; %s moved, %d removed',
        _count(todo),
        log.root,
        _count(plan.wanted),
        _several(len(tidying.moved), 'folder'),
        len(tidying.removed),
    )


def _report(log: DumpLog, plan: Plan, todo: dict[str, Row], tidying: Tidying) -> None:
    _LOGGER.log(
        LOG_LEVEL_REPORT,
        '%s written to %s, which holds %s now; %s moved, %d removed',
        _count(todo),
        log.root,
        _count(plan.wanted),
        _several(len(tidying.moved), 'folder'),
        len(tidying.removed),
    )
    if plan.unfinished:
        _LOGGER.warning(
            '%d processes are not finished and were left out: write what there is of them with `dump_unsealed` '
            '(`--dump-unsealed`)',
            plan.unfinished,
        )
