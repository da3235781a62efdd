"""Work chains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
    from aiida.engine.processes.workchains.awaitable import (
        Awaitable,
        AwaitableAction,
        AwaitableTarget,
        construct_awaitable,
    )
    from aiida.engine.processes.workchains.context import ToContext, append_, assign_
    from aiida.engine.processes.workchains.restart import BaseRestartWorkChain
    from aiida.engine.processes.workchains.utils import ProcessHandlerReport, process_handler
    from aiida.engine.processes.workchains.workchain import WorkChain, if_, return_, while_

#: Name -> the module it is in; each is imported when it is first asked for.
_ELSEWHERE = {
    'Awaitable': 'aiida.engine.processes.workchains.awaitable',
    'AwaitableAction': 'aiida.engine.processes.workchains.awaitable',
    'AwaitableTarget': 'aiida.engine.processes.workchains.awaitable',
    'BaseRestartWorkChain': 'aiida.engine.processes.workchains.restart',
    'ProcessHandlerReport': 'aiida.engine.processes.workchains.utils',
    'ToContext': 'aiida.engine.processes.workchains.context',
    'WorkChain': 'aiida.engine.processes.workchains.workchain',
    'append_': 'aiida.engine.processes.workchains.context',
    'assign_': 'aiida.engine.processes.workchains.context',
    'construct_awaitable': 'aiida.engine.processes.workchains.awaitable',
    'if_': 'aiida.engine.processes.workchains.workchain',
    'process_handler': 'aiida.engine.processes.workchains.utils',
    'return_': 'aiida.engine.processes.workchains.workchain',
    'while_': 'aiida.engine.processes.workchains.workchain',
}

__all__ = (
    'Awaitable',
    'AwaitableAction',
    'AwaitableTarget',
    'BaseRestartWorkChain',
    'ProcessHandlerReport',
    'ToContext',
    'WorkChain',
    'append_',
    'assign_',
    'construct_awaitable',
    'if_',
    'process_handler',
    'return_',
    'while_',
)

__getattr__, __dir__ = lazy_exports(globals(), _ELSEWHERE)
