"""Nodes that hold arrays: plain ones, curves, points of reciprocal space, bands, trajectories."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import bulk

from aiida import orm
from aiida.common.exceptions import ModificationNotAllowed, NotExistent, ValidationError
from aiida.common.warnings import AiidaDeprecationWarning
from aiida.orm import ArrayData, BandsData, Kind, KpointsData, StructureData, TrajectoryData, XyData, find_bandgap

pytestmark = pytest.mark.usefixtures('store')


def back(node: Any) -> Any:
    """Store a node and return the one that is loaded.

    Skips where this distribution was installed before the class was registered in ``pyproject.toml``.
    """
    if type(node).entry_point is None:
        pytest.skip(f'{type(node).__name__} is registered in pyproject.toml, but not in the installed distribution')
    return orm.load_node(node.store().pk)


# arrays


def test_arrays_come_back() -> None:
    values = {
        'x': np.arange(3),
        'y': np.eye(2),
        'texts': np.array(['a', 'bc']),
        'complex': np.array([1j, np.nan]),
        'empty': np.zeros((0, 3)),
        'zero_dim': np.array(5.0),
    }
    node = ArrayData(values).store()
    loaded = orm.load_node(node.pk)
    assert loaded.base.attributes.all == {f'array|{name}': list(array.shape) for name, array in values.items()}
    assert set(loaded.base.repository.list_object_names()) == {f'{name}.npy' for name in values}
    assert set(loaded.get_arraynames()) == set(values)
    for name, array in loaded.get_iterarrays():
        np.testing.assert_array_equal(array, values[name])
        assert array.dtype == values[name].dtype
        assert loaded.get_shape(name) == array.shape
    assert set(loaded.arrays) == set(values)


def test_single_array_has_the_default_name() -> None:
    for given in ([1, 2], (1, 2), np.array([1, 2])):
        node = ArrayData(given)
        assert node.base.attributes.all == {'array|default': [2]}
        assert node.get_array().tolist() == [1, 2]
    assert ArrayData({'x': [1]}).get_array().tolist() == [1]
    for several in (ArrayData(), ArrayData({'x': [1], 'y': [2]})):
        with pytest.raises(ValueError, match='name'):
            several.get_array()


def test_arrays_are_not_shared() -> None:
    given = np.arange(3)
    node = ArrayData(given)
    given[0] = 99
    node.get_array()[1] = 99
    assert node.get_array().tolist() == [0, 1, 2]
    node.store()
    node.get_array()[2] = 99
    assert node.get_array().tolist() == orm.load_node(node.pk).get_array().tolist() == [0, 1, 2]
    node.clear_internal_cache()
    assert node.get_array().tolist() == [0, 1, 2]
    clone = node.clone()
    clone.set_array('default', np.zeros(2))
    assert (clone.get_array().tolist(), node.get_array().tolist()) == ([0, 0], [0, 1, 2])


def test_arrays_change_until_stored() -> None:
    node = ArrayData()
    node.set_array('x', np.arange(3))
    node.set_array('x', np.arange(4))
    assert (node.get_shape('x'), node.get_array('x').tolist()) == ((4,), [0, 1, 2, 3])
    node.set_array('y', np.arange(2))
    node.delete_array('y')
    assert node.get_arraynames() == ['x']
    buffer = io.BytesIO()
    np.save(buffer, np.ones(2))
    buffer.seek(0)
    node.attach_file('z.npy', buffer)
    assert node.get_array('z').tolist() == [1, 1]
    for missing in (lambda: node.delete_array('y'), lambda: node.get_array('y')):
        with pytest.raises(KeyError, match='y'):
            missing()
    with pytest.raises(AttributeError):
        node.get_shape('y')
    node.store()
    for change in (lambda: node.set_array('y', np.ones(1)), lambda: node.delete_array('x')):
        with pytest.raises(ModificationNotAllowed):
            change()


@pytest.mark.parametrize('name', ['a|b', 'a b', '', 'a/b', 'a-b', 'a.b', 'ä'])
def test_names_of_arrays(name: str) -> None:
    with pytest.raises(ValueError, match='letters'):
        ArrayData({name: [1]})


def test_arrays_that_are_refused() -> None:
    for wrong in (5, {'x': 5}):
        with pytest.raises(TypeError):
            ArrayData(wrong)
    with pytest.raises(TypeError, match='numpy'):
        ArrayData().set_array('x', [1, 2])  # type: ignore[arg-type]
    for ragged in ([[1, 2], [3]], np.array([object()])):
        with pytest.raises(ValueError):
            ArrayData(ragged)


def test_files_and_attributes_fit() -> None:
    node = ArrayData()
    node.base.attributes.set('array|q', [3])
    with pytest.raises(ValidationError, match='q'):
        node.store()
    node = ArrayData()
    node.base.repository.put_object_from_bytes(b'x', 'r.npy')
    with pytest.raises(ValidationError, match='r'):
        node.store()


def test_json_of_arrays(tmp_path: Path) -> None:
    node = ArrayData({'x': np.array([1.0, np.nan, np.inf]), 'n': np.arange(2), 'c': np.array([1 + 2j])})
    node.export(str(tmp_path / 'a.json'))
    written = json.loads((tmp_path / 'a.json').read_text())
    assert (written['x'], written['n'], written['c']) == ([1.0, None, None], [0, 1], [[1.0, 2.0]])
    assert written['original_uuid'] == node.uuid
    with pytest.warns(AiidaDeprecationWarning):
        packed = ArrayData.save_arrays({'x': np.arange(2)})
    with pytest.warns(AiidaDeprecationWarning):
        assert ArrayData.load_arrays(packed)['x'].tolist() == [0, 1]


# curves


def test_curves_come_back() -> None:
    x, y = np.arange(3.0), [np.arange(3.0) ** 2, -np.arange(3)]
    node = XyData(x, y, x_name='x', x_units='m', y_names=['y', 'z'], y_units=['eV', 's'])
    assert node.base.attributes.all == {
        'x_name': 'x',
        'x_units': 'm',
        'array|x_array': [3],
        'array|y_array_0': [3],
        'array|y_array_1': [3],
        'y_names': ['y', 'z'],
        'y_units': ['eV', 's'],
    }
    loaded = back(node)
    name, values, units = loaded.get_x()
    assert (name, values.tolist(), units) == ('x', x.tolist(), 'm')
    assert [(name, values.tolist(), units) for name, values, units in loaded.get_y()] == [
        ('y', [0, 1, 4], 'eV'),
        ('z', [0, -1, -2], 's'),
    ]
    assert (loaded.x_name, loaded.x_units, loaded.y_names, loaded.y_units) == ('x', 'm', ['y', 'z'], ['eV', 's'])


def test_one_curve() -> None:
    node = XyData([1, 2], [3, 4], x_name='x', x_units='m', y_names='y', y_units='eV')
    assert [(name, values.tolist(), units) for name, values, units in node.get_y()] == [('y', [3, 4], 'eV')]


def test_curves_that_are_refused() -> None:
    node = XyData()
    for getter in (node.get_x, node.get_y):
        with pytest.raises(NotExistent):
            getter()
    with pytest.raises(ValueError, match='set_x'):
        node.set_y(np.arange(3), 'y', 'eV')
    with pytest.raises(TypeError):
        XyData(np.arange(3))
    node.set_x(np.arange(3.0), 'x', 'm')
    with pytest.raises(ValueError, match='names'):
        node.set_y([np.arange(3)], ['y', 'z'], ['eV'])
    with pytest.raises(ValueError, match='units'):
        node.set_y([np.arange(3)], ['y'], ['eV', 's'])
    with pytest.raises(ValueError, match='shape'):
        node.set_y([np.arange(4)], ['y'], ['eV'])
    for wrong in (([1, 2, 3], 'y', 'eV'), (np.array(['a'] * 3), 'y', 'eV'), (np.arange(3), 3, 'eV')):
        with pytest.raises((TypeError, ValueError)):
            node.set_y(*wrong)  # type: ignore[arg-type]
    assert node.get_arraynames() == ['x_array']


# points of reciprocal space


def test_meshes() -> None:
    points = KpointsData()
    points.set_kpoints_mesh([2, 1, 1], offset=[0.5, 0, 0])
    assert points.base.attributes.all == {'mesh': [2, 1, 1], 'offset': [0.5, 0.0, 0.0]}
    assert points.get_kpoints_mesh() == ([2, 1, 1], [0.5, 0.0, 0.0])
    assert points.get_kpoints_mesh(print_list=True).tolist() == [[0.25, 0, 0], [0.75, 0, 0]]
    assert points.get_description() == 'Kpoints mesh: 2x1x1 (+0.5,0.0,0.0)'
    assert back(points).get_kpoints_mesh() == ([2, 1, 1], [0.5, 0.0, 0.0])
    with pytest.raises(ModificationNotAllowed):
        points.set_kpoints_mesh([1, 1, 1])


def test_mesh_in_the_constructor() -> None:
    points = KpointsData(mesh=[4, 4, 4])
    assert points.get_kpoints_mesh(print_list=True)[:2].tolist() == [[0, 0, 0], [0, 0, 0.25]]
    for wrong in ({'mesh': [2, 2, 2], 'pbc1': True}, {'offset': [0, 0, 0]}, {'labels': ['G'], 'label_numbers': [0]}):
        with pytest.raises(ValueError):
            KpointsData(**wrong)  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match='list of points'):
        points.get_kpoints()


@pytest.mark.parametrize(
    ('mesh', 'offset'),
    [([4, 4], None), ('a', None), (['a', 1, 1], None), ([4, 4, 4], [0.5, 0.5]), ([4, 4, 4], ['a'] * 3)],
)
def test_meshes_that_are_refused(mesh: Any, offset: Any) -> None:
    with pytest.raises(ValueError):
        KpointsData().set_kpoints_mesh(mesh, offset=offset)


def test_density() -> None:
    points = KpointsData()
    with pytest.raises(AttributeError, match='cell'):
        points.set_kpoints_mesh_from_density(0.2)
    points.set_cell_from_structure(StructureData(ase=bulk('Si', cubic=True)))
    assert points.reciprocal_cell == pytest.approx(np.eye(3) * 2 * np.pi / 5.43)
    for distance, force_parity, number in ((0.2, False, 6), (0.25, False, 5), (0.25, True, 6), (99.0, False, 1)):
        points.set_kpoints_mesh_from_density(distance, force_parity=force_parity)
        assert points.get_kpoints_mesh()[0] == [number] * 3
    points.set_cell(np.eye(3) * 4, pbc=[True, True, False])
    points.set_kpoints_mesh_from_density(0.5)
    assert points.get_kpoints_mesh()[0] == [4, 4, 1]
    with pytest.raises(ValueError, match='StructureData'):
        points.set_cell_from_structure(5)  # type: ignore[arg-type]


def test_lists_of_points_come_back() -> None:
    points = KpointsData()
    points.set_cell(np.eye(3) * 2)
    points.set_kpoints([[0, 0, 0], [0.5, 0, 0]], labels=[(0, 'G'), (1, 'X')], weights=[0.25, 0.75])
    assert points.base.attributes.all == {
        'cell': [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]],
        'pbc1': True,
        'pbc2': True,
        'pbc3': True,
        'array|kpoints': [2, 3],
        'label_numbers': [0, 1],
        'labels': ['G', 'X'],
        'array|weights': [2],
    }
    loaded = back(points)
    assert loaded.labels == [(0, 'G'), (1, 'X')]
    relative, weights = loaded.get_kpoints(also_weights=True)
    assert (relative.tolist(), weights.tolist()) == ([[0, 0, 0], [0.5, 0, 0]], [0.25, 0.75])
    assert loaded.get_kpoints(cartesian=True) == pytest.approx(np.array([[0, 0, 0], [np.pi / 2, 0, 0]]))
    assert (loaded.cell.tolist(), loaded.pbc) == ((np.eye(3) * 2).tolist(), (True, True, True))
    assert loaded.get_description() == '(Path of 2 kpts)'


def test_cartesian_points() -> None:
    cell = [[0.0, 2.7, 2.7], [2.7, 0.0, 2.7], [2.7, 2.7, 0.0]]
    points = KpointsData()
    with pytest.raises(AttributeError, match='cell'):
        points.set_kpoints([[0.1, 0.2, 0.3]], cartesian=True)
    points.set_cell(cell)
    points.set_kpoints([[0.1, 0.2, 0.3]], cartesian=True)
    assert points.get_kpoints(cartesian=True) == pytest.approx(np.array([[0.1, 0.2, 0.3]]))
    assert points.get_kpoints() == pytest.approx(np.array([[0.1, 0.2, 0.3]]) @ np.array(cell).T / (2 * np.pi))


def test_points_of_lower_dimension() -> None:
    points = KpointsData()
    points.set_cell(np.eye(3), pbc=[True, True, False])
    points.set_kpoints([[0, 0], [0.5, 0]], fill_values=[0.25])
    assert points.get_kpoints().tolist() == [[0, 0, 0.25], [0.5, 0, 0.25]]
    points.set_cell(np.eye(3), pbc=[False, True, False])
    points.set_kpoints([0, 0.5])
    assert points.get_kpoints().tolist() == [[0, 0, 0], [0, 0.5, 0]]
    points.set_cell(np.eye(3), pbc=False)
    points.set_kpoints([])
    assert points.get_kpoints().tolist() == [[0, 0, 0]]
    with pytest.raises(ValueError, match='periodic'):
        points.set_kpoints([[0, 0]])


@pytest.mark.parametrize(
    'arguments',
    [
        {'kpoints': [['a', 'b', 'c']]},
        {'kpoints': 5},
        {'kpoints': []},
        {'kpoints': [[0, 0, 0, 0]]},
        {'kpoints': [[0, 0, 0]], 'weights': [1, 2]},
        {'kpoints': [[0, 0, 0]], 'weights': ['a']},
        {'kpoints': [[0, 0, 0]], 'labels': [(7, 'X')]},
        {'kpoints': [[0, 0, 0]], 'labels': [('X', 0)]},
    ],
)
def test_points_that_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        KpointsData().set_kpoints(**arguments)


def test_labels_need_points_and_a_list_excludes_a_mesh() -> None:
    points = KpointsData()
    assert points.labels is None
    with pytest.raises(AttributeError):
        points.labels = [(0, 'G')]
    points.set_kpoints([[0, 0, 0]])
    with pytest.raises(AttributeError, match='weights'):
        points.get_kpoints(also_weights=True)
    points.labels = [(0, 'G')]
    points.labels = None
    assert points.labels == []
    with pytest.raises(ModificationNotAllowed):
        points.set_kpoints_mesh([1, 1, 1])
    with pytest.raises(ModificationNotAllowed):
        KpointsData(mesh=[1, 1, 1]).set_kpoints([[0, 0, 0]])


# bands

INSULATOR = [[-2.0, -1.0, 1.0, 2.0], [-2.0, -0.5, 1.5, 2.0], [-2.0, -1.0, 0.8, 2.0]]
METAL = [[-2.0, -1.0, 1.0, 2.0], [-2.0, 0.5, 1.5, 2.0], [-2.0, -1.0, 0.2, 2.0]]
FILLED = [[2, 2, 0, 0]] * 3


def make_bands(values: Any, occupations: Any = None) -> BandsData:
    points = KpointsData()
    points.set_kpoints([[0, 0, 0], [0.5, 0, 0], [0.5, 0.5, 0]])
    bands = BandsData()
    bands.set_kpointsdata(points)
    bands.set_bands(np.array(values), units='eV', occupations=None if occupations is None else np.array(occupations))
    return bands


def test_bands_come_back() -> None:
    bands = make_bands([INSULATOR, METAL], np.zeros((2, 3, 4)))
    bands.set_bands([INSULATOR, METAL], units='eV', occupations=np.zeros((2, 3, 4)), labels=['up', 'down'])
    assert bands.base.attributes.all == {
        'units': 'eV',
        'pbc1': False,
        'pbc2': False,
        'pbc3': False,
        'array|kpoints': [3, 3],
        'label_numbers': [],
        'labels': [],
        'array|bands': [2, 3, 4],
        'array|occupations': [2, 3, 4],
        'array_labels': ['up', 'down'],
    }
    loaded = back(bands)
    values, occupations, labels = loaded.get_bands(also_occupations=True, also_labels=True)
    assert (values.tolist(), occupations.shape, labels) == ([INSULATOR, METAL], (2, 3, 4), ['up', 'down'])
    assert (loaded.units, loaded.array_labels, loaded.get_kpoints().shape) == ('eV', ['up', 'down'], (3, 3))


def test_bands_that_are_refused() -> None:
    with pytest.raises(AttributeError, match='points'):
        BandsData().set_bands(np.ones((3, 4)))
    with pytest.raises(AttributeError, match='bands'):
        BandsData().get_bands()
    with pytest.raises(ValueError, match='KpointsData'):
        BandsData().set_kpointsdata(5)  # type: ignore[arg-type]
    bands = make_bands(INSULATOR)
    with pytest.raises(AttributeError, match='occupations'):
        bands.get_bands(also_occupations=True)
    for wrong in (np.ones(3), np.ones((2, 4)), np.ones((2, 3, 4, 1)), [['a'] * 4] * 3, [[1, None]] * 3):
        with pytest.raises(ValueError):
            bands.set_bands(wrong)
    with pytest.raises(ValueError, match='occupations'):
        bands.set_bands(INSULATOR, occupations=np.ones((3, 3)))
    for labels in (['a', 'b'], 5):
        with pytest.raises(ValidationError):
            bands.set_bands(INSULATOR, labels=labels)
    assert bands.get_bands().tolist() == INSULATOR


@pytest.mark.parametrize(
    ('values', 'occupations', 'arguments', 'gap'),
    [
        (INSULATOR, None, {'number_electrons': 4}, 1.3),
        (METAL, None, {'number_electrons': 4}, None),
        (INSULATOR, None, {'fermi_energy': 0}, 1.3),
        (METAL, None, {'fermi_energy': 0}, None),
        (METAL, None, {'fermi_energy': 0.3}, None),
        (INSULATOR, FILLED, {}, 1.3),
        (METAL, FILLED, {}, None),
        (INSULATOR, None, {'number_electrons': 3}, None),
        ([INSULATOR, INSULATOR], None, {'number_electrons': 4}, 1.3),
        ([INSULATOR, METAL], None, {'number_electrons': 4}, None),
        ([INSULATOR, INSULATOR], [[[1, 1, 0, 0]] * 3] * 2, {}, 1.3),
        (INSULATOR, None, {'fermi_energy': 0, 'number_electrons': 4}, 1.3),
    ],
)
def test_gaps(values: Any, occupations: Any, arguments: Any, gap: float | None) -> None:
    insulating, found = find_bandgap(make_bands(values, occupations), **arguments)
    assert insulating is (gap is not None)
    assert found == (None if gap is None else pytest.approx(gap))


def test_gaps_that_cannot_be_found() -> None:
    bands = make_bands(INSULATOR)
    for arguments in ({'fermi_energy': 10}, {'fermi_energy': -10}, {'number_electrons': 8}, {'number_electrons': 10}):
        with pytest.raises(ValueError):
            find_bandgap(bands, **arguments)
    with pytest.raises(AttributeError):
        find_bandgap(bands)


@pytest.fixture
def path() -> BandsData:
    """Bands along a path with a jump from M to R."""
    points = KpointsData()
    points.set_cell(np.eye(3) * 4)
    points.set_kpoints(
        [[0, 0, 0], [0.25, 0, 0], [0.5, 0, 0], [0.5, 0.5, 0], [0.5, 0.5, 0.5]],
        labels=[(0, 'GAMMA'), (2, 'X'), (3, 'M'), (4, 'R')],
    )
    bands = BandsData(label='path')
    bands.set_kpointsdata(points)
    bands.set_bands(np.arange(10.0).reshape(5, 2), units='eV')
    return bands


def test_plots(path: BandsData, tmp_path: Path) -> None:
    step = np.pi / 8
    data = path._get_bandplot_data(cartesian=True, prettify_format='gnuplot_seekpath', join_symbol='|', y_origin=1.0)
    assert data['x'] == pytest.approx([0, step, 2 * step, 2 * step, 2 * step])
    assert data['y'][0].tolist() == [-1.0, 0.0]
    assert data['labels'] == [(0.0, 'Γ'), (pytest.approx(2 * step), 'X|M|R')]
    assert path._get_bandplot_data(cartesian=False)['x'] == [0.0, 0.25, 0.5, 0.5, 0.5]
    segments = json.loads(path._exportcontent('json')[0])
    assert segments['label'] == 'path'
    assert segments['path'] == [['GAMMA', 'X']]
    assert [(piece['from'], piece['to'], piece['length']) for piece in segments['paths']] == [
        ('GAMMA', 'X', 2),
        ('X', 'M', 1),
        ('M', 'R', 1),
    ]
    assert segments['paths'][0]['values'] == [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]
    columns = np.loadtxt(io.BytesIO(path._exportcontent('dat_multicolumn')[0]))
    assert columns[:, 1:].tolist() == np.arange(10.0).reshape(5, 2).tolist()
    blocks = path._exportcontent('dat_blocks', comments=False)[0].decode().split('\n\n\n')
    assert blocks[0].splitlines()[1] == '0.39269908\t2.00000000'
    files = path.export(str(tmp_path / 'b.gnu'), fileformat='gnuplot')
    assert files == [str(tmp_path / 'b.gnu'), str(tmp_path / 'b_data.dat')]
    assert 'plot "b_data.dat"' in Path(files[0]).read_text()
    assert np.loadtxt(files[1]).shape == (10, 2)
    assert path._exportcontent('mpl_png')[0].startswith(b'\x89PNG')
    assert path._exportcontent('mpl_pdf')[0].startswith(b'%PDF')


# trajectories


@pytest.fixture
def trajectory() -> TrajectoryData:
    made = TrajectoryData()
    made.set_trajectory(
        ['H', 'O'],
        np.arange(12.0).reshape(2, 2, 3),
        stepids=np.array([10, 20]),
        cells=np.array([np.eye(3) * 5] * 2),
        times=np.array([0.0, 0.5]),
        velocities=np.ones((2, 2, 3)),
        pbc=(True, True, False),
    )
    return made


def test_trajectory_comes_back(trajectory: TrajectoryData) -> None:
    loaded = back(trajectory)
    assert loaded.base.attributes.all == {
        'symbols': ['H', 'O'],
        'pbc': [True, True, False],
        'array|positions': [2, 2, 3],
        'array|steps': [2],
        'array|cells': [2, 3, 3],
        'array|times': [2],
        'array|velocities': [2, 2, 3],
    }
    assert (loaded.numsteps, loaded.numsites, loaded.symbols, loaded.pbc) == (2, 2, ['H', 'O'], (True, True, False))
    step, time, cell, symbols, positions, velocities = loaded.get_step_data(1)
    assert (step, time, symbols) == (20, 0.5, ['H', 'O'])
    assert (cell.tolist(), positions.tolist()) == ((np.eye(3) * 5).tolist(), [[6, 7, 8], [9, 10, 11]])
    assert velocities.tolist() == np.ones((2, 3)).tolist()
    assert loaded.get_index_from_stepid(20) == 1
    with pytest.raises(IndexError):
        loaded.get_step_data(2)
    with pytest.raises(ValueError, match='30'):
        loaded.get_index_from_stepid(30)


def test_steps_of_a_trajectory_as_structures(trajectory: TrajectoryData) -> None:
    structure = trajectory.get_step_structure(0)
    assert structure.cell == (np.eye(3) * 5).tolist()
    assert structure.pbc == (True, True, False)
    assert [(site.kind_name, site.position) for site in structure.sites] == [
        ('H', (0.0, 1.0, 2.0)),
        ('O', (3.0, 4.0, 5.0)),
    ]
    heavy = trajectory.get_step_structure(0, custom_kinds=[Kind(symbols='H', name='H', mass=2), Kind(symbols='O')])
    assert heavy.get_kind('H').mass == 2
    with pytest.raises(ValueError, match='kind'):
        trajectory.get_step_structure(0, custom_kinds=[Kind(symbols='H')])


def test_trajectory_of_structures() -> None:
    first, second = bulk('NaCl', 'rocksalt', a=5.6), bulk('NaCl', 'rocksalt', a=5.7)
    made = TrajectoryData([StructureData(ase=first), StructureData(ase=second)])
    assert (made.symbols, made.pbc, made.numsteps) == (['Na', 'Cl'], (True, True, True), 2)
    assert made.get_step_structure(-1).get_ase().cell.array == pytest.approx(second.cell.array)
    for wrong in ([], [StructureData(ase=first), StructureData(ase=bulk('Cu'))]):
        with pytest.raises(ValueError):
            TrajectoryData(wrong)


def test_what_is_left_out_of_a_trajectory(trajectory: TrajectoryData) -> None:
    trajectory.set_trajectory(['H'], np.zeros((3, 1, 3)))
    assert (trajectory.get_times(), trajectory.get_cells(), trajectory.get_velocities()) == (None, None, None)
    assert (trajectory.get_stepids().tolist(), trajectory.pbc) == ([0, 1, 2], (False, False, False))
    assert set(trajectory.get_arraynames()) == {'positions', 'steps'}


POSITIONS = np.zeros((3, 2, 3))


@pytest.mark.parametrize(
    ('symbols', 'positions', 'more'),
    [
        (['H'], POSITIONS, {}),
        ('HH', POSITIONS, {}),
        (['H', 3], POSITIONS, {}),
        (['H', 'H'], POSITIONS[0], {}),
        (['H', 'H'], POSITIONS.astype(int), {}),
        (['H', 'H'], POSITIONS.tolist(), {}),
        (['H', 'H'], POSITIONS, {'stepids': np.array([1.0, 2.0, 3.0])}),
        (['H', 'H'], POSITIONS, {'stepids': np.array([1, 2])}),
        (['H', 'H'], POSITIONS, {'cells': np.zeros((3, 2))}),
        (['H', 'H'], POSITIONS, {'times': np.zeros(2)}),
        (['H', 'H'], POSITIONS, {'velocities': np.zeros((3, 2, 2))}),
        (['H', 'H'], POSITIONS, {'pbc': [1, 2, 3]}),
        (['H', 'H'], POSITIONS, {'pbc': (True, True, True)}),
    ],
)
def test_trajectories_that_are_refused(symbols: Any, positions: Any, more: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        TrajectoryData().set_trajectory(symbols, positions, **more)


def test_trajectory_is_checked_when_stored(trajectory: TrajectoryData) -> None:
    trajectory.base.attributes.set('symbols', ['H'])
    with pytest.raises(ValidationError):
        trajectory._validate()


def test_formats_of_trajectories(trajectory: TrajectoryData) -> None:
    lines = trajectory._exportcontent('xsf')[0].decode().splitlines()
    assert lines[:3] == ['ANIMSTEPS 2', 'CRYSTAL', 'PRIMVEC 1']
    assert lines[8].split() == ['1', '0.0000000000', '1.0000000000', '2.0000000000']
    read = TrajectoryData()
    read.importstring('2\nc\nH 0 0 0\nO 1 1 1\n2\nc\nH 0 0 1\nO 1 1 1\n', 'xyz_pos')
    read.importstring('2\nc\nH 1 0 0\nO 1 1 1\n2\nc\nH 0 0 1\nO 1 1 1\n', 'xyz_vel')
    assert (read.numsteps, read.symbols) == (2, ['H', 'O'])
    assert (read.get_positions()[1, 0].tolist(), read.get_velocities()[0, 0].tolist()) == ([0, 0, 1], [1, 0, 0])
    with pytest.raises(ValidationError):
        read.importstring('1\nc\nH 1 0 0\n', 'xyz_vel')
    with pytest.raises(ValidationError):
        TrajectoryData().importstring('', 'xyz_pos')
