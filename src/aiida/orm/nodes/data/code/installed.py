"""A program that is installed on a computer."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ModificationNotAllowed, ValidationError
from aiida.common.lang import type_check
from aiida.orm.nodes.data.code.legacy import Code, check_executable_exists
from aiida.orm.nodes.node import Node

if TYPE_CHECKING:
    from aiida.orm.computers import Computer

__all__ = ('InstalledCode',)


class InstalledCode(Code):
    """A program that is installed on a computer, by its path there."""

    _EMIT_CODE_DEPRECATION_WARNING = False
    _KEY_ATTRIBUTE_FILEPATH_EXECUTABLE = 'filepath_executable'

    def __init__(self, computer: Computer | str, filepath_executable: str, **kwargs: Any) -> None:
        """
        :param computer: the computer, or its label.
        :param filepath_executable: the path on the computer; the shell there looks up a relative one.
        :param kwargs: as for :class:`~aiida.orm.nodes.data.code.abstract.AbstractCode`.
        :raises TypeError: if a value is of another type.
        :raises NotExistent: if there is no computer of this label.
        """
        super().__init__(**kwargs)
        self.computer = computer
        self.filepath_executable = filepath_executable

    def _validate(self) -> bool:
        super()._validate()
        if self.get_computer_pk() is None:
            raise ValidationError(f'{self} has no computer: give it the one it is installed on')
        if not self._get(self._KEY_ATTRIBUTE_FILEPATH_EXECUTABLE):
            raise ValidationError(f'{self} has no `filepath_executable`')
        return True

    def validate_filepath_executable(self) -> None:
        """Check on the computer that the program is there; a relative path is left to the shell.

        :raises ValidationError: if it is not, or the computer cannot be reached.
        """
        check_executable_exists(self, str(self.filepath_executable))

    def can_run_on_computer(self, computer: Computer) -> bool:
        """Return whether a computer is the one the program is installed on."""
        from aiida.orm.computers import Computer as ComputerClass

        type_check(computer, ComputerClass)
        return self.get_computer_pk() is not None and self.get_computer_pk() == computer.pk

    def get_executable(self) -> PurePosixPath:
        """Return the path of the program on the computer."""
        return self.filepath_executable

    def get_execname(self) -> str:
        """Return the path of the program on the computer."""
        return str(self.filepath_executable)

    @property
    def computer(self) -> Computer | None:
        """The computer the program is installed on."""
        return Node.computer.fget(self)  # type: ignore[attr-defined, no-any-return]

    @computer.setter
    def computer(self, computer: Computer | str | None) -> None:
        from aiida.orm.computers import Computer as ComputerClass

        if self.is_stored:
            raise ModificationNotAllowed(f'{self} is stored: its computer can no longer be changed')
        if isinstance(computer, str):
            computer = self._load_computer(computer)
        type_check(computer, ComputerClass, allow_none=True)
        Node.computer.fset(self, computer)  # type: ignore[attr-defined]

    def _load_computer(self, label: str) -> Computer:
        from aiida.common.exceptions import NotExistent
        from aiida.orm.computers import Computer as ComputerClass

        try:
            found: Computer = ComputerClass.get_collection(self.backend).get(label=label)
        except NotExistent:
            raise NotExistent(f'there is no computer `{label}`: see `verdi computer list`') from None
        return found

    @property
    def full_label(self) -> str:
        """The label with that of the computer: ``pw@cluster``."""
        return f'{self.label}@{self._place()}'

    @property
    def filepath_executable(self) -> PurePosixPath:
        """The path of the program on the computer."""
        return PurePosixPath(self._get(self._KEY_ATTRIBUTE_FILEPATH_EXECUTABLE, ''))

    @filepath_executable.setter
    def filepath_executable(self, value: str | PurePath) -> None:
        self._set(self._KEY_ATTRIBUTE_FILEPATH_EXECUTABLE, value, str)

    def _export_location(self) -> dict[str, Any]:
        return {'filepath_executable': str(self.filepath_executable), 'computer': self._place()}
