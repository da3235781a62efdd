"""The contract of a scheduler, and the script every one of them submits."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar

from aiida.common.exceptions import AiidaException, FeatureNotAvailable
from aiida.common.lang import classproperty
from aiida.common.log import AIIDA_LOGGER
from aiida.schedulers.script import environment_lines, join_blocks, run_lines

if TYPE_CHECKING:
    import logging

    from aiida.common.datastructures import CodeRunMode
    from aiida.engine.processes.exit_code import ExitCode
    from aiida.schedulers.datastructures import JobInfo, JobResource, JobTemplate, JobTemplateCodeInfo
    from aiida.transports import Transport

__all__ = ('Scheduler', 'SchedulerError', 'SchedulerParsingError')


class SchedulerError(AiidaException):
    """A scheduler did not do what it was asked.

    ``transient`` says whether asking again may help.
    """

    def __init__(self, *args: Any, transient: bool = True) -> None:
        super().__init__(*args)
        self.transient = transient


class SchedulerParsingError(SchedulerError):
    """What a scheduler printed is not understood."""


class Scheduler(abc.ABC):
    """A program that decides when a job runs on a computer.

    A derived class says which resources a job can ask for, how the head of its script reads, and how jobs are
    submitted, listed and killed. It is given a transport, which does all that touches the computer.
    """

    _logger: logging.Logger = AIIDA_LOGGER.getChild('scheduler')
    #: What this scheduler can do, by name, for instance ``can_query_by_user``.
    _features: dict[str, bool] = {}
    _job_resource_class: type[JobResource] | None = None

    def __init__(self) -> None:
        if self._job_resource_class is None:
            raise RuntimeError(f'the class {self.__class__.__name__} does not define `_job_resource_class`')
        self._transport: Transport | None = None

    def __str__(self) -> str:
        return self.__class__.__name__

    # resources

    @classproperty
    def job_resource_class(cls) -> type[JobResource] | None:  # noqa: N805
        """The class of the resources of a job."""
        return cls._job_resource_class

    @classmethod
    def create_job_resource(cls, **kwargs: Any) -> JobResource:
        """Return the resources of a job.

        :raises ValueError: if they are incomplete or contradict each other.
        """
        return cls._resources()(**kwargs)

    @classmethod
    def preprocess_resources(cls, resources: dict[str, Any], default_mpiprocs_per_machine: int | None = None) -> None:
        """Add the computer's default number of MPI processes per machine to ``resources``, if that is left open."""
        accepts = cls._resources().accepts_default_mpiprocs_per_machine()
        settled = 'num_machines' in resources and 'tot_num_mpiprocs' in resources
        if accepts and not settled and resources.get('num_mpiprocs_per_machine') is None:
            resources['num_mpiprocs_per_machine'] = default_mpiprocs_per_machine

    @classmethod
    def validate_resources(cls, **resources: Any) -> None:
        """Check resources.

        :raises ValueError: if they are incomplete or contradict each other.
        """
        cls._resources().validate_resources(**resources)

    @classmethod
    def _resources(cls) -> type[JobResource]:
        if cls._job_resource_class is None:
            raise RuntimeError(f'the class {cls.__name__} does not define `_job_resource_class`')
        return cls._job_resource_class

    # what it says about itself

    @classmethod
    def get_short_doc(cls) -> str:
        """Return the first line of the class's docstring."""
        if not cls.__doc__:
            return 'No documentation available'
        return next((line.strip() for line in cls.__doc__.splitlines() if line.strip()), '')

    def get_feature(self, feature_name: str) -> bool:
        """Return whether this scheduler can do something.

        :raises NotImplementedError: if it does not say.
        """
        try:
            return self._features[feature_name]
        except KeyError:
            raise NotImplementedError(f'{self} does not say whether it has the feature `{feature_name}`') from None

    @property
    def logger(self) -> logging.Logger:
        """The logger of this kind of scheduler."""
        return self._logger

    @property
    def transport(self) -> Transport:
        """The transport to the computer.

        :raises SchedulerError: if none was set.
        """
        if self._transport is None:
            raise SchedulerError('Use the set_transport function to set the transport for the scheduler first.')
        return self._transport

    def set_transport(self, transport: Transport) -> None:
        """Set the transport to the computer; it has to be open when a job is submitted, listed or killed."""
        self._transport = transport

    # jobs

    @abc.abstractmethod
    def submit_job(self, working_directory: str, filename: str) -> str | ExitCode:
        """Submit a script and return the identifier of the job, or an exit code if it will never be accepted.

        :param working_directory: absolute path on the computer.
        :param filename: name of the script in that folder.
        :raises SchedulerError: if the scheduler does not take it.
        """

    @abc.abstractmethod
    def get_jobs(
        self, jobs: list[str] | None = None, user: str | None = None, as_dict: bool = False
    ) -> list[JobInfo] | dict[str, JobInfo]:
        """Return what the scheduler knows of jobs.

        :param jobs: only these.
        :param user: only those of a user.
        :param as_dict: whether to return a dictionary by identifier.
        """

    @abc.abstractmethod
    def kill_job(self, jobid: str) -> bool:
        """Kill a job and return whether that was accepted."""

    #: Whether a job leaves a file in its folder when it ends, see :meth:`get_end_mark`.
    leaves_end_mark: ClassVar[bool] = False

    def get_end_mark(self, working_directory: str) -> str | None:
        """Return the path of the file that a job leaves when it ends, ``None`` if it leaves none.

        The mark is proof of the end, where a job's absence from the queue is only a reason to look. Where a transport
        says that looking costs next to nothing, the engine learns of the end from it at once.
        """
        return None

    def get_ended_job(self, working_directory: str, job_id: str) -> JobInfo | None:
        """Return what the end mark of a job says, ``None`` if there is no mark (yet)."""
        return None

    def find_submitted_job(self, working_directory: str) -> str | None:
        """Return the identifier of the job that was submitted from a folder, ``None`` if there was none.

        Asked before something is submitted, so that an interruption between submitting and taking note of it does not
        run a job twice.
        """
        return None

    def withdraw_job(self, working_directory: str) -> str | None:
        """Keep a job from starting whose submission was interrupted; return its identifier if it was submitted."""
        return self.find_submitted_job(working_directory)

    # details

    def _get_detailed_job_info_command(self, job_id: str) -> str:
        """Return the command that prints all the scheduler knows of a job that ended.

        :raises FeatureNotAvailable: if this scheduler has none.
        """
        raise FeatureNotAvailable(f'{self} has no detailed information on jobs')

    def can_get_detailed_job_info(self) -> bool:
        """Return whether :meth:`get_detailed_job_info` works here."""
        return type(self)._get_detailed_job_info_command is not Scheduler._get_detailed_job_info_command

    def get_detailed_job_info(self, job_id: str) -> dict[str, str | int]:
        """Return ``retval``, ``stdout`` and ``stderr`` of the command that prints all the scheduler knows of a job.

        :raises FeatureNotAvailable: if this scheduler has none.
        """
        command = self._get_detailed_job_info_command(job_id)
        retval, stdout, stderr = self.transport.exec_command_wait(command)
        return {'retval': retval, 'stdout': stdout, 'stderr': stderr}

    def parse_output(
        self,
        detailed_job_info: dict[str, str | int] | None = None,
        stdout: str | None = None,
        stderr: str | None = None,
    ) -> ExitCode | None:
        """Return an exit code if the scheduler's own words say that it ended the job, ``None`` otherwise.

        :param detailed_job_info: what :meth:`get_detailed_job_info` returned.
        :param stdout: what the job printed to the scheduler's output file.
        :param stderr: what it printed to the scheduler's error file.
        :raises FeatureNotAvailable: if this scheduler cannot tell.
        """
        raise FeatureNotAvailable(f'output parsing is not available for `{self}`')

    # the script

    def get_submit_script(self, job_tmpl: JobTemplate) -> str:
        """Return the script of a job.

        :raises ValueError: if its environment is not a dictionary.
        """
        shebang = '#!/bin/bash' if job_tmpl.shebang is None else job_tmpl.shebang
        blocks = [
            self._get_submit_script_environment_variables(job_tmpl) if job_tmpl.job_environment else None,
            job_tmpl.prepend_text,
            self._get_run_line(job_tmpl.codes_info or [], job_tmpl.codes_run_mode),
            job_tmpl.append_text,
            self._get_submit_script_footer(job_tmpl),
        ]
        return f'{shebang}\n{self._get_submit_script_header(job_tmpl)}\n\n{join_blocks(blocks)}\n'

    def _get_submit_script_environment_variables(self, template: JobTemplate) -> str:
        """Return the lines that set the environment variables of a job."""
        if not isinstance(template.job_environment, dict):
            raise ValueError('If you provide job_environment, it must be a dictionary')
        return environment_lines(template.job_environment, bool(template.environment_variables_double_quotes))

    @abc.abstractmethod
    def _get_submit_script_header(self, job_tmpl: JobTemplate) -> str:
        """Return the lines for the scheduler at the head of the script."""

    def _get_submit_script_footer(self, job_tmpl: JobTemplate) -> str:
        """Return what ends the script."""
        return ''

    def _get_run_line(self, codes_info: list[JobTemplateCodeInfo], codes_run_mode: CodeRunMode | None) -> str:
        """Return the lines that run the codes."""
        return run_lines(codes_info, codes_run_mode)
