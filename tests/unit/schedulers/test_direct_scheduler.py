"""The direct scheduler with real jobs."""

import os
import time

import pytest

from aiida.common.exceptions import FeatureNotAvailable
from aiida.schedulers import JobState, SchedulerError
from aiida.schedulers.plugins import direct
from aiida.schedulers.plugins.direct import DirectScheduler
from aiida.transports import Transport
from aiida.transports.plugins.local import LocalTransport


class Distant(LocalTransport):
    """A transport that starts jobs the way every transport can, by a command in a shell."""

    exec_command_detached = Transport.exec_command_detached
    exec_system_command_wait = Transport.exec_system_command_wait


@pytest.fixture(params=[LocalTransport, Distant])
def scheduler(request):
    scheduler = DirectScheduler()
    with request.param(machine='localhost', use_login_shell=False) as transport:
        scheduler.set_transport(transport)
        yield scheduler


def submit(scheduler, folder, text, name='job.sh'):
    (folder / name).write_text(text)
    return scheduler.submit_job(str(folder), name)


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, 'it did not happen'
        time.sleep(0.01)
    return result


def ended(scheduler, folder, job_id):
    return wait_for(lambda: scheduler.get_ended_job(str(folder), job_id))


@pytest.mark.parametrize('status', [0, 3])
def test_a_job_from_start_to_end(scheduler, tmp_path, status):
    folder = tmp_path / "it's here"
    folder.mkdir()
    job_id = submit(scheduler, folder, f'#!/bin/bash\nexec > out 2>&1\necho hello; exit {status}\n', "a job's.sh")
    job = ended(scheduler, folder, job_id)
    assert (job.job_id, job.job_state, job.exit_status) == (job_id, JobState.DONE, status)
    assert job.wallclock_time_seconds in (0, 1)
    assert job.job_owner == (folder / 'out').owner()
    assert (folder / 'out').read_text() == 'hello\n'
    assert scheduler.find_submitted_job(str(folder)) == job_id
    assert scheduler.get_jobs(jobs=[job_id], as_dict=True)[job_id].job_state is JobState.DONE


def test_nothing_was_submitted(scheduler, tmp_path):
    assert scheduler.find_submitted_job(str(tmp_path)) is None
    assert scheduler.get_ended_job(str(tmp_path), '1') is None
    assert scheduler.get_end_mark(str(tmp_path)).startswith(str(tmp_path))
    with pytest.raises(SchedulerError, match='could not be started'):
        scheduler.submit_job(str(tmp_path / 'absent'), 'job.sh')


@pytest.mark.parametrize(
    ('shebang', 'expected'),
    [('#!/bin/bash', 'bash'), ('#!/bin/sh -e', 'sh'), ('#!/usr/bin/env bash', 'bash'), ('', 'bash')],
)
def test_the_shell_is_the_one_the_script_names(scheduler, tmp_path, shebang, expected):
    job_id = submit(scheduler, tmp_path, f'{shebang}\nps -o args= -p $$ > shell\nfalse\necho after > after\n')
    status = ended(scheduler, tmp_path, job_id).exit_status
    assert os.path.basename((tmp_path / 'shell').read_text().split()[0]) == expected
    assert (tmp_path / 'after').exists() is (status == 0) is ('-e' not in shebang)


def test_submitting_twice_runs_once(scheduler, tmp_path):
    script = '#!/bin/sh\necho run >> runs\n'
    job_id = submit(scheduler, tmp_path, script)
    ended(scheduler, tmp_path, job_id)
    again = submit(scheduler, tmp_path, script)
    wait_for(lambda: scheduler.get_jobs(jobs=[again], as_dict=True)[again].job_state is JobState.DONE)
    assert (tmp_path / 'runs').read_text() == 'run\n'
    assert scheduler.find_submitted_job(str(tmp_path)) == job_id


def test_a_mark_that_is_not_written_to_its_end_is_no_mark(scheduler, tmp_path):
    (tmp_path / os.path.basename(scheduler.get_end_mark(str(tmp_path)))).write_text('')
    assert scheduler.get_ended_job(str(tmp_path), '1') is None


def test_a_running_job_is_listed_and_killed_with_all_it_started(scheduler, tmp_path):
    job_id = submit(scheduler, tmp_path, '#!/bin/bash\nsleep 100 & sleep 100 & echo $! > child\nwait\n')
    wait_for(lambda: (tmp_path / 'child').exists() and (tmp_path / 'child').read_text())
    child = int((tmp_path / 'child').read_text())
    (job,) = scheduler.get_jobs(jobs=[job_id])
    assert (job.job_id, job.job_state) == (job_id, JobState.RUNNING)
    assert job.job_owner
    assert job.wallclock_time_seconds >= 0
    assert job_id in scheduler.get_jobs(user=str(os.geteuid()), as_dict=True)
    assert os.getpgid(child) == int(job_id)

    assert scheduler.kill_job(job_id) is True
    wait_for(lambda: scheduler.get_jobs(jobs=[job_id], as_dict=True)[job_id].job_state is JobState.DONE)
    wait_for(lambda: not _runs(child))
    assert scheduler.get_ended_job(str(tmp_path), job_id) is None


def test_jobs_are_known_however_narrow_the_terminal_is(scheduler, tmp_path, monkeypatch):
    monkeypatch.setenv('COLUMNS', '40')
    short, endless = tmp_path / 'short', tmp_path / 'endless'
    short.mkdir()
    endless.mkdir()
    job_id = submit(scheduler, short, '#!/bin/bash\nsleep 1\n')
    (job,) = scheduler.get_jobs(jobs=[job_id])
    assert job.job_state is JobState.RUNNING
    assert ended(scheduler, short, job_id).exit_status == 0

    job_id = submit(scheduler, endless, '#!/bin/bash\nsleep 100 & sleep 100\n')
    assert job_id in scheduler.get_jobs(as_dict=True)
    assert scheduler.kill_job(job_id) is True
    wait_for(lambda: not _group_runs(int(job_id)))


def test_a_job_that_does_not_want_to_go(scheduler, tmp_path, monkeypatch):
    monkeypatch.setattr(direct, '_KILL', direct._KILL.replace('sleep 5', 'sleep 0.5'))
    script = "#!/bin/bash\ntrap '' TERM\necho > ready\nwhile :; do sleep 0.1; done\n"
    job_id = submit(scheduler, tmp_path, script)
    wait_for(lambda: (tmp_path / 'ready').exists())
    started = time.monotonic()
    assert scheduler.kill_job(job_id) is True
    assert time.monotonic() - started < 3
    wait_for(lambda: not _group_runs(int(job_id)), seconds=15)


def test_killing_what_is_not_there(scheduler):
    assert scheduler.kill_job('4194303') is False


def test_a_number_that_belongs_to_another_process_by_now(scheduler):
    import subprocess

    with subprocess.Popen(['sleep', '100'], start_new_session=True) as other:
        try:
            job_id = str(other.pid)
            assert scheduler.get_jobs(jobs=[job_id], as_dict=True)[job_id].job_state is JobState.DONE
            assert scheduler.kill_job(job_id) is False
            assert other.poll() is None
        finally:
            other.kill()


def _runs(process):
    try:
        with open(f'/proc/{process}/stat') as handle:
            return handle.read().rpartition(')')[2].split()[0] != 'Z'
    except FileNotFoundError:
        return False


def _group_runs(group):
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                if os.getpgid(int(name)) == group and _runs(int(name)):
                    return True
            except ProcessLookupError:
                continue
    return False


# what `ps` prints


def test_states_of_processes():
    wrapper = '/bin/sh -c (set -C; echo $$ > .aiida_job_started) || exit 0 IFS= read'
    output = (
        f' 12 Ss root 00:01 {wrapper}\n 13 T+ bob 01:02:03 {wrapper}\n 14 Z bob 2-01:02:03 [sh] <defunct>\n'
        f' 15 Q bob 00:00 {wrapper}\n 16 R bob 00:00 /usr/bin/firefox\n'
    )
    jobs = DirectScheduler()._parse_joblist_output(0, output, '')
    assert [(job.job_id, job.job_state, job.job_owner, job.wallclock_time_seconds) for job in jobs] == [
        ('12', JobState.RUNNING, 'root', 1),
        ('13', JobState.SUSPENDED, 'bob', 3723),
        ('14', JobState.DONE, 'bob', 176523),
        ('15', JobState.UNDETERMINED, 'bob', 0),
    ]


def test_what_has_ended_and_was_not_waited_for_is_not_in_the_queue(scheduler):
    """Such a process has no command line any more: only who knows its number can say that it is a job."""
    import subprocess

    with subprocess.Popen(['true'], start_new_session=True) as other:
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        job_id = str(other.pid)
        assert job_id not in scheduler.get_jobs(as_dict=True)
        assert job_id not in scheduler.get_jobs(user=str(os.geteuid()), as_dict=True)
        assert [job.job_state for job in scheduler.get_jobs(jobs=[job_id])] == [JobState.DONE]


def test_what_kills_a_job_is_not_taken_for_one():
    command = DirectScheduler()._get_kill_command('12')
    assert DirectScheduler()._parse_joblist_output(0, f'99 S bob 00:01 /bin/bash -c {command!r}', '') == []


def test_answers_that_are_none():
    scheduler = DirectScheduler()
    assert scheduler._parse_joblist_output(1, '', '') == []
    for answer in ((1, '', 'ps: no'), (127, '', 'not found'), (0, '1 S\n', '')):
        with pytest.raises(SchedulerError):
            scheduler._parse_joblist_output(*answer)
    (job,) = scheduler._parse_joblist_output(0, '1 S root later sh -c .aiida_job_started', '')
    assert job.wallclock_time_seconds is None
    for answer in ((1, '', 'no'), (0, '', '')):
        with pytest.raises(SchedulerError, match='not started'):
            scheduler._parse_submit_output(*answer)


def test_commands():
    scheduler = DirectScheduler()
    columns = 'COLUMNS= ps -ww -o pid= -o stat= -o user= -o etime= -o args='
    assert scheduler._get_joblist_command() == f'{columns} -x'
    assert scheduler._get_joblist_command(user='bob') == f'{columns} -u bob'
    assert scheduler._get_joblist_command(jobs=['1', '2'], user='bob') == f'{columns} -p 1,2'
    assert 'kill -s TERM -- -12 ' in scheduler._get_kill_command('12')
    with pytest.raises(ValueError):
        scheduler._get_kill_command('12; reboot')


def test_there_are_no_details():
    scheduler = DirectScheduler()
    assert not scheduler.can_get_detailed_job_info()
    with pytest.raises(FeatureNotAvailable):
        scheduler.get_detailed_job_info('1')
    with pytest.raises(FeatureNotAvailable):
        scheduler.parse_output()
