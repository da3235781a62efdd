"""Schedulers that are talked to by commands in a shell."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from aiida.common.escaping import escape_for_bash
from aiida.schedulers.scheduler import Scheduler

if TYPE_CHECKING:
    from aiida.engine.processes.exit_code import ExitCode
    from aiida.schedulers.datastructures import JobInfo

__all__ = ('BashCliScheduler',)


class BashCliScheduler(Scheduler, metaclass=abc.ABCMeta):
    """A scheduler that has one command to submit, one to list and one to kill jobs."""

    def submit_job(self, working_directory: str, filename: str) -> str | ExitCode:
        """Submit a script and return the identifier of the job, or an exit code if it will never be accepted."""
        command = self._get_submit_command(escape_for_bash(filename))
        return self._parse_submit_output(*self.transport.exec_command_wait(command, workdir=working_directory))

    def get_jobs(
        self, jobs: list[str] | None = None, user: str | None = None, as_dict: bool = False
    ) -> list[JobInfo] | dict[str, JobInfo]:
        """Return what the scheduler knows of jobs.

        :raises SchedulerError: if it does not answer, or the answer is not understood.
        """
        command = self._get_joblist_command(jobs=jobs, user=user)
        joblist = self._parse_joblist_output(*self._run(command))
        if not as_dict:
            return joblist
        return {job.job_id: job for job in joblist}

    def kill_job(self, jobid: str) -> bool:
        """Kill a job and return whether that was accepted."""
        return self._parse_kill_output(*self._run(self._get_kill_command(jobid)))

    def _run(self, command: str) -> tuple[int, str, str]:
        """Run a command that lists or kills, and return its return value, output and errors."""
        return self.transport.exec_command_wait(command)

    @abc.abstractmethod
    def _get_submit_command(self, submit_script: str) -> str:
        """Return the command that submits a script, whose name is quoted already."""

    @abc.abstractmethod
    def _parse_submit_output(self, retval: int, stdout: str, stderr: str) -> str | ExitCode:
        """Return the identifier of the job that was submitted."""

    @abc.abstractmethod
    def _get_joblist_command(self, jobs: list[str] | None = None, user: str | None = None) -> str:
        """Return the command that lists jobs."""

    @abc.abstractmethod
    def _parse_joblist_output(self, retval: int, stdout: str, stderr: str) -> list[JobInfo]:
        """Return the jobs in a list."""

    @abc.abstractmethod
    def _get_kill_command(self, jobid: str) -> str:
        """Return the command that kills a job."""

    @abc.abstractmethod
    def _parse_kill_output(self, retval: int, stdout: str, stderr: str) -> bool:
        """Return whether a job was killed."""
