"""`aiida.work.defaults` of AiiDA 0.10: what all of it shares."""

from __future__ import annotations

from aiida.work.class_loader import CLASS_LOADER
from aiida.work.execution_engine import ParallelEngine, SerialEngine
from aiida.work.notices import tell_of_module
from aiida.work.process_registry import ProcessRegistry

__all__ = ('class_loader', 'parallel_engine', 'registry', 'serial_engine')

tell_of_module(__name__, '`get_object_loader`, `run` and `submit` of `aiida.engine`')

class_loader = CLASS_LOADER
registry = ProcessRegistry()
serial_engine = SerialEngine()
parallel_engine = ParallelEngine()
