"""`aiida.work.test_utils` of AiiDA 0.10: processes to test with."""

from __future__ import annotations

from typing import Any

from aiida.work.notices import tell_of_module
from aiida.work.process import Process

__all__ = ('BadOutput', 'DummyProcess', 'ExceptionProcess')

tell_of_module(__name__, 'processes of your own, derived from `Process` of `aiida.engine`')


class DummyProcess(Process):
    """A process that does nothing."""


class BadOutput(Process):
    """A process that emits something that is no node, and excepts."""

    def _run(self, **inputs: Any) -> None:
        self.out('bad_output', 5)


class ExceptionProcess(Process):
    """A process that excepts."""

    def _run(self, **inputs: Any) -> None:
        raise RuntimeError('this process always fails')
