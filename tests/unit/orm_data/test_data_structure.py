"""Structures, kinds and sites: what is kept, computed, converted and refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atom, Atoms
from ase.build import bulk, molecule

from aiida import orm
from aiida.common.constants import elements
from aiida.common.exceptions import ModificationNotAllowed, UnsupportedSpeciesError, ValidationError
from aiida.orm import Kind, Site, StructureData
from aiida.orm.nodes.data.structure import (
    _get_dimensionality,
    atom_kinds_to_html,
    get_formula,
    get_valid_pbc,
    symop_fract_from_ortho,
    symop_ortho_from_fract,
)
from aiida.tools.data.structure import spglib_tuple_to_structure, structure_to_spglib_tuple

pytestmark = pytest.mark.usefixtures('store')

CUBE = [[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]]


def make(*names: str, **kwargs: Any) -> StructureData:
    """Return a cube with atoms of these symbols on its diagonal."""
    structure = StructureData(cell=CUBE, **kwargs)
    for number, symbol in enumerate(names):
        structure.append_atom(symbols=symbol, position=(float(number),) * 3)
    return structure


def test_elements() -> None:
    assert sorted(elements) == list(range(119))
    assert elements[14] == {'mass': 28.0855, 'name': 'Silicon', 'symbol': 'Si'}
    assert len({element['symbol'] for element in elements.values()}) == 119


def test_attributes_are_those_of_the_format() -> None:
    structure = StructureData(cell=np.eye(3) * 4)
    structure.append_atom(position=(0, 0, 0), symbols='Si')
    structure.store()
    assert orm.load_node(structure.pk).base.attributes.all == {
        'cell': CUBE,
        'pbc1': True,
        'pbc2': True,
        'pbc3': True,
        'kinds': [{'symbols': ['Si'], 'weights': [1.0], 'mass': 28.0855, 'name': 'Si'}],
        'sites': [{'position': [0.0, 0.0, 0.0], 'kind_name': 'Si'}],
    }


def test_structure_comes_back() -> None:
    structure = make('Ba', 'Ti', 'O', pbc=[True, False, True])
    structure.append_atom(symbols=['Si', 'Ge'], weights=[0.5, 0.4], position=(3, 3, 3), name='mix')
    structure.store()
    loaded = orm.load_node(structure.pk)
    assert loaded.cell == CUBE
    assert (loaded.pbc, loaded.pbc1, loaded.pbc2, loaded.pbc3) == ((True, False, True), True, False, True)
    assert [kind.get_raw() for kind in loaded.kinds] == [kind.get_raw() for kind in structure.kinds]
    assert [site.get_raw() for site in loaded.sites] == [site.get_raw() for site in structure.sites]
    assert loaded.get_kind_names() == loaded.get_site_kindnames() == ['Ba', 'Ti', 'O', 'mix']
    assert loaded.get_kind('mix').mass == pytest.approx(47.8875)
    assert loaded.get_symbols_set() == {'Ba', 'Ti', 'O', 'Si', 'Ge'}
    assert (loaded.is_alloy, loaded.has_vacancies) == (True, True)
    assert loaded.get_formula() == 'BaOTi{Ge0.40Si0.50X0.10}'
    with pytest.raises(ValueError, match='none'):
        loaded.get_kind('none')


def test_measures_of_the_cell() -> None:
    structure = StructureData(cell=[[1, 2, 3], [3, 2, 1], [2, 2, 5]])
    assert structure.cell_lengths == pytest.approx([3.7416573867739413, 3.7416573867739413, 5.744562646538029])
    assert structure.cell_angles == pytest.approx([45.744184726, 12.309988664, 44.415308597])
    assert structure.get_cell_volume() == pytest.approx(12.0)
    assert make('Si').get_dimensionality() == {'dim': 3, 'label': 'volume', 'value': 64.0}
    for setter in (structure.set_cell_lengths, structure.set_cell_angles):
        with pytest.raises(NotImplementedError):
            setter([1, 1, 1])


def test_angles_are_those_of_ase() -> None:
    cell = [[4.0, 0.3, 0.0], [1.0, 5.0, 0.2], [0.1, 0.4, 6.0]]
    atoms = Atoms(cell=cell)
    structure = StructureData(cell=cell)
    assert [*structure.cell_lengths, *structure.cell_angles] == pytest.approx(list(atoms.cell.cellpar()))
    assert structure.get_cell_volume() == pytest.approx(atoms.cell.volume)


@pytest.mark.parametrize(
    ('pbc', 'dim', 'label', 'value'),
    [
        ((True, False, True), 2, 'surface', 16.0),
        ((False, False, True), 1, 'length', 4.0),
        ((False, False, False), 0, '', 0),
    ],
)
def test_dimensionality(pbc: Any, dim: int, label: str, value: float) -> None:
    assert _get_dimensionality(pbc, CUBE) == {'dim': dim, 'label': label, 'value': value}


@pytest.mark.parametrize('cell', [[4, 4, 4], [[4, 0], [0, 4]], 'a', 5, [[1, 0, 0], [0, 1, 0], [0, 0, 'x']]])
def test_cells_that_are_refused(cell: Any) -> None:
    with pytest.raises(ValueError, match='cell'):
        StructureData(cell=cell)


@pytest.mark.parametrize('pbc', [5, [1, 2, 3], [True, False], [True] * 4, 'abc', None])
def test_pbc_that_are_refused(pbc: Any) -> None:
    with pytest.raises(ValueError, match='pbc'):
        get_valid_pbc(pbc)


def test_pbc_that_are_understood() -> None:
    for pbc in (True, [True], (True, True, True), np.array([True] * 3), np.bool_(True)):
        assert get_valid_pbc(pbc) == (True, True, True)


# kinds and sites


def test_kinds_are_shared_and_told_apart() -> None:
    structure = make()
    for arguments in (
        {'symbols': 'Si'},
        {'symbols': 'Si'},
        {'symbols': 'Si', 'mass': 29.0},
        {'symbols': 'Si', 'mass': 30.0},
        {'symbols': 'Si', 'mass': 29.0},
        {'symbols': 'Si', 'name': 'Si'},
        {'symbols': 'Si', 'weights': [0.5]},
        {'symbols': ['Si', 'C'], 'weights': [0.5, 0.5]},
    ):
        structure.append_atom(position=(0, 0, 0), **arguments)
    assert structure.get_site_kindnames() == ['Si', 'Si', 'Si1', 'Si2', 'Si1', 'Si', 'SiX', 'CSi']
    with pytest.raises(ValueError, match='masses'):
        structure.append_atom(position=(0, 0, 0), symbols='Si', mass=40.0, name='Si')


@pytest.mark.parametrize(
    ('arguments', 'error'),
    [
        ({'symbols': 'Qq', 'position': (0, 0, 0)}, UnsupportedSpeciesError),
        ({'symbols': 'Si', 'position': (0, 0)}, ValueError),
        ({'symbols': 'Si', 'position': 'abc'}, ValueError),
        ({'symbols': 'Si'}, ValueError),
        ({'position': (0, 0, 0)}, ValueError),
        ({'symbols': 'Si', 'weights': [1.2], 'position': (0, 0, 0)}, ValueError),
        ({'symbols': 'Si', 'weights': [-0.1], 'position': (0, 0, 0)}, ValueError),
        ({'symbols': ['Si', 'C'], 'position': (0, 0, 0)}, ValueError),
        ({'symbols': [], 'weights': [], 'position': (0, 0, 0)}, ValueError),
        ({'symbols': 'Si', 'mass': 0, 'position': (0, 0, 0)}, ValueError),
        ({'symbols': 'Si', 'position': (0, 0, 0), 'no_such': 1}, ValueError),
        ({'ase': Atom('Cu'), 'name': 'a'}, ValueError),
        ({'ase': 5}, ValueError),
    ],
)
def test_atoms_that_are_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    structure = make('Si')
    before = structure.base.attributes.all.copy()
    with pytest.raises(error):
        structure.append_atom(**arguments)
    assert structure.base.attributes.all == before


def test_kinds() -> None:
    kind = Kind(symbols=['Si', 'C'], weights=[0.5, 0.3])
    assert kind.get_raw() == {
        'symbols': ('Si', 'C'),
        'weights': (0.5, 0.3),
        'mass': pytest.approx(22.05745),
        'name': 'CSiX',
    }
    assert kind.get_symbols_string() == '{C0.30Si0.50X0.20}'
    assert str(kind) == "name 'CSiX', symbol '{C0.30Si0.50X0.20}'"
    with pytest.raises(ValueError, match='alloy'):
        _ = kind.symbol
    assert repr(Kind(symbols='Si')) == "<Kind: name 'Si', symbol 'Si'>"
    copied = Kind(kind=kind)
    assert copied.get_raw() == kind.get_raw()
    assert Kind(raw=kind.get_raw()).get_raw() == kind.get_raw()
    copied.set_symbols_and_weights('Ge', 1.0)
    assert (copied.symbols, copied.weights, copied.name, copied.mass) == (('Ge',), (1.0,), 'CSiX', kind.mass)
    copied.reset_mass()
    copied.set_automatic_kind_name(tag=3)
    assert (copied.mass, copied.name) == (72.64, 'Ge3')
    for arguments in ({}, {'kind': 5}, {'raw': {'symbols': ['Si']}}, {'raw': kind.get_raw(), 'name': 'a'}):
        with pytest.raises(ValueError):
            Kind(**arguments)


def test_kinds_compared() -> None:
    silicon = Kind(symbols='Si')
    assert silicon.compare_with(Kind(symbols='Si', name='other', mass=28.0856)) == (True, '')
    for other, word in (
        (Kind(symbols='Si', mass=3), 'masses'),
        (Kind(symbols='C'), 'symbols'),
        (Kind(symbols='Si', weights=[0.5]), 'weights'),
        (Kind(symbols=['Si', 'C'], weights=[0.5, 0.5]), 'numbers of symbols'),
    ):
        same, difference = silicon.compare_with(other)
        assert not same
        assert word in difference


def test_sites() -> None:
    site = Site(kind_name='a', position=[1, 2, 3])
    assert site.get_raw() == {'position': (1.0, 2.0, 3.0), 'kind_name': 'a'}
    assert (str(site), repr(site)) == ("kind name 'a' @ 1.0,2.0,3.0", "<Site: kind name 'a' @ 1.0,2.0,3.0>")
    assert Site(site=site).get_raw() == Site(raw=site.get_raw()).get_raw() == site.get_raw()
    assert Site(kind_name='Cu', ase=Atom('Cu', position=(1, 1, 1))).position == (1.0, 1.0, 1.0)
    for arguments in (
        {'kind_name': 'a'},
        {'position': (1, 2, 3)},
        {'site': 5},
        {'raw': {}},
        {'kind_name': 'a', 'position': (1, 2, 3), 'no_such': 1},
        {'site': site, 'position': (1, 2, 3)},
    ):
        with pytest.raises(ValueError):
            Site(**arguments)
    atom = Site(kind_name='Si2', position=(1, 2, 3)).get_ase([Kind(symbols='Si', name='Si2')])
    assert (atom.symbol, atom.tag, atom.mass, atom.position.tolist()) == ('Si', 2, 28.0855, [1, 2, 3])
    with pytest.raises(ValueError, match='kind'):
        site.get_ase([Kind(symbols='Si')])


def test_what_is_given_out_is_a_copy() -> None:
    structure = make('Si')
    structure.cell[0][0] = 99
    structure.kinds[0].name = 'other'
    structure.sites[0].position = (9, 9, 9)
    structure.sites.clear()
    assert structure.cell == CUBE
    assert (structure.get_kind_names(), structure.sites[0].position) == (['Si'], (0.0, 0.0, 0.0))


def test_structure_changes_until_stored() -> None:
    structure = make('Na', 'Cl')
    structure.reset_cell(np.eye(3) * 6)
    structure.reset_sites_positions([[0, 0, 1], [1, 1, 1]])
    structure.pbc = (False, False, True)
    assert (structure.cell[0][0], structure.sites[0].position, structure.pbc) == (
        6.0,
        (0.0, 0.0, 1.0),
        (False, False, True),
    )
    with pytest.raises(ValueError, match='positions'):
        structure.reset_sites_positions([[0, 0, 0]])
    structure.append_kind(Kind(symbols='C'))
    structure.append_site(Site(kind_name='C', position=(1, 1, 1)))
    for wrong in (
        lambda: structure.append_kind(Kind(symbols='C')),
        lambda: structure.append_kind(5),  # type: ignore[arg-type]
        lambda: structure.append_site(Site(kind_name='none', position=(0, 0, 0))),
        lambda: structure.append_site(5),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError):
            wrong()
    structure.store()
    for change in (
        lambda: structure.append_atom(symbols='C', position=(0, 0, 0)),
        lambda: structure.append_kind(Kind(symbols='H')),
        lambda: structure.append_site(Site(kind_name='C', position=(1, 1, 1))),
        lambda: structure.set_cell(CUBE),
        lambda: structure.set_pbc(True),
        lambda: structure.set_ase(bulk('Cu')),
        lambda: structure.reset_cell(CUBE),
        lambda: structure.reset_sites_positions([[0, 0, 0]] * 3),
        structure.clear_kinds,
        structure.clear_sites,
    ):
        with pytest.raises(ModificationNotAllowed):
            change()
    clone = structure.clone()
    clone.clear_sites()
    clone.clear_kinds()
    assert (clone.sites, clone.kinds, len(structure.sites)) == ([], [], 3)


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        ('sites', [{'position': [0, 0, 0], 'kind_name': 'C'}], 'C'),
        ('sites', [], 'Si'),
        ('sites', [{'position': [0, 0], 'kind_name': 'Si'}], 'position'),
        ('kinds', [{'symbols': ['Qq'], 'weights': [1.0], 'mass': 1.0, 'name': 'Si'}], 'Qq'),
        ('cell', [[1, 0, 0], [0, 1, 0]], 'cell'),
        ('pbc1', 5, None),
    ],
)
def test_structures_are_checked_when_stored(key: str, value: Any, message: str | None) -> None:
    structure = make('Si')
    structure.base.attributes.set(key, value)
    if message is None:
        assert structure.store().pbc1 is True
        return
    with pytest.raises(ValidationError, match=message):
        structure.store()


def test_periods_span_something() -> None:
    with pytest.raises(ValueError, match='volume'):
        StructureData().store()
    with pytest.raises(ValueError, match='length'):
        StructureData(pbc=[True, False, False]).store()
    flat = [[4, 0, 0], [0, 4, 0], [0, 0, 0]]
    assert StructureData(cell=flat, pbc=[True, True, False]).store().is_stored
    assert StructureData(pbc=False).store().is_stored


def test_made_of_attributes() -> None:
    structure = make('Si', 'C')
    attributes = structure.base.attributes.all
    again = StructureData(
        cell=attributes['cell'],
        pbc1=True,
        pbc2=True,
        pbc3=True,
        kinds=attributes['kinds'],
        sites=structure.sites,
    )
    assert again.base.attributes.all == attributes
    with pytest.raises(ValueError):
        StructureData(cell=CUBE, sites=structure.sites)
    with pytest.raises(ValueError, match='exclude'):
        StructureData(ase=bulk('Cu'), cell=CUBE)


# formulas

HILL = {
    'hill': 'Ba2O6Ti2',
    'hill_compact': 'BaO3Ti',
    'reduce': 'BaTiO3BaTiO3',
    'group': '(BaTiO3)2',
    'count': 'Ba2Ti2O6',
    'count_compact': 'BaTiO3',
}


@pytest.mark.parametrize(('mode', 'formula'), HILL.items())
def test_formulas(mode: str, formula: str) -> None:
    structure = make(*['Ba', 'Ti', 'O', 'O', 'O'] * 2)
    assert structure.get_formula(mode) == formula
    assert get_formula(['Ba', 'Ti', 'O', 'O', 'O'] * 2, mode, separator='') == formula
    assert get_formula([], mode) == ''


def test_more_formulas() -> None:
    assert get_formula(['C', 'H', 'H', 'O', 'C', 'H']) == 'C2H3O'
    assert get_formula(['O', 'H', 'H']) == 'H2O'
    assert get_formula(['O', 'O', 'C', 'H', 'H', 'H', 'N', 'N'] * 2, 'group', ',') == '(O2,C,H3,N2)2'
    barium_titanate = ['Ba', 'Ti', 'O', 'O', 'O']
    assert get_formula([*barium_titanate * 2, 'Ba', 'Ti', *barium_titanate[1:]], 'group') == '(BaTiO3)2BaTi2O3'
    assert get_formula('BACACBACAC', 'group') == '(B(AC)2)2'
    assert get_formula('AABABAB', 'group') == 'A2B(AB)2'
    assert make('Si', 'Si').get_description() == 'Si'
    with pytest.raises(ValueError, match='no_such'):
        get_formula(['Si'], 'no_such')


def test_compositions() -> None:
    structure = make('O', 'H', 'O', 'H', 'Al', 'Al')
    assert structure.get_composition() == {'O': 2, 'H': 2, 'Al': 2}
    assert structure.get_composition('reduced') == {'O': 1, 'H': 1, 'Al': 1}
    assert structure.get_composition('fractional') == pytest.approx({'O': 1 / 3, 'H': 1 / 3, 'Al': 1 / 3})
    with pytest.raises(ValueError):
        structure.get_composition('no_such')


# ASE


@pytest.mark.parametrize(
    'atoms',
    [
        bulk('Cu'),
        bulk('NaCl', 'rocksalt', a=5.6),
        bulk('GaAs', 'zincblende', a=5.65, cubic=True),
        molecule('H2O', vacuum=3.0),
        Atoms('Cu2O', positions=[[0, 0, 0], [1, 1, 1], [2, 2, 2]], cell=CUBE, pbc=[1, 0, 1], tags=[0, 1, 1]),
        Atoms(
            'Cu3', positions=[[0, 0, 0], [1, 1, 1], [2, 2, 2]], cell=CUBE, masses=[60.0, 63.546, 60.0], tags=[0, 2, 0]
        ),
    ],
    ids=lambda atoms: str(atoms.symbols),
)
def test_ase_there_and_back(atoms: Any) -> None:
    structure = StructureData(ase=atoms)
    structure.base.attributes.set('pbc1', bool(atoms.pbc[0]))
    back = structure.store().get_ase()
    assert back.get_chemical_symbols() == atoms.get_chemical_symbols()
    assert back.positions == pytest.approx(atoms.positions)
    assert back.cell.array == pytest.approx(atoms.cell.array)
    assert back.pbc.tolist() == atoms.pbc.tolist()
    assert back.get_tags().tolist() == atoms.get_tags().tolist()
    assert back.get_masses() == pytest.approx(atoms.get_masses())
    again = StructureData(ase=orm.load_node(structure.pk).convert('ase'))
    assert again.store().base.attributes.all == structure.base.attributes.all


def test_tags_and_masses_of_ase_make_kinds() -> None:
    def names(*atoms: Any) -> list[str]:
        structure = make()
        for atom in atoms:
            structure.append_atom(**(atom if isinstance(atom, dict) else {'ase': atom}))
        return structure.get_site_kindnames()

    at = {'position': (0, 0, 0)}
    assert names(Atom('Cu', tag=3), Atom('Cu'), Atom('Cu', tag=3, mass=5), Atom('Cu', tag=3, mass=5)) == [
        'Cu3',
        'Cu',
        'Cu31',
        'Cu31',
    ]
    assert names(Atom('Cu'), Atom('Cu', mass=5), Atom('Cu', tag=1)) == ['Cu', 'Cu1', 'Cu11']
    assert names({'symbols': 'Cu', 'name': 'Cu3', **at}, Atom('Cu', tag=3)) == ['Cu3', 'Cu31']
    assert names({'symbols': 'Si', 'name': 'C', **at}, {'symbols': 'C', **at}) == ['C', 'C1']
    assert names({'symbols': 'Si', 'name': 'foo', **at}, {'symbols': 'Si', **at}) == ['foo', 'foo']


@pytest.mark.parametrize(
    ('kind_names', 'tags'),
    [
        (['Si'], [0]),
        (['a', 'b'], [1, 2]),
        (['Si1', 'a', 'Si2', 'b'], [1, 3, 2, 4]),
        (['a', 'Si1'], [2, 1]),
        (['Sia', 'Si'], [1, 0]),
        (['Si', 'a', 'Si', 'a'], [0, 1, 0, 1]),
    ],
)
def test_names_of_kinds_become_tags(kind_names: list[str], tags: list[int]) -> None:
    structure = make()
    for name in kind_names:
        structure.append_atom(position=(0, 0, 0), symbols='Si', name=name)
    assert structure.get_ase().get_tags().tolist() == tags


def test_what_ase_cannot_express() -> None:
    structure = make()
    structure.append_atom(position=(0, 0, 0), symbols=['Si', 'C'], weights=[0.5, 0.5])
    with pytest.raises(ValueError, match='ASE'):
        structure.get_ase()
    with pytest.raises(TypeError, match='Atoms'):
        StructureData(ase=5)
    with pytest.raises(AttributeError, match='int'):
        StructureData(pymatgen=5)


# formats


def test_formats(tmp_path: Path) -> None:
    structure = make('Cu', 'O')
    assert structure.get_export_formats() == ['chemdoodle', 'cif', 'xsf', 'xyz']
    structure.export(str(tmp_path / 's.xyz'))
    assert (tmp_path / 's.xyz').read_text().splitlines() == [
        '2',
        'Lattice="4.0 0.0 0.0 0.0 4.0 0.0 0.0 0.0 4.0" pbc="True True True"',
        'Cu           0.0000000000       0.0000000000       0.0000000000',
        'O            1.0000000000       1.0000000000       1.0000000000',
    ]
    from ase.io import read

    assert read(tmp_path / 's.xyz').get_chemical_symbols() == ['Cu', 'O']
    structure.export(str(tmp_path / 's.xsf'))
    atoms = read(tmp_path / 's.xsf')
    assert (atoms.get_chemical_symbols(), atoms.cell.tolist()) == (['Cu', 'O'], CUBE)
    drawing = json.loads(structure._exportcontent('chemdoodle')[0])
    assert drawing['s'][0]['xyz'] == [2.0, 2.0, 2.0]
    assert [atom['l'] for atom in drawing['m'][0]['a']] == ['Cu', 'O']
    assert drawing['m'][0]['a'][0]['x'] == -2.0


def test_xyz_is_read(tmp_path: Path) -> None:
    (tmp_path / 'm.xyz').write_text('3\nhello\nCu 0 0 0\nCu 1 1 1\nO 2.0 2 -4e0\n')
    structure = StructureData()
    structure.importfile(tmp_path / 'm.xyz')
    assert (structure.get_formula(), structure.pbc) == ('Cu2O', (False, False, False))
    assert structure.sites[2].position == (2.0, 2.0, -4.0)
    structure._adjust_default_cell(vacuum_factor=2.0, vacuum_addition=3.0, pbc=(True, True, True))
    assert structure.cell_lengths == [7.0, 7.0, 13.0]
    assert structure.pbc == (True, True, True)
    for text in ('3\nhello\nCu 0 0 0\nCu 1 1\n', '2\nhello\nCu 0 0 0\n', 'x\n', ''):
        with pytest.raises(TypeError):
            structure.importstring(text, 'xyz')


def test_html_of_kinds() -> None:
    assert [atom_kinds_to_html(name) for name in ('Si', 'Si1', 'FeCo')] == ['Si', 'Si<sub>1</sub>', 'Fe + Co']


def test_fractional_and_cartesian() -> None:
    cell = [3.0, 4.0, 5.0, 80.0, 95.0, 110.0]
    there, back = symop_ortho_from_fract(cell), symop_fract_from_ortho(cell)
    assert there @ back == pytest.approx(np.eye(3))
    assert Atoms(cell=there.T).cell.cellpar() == pytest.approx(cell)


def test_spglib_tuples() -> None:
    structure = make('Si', 'C')
    structure.append_atom(symbols='Si', name='Si2', position=(2, 2, 2))
    structure.append_atom(symbols=['Si', 'C'], weights=[0.5, 0.5], position=(3, 3, 3))
    (cell, positions, numbers), kind_info, kinds = structure_to_spglib_tuple(structure)
    assert cell.tolist() == CUBE
    assert positions.tolist() == [[0.25 * number] * 3 for number in range(4)]
    assert kind_info == {'Si': 14, 'C': 6, 'Si2': 14000, 'CSi': 200000}
    assert numbers == [14, 6, 14000, 200000]
    again = spglib_tuple_to_structure((cell, positions, numbers), kind_info, kinds)
    assert again.base.attributes.all == structure.base.attributes.all
    plain = spglib_tuple_to_structure((cell, positions[:2], [14, 6]))
    assert plain.get_formula() == 'CSi'
    with pytest.raises(ValueError, match='200'):
        spglib_tuple_to_structure((cell, positions[:1], [200]))
    with pytest.raises(ValueError):
        spglib_tuple_to_structure((cell, positions[:1], [1]), kind_info={'a': 1}, kinds=[])
