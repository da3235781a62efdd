"""`aiida.work.workfunction` of AiiDA 0.10: functions that are recorded."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from aiida.engine.processes.functions import _launch
from aiida.work.inputs import modern_inputs
from aiida.work.notices import tell_of_module
from aiida.work.process import FunctionProcess

__all__ = ('workfunction',)

tell_of_module(__name__, '`calcfunction` of `aiida.engine` for what creates data, `workfunction` for what calls others')


def workfunction(func: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a function into one whose inputs and outputs are recorded each time it is called.

    What it returns alone is linked as ``_return``; of a dictionary the keys are the labels. It may create data and call
    others: for what it creates, a calculation is recorded that it calls.

    Two keywords are its own: ``_return_pid=True`` returns the pk too, ``__async=True`` a future.

    :raises TypeError: if ``func`` is no plain function; when called, if it returns something else than nodes.
    """
    process_class = FunctionProcess.build(func)  # type: ignore[arg-type]

    def run_get_node(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Run it and return what it returns, and its node."""
        return _launch(process_class, _given(args), modern_inputs(kwargs))

    def run_get_pk(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Run it and return what it returns, and the pk of its node."""
        result, node = run_get_node(*args, **kwargs)
        return result, node.pk

    @functools.wraps(func)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        return_pid = kwargs.pop('_return_pid', False)
        if kwargs.pop('__async', False):
            from aiida.work.run import async_

            return async_(decorated, *args, _return_pid=return_pid, **kwargs)
        result, pk = run_get_pk(*args, **kwargs)
        return (result, pk) if return_pid else result

    members: dict[str, Any] = {
        'run': decorated,
        'run_get_pk': run_get_pk,
        'run_get_node': run_get_node,
        'is_process_function': True,
        '_is_workfunction': True,
        'node_class': process_class._node_class,
        'process_class': process_class,
        'recreate_from': process_class.recreate_from,
        'spec': process_class.spec,
        'get_builder': process_class.get_builder,
        'is_valid_cache': process_class.is_valid_cache,
    }
    for name, value in members.items():
        setattr(decorated, name, value)
    process_class._decorated = staticmethod(decorated)
    return decorated


def _given(args: tuple[Any, ...]) -> tuple[Any, ...]:
    named = modern_inputs({str(index): value for index, value in enumerate(args)})
    return tuple(named.values())
