"""The one class of codes there was before there were several; nodes of it are still in databases."""

from __future__ import annotations

from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar

from aiida.common.exceptions import MultipleObjectsError, NotExistent, ValidationError
from aiida.common.warnings import warn_deprecation
from aiida.orm.nodes.data.code.abstract import AbstractCode

if TYPE_CHECKING:
    from aiida.orm.computers import Computer
    from aiida.storage.ports import Store

__all__ = ('Code',)


def _deprecated(name: str, instead: str) -> None:
    warn_deprecation(f'`Code.{name}` is deprecated, use {instead}.', version=3, stacklevel=4)


class Code(AbstractCode):
    """A program on a computer or in files of the node; make an ``InstalledCode`` or a ``PortableCode`` instead."""

    _EMIT_CODE_DEPRECATION_WARNING: ClassVar[bool] = True
    HIDDEN_KEY = 'hidden'

    def __init__(
        self,
        remote_computer_exec: Any = None,
        local_executable: str | None = None,
        input_plugin_name: str | None = None,
        files: list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param remote_computer_exec: a pair of a computer and an absolute path on it.
        :param local_executable: the name of one of ``files``.
        :param input_plugin_name: the entry point of the default calculation.
        :param files: paths of files that are copied into the node.
        :raises ValueError: if the program is said to be in both places.
        """
        super().__init__(**kwargs)
        if self._EMIT_CODE_DEPRECATION_WARNING:
            warn_deprecation(
                'The `Code` class is deprecated: make an `InstalledCode` or a `PortableCode`; to check a type, use '
                '`AbstractCode`.',
                version=3,
            )
        if remote_computer_exec and local_executable:
            raise ValueError('give one of `remote_computer_exec` and `local_executable`: a code is in one place')
        if remote_computer_exec:
            self.set_remote_computer_exec(remote_computer_exec)
        if local_executable:
            self.set_local_executable(local_executable)
        if input_plugin_name:
            self.default_calc_job_plugin = input_plugin_name
        if files:
            self.set_files(files)

    @property
    def _is_local(self) -> bool | None:
        is_local: bool | None = self._get('is_local')
        return is_local

    def can_run_on_computer(self, computer: Computer) -> bool:
        """Return whether the program can run on a computer: anywhere if local, else on its own computer only."""
        return bool(self._is_local) or self.get_computer_pk() == computer.pk

    def get_executable(self) -> PurePath:
        """Return the path of the program as the job script calls it."""
        name = self._get('local_executable') if self._is_local else self._get('remote_exec_path')
        return PurePosixPath(name or '')

    def hide(self) -> None:
        """Let lists leave the code out."""
        _deprecated('hide', '`is_hidden`')
        self.is_hidden = True

    def reveal(self) -> None:
        """Let lists have the code again."""
        _deprecated('reveal', '`is_hidden`')
        self.is_hidden = False

    @property
    def hidden(self) -> bool:
        """Whether lists leave the code out."""
        return self.is_hidden

    def set_files(self, files: list[str] | str) -> None:
        """Copy files into the node.

        :raises ValueError: if two of them have the same name.
        """
        paths = [Path(file) for file in ([files] if isinstance(files, str) else files)]
        names = [path.name for path in paths]
        if len(set(names)) != len(names):
            raise ValueError(f'two of the files have the same name: {names}')
        for path in paths:
            self.base.repository.put_object_from_file(str(path), path.name)

    def __str__(self) -> str:
        kind = 'Remote' if self.get_computer_pk() is not None else 'Local'
        place = f' on {self._place()}' if self.get_computer_pk() is not None else ''
        return f"{kind} code '{self.label}'{place} pk: {self.pk}, uuid: {self.uuid}"

    def _place(self) -> str:
        computer = self.computer
        return 'repository' if computer is None else computer.label

    def get_computer_label(self) -> str:
        """Return the label of the computer, ``repository`` for a local code."""
        return 'repository' if self._is_local else self._place()

    @property
    def full_label(self) -> str:
        """The label with that of the computer, or with ``repository``."""
        return f'{self.label}@{self.get_computer_label()}'

    def relabel(self, new_label: str) -> None:
        """Set the label; what is behind an ``@`` must be the computer there is."""
        suffix = f'@{self.get_computer_label()}'
        self.label = new_label.removesuffix(suffix)

    @classmethod
    def get_code_helper(cls, label: str, machinename: str | None = None, backend: Store | None = None) -> AbstractCode:
        """Return the one code with a label.

        :param machinename: the label of its computer.
        :raises NotExistent: if there is none.
        :raises MultipleObjectsError: if there are several.
        """
        from aiida.orm.querybuilder import QueryBuilder

        query = QueryBuilder(backend=backend)
        query.append(AbstractCode, filters={'label': label}, project='*', tag='code')
        if machinename is not None:
            from aiida.orm.computers import Computer

            query.append(Computer, filters={'label': machinename}, with_node='code')
        found: list[AbstractCode] = query.all(flat=True)
        name = label if machinename is None else f'{label}@{machinename}'
        if not found:
            raise NotExistent(f'there is no code `{name}`')
        if len(found) > 1:
            pks = ', '.join(str(code.pk) for code in found)
            raise MultipleObjectsError(f'there are several codes `{name}` (pk {pks}): use the pk')
        return found[0]

    @classmethod
    def get(cls, pk: int | None = None, label: str | None = None, machinename: str | None = None, **kwargs: Any) -> Any:
        """Return a code by its pk, or by its label and that of its computer.

        :raises NotExistent: if there is none.
        :raises MultipleObjectsError: if there are several.
        """
        if kwargs:
            if label is not None:
                kwargs['label'] = label
            return super().get(**kwargs)
        if pk is not None:
            return cls.collection.get(pk=pk)
        if label is None:
            raise NotExistent('give the `pk` or the `label` of the code')
        return cls.get_code_helper(label, machinename)

    @classmethod
    def get_from_string(cls, code_string: str) -> AbstractCode:
        """Return a code by ``label`` or ``label@computer``."""
        _deprecated('get_from_string', '`aiida.orm.load_code`')
        label, _, machinename = code_string.partition('@')
        return cls.get_code_helper(label, machinename or None)

    @classmethod
    def list_for_plugin(cls, plugin: str, labels: bool = True, backend: Store | None = None) -> list[Any]:
        """Return the labels (or the pks) of the codes with this default calculation."""
        from aiida.orm.querybuilder import QueryBuilder

        query = QueryBuilder(backend=backend)
        key = f'attributes.{cls._KEY_ATTRIBUTE_DEFAULT_CALC_JOB_PLUGIN}'
        query.append(cls, filters={key: plugin}, project=['label' if labels else 'id'])
        return list(query.all(flat=True))

    def _validate(self) -> bool:
        super()._validate()
        if type(self) is Code:
            self._validate_place()
        return True

    def _validate_place(self) -> None:
        if self._is_local is None:
            raise ValidationError(f'{self} is neither local nor remote: set the executable')
        if self._is_local:
            name = self._get('local_executable')
            if not name:
                raise ValidationError(f'{self} is local but has no executable: use `set_local_executable`')
            if name not in self.base.repository.list_object_names():
                raise ValidationError(f'the executable {name!r} of {self} is not among its files')
        elif self.base.repository.list_object_names():
            raise ValidationError(f'{self} is on a computer and cannot have files')
        elif self.get_computer_pk() is None or not self._get('remote_exec_path'):
            raise ValidationError(f'{self} is remote but has no computer or no path on it')

    def validate_remote_exec_path(self) -> None:
        """Check on the computer that the program is there.

        :raises ValidationError: if it is not.
        """
        check_executable_exists(self, str(self.get_executable()))

    def set_prepend_text(self, code: str) -> None:
        """Set the lines of the job script before the program."""
        self.prepend_text = code

    def get_prepend_text(self) -> str:
        """Return the lines of the job script before the program."""
        return self.prepend_text

    def set_input_plugin_name(self, input_plugin: str | None) -> None:
        """Set the entry point of the default calculation."""
        self.default_calc_job_plugin = input_plugin

    def get_input_plugin_name(self) -> str | None:
        """Return the entry point of the default calculation."""
        return self.default_calc_job_plugin

    def set_use_double_quotes(self, use_double_quotes: bool) -> None:
        """Set whether the words of the command line stand in double quotes."""
        self.use_double_quotes = use_double_quotes

    def get_use_double_quotes(self) -> bool:
        """Return whether the words of the command line stand in double quotes."""
        return self.use_double_quotes

    def set_append_text(self, code: str) -> None:
        """Set the lines of the job script after the program."""
        self.append_text = code

    def get_append_text(self) -> str:
        """Return the lines of the job script after the program."""
        return self.append_text

    def set_local_executable(self, exec_name: str) -> None:
        """Say that the program is this file of the node."""
        self._set_local()
        self.base.attributes.set('local_executable', exec_name)

    def get_local_executable(self) -> str | PurePath:
        """Return the name of the file of the node that is the program, or its path if it is installed."""
        return self._get('local_executable', None) or self.get_executable()

    def set_remote_computer_exec(self, remote_computer_exec: Any) -> None:
        """Say that the program is on a computer.

        :param remote_computer_exec: a pair of a computer and an absolute path on it.
        :raises ValueError: if it is not.
        """
        from aiida.orm.computers import Computer

        if not isinstance(remote_computer_exec, list | tuple) or len(remote_computer_exec) != 2:
            raise ValueError(f'`remote_computer_exec` is a pair of a computer and a path, not {remote_computer_exec!r}')
        computer, path = remote_computer_exec
        if not isinstance(computer, Computer):
            raise ValueError(f'the first of `remote_computer_exec` is a Computer, not {computer!r}')
        if not PurePosixPath(path).is_absolute():
            raise ValueError(f'the path of the executable is an absolute one on the computer, not {path!r}')
        self._set_remote()
        self.computer = computer
        self.base.attributes.set('remote_exec_path', str(path))

    def get_remote_exec_path(self) -> str:
        """Return the path of the program on its computer; an empty string if it is on none."""
        return str(self._get('remote_exec_path', ''))

    def get_remote_computer(self) -> Computer | None:
        """Return the computer the program is on."""
        return self.computer

    def _set_local(self) -> None:
        """Say that the program is in the files of the node."""
        self.base.attributes.set('is_local', True)
        self.computer = None
        if 'remote_exec_path' in self.base.attributes:
            self.base.attributes.delete('remote_exec_path')

    def _set_remote(self) -> None:
        """Say that the program is on a computer."""
        self.base.attributes.set('is_local', False)
        if 'local_executable' in self.base.attributes:
            self.base.attributes.delete('local_executable')

    def is_local(self) -> bool | None:
        """Return whether the program is in the files of the node."""
        return self._is_local

    def can_run_on(self, computer: Computer) -> bool:
        """Return whether the program can run on a computer."""
        return self.can_run_on_computer(computer)

    def get_execname(self) -> str:
        """Return the path of the program as the job script calls it."""
        return str(self.get_executable())


def check_executable_exists(code: AbstractCode, path: str) -> None:
    """Check on the computer of a code that there is a file at an absolute path; a relative one is left to the shell.

    :raises ValidationError: if there is none, or the computer cannot be reached.
    """
    if not PurePosixPath(path).is_absolute():
        return
    computer = code.computer
    if computer is None:
        raise ValidationError(f'{code} has no computer')
    try:
        with computer.get_transport() as transport:
            exists = transport.isfile(path)
    except Exception as exception:
        raise ValidationError(f'computer `{computer.label}` could not be asked for {path}: {exception}') from exception
    if not exists:
        raise ValidationError(f'there is no file {path} on computer `{computer.label}`')
