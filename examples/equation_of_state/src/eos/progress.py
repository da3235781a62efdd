"""A bar that follows a work chain from a second thread while the first one runs it."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from aiida import orm

DONE = ('finished', 'excepted', 'killed')


def count_done(started: datetime) -> int:
    """Return how many of the calculations created since ``started`` have ended."""
    query = orm.QueryBuilder()
    query.append(
        orm.CalcJobNode,
        filters={'ctime': {'>=': started}, 'attributes.process_state': {'in': DONE}},
        project=['id'],
    )
    return query.count()


@contextmanager
def quiet_terminal() -> Iterator[None]:
    """Keep reports of processes off the terminal, where they would break the bar; they are kept in the database."""
    handlers = [one for one in logging.getLogger('aiida').handlers if isinstance(one, logging.StreamHandler)]
    levels = [one.level for one in handlers]
    for one in handlers:
        one.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for one, level in zip(handlers, levels, strict=True):
            one.setLevel(level)


@contextmanager
def follow(total: int, console: Console) -> Iterator[None]:
    """Show how many of ``total`` calculations have ended, while the context lasts."""
    from aiida.common import timezone

    started = timezone.now()
    over = threading.Event()
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with quiet_terminal(), Progress(*columns, console=console) as progress:
        task = progress.add_task('calculations', total=total)

        def watch() -> None:
            while not over.wait(0.1):
                progress.update(task, completed=min(count_done(started), total))

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            progress.update(task, completed=min(count_done(started), total))
