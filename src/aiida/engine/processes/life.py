"""How a process stands with the engine: whose it is, how far it is written, what becomes of it.

A process has one attribute for all of it, so that the names of a plugin meet none of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from plumpy.persistence import SavableFuture
from plumpy.process_states import ProcessState

from aiida.common.exceptions import InvalidOperation

if TYPE_CHECKING:
    from aiida.engine.processes.process import Process
    from aiida.engine.runners import Runner

__all__ = ('Life',)


class Life:
    """What the engine keeps of a process beside its state machine."""

    __slots__ = (
        'attempts',
        'checkpoint_trouble',
        'encoded_inputs',
        'end_is_written',
        'fence',
        'has_parted',
        'is_taken_over',
        'launched',
        'left_state',
        'orphans',
        'process',
        'recorded_state',
    )

    def __init__(self, process: Process) -> None:
        self.process = process
        #: The number under which its row is held; 0 if nobody holds it.
        self.fence = 0
        #: How often in a row it failed without any progress.
        self.attempts = 0
        #: Whether it waits, or is paused, without being held by anybody.
        self.has_parted = False
        self.end_is_written = False
        #: How many processes it has called.
        self.launched = 0
        #: What an interrupted step had called, and was not called again yet.
        self.orphans: tuple[int, ...] = ()
        #: Whether it stands for a process that an interrupted step had called.
        self.is_taken_over = False
        #: The state its node tells of, and the one before.
        self.recorded_state: Any = None
        self.left_state: Any = None
        self.checkpoint_trouble: str | None = None
        self.encoded_inputs: str | None = None

    @property
    def stores_provenance(self) -> bool:
        """Whether node, inputs and outputs are stored: not in a dry run, nor if metadata or caller say no."""
        process = self.process
        if not process.metadata.get('store_provenance', True) or process.metadata.get('dry_run', False):
            return False
        node = process._node
        parent = process.get_parent_calc() if node is None or not node.is_stored else None
        return parent is None or parent.is_stored

    @property
    def is_persistent(self) -> bool:
        """Whether it has checkpoints and a row that says it is to be run."""
        return self.process._enable_persistence and self.process.node.is_stored

    @property
    def is_interrupted(self) -> bool:
        """Whether it is about to be paused or killed."""
        return self.process._pausing is not None or self.process._killing is not None

    @property
    def has_ended(self) -> bool:
        """Whether it is in a terminal state."""
        state = self.process._state
        return state is not None and state.is_terminal()

    @property
    def is_done_here(self) -> bool:
        """Whether its runner takes no further step of it: it is terminated, or left to whoever takes it up next."""
        return self.process.has_terminated() or self.has_parted or self.process.runner.is_leaving

    @property
    def awaited(self) -> list[int]:
        """The pks of the processes it waits for."""
        return [awaitable.pk for awaitable in getattr(self.process, '_awaitables', ())]

    def move_to(self, runner: Runner) -> None:
        """Let another runner run the process, which was not started yet.

        :raises InvalidOperation: if it was.
        """
        process = self.process
        if process.state is not ProcessState.CREATED:
            raise InvalidOperation(f'{process} was started already by another runner')
        process.runner.unregister(process)
        process._runner, process._loop = runner, runner.loop
        process._future = SavableFuture(loop=runner.loop)
        runner.register(process)

    def give_away(self) -> None:
        """Leave the process, no step of which is being run, to the workers."""
        process, node = self.process, self.process.node
        store = node.backend
        with store.transaction():
            if self.recorded_state is not process.state:
                node.set_process_state(cast('ProcessState', process.state))
            node.flush()
            if self.fence:
                store.release(cast('int', node.pk), self.fence, store.now())
        node.release()
        process.runner.unregister(process)
        process.close()
