"""A program inside a container image."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath
from typing import Any

from aiida.orm.nodes.data.code.installed import InstalledCode

__all__ = ('ContainerizedCode',)


class ContainerizedCode(InstalledCode):
    """A program inside a container image, run by a container engine that is installed on the computer."""

    _KEY_ATTRIBUTE_ENGINE_COMMAND = 'engine_command'
    _KEY_ATTRIBUTE_IMAGE_NAME = 'image_name'

    def __init__(self, engine_command: str | None = None, image_name: str | None = None, **kwargs: Any) -> None:
        """
        :param engine_command: how the engine is called, with the field ``{image_name}`` where the image stands.
        :param image_name: the name of the image.
        :param kwargs: as for :class:`~aiida.orm.nodes.data.code.installed.InstalledCode`; ``filepath_executable`` is
            the path inside the container.
        :raises ValueError: if one of the two is missing, or the command has no such field.
        :raises TypeError: if a value is of another type.
        """
        if engine_command is None or image_name is None:
            raise ValueError('a ContainerizedCode needs both `engine_command` and `image_name`')
        super().__init__(**kwargs)
        self.engine_command = engine_command
        self.image_name = image_name

    @property
    def filepath_executable(self) -> PurePosixPath:
        """The path of the program inside the container."""
        return PurePosixPath(self._get(self._KEY_ATTRIBUTE_FILEPATH_EXECUTABLE, ''))

    @filepath_executable.setter
    def filepath_executable(self, value: str | PurePath) -> None:
        self._set(self._KEY_ATTRIBUTE_FILEPATH_EXECUTABLE, value, str)

    def validate_filepath_executable(self) -> None:
        """Accept any path: what is inside the container shows only when it runs."""

    @property
    def engine_command(self) -> str:
        """How the engine is called; the field ``{image_name}`` stands for the image."""
        return str(self._get(self._KEY_ATTRIBUTE_ENGINE_COMMAND))

    @engine_command.setter
    def engine_command(self, value: str) -> None:
        if isinstance(value, str) and '{image_name}' not in value:
            raise ValueError(f'`engine_command` has the field {{image_name}} where the image stands, but is {value!r}')
        self._set(self._KEY_ATTRIBUTE_ENGINE_COMMAND, value, str)

    @property
    def image_name(self) -> str:
        """The name of the image."""
        return str(self._get(self._KEY_ATTRIBUTE_IMAGE_NAME))

    @image_name.setter
    def image_name(self, value: str) -> None:
        self._set(self._KEY_ATTRIBUTE_IMAGE_NAME, value, str)

    def get_prepend_cmdline_params(
        self, mpi_args: list[str] | None = None, extra_mpirun_params: list[str] | None = None
    ) -> list[str]:
        """Return the words of the command line before the program: the MPI launcher, if any, then the engine."""
        engine = self.engine_command.format(image_name=self.image_name).split()
        return [*super().get_prepend_cmdline_params(mpi_args, extra_mpirun_params), *engine]

    def _export_location(self) -> dict[str, Any]:
        return {
            **super()._export_location(),
            'engine_command': self.engine_command,
            'image_name': self.image_name,
        }
