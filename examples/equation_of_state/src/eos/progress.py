"""A bar that follows a work chain from a second thread while the first one runs it."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from aiida import orm


def count_states(started: datetime) -> Counter[str]:
    """Return how many of the calculations created since ``started`` succeeded, failed, were killed or are not done."""
    query = orm.QueryBuilder()
    query.append(
        orm.CalcJobNode,
        filters={'ctime': {'>=': started}},
        project=['attributes.process_state', 'attributes.exit_status'],
    )
    return Counter(_outcome(state, status) for state, status in query.all())


def _outcome(state: str, exit_status: int | None) -> str:
    if state == 'finished':
        return 'succeeded' if exit_status == 0 else 'failed'
    return {'killed': 'killed', 'excepted': 'failed'}.get(state, 'not done')


def describe(counts: Counter[str], total: int) -> str:
    """Return in a line what became of ``total`` calculations."""
    counts = counts + Counter({'not started': total - counts.total()})
    outcomes = ('succeeded', 'failed', 'killed', 'not done', 'not started')
    return f'{total} calculations: ' + ', '.join(f'{counts[name]} {name}' for name in outcomes if counts[name])


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
def follow(total: int, console: Console, started: datetime) -> Iterator[None]:
    """Show how many of ``total`` calculations created since ``started`` have succeeded, while the context lasts."""
    over = threading.Event()
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with quiet_terminal(), Progress(*columns, console=console) as progress:
        task = progress.add_task('calculations', total=total)

        def watch() -> None:
            while not over.wait(0.1):
                progress.update(task, completed=count_states(started)['succeeded'])

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            progress.update(task, completed=count_states(started)['succeeded'])
