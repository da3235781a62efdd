"""Making a computer from settings by name."""

from __future__ import annotations

from typing import Any

from aiida.common.exceptions import ValidationError
from aiida.orm.computers import Computer

__all__ = ('ComputerBuilder',)


class ComputerBuilder:
    """Settings of a computer by name, from which a new one is made."""

    class ComputerValidationError(Exception):
        """A setting is missing or not valid."""

    def __init__(self, **kwargs: Any) -> None:
        """
        :param kwargs: the settings ``label``, ``hostname``, ``description``, ``transport``, ``scheduler``,
            ``work_dir``, ``shebang``, ``mpirun_command`` (one string), ``mpiprocs_per_machine``,
            ``default_memory_per_machine`` (kB), ``use_double_quotes``, ``prepend_text``, ``append_text``.
        """
        self.__dict__['_settings'] = dict(kwargs)

    @staticmethod
    def from_computer(computer: Computer) -> ComputerBuilder:
        """Return a builder with the settings of a computer."""
        return ComputerBuilder(**ComputerBuilder.get_computer_spec(computer))

    @staticmethod
    def get_computer_spec(computer: Computer) -> dict[str, Any]:
        """Return the settings of a computer."""
        return {
            'label': computer.label,
            'description': computer.description,
            'hostname': computer.hostname,
            'scheduler': computer.scheduler_type,
            'transport': computer.transport_type,
            'use_double_quotes': computer.get_use_double_quotes(),
            'prepend_text': computer.get_prepend_text(),
            'append_text': computer.get_append_text(),
            'work_dir': computer.get_workdir(),
            'shebang': computer.get_shebang(),
            'mpirun_command': ' '.join(computer.get_mpirun_command()),
            'mpiprocs_per_machine': computer.get_default_mpiprocs_per_machine(),
            'default_memory_per_machine': computer.get_default_memory_per_machine(),
        }

    def __getattr__(self, name: str) -> Any:
        if name.startswith('_'):
            raise AttributeError(name)
        return self._settings.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._settings[name] = value

    def validate(self, raise_error: bool = True) -> tuple[bool, dict[str, list[str]]]:
        """Return whether a computer can be made, and what prevents it, by setting.

        :param raise_error: whether what prevents it is raised instead.
        :raises ComputerValidationError: in that case.
        """
        problems: dict[str, list[str]] = {}
        for name in ('label', 'hostname', 'transport', 'scheduler'):
            if not self._settings.get(name):
                problems[name] = [f'{name} not set']
        count = self._settings.get('mpiprocs_per_machine')
        if count not in (None, ''):
            problem = _problem_of_count(count)
            if problem:
                problems['mpiprocs_per_machine'] = [f'Invalid value provided for mpiprocs_per_machine, {problem}']
        if problems and raise_error:
            raise self.ComputerValidationError('; '.join(text for texts in problems.values() for text in texts))
        return not problems, problems

    def new(self) -> Computer:
        """Return a computer with these settings that is not stored.

        :raises ComputerValidationError: if one is missing or not valid.
        """
        self.validate()
        settings = self._settings
        computer = Computer(
            label=settings['label'],
            hostname=settings['hostname'],
            description=settings.get('description') or '',
            transport_type=settings['transport'],
            scheduler_type=settings['scheduler'],
        )
        try:
            for name, setter in (
                ('use_double_quotes', computer.set_use_double_quotes),
                ('prepend_text', computer.set_prepend_text),
                ('append_text', computer.set_append_text),
                ('work_dir', computer.set_workdir),
                ('shebang', computer.set_shebang),
                ('default_memory_per_machine', computer.set_default_memory_per_machine),
            ):
                if settings.get(name) is not None:
                    setter(settings[name])
            count = settings.get('mpiprocs_per_machine')
            if count not in (None, ''):
                computer.set_default_mpiprocs_per_machine(int(count))
            command = settings.get('mpirun_command')
            if command is not None:
                computer.set_mpirun_command(command.split() if isinstance(command, str) else list(command))
        except (TypeError, ValueError, ValidationError) as exception:
            raise self.ComputerValidationError(str(exception)) from exception
        return computer


def _problem_of_count(count: Any) -> str | None:
    try:
        number = int(count)
    except (TypeError, ValueError):
        return f'must be a valid integer, not {count!r}'
    return None if number > 0 else f'must be positive, not {number}'
