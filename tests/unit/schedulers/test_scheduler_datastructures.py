"""Resources of jobs and news about them."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from aiida.schedulers import (
    JobInfo,
    JobState,
    MachineInfo,
    NodeNumberJobResource,
    ParEnvJobResource,
    SchedulerError,
)
from aiida.schedulers.plugins.direct import DirectJobResource, DirectScheduler


@pytest.mark.parametrize('resource_class', [NodeNumberJobResource, DirectJobResource])
@pytest.mark.parametrize(
    ('given', 'machines', 'per_machine', 'total'),
    [
        ({'num_machines': 2, 'num_mpiprocs_per_machine': 3}, 2, 3, 6),
        ({'num_machines': 2, 'tot_num_mpiprocs': 4}, 2, 2, 4),
        ({'tot_num_mpiprocs': 4, 'num_mpiprocs_per_machine': 2}, 2, 2, 4),
        ({'num_machines': '2', 'num_mpiprocs_per_machine': '2'}, 2, 2, 4),
    ],
)
def test_the_third_count_is_worked_out(resource_class, given, machines, per_machine, total):
    resources = resource_class(**given)
    assert dict(resources) == {
        'num_machines': machines,
        'num_mpiprocs_per_machine': per_machine,
        'num_cores_per_machine': None,
        'num_cores_per_mpiproc': None,
        'tot_num_mpiprocs': total,
    }
    assert resources.get_tot_num_mpiprocs() == total


@pytest.mark.parametrize(
    ('given', 'message'),
    [
        ({}, 'At least two'),
        ({'num_machines': 1}, 'At least two'),
        ({'tot_num_mpiprocs': 5, 'num_mpiprocs_per_machine': 2}, 'is not equal'),
        ({'num_machines': 3, 'tot_num_mpiprocs': 4}, 'is not equal'),
        ({'num_machines': 3, 'tot_num_mpiprocs': 2}, 'is not equal'),
        ({'num_machines': 2, 'num_mpiprocs_per_machine': 2, 'tot_num_mpiprocs': 5}, 'is not equal'),
        ({'num_machines': 0, 'num_mpiprocs_per_machine': 2}, r'greater than or equal to 1, not 0'),
        ({'num_machines': 'a', 'num_mpiprocs_per_machine': 2}, "must be an integer when specified, not 'a'"),
        ({'num_machines': 1, 'num_mpiprocs_per_machine': 1, 'foo': 2}, 'not recognized: foo'),
    ],
)
def test_machines_refused(given, message):
    with pytest.raises(ValueError, match=message):
        NodeNumberJobResource(**given)


def test_parallel_environments():
    assert ParEnvJobResource(parallel_env='mpi', tot_num_mpiprocs=4).get_tot_num_mpiprocs() == 4
    assert not ParEnvJobResource.accepts_default_mpiprocs_per_machine()
    for given, message in [
        ({'tot_num_mpiprocs': 4}, 'parallel_env'),
        ({'parallel_env': 3, 'tot_num_mpiprocs': 4}, 'parallel_env'),
        ({'parallel_env': 'mpi'}, 'tot_num_mpiprocs'),
        ({'parallel_env': 'mpi', 'tot_num_mpiprocs': 0}, 'greater'),
        ({'parallel_env': 'mpi', 'tot_num_mpiprocs': 4, 'x': 1}, 'not recognized'),
    ]:
        with pytest.raises(ValueError, match=message):
            ParEnvJobResource(**given)


def test_what_may_be_given():
    assert NodeNumberJobResource.get_valid_keys() == [
        'num_machines',
        'num_mpiprocs_per_machine',
        'num_cores_per_machine',
        'num_cores_per_mpiproc',
        'tot_num_mpiprocs',
    ]
    assert NodeNumberJobResource.accepts_default_mpiprocs_per_machine()
    assert NodeNumberJobResource.accepts_default_memory_per_machine()
    assert not DirectJobResource.accepts_default_memory_per_machine()


def test_the_computer_fills_in_its_default():
    def preprocessed(default, **resources):
        DirectScheduler.preprocess_resources(resources, default)
        return resources

    assert preprocessed(4, num_machines=1) == {'num_machines': 1, 'num_mpiprocs_per_machine': 4}
    assert preprocessed(4, num_mpiprocs_per_machine=2)['num_mpiprocs_per_machine'] == 2
    assert preprocessed(4, num_machines=1, tot_num_mpiprocs=1) == {'num_machines': 1, 'tot_num_mpiprocs': 1}
    assert preprocessed(None, num_machines=1)['num_mpiprocs_per_machine'] is None
    assert DirectScheduler.create_job_resource(num_machines=1, tot_num_mpiprocs=1).num_mpiprocs_per_machine == 1
    assert DirectScheduler.job_resource_class is DirectJobResource
    with pytest.raises(ValueError, match='At least two'):
        DirectScheduler.validate_resources(num_machines=1)


def test_features_and_documentation():
    scheduler = DirectScheduler()
    assert scheduler.get_feature('can_query_by_user') is True
    with pytest.raises(NotImplementedError, match='telepathy'):
        scheduler.get_feature('telepathy')
    assert DirectScheduler.get_short_doc() == 'Run jobs at once, without a queue.'
    assert str(scheduler) == 'DirectScheduler'
    with pytest.raises(SchedulerError, match='set_transport'):
        _ = scheduler.transport


def test_news_travel_as_json():
    job = JobInfo({'job_id': '1', 'job_state': JobState.RUNNING, 'wallclock_time_seconds': 3})
    job.submission_time = datetime.datetime(2020, 1, 1, 1, 1, 1)
    job.finish_time = datetime.datetime(2020, 1, 1, 1, 1, 1, 5, tzinfo=ZoneInfo('Europe/Zurich'))
    job.allocated_machines = [MachineInfo({'name': 'a', 'num_cpus': 2})]
    assert job.get_dict() == {
        'job_id': '1',
        'job_state': 'running',
        'wallclock_time_seconds': 3,
        'submission_time': {'date': '2020-01-01T01:01:01.000000', 'timezone': None},
        'finish_time': {'date': '2020-01-01T00:01:01.000005', 'timezone': 'UTC'},
        'allocated_machines': [{'name': 'a', 'num_cpus': 2}],
    }
    loaded = JobInfo.load_from_serialized(job.serialize())
    assert loaded == job
    assert loaded.finish_time.tzinfo is datetime.UTC
    assert JobInfo.load_from_dict(job.get_dict()) == job
    assert job.exit_status is None
    with pytest.raises(ValueError, match='strange'):
        JobInfo.load_from_dict({'job_state': 'strange'})
    zoned = JobInfo.load_from_dict({'finish_time': {'date': '2020-01-01T01:01:01.0', 'timezone': 'Europe/Zurich'}})
    assert zoned.finish_time.hour == 2
    with pytest.raises(TypeError, match='JobState'):
        JobInfo({'job_state': 'running'}).serialize()
