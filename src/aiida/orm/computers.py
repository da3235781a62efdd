"""The computers that jobs run on."""

from __future__ import annotations

from contextlib import suppress
from string import Formatter
from typing import TYPE_CHECKING, Any, ClassVar

from aiida.common.cleaning import clean_value
from aiida.common.exceptions import (
    ConfigurationError,
    EntryPointError,
    IntegrityError,
    InvalidOperation,
    NotExistent,
    ValidationError,
)
from aiida.orm.entities import RowCollection, RowEntity
from aiida.orm.utils.identifiers import new_uuid
from aiida.storage.ports import Store
from aiida.storage.records import EntityKind

if TYPE_CHECKING:
    from typing import Self

    from aiida.orm.authinfos import AuthInfo
    from aiida.orm.users import User
    from aiida.schedulers import Scheduler
    from aiida.transports import Transport

__all__ = ('Computer', 'ComputerCollection')

_MISSING: Any = object()


class ComputerCollection(RowCollection['Computer']):
    """The computers of a store."""

    collection_type = 'computers'

    def get_or_create(self, label: str, **kwargs: Any) -> tuple[bool, Computer]:
        """Return whether a computer had to be made, and the computer of this label; a new one is not stored.

        :param kwargs: further properties of a new computer.
        :raises ValueError: if the label is empty.
        """
        if not label:
            raise ValueError('a computer is found by its label: give one')
        found = self.find({'label': label})
        if found:
            return False, found[0]
        return True, Computer(label=label, backend=self.backend, **kwargs)

    def list_labels(self) -> list[tuple[str]]:
        """Return the labels of all computers, each in a tuple."""
        return [(computer.label,) for computer in self.all()]

    def delete(self, pk: int) -> None:
        """Delete a computer that no node is on.

        :raises NotExistent: if there is none of this number.
        :raises InvalidOperation: if there are nodes on it.
        """
        try:
            super().delete(pk)
        except IntegrityError as exception:
            raise InvalidOperation(f'computer {pk} cannot be deleted, as nodes are on it: {exception}') from exception


class Computer(RowEntity):
    """A computer that jobs run on: where it is, how it is reached and how jobs are handed to it.

    What is set here holds for all users; what one user needs to connect is in an ``AuthInfo`` (:meth:`configure`).
    """

    _KIND = EntityKind.COMPUTER
    _DEFAULTS = {
        'uuid': '',
        'label': '',
        'hostname': '',
        'description': '',
        'scheduler_type': '',
        'transport_type': '',
        'metadata': {},
    }
    _CLS_COLLECTION = ComputerCollection
    identity_field = 'uuid'

    PROPERTY_MINIMUM_SCHEDULER_POLL_INTERVAL: ClassVar[str] = 'minimum_scheduler_poll_interval'
    PROPERTY_MINIMUM_SCHEDULER_POLL_INTERVAL__DEFAULT: ClassVar[float] = 10.0  # seconds
    PROPERTY_WORKDIR: ClassVar[str] = 'workdir'
    PROPERTY_SHEBANG: ClassVar[str] = 'shebang'

    def __init__(
        self,
        label: str | None = None,
        hostname: str = '',
        description: str = '',
        transport_type: str = '',
        scheduler_type: str = '',
        workdir: str | None = None,
        metadata: dict[str, Any] | None = None,
        backend: Store | None = None,
    ) -> None:
        """Make a computer that is not stored yet.

        :param label: what it is called here; no two computers have the same.
        :param hostname: its name in the network.
        :param transport_type: entry point of the transport, as ``core.ssh``.
        :param scheduler_type: entry point of the scheduler, as ``core.slurm``.
        :param workdir: the folder on it that jobs run below; ``{username}`` stands for the user's name there.
        :param metadata: further properties.
        """
        self._begin(
            backend,
            {
                'uuid': new_uuid(),
                'label': label or '',
                'hostname': hostname,
                'description': description,
                'scheduler_type': scheduler_type,
                'transport_type': transport_type,
                'metadata': clean_value(metadata or {}),
            },
        )
        if workdir is not None:
            self.set_workdir(workdir)

    def __repr__(self) -> str:
        return f'<{type(self).__name__}: {self}>'

    def __str__(self) -> str:
        return f'{self.label} ({self.hostname}), pk: {self.pk}'

    def store(self) -> Self:
        """Check the settings, write the computer and return it.

        :raises ValidationError: if a setting is not valid.
        :raises IntegrityError: if there is a computer of this label.
        """
        self.validate()
        return super().store()

    def copy(self) -> Computer:
        """Return a computer with the same settings that is not stored, with ``_copy`` added to its label.

        :raises InvalidOperation: if this one is not stored.
        """
        if not self.is_stored:
            raise InvalidOperation(f'{self} is not stored: only a stored computer can be copied')
        return Computer(
            label=f'{self.label}_copy',
            hostname=self.hostname,
            description=self.description,
            transport_type=self.transport_type,
            scheduler_type=self.scheduler_type,
            metadata=self.metadata,
            backend=self._store,
        )

    # columns

    @property
    def uuid(self) -> str:
        """The identifier that is the same in every store."""
        return str(self._row['uuid'])

    @property
    def label(self) -> str:
        """What it is called here."""
        return str(self._get('label'))

    @label.setter
    def label(self, value: str) -> None:
        self._set('label', value)

    @property
    def hostname(self) -> str:
        """Its name in the network."""
        return str(self._get('hostname'))

    @hostname.setter
    def hostname(self, value: str) -> None:
        self._set('hostname', value)

    @property
    def description(self) -> str:
        """What there is to say of it."""
        return str(self._get('description'))

    @description.setter
    def description(self, value: str) -> None:
        self._set('description', value)

    @property
    def scheduler_type(self) -> str:
        """Entry point of the scheduler."""
        return str(self._get('scheduler_type'))

    @scheduler_type.setter
    def scheduler_type(self, value: str) -> None:
        self._set('scheduler_type', value)

    @property
    def transport_type(self) -> str:
        """Entry point of the transport."""
        return str(self._get('transport_type'))

    @transport_type.setter
    def transport_type(self, value: str) -> None:
        self._set('transport_type', value)

    @property
    def metadata(self) -> dict[str, Any]:
        """The further properties; changes to the dictionary have no effect, assigning one has."""
        return dict(self._get('metadata'))

    @metadata.setter
    def metadata(self, value: dict[str, Any]) -> None:
        self._set('metadata', clean_value(value))

    # properties

    def get_property(self, name: str, *args: Any) -> Any:
        """Return a further property.

        :param args: at most one: what is returned for one that is not set.
        :raises TypeError: if there are more.
        :raises AttributeError: if it is not set and there is nothing to return instead.
        """
        if len(args) > 1:
            raise TypeError(f'get_property takes one default, {len(args)} were given')
        properties = self._get('metadata')
        if name in properties:
            return properties[name]
        if args:
            return args[0]
        raise AttributeError(f"'{name}' property not found on {self}")

    def set_property(self, name: str, value: Any) -> None:
        """Set a further property.

        :raises ValidationError: if the value is not of what JSON knows.
        """
        self.metadata = {**self._get('metadata'), name: value}

    def delete_property(self, name: str, raise_exception: bool = True) -> None:
        """Remove a further property.

        :param raise_exception: whether one that is not set is an error.
        :raises AttributeError: if it is not set.
        """
        properties = self.metadata
        if properties.pop(name, _MISSING) is _MISSING:
            if raise_exception:
                raise AttributeError(f"'{name}' property not found on {self}")
            return
        self.metadata = properties

    def get_prepend_text(self) -> str:
        """Return what stands in the script of every job before its commands."""
        return str(self.get_property('prepend_text', ''))

    def set_prepend_text(self, val: str) -> None:
        """Set what stands in the script of every job before its commands."""
        self.set_property('prepend_text', str(val))

    def get_append_text(self) -> str:
        """Return what stands in the script of every job after its commands."""
        return str(self.get_property('append_text', ''))

    def set_append_text(self, val: str) -> None:
        """Set what stands in the script of every job after its commands."""
        self.set_property('append_text', str(val))

    def get_use_double_quotes(self) -> bool:
        """Return whether the arguments of the command line of a job are put into double quotes."""
        return bool(self.get_property('use_double_quotes', False))

    def set_use_double_quotes(self, val: bool) -> None:
        """Set whether the arguments of the command line of a job are put into double quotes.

        :raises ValueError: if it is no boolean.
        """
        if not isinstance(val, bool):
            raise ValueError(f'use_double_quotes is a boolean, not {val!r}')
        self.set_property('use_double_quotes', val)

    def get_mpirun_command(self) -> list[str]:
        """Return the command that starts a program in parallel; ``{tot_num_mpiprocs}`` stands for the number."""
        return list(self.get_property('mpirun_command', ['mpirun', '-np', '{tot_num_mpiprocs}']))

    def set_mpirun_command(self, val: list[str] | tuple[str, ...]) -> None:
        """Set the command that starts a program in parallel.

        :raises TypeError: if it is not a sequence of strings.
        """
        if not isinstance(val, list | tuple) or not all(isinstance(part, str) for part in val):
            raise TypeError(f'the mpirun_command must be a list of strings, not {val!r}')
        self.set_property('mpirun_command', list(val))

    def get_default_mpiprocs_per_machine(self) -> int | None:
        """Return how many processes a job has per machine unless it says so itself."""
        count = self.get_property('default_mpiprocs_per_machine', None)
        return None if count is None else int(count)

    def set_default_mpiprocs_per_machine(self, def_cpus_per_machine: int | None) -> None:
        """Set how many processes a job has per machine unless it says so itself; ``None`` removes the setting.

        :raises TypeError: if it is no integer.
        """
        if def_cpus_per_machine is None:
            self.delete_property('default_mpiprocs_per_machine', raise_exception=False)
        elif not isinstance(def_cpus_per_machine, int):
            raise TypeError(f'def_cpus_per_machine must be an integer (or None), not {def_cpus_per_machine!r}')
        else:
            self.set_property('default_mpiprocs_per_machine', def_cpus_per_machine)

    def get_default_memory_per_machine(self) -> int | None:
        """Return how much memory (in kB) a job has per machine unless it says so itself."""
        memory = self.get_property('default_memory_per_machine', None)
        return None if memory is None else int(memory)

    def set_default_memory_per_machine(self, def_memory_per_machine: int | None) -> None:
        """Set how much memory (in kB) a job has per machine unless it says so itself.

        :raises ValidationError: if it is no positive integer.
        """
        self.default_memory_per_machine_validator(def_memory_per_machine)
        self.set_property('default_memory_per_machine', def_memory_per_machine)

    def get_minimum_job_poll_interval(self) -> float:
        """Return how long (in seconds) to wait at least between two questions to the scheduler."""
        default: float = self.PROPERTY_MINIMUM_SCHEDULER_POLL_INTERVAL__DEFAULT
        interval = self.get_property(self.PROPERTY_MINIMUM_SCHEDULER_POLL_INTERVAL, None)
        if interval is not None:
            return float(interval)
        with suppress(ConfigurationError):
            default = getattr(self.get_transport_class(), 'DEFAULT_MINIMUM_JOB_POLL_INTERVAL', default)
        return float(default)

    def set_minimum_job_poll_interval(self, interval: float) -> None:
        """Set how long (in seconds) to wait at least between two questions to the scheduler.

        :raises ValueError: if it is no number, or a negative one.
        """
        if float(interval) < 0:
            raise ValueError(f'the minimum poll interval must not be negative, as {interval} is')
        self.set_property(self.PROPERTY_MINIMUM_SCHEDULER_POLL_INTERVAL, interval)

    def get_workdir(self) -> str:
        """Return the folder on the computer that jobs run below."""
        return str(self.get_property(self.PROPERTY_WORKDIR, '/scratch/{username}/aiida_run/'))

    def set_workdir(self, val: str) -> None:
        """Set the folder on the computer that jobs run below."""
        self.set_property(self.PROPERTY_WORKDIR, val)

    def get_shebang(self) -> str:
        """Return the first line of the scripts of jobs."""
        return str(self.get_property(self.PROPERTY_SHEBANG, '#!/bin/bash'))

    def set_shebang(self, val: str) -> None:
        """Set the first line of the scripts of jobs.

        :raises ValueError: if it is no string, or does not begin with ``#!``.
        """
        if not isinstance(val, str):
            raise ValueError(f'the shebang line has to be a string, not {val!r}')
        if not val.startswith('#!'):
            raise ValueError(f"the shebang line has to begin with '#!', which {val!r} does not")
        self.set_property(self.PROPERTY_SHEBANG, val)

    # validation

    def validate(self) -> None:
        """Check all settings.

        :raises ValidationError: if one is not valid; the message says which.
        """
        if not self.label.strip():
            raise ValidationError('the computer has no label: no name specified')
        if '@' in self.label:
            raise ValidationError(f"the label of a computer must not contain '@', as {self.label!r} does")
        if not self.hostname.strip():
            raise ValidationError(f"the computer '{self.label}' has no hostname")
        self._validate_plugin('aiida.transports', 'transport', self.transport_type)
        self._validate_plugin('aiida.schedulers', 'scheduler', self.scheduler_type)
        self._validate_workdir(self.get_workdir())
        self._validate_mpirun_command(self.get_mpirun_command())
        self.default_memory_per_machine_validator(self.get_default_memory_per_machine())
        count = self.get_property('default_mpiprocs_per_machine', None)
        if count is not None and (not isinstance(count, int) or count <= 0):
            raise ValidationError(
                f'the default number of processes per machine must be a positive integer, not {count!r}'
            )

    @staticmethod
    def _validate_plugin(group: str, what: str, name: str) -> None:
        from aiida.plugins.entry_point import get_entry_point_names

        if name not in get_entry_point_names(group):
            raise ValidationError(
                f"the specified {what} '{name}' is not a valid one: `verdi plugin list {group}` lists those there are"
            )

    @staticmethod
    def _validate_workdir(workdir: str) -> None:
        if not workdir.strip():
            raise ValidationError('the working directory of the computer is empty')
        try:
            converted = workdir.format(username='test')
        except (KeyError, IndexError, ValueError) as exception:
            raise ValidationError(
                f"the working directory '{workdir}' has a placeholder other than {{username}}: {exception}"
            ) from exception
        if not converted.startswith('/'):
            raise ValidationError(f"the working directory must be an absolute path, which '{workdir}' is not")

    def _validate_mpirun_command(self, command: list[str]) -> None:
        from aiida.plugins.entry_point import load_entry_point

        known = {'tot_num_mpiprocs'}
        resource_class = getattr(load_entry_point('aiida.schedulers', self.scheduler_type), 'job_resource_class', None)
        if resource_class is not None:
            known.update(resource_class.get_valid_keys())
        for part in command:
            try:
                fields = {name for _, name, _, _ in Formatter().parse(part) if name is not None}
            except ValueError as exception:
                raise ValidationError(f"the mpirun command has an invalid part '{part}': {exception}") from exception
            for name in fields - known:
                raise ValidationError(
                    f"the mpirun command has an unknown placeholder '{{{name}}}': there are {', '.join(sorted(known))}"
                )

    @classmethod
    def default_memory_per_machine_validator(cls, def_memory_per_machine: int | None) -> None:
        """Check an amount of memory (in kB).

        :raises ValidationError: if it is neither ``None`` nor a positive integer.
        """
        if def_memory_per_machine is None:
            return
        if not isinstance(def_memory_per_machine, int) or def_memory_per_machine <= 0:
            raise ValidationError(
                f'Invalid value for def_memory_per_machine, must be a positive int, got: {def_memory_per_machine}'
            )

    # users

    @property
    def is_configured(self) -> bool:
        """Whether the default user can use the computer."""
        pk = self._store.default_user_id
        return pk is not None and self._find_authinfo(pk) is not None

    def is_user_configured(self, user: User) -> bool:
        """Return whether there are settings of this user."""
        return user.pk is not None and self._find_authinfo(user.pk) is not None

    def is_user_enabled(self, user: User) -> bool:
        """Return whether there are settings of this user and they are not switched off."""
        authinfo = None if user.pk is None else self._find_authinfo(user.pk)
        return authinfo is not None and authinfo.enabled

    def _find_authinfo(self, user_pk: int) -> AuthInfo | None:
        from aiida.orm.authinfos import AuthInfo

        if self.pk is None:
            return None
        rows = self._store.find_entities(EntityKind.AUTHINFO, aiidauser_id=user_pk, dbcomputer_id=self.pk)
        return AuthInfo.from_row(self._store, rows[0]) if rows else None

    def _user(self, user: User | None) -> User:
        from aiida.orm.users import User, UserCollection

        chosen = user if user is not None else UserCollection(User, self._store).get_default()
        if chosen is None:
            raise ConfigurationError('the profile has no default user: give one')
        return chosen

    def get_authinfo(self, user: User) -> AuthInfo:
        """Return the settings of a user.

        :raises NotExistent: if there are none.
        """
        authinfo = None if user.pk is None else self._find_authinfo(user.pk)
        if authinfo is None:
            raise NotExistent(
                f'Computer `{self.label}` (ID={self.pk}) not configured for user `{user.email}` (ID={user.pk}) '
                f'- use `verdi computer configure` first'
            )
        return authinfo

    def configure(self, user: User | None = None, **kwargs: Any) -> AuthInfo:
        """Set what a user needs to connect, and return the settings.

        :param user: the default user by default.
        :param kwargs: the settings, as the transport knows them; those not given stay as they are.
        :raises ValueError: if the transport does not know one of them.
        """
        from aiida.orm.authinfos import AuthInfo

        valid = set(self.get_transport_class().get_valid_auth_params())
        unknown = sorted(set(kwargs) - valid)
        if unknown:
            raise ValueError(
                f'{self.transport_type} does not know {", ".join(map(repr, unknown))}: its parameters are '
                f'{", ".join(sorted(valid))}'
            )
        chosen = self._user(user)
        authinfo = (None if chosen.pk is None else self._find_authinfo(chosen.pk)) or AuthInfo(
            self, chosen, backend=self._store
        )
        authinfo.set_auth_params({**authinfo.get_auth_params(), **kwargs})
        return authinfo.store()

    def get_configuration(self, user: User | None = None) -> dict[str, Any]:
        """Return the settings by which a user connects; nothing if there are none.

        :param user: the default user by default.
        """
        chosen = self._user(user)
        authinfo = None if chosen.pk is None else self._find_authinfo(chosen.pk)
        return {} if authinfo is None else authinfo.get_auth_params()

    # plugins

    def get_transport(self, user: User | None = None) -> Transport:
        """Return a transport to the computer, closed.

        :param user: who connects, the default user by default.
        :raises NotExistent: if the computer is not configured for that user.
        """
        return self.get_authinfo(self._user(user)).get_transport()

    def get_transport_class(self) -> type[Transport]:
        """Return the class of the transport.

        :raises ConfigurationError: if the plugin is not installed.
        """
        transport_class: type[Transport] = self._load_plugin('aiida.transports', 'transport', self.transport_type)
        return transport_class

    def get_scheduler(self) -> Scheduler:
        """Return the scheduler.

        :raises ConfigurationError: if the plugin is not installed.
        """
        scheduler: Scheduler = self._load_plugin('aiida.schedulers', 'scheduler', self.scheduler_type)()
        return scheduler

    def _load_plugin(self, group: str, what: str, name: str) -> Any:
        from aiida.plugins.entry_point import load_entry_point

        try:
            return load_entry_point(group, name)
        except EntryPointError as exception:
            raise ConfigurationError(f"no {what} '{name}' found for {self}: {exception}") from exception
