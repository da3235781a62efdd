"""Finding the processes that nobody will ever go on with, and the rows that belong to none, and mending both."""

from __future__ import annotations

from typing import Any, NamedTuple

from aiida.common.claims import Owner
from aiida.engine.processes.control import get_active_processes
from aiida.engine.runtime.resuming import is_held
from aiida.engine.runtime.steering import mark_as_killed
from aiida.orm import CalcFunctionNode, WorkFunctionNode, load_node
from aiida.orm.backend import get_store

__all__ = ('Stray', 'find_strays', 'mend')


class Stray(NamedTuple):
    """A process that is stuck."""

    pk: int
    why: str
    remedy: str


def find_strays() -> list[Stray]:
    """Return the processes that are active though nobody runs them or will take them up, by pk.

    Process functions are left out: they have no row, so that of none it is known whether its program is alive.
    """
    store, strays = get_store(), []
    for node in get_active_processes():
        run = store.read_run(node.pk)
        if run is None:
            if not _is_function(node):
                strays.append(Stray(node.pk, 'nothing says that it is to be run', _remedy(node.pk)))
        elif run.owner is not None and not is_held(run):
            why = f'the program that ran it, {Owner.parse(run.owner).label}, is gone'
            strays.append(Stray(node.pk, why, 'left to the workers'))
    return sorted(strays)


def _is_function(node: Any) -> bool:
    return isinstance(node, CalcFunctionNode | WorkFunctionNode)


def _remedy(pk: int) -> str:
    return 'left to the workers' if get_store().list_checkpoints(pk) else 'marked as killed'


def mend(stray: Stray) -> None:
    """Let the workers go on with a process, or mark it as killed if there is no checkpoint to go on from."""
    store = get_store()
    with store.transaction():
        run = store.read_run(stray.pk)
        if run is not None:
            store.release(stray.pk, run.fence, store.now(), error=stray.why)
        elif store.list_checkpoints(stray.pk):
            bundle = store.load_checkpoint(stray.pk)
            fence = store.enlist(stray.pk)
            store.save_checkpoint(stray.pk, bundle, fence)
        else:
            node: Any = load_node(pk=stray.pk)
            mark_as_killed(node, f'marked as killed: {stray.why}')
