"""What ``verdi shell`` and ``verdi run`` have at hand, and how a shell is opened."""

from __future__ import annotations

from typing import Any

import click

__all__ = ('AVAILABLE_SHELLS', 'DEFAULT_MODULES_LIST', 'get_start_namespace', 'run_shell')

#: Module, attribute, and the name it gets.
DEFAULT_MODULES_LIST = [
    ('aiida.orm', 'Node', 'Node'),
    *(
        ('aiida.orm', name, name)
        for name in (
            *('load_code', 'load_computer', 'load_group', 'load_node'),
            *('CalcFunctionNode', 'CalcJobNode', 'WorkChainNode', 'WorkFunctionNode', 'ProcessNode'),
            *('Computer', 'Group', 'QueryBuilder', 'User'),
            *('Bool', 'Dict', 'Float', 'Int', 'List', 'Str'),
        )
    ),
    ('aiida.plugins', 'CalculationFactory', 'CalculationFactory'),
    ('aiida.plugins', 'DataFactory', 'DataFactory'),
    ('aiida.plugins', 'GroupFactory', 'GroupFactory'),
    ('aiida.plugins', 'ParserFactory', 'ParserFactory'),
    ('aiida.plugins', 'WorkflowFactory', 'WorkflowFactory'),
]


def get_start_namespace() -> dict[str, Any]:
    """Return the names a shell starts with: the default ones, and those of the option ``verdi.shell.auto_import``."""
    from importlib import import_module

    from aiida.cmdline.utils import echo
    from aiida.manage.configuration import get_config_option

    namespace = {alias: getattr(import_module(module), name) for module, name, alias in DEFAULT_MODULES_LIST}
    for full_name in filter(None, (get_config_option('verdi.shell.auto_import') or '').split(':')):
        module_name, _, name = full_name.rpartition('.')
        try:
            namespace[name] = getattr(import_module(module_name), name)
        except (ImportError, AttributeError, ValueError) as exception:
            echo.echo_warning(f'`{full_name}` of the option `verdi.shell.auto_import` cannot be imported: {exception}')
    return namespace


def ipython() -> None:
    """Open IPython.

    :raises ImportError: if it is not installed.
    """
    import IPython

    IPython.start_ipython(argv=[], user_ns=get_start_namespace())


def bpython() -> None:
    """Open bpython.

    :raises ImportError: if it is not installed.
    """
    from importlib import import_module

    import_module('bpython').embed(get_start_namespace())


def plain(no_startup: bool) -> None:
    """Open Python's own shell.

    :param no_startup: whether the file of ``PYTHONSTARTUP`` is left out.
    """
    import code
    import os

    namespace = get_start_namespace()
    try:
        import readline
        import rlcompleter

        readline.set_completer(rlcompleter.Completer(namespace).complete)
        readline.parse_and_bind('tab:complete')
    except ImportError:  # not everywhere
        pass
    startup = os.environ.get('PYTHONSTARTUP')
    if startup and not no_startup and os.path.isfile(startup):
        with open(startup, encoding='utf8') as handle:
            exec(compile(handle.read(), startup, 'exec'), namespace)
    code.interact(local=namespace)


AVAILABLE_SHELLS = {'ipython': ipython, 'bpython': bpython}


def run_shell(interface: str | None = None) -> None:
    """Open a shell.

    :param interface: which; the first that is installed for ``None``.
    :raises ImportError: if it is not installed.
    """
    names = [interface] if interface else list(AVAILABLE_SHELLS)
    for name in names:
        try:
            AVAILABLE_SHELLS[name]()
        except ImportError:
            continue
        return
    if interface:
        raise ImportError(f'{interface} is not installed: `pip install {interface}`')
    click.echo('IPython is not installed (`pip install "nabucco[shell]"`), so this is the plain shell.', err=True)
    plain(no_startup=False)
