"""The lazy group, errors in one line, and words for a mistyped command."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from aiida.cmdline.commands.cmd_verdi import verdi as verdi_command
from aiida.cmdline.groups import VerdiCommandGroup
from aiida.cmdline.params import options, types
from aiida.common.exceptions import ConfigurationError


def test_help_imports_only_what_is_light(config_folder):
    code = (
        'import sys\n'
        'from aiida.cmdline.commands.cmd_verdi import verdi\n'
        "verdi.main(['--help'], standalone_mode=False)\n"
        'ours = [name for name in sys.modules if name.startswith("aiida.")]\n'
        "wrong = ('aiida.orm', 'aiida.engine', 'aiida.manage', 'aiida.storage', 'aiida.cmdline.commands.cmd_code')\n"
        "heavy = ('sqlalchemy', 'numpy', 'yaml', 'rich', 'plumpy', 'importlib.metadata', 'json', 'asyncio')\n"
        'print([name for name in (*wrong, *heavy) if name in sys.modules], file=sys.stderr)'
    )
    found = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert found.stderr.strip() == '[]'
    for name in verdi_command.table:
        assert f'\n  {name} ' in found.stdout


def walk(command, context, path):
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            yield from walk(below, click.Context(below, info_name=name, parent=context), [*path, name])


def test_every_command_exists_and_says_what_it_is_for(profile):
    context = click.Context(verdi_command, info_name='verdi')
    found = list(walk(verdi_command, context, []))
    assert len(found) > 60
    for path, command in found:
        result = CliRunner().invoke(verdi_command, [*path, '-h'], prog_name='verdi')
        assert result.exit_code == 0, path
        assert command.help, path
        assert command.help.strip().endswith(('.', ':')), path
        assert any(parameter.name == 'verbosity' for parameter in command.params), path


@pytest.mark.parametrize(
    ('words', 'near'), [(['statuss'], 'status'), (['prof'], 'profile'), (['computer', 'lst'], 'list')]
)
def test_a_mistyped_command(verdi, words, near):
    output = verdi(*words, status=2).output
    assert f'`{words[-1]}` is not a' in output
    assert f'\t{near}\n' in output


def test_completion_imports_no_command(verdi):
    context = verdi_command.make_context('verdi', [], resilient_parsing=True)
    assert [item.value for item in verdi_command.shell_complete(context, 'pro')] == ['process', 'profile']


@pytest.fixture
def plugin_command():
    """A command line as plugins write them."""

    @click.group('other', cls=VerdiCommandGroup)
    @options.PROFILE(type=types.ProfileParamType(load_profile=True), expose_value=False)
    def other():
        """The command line of a plugin."""

    @other.command('fail')
    @click.argument('kind')
    def fail(kind):
        """Fail."""
        raise {'ours': ConfigurationError('told so'), 'other': ValueError('odd')}[kind]

    @other.command('which')
    def which():
        """Print the profile that is loaded."""
        from aiida.manage import get_profile

        click.echo(get_profile().name)

    return other


def test_errors_end_in_one_line(profile, plugin_command):
    result = CliRunner().invoke(plugin_command, ['fail', 'ours'])
    assert (result.exit_code, result.output) == (1, 'Critical: told so\n')
    result = CliRunner().invoke(plugin_command, ['fail', 'other'])
    assert result.exit_code == 1
    assert result.output.startswith('Critical: ValueError: odd. ')


def test_a_traceback_is_shown_where_one_is_asked_for(profile, plugin_command, monkeypatch):
    monkeypatch.setenv('AIIDA_DEBUG', '1')
    assert isinstance(CliRunner().invoke(plugin_command, ['fail', 'other']).exception, ValueError)


def test_plugins_find_the_profile_loaded(profile, plugin_command):
    assert CliRunner().invoke(plugin_command, ['which']).output == 'test\n'
    result = CliRunner().invoke(plugin_command, ['-p', 'nope', 'which'])
    assert result.exit_code == 2
    assert 'profile `nope` does not exist; there are: `test`' in result.output


@pytest.mark.parametrize(
    ('verbosity', 'shown'), [(None, ['report', 'warning', 'error']), ('error', ['error']), ('debug', None)]
)
def test_verbosity(verbosity, shown, verdi):
    from aiida.cmdline.utils import echo

    kinds = ['debug', 'info', 'report', 'warning', 'error']

    @click.group(cls=VerdiCommandGroup)
    def group():
        """Group."""

    @group.command('talk')
    def talk():
        """Talk."""
        for kind in kinds:
            getattr(echo, f'echo_{kind}')(kind)

    words = ['talk', *(['-v', verbosity] if verbosity else [])]
    lines = CliRunner().invoke(group, words).output.splitlines()
    assert lines == [f'{kind.capitalize()}: {kind}' for kind in shown or kinds]


def test_colours_are_for_terminals(monkeypatch):
    from aiida.cmdline.utils import echo

    @click.group(cls=VerdiCommandGroup)
    def group():
        """Group."""

    @group.command('talk')
    def talk():
        """Talk."""
        echo.echo_report('x')

    assert '\x1b[' not in CliRunner().invoke(group, ['talk']).output
    assert '\x1b[' in CliRunner().invoke(group, ['talk'], color=True).output
    monkeypatch.setenv('NO_COLOR', '1')
    assert '\x1b[' not in CliRunner().invoke(group, ['talk'], color=True).output


def test_formats_of_dictionaries(capsys):
    from datetime import UTC, datetime

    from aiida.cmdline.utils import echo

    echo.echo_dictionary({'b': datetime(2020, 1, 1, tzinfo=UTC), 'a': [1]})
    assert capsys.readouterr().out == '{\n    "a": [\n        1\n    ],\n    "b": "2020-01-01T00:00:00+00:00"\n}\n'
    echo.echo_dictionary({'b': 1, 'a': 'ü'}, fmt='yaml', sort_keys=False)
    assert capsys.readouterr().out == 'b: 1\na: ü\n\n'
    with pytest.raises(ValueError, match='no format'):
        echo.echo_dictionary({}, fmt='xml')
    with pytest.raises(SystemExit) as caught:
        echo.echo_critical('x')
    assert caught.value.code == 1
    assert capsys.readouterr().err == 'Critical: x\n'
