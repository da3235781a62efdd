"""Parameters that are a profile, an option of the configuration, or a user."""

from __future__ import annotations

from typing import Any

import click

from aiida.cmdline.params.types.base import ParamType
from aiida.cmdline.params.types.strings import LabelStringType

__all__ = ('ConfigOptionParamType', 'ProfileParamType', 'UserParamType')


class ProfileParamType(LabelStringType):
    """A profile, by its name; it is the one that the command is called for."""

    name = 'profile'

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :param cannot_exist: whether it has to be a new name.
        :param load_profile: whether the profile is loaded.
        """
        self._cannot_exist = kwargs.pop('cannot_exist', False)
        self._load_profile = kwargs.pop('load_profile', False)
        super().__init__(*args, **kwargs)

    @staticmethod
    def deconvert_default(value: Any) -> Any:
        """Return the name of a profile."""
        return value.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the profile.

        :raises click.BadParameter: if there is none of this name, or there is one and it should be new.
        """
        from aiida.common.exceptions import MissingConfigurationError, ProfileConfigurationError
        from aiida.manage.configuration import Profile, get_config, load_profile

        if isinstance(value, Profile):
            profile = value
        else:
            name = super().convert(value, param, ctx)
            try:
                profile = get_config(create=True).get_profile(name)
            except (MissingConfigurationError, ProfileConfigurationError) as exception:
                if not self._cannot_exist:
                    self.fail(str(exception), param, ctx)
                profile = Profile(name, {'storage': {}, 'process_control': {}})
            else:
                if self._cannot_exist:
                    self.fail(f'there is a profile `{name}` already', param, ctx)
        if self._load_profile:
            load_profile(profile.name)
        if ctx is not None and ctx.obj is not None:
            ctx.obj.profile = profile
        return profile

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Return the names of profiles that begin with a text."""
        from click.shell_completion import CompletionItem

        if self._cannot_exist:
            return []
        try:
            from aiida.manage.configuration import get_config

            names = get_config().profile_names
        except Exception:  # completion never fails
            return []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class ConfigOptionParamType(click.types.StringParamType):
    """An option of the configuration, by its name."""

    name = 'config option'

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the option.

        :raises click.BadParameter: if there is none of this name.
        """
        from aiida.common.exceptions import ConfigurationError
        from aiida.manage.configuration.options import Option, get_option

        if isinstance(value, Option):
            return value
        try:
            return get_option(value)
        except ConfigurationError as exception:
            self.fail(str(exception), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Return the names of options that begin with a text."""
        from click.shell_completion import CompletionItem

        from aiida.manage.configuration.options import get_option_names

        return [CompletionItem(name) for name in get_option_names() if name.startswith(incomplete)]


class UserParamType(ParamType):
    """A user, by the email address."""

    name = 'user'

    def __init__(self, create: bool = False) -> None:
        """
        :param create: whether one that does not exist is made; it is not stored yet.
        """
        self._create = create

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the user.

        :raises click.BadParameter: if there is none of this address.
        """
        from aiida.cmdline.utils.decorators import load_backend_if_not_loaded
        from aiida.orm.users import User

        if isinstance(value, User):
            return value
        load_backend_if_not_loaded()
        found = User.collection.find({'email': User.normalize_email(value)})
        if found:
            return found[0]
        if self._create:
            return User(email=value)
        known = ', '.join(user.email for user in User.collection.all())
        self.fail(f'there is no user `{value}`; there are: {known}', param, ctx)
        return None

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Return the addresses that begin with a text."""
        from click.shell_completion import CompletionItem

        try:
            from aiida.cmdline.utils.decorators import load_backend_if_not_loaded
            from aiida.orm.backend import get_store
            from aiida.storage.records import EntityKind

            load_backend_if_not_loaded()
            emails = [row['email'] for row in get_store().find_entities(EntityKind.USER)]
        except Exception:  # completion never fails
            return []
        return [CompletionItem(email) for email in emails if email.startswith(incomplete)]
