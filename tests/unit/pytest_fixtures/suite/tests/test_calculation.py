"""What the calculation prepares."""

import pytest

from aiida import orm
from aiida.common import datastructures


def test_default(fixture_sandbox, generate_calc_job, generate_inputs):
    calc_info = generate_calc_job(fixture_sandbox, 'sums.sum', generate_inputs())

    assert isinstance(calc_info, datastructures.CalcInfo)
    assert isinstance(calc_info.codes_info[0], datastructures.CodeInfo)
    assert calc_info.codes_info[0].cmdline_params == ['aiida.in']
    assert calc_info.local_copy_list == []
    assert sorted(calc_info.retrieve_list) == ['aiida.out']
    assert calc_info.retrieve_temporary_list == ['scratch.*']
    assert sorted(fixture_sandbox.get_content_list()) == ['aiida.in']
    with fixture_sandbox.open('aiida.in') as handle:
        assert handle.read() == 'echo SUM $(( 1 * (1 + 2 + 3) ))\necho DONE\n'


def test_files(fixture_sandbox, generate_calc_job, generate_inputs, tmp_path):
    tmp_path.joinpath('table.dat').write_text('1 2 3')
    inputs = generate_inputs()
    inputs['tables'] = {'first': orm.SinglefileData(tmp_path / 'table.dat')}
    inputs['parameters'] = orm.Dict({'scale': 2})
    calc_info = generate_calc_job(fixture_sandbox, 'sums.sum', inputs)

    assert calc_info.local_copy_list == [(inputs['tables']['first'].uuid, 'table.dat', 'tables/table.dat')]
    with fixture_sandbox.open('aiida.in') as handle:
        assert '2 * (1 + 2 + 3)' in handle.read()


def test_invalid(fixture_sandbox, generate_calc_job, generate_inputs):
    inputs = generate_inputs()
    inputs['parameters'] = orm.Dict({'nonsense': 2})
    with pytest.raises(ValueError, match='unknown keywords'):
        generate_calc_job(fixture_sandbox, 'sums.sum', inputs)


def test_structure(generate_structure):
    structure = generate_structure()
    assert structure.get_formula() == 'Si2'
    assert structure.store().is_stored
