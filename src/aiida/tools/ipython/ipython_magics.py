"""The magics of IPython: ``%aiida`` loads a profile and the names of ``verdi shell``, ``%verdi`` runs a command.

They are there after ``%load_ext aiida``.
"""

from __future__ import annotations

import shlex
from importlib import import_module
from typing import Any

__all__ = ('AiiDALoaderMagics', 'load_ipython_extension', 'register_ipython_extension')


class AiiDALoaderMagics:
    """The functions behind the magics, for one shell."""

    def __init__(self, shell: Any) -> None:
        """
        :param shell: the running shell.
        """
        self.shell = shell

    def aiida(self, line: str = '', local_ns: Any = None) -> str:
        """Load a profile (the default one if the line is empty) and bring in the names of ``verdi shell``.

        :param line: the name of the profile.
        :return: which profile is loaded.
        """
        from aiida.manage.configuration import load_profile

        profile = load_profile(line.strip() or None)
        # named as text: what `verdi shell` offers stands in a higher room
        names = import_module('aiida.cmdline.utils.shell').get_start_namespace()
        self.shell.user_ns.update(names)
        return f'Loaded the profile `{profile.name}`.'

    def verdi(self, line: str = '', local_ns: Any = None) -> int:
        """Run a command of ``verdi`` in this interpreter, so that the loaded profile stays loaded.

        :param line: the command with its options.
        :return: its exit status.
        """
        from aiida.manage.configuration import get_profile

        command = import_module('aiida.cmdline.commands.cmd_verdi').verdi
        words = shlex.split(line)
        profile = get_profile()
        if profile is not None and not {'-p', '--profile'} & set(words):
            words = ['-p', profile.name, *words]
        try:
            command.main(words, prog_name='verdi')
        except SystemExit as exception:
            return exception.code if isinstance(exception.code, int) else int(exception.code is not None)
        return 0


def register_ipython_extension(ipython: Any) -> None:
    """Make the magics known to a shell.

    :param ipython: the running shell.
    """
    magics = AiiDALoaderMagics(ipython)
    ipython.register_magic_function(magics.aiida, magic_kind='line', magic_name='aiida')
    ipython.register_magic_function(magics.verdi, magic_kind='line', magic_name='verdi')


def load_ipython_extension(ipython: Any) -> None:
    """Make the magics known to a shell; called by ``%load_ext aiida.tools.ipython.ipython_magics``."""
    register_ipython_extension(ipython)
