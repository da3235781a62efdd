"""Telling how far long work has come: nothing by default, a bar on a terminal if somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

__all__ = (
    'TQDM_BAR_FORMAT',
    'ProgressReporterAbstract',
    'create_callback',
    'get_progress_reporter',
    'set_progress_bar_tqdm',
    'set_progress_reporter',
)

TQDM_BAR_FORMAT = '{desc:40.40}{percentage:6.1f}%|{bar}| {n_fmt}/{total_fmt}'


class ProgressReporterAbstract:
    """What reports progress: a context, updated while the work goes on. This one keeps count and shows nothing."""

    def __init__(self, *, total: int, desc: str | None = None, **kwargs: Any) -> None:
        """
        :param total: how many steps there are.
        :param desc: what the work is.
        """
        self._total = total
        self._desc = desc
        self._increment = 0

    @property
    def total(self) -> int:
        """How many steps there are."""
        return self._total

    @property
    def desc(self) -> str | None:
        """What the work is."""
        return self._desc

    @property
    def n(self) -> int:
        """How many steps are done."""
        return self._increment

    def __enter__(self) -> ProgressReporterAbstract:
        return self

    def __exit__(self, exctype: Any, excinst: Any, exctb: Any) -> bool | None:
        return None

    def set_description_str(self, text: str | None = None, refresh: bool = True) -> None:
        """Say what the work is now.

        :param text: the words.
        :param refresh: whether to show them at once.
        """
        self._desc = text

    def update(self, n: int = 1) -> None:
        """Count steps as done.

        :param n: how many.
        """
        self._increment += n

    def reset(self, total: int | None = None) -> None:
        """Begin anew.

        :param total: how many steps there are now.
        """
        self._increment = 0
        if total is not None:
            self._total = total


class ProgressReporterNull(ProgressReporterAbstract):
    """Shows nothing."""


class ProgressReporterRich(ProgressReporterAbstract):
    """Draws a bar on standard error, if that is a terminal."""

    def __init__(self, *, total: int, desc: str | None = None, leave: bool = False, **kwargs: Any) -> None:
        """
        :param leave: whether the bar stays when the work is done.
        """
        super().__init__(total=total, desc=desc)
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn

        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn('{task.description}'),
            TaskProgressColumn(),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            transient=not leave,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(desc or '', total=total)

    def __enter__(self) -> ProgressReporterAbstract:
        self._progress.start()
        return self

    def __exit__(self, exctype: Any, excinst: Any, exctb: Any) -> bool | None:
        self._progress.stop()
        return None

    def set_description_str(self, text: str | None = None, refresh: bool = True) -> None:
        super().set_description_str(text, refresh)
        self._progress.update(self._task, description=text or '', refresh=refresh)

    def update(self, n: int = 1) -> None:
        super().update(n)
        self._progress.advance(self._task, n)

    def reset(self, total: int | None = None) -> None:
        super().reset(total)
        self._progress.reset(self._task, total=self._total)


_reporter: Any = ProgressReporterNull


def get_progress_reporter() -> Any:
    """Return what makes a reporter: ``with get_progress_reporter()(total=10, desc='...') as reporter``."""
    return _reporter


def set_progress_reporter(reporter: Any = None, **kwargs: Any) -> None:
    """Choose the class reporters are made with.

    :param reporter: the class; ``None`` for one that shows nothing.
    :param kwargs: arguments for every reporter.
    """
    global _reporter
    _reporter = partial(reporter or ProgressReporterNull, **kwargs) if kwargs else reporter or ProgressReporterNull


def set_progress_bar_tqdm(bar_format: str | None = TQDM_BAR_FORMAT, leave: bool | None = False, **kwargs: Any) -> None:
    """Show progress as a bar: by tqdm if it is installed, by rich otherwise.

    :param bar_format: the format, as tqdm takes it (rich draws its own).
    :param leave: whether the bar stays when the work is done.
    :param kwargs: further arguments for tqdm.
    """
    try:
        tqdm = import_module('tqdm').tqdm
    except ImportError:
        set_progress_reporter(ProgressReporterRich, leave=bool(leave))
    else:
        set_progress_reporter(tqdm, bar_format=bar_format, leave=leave, **kwargs)


def create_callback(progress_reporter: Any) -> Callable[[str, Any], None]:
    """Return a function that drives a reporter, in the form disk-objectstore calls.

    :param progress_reporter: the reporter to drive.
    """

    def callback(action: str, value: Any) -> None:
        if action == 'init':
            progress_reporter.reset(value['total'])
            progress_reporter.set_description_str(value['description'])
        elif action == 'update':
            progress_reporter.update(value)

    return callback
