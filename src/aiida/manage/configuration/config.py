"""The configuration file: its profiles and options, read, changed and written whole."""

from __future__ import annotations

import os
import pathlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ConfigurationError, ProfileConfigurationError
from aiida.manage.configuration import migrations
from aiida.manage.configuration.options import get_option, get_option_names, option_default, parse_option
from aiida.manage.configuration.profile import Profile
from aiida.manage.configuration.settings import DEFAULT_CONFIG_INDENT_SIZE, DEFAULT_UMASK, AiiDAConfigPathResolver

if TYPE_CHECKING:
    from aiida.manage.configuration.options import Option

__all__ = ('Config', 'merge')

_UNSET = object()
#: Seconds within which all that is written is one change.
_SAME_CHANGE = 10.0


class Config:
    """The content of a configuration file. Changes stay in memory until :meth:`store`; unknown keys are kept."""

    KEY_VERSION = 'CONFIG_VERSION'
    KEY_VERSION_CURRENT = 'CURRENT'
    KEY_VERSION_OLDEST_COMPATIBLE = 'OLDEST_COMPATIBLE'
    KEY_DEFAULT_PROFILE = 'default_profile'
    KEY_PROFILES = 'profiles'
    KEY_OPTIONS = 'options'
    KEY_SCHEMA = '$schema'

    @classmethod
    def from_file(cls, filepath: str | pathlib.Path) -> Config:
        """Return the configuration in a file; an empty one if the file does not exist.

        A file of an older version is rewritten in the present one, and kept beside it under another name.

        :param filepath: the path of the file.
        :raises ConfigurationError: if the file cannot be understood.
        :raises ConfigurationVersionError: if it is of a newer version.
        """
        from aiida.common.json import loads

        path = str(filepath)
        try:
            text = pathlib.Path(path).read_text(encoding='utf8')
        except FileNotFoundError:
            config = cls(path, {})
            config.store()
            return config
        except OSError as exception:
            raise ConfigurationError(f'the configuration file {path} cannot be read: {exception}') from exception
        try:
            content = loads(text)
        except ValueError as exception:
            raise ConfigurationError(
                f'the configuration file {path} is not valid JSON ({exception}); earlier states of it are kept '
                'beside it, with a date behind their name'
            ) from exception
        if not isinstance(content, dict):
            raise ConfigurationError(f'the configuration file {path} has to hold a JSON object')
        if migrations.config_needs_migrating(content, path):
            config = cls(path, migrations.upgrade_config(content))
            config.store()
            return config
        return cls(path, content)

    def __init__(self, filepath: str | pathlib.Path, config: dict[str, Any], validate: bool = True) -> None:
        """
        :param filepath: where :meth:`store` writes to.
        :param config: the content of the file, in the present version.
        :param validate: whether to check it.
        :raises ConfigurationError: if it cannot be understood.
        """
        if validate:
            self.validate(config, str(filepath))
        self._filepath = str(filepath)
        self._profiles: dict[str, Profile] = {}
        self._fill(config)
        #: What the file held when it was last read or written; what differs from it was changed here.
        self._base: dict[str, Any] = deepcopy(config)
        #: When the state was last kept that the file had before it was changed here.
        self._kept_at = -_SAME_CHANGE

    def _fill(self, config: dict[str, Any]) -> None:
        """Take over a content; profiles that are known stay the same objects."""
        version = config.get(self.KEY_VERSION, {})
        self._current_version = version.get(self.KEY_VERSION_CURRENT, migrations.CURRENT_CONFIG_VERSION)
        self._oldest_compatible_version = version.get(
            self.KEY_VERSION_OLDEST_COMPATIBLE, migrations.OLDEST_COMPATIBLE_CONFIG_VERSION
        )
        known = self._profiles
        self._profiles = {}
        for name, described in (config.get(self.KEY_PROFILES) or {}).items():
            profile = known.get(name)
            if profile is None:
                profile = Profile(name, described)
            elif profile.dictionary != described:
                profile.dictionary.clear()
                profile.dictionary.update(deepcopy(described))
            self._profiles[name] = profile
        self._options: dict[str, Any] = dict(config.get(self.KEY_OPTIONS) or {})
        self._default_profile: str | None = config.get(self.KEY_DEFAULT_PROFILE)
        self._rest = {key: value for key, value in config.items() if key not in self._own_keys()}

    @classmethod
    def _own_keys(cls) -> tuple[str, ...]:
        return cls.KEY_VERSION, cls.KEY_PROFILES, cls.KEY_OPTIONS, cls.KEY_DEFAULT_PROFILE

    @classmethod
    def validate(cls, config: dict[str, Any], filepath: str | None = None) -> None:
        """Check that a configuration can be understood.

        :raises ConfigurationError: if it cannot; the message says which part.
        """

        def expect(value: Any, kind: type, what: str) -> None:
            if not isinstance(value, kind):
                expected = 'text' if kind is str else 'an object'
                raise ConfigurationError(f'the configuration file {filepath}: {what} has to be {expected}')

        present = {key: value for key, value in config.items() if value is not None}
        expect(present.get(cls.KEY_OPTIONS, {}), dict, cls.KEY_OPTIONS)
        expect(present.get(cls.KEY_DEFAULT_PROFILE, ''), str, cls.KEY_DEFAULT_PROFILE)
        expect(present.get(cls.KEY_PROFILES, {}), dict, cls.KEY_PROFILES)
        for name, described in present.get(cls.KEY_PROFILES, {}).items():
            where = f'{cls.KEY_PROFILES}.{name}'
            expect(described, dict, where)
            for key in Profile.REQUIRED_KEYS:
                expect(described.get(key), dict, f'{where}.{key}')
            expect(described[Profile.KEY_STORAGE].get(Profile.KEY_STORAGE_BACKEND), str, f'{where}.storage.backend')
            expect(described[Profile.KEY_STORAGE].get(Profile.KEY_STORAGE_CONFIG), dict, f'{where}.storage.config')

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Config) and self.filepath == other.filepath and self.dictionary == other.dictionary

    __hash__ = None  # type: ignore[assignment]

    # what it holds

    @property
    def dictionary(self) -> dict[str, Any]:
        """The content, as it is written to the file."""
        content: dict[str, Any] = {}
        if self.KEY_SCHEMA in self._rest:
            content[self.KEY_SCHEMA] = self._rest[self.KEY_SCHEMA]
        content[self.KEY_VERSION] = self.version_settings
        content[self.KEY_PROFILES] = {name: profile.dictionary for name, profile in self._profiles.items()}
        if self._default_profile:
            content[self.KEY_DEFAULT_PROFILE] = self._default_profile
        if self._options:
            content[self.KEY_OPTIONS] = self._options
        return {**content, **self._rest}

    @property
    def version(self) -> int:
        """The version of the content."""
        return int(self._current_version)

    @version.setter
    def version(self, version: int) -> None:
        self._current_version = version

    @property
    def version_oldest_compatible(self) -> int:
        """The oldest version that a program has to know to read it."""
        return int(self._oldest_compatible_version)

    @version_oldest_compatible.setter
    def version_oldest_compatible(self, version_oldest_compatible: int) -> None:
        self._oldest_compatible_version = version_oldest_compatible

    @property
    def version_settings(self) -> dict[str, int]:
        """Both versions, as they stand in the file."""
        return {
            self.KEY_VERSION_CURRENT: self.version,
            self.KEY_VERSION_OLDEST_COMPATIBLE: self.version_oldest_compatible,
        }

    @property
    def filepath(self) -> str:
        """The path of the file."""
        return self._filepath

    @property
    def dirpath(self) -> str:
        """The folder of the file."""
        return os.path.dirname(self._filepath)

    # profiles

    @property
    def default_profile_name(self) -> str | None:
        """The name of the profile that is loaded where none is asked for."""
        return self._default_profile

    @property
    def profile_names(self) -> list[str]:
        """The names of all profiles."""
        return list(self._profiles)

    @property
    def profiles(self) -> list[Profile]:
        """All profiles."""
        return list(self._profiles.values())

    def validate_profile(self, name: str) -> None:
        """Check that there is a profile of this name.

        :raises ProfileConfigurationError: if there is none.
        """
        if name in self._profiles:
            return
        if not self._profiles:
            raise ProfileConfigurationError(f'profile `{name}` does not exist, nor any other: `verdi presto` makes one')
        names = ', '.join(f'`{known}`' for known in self._profiles)
        raise ProfileConfigurationError(f'profile `{name}` does not exist; there are: {names}')

    def _what_is_missing(self) -> str:
        """Return why there is no default profile, and the way out."""
        if self._profiles:
            return (
                f'there is no default profile in {self.filepath}: '
                f'`verdi profile set-default` chooses among {", ".join(self._profiles)}'
            )
        if not pathlib.Path(self.filepath).exists():
            return f'there is no configuration yet, no file {self.filepath}: `verdi presto` makes it, and a profile'
        return f'there is no profile in {self.filepath} yet: `verdi presto` makes one that is ready for use'

    def get_profile(self, name: str | None = None) -> Profile:
        """Return a profile.

        :param name: its name; the default profile for ``None``.
        :raises ProfileConfigurationError: if there is none of this name, or no default.
        """
        if not name:
            name = self.default_profile_name
            if name is None:
                raise ProfileConfigurationError(self._what_is_missing())
        self.validate_profile(name)
        return self._profiles[name]

    def add_profile(self, profile: Profile) -> Config:
        """Add a profile, replacing one of its name, and return this configuration."""
        self._profiles[profile.name] = profile
        return self

    def update_profile(self, profile: Profile) -> Config:
        """Replace a profile, and return this configuration.

        :raises ProfileConfigurationError: if there is none of its name.
        """
        self.validate_profile(profile.name)
        return self.add_profile(profile)

    def remove_profile(self, name: str) -> Config:
        """Forget a profile, and return this configuration; its data stay where they are.

        :raises ProfileConfigurationError: if there is none of this name.
        """
        self.validate_profile(name)
        del self._profiles[name]
        return self

    def create_profile(
        self,
        name: str,
        storage_backend: str,
        storage_config: dict[str, Any],
        broker_backend: str | None = None,
        broker_config: dict[str, Any] | None = None,
        is_test_profile: bool = False,
    ) -> Profile:
        """Add a profile with an empty store, and return it; the file is not written.

        :param name: its name.
        :param storage_backend: the entry point of its store.
        :param storage_config: where the store is to be, e.g. ``{'filepath': ...}``.
        :param broker_backend: the entry point of its message broker; ``None`` for none, which is all it takes.
        :param broker_config: how the broker is reached.
        :param is_test_profile: whether tests may delete what is in it.
        :raises ValueError: if the name is taken.
        :raises EntryPointError: if the store is not one of those that are installed.
        :raises StorageMigrationError: if the store cannot be made.
        """
        from aiida.manage.configuration.stores import initialise_store

        if name in self._profiles:
            raise ValueError(f'there is a profile `{name}` already: choose another name or delete it first')
        profile = Profile(
            name,
            {
                Profile.KEY_STORAGE: {
                    Profile.KEY_STORAGE_BACKEND: storage_backend,
                    Profile.KEY_STORAGE_CONFIG: storage_config,
                },
                Profile.KEY_PROCESS: {
                    Profile.KEY_PROCESS_BACKEND: broker_backend,
                    Profile.KEY_PROCESS_CONFIG: broker_config or {},
                },
                Profile.KEY_TEST_PROFILE: is_test_profile,
            },
        )
        initialise_store(profile)
        self.add_profile(profile)
        return profile

    def delete_profile(self, name: str, delete_storage: bool = True) -> None:
        """Forget a profile and write the file.

        :param name: its name.
        :param delete_storage: whether its data are deleted too.
        :raises ProfileConfigurationError: if there is none of this name.
        """
        from aiida.manage.configuration.stores import delete_store

        profile = self.get_profile(name)
        if delete_storage:
            delete_store(profile)
        self.remove_profile(name)
        if self._default_profile == name:
            self._default_profile = next(iter(self._profiles), None)
        self.store()

    def set_default_profile(self, name: str, overwrite: bool = False) -> Config:
        """Choose the default profile, and return this configuration.

        :param name: its name.
        :param overwrite: whether it replaces a default that was chosen before.
        :raises ProfileConfigurationError: if there is none of this name.
        """
        if self._default_profile and not overwrite:
            return self
        self.validate_profile(name)
        self._default_profile = name
        return self

    def set_default_user_email(self, profile: Profile, user_email: str) -> None:
        """Choose whom new nodes of a profile belong to, and write the file.

        :param profile: the profile.
        :param user_email: the email of a user in it.
        """
        profile.default_user_email = user_email
        self.update_profile(profile)
        self.store()

    # options

    @property
    def options(self) -> dict[str, Any]:
        """The options that are set for all profiles."""
        return self._options

    @options.setter
    def options(self, value: dict[str, Any]) -> None:
        self._options = value

    def set_option(self, option_name: str, option_value: Any, scope: str | None = None, override: bool = True) -> Any:
        """Set an option and return its value.

        :param option_name: the option.
        :param option_value: its value, or text that says one.
        :param scope: the name of a profile; ``None`` for all.
        :param override: whether a value it has is replaced.
        :raises ConfigurationError: if there is no such option, the value is none of its, or it is one for all only.
        """
        option, value = parse_option(option_name, option_value)
        if option.deprecated_by:
            option_name = option.deprecated_by
        if scope is not None:
            if option.global_only:
                raise ConfigurationError(f'the option `{option_name}` cannot be set for one profile, only for all')
            self.get_profile(scope).set_option(option_name, value, override=override)
        elif option_name not in self._options or override:
            self._options[option_name] = value
        return value

    def unset_option(self, option_name: str, scope: str | None = None) -> None:
        """Forget the value of an option.

        :param option_name: the option.
        :param scope: the name of a profile; ``None`` for that of all.
        :raises ConfigurationError: if there is no such option.
        """
        option = get_option(option_name)
        if scope is not None:
            self.get_profile(scope).unset_option(option.name)
        else:
            self._options.pop(option.name, None)

    def get_option(self, option_name: str, scope: str | None = None, default: bool = True) -> Any:
        """Return the value of an option: that of a profile, that of all, or its default.

        :param option_name: the option.
        :param scope: the name of a profile.
        :param default: whether to return the default where no value is set, instead of ``None``.
        :raises ConfigurationError: if there is no such option.
        """
        fallback = option_default(option_name)
        if scope is not None:
            value = self.get_profile(scope).get_option(option_name, _UNSET)
            if value is not _UNSET:
                return value
        if option_name in self._options:
            return self._options[option_name]
        return fallback if default else None

    def get_options(self, scope: str | None = None) -> dict[str, tuple[Option, str, Any]]:
        """Return for each option: the option, who sets it (``profile``, ``global`` or ``default``) and its value.

        Options without a default are left out where they are not set.

        :param scope: the name of a profile.
        """
        profile = self.get_profile(scope) if scope else None
        result: dict[str, tuple[Option, str, Any]] = {}
        for name in get_option_names():
            option = get_option(name)
            if profile is not None and profile.get_option(name, _UNSET) is not _UNSET:
                result[name] = (option, 'profile', profile.get_option(name))
            elif name in self._options:
                result[name] = (option, 'global', self._options[name])
            elif option.default is not None:
                result[name] = (option, 'default', option.default)
        return result

    # the file

    def store(self) -> Config:
        """Write the file if it changed, keep its former state under another name, and return this configuration.

        What is written several times within seconds, as a command does, is one change: the state before it is kept.
        What another program changed in the file meanwhile is kept, unless it is the same that was changed here.

        :raises ConfigurationError: if it cannot be written.
        """
        from aiida.common.json import dumps, loads

        with _locked(self.dirpath):
            try:
                before = loads(pathlib.Path(self.filepath).read_text(encoding='utf8'))
            except (FileNotFoundError, ValueError):
                before = None
            if before is not None and before != self._base and migrations.get_current_version(before) == self.version:
                self._fill(merge(self._base, self.dictionary, before))
            if before != self.dictionary:
                self._keep_former_state(changed_elsewhere=before is not None and before != self._base)
                self._atomic_write(self.filepath, dumps(self.dictionary, indent=DEFAULT_CONFIG_INDENT_SIZE))
            self._base = deepcopy(self.dictionary)
        return self

    def _keep_former_state(self, changed_elsewhere: bool) -> None:
        """Copy the file beside it, unless it is what this program wrote a moment ago, in the midst of one change."""
        now = time.monotonic()
        if changed_elsewhere or now - self._kept_at >= _SAME_CHANGE:
            self._backup(self.filepath)
        self._kept_at = now

    @classmethod
    def _backup(cls, filepath: str) -> str | None:
        """Copy the file to ``<name>.<date>-<time>`` beside it and return the path of the copy."""
        import shutil
        from datetime import datetime

        if not os.path.isfile(filepath):
            return None
        copy = f'{filepath}.{datetime.now():%Y%m%d-%H%M%S.%f}'
        umask = os.umask(DEFAULT_UMASK)
        try:
            shutil.copy(filepath, copy)
        finally:
            os.umask(umask)
        return copy

    @staticmethod
    def _atomic_write(filepath: str, content: str) -> None:
        """Write so that a reader sees the former content or the new one, never a part."""
        umask = os.umask(DEFAULT_UMASK)
        try:
            _replace_file(filepath, content)
        except OSError as exception:
            raise ConfigurationError(
                f'the configuration file {filepath} cannot be written: {exception}. The variable AIIDA_PATH '
                'says in which folder it is'
            ) from exception
        finally:
            os.umask(umask)

    def filepaths(self, profile: Profile) -> dict[str, Any]:
        """Return the paths of the daemon's files of a profile.

        :param profile: the profile.
        """
        return AiiDAConfigPathResolver(pathlib.Path(self.dirpath)).daemon_filepaths(profile.name)


def _replace_file(filepath: str, content: str) -> None:
    """Write another file beside it, and give it its name."""
    import tempfile

    folder = os.path.dirname(os.path.abspath(filepath))
    os.makedirs(folder, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix='.config-')
    try:
        with os.fdopen(descriptor, 'w', encoding='utf8') as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temporary, filepath)
    except BaseException:
        os.unlink(temporary)
        raise


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Let other programs that write the configuration wait; file systems without locks go without."""
    import fcntl

    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


_ABSENT = object()


def merge(base: Any, mine: Any, theirs: Any) -> Any:
    """Return what two changes of the same dictionary give together; where both changed a value, it is ``mine``.

    :param base: the dictionary before.
    :param mine: after one change.
    :param theirs: after the other.
    """
    if not (isinstance(mine, dict) and isinstance(theirs, dict)):
        return theirs if mine == base else mine
    before = base if isinstance(base, dict) else {}
    result = {}
    for key in dict.fromkeys([*mine, *theirs]):
        in_base, in_mine, in_theirs = (found.get(key, _ABSENT) for found in (before, mine, theirs))
        value = in_theirs if in_mine == in_base else in_mine
        if isinstance(in_mine, dict) and isinstance(in_theirs, dict):
            value = merge(in_base, in_mine, in_theirs)
        if value is not _ABSENT:
            result[key] = value
    return result
