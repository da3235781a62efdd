"""Launching processes: here, to their end, or for the workers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import InvalidOperation
from aiida.common.log import AIIDA_LOGGER
from aiida.engine.daemon.presence import Presence
from aiida.engine.mistakes import refuses_briefly
from aiida.engine.runners import TYPE_RUN_PROCESS, TYPE_SUBMIT_PROCESS, ResultAndNode, ResultAndPk
from aiida.engine.runtime import messages
from aiida.engine.runtime.current import current_runner, runner_for
from aiida.engine.utils import is_process_function, is_process_scoped, metadata_of, prepare_inputs

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

__all__ = ('await_processes', 'run', 'run_get_node', 'run_get_pk', 'submit')

LOGGER = AIIDA_LOGGER.getChild('engine.launch')
_PRESENCE = Presence()


def _runner() -> Any:
    import plumpy.processes

    return runner_for(plumpy.processes.Process.current())


@refuses_briefly
def run(process: TYPE_RUN_PROCESS, *args: Any, inputs: dict[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
    """Run a process in this interpreter to its end.

    :param process: a class, builder, instance or process function.
    :param inputs: values by name of port, instead of keywords; a process function takes positional arguments too.
    :return: the outputs by name.
    :raises Exception: what the process raised.
    """
    args, inputs = _positional(process, args, inputs)
    result: dict[str, Any] = _runner().run(process, *args, inputs=inputs, **kwargs)
    return result


@refuses_briefly
def run_get_node(
    process: TYPE_RUN_PROCESS, *args: Any, inputs: dict[str, Any] | None = None, **kwargs: Any
) -> ResultAndNode:
    """Run a process in this interpreter to its end; parameters as for :func:`run`.

    :return: the outputs and the node.
    """
    args, inputs = _positional(process, args, inputs)
    result: ResultAndNode = _runner().run_get_node(process, *args, inputs=inputs, **kwargs)
    return result


@refuses_briefly
def run_get_pk(
    process: TYPE_RUN_PROCESS, *args: Any, inputs: dict[str, Any] | None = None, **kwargs: Any
) -> ResultAndPk:
    """Run a process in this interpreter to its end; parameters as for :func:`run`.

    :return: the outputs and the pk.
    """
    args, inputs = _positional(process, args, inputs)
    result: ResultAndPk = _runner().run_get_pk(process, *args, inputs=inputs, **kwargs)
    return result


def _positional(
    process: Any, args: tuple[Any, ...], inputs: dict[str, Any] | None
) -> tuple[tuple[Any, ...], dict[str, Any] | None]:
    """Tell a dictionary of inputs from positional arguments of a process function.

    :raises TypeError: for positional arguments to something else than a process function.
    """
    if not args:
        return args, inputs
    if inputs is not None and not is_process_function(process):
        raise TypeError(f'the inputs are given twice: as `inputs` and as the positional argument {args[0]!r}')
    if inputs is not None:
        return args, inputs
    if len(args) == 1 and (isinstance(args[0], dict) or args[0] is None):
        return (), args[0]
    if not is_process_function(process):
        raise TypeError(
            'positional arguments are for process functions only; give the inputs as keywords or one dictionary, not '
            f'{args!r}'
        )
    return args, None


@refuses_briefly
def submit(
    process: TYPE_SUBMIT_PROCESS,
    inputs: dict[str, Any] | None = None,
    *,
    wait: bool = False,
    wait_interval: int = 5,
    **kwargs: Any,
) -> ProcessNode:
    """Hand a process to the workers of the profile and return its node at once.

    Node, links, inputs, first checkpoint and the row that says it is to be run are written in one transaction; a worker
    takes it up from there. Inside a process use ``self.submit``.

    :param process: a class, builder or instance.
    :param inputs: values by name of port, instead of keywords.
    :param wait: whether to return only when it is terminated.
    :param wait_interval: seconds between two looks, if so.
    :raises InvalidOperation: if a process is running here, or the provenance is not to be stored.
    :raises TypeError: for a process function.
    """
    given = prepare_inputs(inputs, **kwargs)
    if is_process_scoped():
        raise InvalidOperation('a process is running here: it launches another one by `self.submit`, not by `submit`')
    if is_process_function(process):
        raise TypeError(f'the process function `{process.__name__}` cannot be submitted: call it')  # type: ignore[union-attr]
    metadata = metadata_of(process, given)
    if metadata.get('dry_run', False):
        return run_get_node(process, inputs=given).node
    if metadata.get('store_provenance') is False:
        raise InvalidOperation('Cannot submit a process with `store_provenance=False`: a worker could not find it')
    local = current_runner()
    with type(local)(loop=None, communicator=local._communicator, rmq_submit=True, persister=local.persister) as runner:
        instance = process if not isinstance(process, type) and hasattr(process, 'step_until_terminated') else None
        node: ProcessNode
        if instance is not None:
            node = _hand_over(instance, given)
        else:
            node = runner.submit(process, given)
    _PRESENCE.check(node.pk)
    if wait:
        _wait_for(node, wait_interval)
    return node


def _hand_over(process: Any, given: dict[str, Any]) -> Any:
    """Give a process that was made here to the workers."""
    from plumpy.process_states import ProcessState

    if given:
        raise ValueError('an instance of a process has its inputs already; give inputs with a class or builder')
    if process.state != ProcessState.CREATED:
        raise InvalidOperation(f'{process} was started already and cannot be submitted')
    if not process.node.is_stored:
        raise InvalidOperation('Cannot submit a process with `store_provenance=False`: a worker could not find it')
    process._life.give_away()
    messages.send_task(process.pid)
    return process.node


def _wait_for(node: Any, wait_interval: float) -> None:
    while not node.is_terminated:
        LOGGER.report(f'Process<{node.pk}> is still {node.process_state}: looking again in {wait_interval} seconds')
        time.sleep(wait_interval)


def await_processes(nodes: Sequence[ProcessNode], wait_interval: int = 1) -> None:
    """Wait until all processes are terminated, telling how many are not.

    :param wait_interval: seconds between two looks.
    """
    start = time.monotonic()
    while True:
        terminated = sum(node.is_terminated for node in nodes)
        if terminated == len(nodes):
            return
        LOGGER.report(
            f'{len(nodes) - terminated} of {len(nodes)} processes have not yet terminated after '
            f'{time.monotonic() - start:.0f} seconds'
        )
        time.sleep(wait_interval)


run.get_node = run_get_node  # type: ignore[attr-defined]
run.get_pk = run_get_pk  # type: ignore[attr-defined]
