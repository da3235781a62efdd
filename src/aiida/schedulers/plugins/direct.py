"""Running jobs without a queue: each is a process group of its own, started at once.

The job is run by a wrapper, a few lines of shell in the working directory. It writes the identifier of its process
group before, and the exit status of the script after: two small files that say, after any interruption, whether the
job was started and how it ended.
"""

from __future__ import annotations

import contextlib
import shlex
import time
from typing import TYPE_CHECKING, ClassVar, Literal

from aiida.common.escaping import escape_for_bash
from aiida.schedulers.datastructures import JobInfo, JobState, NodeNumberJobResource
from aiida.schedulers.plugins.bash import BashCliScheduler
from aiida.schedulers.scheduler import SchedulerError

if TYPE_CHECKING:
    from aiida.engine.processes.exit_code import ExitCode
    from aiida.schedulers.datastructures import JobTemplate

__all__ = ('DirectJobResource', 'DirectScheduler')

#: The first letter of what `ps` calls the state of a process.
_MAP_STATUS_PS = {
    'D': JobState.RUNNING,
    'I': JobState.RUNNING,
    'R': JobState.RUNNING,
    'S': JobState.RUNNING,
    'T': JobState.SUSPENDED,
    't': JobState.SUSPENDED,
    'U': JobState.RUNNING,
    'W': JobState.RUNNING,
    'X': JobState.DONE,
    'Z': JobState.DONE,
}

_START_MARK = '.aiida_job_started'
_END_MARK = '.aiida_job_ended'
#: What the start mark says of a job that is not to start any more.
_WITHDRAWN = 'withdrawn'

#: The shell that the first line of the script names runs it, on file systems too that forbid to execute files. The
#: start mark is written only if there is none: a second wrapper in the same folder leaves the first alone.
_WRAPPER = """\
(set -C; echo $$ > {started}) || exit 0
IFS= read -r first < {script}
case $first in '#!'*) shell=${{first#'#!'}};; *) shell=bash;; esac
$shell {script} < /dev/null > /dev/null 2>&1
echo $? > {ended}
"""

#: Lists processes with their whole command line, however narrow a terminal the environment speaks of.
_PS = 'COLUMNS= ps -ww'

#: Programs get five seconds to tidy up. A process that is not a wrapper has got the number of one that is gone. The
#: mark is broken by quotes, for the command line of this very shell not to hold it.
_KILL = """\
case "$({ps} -o args= -p {group})" in
*.''{mark}*|*'<defunct>'*|'') kill -s TERM -- -{group} &&
  {{ (sleep 5; kill -s KILL -- -{group}) < /dev/null > /dev/null 2>&1 & }} ;;
*) echo 'the process {group} is not a job' >&2; false ;;
esac"""

#: Runs the script again without the environment of who submitted it.
_CLEAN_ENVIRONMENT = (
    '[ -n "$AIIDA_CLEAN_ENVIRONMENT" ] || exec env --ignore-environment AIIDA_CLEAN_ENVIRONMENT=1 HOME="$HOME" '
    'USER="$USER" LOGNAME="$LOGNAME" "${BASH:-/bin/sh}" "$0"'
)


class DirectJobResource(NodeNumberJobResource):
    """Resources of a job without a queue: machines and MPI processes, no memory."""

    @classmethod
    def accepts_default_memory_per_machine(cls) -> Literal[False]:
        """Return that a computer's default memory per machine makes no sense here."""
        return False


class DirectScheduler(BashCliScheduler):
    """Run jobs at once, without a queue."""

    _logger = BashCliScheduler._logger.getChild('direct')
    _features = {'can_query_by_user': True}
    _job_resource_class = DirectJobResource

    leaves_end_mark: ClassVar[bool] = True

    # submitting

    def submit_job(self, working_directory: str, filename: str) -> str | ExitCode:
        """Start the wrapper and return the process group that the start mark names.

        That is the one just started, unless another one was faster: of a submission that was thought to have failed.
        """
        command = self._get_submit_command(escape_for_bash(filename))
        try:
            group = self.transport.exec_command_detached(command, working_directory)
        except OSError as exception:
            raise SchedulerError(f'the job in {working_directory} could not be started: {exception}') from exception
        started = self._parse_submit_output(0, f'{group}\n', '')
        self._await_mark(f'{working_directory}/{_START_MARK}')
        return self.find_submitted_job(working_directory) or started

    def _get_submit_command(self, submit_script: str) -> str:
        return _WRAPPER.format(script=submit_script, started=_START_MARK, ended=_END_MARK)

    def _parse_submit_output(self, retval: int, stdout: str, stderr: str) -> str | ExitCode:
        if retval != 0 or not stdout.strip():
            raise SchedulerError(f'the job was not started: retval={retval}, stdout={stdout!r}, stderr={stderr!r}')
        return stdout.strip()

    def find_submitted_job(self, working_directory: str) -> str | None:
        """Return the process group that the start mark names."""
        content = self._read_mark(f'{working_directory}/{_START_MARK}')
        return content.strip() if content and content.strip() != _WITHDRAWN else None

    def withdraw_job(self, working_directory: str) -> str | None:
        """Set the start mark, without which no wrapper goes on; return the process group if one was faster."""
        mark = f'{working_directory}/{_START_MARK}'
        retval, _, _ = self.transport.exec_command_wait(f'set -C; echo {_WITHDRAWN} > {escape_for_bash(mark)}')
        if retval != 0:
            self._await_mark(mark, 15.0)  # the wrapper made it and is about to write into it
        return self.find_submitted_job(working_directory)

    def _await_mark(self, path: str, seconds: float = 1.0) -> None:
        """Wait until a mark that is about to be written is there, at most so long."""
        deadline, pause = time.monotonic() + seconds, 0.001
        while self._read_mark(path) is None and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(2 * pause, 0.05)

    # the end

    def get_end_mark(self, working_directory: str) -> str:
        """Return the path of the file that a job leaves when it ends."""
        return f'{working_directory}/{_END_MARK}'

    def get_ended_job(self, working_directory: str, job_id: str) -> JobInfo | None:
        """Return the owner, the exit status, and the time between the two marks."""
        end_mark = self.get_end_mark(working_directory)
        content = self._read_mark(end_mark)
        if content is None:
            return None
        started = self.transport.get_attribute(f'{working_directory}/{_START_MARK}').st_mtime
        ended = self.transport.get_attribute(end_mark).st_mtime
        job = JobInfo({'job_id': job_id, 'job_state': JobState.DONE, 'exit_status': int(content)})
        job.wallclock_time_seconds = max(0, int(ended - started))
        # a user may have a number and no name, as in containers
        with contextlib.suppress(KeyError, OSError):
            job.job_owner = self.transport.whoami()
        return job

    def _read_mark(self, path: str) -> str | None:
        """Return the content of a mark, ``None`` if it is not there or not written to its end yet."""
        import tempfile

        if not self.transport.isfile(path):
            return None
        with tempfile.NamedTemporaryFile('r') as handle:
            self.transport.getfile(path, handle.name)
            content = handle.read()
        return content if content.endswith('\n') else None

    # listing

    def get_jobs(
        self, jobs: list[str] | None = None, user: str | None = None, as_dict: bool = False
    ) -> list[JobInfo] | dict[str, JobInfo]:
        """Return the jobs that are process groups now; of those asked for by name, the others are done.

        A process that has ended and was not waited for does not tell what it was: it counts only if asked for by name.
        """
        found = super().get_jobs(jobs=jobs, user=user, as_dict=True)
        assert isinstance(found, dict)
        if not jobs:
            found = {job_id: job for job_id, job in found.items() if job.job_state is not JobState.DONE}
        for job_id in [jobs] if isinstance(jobs, str) else jobs or []:
            if job_id not in found:
                found[job_id] = JobInfo({'job_id': job_id, 'job_state': JobState.DONE})
        return found if as_dict else list(found.values())

    def _run(self, command: str) -> tuple[int, str, str]:
        return self.transport.exec_system_command_wait(command)

    def _get_joblist_command(self, jobs: list[str] | None = None, user: str | None = None) -> str:
        """Return the command that lists processes; ``jobs`` wins over ``user``, as `ps` would join them."""
        columns = f'{_PS} -o pid= -o stat= -o user= -o etime= -o args='
        if jobs:
            names = [jobs] if isinstance(jobs, str) else jobs
            return f'{columns} -p {",".join(shlex.quote(job) for job in names)}'
        return f'{columns} -u {shlex.quote(user)}' if user else f'{columns} -x'

    def _parse_joblist_output(self, retval: int, stdout: str, stderr: str) -> list[JobInfo]:
        """Return the processes that are wrappers of jobs; `ps` returns 1 if there is none.

        A number may belong to another process by now, after the machine was started again for instance.
        """
        if retval not in (0, 1) or (retval == 1 and stderr.strip()):
            raise SchedulerError(f'the processes cannot be listed: retval={retval}, stderr={stderr.strip()!r}')
        jobs = [self._parse_process(line) for line in stdout.splitlines() if line.strip()]
        return [job for job in jobs if job is not None]

    def _parse_process(self, line: str) -> JobInfo | None:
        """Return what a line of `ps` says of a job, ``None`` for another process."""
        fields = line.split(maxsplit=4)
        if len(fields) < 5:
            raise SchedulerError(f'unexpected output of `ps`, fewer than five fields in the line {line!r}')
        process, status, owner, elapsed, command = fields
        if _START_MARK not in command and not status.startswith('Z'):
            return None
        job = JobInfo({'job_id': process, 'job_owner': owner})
        job.job_state = _MAP_STATUS_PS.get(status[0], JobState.UNDETERMINED)
        if job.job_state is JobState.UNDETERMINED:
            self.logger.warning('the state %r of the process %s is not known', status, process)
        try:
            job.wallclock_time_seconds = self._convert_time(elapsed)
        except ValueError:
            self.logger.warning('the running time %r of the process %s is not understood', elapsed, process)
        return job

    def _convert_time(self, string: str) -> int:
        """Return the seconds of ``[[days-]hours:]minutes:seconds``.

        :raises ValueError: if it is written otherwise.
        """
        days, _, clock = string.rpartition('-')
        parts = [int(part) for part in clock.split(':')]
        if not 2 <= len(parts) <= 3:
            raise ValueError(f'{string!r} is not a time as `ps` writes it')
        hours, minutes, seconds = ([0] * (3 - len(parts))) + parts
        return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds

    # killing

    def _get_kill_command(self, jobid: int | str) -> str:
        return _KILL.format(ps=_PS, group=int(jobid), mark=_START_MARK.removeprefix('.'))

    def _parse_kill_output(self, retval: int, stdout: str, stderr: str) -> bool:
        if retval != 0:
            self.logger.warning('the job could not be killed: retval=%s, stderr=%s', retval, stderr.strip())
        return retval == 0

    # the script

    def _get_submit_script_header(self, job_tmpl: JobTemplate) -> str:
        """Return the lines that direct the output; what only a queue can do is warned about."""
        lines = []
        if not job_tmpl.import_sys_environment:
            lines.append(_CLEAN_ENVIRONMENT)
        if job_tmpl.sched_output_path:
            lines.append(f'exec > {shlex.quote(job_tmpl.sched_output_path)}')
        if job_tmpl.sched_error_path and not job_tmpl.sched_join_files:
            lines.append(f'exec 2> {shlex.quote(job_tmpl.sched_error_path)}')
        else:
            lines.append('exec 2>&1')
        if job_tmpl.custom_scheduler_commands:
            lines.append(job_tmpl.custom_scheduler_commands)
        threads = job_tmpl.job_resource.num_cores_per_mpiproc if job_tmpl.job_resource else None
        if threads:
            lines.append(f'export OMP_NUM_THREADS={threads}')
        if job_tmpl.max_memory_kb:
            self.logger.warning('a job that is run directly has no limit of memory: `max_memory_kb` has no effect')
        if job_tmpl.rerunnable:
            self.logger.warning('a job that is run directly is not queued again: `rerunnable` has no effect')
        return ''.join(f'{line}\n' for line in lines)
