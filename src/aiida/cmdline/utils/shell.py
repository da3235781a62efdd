"""What ``verdi shell`` and ``verdi run`` have at hand, and how a shell is opened."""

from __future__ import annotations

from typing import Any

import click

__all__ = (
    'AVAILABLE_SHELLS',
    'DEFAULT_MODULES_LIST',
    'get_start_namespace',
    'print_script_error',
    'run_script',
    'run_shell',
)

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


def print_script_error(exception: BaseException, filepath: str) -> None:
    """Print the traceback of a script as Python would, without the frames of this program around it.

    :param exception: what the script raised.
    :param filepath: its path, as it was compiled with.
    """
    import traceback

    if isinstance(exception, KeyboardInterrupt):
        click.echo('Aborted!', err=True)
        return
    frames = exception.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != filepath:
        frames = frames.tb_next
    told = traceback.TracebackException(type(exception), exception, frames)
    click.echo(''.join(told.format()), err=True, nl=False)


def run_script(source: str | bytes, filepath: str, namespace: dict[str, Any]) -> bool:
    """Run a script and return whether it ended well; what it raised is printed.

    :param source: its text.
    :param filepath: its path, for tracebacks.
    :param namespace: the names it starts with.
    :raises SystemExit: if the script does.
    """
    try:
        exec(compile(source, filepath, 'exec', dont_inherit=True), namespace)
    except SystemExit:
        raise
    except BaseException as exception:
        print_script_error(exception, filepath)
        return False
    return True
