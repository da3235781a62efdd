"""Who waits for a job notes when its queue is asked next, if that takes a while."""

import time

from scripted_job import ScriptedJob

from aiida.common.exceptions import StorageUnavailable
from aiida.common.polls import next_polls
from aiida.engine.processes.calcjobs import manager
from aiida.orm import Dict


def run(runner, bash, seconds):
    setup = Dict({'write': {'in.sh': f'sleep {seconds}; echo done\n'}})
    return runner.run_get_node(ScriptedJob, code=bash, setup=setup).node


def test_the_next_question_is_noted(runner, bash, monkeypatch):
    monkeypatch.setattr(manager, '_NOTED_AFTER', 0.05)
    bash.computer.set_minimum_job_poll_interval(30.0)
    before = time.time()
    assert run(runner, bash, 0.4).is_finished_ok
    ((owner, moment),) = next_polls(bash.backend, bash.computer.pk).items()
    assert owner == runner.owner
    assert before + 30 <= moment <= time.time() + 30


def test_what_is_over_soon_is_not_noted(runner, bash, monkeypatch):
    bash.computer.set_minimum_job_poll_interval(30.0)
    assert run(runner, bash, 0).is_finished_ok
    monkeypatch.setattr(manager, '_NOTED_AFTER', 0.05)
    bash.computer.set_minimum_job_poll_interval(1.0)
    assert run(runner, bash, 0.4).is_finished_ok
    assert next_polls(bash.backend, bash.computer.pk) == {}


def test_a_job_does_not_mind_if_that_fails(runner, bash, monkeypatch):
    failed = []

    def fail(*args):
        failed.append(args)
        raise StorageUnavailable('the database is locked')

    monkeypatch.setattr(manager, '_NOTED_AFTER', 0.05)
    monkeypatch.setattr(manager, 'note_next_poll', fail)
    bash.computer.set_minimum_job_poll_interval(30.0)
    assert run(runner, bash, 0.4).is_finished_ok
    assert failed


def test_the_time_of_the_next_question_is_that_of_the_database(runner, bash, monkeypatch):
    monkeypatch.setattr(manager, '_NOTED_AFTER', 0.05)
    bash.computer.set_minimum_job_poll_interval(30.0)
    store = bash.backend
    real = store.now
    monkeypatch.setattr(type(store), 'now', lambda _: real() + 3600)
    begun = store.now()
    assert run(runner, bash, 0.4).is_finished_ok
    (moment,) = next_polls(store, bash.computer.pk).values()
    assert begun + 30 <= moment <= store.now() + 30
