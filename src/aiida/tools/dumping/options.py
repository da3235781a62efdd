"""What is written of a process, and which processes are written."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from aiida.common import timezone

__all__ = ('CollectionOptions', 'ContentOptions', 'Filters', 'split')


@dataclass(frozen=True, slots=True)
class ContentOptions:
    """What is written of each process."""

    include_inputs: bool = True
    include_outputs: bool = False
    include_attributes: bool = True
    include_extras: bool = False
    flat: bool = False
    dump_unsealed: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """Which processes are wanted; what is ``None`` excludes nothing."""

    since: datetime | None = None
    until: datetime | None = None
    created_since: datetime | None = None
    users: Collection[int] | None = None
    computers: Collection[int] | None = None
    codes: Collection[int] | None = None

    @classmethod
    def of_times(
        cls,
        past_days: int | None,
        start_date: datetime | str | None,
        end_date: datetime | str | None,
        *,
        users: Collection[int] | None = None,
        computers: Collection[int] | None = None,
        codes: Collection[int] | None = None,
    ) -> Filters:
        """Return filters for a range of times.

        :param past_days: only processes that were made within this number of days.
        :param start_date: only processes that changed then or later; text is read as ISO 8601.
        :param end_date: only processes that changed before or then.
        :raises ValueError: if ``past_days`` is given beside a date, is negative, or if a text is no date.
        """
        if past_days is not None and (start_date is not None or end_date is not None):
            raise ValueError('`past_days` and the dates exclude each other: give one of them')
        if past_days is not None and past_days < 0:
            raise ValueError(f'`past_days` is a number of days back from now, it cannot be {past_days}')
        return cls(
            since=_moment('start_date', start_date),
            until=_moment('end_date', end_date),
            created_since=None if past_days is None else timezone.now() - timedelta(days=past_days),
            users=users,
            computers=computers,
            codes=codes,
        )


def _moment(name: str, value: datetime | str | None) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(
                f'`{name}` is {value!r}, which is no date: write it as 2026-01-31 or 2026-01-31T12:00'
            ) from None
    return timezone.make_aware(value) if value.tzinfo is None else value


@dataclass(frozen=True, slots=True)
class CollectionOptions:
    """How the processes of groups and profiles are put into folders."""

    filters: Filters = field(default_factory=Filters)
    filter_by_last_dump_time: bool = True
    only_top_level_calcs: bool = True
    only_top_level_workflows: bool = True
    symlink_calcs: bool = False
    delete_missing: bool = True
    organize_by_groups: bool = True
    also_ungrouped: bool = False
    relabel_groups: bool = True


def split(
    *,
    past_days: int | None = None,
    start_date: datetime | str | None = None,
    end_date: datetime | str | None = None,
    **options: bool,
) -> tuple[ContentOptions, CollectionOptions]:
    """Return the options of the commands and methods that dump collections, sorted.

    :raises ValueError: if the dates exclude each other or cannot be read.
    """
    names = {one.name for one in fields(ContentOptions)}
    content = {name: value for name, value in options.items() if name in names}
    others = {name: value for name, value in options.items() if name not in names}
    filters = Filters.of_times(past_days, start_date, end_date)
    return ContentOptions(**content), CollectionOptions(filters=filters, **others)
