"""The configuration of this user: its file, its profiles, and the one that is loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import MissingConfigurationError
from aiida.manage.configuration.config import Config
from aiida.manage.configuration.migrations import (
    CURRENT_CONFIG_VERSION,
    MIGRATIONS,
    OLDEST_COMPATIBLE_CONFIG_VERSION,
    check_and_migrate_config,
    config_needs_migrating,
    downgrade_config,
    get_current_version,
    upgrade_config,
)
from aiida.manage.configuration.options import Option, get_option, get_option_names, parse_option
from aiida.manage.configuration.profile import Profile
from aiida.manage.configuration.settings import DEFAULT_CONFIG_FILE_NAME, AiiDAConfigDir, AiiDAConfigPathResolver

if TYPE_CHECKING:
    from aiida.orm import User

__all__ = (
    'CONFIG',
    'CURRENT_CONFIG_VERSION',
    'MIGRATIONS',
    'OLDEST_COMPATIBLE_CONFIG_VERSION',
    'AiiDAConfigDir',
    'AiiDAConfigPathResolver',
    'Config',
    'Option',
    'Profile',
    'check_and_migrate_config',
    'config_needs_migrating',
    'create_profile',
    'downgrade_config',
    'get_config',
    'get_config_option',
    'get_config_path',
    'get_current_version',
    'get_option',
    'get_option_names',
    'get_profile',
    'load_config',
    'load_profile',
    'parse_option',
    'profile_context',
    'reset_config',
    'upgrade_config',
)

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


def load_profile(profile: str | Profile | None = None, allow_switch: bool = False) -> Profile:
    """Load a profile and return it; its store is opened when it is first needed.

    :param profile: its name; the default profile for ``None``.
    :param allow_switch: whether another profile that is loaded may be left for it.
    :raises ProfileConfigurationError: if there is no such profile.
    :raises InvalidOperation: if another profile is loaded and may not be left.
    """
    from aiida.manage.manager import get_manager

    return get_manager().load_profile(profile, allow_switch)


def get_profile() -> Profile | None:
    """Return the profile that is loaded, ``None`` if none is."""
    from aiida.manage.manager import get_manager

    return get_manager().get_profile()


@contextmanager
def profile_context(profile: str | Profile | None = None, allow_switch: bool = False) -> Iterator[Profile]:
    """Load a profile inside the context; the one that was loaded before comes back afterwards.

    :param profile: its name; the default profile for ``None``.
    :param allow_switch: whether another profile that is loaded may be left for it.
    :raises ProfileConfigurationError: if there is no such profile.
    :raises InvalidOperation: if another profile is loaded and may not be left.
    """
    from aiida.manage.manager import get_manager

    manager = get_manager()
    before = manager.get_profile()
    try:
        yield manager.load_profile(profile, allow_switch)
    finally:
        if before is None:
            manager.unload_profile()
        else:
            manager.load_profile(before, allow_switch=True)


def get_config_option(option_name: str) -> Any:
    """Return the value of an option: that of the loaded profile, that of all profiles, or its default.

    :param option_name: the option.
    :raises ConfigurationError: if there is no such option.
    """
    from aiida.manage.manager import get_manager

    return get_manager().get_option(option_name)


def create_profile(
    config: Config,
    *,
    storage_backend: str,
    storage_config: dict[str, Any],
    broker_backend: str | None = None,
    broker_config: dict[str, Any] | None = None,
    name: str,
    email: str,
    first_name: str | None = None,
    last_name: str | None = None,
    institution: str | None = None,
    is_test_profile: bool = False,
) -> Profile:
    """Add a profile with an empty store and its first user, write the configuration, and return the profile.

    :param config: the configuration.
    :param storage_backend: the entry point of the store.
    :param storage_config: where the store is to be, e.g. ``{'filepath': ...}``.
    :param broker_backend: the entry point of a message broker; none is needed.
    :param broker_config: how the broker is reached.
    :param name: the name of the profile.
    :param email: the email of its user; the other names are the user's too.
    :param is_test_profile: whether tests may delete what is in it.
    :raises ValueError: if the name is taken.
    :raises ConfigurationError: if the store cannot be made.
    """
    profile = config.create_profile(
        name=name,
        storage_backend=storage_backend,
        storage_config=storage_config,
        broker_backend=broker_backend,
        broker_config=broker_config,
        is_test_profile=is_test_profile,
    )
    profile.default_user_email = email
    config.store()
    create_default_user(profile, email, first_name, last_name, institution)
    return profile


def create_default_user(
    profile: Profile,
    email: str,
    first_name: str | None = None,
    last_name: str | None = None,
    institution: str | None = None,
) -> User:
    """Make a user in a profile, if there is none of this email, and make it the one new nodes belong to; return it.

    :param profile: the profile.
    :param email: the email of the user; the other names are the user's too.
    """
    from aiida.manage.manager import get_manager
    from aiida.orm import User

    with profile_context(profile, allow_switch=True):
        manager = get_manager()
        user: User
        _, user = User.collection.get_or_create(
            email=email,
            first_name=first_name or '',
            last_name=last_name or '',
            institution=institution or '',
        )
        if not user.is_stored:
            user.store()
        manager.set_default_user_email(profile, email)
        return user
