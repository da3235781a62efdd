"""What travels between the engine and a scheduler: the resources of a job, its script, and news about it."""

from __future__ import annotations

import abc
import enum
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from aiida.common.datastructures import CodeRunMode
from aiida.common.extendeddicts import AttributeDict, DefaultFieldsAttributeDict

__all__ = (
    'CodeRunMode',
    'JobInfo',
    'JobResource',
    'JobState',
    'JobTemplate',
    'JobTemplateCodeInfo',
    'MachineInfo',
    'NodeNumberJobResource',
    'ParEnvJobResource',
)


class JobState(enum.Enum):
    """What a scheduler says of a job."""

    UNDETERMINED = 'undetermined'
    QUEUED = 'queued'
    QUEUED_HELD = 'queued held'
    RUNNING = 'running'
    SUSPENDED = 'suspended'
    DONE = 'done'


class JobResource(DefaultFieldsAttributeDict, metaclass=abc.ABCMeta):
    """The resources a job asks for; each kind of scheduler has a class of its own."""

    _default_fields: tuple[str, ...] = ()

    @classmethod
    @abc.abstractmethod
    def validate_resources(cls, **kwargs: Any) -> dict[Any, Any] | None:
        """Return the resources, completed.

        :raises ValueError: if they are incomplete or contradict each other.
        """

    @classmethod
    def get_valid_keys(cls) -> list[str]:
        """Return the names of the resources that may be given."""
        return list(cls._default_fields)

    @classmethod
    @abc.abstractmethod
    def accepts_default_mpiprocs_per_machine(cls) -> bool:
        """Return whether a computer's default number of MPI processes per machine makes sense here."""

    @classmethod
    def accepts_default_memory_per_machine(cls) -> bool:
        """Return whether a computer's default memory per machine makes sense here."""
        return True

    @abc.abstractmethod
    def get_tot_num_mpiprocs(self) -> int:
        """Return the number of MPI processes of the whole job."""

    @classmethod
    def _refuse_unknown(cls, given: dict[str, Any]) -> None:
        unknown = sorted(set(given) - set(cls.get_valid_keys()))
        if unknown:
            valid = ', '.join(cls.get_valid_keys())
            raise ValueError(f'these parameters were not recognized: {", ".join(unknown)}; known are: {valid}')


def _whole_number(name: str, value: Any, minimum: int) -> int | None:
    """Return a value that is to be a whole number, ``None`` if it was not given.

    :raises ValueError: if it is not one, or below the minimum.
    """
    if value is None:
        return None
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise ValueError(f'`{name}` must be an integer when specified, not {value!r}') from None
    if number < minimum:
        raise ValueError(f'`{name}` must be greater than or equal to {minimum}, not {number}.')
    return number


class NodeNumberJobResource(JobResource):
    """Resources counted in machines: so many machines, so many MPI processes on each."""

    _default_fields: tuple[str, ...] = (
        'num_machines',
        'num_mpiprocs_per_machine',
        'num_cores_per_machine',
        'num_cores_per_mpiproc',
    )

    num_machines: int
    num_mpiprocs_per_machine: int
    num_cores_per_machine: int | None
    num_cores_per_mpiproc: int | None
    tot_num_mpiprocs: int

    def __init__(self, **kwargs: Any) -> None:
        """
        :param kwargs: two of ``num_machines``, ``num_mpiprocs_per_machine`` and ``tot_num_mpiprocs`` at least, and
            maybe ``num_cores_per_machine`` and ``num_cores_per_mpiproc``.
        :raises ValueError: if they are incomplete or contradict each other.
        """
        super().__init__(self.validate_resources(**kwargs))

    @classmethod
    def validate_resources(cls, **kwargs: Any) -> AttributeDict:
        """Return the resources with the missing one of the three counts worked out."""
        cls._refuse_unknown(kwargs)
        counts = ('num_machines', 'num_mpiprocs_per_machine', 'tot_num_mpiprocs')
        machines, per_machine, total = (_whole_number(name, kwargs.get(name), 1) for name in counts)

        if [machines, per_machine, total].count(None) > 1:
            raise ValueError(
                'At least two among `num_machines`, `num_mpiprocs_per_machine` or `tot_num_mpiprocs` must be specified.'
            )
        if machines is None:
            machines = (total or 0) // (per_machine or 1)
        elif per_machine is None:
            per_machine = (total or 0) // machines
        if total is None:
            total = machines * (per_machine or 0)
        if total != machines * (per_machine or 0) or not total:
            raise ValueError(
                '`tot_num_mpiprocs` is not equal to `num_mpiprocs_per_machine * num_machines`: '
                f'{total} processes are not {per_machine} on each of {machines} machines.'
            )
        return AttributeDict(
            {
                'num_machines': machines,
                'num_mpiprocs_per_machine': per_machine,
                'num_cores_per_machine': _whole_number('num_cores_per_machine', kwargs.get('num_cores_per_machine'), 1),
                'num_cores_per_mpiproc': _whole_number('num_cores_per_mpiproc', kwargs.get('num_cores_per_mpiproc'), 1),
                'tot_num_mpiprocs': total,
            }
        )

    @classmethod
    def get_valid_keys(cls) -> list[str]:
        """Return the names of the resources that may be given."""
        return [*super().get_valid_keys(), 'tot_num_mpiprocs']

    @classmethod
    def accepts_default_mpiprocs_per_machine(cls) -> Literal[True]:
        """Return that a computer's default number of MPI processes per machine makes sense here."""
        return True

    def get_tot_num_mpiprocs(self) -> int:
        """Return the number of MPI processes of the whole job."""
        return self.num_machines * self.num_mpiprocs_per_machine


class ParEnvJobResource(JobResource):
    """Resources as a parallel environment the administrator has defined, and a number of processes."""

    _default_fields: tuple[str, ...] = ('parallel_env', 'tot_num_mpiprocs')

    parallel_env: str
    tot_num_mpiprocs: int

    def __init__(self, **kwargs: Any) -> None:
        """
        :param kwargs: ``parallel_env`` and ``tot_num_mpiprocs``.
        :raises ValueError: if one is missing or makes no sense.
        """
        super().__init__(self.validate_resources(**kwargs))

    @classmethod
    def validate_resources(cls, **kwargs: Any) -> AttributeDict:
        """Return the resources."""
        cls._refuse_unknown(kwargs)
        environment = kwargs.get('parallel_env')
        if not isinstance(environment, str):
            raise ValueError('`parallel_env` must be specified and must be a string')
        total = _whole_number('tot_num_mpiprocs', kwargs.get('tot_num_mpiprocs'), 1)
        if total is None:
            raise ValueError('`tot_num_mpiprocs` must be specified and must be an integer')
        return AttributeDict({'parallel_env': environment, 'tot_num_mpiprocs': total})

    @classmethod
    def accepts_default_mpiprocs_per_machine(cls) -> Literal[False]:
        """Return that a computer's default number of MPI processes per machine makes no sense here."""
        return False

    def get_tot_num_mpiprocs(self) -> int:
        """Return the number of MPI processes of the whole job."""
        return self.tot_num_mpiprocs


@dataclass
class JobTemplateCodeInfo:
    """How a code is called in the script of a job.

    The line is ``<prepend_cmdline_params> <cmdline_params> < stdin > stdout 2> stderr``; with ``wrap_cmdline_params``
    all but the first part becomes one word, as a container engine wants it. ``use_double_quotes`` says how to quote:
    first the leading parameters and the names of files, then the parameters of the code.
    """

    prepend_cmdline_params: list[str] = field(default_factory=list)
    cmdline_params: list[str] = field(default_factory=list)
    use_double_quotes: list[bool] = field(default_factory=lambda: [False, False])
    wrap_cmdline_params: bool = False
    stdin_name: None | str = None
    stdout_name: None | str = None
    stderr_name: None | str = None
    join_files: bool = False


class JobTemplate(DefaultFieldsAttributeDict):
    """What the script of a job is made from: times in seconds, memory in kB, paths below the working directory."""

    _default_fields = (
        'shebang',
        'submit_as_hold',
        'rerunnable',
        'job_environment',
        'environment_variables_double_quotes',
        'working_directory',
        'email',
        'email_on_started',
        'email_on_terminated',
        'job_name',
        'sched_output_path',
        'sched_error_path',
        'sched_join_files',
        'queue_name',
        'account',
        'qos',
        'job_resource',
        'priority',
        'max_memory_kb',
        'max_wallclock_seconds',
        'custom_scheduler_commands',
        'prepend_text',
        'append_text',
        'import_sys_environment',
        'codes_run_mode',
        'codes_info',
    )

    if TYPE_CHECKING:
        shebang: str | None
        submit_as_hold: bool | None
        rerunnable: bool | None
        job_environment: dict[str, str] | None
        environment_variables_double_quotes: bool | None
        working_directory: str | None
        email: str | None
        email_on_started: bool | None
        email_on_terminated: bool | None
        job_name: str | None
        sched_output_path: str | None
        sched_error_path: str | None
        sched_join_files: bool | None
        queue_name: str | None
        account: str | None
        qos: str | None
        job_resource: JobResource | None
        priority: str | None
        max_memory_kb: int | None
        max_wallclock_seconds: int | None
        custom_scheduler_commands: str | None
        prepend_text: str | None
        append_text: str | None
        import_sys_environment: bool | None
        codes_run_mode: CodeRunMode | None
        codes_info: list[JobTemplateCodeInfo] | None


class MachineInfo(DefaultFieldsAttributeDict):
    """A machine a job was given, and how many processes and CPUs it has there."""

    _default_fields = ('name', 'num_mpiprocs', 'num_cpus')

    if TYPE_CHECKING:
        name: str
        num_mpiprocs: int | None
        num_cpus: int | None


class JobInfo(DefaultFieldsAttributeDict):
    """What a scheduler says of a job: times of day as ``datetime``, durations in seconds."""

    _default_fields = (
        'job_id',
        'title',
        'exit_status',
        'terminating_signal',
        'annotation',
        'job_state',
        'job_substate',
        'allocated_machines',
        'job_owner',
        'num_mpiprocs',
        'num_cpus',
        'num_machines',
        'queue_name',
        'account',
        'qos',
        'wallclock_time_seconds',
        'requested_wallclock_time_seconds',
        'cpu_time',
        'submission_time',
        'dispatch_time',
        'finish_time',
    )

    if TYPE_CHECKING:
        job_id: str
        title: str | None
        exit_status: int | None
        terminating_signal: int | None
        annotation: str | None
        job_state: JobState
        job_substate: str | None
        allocated_machines: list[MachineInfo] | None
        job_owner: str | None
        num_mpiprocs: int | None
        num_cpus: int | None
        num_machines: int | None
        queue_name: str | None
        account: str | None
        qos: str | None
        wallclock_time_seconds: int | None
        requested_wallclock_time_seconds: int | None
        cpu_time: int | None
        submission_time: datetime | None
        dispatch_time: datetime | None
        finish_time: datetime | None

    _special_serializers: ClassVar[dict[str, str]] = {
        'submission_time': 'date',
        'dispatch_time': 'date',
        'finish_time': 'date',
        'job_state': 'job_state',
    }

    @staticmethod
    def _serialize_job_state(job_state: JobState) -> str:
        if not isinstance(job_state, JobState):
            raise TypeError(f'invalid type for value {job_state}, should be an instance of `JobState`')
        return job_state.value

    @staticmethod
    def _deserialize_job_state(job_state: str) -> JobState:
        return JobState(job_state)

    @staticmethod
    def _serialize_date(value: datetime | None) -> dict[str, str | None] | None:
        if value is None:
            return None

        aware = value.tzinfo is not None
        moment = value.astimezone(UTC).replace(tzinfo=None) if aware else value
        return {'date': moment.isoformat(timespec='microseconds'), 'timezone': 'UTC' if aware else None}

    @staticmethod
    def _deserialize_date(value: dict[str, Any] | None) -> datetime | None:
        if value is None:
            return None

        from aiida.common.timezone import timezone_from_name

        moment = datetime.fromisoformat(value['date'])
        if value['timezone'] is None:
            return moment
        moment = moment.replace(tzinfo=UTC)
        return moment if value['timezone'] == 'UTC' else moment.astimezone(timezone_from_name(value['timezone']))

    @classmethod
    def serialize_field(cls, value: Any, field_type: str | None) -> Any:
        """Return a value as JSON has it.

        :param field_type: ``date``, ``job_state``, or ``None`` for what JSON has already.
        """
        return value if field_type is None else getattr(cls, f'_serialize_{field_type}')(value)

    @classmethod
    def deserialize_field(cls, value: Any, field_type: str | None) -> Any:
        """Return the value that :meth:`serialize_field` was given."""
        return value if field_type is None else getattr(cls, f'_deserialize_{field_type}')(value)

    def serialize(self) -> str:
        """Return the information as JSON."""
        return json.dumps(self.get_dict())

    def get_dict(self) -> dict[str, Any]:
        """Return the information with all values as JSON has them."""
        return {key: self.serialize_field(value, self._special_serializers.get(key)) for key, value in self.items()}

    @classmethod
    def load_from_dict(cls, data: dict[str, Any]) -> Self:
        """Return what :meth:`get_dict` was called on."""
        instance = cls()
        for key, value in data.items():
            instance[key] = cls.deserialize_field(value, cls._special_serializers.get(key))
        return instance

    @classmethod
    def load_from_serialized(cls, data: str) -> Self:
        """Return what :meth:`serialize` was called on."""
        return cls.load_from_dict(json.loads(data))
