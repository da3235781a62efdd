"""Dumping what is in a profile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from aiida.common.log import LOG_LEVEL_REPORT
from aiida.tools.dumping import selection
from aiida.tools.dumping.collection import Section, dump_sections
from aiida.tools.dumping.names import group_path, plain_name
from aiida.tools.dumping.options import CollectionOptions, ContentOptions, Filters
from aiida.tools.dumping.target import open_target

if TYPE_CHECKING:
    from aiida.manage.configuration import Profile
    from aiida.orm import AbstractCode, Computer, Group, User

__all__ = ('Wanted', 'dump_profile', 'is_nothing')

_LOGGER = logging.getLogger('aiida.tools.dumping')


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a profile is to be dumped; of entities, either themselves or what they are loaded by."""

    all_entries: bool = False
    groups: Sequence[str | Group] | None = None
    user: Sequence[str | User] | str | User | None = None
    computers: Sequence[str | Computer] | None = None
    codes: Sequence[str | AbstractCode] | None = None


def is_nothing(wanted: Wanted, options: CollectionOptions) -> bool:
    """Return whether nothing was chosen."""
    entities = (wanted.all_entries, wanted.groups, wanted.user, wanted.computers, wanted.codes)
    return not (any(entities) or options.also_ungrouped or options.filters != Filters())


def dump_profile(
    profile: Profile,
    output_path: str | Path | None = None,
    dry_run: bool = False,
    overwrite: bool = False,
    wanted: Wanted | None = None,
    content: ContentOptions | None = None,
    options: CollectionOptions | None = None,
) -> Path:
    """Write the files of the processes in a profile into a folder.

    :param output_path: the folder, by default one with the name of the profile in the current one.
    :param dry_run: whether only to say what would be written.
    :param overwrite: whether to write what is up to date too, and to replace the dump of something else.
    :return: the absolute path of the folder.
    :raises InvalidOperation: if the folder must not be written to.
    :raises NotExistent: if something that is wanted does not exist.
    """
    from aiida.manage.configuration import get_profile, profile_context

    wanted, options = wanted or Wanted(), options or CollectionOptions()
    path = Path(output_path if output_path is not None else plain_name(profile.name)).absolute()
    loaded = get_profile()
    same = loaded is not None and loaded.name == profile.name
    with nullcontext() if same else profile_context(profile.name, allow_switch=True):
        filters = Filters() if wanted.all_entries else _filters(wanted, options.filters)
        options = replace(options, filters=filters)
        chosen = None if wanted.all_entries or not wanted.groups else _load(wanted.groups, _load_group)
        if is_nothing(wanted, options):
            _LOGGER.warning(
                'nothing was dumped, as nothing was chosen: choose all with `all_entries` (`--all`), or some by '
                '`groups`, `user`, `computers`, `codes` or dates'
            )
            return path
        log = open_target(path, 'profile', profile.uuid, overwrite)
        sections = _sections(chosen, options, keep_empty=filters == Filters())
        dump_sections(log, sections, content or ContentOptions(), options, dry_run=dry_run, overwrite=overwrite)
        if not (options.also_ungrouped or wanted.groups) and (left := len(_ungrouped())):
            _LOGGER.log(
                LOG_LEVEL_REPORT,
                '%d processes are in no group and were left out: add them with `also_ungrouped` (`--also-ungrouped`)',
                left,
            )
    return path


def _ungrouped() -> set[int]:
    return selection.top_level() - selection.grouped()


def _sections(chosen: Iterable[Group] | None, options: CollectionOptions, keep_empty: bool) -> list[Section]:
    from aiida import orm

    groups = chosen if chosen is not None else orm.QueryBuilder().append(orm.Group, project='*').all(flat=True)
    if not options.organize_by_groups:
        pks: set[int] = set().union(*(selection.members(group.pk) for group in groups if group.pk))
        return [Section('.', pks | (_ungrouped() if options.also_ungrouped else set()))]
    sections: list[Section] = []
    taken: set[str] = set()
    for group in sorted(groups, key=lambda group: group.pk or 0):
        assert group.pk is not None
        path = group_path(group, taken)
        taken.add(str(path))
        place = str(PurePosixPath('groups') / path)
        sections.append(Section(place, selection.members(group.pk), group=group.uuid, keep_empty=keep_empty))
    if options.also_ungrouped:
        sections.append(Section('ungrouped', _ungrouped(), keep_empty=False))
    return sections


def _filters(wanted: Wanted, times: Filters) -> Filters:
    from aiida import orm

    users = [wanted.user] if isinstance(wanted.user, (str, orm.User)) else wanted.user
    return replace(
        times,
        users=_pks(users, lambda email: orm.User.collection.get(email=email)),
        computers=_pks(wanted.computers, orm.load_computer),
        codes=_pks(wanted.codes, orm.load_code),
    )


def _load_group(identifier: Any) -> Any:
    from aiida import orm

    return orm.load_group(identifier)


def _load(entities: Iterable[Any], load: Callable[[Any], Any]) -> list[Any]:
    return [load(entity) if isinstance(entity, (str, int)) else entity for entity in entities]


def _pks(entities: Iterable[Any] | None, load: Callable[[Any], Any]) -> Collection[int] | None:
    if not entities:
        return None
    return frozenset(entity.pk for entity in _load(entities, load))
