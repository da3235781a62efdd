"""Work chains of AiiDA 0.10, run by a worker."""

import pytest

from aiida import orm
from aiida.engine import submit
from aiida.orm.backend import get_store

pytestmark = [
    pytest.mark.filterwarnings('ignore::aiida.common.warnings.AiidaDeprecationWarning'),
    pytest.mark.filterwarnings('ignore:.*daemon.*'),
]


@pytest.fixture
def legacy(worker):
    import worker_legacy

    return worker_legacy


def test_what_is_waited_for_survives_the_worker(worker, legacy, wait_until):
    worker.start()
    node = submit(legacy.Waiting)
    wait_until(lambda: node.process_state.value == 'waiting' and len(node.called) == 4)
    wait_until(lambda: get_store().read_run(node.pk).owner is None)
    not_waited_for, *awaited = node.called
    assert sorted(get_store().waiting_for(node.pk)) == sorted(child.pk for child in awaited)
    worker.stop()
    worker.start()
    for child in awaited:
        child.base.extras.set('go', True)
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok, node.exception
    assert node.outputs.number.value == 7
    assert not not_waited_for.is_terminated
    not_waited_for.base.extras.set('go', True)
    wait_until(lambda: not_waited_for.is_terminated)
    assert len(node.called) == 4


def test_beside_a_step(worker, legacy, wait_until):
    worker.start()
    node = submit(legacy.Beside)
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok, node.exception
    assert node.outputs.total.value == 5
    assert sorted(child.process_label for child in node.called) == ['Small', 'Small', 'make_data']


def test_a_work_chain_that_aborts_itself(worker, legacy, wait_until):
    worker.start()
    node = submit(legacy.Aborting)
    wait_until(lambda: node.is_terminated)
    assert node.is_killed
    assert node.process_status == 'Aborting: enough'
    wait_until(lambda: all(child.is_terminated for child in node.called))
    assert [child.is_killed for child in node.called] == [True]


def test_what_is_queued_with_a_pickle(worker, legacy, wait_until, tmp_path):
    from aiida.work.persistence import Persistence
    from aiida.work.run import queue_up

    storage = Persistence.create_from_basedir(tmp_path / 'pickles')
    pid = queue_up(legacy.Small, {'number': orm.Int(1)}, storage)
    node = orm.load_node(pid)
    assert node.process_state.value == 'created'
    assert [path.rpartition('/')[2] for path in storage.pickles()] == [f'{pid}.pickle']
    worker.start()
    wait_until(lambda: node.is_terminated)
    assert node.outputs.number.value == 2
    assert storage.load_all_processes() == []
    assert storage.pickles() == []
    assert (tmp_path / 'pickles' / 'finished' / f'{pid}.pickle').exists()
