"""Submit scripts, letter by letter."""

import subprocess

import pytest

from aiida.common.datastructures import CodeRunMode
from aiida.schedulers.datastructures import JobTemplate, JobTemplateCodeInfo
from aiida.schedulers.plugins.direct import DirectScheduler

BASH = ['/bin/bash', '-a', "it's", 'x y', '$HOME']
STREAMS = {'stdin_name': 'in put', 'stdout_name': 'out', 'stderr_name': 'err'}
LINE = """'/bin/bash' '-a' 'it'"'"'s' 'x y' '$HOME' < 'in put' > 'out' 2> 'err'"""
HEAD = '#!/bin/bash\nexec > _scheduler-stdout.txt\nexec 2> _scheduler-stderr.txt\n\n\n'


def script(*codes, **fields):
    template = JobTemplate(
        {
            'sched_output_path': '_scheduler-stdout.txt',
            'sched_error_path': '_scheduler-stderr.txt',
            'import_sys_environment': True,
            'codes_run_mode': CodeRunMode.SERIAL,
        }
    )
    template.codes_info = [JobTemplateCodeInfo(**code) for code in codes]
    template.update(fields)
    return DirectScheduler().get_submit_script(template)


def test_one_code():
    assert script({'cmdline_params': BASH, **STREAMS}) == f'{HEAD}{LINE}\n'


def test_a_code_as_aiida_writes_it():
    """The script of the sample profile, whose SHA-256 is in the repository metadata of its node 8."""
    import hashlib

    text = script({'cmdline_params': ['/bin/bash'], 'stdin_name': 'aiida.in', 'stdout_name': 'aiida.out'})
    digest = '35eccb769916d4d017645552c5b287caffbf16289eef003d06c34779393f537b'
    assert hashlib.sha256(text.encode()).hexdigest() == digest


@pytest.mark.parametrize(
    ('code', 'line'),
    [
        ({'prepend_cmdline_params': ['mpirun', '-np', '6', '-x', 'a b']}, "'mpirun' '-np' '6' '-x' 'a b' " + LINE),
        ({'join_files': True}, LINE.replace("2> 'err'", '2>&1')),
        (
            {'prepend_cmdline_params': ['x y'], 'use_double_quotes': [True, False]},
            """"x y" '/bin/bash' '-a' 'it'"'"'s' 'x y' '$HOME' < "in put" > "out" 2> "err\"""",
        ),
        (
            {'use_double_quotes': [False, True]},
            """"/bin/bash" "-a" "it's" "x y" "$HOME" < 'in put' > 'out' 2> 'err'""",
        ),
        (
            {'prepend_cmdline_params': ['docker', 'run', '-v', '$PWD:/w', 'sh', '-c'], 'wrap_cmdline_params': True},
            """'docker' 'run' '-v' '$PWD:/w' 'sh' '-c' "'/bin/bash' '-a' 'it'"'"'"'"'"'"'s' 'x y' '$HOME' """
            """< 'in put' > 'out' 2> 'err'\"""",
        ),
    ],
)
def test_the_line_of_a_code(code, line):
    assert script({'cmdline_params': BASH, **STREAMS, **code}) == f'{HEAD}{line}\n'


def test_several_codes():
    codes = [{'cmdline_params': ['a']}, {'cmdline_params': ['b', 1]}]
    assert script(*codes) == f"{HEAD}'a'\n\n'b' '1'\n"
    assert script(*codes, codes_run_mode=CodeRunMode.PARALLEL) == f"{HEAD}'a' &\n\n'b' '1' &\n\nwait\n\n"
    with pytest.raises(NotImplementedError, match='codes_run_mode'):
        script(*codes, codes_run_mode=None)


def test_text_before_and_after():
    code = {'cmdline_params': ['a']}
    assert script(code, prepend_text='P\nQ', append_text='A') == f"{HEAD}P\nQ\n\n'a'\n\nA\n"
    parallel = script(code, codes_run_mode=CodeRunMode.PARALLEL, append_text='A')
    assert parallel == f"{HEAD}'a' &\n\nwait\n\n\nA\n"


def test_environment_variables():
    variables = {'A': 'b c', 'X': "q'x"}
    assert script({'cmdline_params': ['a']}, job_environment=variables) == (
        f'{HEAD}# ENVIRONMENT VARIABLES BEGIN ###\n'
        "export A='b c'\n"
        """export X='q'"'"'x'\n"""
        "# ENVIRONMENT VARIABLES END ###\n\n'a'\n"
    )
    doubled = script({'cmdline_params': ['a']}, job_environment={'A': '$B'}, environment_variables_double_quotes=True)
    assert 'export A="$B"\n' in doubled
    with pytest.raises(ValueError, match='dictionary'):
        script(job_environment=[1])


def test_where_the_output_goes():
    assert script(shebang='#!/bin/sh -e') == HEAD.replace('/bin/bash', '/bin/sh -e') + '\n'
    joined = script(sched_join_files=True)
    assert joined.startswith('#!/bin/bash\nexec > _scheduler-stdout.txt\nexec 2>&1\n\n')
    assert script(sched_output_path=None, sched_error_path=None).startswith('#!/bin/bash\nexec 2>&1\n\n')
    assert "exec > 'a b'\n" in script(sched_output_path='a b')


def test_commands_for_the_scheduler_come_first():
    text = script({'cmdline_params': ['a']}, custom_scheduler_commands='#C1\n#C2', prepend_text='P')
    assert text == f"{HEAD[:-2]}#C1\n#C2\n\n\nP\n\n'a'\n"


def test_what_only_a_queue_can_do_is_warned_about(caplog):
    with caplog.at_level('WARNING', 'aiida.scheduler'):
        script(max_memory_kb=1000, rerunnable=True)
    assert ['max_memory_kb' in message or 'rerunnable' in message for message in caplog.messages] == [True, True]


@pytest.mark.parametrize('imported', [True, False])
def test_the_environment_of_the_submitter(tmp_path, imported, monkeypatch):
    monkeypatch.setenv('OF_THE_SUBMITTER', 'yes')
    monkeypatch.setenv('HOME', '/home/somebody')
    text = script(
        {'cmdline_params': ['env']},
        import_sys_environment=imported,
        sched_output_path='o',
        job_environment={'OWN': 'yes'},
    )
    (tmp_path / 'job.sh').write_text(text)
    subprocess.run(['bash', 'job.sh'], cwd=tmp_path, check=True)
    seen = dict(line.split('=', 1) for line in (tmp_path / 'o').read_text().splitlines() if '=' in line)
    assert ('OF_THE_SUBMITTER' in seen) is imported
    assert seen['OWN'] == 'yes'
    assert seen['HOME'] == '/home/somebody'
