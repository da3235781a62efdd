"""Rows E: jobs."""

import asyncio
import inspect
import io
import os
import time
from abc import ABC
from itertools import pairwise

import conformance_jobs
import pytest
from conformance_inventory import row
from conformance_jobs import Copies, NeedsLines, Script, ScriptParser, Several

from aiida import orm
from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.common.exceptions import InvalidOperation
from aiida.engine import CalcJob, CalcJobImporter, ExitCode, JobManager, WorkChain, run, run_get_node, submit
from aiida.engine.processes.calcjobs import tasks
from aiida.engine.processes.calcjobs.manager import JobsList
from aiida.engine.transports import TransportQueue
from aiida.manage.caching import enable_caching
from aiida.schedulers.datastructures import JobInfo, JobState
from aiida.schedulers.plugins.direct import DirectScheduler
from aiida.transports.plugins.local import LocalTransport

pytestmark = pytest.mark.usefixtures('runner')


@pytest.fixture(autouse=True)
def plugins(monkeypatch):
    """The parser and the monitors of ``conformance_jobs`` are found by name, beside those that are registered."""
    from aiida.plugins import entry_point, factories

    right = entry_point.load_entry_point

    def load(group, name):
        if group in ('aiida.parsers', 'aiida.calculations.monitors') and hasattr(conformance_jobs, name):
            return getattr(conformance_jobs, name)
        return right(group, name)

    monkeypatch.setattr(entry_point, 'load_entry_point', load)
    monkeypatch.setattr(factories, 'load_entry_point', load, raising=False)


def job(code, script='echo one two', parser='ScriptParser', options=None, metadata=None, **inputs):
    """Run a script and return the node."""
    given = {'options': {'parser_name': parser, **(options or {})}, **(metadata or {})}
    return run_get_node(Script, code=code, script=script, metadata=given, **inputs).node


@row('E01', 'E05', 'E12')
def test_a_job_from_start_to_end(bash):
    node = job(bash)
    assert node.is_finished_ok
    assert node.res.words == ['one', 'two']
    assert sorted(node.base.links.get_incoming().all_link_labels()) == ['code', 'keep', 'script']
    assert sorted(node.base.links.get_outgoing().all_link_labels()) == ['lines', 'remote_folder', 'retrieved']
    assert sorted(node.outputs.retrieved.list_object_names()) == [
        '_scheduler-stderr.txt',
        '_scheduler-stdout.txt',
        'out',
    ]
    assert os.path.exists(f'{node.get_remote_workdir()}/_aiidasubmit.sh')
    assert node.get_state() is None
    assert node.computer == bash.computer


@row('E01')
def test_members():
    assert (CalcJob._node_class, CalcJob.link_label_retrieved) == (orm.CalcJobNode, 'retrieved')
    assert CalcJob.terminate(ExitCode(5)) == ExitCode(5)
    with pytest.raises(AttributeError):
        CalcJob.get_exit_statuses(['ERROR_NO_SUCH'])
    assert CalcJob.get_exit_statuses(['ERROR_NO_RETRIEVED_FOLDER']) == [100]


@row('E01')
def test_the_class_itself_is_not_run(bash):
    with pytest.raises((InvalidOperation, NotImplementedError)):
        run(CalcJob, code=bash, metadata={'options': {'resources': {'num_machines': 1}}})


@row('E05')
def test_states_of_a_job(bash, monkeypatch):
    seen = []
    right = orm.CalcJobNode.set_state

    def note(self, state):
        seen.append(state.value)
        return right(self, state)

    monkeypatch.setattr(orm.CalcJobNode, 'set_state', note)
    job(bash)
    assert list(dict.fromkeys(seen)) == ['uploading', 'submitting', 'withscheduler', 'retrieving', 'parsing']


@row('E05')
def test_trouble_is_tried_again_and_then_pauses(runner, bash, monkeypatch):
    values = {tasks.RETRY_INTERVAL_OPTION: 0.02, tasks.MAX_ATTEMPTS_OPTION: 3}
    monkeypatch.setattr(tasks, 'get_option_value', lambda name, default=None: values.get(name, default))
    node = runner.submit(Script, code=bash, script='echo one')
    process = runner.live_process(node.pk)
    moments = []

    def fail(*_, **__):
        moments.append(time.monotonic())
        raise OSError('the network is down')

    async def live():
        with monkeypatch.context() as patch:
            patch.setattr(LocalTransport, 'put', fail)
            while not process.paused:
                await asyncio.sleep(0.005)
        assert orm.load_node(node.pk).paused
        assert 'upload' in orm.load_node(node.pk).process_status
        process.play()
        while not process.has_terminated():
            await asyncio.sleep(0.005)

    runner.loop.run_until_complete(asyncio.wait_for(live(), 20))
    assert len(moments) == 3
    first, second = (later - earlier for earlier, later in pairwise(moments))
    assert first >= 0.019
    assert second >= 0.039
    assert orm.load_node(node.pk).is_finished_ok


@row('E06')
def test_options():
    options = CalcJob.spec_options
    assert {
        *('input_filename', 'output_filename', 'submit_script_filename', 'scheduler_stdout', 'scheduler_stderr'),
        *('resources', 'max_wallclock_seconds', 'custom_scheduler_commands', 'queue_name', 'rerunnable', 'account'),
        *('qos', 'withmpi', 'mpirun_extra_params', 'import_sys_environment', 'environment_variables'),
        *('environment_variables_double_quotes', 'priority', 'max_memory_kb', 'prepend_text', 'append_text'),
        *('parser_name', 'additional_retrieve_list', 'stash', 'unstash'),
    } <= set(options)
    assert options['submit_script_filename'].default == '_aiidasubmit.sh'
    assert options['resources'].required
    assert [name for name, port in options.items() if port.required and name != 'resources'] == []
    assert {'dry_run', 'computer', 'options'} <= set(CalcJob.spec_metadata)
    assert {'target_base', 'source_list', 'stash_mode'} <= set(options['stash'])
    assert all(port.help for port in options.values())


@row('E06')
def test_options_are_used(bash):
    node = job(
        bash,
        'echo $ONE $TWO; echo extra > extra',
        options={
            'environment_variables': {'ONE': 'one'},
            'prepend_text': 'export TWO=two',
            'append_text': 'echo after >> out',
            'additional_retrieve_list': ['extra'],
            'submit_script_filename': 'job.sh',
            'scheduler_stdout': 'stdout.txt',
            'scheduler_stderr': 'stderr.txt',
            'custom_scheduler_commands': '# mine',
        },
    )
    assert node.res.words == ['one', 'two', 'after']
    assert sorted(node.outputs.retrieved.list_object_names()) == ['extra', 'out', 'stderr.txt', 'stdout.txt']
    assert '# mine' in node.base.repository.get_object_content('job.sh')
    assert node.get_option('environment_variables') == {'ONE': 'one'}
    assert 'custom_scheduler_commands' in node.get_options()


@row('E06')
def test_options_hold_what_the_computer_has_by_default(bash):
    given = {'num_machines': 1, 'num_cores_per_mpiproc': 2}
    node = job(bash, 'echo $OMP_NUM_THREADS', options={'resources': given})
    assert node.get_option('resources') == {**given, 'num_mpiprocs_per_machine': 1}
    assert given == {'num_machines': 1, 'num_cores_per_mpiproc': 2}
    assert node.get_metadata_inputs()['metadata']['options']['resources'] == given
    assert node.res.words == ['2']


@row('E06')
def test_a_job_with_a_computer_of_its_own_can_be_restarted(bash):
    node = job(bash, metadata={'computer': bash.computer, 'label': 'first'}, options={'queue_name': None})
    builder = node.get_builder_restart()
    assert builder.metadata.label == 'first'
    assert 'queue_name' not in node.get_metadata_inputs()['metadata']['options']
    assert run_get_node(builder).node.is_finished_ok


@row('E06')
def test_output_and_errors_in_one_file(bash):
    node = job(bash, 'echo bad >&2', options={'scheduler_stdout': 'both', 'scheduler_stderr': 'both'})
    assert node.outputs.retrieved.get_object_content('both') == 'bad\n'
    assert node.get_retrieve_list().count('both') == 1


@row('E12')
def test_every_parser_has_a_temporary_folder(bash, monkeypatch):
    seen = []
    right = ScriptParser.parse

    def parse(self, **kwargs):
        seen.append((kwargs['retrieved_temporary_folder'], os.listdir(kwargs['retrieved_temporary_folder'])))
        return right(self, **kwargs)

    monkeypatch.setattr(ScriptParser, 'parse', parse)
    assert job(bash).is_finished_ok
    assert seen[0][1] == []
    assert not os.path.exists(seen[0][0])


@row('E06', 'A18')
@pytest.mark.parametrize(
    ('options', 'named'),
    [
        ({'resources': {}}, 'resources'),
        ({'resources': {'no_such': 1}}, 'resources|no_such'),
        ({'max_wallclock_seconds': 'a'}, 'max_wallclock_seconds'),
        ({'parser_name': 'no.such'}, r'no\.such'),
        ({'parser_name': ''}, 'parser_name'),
        ({'additional_retrieve_list': ['/absolute']}, 'absolute|relative'),
        ({'no_such': 1}, 'no_such'),
        ({'withmpi': 'yes'}, 'withmpi'),
    ],
)
def test_options_that_are_refused(bash, options, named):
    with pytest.raises(ValueError, match=named):
        run(Script, code=bash, script='', metadata={'options': options})
    assert orm.QueryBuilder().append(orm.ProcessNode).count() == 0


@row('E07')
def test_dry_run(bash, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    metadata = {'dry_run': True}
    node = run_get_node(Script, code=bash, script='echo one', metadata=metadata).node
    assert not node.is_stored
    info = node.dry_run_info
    assert os.path.isabs(info['folder'])
    assert info['script_filename'] == '_aiidasubmit.sh'
    assert {'_aiidasubmit.sh', 'in.sh'} <= set(os.listdir(info['folder']))
    assert not os.path.exists(bash.computer.get_workdir())
    assert not submit(Script, code=bash, script='echo one', metadata=metadata).is_stored
    assert orm.QueryBuilder().append(orm.ProcessNode).count() == 0


@row('E02', 'E08')
def test_import(bash, tmp_path):
    assert issubclass(CalcJobImporter, ABC)
    assert isinstance(inspect.getattr_static(CalcJobImporter, 'parse_remote_data'), staticmethod)
    with pytest.raises(TypeError):
        CalcJobImporter()
    (tmp_path / 'aiida.in').write_text('echo $((3 + 4))\n')
    (tmp_path / 'aiida.out').write_text('7\n')
    remote = orm.RemoteData(computer=bash.computer, remote_path=str(tmp_path))
    importer = ArithmeticAddCalculation.get_importer()
    assert isinstance(importer, CalcJobImporter)
    inputs = importer.parse_remote_data(remote)
    assert {name: node.value for name, node in inputs.items()} == {'x': 3, 'y': 4}
    results, node = run_get_node(ArithmeticAddCalculation, code=bash, remote_folder=remote, **inputs)
    assert (results['sum'].value, node.is_imported, node.exit_status) == (7, True, 0)
    assert node.get_job_id() is None
    with pytest.raises(Exception, match='no_such'):
        ArithmeticAddCalculation.get_importer('no_such')
    with pytest.raises(Exception, match='Script'):
        Script.get_importer()


@row('E03', 'E04')
def test_job_manager(computer):
    authinfo = computer.get_authinfo(orm.User.collection.get_default())
    queue = TransportQueue()
    manager = JobManager(queue)
    jobs = manager.get_jobs_list(authinfo)
    assert isinstance(jobs, JobsList)
    assert manager.get_jobs_list(authinfo) is jobs
    assert jobs.get_minimum_update_interval() == pytest.approx(0.1)
    assert jobs.last_updated is None
    assert JobsList(authinfo, queue, last_updated=5.0).last_updated == 5.0
    one, other = JobInfo({'job_state': JobState.RUNNING}), JobInfo({'job_state': JobState.DONE})
    assert JobsList._has_job_state_changed(one, other)
    assert JobsList._has_job_state_changed(None, other)
    assert not JobsList._has_job_state_changed(one, one)
    assert not JobsList._has_job_state_changed(None, None)


@pytest.fixture
def queue(computer, monkeypatch):
    """A scheduler that knows what it is told, and notes when it is asked."""

    class Queue(DirectScheduler):
        leaves_end_mark = False
        _features = {'can_query_by_user': False}
        asked = []
        states = {}

        def get_jobs(self, jobs=None, user=None, as_dict=False):
            self.asked.append((time.monotonic(), list(jobs)))
            return {
                name: JobInfo({'job_id': name, 'job_state': self.states[name]}) for name in jobs if name in self.states
            }

    monkeypatch.setattr(orm.Computer, 'get_scheduler', lambda self: Queue())
    return Queue


@row('E04', 'E13', 'P26')
def test_one_question_per_interval(computer, queue):
    authinfo = computer.get_authinfo(orm.User.collection.get_default())
    names = [str(number) for number in range(100)]
    queue.states = dict.fromkeys(names[:-1], JobState.RUNNING)

    async def follow(manager, name):
        with manager.request_job_info_update(authinfo, name) as future:
            first = await future
        if first is None:
            return None
        with manager.request_job_info_update(authinfo, name) as future:
            return (first.job_state, (await future).job_state)

    async def several():
        manager = JobManager(TransportQueue())
        running = [asyncio.create_task(follow(manager, name)) for name in names]
        await asyncio.sleep(0.35)
        queue.states = dict.fromkeys(names, JobState.DONE)
        return await asyncio.wait_for(asyncio.gather(*running), 10)

    started = time.monotonic()
    answers = asyncio.run(several())
    elapsed = time.monotonic() - started
    assert answers == [(JobState.RUNNING, JobState.DONE)] * 99 + [None]
    moments = [moment for moment, _ in queue.asked]
    assert all(later - earlier > 0.09 for earlier, later in pairwise(moments))
    assert 2 <= len(moments) <= elapsed / 0.1 + 2
    assert sorted(queue.asked[0][1]) == sorted(names)


MONITOR = 'touch ready; sleep 60'


@row('E09')
@pytest.mark.parametrize(
    ('monitor', 'status', 'message', 'retrieved'),
    [
        ({'entry_point': 'says_stop'}, 150, 'stop it', True),
        ({'entry_point': 'says_stop', 'kwargs': {'text': 'other'}}, 150, 'other', True),
        ({'entry_point': 'says_what_it_is_told'}, 150, 'as told', True),
        ({'entry_point': 'says_what_it_is_told', 'kwargs': {'retrieve': False, 'parse': False}}, 150, 'as told', False),
        (
            {'entry_point': 'says_what_it_is_told', 'kwargs': {'override_exit_code': False}},
            300,
            'the script says wrong',
            True,
        ),
    ],
)
def test_monitors(bash, monitor, status, message, retrieved):
    node = job(bash, f'echo wrong; {MONITOR}', monitors={'one': orm.Dict(monitor)})
    assert (node.exit_status, node.exit_message) == (status, message)
    assert ('retrieved' in node.outputs) is retrieved
    assert 'monitors__one' in node.base.links.get_incoming().all_link_labels()


@row('E09')
@pytest.mark.parametrize('action', ['disable-all', 'disable-self'])
def test_monitors_that_disable(bash, action):
    monitors = {'one': orm.Dict({'entry_point': 'says_what_it_is_told', 'kwargs': {'action': action}})}
    node = job(bash, 'touch ready; sleep 0.3; echo fine', monitors=monitors)
    assert node.is_finished_ok


@row('E09')
def test_order_of_monitors(store):
    from aiida.engine.processes.calcjobs.monitors import CalcJobMonitors

    given = {
        'b': {'entry_point': 'says_nothing'},
        'a': {'entry_point': 'says_nothing'},
        'c': {'entry_point': 'says_nothing', 'priority': 10, 'minimum_poll_interval': 5},
        'd': {'entry_point': 'says_nothing', 'disabled': True, 'priority': -1},
    }
    assert list(CalcJobMonitors({key: orm.Dict(value) for key, value in given.items()}).monitors) == [
        'c',
        'a',
        'b',
        'd',
    ]


@row('E09', 'A18')
def test_monitors_that_are_refused(bash):
    with pytest.raises(ValueError, match=r'monitors\.one'):
        job(bash, monitors={'one': orm.Dict({'entry_point': 'no_such'})})


@row('E10', 'P32')
def test_stash(bash, tmp_path):
    stash = {'target_base': str(tmp_path / 'stash'), 'source_list': ['kept*'], 'stash_mode': 'copy'}
    node = job(bash, 'echo one; touch kept1 kept2', options={'stash': stash})
    assert node.is_finished_ok
    put_aside = node.outputs.remote_stash
    assert isinstance(put_aside, orm.RemoteStashFolderData)
    assert put_aside.stash_mode.value == 'copy'
    assert sorted(os.listdir(put_aside.target_basepath)) == ['kept1', 'kept2']


@row('E10', 'P32')
@pytest.mark.parametrize(
    ('change', 'named'),
    [
        ({'target_base': 'relative'}, 'target_base'),
        ({'source_list': ['/absolute']}, 'source_list'),
        ({'stash_mode': 'no_such'}, 'stash_mode'),
        ({'stash_mode': None}, 'stash_mode'),
        ({'source_list': 'text'}, 'source_list'),
    ],
)
def test_stashing_that_is_refused(bash, change, named):
    stash = {'target_base': '/tmp/stash', 'source_list': ['a'], 'stash_mode': 'copy', **change}
    with pytest.raises(ValueError, match=named):
        job(bash, options={'stash': {key: value for key, value in stash.items() if value is not None}})


@row('E11', 'C09')
def test_caching(bash):
    first = job(bash)
    with enable_caching():
        second = job(bash)
        assert second.base.caching.get_cache_source() == first.uuid
        assert second.res.words == ['one', 'two']
        assert second.outputs.lines.pk != first.outputs.lines.pk
        wrong = job(bash, 'echo never')
        assert wrong.exit_status == 301
        assert job(bash, 'echo never').base.caching.is_created_from_cache is False
        fails = job(bash, 'echo wrong')
        again = job(bash, 'echo wrong')
    assert (again.exit_status, again.exit_message) == (300, 'the script says wrong')
    assert again.base.caching.get_cache_source() == fails.uuid
    assert job(bash, metadata={'disable_cache': True}).base.caching.is_created_from_cache is False


@row('E12')
@pytest.mark.parametrize(
    ('word', 'status'), [('fine', 0), ('zero', 0), ('wrong', 300), ('invalid', 10), ('unknown', 10)]
)
def test_what_a_parser_returns(bash, word, status):
    node = job(bash, f'echo {word}')
    assert node.exit_status == status


@row('E12')
def test_a_parser_that_returns_something_else(bash):
    with pytest.raises(ValueError, match='strange'):
        job(bash, 'echo strange')


@row('E12')
def test_what_a_parser_gets(bash):
    node = job(bash, 'echo fine; echo secret > look', look=orm.List(['look']))
    assert node.is_finished_ok
    assert set(ScriptParser.given) == {'retrieved', 'retrieved_temporary_folder'}
    assert not os.path.exists(ScriptParser.given['retrieved_temporary_folder'])
    assert 'look' not in node.outputs.retrieved.list_object_names()


@row('E12')
def test_without_a_parser(bash):
    node = run_get_node(Script, code=bash, script='echo one').node
    assert node.is_finished_ok
    assert 'lines' not in node.outputs


@row('P2')
def test_missing_output_of_a_job(bash, monkeypatch):
    metadata = {'options': {'parser_name': 'ScriptParser'}}
    monkeypatch.setattr(ScriptParser, 'parse', lambda self, **_: ExitCode(0))
    node = run_get_node(NeedsLines, code=bash, script='echo one', metadata=metadata).node
    assert (node.process_state.value, node.exit_status) == ('finished', 11)


@row('E01', 'F14')
def test_a_job_is_killed_with_its_work_chain(runner, bash):
    class Outer(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.input('code', valid_type=orm.AbstractCode)
            spec.outline(cls.launch)

        def launch(self):
            self.to_context(job=self.submit(Script, code=self.inputs.code, script='sleep 60'))

    process = Outer(inputs={'code': bash})

    async def kill():
        task = runner.start_task(process)
        while not (process.node.called and process.node.called[0].get_job_id()):
            await asyncio.sleep(0.01)
        process.kill('enough')
        await asyncio.wait_for(task, 10)
        while not process.node.called[0].is_terminated:
            await asyncio.sleep(0.01)

    runner.loop.run_until_complete(asyncio.wait_for(kill(), 20))
    node = process.node.called[0]
    assert node.is_killed
    for _ in range(100):
        if not _alive(node.get_job_id()):
            break
        time.sleep(0.02)
    assert not _alive(node.get_job_id())


def _alive(pid):
    try:
        with open(f'/proc/{pid}/stat') as handle:
            return handle.read().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False


@row('E06')
@pytest.mark.parametrize('mode', ['serial', 'parallel'])
def test_several_codes(bash, mode):
    node = run_get_node(Several, code=bash, parallel=orm.Bool(mode == 'parallel')).node
    content = node.outputs.retrieved.base.repository.get_object_content
    assert (content('out0'), content('out1')) == ('0\n', '1\n')
    script = node.base.repository.get_object_content('_aiidasubmit.sh')
    assert ('wait' in script.split()) is (mode == 'parallel')


@row('E06', 'E05')
def test_what_is_copied_and_retrieved(bash, tmp_path):
    (tmp_path / 'remote.txt').write_text('remote')
    (tmp_path / 'linked.txt').write_text('linked')
    remote = orm.RemoteData(computer=bash.computer, remote_path=str(tmp_path)).store()
    local = orm.SinglefileData(io.BytesIO(b'local'), filename='local.txt').store()
    node = run_get_node(Copies, code=bash, remote=remote, local=local).node
    workdir = node.get_remote_workdir()
    assert {'here.txt', 'in.sh', 'secret.txt', 'remote.txt', 'local.txt'} <= set(os.listdir(workdir))
    assert os.path.islink(f'{workdir}/linked.txt')
    names = sorted(
        f'{folder}/{name}'.removeprefix('./')
        for folder, _, files in node.outputs.retrieved.base.repository.walk()
        for name in files
    )
    assert [name for name in names if not name.startswith('_')] == ['here.txt', 'kept/c.txt', 'renamed.txt']
    kept = node.base.repository.list_object_names()
    assert 'secret.txt' not in kept
    assert 'in.sh' in kept


@row('E12', 'B05')
def test_nothing_was_retrieved(bash, monkeypatch):
    monkeypatch.setattr(orm.CalcJobNode, 'get_retrieved_node', lambda self: None)
    assert job(bash).exit_status == 100


@row('E08')
def test_import_without_a_code(computer, tmp_path):
    (tmp_path / 'out').write_text('one two')
    remote = orm.RemoteData(computer=computer, remote_path=str(tmp_path))
    node = run_get_node(
        Script, remote_folder=remote, script='', metadata={'options': {'parser_name': 'ScriptParser'}}
    ).node
    assert (node.res.words, node.is_imported, node.computer.pk) == (['one', 'two'], True, computer.pk)
    assert node.outputs.remote_folder.get_remote_path() == str(tmp_path)


@row('E06', 'H03')
def test_builder_of_a_code(computer):
    code = orm.InstalledCode(
        label='add', computer=computer, filepath_executable='/bin/bash', default_calc_job_plugin='core.arithmetic.add'
    ).store()
    builder = code.get_builder()
    assert builder.process_class is ArithmeticAddCalculation
    assert builder.code.pk == code.pk
    builder.x, builder.y = 1, 2
    assert run(builder)['sum'].value == 3


@row('E06')
def test_a_job_needs_a_code_and_a_computer(store):
    with pytest.raises(ValueError, match='code'):
        run(Script, script='echo')
    code = orm.InstalledCode(
        label='x',
        computer=orm.Computer(
            label='unstored', hostname='localhost', transport_type='core.local', scheduler_type='core.direct'
        ).store(),
        filepath_executable='/bin/bash',
    )
    with pytest.raises(Exception, match=r'configured|AuthInfo|unstored'):
        run(Script, code=code, script='echo')
