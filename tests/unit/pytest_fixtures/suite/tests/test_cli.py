"""The commands."""

from aiida_sums.cli import cmd_root, count, show

from aiida.plugins import DataFactory


def test_count(aiida_profile_clean, run_cli_command):
    assert '0 sums' in run_cli_command(count).output
    DataFactory('sums.terms')([1]).store()
    assert run_cli_command(cmd_root, ['count']).output_lines == ['Success: 1 sums']


def test_show(run_cli_command):
    from aiida.orm import Int

    node = DataFactory('sums.terms')([1, 5]).store()
    assert run_cli_command(show, [str(node.pk)]).output_lines == ['terms: [1, 5]']
    assert run_cli_command(show, [node.uuid, '--raw']).output_lines == ['1 5']
    assert 'holds no numbers' in run_cli_command(show, [str(Int(1).store().pk)], raises=True).output
    assert '--raw' in run_cli_command(show, ['--help']).output
