"""Jobs that are looked after."""

import sys
import time

import pytest
from scripted_job import ScriptedJob

from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import run_get_node
from aiida.engine.processes.calcjobs.monitors import (
    CalcJobMonitor,
    CalcJobMonitorAction,
    CalcJobMonitorResult,
    CalcJobMonitors,
)
from aiida.orm import Dict, Int

CALLS = []


def quiet(node, transport):
    CALLS.append('quiet')


def message(node, transport, text='stop'):
    CALLS.append('message')
    return text


def only_once(node, transport):
    CALLS.append('only_once')
    return CalcJobMonitorResult(message='enough', action=CalcJobMonitorAction.DISABLE_SELF)


def silence(node, transport):
    CALLS.append('silence')
    return CalcJobMonitorResult(action=CalcJobMonitorAction.DISABLE_ALL)


def broken(node, transport):
    CALLS.append('broken')
    raise RuntimeError('the monitor is wrong')


def when_ready(node, transport, **flags):
    """Stop the job once its first line is written."""
    CALLS.append('when_ready')
    if transport.isfile(f'{node.get_remote_workdir()}/ready'):
        outputs = {'sum': Int(99)} if flags.pop('outputs', False) else None
        return CalcJobMonitorResult(message='it is ready', outputs=outputs, **flags)
    return None


def takes_nothing():
    pass


@pytest.fixture(autouse=True)
def monitors(monkeypatch):
    """Monitors are found in this module, the one that comes with the package where it is registered."""
    from aiida.plugins import entry_point

    here, right = sys.modules[__name__], entry_point.load_entry_point

    def load(group, name):
        return getattr(here, name) if group.endswith('.monitors') and hasattr(here, name) else right(group, name)

    monkeypatch.setattr(entry_point, 'load_entry_point', load)
    CALLS.clear()


@pytest.mark.parametrize(
    ('arguments', 'error', 'text'),
    [
        ({'entry_point': 'no.such'}, Exception, r'no\.such'),
        ({'entry_point': 'message', 'kwargs': {'loud': True}}, ValueError, 'loud'),
        ({'entry_point': 'takes_nothing'}, ValueError, 'transport'),
        ({'entry_point': 'quiet', 'minimum_poll_interval': 0}, ValueError, 'positive'),
        ({'entry_point': 'quiet', 'priority': 'a'}, TypeError, 'str'),
        ({'entry_point': 'quiet', 'disabled': 3}, TypeError, 'int'),
    ],
)
def test_monitors_refused(arguments, error, text):
    with pytest.raises(error, match=text):
        CalcJobMonitor(**arguments)


def test_results_refused():
    with pytest.raises(ValueError, match='`retrieve` is False and `parse` is True: give `parse=False`'):
        CalcJobMonitorResult(retrieve=False)
    with pytest.raises(TypeError):
        CalcJobMonitorResult(action='kill')


def made(**monitors):
    return CalcJobMonitors({key: Dict(arguments) for key, arguments in monitors.items()})


class Node:
    """As much of a job's record as the monitors need."""

    pk = 1

    class logger:  # noqa: N801
        said = []

        @classmethod
        def report(cls, *args):
            cls.said.append(args)

        exception = report


def test_the_order(store):
    monitors = made(b={'entry_point': 'quiet'}, a={'entry_point': 'quiet'}, c={'entry_point': 'quiet', 'priority': 10})
    assert list(monitors.monitors) == ['c', 'a', 'b']


def test_the_first_that_kills_is_the_last_that_is_called(store):
    monitors = made(
        a={'entry_point': 'quiet'},
        b={'entry_point': 'message', 'kwargs': {'text': 'no more'}},
        c={'entry_point': 'quiet'},
    )
    result = monitors.process(Node, None)
    assert (result.key, result.message, result.action) == ('b', 'no more', CalcJobMonitorAction.KILL)
    assert CALLS == ['quiet', 'message']


def test_disabling_and_trouble(store):
    monitors = made(
        a={'entry_point': 'only_once'},
        b={'entry_point': 'broken'},
        c={'entry_point': 'quiet', 'disabled': True},
    )
    assert [monitors.process(Node, None) for _ in range(2)] == [None, None]
    assert CALLS == ['only_once', 'broken', 'broken']
    CALLS.clear()
    monitors = made(a={'entry_point': 'silence'}, b={'entry_point': 'message'})
    assert [monitors.process(Node, None) for _ in range(2)] == [None, None]
    assert CALLS == ['silence']


def test_the_same_trouble_is_told_once(store, monkeypatch):
    said = []
    monkeypatch.setattr(Node.logger, 'exception', lambda *args: said.append(args))
    monitors = made(a={'entry_point': 'broken'}, b={'entry_point': 'broken'})
    for _ in range(3):
        monitors.process(Node, None)
    assert CALLS == ['broken'] * 6
    assert [key for _, key in said] == ['a', 'b']
    monkeypatch.setitem(globals(), 'broken', lambda node, transport: 1 / 0)
    monitors.process(Node, None)
    assert [key for _, key in said] == ['a', 'b', 'a', 'b']


def test_the_interval(store):
    monitors = made(a={'entry_point': 'quiet', 'minimum_poll_interval': 1})
    monitors.process(Node, None)
    monitors.process(Node, None)
    assert CALLS == ['quiet']


def job(bash, computer, script, monitors, **metadata):
    computer.set_minimum_job_poll_interval(0)
    started = time.monotonic()
    node = run_get_node(
        ScriptedJob, code=bash, setup=Dict({'write': {'in.sh': script}, 'retrieve_list': ['ready']}), monitors=monitors
    ).node
    assert time.monotonic() - started < 10
    return node


def test_a_job_is_stopped_and_its_files_retrieved(bash, computer):
    node = job(bash, computer, 'echo > ready; sleep 60\n', {'m': Dict({'entry_point': 'when_ready'})})
    assert (node.exit_status, node.exit_message) == (150, 'it is ready')
    assert 'ready' in node.outputs.retrieved.list_object_names()
    assert sorted(node.base.links.get_incoming().all_link_labels()) == ['code', 'monitors__m', 'setup']


def test_the_versions_of_monitors_are_noted(bash, computer, monkeypatch):
    monkeypatch.setitem(globals(), '__version__', '7.7')
    monitors = {name: Dict({'entry_point': 'quiet'}) for name in ('m', 'n')}
    node = job(bash, computer, 'true\n', monitors)
    assert node.base.attributes.get('version')['monitors'] == {'m': '7.7', 'n': '7.7'}
    assert 'core' in node.base.attributes.get('version')


def test_a_job_is_stopped_and_its_files_left(bash, computer):
    arguments = {'entry_point': 'when_ready', 'kwargs': {'retrieve': False, 'parse': False}}
    node = job(bash, computer, 'echo > ready; sleep 60\n', {'m': Dict(arguments)})
    assert node.exit_status == 150
    assert 'retrieved' not in node.outputs


def test_a_job_that_gives_no_cause_ends_as_it_would(bash, computer):
    node = job(bash, computer, 'sleep 0.4; echo fine\n', {'m': Dict({'entry_point': 'when_ready'})})
    assert node.is_finished_ok
    assert node.get_scheduler_stdout() == 'fine\n'
    assert len(CALLS) >= 3


@pytest.mark.parametrize(('override', 'status'), [(True, 150), (False, 320)])
def test_who_gives_the_exit_code(bash, computer, override, status):
    computer.set_minimum_job_poll_interval(0)
    arguments = {'entry_point': 'when_ready', 'kwargs': {'override_exit_code': override}}
    node = run_get_node(
        ArithmeticAddCalculation,
        code=bash,
        x=Int(1),
        y=Int(2),
        monitors={'m': Dict(arguments)},
        metadata={'options': {'sleep': 60, 'prepend_text': 'touch ready'}},
    ).node
    assert node.exit_status == status


def test_a_monitor_gives_outputs(bash, computer):
    computer.set_minimum_job_poll_interval(0)
    arguments = {'entry_point': 'when_ready', 'kwargs': {'outputs': True, 'parse': False}}
    results, node = run_get_node(
        ArithmeticAddCalculation,
        code=bash,
        x=Int(1),
        y=Int(2),
        monitors={'m': Dict(arguments)},
        metadata={'options': {'sleep': 60, 'prepend_text': 'touch ready'}},
    )
    assert node.exit_status == 150
    assert results['sum'].value == 99


def test_monitors_of_a_job_refused(bash):
    with pytest.raises(ValueError, match=r'`monitors\.m` is invalid'):
        run_get_node(
            ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2), monitors={'m': Dict({'entry_point': 'no.such'})}
        )


def test_the_one_that_comes_with_the_package(bash, computer, monkeypatch):
    from aiida.calculations.monitors.base import always_kill

    monkeypatch.setitem(globals(), 'always', always_kill)
    node = job(bash, computer, 'sleep 60\n', {'m': Dict({'entry_point': 'always'})})
    assert node.exit_status == 150
    assert '_aiidasubmit.sh' in node.exit_message
