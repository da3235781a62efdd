"""The command line: reads arguments, calls the rooms below, prints."""

from __future__ import annotations

from aiida.common.lazy import lazy_exports

_ELSEWHERE = {
    'aiida.cmdline.groups': ('VerdiCommandGroup',),
    'aiida.cmdline.params.types': (
        'AbsolutePathParamType',
        'CalculationParamType',
        'CodeParamType',
        'ComputerParamType',
        'ConfigOptionParamType',
        'DataParamType',
        'EmailType',
        'EntryPointType',
        'FileOrUrl',
        'GroupParamType',
        'HostnameType',
        'IdentifierParamType',
        'LabelStringType',
        'LazyChoice',
        'MpirunCommandParamType',
        'MultipleValueParamType',
        'NodeParamType',
        'NonEmptyStringParamType',
        'PathOrUrl',
        'PluginParamType',
        'ProcessParamType',
        'ProfileParamType',
        'ShebangParamType',
        'UserParamType',
        'WorkflowParamType',
    ),
    'aiida.cmdline.utils.ascii_vis': ('format_call_graph',),
    'aiida.cmdline.utils.common': ('is_verbose',),
    'aiida.cmdline.utils.decorators': ('dbenv', 'only_if_daemon_running', 'with_dbenv'),
    'aiida.cmdline.utils.echo': (
        'echo_critical',
        'echo_dictionary',
        'echo_error',
        'echo_info',
        'echo_report',
        'echo_success',
        'echo_tabulate',
        'echo_warning',
    ),
}
_MODULE_OF = {name: module for module, names in _ELSEWHERE.items() for name in names}

__all__ = tuple(sorted(_MODULE_OF))  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__, __dir__ = lazy_exports(globals(), _MODULE_OF)
