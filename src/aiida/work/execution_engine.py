"""`aiida.work.execution_engine` of AiiDA 0.10: running here and now, or beside."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from aiida.work.notices import tell_of_module
from aiida.work.run import async_, run

__all__ = ('ExecutionEngine', 'ParallelEngine', 'SerialEngine')

tell_of_module(__name__, '`run` and `submit` of `aiida.engine`, `get_manager().get_runner()` of `aiida.manage`')


class ExecutionEngine:
    """Runs processes, by the runner of the calling thread."""

    def run(self, process_class: Any, inputs: dict[str, Any] | None = None) -> Any:
        """Run a process to its end and return its outputs; errors as for :func:`aiida.work.run.run`."""
        return run(process_class, **(inputs or {}))


class SerialEngine(ExecutionEngine):
    """Runs one process after another."""

    def submit(self, process_class: Any, inputs: dict[str, Any] | None = None) -> Future[Any]:
        """Run a process to its end and return a future, which is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(self.run(process_class, inputs))
        except Exception as exception:
            future.set_exception(exception)
        return future


class ParallelEngine(ExecutionEngine):
    """Runs processes beside each other, each in a thread."""

    def submit(self, process_class: Any, inputs: dict[str, Any] | None = None) -> Future[Any]:
        """Begin to run a process and return a future of its outputs."""
        return async_(process_class, **(inputs or {}))
