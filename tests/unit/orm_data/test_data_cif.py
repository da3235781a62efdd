"""CIF files: what is read from them, and what they are written of."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import bulk

from aiida import orm
from aiida.common.exceptions import ModificationNotAllowed, ValidationError
from aiida.orm import CifData, StructureData, cif_from_ase, has_pycifrw, pycifrw_from_cif
from aiida.orm.nodes.data.cif import parse_formula

pytestmark = pytest.mark.usefixtures('store')

TEXT = """data_one
_chemical_formula_sum 'C H2 O'
_symmetry_Int_Tables_number 1
_cell_length_a 4.0
_cell_length_b 5.0
_cell_length_c 6.0
_cell_angle_alpha 90.0
_cell_angle_beta 90.0
_cell_angle_gamma 90.0
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
C1 C 0.1(2) 0 0 {occupancy}
O1 O {x} 0.5 0.5 1.0
"""
PLAIN = TEXT.format(occupancy='1.0', x='0.5')


def make(text: str = PLAIN, **kwargs: Any) -> CifData:
    return CifData(file=io.BytesIO(text.encode()), filename='one.cif', **kwargs)


def test_cif_is_read() -> None:
    cif = make()
    assert cif.base.attributes.all == {
        'filename': 'one.cif',
        'md5': cif.generate_md5(),
        'formulae': ['C H2 O'],
        'spacegroup_numbers': ['1'],
        'scan_type': 'standard',
        'parse_policy': 'eager',
    }
    assert (cif.formulae, cif.get_formulae(), cif.get_formulae(mode='moiety')) == (['C H2 O'], ['C H2 O'], [None])
    assert cif.get_formulae(custom_tags=['_no_such', '_chemical_formula_sum']) == ['C H2 O']
    assert (cif.spacegroup_numbers, cif.get_spacegroup_numbers()) == (['1'], ['1'])
    assert (cif.has_atomic_sites, cif.has_undefined_atomic_sites, cif.has_partial_occupancies) == (True, False, False)
    assert (cif.has_attached_hydrogens, cif.has_unknown_species) == (False, False)
    assert make(TEXT.format(occupancy='0.5(1)', x='0.5')).has_partial_occupancies
    assert make(TEXT.format(occupancy='1.0', x='?')).has_undefined_atomic_sites
    assert make(PLAIN.replace('C H2 O', 'Qq2')).has_unknown_species
    assert make(PLAIN.replace("'C H2 O'", '?')).has_unknown_species is None


def test_cif_is_read_when_asked_for() -> None:
    cif = make(parse_policy='lazy')
    assert (cif.formulae, cif.spacegroup_numbers) == (None, None)
    cif.parse(scan_type='flex')
    assert (cif.formulae, cif.scan_type, cif.parse_policy) == (['C H2 O'], 'flex', 'lazy')


def test_cif_of_ase_and_back(tmp_path: Path) -> None:
    atoms = bulk('NaCl', 'rocksalt', a=5.6, cubic=True)
    cif = CifData(ase=atoms)
    read = cif.get_ase()
    assert sorted(read.get_chemical_symbols()) == sorted(atoms.get_chemical_symbols())
    assert read.cell.cellpar() == pytest.approx(atoms.cell.cellpar())
    assert cif.convert('ase') is cif.ase
    target = tmp_path / 's.cif'
    StructureData(ase=atoms).export(str(target))
    assert CifData.read_cif(str(target)).get_chemical_formula() == 'Cl4Na4'
    assert cif._exportcontent('cif')[0] == cif.content


def test_blocks_of_ase() -> None:
    (block,) = cif_from_ase(bulk('Si'), full_occupancies=True, add_fake_biso=True)
    assert block['_atom_site_label'] == ['Si1', 'Si2']
    assert [float(x) for x in block['_atom_site_fract_x']] == pytest.approx([0.0, 0.25])
    assert block['_atom_site_occupancy'] == ['1.0', '1.0']
    if not has_pycifrw():
        with pytest.raises(ImportError, match='PyCifRW'):
            pycifrw_from_cif([block])
        with pytest.raises(ImportError, match='PyCifRW'):
            _ = make().values


@pytest.mark.parametrize(
    'arguments',
    [
        {'file': '/a', 'ase': bulk('Cu')},
        {'file': '/a', 'values': 5},
        {'parse_policy': 'no_such'},
        {'scan_type': 'no_such'},
        {'file': '/no/such/file'},
        {'file': io.BytesIO(b'no cif at all'), 'filename': 'a.cif'},
    ],
)
def test_cif_that_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        CifData(**arguments)


@pytest.mark.parametrize(
    ('formula', 'counts'),
    [
        ('C H2 O', {'C': 1, 'H': 2, 'O': 1}),
        ('Si8', {'Si': 8}),
        ('C0.5 H', {'C': 0.5, 'H': 1}),
        ('(CaO)2', {'Ca': 2, 'O': 2}),
        ('Ca((SO)2)3 S', {'Ca': 1, 'S': 7, 'O': 6}),
    ],
)
def test_formulas_of_cif(formula: str, counts: dict[str, float]) -> None:
    assert parse_formula(formula) == counts


@pytest.mark.parametrize('formula', ['(CaO', 'CaO)', '1', 'ca'])
def test_formulas_that_are_none(formula: str) -> None:
    with pytest.raises(ValueError):
        parse_formula(formula)


def test_cif_comes_back(tmp_path: Path) -> None:
    if CifData.entry_point is None:
        pytest.skip('CifData is registered in pyproject.toml, but not in the installed distribution')
    path = tmp_path / 'one.cif'
    path.write_text(PLAIN)
    cif, new = CifData.get_or_create(str(path))
    assert (new, CifData.get_or_create(str(path))[0].pk) == (True, cif.pk)
    loaded = orm.load_node(cif.pk)
    assert (loaded.content, loaded.formulae) == (PLAIN.encode(), ['C H2 O'])
    assert loaded.get_ase().positions[1] == pytest.approx(np.array([2.0, 2.5, 3.0]))
    with pytest.raises(ModificationNotAllowed):
        loaded.set_ase(bulk('Cu'))
    broken = make()
    broken.store()
    other = make()
    other.base.repository.put_object_from_bytes(b'', 'more')
    with pytest.raises(ValidationError):
        other.store()
    with pytest.raises(ValueError, match='several'):
        CifData.get_or_create(str(path))
