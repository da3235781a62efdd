"""The external program: energy and pressure of one crystal with ASE's effective medium theory.

It knows nothing of the engine. ``emt.py INPUT OUTPUT`` reads a crystal from a JSON file (``symbols``, ``positions`` and
``cell`` in angstrom) and writes ``energy`` (eV), ``volume`` (angstrom^3) and ``pressure`` (GPa) to another. What is
wrong is said in one line on the standard error, and the exit status is then 1.
"""

import json
import sys


def compute(crystal: dict) -> dict[str, float]:
    """Return energy (eV), volume (angstrom^3) and pressure (GPa) of a periodic crystal."""
    from ase import Atoms
    from ase.calculators.emt import EMT
    from ase.units import GPa

    atoms = Atoms(crystal['symbols'], positions=crystal['positions'], cell=crystal['cell'], pbc=True)
    atoms.calc = EMT()
    stress = atoms.get_stress(voigt=True)  # eV/angstrom^3: xx, yy, zz, yz, xz, xy
    return {
        'energy': float(atoms.get_potential_energy()),
        'volume': float(atoms.get_volume()),
        'pressure': float(-stress[:3].mean() / GPa),
    }


def main(arguments: list[str]) -> int:
    """Run the program and return its exit status."""
    if len(arguments) != 2:
        print('usage: emt.py INPUT OUTPUT', file=sys.stderr)
        return 2
    source, target = arguments
    try:
        with open(source, encoding='utf-8') as handle:
            crystal = json.load(handle)
        results = compute(crystal)
    except Exception as exception:
        print(f'emt: {type(exception).__name__}: {exception}', file=sys.stderr)
        return 1
    with open(target, 'w', encoding='utf-8') as handle:
        handle.write(json.dumps(results, indent=1) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
