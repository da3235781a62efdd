"""What all codes have in common."""

from __future__ import annotations

import abc
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from aiida.common.lang import type_check
from aiida.orm.nodes.data.data import Data

if TYPE_CHECKING:
    from aiida.common.folders import Folder
    from aiida.orm.computers import Computer

__all__ = ('AbstractCode',)


class AbstractCode(Data):
    """A program that calculations run, with what a job script needs to know of it."""

    _KEY_ATTRIBUTE_DEFAULT_CALC_JOB_PLUGIN = 'input_plugin'
    _KEY_ATTRIBUTE_APPEND_TEXT = 'append_text'
    _KEY_ATTRIBUTE_PREPEND_TEXT = 'prepend_text'
    _KEY_ATTRIBUTE_USE_DOUBLE_QUOTES = 'use_double_quotes'
    _KEY_ATTRIBUTE_WITH_MPI = 'with_mpi'
    _KEY_ATTRIBUTE_WRAP_CMDLINE_PARAMS = 'wrap_cmdline_params'
    _KEY_EXTRA_IS_HIDDEN = 'hidden'

    def __init__(
        self,
        default_calc_job_plugin: str | None = None,
        append_text: str = '',
        prepend_text: str = '',
        use_double_quotes: bool = False,
        with_mpi: bool | None = None,
        is_hidden: bool = False,
        wrap_cmdline_params: bool = False,
        **kwargs: Any,
    ) -> None:
        """
        :param default_calc_job_plugin: the entry point of the CalcJob that :meth:`get_builder` prepares.
        :param append_text: lines of the job script after the program.
        :param prepend_text: lines of the job script before the program.
        :param use_double_quotes: whether the words of the command line stand in double quotes instead of single ones.
        :param with_mpi: whether the program is always, or never, run with MPI; ``None`` leaves that to the calculation.
        :param is_hidden: whether lists leave the code out.
        :param wrap_cmdline_params: whether the command line of the program is one quoted word.
        :param kwargs: ``label``, ``description``, ``computer`` and what :class:`~aiida.orm.nodes.data.data.Data` takes.
        :raises TypeError: if a value is of another type.
        """
        super().__init__(**kwargs)
        if '@' in self.label:
            self.label = self.label
        self.default_calc_job_plugin = default_calc_job_plugin
        self.append_text = append_text
        self.prepend_text = prepend_text
        self.use_double_quotes = use_double_quotes
        self.with_mpi = with_mpi
        self.wrap_cmdline_params = wrap_cmdline_params
        self.is_hidden = is_hidden

    @abc.abstractmethod
    def can_run_on_computer(self, computer: Computer) -> bool:
        """Return whether the program can run on a computer."""

    @abc.abstractmethod
    def get_executable(self) -> PurePath:
        """Return the path of the program as the job script calls it."""

    def get_executable_cmdline_params(self, cmdline_params: list[str] | None = None) -> list[str]:
        """Return the words of the command line: the program and its parameters."""
        return [str(self.get_executable()), *(cmdline_params or [])]

    def get_prepend_cmdline_params(
        self, mpi_args: list[str] | None = None, extra_mpirun_params: list[str] | None = None
    ) -> list[str]:
        """Return the words of the command line before the program.

        :param mpi_args: the MPI launcher with its parameters, as the computer has them.
        :param extra_mpirun_params: further parameters of the MPI launcher.
        """
        return [*(mpi_args or []), *(extra_mpirun_params or [])]

    def validate_working_directory(self, folder: Folder) -> None:
        """Check that the files a calculation has written for a job leave room for those of the code.

        :param folder: the folder the calculation has written to.
        :raises PluginInternalError: if they do not.
        """

    @property
    @abc.abstractmethod
    def full_label(self) -> str:
        """The label, with that of the computer if the program is on one: ``pw@cluster``."""

    @property
    def label(self) -> str:
        """The label; it has no ``@``, which stands between it and the label of the computer."""
        return super().label

    @label.setter
    def label(self, value: str) -> None:
        if '@' in str(value):
            raise ValueError(f'the label of a code has no `@`, which stands before that of a computer: {value!r}')
        self._set_column('label', str(value))

    def _get(self, key: str, default: Any = None) -> Any:
        return self.base.attributes.get(key, default)

    def _set(self, key: str, value: Any, kind: Any, allow_none: bool = False) -> None:
        type_check(
            value,
            kind,
            f'`{key}` of a code is of type {kind.__name__}, not {type(value).__name__}: {value!r}',
            allow_none=allow_none,
        )
        self.base.attributes.set(key, value)

    @property
    def default_calc_job_plugin(self) -> str | None:
        """The entry point of the CalcJob that :meth:`get_builder` prepares."""
        plugin: str | None = self._get(self._KEY_ATTRIBUTE_DEFAULT_CALC_JOB_PLUGIN)
        return plugin

    @default_calc_job_plugin.setter
    def default_calc_job_plugin(self, value: str | None) -> None:
        self._set(self._KEY_ATTRIBUTE_DEFAULT_CALC_JOB_PLUGIN, value, str, allow_none=True)

    @property
    def append_text(self) -> str:
        """Lines of the job script after the program."""
        return self._get(self._KEY_ATTRIBUTE_APPEND_TEXT, '') or ''

    @append_text.setter
    def append_text(self, value: str) -> None:
        self._set(self._KEY_ATTRIBUTE_APPEND_TEXT, value, str, allow_none=True)

    @property
    def prepend_text(self) -> str:
        """Lines of the job script before the program."""
        return self._get(self._KEY_ATTRIBUTE_PREPEND_TEXT, '') or ''

    @prepend_text.setter
    def prepend_text(self, value: str) -> None:
        self._set(self._KEY_ATTRIBUTE_PREPEND_TEXT, value, str, allow_none=True)

    @property
    def use_double_quotes(self) -> bool:
        """Whether the words of the command line stand in double quotes, so that the shell replaces variables."""
        return bool(self._get(self._KEY_ATTRIBUTE_USE_DOUBLE_QUOTES, False))

    @use_double_quotes.setter
    def use_double_quotes(self, value: bool) -> None:
        self._set(self._KEY_ATTRIBUTE_USE_DOUBLE_QUOTES, value, bool)

    @property
    def with_mpi(self) -> bool | None:
        """Whether the program is always, or never, run with MPI; ``None`` leaves that to the calculation."""
        with_mpi: bool | None = self._get(self._KEY_ATTRIBUTE_WITH_MPI)
        return with_mpi

    @with_mpi.setter
    def with_mpi(self, value: bool | None) -> None:
        self._set(self._KEY_ATTRIBUTE_WITH_MPI, value, bool, allow_none=True)

    @property
    def wrap_cmdline_params(self) -> bool:
        """Whether the command line of the program is one quoted word, as some container engines want it."""
        return bool(self._get(self._KEY_ATTRIBUTE_WRAP_CMDLINE_PARAMS, False))

    @wrap_cmdline_params.setter
    def wrap_cmdline_params(self, value: bool) -> None:
        self._set(self._KEY_ATTRIBUTE_WRAP_CMDLINE_PARAMS, value, bool)

    @property
    def is_hidden(self) -> bool:
        """Whether lists leave the code out; may be set at any time."""
        return bool(self.base.extras.get(self._KEY_EXTRA_IS_HIDDEN, False))

    @is_hidden.setter
    def is_hidden(self, value: bool) -> None:
        type_check(value, bool)
        self.base.extras.set(self._KEY_EXTRA_IS_HIDDEN, value)

    def get_description(self) -> str:
        """Return the full label."""
        return self.full_label

    def get_builder(self) -> Any:
        """Return a builder of the default calculation with this code as its input.

        :raises ValueError: if the code has no default calculation.
        :raises EntryPointError: if the calculation cannot be loaded.
        """
        from aiida.common.exceptions import EntryPointError
        from aiida.plugins import CalculationFactory

        plugin = self.default_calc_job_plugin
        if plugin is None:
            raise ValueError(f'{self} has no default calculation: set `default_calc_job_plugin` when making a code')
        try:
            process_class: Any = CalculationFactory(plugin)
        except EntryPointError as exception:
            raise EntryPointError(
                f'the calculation `{plugin}` of {self} could not be loaded: {exception}'
            ) from exception
        builder = process_class.get_builder()
        builder.code = self
        return builder

    def _export_location(self) -> dict[str, Any]:
        """Return what says where the program is, in the words of ``verdi code create --config``."""
        return {}

    def _export_values(self) -> dict[str, Any]:
        """Return what ``verdi code create --config`` reads, in its words."""
        values: dict[str, Any] = {
            'label': self.label,
            'description': self.description,
            'use_double_quotes': self.use_double_quotes,
            'with_mpi': self.with_mpi,
            'wrap_cmdline_params': self.wrap_cmdline_params,
            'prepend_text': self.prepend_text,
            'append_text': self.append_text,
            **self._export_location(),
            'default_calc_job_plugin': self.default_calc_job_plugin,
        }
        return {key: value for key, value in values.items() if value is not None}

    def _prepare_yaml(self, *args: Any, **kwargs: Any) -> tuple[bytes, dict[str, bytes]]:
        """Write the properties as a configuration file that makes the same code again."""
        import yaml

        return yaml.safe_dump(self._export_values(), sort_keys=False).encode('utf-8'), {}

    def _prepare_yml(self, *args: Any, **kwargs: Any) -> tuple[bytes, dict[str, bytes]]:
        """The same under the other usual extension."""
        return self._prepare_yaml(*args, **kwargs)
