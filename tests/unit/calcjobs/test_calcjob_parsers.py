"""What the parsers that come with the package say of jobs that went wrong."""

import pytest

from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.calculations.templatereplacer import TemplatereplacerCalculation
from aiida.common.exceptions import ModificationNotAllowed
from aiida.engine import ExitCode, run_get_node
from aiida.engine.processes.calcjobs.tasks import PreSubmitException
from aiida.orm import Dict, Int
from aiida.parsers import Parser
from aiida.parsers.plugins.arithmetic.add import ArithmeticAddParser
from aiida.parsers.plugins.templatereplacer.parser import TemplatereplacerParser


def replaced(code, parameters=None, **template):
    inputs = {'template': Dict(template), 'metadata': {'options': {'resources': {'num_machines': 1}}}}
    if parameters is not None:
        inputs['parameters'] = Dict(parameters)
    return run_get_node(TemplatereplacerCalculation, code=code, **inputs).node


def by_input(text):
    return {'input_file_template': text, 'input_file_name': 'in.sh', 'input_through_stdin': True}


class TestTemplates:
    def test_no_output_was_asked_for(self, bash):
        assert replaced(bash, **by_input('true')).exit_status == 305

    def test_the_output_is_not_there(self, bash):
        assert replaced(bash, output_file_name='out', **by_input('rm out')).exit_status == 310

    def test_a_temporary_file_is_not_there(self, bash):
        node = replaced(bash, output_file_name='out', retrieve_temporary_files=['t'], **by_input('echo 1'))
        assert node.exit_status == 311

    def test_temporary_files_cannot_be_parsed_again(self, bash):
        node = replaced(bash, output_file_name='out', retrieve_temporary_files=['t'], **by_input('echo 1; echo 2 > t'))
        assert node.is_finished_ok
        _, again = TemplatereplacerParser.parse_from_node(node)
        assert again.exit_status == 301

    def test_and_can_where_they_are(self, bash, tmp_path):
        node = replaced(bash, output_file_name='out', retrieve_temporary_files=['t'], **by_input('echo 1; echo 2 > t'))
        (tmp_path / 't').write_text('3\n')
        results, again = TemplatereplacerParser.parse_from_node(node, retrieved_temporary_folder=tmp_path)
        assert again.is_finished_ok
        assert results['output_parameters']['retrieved_temporary_files'] == [['t', '3']]

    def test_parameters_in_the_command_line(self, bash):
        node = replaced(bash, {'text': 'a b'}, output_file_name='out', cmdline_params=['-c', 'echo "{text}"'])
        assert node.outputs.output_parameters['value'] == 'a b'

    @pytest.mark.parametrize(
        ('template', 'message'),
        [
            ({'output_file_name': 'o', 'strange': 1}, 'strange'),
            ({'input_through_stdin': True}, 'input_file_name'),
            ({'input_file_name': 'i'}, 'input_file_template'),
            ({'files_to_copy': [('absent', 'x')]}, 'absent'),
            ({'files_to_copy': [('x',)]}, 'pairs'),
            ({'input_file_name': 'i', 'input_file_template': '{missing}'}, 'missing'),
        ],
    )
    def test_templates_refused(self, bash, template, message):
        with pytest.raises(PreSubmitException, match=message):
            replaced(bash, **template)


class TestSums:
    def test_the_output_is_not_there(self, bash):
        node = run_get_node(
            ArithmeticAddCalculation,
            code=bash,
            x=Int(1),
            y=Int(2),
            metadata={'options': {'append_text': 'rm aiida.out'}},
        ).node
        assert node.exit_status == 310

    def test_a_parser_that_knows_no_bounds(self, bash, monkeypatch):
        def parse(self, **_):
            self.out('sum', Int(1))
            self.out('product', Int(2))

        monkeypatch.setattr(ArithmeticAddParser, 'parse', parse)
        node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2)).node
        assert node.exit_status == ArithmeticAddCalculation.exit_codes.ERROR_INVALID_OUTPUT.status
        assert 'product' not in node.outputs

    def test_a_parser_that_gives_no_required_output(self, bash, monkeypatch):
        monkeypatch.setattr(ArithmeticAddParser, 'parse', lambda self, **_: None)
        node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2)).node
        assert node.exit_status == 11

    def test_a_parser_that_returns_nonsense(self, bash, monkeypatch):
        monkeypatch.setattr(ArithmeticAddParser, 'parse', lambda self, **_: 'fine')
        with pytest.raises(ValueError, match='ExitCode'):
            run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2))

    def test_a_parser_that_raises(self, bash, monkeypatch):
        def parse(self, **_):
            raise RuntimeError('the parser is wrong')

        monkeypatch.setattr(ArithmeticAddParser, 'parse', parse)
        with pytest.raises(RuntimeError, match='the parser is wrong'):
            run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2))

    def test_a_scheduler_that_returns_nonsense(self, bash, monkeypatch):
        from aiida.schedulers.plugins.direct import DirectScheduler

        monkeypatch.setattr(DirectScheduler, 'parse_output', lambda self, *_: 110)
        with pytest.raises(ValueError, match='ExitCode or None, not 110: see DirectScheduler'):
            run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2))

    def test_the_scheduler_has_a_say(self, bash, monkeypatch):
        from aiida.schedulers.plugins.direct import DirectScheduler

        seen = []

        def parse_output(self, detailed_job_info=None, stdout=None, stderr=None):
            seen.append((detailed_job_info, stdout, stderr))
            return ArithmeticAddCalculation.exit_codes.ERROR_SCHEDULER_OUT_OF_MEMORY

        monkeypatch.setattr(DirectScheduler, 'parse_output', parse_output)
        options = {'metadata': {'options': {'prepend_text': 'echo killed >&2'}}}
        node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2), **options).node
        assert node.exit_status == 110
        assert seen == [(None, '', 'killed\n')]
        # The parser knows better.
        node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(-9), y=Int(2), **options).node
        assert node.exit_status == 410


def test_what_a_parser_has(bash):
    node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2)).node
    parser = ArithmeticAddParser(node)
    assert parser.node is node
    assert parser.retrieved.uuid == node.outputs.retrieved.uuid
    assert ExitCode(410, 'The sum of the operands is a negative number.') == parser.exit_codes.ERROR_NEGATIVE_NUMBER
    assert {label: output.uuid for label, output in parser.get_outputs_for_parsing().items()} == {
        'retrieved': node.outputs.retrieved.uuid
    }
    parser.out('sum', Int(1))
    with pytest.raises(ModificationNotAllowed, match='sum'):
        parser.out('sum', Int(2))
    assert parser.outputs.sum.value == 1
    with pytest.raises(TypeError, match='abstract'):
        Parser(node)
