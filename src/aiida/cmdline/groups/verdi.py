"""The group that ``verdi`` and the command lines of plugins are made of.

Every command gets the option ``--verbosity`` and finds in ``ctx.obj`` the configuration and the profile it was called
for. Errors of this program end in one line and an exit status, never in a traceback, unless one is asked for.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NoReturn

import click

from aiida.common.extendeddicts import AttributeDict

__all__ = ('LazyVerdiGroup', 'VerdiCommand', 'VerdiCommandGroup', 'VerdiContext', 'wants_traceback')

_NEAR = 0.6
#: Errors that are not of this program but of where it is to write.
_OF_THE_SYSTEM = {errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.EPERM, errno.EROFS}


def wants_traceback() -> bool:
    """Return whether errors are shown with their traceback: ``-v debug``, or ``AIIDA_DEBUG`` in the environment."""
    from aiida.common import log

    return bool(os.environ.get('AIIDA_DEBUG')) or (log.CLI_LOG_LEVEL or '').upper() == 'DEBUG'


class LazyVerdiObjAttributeDict(AttributeDict):
    """What a command knows of its surroundings; configuration and profile are looked up when they are asked for."""

    _KEY_CONFIG = 'config'
    _KEY_PROFILE = 'profile'

    def __init__(self, ctx: click.Context, dictionary: Mapping[str, Any] | None = None) -> None:
        """
        :param ctx: the context of the command.
        :param dictionary: the first content.
        """
        super().__init__(dictionary)

    def __getattr__(self, attr: str) -> Any:
        if attr == self._KEY_CONFIG and attr not in self:
            self[attr] = _config()
        elif attr == self._KEY_PROFILE and attr not in self:
            config = self.config
            self[attr] = config.get_profile() if config.default_profile_name else None
        return super().__getattr__(attr)


def _config() -> Any:
    """Return the configuration; where there is no file, an empty one that is written with its first change."""
    from aiida.common.exceptions import MissingConfigurationError
    from aiida.manage import configuration

    try:
        return configuration.get_config()
    except MissingConfigurationError:
        configuration.CONFIG = configuration.Config(configuration.get_config_path(), {})
        return configuration.CONFIG


class VerdiContext(click.Context):
    """A context with ``obj.config`` and ``obj.profile``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # also where a command runs by itself: it keeps the option that it made at first
        kwargs.setdefault('help_option_names', ['-h', '--help'])
        super().__init__(*args, **kwargs)
        if self.obj is None:
            self.obj = LazyVerdiObjAttributeDict(self)
        if os.environ.get('NO_COLOR'):
            self.color = False


class _OneLineErrors(click.Command):
    """A command whose errors end in one line and a status."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; an error of this program ends in one line and exit status 1."""
        if not kwargs.get('standalone_mode', True):
            return super().main(*args, **kwargs)
        try:
            return super().main(*args, **kwargs)
        except Exception as exception:
            if wants_traceback():
                raise
            _die(exception)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; where nobody reads on, as behind ``| head``, it ends quietly."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # what is left in the buffer is not to be complained of either
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


class VerdiCommand(_OneLineErrors):
    """A command with the option ``--verbosity``."""

    context_class = VerdiContext


class VerdiCommandGroup(_OneLineErrors, click.Group):
    """A group whose commands have the option ``--verbosity``, and that says what a mistyped command may have meant."""

    context_class = VerdiContext
    command_class = VerdiCommand

    @staticmethod
    def add_verbosity_option(cmd: click.Command) -> click.Command:
        """Give a command the option ``--verbosity``, if it has none, and return it."""
        from aiida.cmdline.params.options.verbosity import VERBOSITY

        if cmd is not None and not any(parameter.name == 'verbosity' for parameter in cmd.params):
            VERBOSITY()(cmd)
        return cmd

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name.

        :raises click.UsageError: if there is none; the message says which are near.
        """
        cmd = super().get_command(ctx, cmd_name)
        if cmd is not None:
            return self.add_verbosity_option(cmd)
        if ctx.resilient_parsing:
            return None
        self.fail_with_suggestions(ctx, cmd_name)
        return None

    def fail_with_suggestions(self, ctx: click.Context, cmd_name: str) -> None:
        """Say that there is no such command, and which are near.

        :raises click.UsageError: always.
        """
        names = self.list_commands(ctx)
        near = get_close_matches(cmd_name, names, n=3, cutoff=_NEAR)
        near += [name for name in names if name.startswith(cmd_name) and name not in near]
        message = f'`{cmd_name}` is not a {self.name} command.'
        if near:
            message += '\n\nThe most similar commands are:\n' + '\n'.join(f'\t{name}' for name in near)
        else:
            message += '\n\nNo similar commands found.'
        ctx.fail(message)

    def group(self, *args: Any, **kwargs: Any) -> Any:
        """Return a decorator that adds a group to this one, of the same class."""
        kwargs.setdefault('cls', VerdiCommandGroup)
        return super().group(*args, **kwargs)


def _die(exception: Exception) -> NoReturn:
    """Print an error in one line and leave with status 1."""
    from aiida.cmdline.utils import echo
    from aiida.common.exceptions import AiidaException, StorageUnavailable

    message = str(exception) or type(exception).__name__
    if isinstance(exception, StorageUnavailable):
        message = f'{message} (the same may succeed in a moment)'
    elif isinstance(exception, OSError) and exception.errno in _OF_THE_SYSTEM:
        message = f'{exception.filename or "the output"}: {os.strerror(exception.errno)}'
    elif not isinstance(exception, AiidaException):
        message = f'{type(exception).__name__}: {message}. Run it again as `verdi -v debug ...` to see where.'
    echo.echo_critical(message)


class LazyVerdiGroup(VerdiCommandGroup):
    """A group that imports a command when it is called; a table says where it is and what it is for."""

    #: Name: (``module:attribute``, what it is for).
    table: Mapping[str, tuple[str, str]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, without importing them."""
        return sorted({*self.table, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported now."""
        if cmd_name in self.table and cmd_name not in self.commands:
            module_name, _, attribute = self.table[cmd_name][0].partition(':')
            command = getattr(import_module(module_name), attribute)
            self.commands.setdefault(cmd_name, command)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table."""
        rows = [(name, self._purpose(name)) for name in self.list_commands(ctx)]
        with formatter.section('Commands'):
            formatter.write_dl(rows)

    def _purpose(self, name: str) -> str:
        if name in self.table:
            return self.table[name][1]
        return self.commands[name].get_short_help_str()

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Return what completes a word: commands from the table, and options."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=self._purpose(name))
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]
