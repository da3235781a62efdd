"""Jobs from their inputs to their outputs, on this machine."""

import io
import json
import os

import pytest
from scripted_job import ScriptedJob

from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.calculations.transfer import TransferCalculation
from aiida.common.links import LinkType
from aiida.engine import run, run_get_node
from aiida.orm import (
    CalcJobNode,
    ContainerizedCode,
    Dict,
    FolderData,
    InstalledCode,
    Int,
    PortableCode,
    RemoteData,
    SinglefileData,
    Str,
)
from aiida.plugins import CalculationFactory

MAKE_FILES = 'mkdir -p d/e; for f in a.txt b.txt d/c.txt d/e/f.txt d/e/g.dat; do echo $f > $f; done\n'
SCHEDULER_FILES = ['_scheduler-stderr.txt', '_scheduler-stdout.txt']


def tree(node):
    """Return the paths of all files of a node."""
    return sorted(
        f'{root}/{name}'.removeprefix('./') for root, _, names in node.base.repository.walk() for name in names
    )


def retrieved(node):
    """Return the paths of the retrieved files without those of the scheduler."""
    return [path for path in tree(node.outputs.retrieved) if path not in SCHEDULER_FILES]


def on_disk(node, *names):
    return [os.path.join(node.get_remote_workdir(), name) for name in names]


def scripted(code, options=None, files=None, metadata=None, **setup):
    inputs = {'code': code, 'setup': Dict(setup), 'metadata': {'options': options or {}, **(metadata or {})}}
    if files:
        inputs['files'] = files
    return run_get_node(ScriptedJob, **inputs).node


class TestAddition:
    def test_result_and_record(self, bash):
        results, node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2))
        assert results['sum'].value == 3
        assert sorted(results) == ['remote_folder', 'retrieved', 'sum']
        assert node.is_finished_ok
        assert node.process_type == 'aiida.calculations:core.arithmetic.add'
        assert node.computer.uuid == bash.computer.uuid
        # The names of node 8 of the sample profile.
        assert set(node.base.attributes.all) == {
            *('process_state', 'process_label', 'input_filename', 'output_filename', 'submit_script_filename'),
            *('scheduler_stdout', 'scheduler_stderr', 'resources', 'custom_scheduler_commands', 'mpirun_extra_params'),
            *('import_sys_environment', 'environment_variables', 'environment_variables_double_quotes'),
            *('prepend_text', 'append_text', 'parser_name', 'metadata_inputs', 'version', 'retrieve_list'),
            *('retrieve_temporary_list', 'remote_workdir', 'job_id', 'last_job_info', 'scheduler_state'),
            *('scheduler_lastchecktime', 'detailed_job_info', 'exit_status', 'sealed'),
        }
        assert node.base.attributes.get('retrieve_list') == ['aiida.out', *reversed(SCHEDULER_FILES)]
        uuid = node.uuid
        assert node.get_remote_workdir().endswith(f'/scratch/{uuid[:2]}/{uuid[2:4]}/{uuid[4:]}')
        info = node.get_last_job_info()
        assert (info.job_id, info.job_state.value, info.exit_status) == (node.get_job_id(), 'done', 0)

    def test_links(self, bash):
        node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2)).node
        incoming = node.base.links.get_incoming().all()
        assert {(link.link_label, link.link_type) for link in incoming} == {
            (label, LinkType.INPUT_CALC) for label in ('code', 'x', 'y')
        }
        outgoing = node.base.links.get_outgoing().all()
        assert {(link.link_label, link.link_type, link.node.node_type) for link in outgoing} == {
            ('remote_folder', LinkType.CREATE, 'data.core.remote.RemoteData.'),
            ('retrieved', LinkType.CREATE, 'data.core.folder.FolderData.'),
            ('sum', LinkType.CREATE, 'data.core.int.Int.'),
        }
        assert node.outputs.remote_folder.get_remote_path() == node.get_remote_workdir()
        assert tree(node.outputs.retrieved) == [*SCHEDULER_FILES, 'aiida.out']

    def test_input_files(self, bash):
        node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(6), y=Int(5)).node
        content = node.base.repository.get_object_content
        assert tree(node) == ['.aiida/calcinfo.json', '.aiida/job_tmpl.json', '_aiidasubmit.sh', 'aiida.in']
        assert content('aiida.in') == 'echo $((6 + 5))\n'
        assert content('_aiidasubmit.sh').endswith("\n\n'/bin/bash' < 'aiida.in' > 'aiida.out'\n")
        assert content('.aiida/calcinfo.json') == (
            '{"codes_info": [{"stdin_name": "aiida.in", "stdout_name": "aiida.out", '
            f'"code_uuid": "{bash.uuid}"}}], '
            '"retrieve_list": ["aiida.out", "_scheduler-stdout.txt", "_scheduler-stderr.txt"], '
            f'"uuid": "{node.uuid}", "file_copy_operation_order": [2, 0, 1]}}'
        )
        assert content('.aiida/job_tmpl.json') == (
            f'{{"submit_as_hold": false, "rerunnable": false, "job_name": "aiida-{node.pk}", '
            '"sched_output_path": "_scheduler-stdout.txt", "shebang": "#!/bin/bash", '
            '"sched_error_path": "_scheduler-stderr.txt", "sched_join_files": false, "prepend_text": "", '
            '"append_text": "", "job_resource": {"num_machines": 1, "num_mpiprocs_per_machine": 1, '
            '"num_cores_per_machine": null, "num_cores_per_mpiproc": null, "tot_num_mpiprocs": 1}, '
            '"codes_info": [{"prepend_cmdline_params": [], "cmdline_params": ["/bin/bash"], '
            '"use_double_quotes": [false, false], "wrap_cmdline_params": false, "stdin_name": "aiida.in", '
            '"stdout_name": "aiida.out", "stderr_name": null, "join_files": false}], "codes_run_mode": 0, '
            '"import_sys_environment": true, "job_environment": {}, "environment_variables_double_quotes": false, '
            '"max_memory_kb": null}'
        )

    def test_exit_codes_of_the_parser(self, bash, computer, caplog):
        node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(-6), y=Int(5)).node
        assert (node.exit_status, node.outputs.sum.value) == (410, -1)
        assert node.exit_message == 'The sum of the operands is a negative number.'
        cat = InstalledCode(label='cat', computer=computer, filepath_executable='/bin/cat').store()
        node = run_get_node(ArithmeticAddCalculation, code=cat, x=Int(6), y=Int(5)).node
        assert node.exit_status == 320
        assert 'sum' not in node.outputs
        assert any('320' in message for message in caplog.messages)

    def test_a_program_that_does_not_exist(self, computer):
        code = InstalledCode(label='no', computer=computer, filepath_executable='/no/such/program').store()
        node = run_get_node(ArithmeticAddCalculation, code=code, x=Int(6), y=Int(5)).node
        assert node.exit_status == 320
        assert node.get_last_job_info().exit_status == 127
        assert '/no/such/program' in node.get_scheduler_stderr()
        assert node.get_scheduler_stdout() == ''

    def test_hit_in_the_cache(self, bash):
        from aiida.manage.caching import enable_caching

        first = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2)).node
        with enable_caching():
            results, node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2))
        assert node.base.caching.get_cache_source() == first.uuid
        assert results['sum'].value == 3
        assert node.is_finished_ok
        assert node.outputs.sum.uuid != first.outputs.sum.uuid
        assert sorted(node.base.links.get_outgoing().all_link_labels()) == ['remote_folder', 'retrieved', 'sum']
        assert node.get_remote_workdir() == first.get_remote_workdir()

    def test_failures_are_not_taken_from_the_cache(self, computer):
        from aiida.manage.caching import enable_caching

        cat = InstalledCode(label='cat', computer=computer, filepath_executable='/bin/cat').store()
        run_get_node(ArithmeticAddCalculation, code=cat, x=Int(1), y=Int(2))
        with enable_caching():
            node = run_get_node(ArithmeticAddCalculation, code=cat, x=Int(1), y=Int(2)).node
        assert not node.base.caching.is_created_from_cache


class TestRetrieval:
    @pytest.mark.parametrize(
        ('retrieve_list', 'expected'),
        [
            (['a.txt', 'd/c.txt', 'missing.txt'], ['a.txt', 'c.txt']),
            (['d'], ['d/c.txt', 'd/e/f.txt', 'd/e/g.dat']),
            (['*.txt', 'd/*'], ['a.txt', 'b.txt', 'c.txt', 'e/f.txt', 'e/g.dat']),
            ([('d/e/*.txt', '.', 0)], ['f.txt']),
            ([('d/e/*.txt', '.', 1)], ['f.txt']),
            ([('d/e/*.txt', '.', 2)], ['e/f.txt']),
            ([('d/e/*.txt', '.', 3)], ['d/e/f.txt']),
            ([('d/e/*.txt', '.', None)], ['d/e/f.txt']),
            ([('d/e/*.txt', 'target', 2)], ['target/e/f.txt']),
            ([('d/e/f.txt', '.', 0), ('d/c.txt', '.', 1)], ['c.txt', 'f.txt']),
            ([('d/e/f.txt', 'x/y', 2)], ['x/y/e/f.txt']),
            ([('d', 'x', 0)], ['x/c.txt', 'x/e/f.txt', 'x/e/g.dat']),
            ([('d', 'x', 1)], ['x/d/c.txt', 'x/d/e/f.txt', 'x/d/e/g.dat']),
            ([('d/e', '.', 1)], ['e/f.txt', 'e/g.dat']),
            ([('d/e', '.', 2)], ['d/e/f.txt', 'd/e/g.dat']),
            ([('d/e', '.', 2), ('d/c.txt', '.', 2)], ['d/c.txt', 'd/e/f.txt', 'd/e/g.dat']),
        ],
    )
    def test_directives(self, bash, retrieve_list, expected):
        node = scripted(bash, write={'in.sh': MAKE_FILES}, retrieve_list=retrieve_list)
        assert retrieved(node) == expected

    def test_what_the_user_adds(self, bash):
        node = scripted(
            bash,
            {'additional_retrieve_list': ['b.txt']},
            write={'in.sh': MAKE_FILES},
            retrieve_list=['a.txt'],
        )
        assert retrieved(node) == ['a.txt', 'b.txt']
        with pytest.raises(ValueError, match='relative'):
            scripted(bash, {'additional_retrieve_list': ['/b.txt']})

    def test_files_for_the_parser_only(self, bash):
        Template = CalculationFactory('core.templatereplacer')
        results, node = run_get_node(
            Template,
            code=bash,
            template=Dict(
                {
                    'input_file_template': 'echo {x}; echo first > t1; echo second > d/t2',
                    'input_file_name': 'in.sh',
                    'input_through_stdin': True,
                    'output_file_name': 'out',
                    'retrieve_temporary_files': ['t1', 'd/t2'],
                    'files_to_copy': [('nothing', 'd/empty')],
                }
            ),
            parameters=Dict({'x': 7}),
            files={'nothing': SinglefileData(io.BytesIO(b''), filename='nothing')},
            metadata={'options': {'resources': {'num_machines': 1}}},
        )
        assert node.is_finished_ok
        assert results['output_parameters'].get_dict() == {
            'value': 7,
            'retrieved_temporary_files': [['t1', 'first'], ['d/t2', 'second']],
        }
        assert node.res.value == 7
        assert retrieved(node) == ['out']


class TestUpload:
    def test_files_of_nodes(self, bash):
        folder = FolderData()
        folder.base.repository.put_object_from_bytes(b'1', 'p/q/r.txt')
        folder.base.repository.put_object_from_bytes(b'2', 's.txt')
        single = SinglefileData(io.BytesIO(b'single'), filename='single.txt')
        node = scripted(
            bash,
            files={'folder': folder, 'single': single},
            write={'in.sh': 'find . -name "*.txt" | sort\n', 'sub/own.txt': 'own'},
            local_copy_list=[
                ('single', 'single.txt', 'x.txt'),
                ('single', 'single.txt', 'n/m/x.txt'),
                ('single', 'single.txt', 'sub/y.txt'),
                ('folder', 'p', 'tp'),
                ('folder', '', 'all'),
                ('folder', 'p/q', '.'),
            ],
        )
        assert node.outputs.retrieved.get_object_content('_scheduler-stdout.txt').split() == [
            *('./_scheduler-stderr.txt', './_scheduler-stdout.txt', './all/p/q/r.txt', './all/s.txt', './n/m/x.txt'),
            *('./r.txt', './sub/own.txt', './sub/y.txt', './tp/q/r.txt', './x.txt'),
        ]
        # The files of other nodes are not kept twice.
        assert 'x.txt' not in tree(node)
        assert 'sub/own.txt' in tree(node)

    def test_the_later_wins(self, bash):
        single = SinglefileData(io.BytesIO(b'of the node'), filename='single.txt')
        setup = {
            'write': {'in.sh': 'cat x.txt', 'x.txt': 'of the plugin'},
            'local_copy_list': [('single', 'single.txt', 'x.txt')],
        }
        node = scripted(bash, files={'single': single}, **setup)
        assert node.get_scheduler_stdout() == 'of the node'
        node = scripted(bash, files={'single': single}, **setup, file_copy_operation_order=[0, 2, 1])
        assert node.get_scheduler_stdout() == 'of the plugin'

    @pytest.mark.parametrize('order', [[2, 0, 1], [0, 2, 1], [1, 0, 2]])
    def test_folders_are_merged(self, bash, order):
        folder = FolderData()
        folder.base.repository.put_object_from_bytes(b'1', 'sub/node')
        node = scripted(
            bash,
            files={'folder': folder},
            write={'in.sh': 'find sub -type f | sort', 'sub/plugin': '2'},
            local_copy_list=[('folder', 'sub', 'sub')],
            file_copy_operation_order=order,
        )
        assert node.get_scheduler_stdout().split() == ['sub/node', 'sub/plugin']

    def test_files_that_are_not_kept(self, bash):
        node = scripted(
            bash,
            write={'in.sh': 'ls big/x z', 'big/x': '1', 'z': '3', 'k/l': '4', 'k/m': '5'},
            provenance_exclude_list=['big', 'z', 'k/l'],
        )
        assert [path for path in tree(node) if not path.startswith(('.aiida', '_aiida'))] == ['in.sh', 'k/m']
        assert node.get_scheduler_stdout().split() == ['big/x', 'z']

    def test_files_on_the_computer(self, bash):
        source = scripted(bash, write={'in.sh': MAKE_FILES}).outputs.remote_folder
        node = scripted(
            bash,
            files={'source': source},
            write={'in.sh': 'cat a2.txt dd/c.txt f.txt new/b.txt link.txt dir/c.txt sub/link'},
            remote_copy_list=[
                ('source', 'a.txt', 'a2.txt'),
                ('source', 'd', 'dd'),
                ('source', 'd/e/*', '.'),
                ('source', 'b.txt', 'new/b.txt'),
                ('source', 'absent', 'absent'),
            ],
            remote_symlink_list=[
                ('source', 'a.txt', 'link.txt'),
                ('source', 'd', 'dir'),
                ('source', 'b.txt', 'sub/link'),
            ],
        )
        assert node.get_scheduler_stdout().split() == [
            *('a.txt', 'd/c.txt', 'd/e/f.txt', 'b.txt', 'a.txt', 'd/c.txt', 'b.txt')
        ]
        linked, copied = on_disk(node, 'link.txt', 'a2.txt')
        assert os.path.islink(linked)
        assert not os.path.islink(copied)

    def test_files_of_another_computer(self, bash, computer, tmp_path):
        from aiida.orm import Computer

        other = Computer(
            label='there',
            hostname='localhost',
            transport_type='core.local',
            scheduler_type='core.direct',
            workdir=str(tmp_path),
        ).store()
        other.configure(use_login_shell=False)
        (tmp_path / 'far').mkdir()
        (tmp_path / 'far' / 'file').write_text('far away')
        source = RemoteData(computer=other, remote_path=str(tmp_path / 'far'))
        node = scripted(
            bash, files={'s': source}, write={'in.sh': 'cat here'}, remote_copy_list=[('s', 'file', 'here')]
        )
        assert node.get_scheduler_stdout() == 'far away'

    def test_codes_that_travel(self, computer, tmp_path):
        (tmp_path / 'files' / 'lib').mkdir(parents=True)
        (tmp_path / 'files' / 'run.sh').write_text('#!/bin/sh\ncat lib/text\n')
        (tmp_path / 'files' / 'lib' / 'text').write_text('travelled')
        code = PortableCode(label='p', filepath_executable='run.sh', filepath_files=tmp_path / 'files').store()
        node = scripted(code, metadata={'computer': computer}, codes=[{}])
        assert node.get_scheduler_stdout() == 'travelled'
        assert node.base.repository.get_object_content('_aiidasubmit.sh').endswith("'./run.sh'\n")

    def test_what_a_plugin_may_not_say(self, bash):
        from aiida.engine.processes.calcjobs.tasks import PreSubmitException

        for setup, message in (
            ({'local_copy_list': 3}, 'int'),
            ({'retrieve_list': 'ab'}, 'retrieve_list'),
            ({'retrieve_list': [('a', 'b')]}, 'depth'),
            ({'file_copy_operation_order': [0, 1]}, 'file_copy_operation_order'),
            ({'write': {'../x': ''}}, 'limit|below|beyond'),
        ):
            with pytest.raises(PreSubmitException, match=message):
                scripted(bash, **{'write': {'in.sh': ''}, **setup})

    def test_a_folder_that_is_there_already_is_put_aside(self, bash):
        from aiida.engine.daemon import execmanager

        node = scripted(bash, write={'in.sh': 'true'})
        before = node.get_remote_workdir()
        fresh = CalcJobNode(computer=node.computer)
        fresh._record.uuid = node.uuid
        with node.get_transport() as transport:
            workdir = execmanager._make_working_directory(fresh, transport)
        assert str(workdir) == before
        assert os.listdir(workdir) == []
        base = os.path.join(*workdir.parts[:-3])
        assert 'in.sh' in os.listdir(os.path.join(base, 'lost+found', node.uuid))


def script_of(code, tmp_path, monkeypatch, options=None, metadata=None, inputs=None, **setup):
    """Return the script that a job would submit."""
    monkeypatch.chdir(tmp_path)
    given = {'code': code, 'setup': Dict(setup), **(inputs or {})}
    given['metadata'] = {'dry_run': True, 'options': options or {}, **(metadata or {})}
    node = run_get_node(ScriptedJob, **given).node
    assert not node.is_stored
    info = node.dry_run_info
    with open(os.path.join(info['folder'], info['script_filename'])) as handle:
        return handle.read()


HEAD = '#!/bin/bash\nexec > _scheduler-stdout.txt\nexec 2> _scheduler-stderr.txt\n\n\n'
CODE = {'cmdline_params': ['-a', 'x y'], 'stdin_name': 'i', 'stdout_name': 'o', 'stderr_name': 'e'}


class TestScript:
    def test_dry_run(self, bash, tmp_path, monkeypatch):
        text = script_of(bash, tmp_path, monkeypatch, codes=[CODE])
        assert text == f"{HEAD}'/bin/bash' '-a' 'x y' < 'i' > 'o' 2> 'e'\n"
        (folder,) = (tmp_path / 'submit_test').iterdir()
        assert sorted(os.listdir(folder)) == ['.aiida', '_aiidasubmit.sh']

    def test_mpi(self, bash, computer, tmp_path, monkeypatch):
        computer.set_mpirun_command(['mpirun', '-np', '{tot_num_mpiprocs}', '-N', '{num_machines}'])
        options = {
            'withmpi': True,
            'resources': {'num_machines': 2, 'num_mpiprocs_per_machine': 3},
            'mpirun_extra_params': ['-x', 'a b'],
        }
        text = script_of(bash, tmp_path, monkeypatch, options, codes=[CODE])
        assert text.removeprefix(HEAD).startswith("'mpirun' '-np' '6' '-N' '2' '-x' 'a b' '/bin/bash' '-a'")
        with_mpi = InstalledCode(label='m', computer=computer, filepath_executable='/x', with_mpi=True).store()
        assert "'-np' '1' '-N' '1' '/x'" in script_of(with_mpi, tmp_path, monkeypatch, codes=[{}])
        mixed = script_of(bash, tmp_path, monkeypatch, codes=[{}, {'withmpi': True}], codes_run_mode=0)
        assert mixed.removeprefix(HEAD) == "'/bin/bash'\n\n'mpirun' '-np' '1' '-N' '1' '/bin/bash'\n"

    def test_mpi_as_plugin_user_and_code_disagree(self, bash, computer, tmp_path, monkeypatch):
        with_mpi = InstalledCode(label='m', computer=computer, filepath_executable='/x', with_mpi=True).store()
        for code, codes, options in (
            (bash, [{'withmpi': False}], {'withmpi': True}),
            (with_mpi, [{}], {'withmpi': False}),
        ):
            with pytest.raises(RuntimeError, match='with or without MPI'):
                script_of(code, tmp_path, monkeypatch, options, codes=codes)

    def test_texts(self, computer, tmp_path, monkeypatch):
        computer.set_prepend_text('CPRE')
        computer.set_append_text('CAPP')
        code = InstalledCode(
            label='t', computer=computer, filepath_executable='/x', prepend_text='PRE', append_text='APP'
        ).store()
        options = {'prepend_text': 'OPRE', 'append_text': 'OAPP'}
        text = script_of(code, tmp_path, monkeypatch, options, codes=[{}], prepend_text='IPRE', append_text='IAPP')
        blocks = ['CPRE', 'PRE', 'IPRE', 'OPRE', "'/x'", 'OAPP', 'IAPP', 'APP', 'CAPP']
        assert text == HEAD + '\n\n'.join(blocks) + '\n'

    def test_quotes(self, computer, tmp_path, monkeypatch):
        computer.set_use_double_quotes(True)
        code = InstalledCode(label='q', computer=computer, filepath_executable='/my x').store()
        assert script_of(code, tmp_path, monkeypatch, codes=[CODE]).endswith(
            """'/my x' '-a' 'x y' < "i" > "o" 2> "e"\n"""
        )
        computer.set_use_double_quotes(False)
        code = InstalledCode(label='r', computer=computer, filepath_executable='/x', use_double_quotes=True).store()
        assert script_of(code, tmp_path, monkeypatch, codes=[CODE]).endswith(""""/x" "-a" "x y" < 'i' > 'o' 2> 'e'\n""")

    @pytest.mark.parametrize(
        ('command', 'wrap', 'line'),
        [
            (
                'docker run -i -v $PWD:/w {image_name} sh -c',
                True,
                """'docker' 'run' '-i' '-v' '$PWD:/w' 'alp:1' 'sh' '-c' "'/bin/sh' '-a' 'x y' < 'i' > 'o' 2> 'e'\"\n""",
            ),
            (
                'singularity exec --bind $PWD:$PWD {image_name}',
                False,
                """'singularity' 'exec' '--bind' '$PWD:$PWD' 'alp:1' '/bin/sh' '-a' 'x y' < 'i' > 'o' 2> 'e'\n""",
            ),
        ],
    )
    def test_containers(self, computer, tmp_path, monkeypatch, command, wrap, line):
        code = ContainerizedCode(
            label='c',
            computer=computer,
            engine_command=command,
            image_name='alp:1',
            filepath_executable='/bin/sh',
            wrap_cmdline_params=wrap,
        ).store()
        assert script_of(code, tmp_path, monkeypatch, codes=[CODE]) == HEAD + line
        with_mpi = script_of(code, tmp_path, monkeypatch, {'withmpi': True}, codes=[CODE])
        assert with_mpi == f"{HEAD}'mpirun' '-np' '1' {line}"

    def test_options_reach_the_template(self, bash):
        options = {
            'queue_name': 'q',
            'account': 'a',
            'qos': 's',
            'priority': 'p',
            'max_wallclock_seconds': 60,
            'max_memory_kb': 1024,
            'environment_variables': {'A': 'b'},
            'scheduler_stdout': 'same',
            'scheduler_stderr': 'same',
            'submit_script_filename': 'job.sh',
        }
        node = scripted(bash, options, write={'in.sh': 'echo $A; echo error >&2'})
        template = json.loads(node.base.repository.get_object_content('.aiida/job_tmpl.json'))
        expected = {
            **{name: options[name] for name in ('queue_name', 'account', 'qos', 'priority', 'max_wallclock_seconds')},
            'max_memory_kb': 1024,
            'job_environment': {'A': 'b'},
            'sched_join_files': True,
        }
        assert {name: template[name] for name in expected} == expected
        assert node.get_options()['queue_name'] == 'q'
        assert node.base.attributes.get('retrieve_list') == ['same']
        assert node.get_scheduler_stdout() == 'b\nerror\n'
        assert 'job.sh' in tree(node)


class TestInputs:
    def test_refused(self, bash, computer, tmp_path):
        from aiida.orm import Computer

        other = Computer(
            label='other',
            hostname='localhost',
            transport_type='core.local',
            scheduler_type='core.direct',
            workdir=str(tmp_path),
        ).store()
        portable = PortableCode(label='p', filepath_executable='x', filepath_files=_folder_with(tmp_path, 'x')).store()
        two = {'x': Int(1), 'y': Int(2)}
        for inputs, message in (
            ({**two}, 'code'),
            ({**two, 'code': portable}, 'computer'),
            ({**two, 'code': bash, 'metadata': {'computer': other}}, 'cannot run on'),
            ({**two, 'code': bash, 'metadata': {'options': {'resources': {'num_machines': 0}}}}, 'resources'),
            ({**two, 'code': bash, 'metadata': {'options': {'resources': {'cores': 1}}}}, 'not recognized: cores'),
            ({**two, 'code': bash, 'metadata': {'options': {'parser_name': 'no.such'}}}, r'no\.such'),
            ({**two, 'code': Str('bash')}, 'code'),
        ):
            with pytest.raises(ValueError, match=message):
                run(ArithmeticAddCalculation, **inputs)
        assert CalcJobNode.collection.count() == 0

    def test_the_computers_default_completes_the_resources(self, bash):
        node = run_get_node(
            ArithmeticAddCalculation,
            code=bash,
            x=Int(1),
            y=Int(1),
            metadata={'options': {'resources': {'num_machines': 1}}},
        ).node
        assert node.is_finished_ok
        assert node.get_option('resources') == {'num_machines': 1, 'num_mpiprocs_per_machine': 1}

    def test_the_class_itself_is_not_run(self, bash):
        from aiida.common.exceptions import InvalidOperation
        from aiida.engine import CalcJob

        with pytest.raises(InvalidOperation):
            run(CalcJob, code=bash)

    def test_options(self):
        from aiida.engine import CalcJob

        assert set(ArithmeticAddCalculation.spec_options) - set(CalcJob.spec_options) == {'sleep'}
        assert set(CalcJob.spec_options) == {
            *('input_filename', 'output_filename', 'submit_script_filename', 'scheduler_stdout', 'scheduler_stderr'),
            *('resources', 'max_wallclock_seconds', 'custom_scheduler_commands', 'queue_name', 'rerunnable', 'account'),
            *('qos', 'withmpi', 'mpirun_extra_params', 'import_sys_environment', 'environment_variables'),
            *('environment_variables_double_quotes', 'priority', 'max_memory_kb', 'prepend_text', 'append_text'),
            *('parser_name', 'additional_retrieve_list', 'stash', 'unstash'),
        }

    def test_exit_codes(self):
        from aiida.engine import CalcJob

        statuses = {label: code.status for label, code in CalcJob.exit_codes.items()}
        assert statuses['ERROR_NO_RETRIEVED_FOLDER'] == 100
        assert statuses['ERROR_SCHEDULER_OUT_OF_MEMORY'] == 110
        assert statuses['ERROR_SCHEDULER_OUT_OF_WALLTIME'] == 120
        assert statuses['ERROR_SCHEDULER_INVALID_ACCOUNT'] == 131
        assert statuses['ERROR_SCHEDULER_NODE_FAILURE'] == 140


def _folder_with(tmp_path, name):
    folder = tmp_path / 'files'
    folder.mkdir(exist_ok=True)
    (folder / name).write_text('')
    return folder


class TestWithoutRunning:
    def test_transfer_to_the_computer(self, computer):
        folder = FolderData()
        folder.base.repository.put_object_from_bytes(b'1', 'a/b.txt')
        node = run_get_node(
            TransferCalculation,
            instructions=Dict({'retrieve_files': False, 'local_files': [('folder', 'a/b.txt', 'x/b.txt')]}),
            source_nodes={'folder': folder},
            metadata={'computer': computer},
        ).node
        assert node.is_finished_ok
        (path,) = on_disk(node, 'x/b.txt')
        with open(path) as handle:
            assert handle.read() == '1'
        assert node.get_job_id() is None
        assert tree(node.outputs.retrieved) == []

    def test_transfer_from_the_computer(self, computer, tmp_path):
        (tmp_path / 'far').mkdir()
        (tmp_path / 'far' / 'file').write_text('far')
        remote = RemoteData(computer=computer, remote_path=str(tmp_path / 'far'))
        lists = {'remote_files': [('remote', 'file', 'copy')], 'symlink_files': [('remote', 'file', 'link')]}
        node = run_get_node(
            TransferCalculation,
            instructions=Dict({'retrieve_files': True, **lists}),
            source_nodes={'remote': remote},
            metadata={'computer': computer},
        ).node
        assert tree(node.outputs.retrieved) == ['copy', 'link']
        assert node.outputs.retrieved.get_object_content('link') == 'far'

    def test_transfers_refused(self, computer):
        folder = FolderData()
        remote = RemoteData(computer=computer, remote_path='/x')
        ok = {'retrieve_files': False, 'local_files': [('f', 'x', 'y')]}
        for instructions, nodes, message in (
            ({'local_files': [('f', 'x', 'y')]}, {'f': folder}, 'retrieve_files'),
            ({'retrieve_files': 3, 'local_files': [('f', 'x', 'y')]}, {'f': folder}, 'retrieve_files'),
            ({'retrieve_files': True}, {'f': folder}, 'no file is named'),
            ({**ok, 'local_files': [('f', 'x')]}, {'f': folder}, 'three strings'),
            ({**ok, 'local_files': [('f', '/x', 'y')]}, {'f': folder}, 'relative'),
            (ok, {'f': folder, 'g': folder}, '`g` provided as inputs is not being used'),
            (ok, {'g': folder}, '`f` requested on list `local_files` not found'),
            (ok, {'f': remote}, 'should be of type FolderData'),
        ):
            with pytest.raises(ValueError, match=message):
                run(
                    TransferCalculation,
                    instructions=Dict(instructions),
                    source_nodes=nodes,
                    metadata={'computer': computer},
                )

    def test_import_of_what_was_run_elsewhere(self, bash, computer, tmp_path):
        elsewhere = tmp_path / 'elsewhere'
        elsewhere.mkdir()
        (elsewhere / 'aiida.in').write_text('echo $((3 + 4))\n')
        (elsewhere / 'aiida.out').write_text('7\n')
        remote = RemoteData(computer=computer, remote_path=str(elsewhere))
        importer = ArithmeticAddCalculation.get_importer('core.arithmetic.add')
        inputs = importer.parse_remote_data(remote)
        assert {name: node.value for name, node in inputs.items()} == {'x': 3, 'y': 4}
        results, node = run_get_node(ArithmeticAddCalculation, code=bash, remote_folder=remote, **inputs)
        assert node.is_finished_ok
        assert node.is_imported
        assert results['sum'].value == 7
        assert node.get_job_id() is None


class TestWorkflows:
    def test_multiply_add(self, bash):
        from aiida.plugins import WorkflowFactory

        results, node = run_get_node(
            WorkflowFactory('core.arithmetic.multiply_add'), x=Int(2), y=Int(3), z=Int(4), code=bash
        )
        assert results['result'].value == 10
        assert [child.process_label for child in node.called] == ['multiply', 'ArithmeticAddCalculation']
        negative = run_get_node(
            WorkflowFactory('core.arithmetic.multiply_add'), x=Int(2), y=Int(3), z=Int(-10), code=bash
        ).node
        assert negative.exit_status == 400

    def test_add_multiply(self):
        from aiida.workflows.arithmetic.add_multiply import add_multiply

        result, node = add_multiply.run_get_node(Int(1), Int(2), Int(3))
        assert result.value == 9
        assert [child.process_label for child in node.called] == ['add', 'multiply']

    def test_parsing_again(self, bash):
        from aiida.parsers.plugins.arithmetic.add import ArithmeticAddParser, SimpleArithmeticAddParser

        node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2)).node
        results, again = SimpleArithmeticAddParser.parse_from_node(node)
        assert results['sum'].value == 3
        assert again.inputs.retrieved.uuid == node.outputs.retrieved.uuid
        results, again = ArithmeticAddParser.parse_from_node(node, store_provenance=False)
        assert results['sum'].value == 3
        assert not again.is_stored


def test_a_scratch_folder_with_the_characters_of_patterns(bash, computer, tmp_path):
    computer.set_workdir(str(tmp_path / 'we[i]rd*'))
    node = scripted(bash, write={'in.sh': MAKE_FILES}, retrieve_list=['a.txt', 'd/*.txt'])
    assert node.is_finished_ok
    assert retrieved(node) == ['a.txt', 'c.txt']


def test_a_job_that_is_not_stored_is_refused_before_anything_runs(bash, tmp_path, monkeypatch):
    """Nothing is stored and nothing is run; looking at the files of the job is what may be done unstored."""
    monkeypatch.chdir(tmp_path)
    made = tmp_path / 'made'
    inputs = {'code': bash, 'setup': Dict({'script': f'touch {made}'})}
    before = CalcJobNode.collection.count()
    with pytest.raises(ValueError, match=r'store_provenance=False.*dry_run=True'):
        run(ScriptedJob, **inputs, metadata={'store_provenance': False})
    assert CalcJobNode.collection.count() == before
    assert not made.exists()
    node = run_get_node(ScriptedJob, **inputs, metadata={'store_provenance': False, 'dry_run': True}).node
    assert not node.is_stored
    assert node.dry_run_info['script_filename'] == '_aiidasubmit.sh'
    assert not made.exists()


def test_a_job_reads_its_computer_a_few_times_only(bash, computer, monkeypatch):
    from aiida.storage.records import EntityKind

    store, read = computer.backend, []
    right = store.read_entity
    monkeypatch.setattr(store, 'read_entity', lambda kind, pk: (read.append(kind), right(kind, pk))[1])
    assert run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2)).node.is_finished_ok
    assert read.count(EntityKind.COMPUTER) <= 40
    computer.set_shebang('#!/bin/bash -u')
    node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2)).node
    assert node.base.repository.get_object_content('_aiidasubmit.sh').startswith('#!/bin/bash -u\n')
