"""The same numbers with ASE alone: no engine, no files, no parser, another implementation of the fit."""

from typing import Any

from aiida import orm


def compute_directly(structure: orm.StructureData, number_of_points: int, strain_range: float) -> dict[str, float]:
    """Return V0 (angstrom^3), E0 (eV), B0 (GPa) and B0_prime of a crystal, by ASE in this interpreter."""
    import numpy as np
    from ase.calculators.emt import EMT
    from ase.eos import EquationOfState
    from ase.units import GPa

    crystal = structure.get_ase()
    volumes: list[float] = []
    energies: list[float] = []
    for ratio in np.linspace(1 - strain_range, 1 + strain_range, number_of_points):
        atoms: Any = crystal.copy()
        atoms.set_cell(crystal.cell * ratio ** (1 / 3), scale_atoms=True)
        atoms.calc = EMT()
        volumes.append(atoms.get_volume())
        energies.append(atoms.get_potential_energy())
    equation = EquationOfState(volumes, energies, eos='birchmurnaghan')
    v0, e0, b0 = equation.fit(warn=False)
    return {'V0': float(v0), 'E0': float(e0), 'B0': float(b0 / GPa), 'B0_prime': float(equation.eos_parameters[2])}
