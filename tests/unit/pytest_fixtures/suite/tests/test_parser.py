"""What the parser reads."""

import pytest

from aiida import orm
from aiida.plugins import CalculationFactory


def test_default(generate_calc_job_node, generate_parser, tmp_path):
    node = generate_calc_job_node(
        'sums.sum', test_name='default', inputs={'parameters': orm.Dict()}, retrieve_temporary=(tmp_path, ['scratch.1'])
    )
    parser = generate_parser('sums.sum')
    results, calcfunction = parser.parse_from_node(
        node, store_provenance=False, retrieved_temporary_folder=str(tmp_path)
    )

    assert calcfunction.is_finished, calcfunction.exception
    assert calcfunction.is_finished_ok, calcfunction.exit_message
    assert not orm.Log.collection.get_logs_for(node), [log.message for log in orm.Log.collection.get_logs_for(node)]
    assert results['output_parameters'].get_dict() == {'sum': 6, 'scratch': ['scratch.1']}
    assert node.inputs.parameters.get_dict() == {}


@pytest.mark.parametrize(
    ('test_name', 'label'),
    [
        ('truncated', 'ERROR_TRUNCATED'),
        ('empty', 'ERROR_OUTPUT_FILE_MISSING'),
        (None, 'ERROR_NO_RETRIEVED_FOLDER'),
    ],
)
def test_failed(generate_calc_job_node, generate_parser, test_name, label):
    node = generate_calc_job_node('sums.sum', test_name=test_name)
    results, calcfunction = generate_parser('sums.sum').parse_from_node(node, store_provenance=False)

    assert calcfunction.is_finished, calcfunction.exception
    assert calcfunction.is_failed
    assert calcfunction.exit_status == node.process_class.exit_codes[label].status
    assert calcfunction.exit_status == CalculationFactory('sums.sum').exit_codes(label).status
    assert ('output_parameters' in results) == (label == 'ERROR_TRUNCATED')
    if label == 'ERROR_TRUNCATED':
        assert calcfunction.exit_message == 'The output file ends early, after 1 lines.'


def test_stored(generate_calc_job_node, generate_parser):
    node = generate_calc_job_node('sums.sum', test_name='default')
    results, calcfunction = generate_parser('sums.sum').parse_from_node(node)
    assert results['output_parameters'].creator.pk == calcfunction.pk
    assert calcfunction.inputs.retrieved.pk == node.outputs.retrieved.pk
