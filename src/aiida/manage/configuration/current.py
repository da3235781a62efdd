"""The configuration of this user, read when it is first asked for."""

from __future__ import annotations

import os

from aiida.common.exceptions import MissingConfigurationError
from aiida.manage.configuration.config import Config
from aiida.manage.configuration.settings import DEFAULT_CONFIG_FILE_NAME, AiiDAConfigDir

__all__ = ('get_config', 'get_config_path', 'load_config', 'reset_config')

#: The configuration, once it was read.
CONFIG: Config | None = None


def get_config_path() -> str:
    """Return the path of the configuration file."""
    return str(AiiDAConfigDir.get() / DEFAULT_CONFIG_FILE_NAME)


def load_config(create: bool = False) -> Config:
    """Read the configuration file anew and return what is in it.

    :param create: whether to make an empty one if there is none.
    :raises MissingConfigurationError: if there is none.
    :raises ConfigurationError: if it cannot be understood.
    """
    path = get_config_path()
    if not create and not os.path.isfile(path):
        raise MissingConfigurationError(
            f'there is no configuration file {path}: `verdi presto` makes one, with a profile that is ready for use'
        )
    return Config.from_file(path)


def get_config(create: bool = False) -> Config:
    """Return the configuration, read when it is first asked for.

    :param create: whether to make an empty one if there is none.
    :raises MissingConfigurationError: if there is none.
    :raises ConfigurationError: if it cannot be understood.
    """
    global CONFIG
    if CONFIG is None:
        CONFIG = load_config(create=create)
    return CONFIG


def reset_config() -> None:
    """Forget the configuration, so that it is read anew when it is next asked for."""
    global CONFIG
    CONFIG = None
