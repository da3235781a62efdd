"""`aiida.work.util` of AiiDA 0.10: the processes of this thread, and small things."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from plumpy.processes import PROCESS_STACK

from aiida.common.links import also_valid
from aiida.engine import Process, calcfunction, is_process_function
from aiida.orm import Data, ProcessNode, QueryBuilder
from aiida.work.frozendict import FrozenDict
from aiida.work.notices import tell_of_module

__all__ = ('PROCESS_LABEL_ATTR', 'ProcessStack', 'get_or_create_output_group', 'is_workfunction', 'load_class')

tell_of_module(
    __name__, '`aiida.engine.Process.current()`, `aiida.engine.is_process_function`, `aiida.engine.get_object_loader`'
)

#: The attribute that held the label of a process.
PROCESS_LABEL_ATTR = '_process_label'


class ProcessStack:
    """The processes that this thread is in, from the outermost to the one whose code is being run."""

    def __init__(self) -> None:
        """
        :raises TypeError: always: each thread has its own, which the class gives access to.
        """
        raise TypeError('there is one stack of processes per thread: call the methods of the class')

    @classmethod
    def stack(cls) -> list[Any]:
        """Return the processes, the outermost first."""
        return list(PROCESS_STACK.get())

    @classmethod
    def pids(cls) -> list[Any]:
        """Return the pks of the processes, the outermost first."""
        return [process.pid for process in PROCESS_STACK.get()]

    @classmethod
    def top(cls) -> Any:
        """Return the process whose code is being run.

        :raises IndexError: if there is none.
        """
        stack = PROCESS_STACK.get()
        if not stack:
            raise IndexError('no process is running in this thread')
        return stack[-1]

    @classmethod
    def get_active_process_id(cls) -> Any:
        """Return the pk of the process at the top; errors as for :meth:`top`."""
        return cls.top().pid

    @classmethod
    def get_active_process_calc_node(cls) -> ProcessNode:
        """Return the node of the process at the top; errors as for :meth:`top`."""
        return cls.top().node  # type: ignore[no-any-return]

    @classmethod
    def push(cls, process: Process) -> None:
        """Put a process on the top; the engine does so for what it runs."""
        PROCESS_STACK.set([*PROCESS_STACK.get(), process])

    @classmethod
    def pop(cls, process: Process | None = None, pid: Any = None) -> None:
        """Take away the process at the top, which has to be named.

        :param process: it.
        :param pid: or its pk.
        :raises AssertionError: if it is not the one at the top, or none is named.
        """
        if process is None and pid is None:
            raise AssertionError('say which process is taken from the stack, by `process` or `pid`')
        stack = PROCESS_STACK.get()
        top = stack[-1] if stack else None
        if top is None or (process is not None and top is not process) or (pid is not None and top.pid != pid):
            given = process if process is not None else pid
            raise AssertionError(f'the process at the top of the stack is {top}, not {given}')
        PROCESS_STACK.set(list(stack[:-1]))


def is_workfunction(func: Any) -> bool:
    """Return whether a function is run as a process when it is called."""
    return bool(getattr(func, '_is_workfunction', False)) or is_process_function(func)


def load_class(classstring: str) -> Any:
    """Return what a dotted path leads to, as ``package.module.Class``.

    :raises ValueError: if there is no dot in it.
    :raises ImportError: if the module cannot be imported.
    :raises AttributeError: if it has no such name.
    """
    module, _, name = classstring.rpartition('.')
    if not module:
        raise ValueError(f'`{classstring}` is no dotted path of a class, as `package.module.Class`')
    return getattr(import_module(module), name)


@calcfunction
def gather_outputs(**outputs: Any) -> FrozenDict:
    """Return the outputs of a calculation as one node."""
    return FrozenDict(outputs)


def get_or_create_output_group(calculation: ProcessNode) -> FrozenDict:
    """Return a node that holds all outputs of a calculation or workflow, by label; the same each time.

    :raises TypeError: if it is neither.
    """
    if not isinstance(calculation, ProcessNode):
        raise TypeError(f'only a calculation or workflow has outputs, not {calculation!r}')
    links = calculation.base.links.get_outgoing(node_class=Data).all()
    outputs = {link.link_label: link.node for link in links}
    digest = {label: node.uuid for label, node in outputs.items()}
    if outputs:
        first = next(iter(outputs.values()))
        query = QueryBuilder().append(Data, filters={'id': first.pk}, tag='output')
        query.append(ProcessNode, with_incoming='output', filters={'process_type': _GATHERED}, tag='gathering')
        query.append(FrozenDict, with_incoming='gathering', project='*')
        for known in query.all(flat=True):
            if known._uuids == digest:
                return known  # type: ignore[no-any-return]
        with also_valid(*outputs):  # one may be called `_return`
            made: Any = gather_outputs(**outputs)
        return made  # type: ignore[no-any-return]
    return FrozenDict({}).store()


_GATHERED = f'{__name__}.gather_outputs'
