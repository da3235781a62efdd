"""Conversions of data that are recorded as calculations, and builders of codes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from ase.build import bulk

from aiida import orm
from aiida.orm import CifData, StructureData, TrajectoryData

pytestmark = pytest.mark.usefixtures('profile')


def test_structure_of_a_trajectory() -> None:
    trajectory = TrajectoryData()
    trajectory.set_trajectory(['H', 'O'], np.arange(12.0).reshape(2, 2, 3), cells=np.array([np.eye(3) * 5] * 2))
    plain = trajectory.get_structure(index=1)
    assert (plain.is_stored, plain.sites[0].position) == (False, (6.0, 7.0, 8.0))
    stored = trajectory.get_structure(store=True, index=1)
    assert stored.is_stored
    assert stored.base.attributes.all == plain.clone().store().base.attributes.all
    assert stored.creator.inputs.trajectory.uuid == trajectory.uuid
    assert stored.creator.process_label == '_get_aiida_structure_inline'


def test_structure_of_a_cif() -> None:
    if CifData.entry_point is None:
        pytest.skip('CifData is registered in pyproject.toml, but not in the installed distribution')
    atoms = bulk('NaCl', 'rocksalt', a=5.6, cubic=True)
    cif = CifData(ase=atoms)
    plain = cif.get_structure(converter='ase')
    assert isinstance(plain, StructureData)
    assert (plain.is_stored, plain.get_formula(), sorted(plain.get_kind_names())) == (False, 'Cl4Na4', ['Cl', 'Na'])
    stored = cif.get_structure(converter='ase', store=True)
    assert stored.creator.inputs.cif.uuid == cif.uuid
    with pytest.raises(ValueError, match='no_such'):
        cif.get_structure(converter='no_such')
    text = b'data_a\n_chemical_formula_sum Si\n'
    with pytest.raises(ValueError, match='sites'):
        CifData(file=io.BytesIO(text), filename='a.cif').get_structure(converter='ase')


def test_builder_of_a_code(localhost: Any) -> None:
    code = orm.InstalledCode(
        label='add', computer=localhost, filepath_executable='/bin/bash', default_calc_job_plugin='core.arithmetic.add'
    ).store()
    builder = code.get_builder()
    assert builder.code is code
    assert builder.process_class.__name__ == 'ArithmeticAddCalculation'
