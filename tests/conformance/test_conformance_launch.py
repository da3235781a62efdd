"""Rows I, J and M: launchers, runners, futures."""

import asyncio
import threading
import time

import pytest
from conformance_inventory import row
from conformance_processes import Adder, Counter, Stuck, add

from aiida import orm
from aiida.common.exceptions import InvalidOperation, NotExistent
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


@row('I01', 'I07')
def test_inputs_that_are_given_twice_or_as_something_else():
    x = orm.Int(1)
    builder = Adder.get_builder()
    builder.x = x
    assert run(builder, y=orm.Int(2))['sum'].value == 3
    assert run(builder, inputs={'y': orm.Int(3)})['sum'].value == 4
    for launch in (run, run_get_node, run_get_pk):
        with pytest.raises(ValueError, match='both `inputs` and `kwargs`'):
            launch(Adder, inputs={'x': x}, y=x)
        with pytest.raises(TypeError, match='given twice'):
            launch(Adder, {'x': x}, inputs={'y': x})
        for wrong in ('x', [1], 5):
            with pytest.raises(TypeError, match='inputs are given as a dictionary'):
                launch(Adder, inputs=wrong)
    with pytest.raises(ValueError, match='both `inputs` and `kwargs`'):
        submit(Adder, {'x': x}, y=x)
    with pytest.raises(TypeError, match='inputs are given as a dictionary'):
        submit(Adder, 'x')


@row('I01', 'I07', 'D06')
def test_functions_by_the_launchers():
    one, two = orm.Int(1), orm.Int(2)
    assert run(add, one, two).value == 3
    assert run(add, x=one, y=two).value == 3
    assert run(add, one, y=two).value == 3
    assert run(add, inputs={'x': one, 'y': two}).value == 3
    result, node = run_get_node(add, one, two)
    assert (result.value, node.process_label) == (3, 'add')
    assert orm.load_node(run_get_pk(add, one, two).pk).outputs.result.value == 3


@row('I01', 'I04', 'I07')
@pytest.mark.parametrize('wrong', [5, None, 'core.arithmetic.add', lambda x: x, orm.Int, orm.WorkChainNode])
def test_what_is_no_process(wrong):
    for launch in (run, run_get_node, run_get_pk, submit):
        with pytest.raises(ValueError, match='needs to be Process or ProcessBuilder'):
            launch(wrong, x=orm.Int(1))


@row('I07')
def test_instances():
    process = Adder(inputs={'x': 1, 'y': 2})
    first = run(process)
    assert first['sum'].value == 3
    assert run(process)['sum'].pk == first['sum'].pk
    with pytest.raises(ValueError, match='has its inputs already'):
        run(Adder(inputs={'x': 1, 'y': 2}), x=orm.Int(2))
    with pytest.raises(InvalidOperation, match='started already'):
        submit(process)
    with Runner() as other:
        foreign = Adder(inputs={'x': 1, 'y': 2}, runner=other)
        with pytest.raises(ValueError, match='another runner'):
            run(foreign)
        foreign.kill()


@row('I04', 'I08', 'P4')
def test_submitting_a_function_is_refused(runner):
    for launch in (submit, runner.submit, runner.schedule):
        with pytest.raises(TypeError, match='`add` cannot be submitted'):
            launch(add, x=orm.Int(1), y=orm.Int(2))


@row('I08', 'M03')
def test_what_is_not_stored_is_not_submitted(runner):
    builder = Adder.get_builder()
    builder._update({'x': 1, 'y': 2, 'metadata': {'store_provenance': False}})
    for launch in (submit, runner.submit):
        with pytest.raises(InvalidOperation, match='store_provenance'):
            launch(builder)
        with pytest.raises(InvalidOperation, match='store_provenance'):
            launch(Adder, x=1, y=2, metadata={'store_provenance': False})
    assert orm.QueryBuilder().append(orm.ProcessNode).count() == 0


@row('I01', 'J05')
def test_launching_in_threads():
    """Each thread has a runner and a loop of its own."""

    def work(number):
        try:
            total = run(Adder, x=orm.Int(number), y=orm.Int(0))['sum'].value
            total += run(Counter, x=orm.Int(2))['y'].value
            results.append(total + add(orm.Int(number), orm.Int(0)).value)
        except BaseException as exception:
            results.append(exception)

    results = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == [2, 4, 6, 8]


@row('I01', 'J05')
def test_launching_in_a_loop_that_runs():
    async def inner(number):
        await asyncio.sleep(0)
        results = run(Adder, x=orm.Int(number), y=orm.Int(1))
        return results['sum'].value + add(orm.Int(1), orm.Int(1)).value

    async def outer():
        with pytest.raises(ValueError, match='inputs'):
            run(Adder, x=orm.Str('a'), y=orm.Int(1))
        return await asyncio.gather(inner(1), inner(2))

    assert asyncio.run(outer()) == [4, 5]


@row('I01', 'J05')
def test_a_loop_that_is_cancelled_kills_what_it_runs():
    """As `asyncio.run` and notebooks pass Ctrl-C on."""

    async def main():
        threading.Timer(0.3, task.cancel).start()
        run(Stuck)

    loop = asyncio.new_event_loop()
    task = loop.create_task(main())
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()
    (node,) = orm.QueryBuilder().append(orm.WorkChainNode).all(flat=True)
    assert node.is_killed


@row('J01')
def test_a_runner_that_was_closed():
    made = Runner()
    made.close()
    made.close()
    assert made.is_closed()
    with pytest.raises(RuntimeError, match='closed'):
        made.run(Adder, x=1, y=2)
    assert orm.QueryBuilder().append(orm.ProcessNode).count() == 0


@row('J02')
def test_futures_of_what_does_not_exist_or_has_ended(runner):
    with pytest.raises(NotExistent):
        runner.get_process_future(4711)
    node = run_get_node(Adder, x=1, y=2).node
    future = runner.get_process_future(node.pk)
    assert future.done()
    assert future.result().pk == node.pk
    called = []
    runner.call_on_process_finish(node.pk, lambda: (called.append(1), runner.stop()))
    runner.loop.call_later(10, runner.stop)
    runner.start()
    assert called == [1]


@row('J02')
def test_a_future_that_is_cancelled_stops_to_look(runner):
    process = Stuck()
    future = runner.get_process_future(process.pid)

    async def go():
        await asyncio.sleep(0.02)
        future.cancel()
        await asyncio.sleep(0.02)
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert runner.loop.run_until_complete(go()) == []
    process.kill()


@row('J03', 'J04')
def test_interrupting_late_and_cancelling(runner):
    async def go():
        future = InterruptableFuture()
        assert await future.with_interrupt(asyncio.sleep(0, 1)) == 1
        future.interrupt(RuntimeError('before'))
        with pytest.raises(RuntimeError, match='before'):
            await future.with_interrupt(asyncio.sleep(10))

        async def fails():
            raise KeyError('its own')

        with pytest.raises(KeyError, match='its own'):
            await InterruptableFuture().with_interrupt(fails())
        task = interruptable_task(lambda interruptable: asyncio.sleep(10))
        await asyncio.sleep(0)
        task.interrupt(RuntimeError('stop'))
        with pytest.raises(RuntimeError, match='stop'):
            await task

    runner.loop.run_until_complete(asyncio.wait_for(go(), 10))


@row('J09')
def test_a_connection_that_fails(computer, runner, monkeypatch):
    """All who asked are told, and the next who asks gets a new connection."""

    async def go(good):
        async with queue.request_transport(authinfo) as first, queue.request_transport(authinfo) as second:
            return await asyncio.gather(first, second, return_exceptions=not good)

    queue, authinfo = runner.transport, computer.get_authinfo(orm.User.collection.get_default())
    cls = type(authinfo.get_transport())
    with monkeypatch.context() as patch:
        patch.setattr(cls, 'open', lambda self: (_ for _ in ()).throw(OSError('no route')))
        found = runner.loop.run_until_complete(asyncio.wait_for(go(False), 20))
    assert all('no route' in str(item) for item in found)
    found = runner.loop.run_until_complete(asyncio.wait_for(go(True), 20))
    assert found[0] is found[1]
