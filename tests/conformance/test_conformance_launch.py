"""Rows I, J and M: launchers, runners, futures."""

import asyncio
import threading
import time

import pytest
from conformance_inventory import row
from conformance_processes import Adder, Counter, Stuck, add

from aiida import orm
from aiida.common.exceptions import InvalidOperation
from aiida.common.links import LinkType
from aiida.engine import (
    AiiDAPersister,
    InterruptableFuture,
    JobManager,
    ProcessFuture,
    Runner,
    WorkChain,
    await_processes,
    interruptable_task,
    run,
    run_get_node,
    run_get_pk,
    submit,
)
from aiida.engine.processes import control
from aiida.engine.runners import RUNNER
from aiida.engine.transports import TransportQueue
from aiida.plugins import CalculationFactory, DataFactory, ParserFactory, WorkflowFactory

pytestmark = pytest.mark.usefixtures('runner')


@row('I01', 'I02', 'I03', 'I06')
def test_launchers():
    results = run(Adder, x=orm.Int(1), y=orm.Int(2))
    assert results['sum'].value == 3
    assert set(results) == {'sum'}
    pair = run_get_node(Adder, x=orm.Int(1), y=orm.Int(2))
    results, node = pair
    assert isinstance(node, orm.WorkChainNode)
    assert (pair.result, pair.node) == (results, node)
    assert results['sum'].pk == node.outputs.sum.pk
    pair = run_get_pk(Adder, x=orm.Int(1), y=orm.Int(2))
    results, pk = pair
    assert orm.load_node(pk).outputs.sum.pk == results['sum'].pk
    assert pair.pk == pk


@row('I05')
def test_shortcuts():
    assert run.get_node(Adder, x=1, y=2)[1].is_finished_ok
    assert orm.load_node(run.get_pk(Adder, x=1, y=2)[1]).is_finished_ok
    assert run.get_node is run_get_node
    assert run.get_pk is run_get_pk


@row('I04', 'I06', 'M01', 'P24')
def test_submit(store):
    node = submit(Adder, x=orm.Int(1), y=orm.Int(2))
    assert isinstance(node, orm.WorkChainNode)
    assert node.is_stored
    assert node.process_state.value == 'created'
    assert not node.is_sealed
    assert [item.pid for item in AiiDAPersister().get_process_checkpoints(node.pk)] == [node.pk]
    assert store.read_run(node.pk) is not None


@row('I07', 'P5')
def test_what_launchers_take():
    inputs = {'x': orm.Int(1), 'y': orm.Int(2)}
    builder = Adder.get_builder()
    builder._update(inputs)
    assert run(Adder, **inputs)['sum'].value == 3
    assert run(Adder, inputs)['sum'].value == 3
    assert run(Adder, inputs=inputs)['sum'].value == 3
    assert run(builder)['sum'].value == 3
    assert run(Adder(inputs=inputs))['sum'].value == 3
    assert run(add, *inputs.values()).value == 3
    for launch in (run, run_get_node, run_get_pk):
        with pytest.raises((TypeError, ValueError)):
            launch(Adder, orm.Int(1), orm.Int(2))
        with pytest.raises(ValueError):
            launch(Adder, inputs, x=orm.Int(1))
        with pytest.raises(ValueError, match='process'):
            launch(lambda x: x, x=1)
    with pytest.raises(TypeError):
        submit(Adder, orm.Int(1), orm.Int(2))
    assert submit(Adder, inputs).process_state.value == 'created'
    assert submit(builder).process_state.value == 'created'
    assert submit(Adder(inputs=inputs)).process_state.value == 'created'


@row('I08', 'M03')
def test_what_submit_refuses():
    class Submits(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.outline(cls.only)

        def only(self):
            with pytest.raises(InvalidOperation, match=r'self\.submit'):
                submit(Adder, x=1, y=2)
            seen.append(self.submit(Adder, x=1, y=2))

    seen = []
    assert run_get_node(Submits).node.is_finished_ok
    assert seen[0].caller is not None
    with pytest.raises(InvalidOperation, match='store_provenance'):
        submit(Adder, x=1, y=2, metadata={'store_provenance': False})


@row('I04')
def test_waiting_for_what_has_ended():
    nodes = [run_get_node(Adder, x=1, y=2).node for _ in range(2)]
    started = time.monotonic()
    await_processes(nodes, wait_interval=60)
    assert time.monotonic() - started < 30


@row('J01')
def test_runner(runner):
    with Runner(poll_interval=0.1, persister=AiiDAPersister()) as made:
        assert made.is_closed() is False
        assert isinstance(made.transport, TransportQueue)
        assert isinstance(made.job_manager, JobManager)
        assert isinstance(made.persister, AiiDAPersister)
        assert (made.communicator, made.controller, made.is_daemon_runner) == (None, None, False)
        assert made.plugin_version_provider.get_version_info(Adder)['version']['core']
        assert isinstance(made.loop, asyncio.AbstractEventLoop)
        process = made.instantiate_process(Adder, x=orm.Int(1), y=orm.Int(2))
        assert (process.runner, process.node.process_state.value) == (made, 'created')
        assert made.run(process)['sum'].value == 3
        assert made.run_get_node(Adder, x=1, y=2).node.is_finished_ok
        assert orm.load_node(made.run_get_pk(Adder, x=1, y=2).pk).is_finished_ok
    assert made.is_closed() is True
    assert (Runner._persister, Runner._communicator, Runner._controller, Runner._closed) == (None, None, None, False)


@row('J01')
def test_scheduling_and_waiting(runner):
    nodes = [runner.schedule(Counter, x=orm.Int(2)), runner.submit(Adder, x=1, y=2)]
    ended = []
    for node in nodes:
        runner.call_on_process_finish(node.pk, lambda pk=node.pk: (ended.append(pk), len(ended) == 2 and runner.stop()))
    runner.loop.call_later(10, runner.stop)
    runner.start()
    assert sorted(ended) == sorted(node.pk for node in nodes)
    assert all(node.is_finished_ok for node in nodes)
    future = asyncio.Future(loop=runner.loop)
    runner.loop.call_soon(future.set_result, 5)
    assert runner.run_until_complete(future) == 5


@row('J01')
def test_what_a_runner_refuses(runner):
    with pytest.raises(InvalidOperation):
        runner.submit(CalculationFactory('core.arithmetic.add'), metadata={'dry_run': True})
    for wrong in (5, lambda: None, orm.Int):
        with pytest.raises(ValueError, match='Process'):
            runner.instantiate_process(wrong)


@row('J02', 'J08')
def test_future_of_a_process(runner):
    node = runner.schedule(Counter, x=orm.Int(2))
    future = ProcessFuture(node.pk, loop=runner.loop, poll_interval=0.01)
    assert not future.done()
    found = runner.run_until_complete(future)
    assert found.pk == node.pk
    assert found.is_finished_ok
    again = runner.get_process_future(node.pk)
    assert runner.run_until_complete(again).pk == node.pk
    with pytest.raises(ValueError):
        ProcessFuture(node.pk, loop=runner.loop)


@row('J02', 'J08')
def test_news_of_a_process(runner):
    import kiwipy

    communicator = kiwipy.LocalCommunicator()
    process = Stuck()
    future = ProcessFuture(process.pid, loop=runner.loop, communicator=communicator)

    async def tell():
        await asyncio.sleep(0)
        assert not future.done()
        process.kill()
        communicator.broadcast_send(None, sender=process.pid, subject='state_changed.waiting.killed')
        return await asyncio.wait_for(future, 5)

    assert runner.loop.run_until_complete(tell()).pk == process.pid


@row('J02')
def test_a_future_stops_to_listen(runner):
    import kiwipy

    communicator = kiwipy.LocalCommunicator()
    process = Stuck()
    future = ProcessFuture(process.pid, loop=runner.loop, communicator=communicator)
    assert len(communicator._broadcast_subscribers) == 1
    process.kill()
    future.cleanup()
    assert len(communicator._broadcast_subscribers) == 0
    assert future._filtered is None


@row('J03')
def test_interruptable_future(runner):
    async def go():
        future = InterruptableFuture()
        assert isinstance(future, asyncio.Future)
        assert await future.with_interrupt(asyncio.sleep(0, 'done')) == 'done'
        asyncio.get_running_loop().call_later(0.01, future.interrupt, RuntimeError('stop'))
        with pytest.raises(RuntimeError, match='stop'):
            await future.with_interrupt(asyncio.sleep(10))

    runner.loop.run_until_complete(go())


@row('J04')
def test_interruptable_task(runner):
    async def works(future):
        assert isinstance(future, InterruptableFuture)
        await asyncio.sleep(0)
        return 'done'

    async def fails(future):
        raise ValueError('on purpose')

    async def sleeps(future):
        await future.with_interrupt(asyncio.sleep(10))

    assert runner.loop.run_until_complete(interruptable_task(works, runner.loop)) == 'done'
    with pytest.raises(ValueError, match='on purpose'):
        runner.loop.run_until_complete(interruptable_task(fails, runner.loop))
    task = interruptable_task(sleeps, runner.loop)
    runner.loop.call_later(0.01, task.interrupt, RuntimeError('stop'))
    with pytest.raises(RuntimeError, match='stop'):
        runner.loop.run_until_complete(task)


@row('J05')
def test_one_runner_per_interpreter():
    class Inner(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.outline(cls.only)

        def only(self):
            seen.append(self.runner)
            run(Adder, x=1, y=2)

    class Outer(Inner):
        def only(self):
            seen.append(self.runner)
            run(Inner)

    seen = []
    assert run_get_node(Outer).node.is_finished_ok
    assert seen[0] is seen[1]


@row('J09')
def test_transport_queue(computer, runner):
    """Those who ask for the same computer get the same connection."""

    async def go():
        async with queue.request_transport(authinfo) as first, queue.request_transport(authinfo) as second:
            one, two = await asyncio.gather(first, second)
            assert one is two
            assert one.is_open
        return one

    queue, authinfo = runner.transport, computer.get_authinfo(orm.User.collection.get_default())
    transport = runner.loop.run_until_complete(go())
    assert not transport.is_open


@row('M01')
def test_run_blocks():
    node = run_get_node(Counter, x=3).node
    assert node.is_terminated
    assert node.is_sealed


@row('M02', 'P12', 'P14')
def test_metadata():
    class Calls(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.outline(cls.only)

        def only(self):
            self.submit(Adder, x=1, y=2, metadata={'call_link_label': 'addition'})

    metadata = {'label': 'a label', 'description': 'a description'}
    node = run_get_node(Adder, x=1, y=2, metadata=metadata).node
    assert (node.label, node.description) == ('a label', 'a description')
    assert sorted(node.base.links.get_incoming().all_link_labels()) == ['x', 'y']
    node = run_get_node(Calls).node
    assert node.base.links.get_outgoing(link_type=LinkType.CALL_WORK).one().link_label == 'addition'
    for wrong in ({'label': 5}, {'no_such': 1}):
        with pytest.raises(ValueError, match='metadata'):
            run(Adder, x=1, y=2, metadata=wrong)


@row('M03')
def test_without_provenance():
    results, node = run_get_node(Adder, x=1, y=2, metadata={'store_provenance': False})
    assert results['sum'].value == 3
    assert not node.is_stored
    assert orm.QueryBuilder().append(orm.Node).count() == 0


@row('M04', 'P23')
def test_only_data_is_linked():
    class Gives(WorkChain):
        value = None

        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.input('x', required=False)
            spec.output('y', required=False)
            spec.outline(cls.only)

        def only(self):
            if self.value is not None:
                self.out('y', self.value)

    finished = run_get_node(Adder, x=1, y=2).node
    for wrong in (5, 'text', [1], finished):
        process = type('Gives', (Gives,), {'value': wrong})()
        with pytest.raises((TypeError, ValueError), match='y'):
            run(process)
        assert process.node.is_excepted
    with pytest.raises((TypeError, ValueError)):
        run(Gives, x=finished)


@row('M05', 'P30', 'M08')
def test_factories(bash):
    job_class = CalculationFactory('core.arithmetic.add')
    assert job_class.__name__ == 'ArithmeticAddCalculation'
    assert {'x', 'y', 'code'} <= set(job_class.spec().inputs)
    assert job_class.spec().inputs['x'].valid_type in (orm.Int, (orm.Int, orm.Float))
    assert WorkflowFactory('core.arithmetic.multiply_add').__name__ == 'MultiplyAddWorkChain'
    assert DataFactory('core.int') is orm.Int
    assert ParserFactory('core.arithmetic.add').__name__ == 'ArithmeticAddParser'
    result, node = run.get_node(job_class, code=bash, x=orm.Int(1), y=orm.Int(2))
    assert result['sum'].value == 3
    assert node.is_finished_ok


@row('M05')
def test_older_names_of_plugins():
    with pytest.warns(Warning, match='core.arithmetic.add'):
        assert CalculationFactory('arithmetic.add').__name__ == 'ArithmeticAddCalculation'


@row('I04', 'M01')
def test_waiting_in_submit(runner):
    """Submit with ``wait`` returns once the process is terminated."""

    def kill():
        time.sleep(0.15)
        with Runner() as other, RUNNER.override(other):
            control.kill_processes(control.get_active_processes())

    started = time.monotonic()
    thread = threading.Thread(target=kill)
    thread.start()
    node = submit(Adder, x=1, y=2, wait=True, wait_interval=0.05)
    thread.join()
    assert node.is_killed
    assert 0.1 < time.monotonic() - started < 5


@row('M04')
def test_a_workflow_gives_only_what_is_stored():
    class Creates(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.output('y')
            spec.outline(cls.only)

        def only(self):
            self.out('y', orm.Int(1))

    with pytest.raises(ValueError, match='stored'):
        run(Creates)


@row('M02')
def test_what_is_noted_of_programs_and_plugins():
    node = add.run_get_node(1, 2)[1]
    versions = node.base.attributes.get('version')
    assert set(versions) == {'core', 'plugin'} or set(versions) == {'core'}
    assert node.process_type == 'conformance_processes.add'
    assert run_get_node(Adder, x=1, y=2).node.base.attributes.get('version')['core'] == versions['core']


@row('M05')
@pytest.mark.parametrize('name', ['core.arithmetic.add', 'core.templatereplacer', 'core.transfer'])
def test_jobs_that_come_with_the_package(name):
    assert CalculationFactory(name).get_builder().process_class is CalculationFactory(name)


@row('M05', 'E10')
@pytest.mark.parametrize('name', ['core.stash', 'core.unstash'])
def test_jobs_that_stash(name):
    assert CalculationFactory(name).get_builder().process_class is CalculationFactory(name)
