"""What several commands need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from aiida.common.lazy import lazy_exports

_NAMES = frozenset(
    (
        'dbenv',
        'echo_critical',
        'echo_dictionary',
        'echo_error',
        'echo_info',
        'echo_report',
        'echo_success',
        'echo_tabulate',
        'echo_warning',
        'format_call_graph',
        'is_verbose',
        'only_if_daemon_running',
        'with_dbenv',
    )
)
_MODULES = ('decorators', 'echo', 'ascii_vis', 'common')

_module, _ = lazy_exports(globals(), {})


def __getattr__(name: str) -> Any:
    """Import the public names when they are first asked for."""
    if name in _NAMES:
        for module_name in _MODULES:
            module = import_module(f'aiida.cmdline.utils.{module_name}')
            if name in module.__all__:
                return getattr(module, name)
    return _module(name)
