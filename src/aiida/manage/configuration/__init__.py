"""The configuration of this user: its file, its profiles, and the one that is loaded."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from aiida.manage.configuration import current
from aiida.manage.configuration.config import Config
from aiida.manage.configuration.current import get_config, get_config_path, load_config, reset_config
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
from aiida.manage.configuration.settings import AiiDAConfigDir, AiiDAConfigPathResolver

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

if TYPE_CHECKING:
    #: The configuration, once it was read.
    CONFIG: Config | None


class _Module(ModuleType):
    """This module, with ``CONFIG`` read from and written to where the configuration is kept."""

    @property
    def CONFIG(self) -> Config | None:
        return current.CONFIG

    @CONFIG.setter
    def CONFIG(self, config: Config | None) -> None:
        current.CONFIG = config


sys.modules[__name__].__class__ = _Module


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
