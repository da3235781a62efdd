"""Orbitals, projections onto them, and pseudopotentials."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiida import orm
from aiida.common.exceptions import MultipleObjectsError, NotExistent, ParsingError, ValidationError
from aiida.orm import BandsData, KpointsData, OrbitalData, ProjectionData, StructureData, UpfData
from aiida.orm.nodes.data.upf import get_pseudos_from_structure, upload_upf_family
from aiida.plugins.entry_point import get_entry_point_from_class
from aiida.tools.data.orbital import Orbital, RealhydrogenOrbital

pytestmark = pytest.mark.usefixtures('store')

REGISTERED = all(
    get_entry_point_from_class(cls.__module__, cls.__name__)[1] is not None
    for cls in (RealhydrogenOrbital, OrbitalData, ProjectionData, BandsData, UpfData)
)
needs_registration = pytest.mark.skipif(
    not REGISTERED, reason='registered in pyproject.toml, but not in the installed distribution'
)


def orbital(**more: Any) -> RealhydrogenOrbital:
    fields = {'position': (0, 0, 0), 'angular_momentum': 1, 'magnetic_number': 0, 'radial_nodes': 0, **more}
    return RealhydrogenOrbital(**fields)


@pytest.mark.parametrize(
    ('more', 'message'),
    [
        ({'angular_momentum': 5}, 'angular_momentum'),
        ({'angular_momentum': 1.5}, 'integer'),
        ({'magnetic_number': 3}, 'between 0 and 2'),
        ({'magnetic_number': 'a'}, 'magnetic_number'),
        ({'position': 'abc'}, 'position'),
        ({'position': (0, 0)}, 'position'),
        ({'position': (0, 0, float('nan'))}, 'finite'),
        ({'radial_nodes': 5}, 'radial_nodes'),
        ({'spin': 3}, 'spin'),
        ({'kind_name': 5}, 'kind_name'),
        ({'diffusivity': 'a'}, 'diffusivity'),
        ({'no_such': 1}, 'no_such'),
    ],
)
def test_orbitals_that_are_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        orbital(**more)
    with pytest.raises(ValidationError, match='position'):
        Orbital()


def test_orbitals_in_words() -> None:
    assert str(orbital()) == 'r0 PZ orbital  @ 0.0000,0.0000,0.0000'
    assert repr(orbital(kind_name='Si')) == "<RealhydrogenOrbital: r0 PZ orbital for kind 'Si' @ 0.0000,0.0000,0.0000>"
    assert orbital() == orbital()
    assert orbital() != orbital(spin=1)
    assert len({orbital(), orbital(), orbital(spin=1)}) == 2


def test_names_and_numbers() -> None:
    names = RealhydrogenOrbital.get_name_from_quantum_numbers
    numbers = RealhydrogenOrbital.get_quantum_numbers_from_name
    assert [names(1, number) for number in range(3)] == ['PZ', 'PX', 'PY']
    assert [names(momentum) for momentum in (0, 1, 2, 3, -1, -2, -3, -4, -5)] == [
        *('S', 'P', 'D', 'F'),
        *('SP', 'SP2', 'SP3', 'SP3D', 'SP3D2'),
    ]
    assert (names(-2, 1), names(-5, 5)) == ('SP2-2', 'SP3D2-6')
    assert numbers('pz') == [{'angular_momentum': 1, 'magnetic_number': 0}]
    assert numbers('D') == [{'angular_momentum': 2, 'magnetic_number': number} for number in range(5)]
    with pytest.raises(ValueError, match='Q'):
        numbers('Q')
    with pytest.raises(ValueError):
        names(1, 7)


@needs_registration
def test_orbitals_come_back() -> None:
    node = OrbitalData()
    with pytest.raises(AttributeError):
        node.get_orbitals()
    node.set_orbitals([orbital(), orbital(angular_momentum=0, kind_name='Si')])
    assert node.base.attributes.get('orbital_dicts')[0] == {
        '_orbital_type': 'core.realhydrogen',
        'position': [0.0, 0.0, 0.0],
        'angular_momentum': 1,
        'magnetic_number': 0,
        'radial_nodes': 0,
        'kind_name': None,
        'spin': 0,
        'x_orientation': None,
        'z_orientation': None,
        'spin_orientation': None,
        'diffusivity': None,
    }
    loaded = orm.load_node(node.store().pk)
    assert loaded.get_orbitals() == [orbital(), orbital(angular_momentum=0, kind_name='Si')]
    assert loaded.get_orbitals(kind_name='Si', angular_momentum=0) == [orbital(angular_momentum=0, kind_name='Si')]
    assert loaded.get_orbitals(angular_momentum=2) == []
    one = OrbitalData()
    one.set_orbitals(orbital())
    assert one.get_orbitals() == [orbital()]
    one.clear_orbitals()
    assert one.get_orbitals() == []


@needs_registration
def test_projections_come_back() -> None:
    points = KpointsData()
    points.set_kpoints([[0, 0, 0], [0.5, 0, 0], [0.5, 0.5, 0]])
    bands = BandsData()
    bands.set_kpointsdata(points)
    bands.set_bands(np.ones((3, 4)), units='eV')
    bands.store()
    orbitals = [orbital(), orbital(angular_momentum=0)]
    node = ProjectionData()
    with pytest.raises(AttributeError):
        node.get_reference_bandsdata()
    with pytest.raises(ValidationError, match='bands'):
        node.set_projectiondata(orbitals, list_of_projections=[np.ones((3, 4))] * 2)
    node.set_reference_bandsdata(bands.pk)
    energies = [np.arange(5.0), np.arange(5.0)]
    node.set_projectiondata(
        orbitals,
        list_of_projections=[np.ones((3, 4)), np.zeros((3, 4))],
        list_of_energy=energies,
        list_of_pdos=[energy**2 for energy in energies],
        tags=['a', 'b'],
    )
    loaded = orm.load_node(node.store().pk)
    assert loaded.get_reference_bandsdata().uuid == bands.uuid
    ((found, projection),) = loaded.get_projections(angular_momentum=0)
    assert (found, projection.tolist()) == (orbitals[1], np.zeros((3, 4)).tolist())
    assert [(found, density.tolist()) for found, _, density in loaded.get_pdos()] == [
        (one, [0, 1, 4, 9, 16]) for one in orbitals
    ]
    assert loaded.base.attributes.get('array|proj_array_0') == [3, 4]
    assert loaded.base.attributes.get('tags') == ['a', 'b']


@needs_registration
def test_projections_that_are_refused() -> None:
    node, array = ProjectionData(), np.ones((3, 4))
    for arguments in (
        {},
        {'list_of_projections': [array, array]},
        {'list_of_projections': [array.tolist()]},
        {'list_of_pdos': [array]},
        {'list_of_pdos': [array], 'list_of_energy': [np.ones(5)]},
        {'list_of_projections': [array], 'tags': ['a', 'b']},
    ):
        with pytest.raises(ValidationError):
            node.set_projectiondata([orbital()], bands_check=False, **arguments)
    assert node.base.attributes.all == {}
    node.set_projectiondata(orbital(), list_of_projections=array, bands_check=False)
    assert len(node.get_projections()) == 1
    with pytest.raises(NotImplementedError):
        node.set_orbitals()
    with pytest.raises(NotExistent):
        node.set_reference_bandsdata('no-such-node')
    with pytest.raises(ValidationError):
        node.set_reference_bandsdata(orm.Int(1).store().pk)


# pseudopotentials

UPF_2 = '<UPF version="2.0.1">\n<PP_HEADER\n element="{}"\n z_valence="4.0"\n/>\n</UPF>\n'
UPF_1 = '<PP_HEADER>\n   0                   Version Number\n  {}                   Element\n</PP_HEADER>\n'


@pytest.fixture
def pseudos(tmp_path: Path) -> Path:
    folder = tmp_path / 'pseudos'
    folder.mkdir()
    (folder / 'Si.test.upf').write_text(UPF_2.format('Si'))
    (folder / 'C_v1.UPF').write_text(UPF_1.format('C'))
    (folder / 'notes.txt').write_text('not a pseudopotential')
    return folder


def test_pseudopotentials_are_read(pseudos: Path) -> None:
    silicon, carbon = UpfData(pseudos / 'Si.test.upf'), UpfData(pseudos / 'C_v1.UPF')
    assert (silicon.element, carbon.element) == ('Si', 'C')
    assert silicon.base.attributes.all == {'filename': 'Si.test.upf', 'element': 'Si', 'md5': silicon.md5sum}
    assert UpfData(io.BytesIO(UPF_2.format('Si').encode()), filename='Si.upf').md5sum == silicon.md5sum
    assert silicon._exportcontent('upf')[0] == silicon.content
    header = json.loads(silicon._exportcontent('json')[0])['pseudo_potential']['header']
    assert header == {'element': 'Si', 'z_valence': '4.0'}
    (pseudos / 'Ge.upf').write_text(UPF_2.format('Si'))
    with pytest.raises(ParsingError, match='Ge'):
        UpfData(pseudos / 'Ge.upf')
    (pseudos / 'S.upf').write_text('nothing')
    with pytest.raises(ParsingError, match='element'):
        UpfData(pseudos / 'S.upf')


@needs_registration
def test_pseudopotentials_come_back(pseudos: Path) -> None:
    node, new = UpfData.get_or_create(pseudos / 'Si.test.upf')
    assert (new, node.is_stored) == (True, True)
    again, new = UpfData.get_or_create(pseudos / 'Si.test.upf')
    assert (again.pk, new) == (node.pk, False)
    assert [found.pk for found in UpfData.from_md5(str(node.md5sum))] == [node.pk]
    UpfData(pseudos / 'Si.test.upf').store()
    with pytest.raises(ValueError, match='several'):
        UpfData.get_or_create(pseudos / 'Si.test.upf')
    other = UpfData(pseudos / 'Si.test.upf')
    other.base.repository.put_object_from_bytes(UPF_2.format('C').encode(), 'Si.test.upf')
    assert other.store().element == 'C'


@needs_registration
def test_families(pseudos: Path) -> None:
    assert upload_upf_family(str(pseudos), 'family', 'two elements') == (2, 2)
    with pytest.raises(ValueError, match='already'):
        upload_upf_family(str(pseudos), 'family', 'two elements')
    (group,) = UpfData.get_upf_groups(filter_elements=['Si'])
    assert (group.label, UpfData.get_upf_groups(filter_elements='Ge')) == ('family', [])
    structure = StructureData(cell=np.eye(3) * 4)
    structure.append_atom(symbols='Si', name='Si1', position=(0, 0, 0))
    structure.append_atom(symbols='C', position=(1, 1, 1))
    chosen = get_pseudos_from_structure(structure, 'family')
    assert {name: node.element for name, node in chosen.items()} == {'Si1': 'Si', 'C': 'C'}
    assert chosen['C'].get_upf_family_names() == ['family']
    structure.append_atom(symbols='Ge', position=(2, 2, 2))
    with pytest.raises(NotExistent, match='Ge'):
        get_pseudos_from_structure(structure, 'family')
    group.add_nodes([UpfData(pseudos / 'Si.test.upf').store()])
    with pytest.raises(MultipleObjectsError, match='Si'):
        get_pseudos_from_structure(structure, 'family')
    with pytest.raises(NotExistent):
        get_pseudos_from_structure(structure, 'no_such_family')
