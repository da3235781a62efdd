"""A profile: which store, which broker and which options belong together under a name."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast

from aiida.common.exceptions import ConfigurationError
from aiida.manage.configuration.options import parse_option
from aiida.manage.configuration.settings import AiiDAConfigPathResolver

if TYPE_CHECKING:
    from datetime import datetime

    from aiida.orm import AbstractCode, Computer, Group, User

__all__ = ('Profile',)


class Profile:
    """A profile as the configuration describes it; what it does not know of a description is kept."""

    KEY_UUID = 'PROFILE_UUID'
    KEY_DEFAULT_USER_EMAIL = 'default_user_email'
    KEY_STORAGE = 'storage'
    KEY_PROCESS = 'process_control'
    KEY_STORAGE_BACKEND = 'backend'
    KEY_STORAGE_CONFIG = 'config'
    KEY_PROCESS_BACKEND = 'backend'
    KEY_PROCESS_CONFIG = 'config'
    KEY_OPTIONS = 'options'
    KEY_TEST_PROFILE = 'test_profile'
    REQUIRED_KEYS = (KEY_STORAGE, KEY_PROCESS)

    def __init__(self, name: str, config: Mapping[str, Any], validate: bool = True) -> None:
        """
        :param name: the name.
        :param config: its description in the configuration file.
        :param validate: whether to check that nothing is missing.
        :raises ConfigurationError: if something is missing.
        """
        if not isinstance(config, Mapping):
            raise TypeError(f'the description of a profile has to be a mapping, got {config!r}')
        if validate and not set(config).issuperset(self.REQUIRED_KEYS):
            missing = ', '.join(key for key in self.REQUIRED_KEYS if key not in config)
            raise ConfigurationError(f'the description of the profile `{name}` lacks: {missing}')
        self._name = name
        self._attributes: dict[str, Any] = deepcopy(dict(config))
        if self._attributes.get(self.KEY_UUID) is None:
            from uuid import uuid4

            self._attributes[self.KEY_UUID] = uuid4().hex

    def __repr__(self) -> str:
        return f'Profile<uuid={self.uuid!r} name={self.name!r}>'

    def copy(self) -> Profile:
        """Return a profile of the same name and description."""
        return type(self)(self.name, self._attributes)

    @property
    def uuid(self) -> str:
        """The identifier, which stays when the profile is renamed."""
        uuid: str = self._attributes[self.KEY_UUID]
        return uuid

    @uuid.setter
    def uuid(self, value: str) -> None:
        self._attributes[self.KEY_UUID] = value

    @property
    def default_user_email(self) -> str | None:
        """The email of the user new nodes belong to."""
        return self._attributes.get(self.KEY_DEFAULT_USER_EMAIL, None)

    @default_user_email.setter
    def default_user_email(self, value: str | None) -> None:
        self._attributes[self.KEY_DEFAULT_USER_EMAIL] = value

    @property
    def storage_backend(self) -> str:
        """The entry point of the store."""
        backend: str = self._attributes[self.KEY_STORAGE][self.KEY_STORAGE_BACKEND]
        return backend

    @property
    def storage_config(self) -> dict[str, Any]:
        """Where the store is."""
        config: dict[str, Any] = self._attributes[self.KEY_STORAGE][self.KEY_STORAGE_CONFIG]
        return config

    def set_storage(self, name: str, config: dict[str, Any]) -> None:
        """Choose the store.

        :param name: its entry point.
        :param config: where it is.
        """
        self._attributes[self.KEY_STORAGE] = {self.KEY_STORAGE_BACKEND: name, self.KEY_STORAGE_CONFIG: config}

    @property
    def storage_cls(self) -> Any:
        """The class of the store.

        :raises EntryPointError: if it is not one of those that are installed.
        """
        from aiida.plugins.factories import StorageFactory

        return StorageFactory(self.storage_backend)

    @property
    def process_control_backend(self) -> str | None:
        """The entry point of the message broker; ``None`` without one."""
        backend: str | None = self._attributes[self.KEY_PROCESS][self.KEY_PROCESS_BACKEND]
        return backend

    @property
    def process_control_config(self) -> dict[str, Any]:
        """How the message broker is reached."""
        return self._attributes[self.KEY_PROCESS].get(self.KEY_PROCESS_CONFIG) or {}

    def set_process_controller(self, name: str | None, config: dict[str, Any] | None) -> None:
        """Choose the message broker.

        :param name: its entry point, ``None`` for none.
        :param config: how it is reached.
        """
        self._attributes[self.KEY_PROCESS] = {self.KEY_PROCESS_BACKEND: name, self.KEY_PROCESS_CONFIG: config or {}}

    @property
    def options(self) -> dict[str, Any]:
        """The options that are set for this profile."""
        options: dict[str, Any] = self._attributes.setdefault(self.KEY_OPTIONS, {})
        return options

    @options.setter
    def options(self, value: dict[str, Any]) -> None:
        self._attributes[self.KEY_OPTIONS] = value

    def get_option(self, option_key: str, default: Any = None) -> Any:
        """Return the value of an option that is set for this profile, or ``default``."""
        options = self._attributes.get(self.KEY_OPTIONS)
        return options.get(option_key, default) if options else default

    def set_option(self, option_key: str, value: Any, override: bool = True) -> None:
        """Set an option for this profile.

        :param option_key: the option.
        :param value: its value.
        :param override: whether a value it has is replaced.
        :raises ConfigurationError: if there is no such option or the value is none of its.
        """
        _, parsed = parse_option(option_key, value)
        if option_key not in self.options or override:
            self.options[option_key] = parsed

    def unset_option(self, option_key: str) -> None:
        """Forget the value of an option for this profile."""
        self.options.pop(option_key, None)

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def dictionary(self) -> dict[str, Any]:
        """The description, as it stands in the configuration file."""
        return self._attributes

    @property
    def is_test_profile(self) -> bool:
        """Whether tests may delete what is in it."""
        return bool(self._attributes.get(self.KEY_TEST_PROFILE, False))

    @is_test_profile.setter
    def is_test_profile(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError(f'is_test_profile has to be true or false, got {value!r}')
        self._attributes[self.KEY_TEST_PROFILE] = value

    @property
    def repository_path(self) -> pathlib.Path:
        """The folder of the container of files.

        :raises KeyError: if the profile does not say where its data are.
        """
        uri = self.storage_config.get('repository_uri')
        if uri is not None:
            return pathlib.Path(uri.removeprefix('file://'))
        return pathlib.Path(self.storage_config['filepath']) / 'container'

    @property
    def filepaths(self) -> dict[str, Any]:
        """The paths of the daemon's files; see :meth:`Config.filepaths`."""
        return AiiDAConfigPathResolver().daemon_filepaths(self.name)

    def dump(
        self,
        output_path: str | pathlib.Path | None = None,
        dry_run: bool = False,
        overwrite: bool = False,
        all_entries: bool = False,
        groups: list[str] | list[Group] | None = None,
        user: list[str] | list[User] | None = None,
        computers: list[str] | list[Computer] | None = None,
        codes: list[str] | list[AbstractCode] | None = None,
        past_days: int | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        filter_by_last_dump_time: bool = True,
        only_top_level_calcs: bool = True,
        only_top_level_workflows: bool = True,
        include_inputs: bool = True,
        include_outputs: bool = False,
        include_attributes: bool = True,
        include_extras: bool = False,
        flat: bool = False,
        dump_unsealed: bool = False,
        symlink_calcs: bool = False,
        delete_missing: bool = True,
        organize_by_groups: bool = True,
        also_ungrouped: bool = False,
        relabel_groups: bool = True,
    ) -> pathlib.Path:
        """Write the files of the processes in the profile into a folder.

        Nothing is written if nothing is chosen, by ``all_entries``, ``also_ungrouped``, entities or dates. The other
        parameters are those of :meth:`aiida.orm.Group.dump`.

        :param output_path: the folder, by default one with the name of the profile in the current one.
        :param all_entries: whether all groups are dumped, whatever else is chosen.
        :param groups: only these groups, or their labels.
        :param user: only processes of these users, or their emails.
        :param computers: only processes that ran on these computers, or their labels.
        :param codes: only processes that had these codes as an input, or their labels.
        :param delete_missing: whether to remove what exists no more, or left its group.
        :param organize_by_groups: whether there is a folder for each group.
        :param also_ungrouped: whether processes that are in no group are dumped too.
        :param relabel_groups: whether folders of groups that were relabelled are moved.
        :return: the absolute path of the folder.
        :raises InvalidOperation: if the folder holds files that are of no dump.
        :raises NotExistent: if something that is chosen does not exist.
        :raises ValueError: if ``past_days`` is given beside a date.
        """
        from aiida.orm.utils.upstairs import upstairs

        content, options = upstairs('aiida.tools.dumping.options:split')(
            past_days=past_days,
            start_date=start_date,
            end_date=end_date,
            filter_by_last_dump_time=filter_by_last_dump_time,
            only_top_level_calcs=only_top_level_calcs,
            only_top_level_workflows=only_top_level_workflows,
            include_inputs=include_inputs,
            include_outputs=include_outputs,
            include_attributes=include_attributes,
            include_extras=include_extras,
            flat=flat,
            dump_unsealed=dump_unsealed,
            symlink_calcs=symlink_calcs,
            delete_missing=delete_missing,
            organize_by_groups=organize_by_groups,
            also_ungrouped=also_ungrouped,
            relabel_groups=relabel_groups,
        )
        wanted = upstairs('aiida.tools.dumping.profile:Wanted')(all_entries, groups, user, computers, codes)
        dump = upstairs('aiida.tools.dumping.profile:dump_profile')
        return cast('pathlib.Path', dump(self, output_path, dry_run, overwrite, wanted, content, options))
