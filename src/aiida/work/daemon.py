"""`aiida.work.daemon` of AiiDA 0.10: going on with what pickles tell of."""

from __future__ import annotations

import logging
from typing import Any

from aiida.work.notices import tell_of_module
from aiida.work.persistence import Persistence, get_default

__all__ = ('tick_workflow_engine',)

tell_of_module(__name__, 'the daemon: `verdi daemon start`')

LOGGER = logging.getLogger('aiida.work.daemon')


def tick_workflow_engine(storage: Persistence | None = None, print_exceptions: bool = True) -> bool:
    """Take the processes that nobody has and that a storage has pickles of, and run each to its end.

    A worker of the daemon does the same, without any pickles.

    :param storage: where the pickles are, the default one for ``None``.
    :param print_exceptions: whether what a process raises is told.
    :return: whether there are pickles left, of processes that somebody else runs.
    """
    store = storage if storage is not None else get_default()
    processes: list[Any] = store.load_all_processes()
    for process in processes:
        if process.has_terminated():  # another one has waited for it
            continue
        process.runner.start_task(process)
        try:
            process.runner.run_until_complete(process.future())
        except Exception as exception:
            if print_exceptions:
                LOGGER.error('Process<%s> has raised %r', process.pid, exception)
    return bool(store.pickles())
