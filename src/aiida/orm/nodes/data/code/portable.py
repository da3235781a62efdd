"""A program whose files are in the node."""

from __future__ import annotations

from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import PluginInternalError, ValidationError
from aiida.common.lang import type_check
from aiida.orm.nodes.data.code.legacy import Code

if TYPE_CHECKING:
    from aiida.common.folders import Folder
    from aiida.orm.computers import Computer

__all__ = ('PortableCode',)


class PortableCode(Code):
    """A program whose files are in the node; they are copied to the computer for each job."""

    _EMIT_CODE_DEPRECATION_WARNING = False
    _KEY_ATTRIBUTE_FILEPATH_EXECUTABLE = 'filepath_executable'

    def __init__(
        self, filepath_executable: str | PurePath, filepath_files: str | PurePath | None = None, **kwargs: Any
    ) -> None:
        """
        :param filepath_executable: the path of the program, relative to ``filepath_files``.
        :param filepath_files: a folder; what is below it is copied into the node.
        :param kwargs: as for :class:`~aiida.orm.nodes.data.code.abstract.AbstractCode`.
        :raises TypeError: if a value is of another type.
        :raises ValueError: if there is no such folder, or the path of the program is absolute.
        """
        if filepath_files is not None:
            type_check(filepath_files, (PurePath, str))
        super().__init__(**kwargs)
        self.filepath_executable = filepath_executable
        if filepath_files is not None:
            folder = Path(filepath_files)
            if not folder.exists():
                raise ValueError(f'there is no folder `{filepath_files}`')
            if not folder.is_dir():
                raise ValueError(f'`{filepath_files}` is no folder')
            self.base.repository.put_object_from_tree(str(folder.absolute()))

    def _validate(self) -> bool:
        super()._validate()
        if not self._get(self._KEY_ATTRIBUTE_FILEPATH_EXECUTABLE):
            raise ValidationError(f'{self} has no `filepath_executable`')
        if not self._has_file(self.filepath_executable):
            raise ValidationError(f'the executable `{self.filepath_executable}` of {self} is not among its files')
        return True

    def _has_file(self, path: PurePosixPath) -> bool:
        try:
            self.base.repository.get_object_content(str(path), mode='rb')
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return False
        return True

    def can_run_on_computer(self, computer: Computer) -> bool:
        """Return ``True``: the files are brought along."""
        return True

    def get_executable(self) -> PurePosixPath:
        """Return the path of the program, relative to the folder of the job."""
        return self.filepath_executable

    def get_executable_cmdline_params(self, cmdline_params: list[str] | None = None) -> list[str]:
        """Return the words of the command line; the program is looked for in the folder of the job."""
        return [f'./{self.filepath_executable}', *(cmdline_params or [])]

    def get_execname(self) -> str:
        """Return the path of the program, relative to the folder of the job."""
        return str(self.filepath_executable)

    def validate_working_directory(self, folder: Folder) -> None:
        """Check that the calculation has not written a file where the program goes.

        :raises PluginInternalError: if it has.
        """
        path = self.filepath_executable
        if (Path(folder.abspath) / path).exists():
            raise PluginInternalError(
                f'the calculation has written a file `{path}`, which is the name of the executable'
            )

    @property
    def full_label(self) -> str:
        """The label."""
        return self.label

    @property
    def filepath_executable(self) -> PurePosixPath:
        """The path of the program among the files of the node."""
        return PurePosixPath(self._get(self._KEY_ATTRIBUTE_FILEPATH_EXECUTABLE, ''))

    @filepath_executable.setter
    def filepath_executable(self, value: str | PurePath) -> None:
        type_check(value, (PurePath, str))
        if PurePath(value).is_absolute():
            raise ValueError(f'`filepath_executable` is relative to the files of the node, but {value!s} is absolute')
        self.base.attributes.set(self._KEY_ATTRIBUTE_FILEPATH_EXECUTABLE, str(value))

    def _export_location(self) -> dict[str, Any]:
        return {'filepath_executable': str(self.filepath_executable)}

    def _prepare_yaml(self, *args: Any, **kwargs: Any) -> tuple[bytes, dict[str, bytes]]:
        """Write the properties as a configuration file, and the files to a folder beside it named after the label."""
        import yaml

        main_file_name = kwargs.get('main_file_name') or (args[0] if args else '')
        folder = Path(main_file_name).absolute().parent / (self.label or self.uuid)
        values = {**self._export_values(), 'filepath_files': str(folder)}
        if main_file_name:
            self.base.repository.copy_tree(folder)
        return yaml.safe_dump(values, sort_keys=False).encode('utf-8'), {}
