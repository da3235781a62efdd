"""Where the configuration is kept: the folder ``.aiida`` that ``AIIDA_PATH`` says, or that of the user."""

from __future__ import annotations

import os
import pathlib
from typing import Any

__all__ = ('AiiDAConfigDir', 'AiiDAConfigPathResolver')

#: Group and others get no permissions on what is created.
DEFAULT_UMASK = 0o0077
DEFAULT_AIIDA_PATH_VARIABLE = 'AIIDA_PATH'
DEFAULT_AIIDA_PATH = '~'
DEFAULT_AIIDA_USER = 'aiida@localhost'
DEFAULT_CONFIG_DIR_NAME = '.aiida'
DEFAULT_CONFIG_FILE_NAME = 'config.json'
DEFAULT_CONFIG_INDENT_SIZE = 4
DEFAULT_DAEMON_DIR_NAME = 'daemon'
DEFAULT_DAEMON_LOG_DIR_NAME = 'log'
DEFAULT_PROFILE_LOG_DIR_NAME = 'log'
DEFAULT_ACCESS_CONTROL_DIR_NAME = 'access'


def _resolve() -> pathlib.Path:
    """Return the folder that the environment says: the first of ``AIIDA_PATH`` that exists, its last, or the user's."""
    candidates = []
    for part in os.environ.get(DEFAULT_AIIDA_PATH_VARIABLE, '').split(':'):
        if not part:
            continue
        path = pathlib.Path(part).expanduser()
        if path.name != DEFAULT_CONFIG_DIR_NAME:
            path = path / DEFAULT_CONFIG_DIR_NAME
        if path.is_dir():
            return path
        candidates.append(path)
    return candidates[-1] if candidates else pathlib.Path(DEFAULT_AIIDA_PATH).expanduser() / DEFAULT_CONFIG_DIR_NAME


class AiiDAConfigDir:
    """The folder of the configuration, found in the environment when it is first asked for."""

    _folder: pathlib.Path | None = None

    @classmethod
    def get(cls) -> pathlib.Path:
        """Return the folder; it exists once something was written to it."""
        if cls._folder is None:
            cls._folder = _resolve()
        return cls._folder

    @classmethod
    def set(cls, aiida_config_folder: pathlib.Path | None = None) -> None:
        """Choose the folder.

        :param aiida_config_folder: the folder; ``None`` asks the environment anew.
        """
        cls._folder = _resolve() if aiida_config_folder is None else pathlib.Path(aiida_config_folder)


class AiiDAConfigPathResolver:
    """The folders below that of the configuration."""

    def __init__(self, config_folder: pathlib.Path | None = None) -> None:
        """
        :param config_folder: the folder of the configuration; that of :class:`AiiDAConfigDir` for ``None``.
        """
        self._aiida_path = config_folder or AiiDAConfigDir.get()

    @property
    def aiida_path(self) -> pathlib.Path:
        """The folder of the configuration."""
        return self._aiida_path

    @property
    def daemon_dir(self) -> pathlib.Path:
        """Where the daemon keeps what it needs to be found."""
        return self._aiida_path / DEFAULT_DAEMON_DIR_NAME

    @property
    def daemon_log_dir(self) -> pathlib.Path:
        """Where the daemon writes its log."""
        return self.daemon_dir / DEFAULT_DAEMON_LOG_DIR_NAME

    @property
    def profile_log_dir(self) -> pathlib.Path:
        """Where the logs of profiles are."""
        return self._aiida_path / DEFAULT_PROFILE_LOG_DIR_NAME

    @property
    def access_control_dir(self) -> pathlib.Path:
        """Where AiiDA notes which programs use a profile."""
        return self._aiida_path / DEFAULT_ACCESS_CONTROL_DIR_NAME

    def daemon_filepaths(self, profile_name: str) -> dict[str, Any]:
        """Return the paths of the daemon's files of a profile.

        :param profile_name: the profile.
        """
        daemon, logs = self.daemon_dir, self.daemon_log_dir
        return {
            'circus': {
                'log': str(logs / f'circus-{profile_name}.log'),
                'pid': str(daemon / f'circus-{profile_name}.pid'),
                'port': str(daemon / f'circus-{profile_name}.port'),
                'socket': {
                    'file': str(daemon / f'circus-{profile_name}.sockets'),
                    'controller': 'circus.c.sock',
                    'pubsub': 'circus.p.sock',
                    'stats': 'circus.s.sock',
                },
            },
            'daemon': {
                'log': str(logs / f'aiida-{profile_name}.log'),
                'pid': str(daemon / f'aiida-{profile_name}.pid'),
            },
        }
