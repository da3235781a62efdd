"""The workflow: from a crystal to its equation of state."""

from typing import Any

import numpy as np

from aiida import orm
from aiida.engine import ExitCode, ToContext, WorkChain, calcfunction
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from eos.calculation import EmtCalculation
from eos.fit import fit_birch_murnaghan

#: Lattice constants (angstrom) of the fcc metals that effective medium theory has parameters for.
LATTICE_CONSTANTS = {'Ag': 4.09, 'Al': 4.05, 'Au': 4.08, 'Cu': 3.61, 'Ni': 3.52, 'Pd': 3.89, 'Pt': 3.92}
FEWEST_POINTS = 5  # four parameters are fitted
WIDEST_STRAIN = 0.3


def check_symbol(symbol: orm.Str, _: Any) -> str | None:
    """Return what is wrong with an element."""
    if symbol.value in LATTICE_CONSTANTS:
        return None
    supported = ', '.join(LATTICE_CONSTANTS)
    near = symbol.value.strip().capitalize()
    hint = f'did you mean {near}? The' if near in LATTICE_CONSTANTS else 'the'
    return f'effective medium theory knows no element {symbol.value!r}; {hint} supported elements are {supported}'


def check_structure(structure: orm.StructureData | None, _: Any) -> str | None:
    """Return what is wrong with a crystal."""
    if structure is None:
        return None
    unknown = sorted(structure.get_symbols_set() - set(LATTICE_CONSTANTS))
    if unknown:
        supported = ', '.join(LATTICE_CONSTANTS)
        return f'effective medium theory knows no {", ".join(unknown)}; the supported elements are {supported}'
    if not all(structure.pbc):
        return 'a crystal is needed: periodic in all three directions'
    return None


def check_lattice_constant(value: orm.Float | None, _: Any) -> str | None:
    """Return what is wrong with a lattice constant."""
    if value is None or 1 < value.value < 10:
        return None
    return f'a lattice constant of {value.value} angstrom is none of a metal: give one between 1 and 10'


def check_number_of_points(number: orm.Int, _: Any) -> str | None:
    """Return what is wrong with the number of volumes."""
    if number.value >= FEWEST_POINTS:
        return None
    return f'{number.value} points are too few: the fit has four parameters, so give {FEWEST_POINTS} or more'


def check_strain_range(strain: orm.Float, _: Any) -> str | None:
    """Return what is wrong with a range of strains."""
    if 0 < strain.value <= WIDEST_STRAIN:
        return None
    return (
        f'{strain.value} is out of range: volumes go from (1 - strain_range) V to (1 + strain_range) V, '
        f'with strain_range above 0 and at most {WIDEST_STRAIN}'
    )


def check_inputs(inputs: Any, _: Any) -> str | None:
    """Return what is wrong with the inputs together."""
    if 'structure' in inputs and ('symbol' in inputs or 'lattice_constant' in inputs):
        return 'give a structure, or a symbol and a lattice_constant, not both'
    return None


@calcfunction
def fcc_crystal(symbol: orm.Str, lattice_constant: orm.Float) -> orm.StructureData:
    """Return the primitive cell of an fcc crystal; the lattice constant (angstrom) is the cubic cell's."""
    half = lattice_constant.value / 2
    structure = orm.StructureData(cell=[[0, half, half], [half, 0, half], [half, half, 0]])
    structure.append_atom(position=(0, 0, 0), symbols=symbol.value)
    return structure


@calcfunction
def strain_crystal(
    structure: orm.StructureData, number_of_points: orm.Int, strain_range: orm.Float
) -> dict[str, orm.StructureData]:
    """Return the crystal at evenly spaced volumes, as ``volume_00``, ``volume_01`` and so on."""
    crystals = {}
    ratios = np.linspace(1 - strain_range.value, 1 + strain_range.value, number_of_points.value)
    for index, ratio in enumerate(ratios):
        atoms = structure.get_ase()
        atoms.set_cell(atoms.cell * ratio ** (1 / 3), scale_atoms=True)
        crystals[f'volume_{index:02d}'] = orm.StructureData(ase=atoms)
    return crystals


class EquationOfStateWorkChain(WorkChain):
    """Compute a crystal at several volumes, all at the same time, and fit the equation of Birch and Murnaghan."""

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:
        """Declare what goes in, what is done, what comes out, and how it can fail."""
        super().define(spec)
        spec.input('code', valid_type=orm.AbstractCode, help='The program `emt`.')
        spec.input(
            'structure',
            valid_type=orm.StructureData,
            required=False,
            validator=check_structure,
            help='The crystal; or else give a symbol.',
        )
        spec.input(
            'symbol',
            valid_type=orm.Str,
            required=False,
            serializer=orm.to_aiida_type,
            validator=lambda value, port: None if value is None else check_symbol(value, port),
            help='The element of an fcc crystal; Cu if there is no structure either.',
        )
        spec.input(
            'lattice_constant',
            valid_type=orm.Float,
            required=False,
            serializer=orm.to_aiida_type,
            validator=check_lattice_constant,
            help='The lattice constant of the fcc crystal (angstrom), by default the measured one.',
        )
        spec.input(
            'number_of_points',
            valid_type=orm.Int,
            default=lambda: orm.Int(7),
            serializer=orm.to_aiida_type,
            validator=check_number_of_points,
            help='The number of volumes.',
        )
        spec.input(
            'strain_range',
            valid_type=orm.Float,
            default=lambda: orm.Float(0.06),
            serializer=orm.to_aiida_type,
            validator=check_strain_range,
            help='The largest relative change of the volume, in both directions.',
        )
        spec.inputs.validator = check_inputs
        spec.outline(cls.make_crystals, cls.run_calculations, cls.inspect_calculations, cls.fit)
        spec.output('structure', valid_type=orm.StructureData, help='The crystal that was strained.')
        spec.output('points', valid_type=orm.ArrayData, help='Arrays volume (angstrom^3), energy (eV), pressure (GPa).')
        spec.output('fit', valid_type=orm.Dict, help='V0 (angstrom^3), E0 (eV), B0 (GPa) and B0_prime.')
        spec.exit_code(
            400, 'ERROR_CALCULATION_FAILED', message='{failed} of {total} calculations failed; the first: {reason}'
        )
        spec.exit_code(410, 'ERROR_FIT_FAILED', message='No equation of state: {reason}')

    def make_crystals(self) -> None:
        """Make the crystal, if none was given, and its strained copies."""
        if 'structure' in self.inputs:
            structure = self.inputs.structure
        else:
            symbol = self.inputs.get('symbol') or orm.Str('Cu')
            constant = self.inputs.get('lattice_constant') or orm.Float(LATTICE_CONSTANTS[symbol.value])
            structure = fcc_crystal(symbol, constant)
        self.ctx.structure = structure
        self.ctx.crystals = strain_crystal(structure, self.inputs.number_of_points, self.inputs.strain_range)

    def run_calculations(self) -> ToContext:
        """Submit one calculation per volume, all at once, and wait for all of them."""
        jobs = {}
        for label, crystal in self.ctx.crystals.items():
            jobs[label] = self.submit(
                EmtCalculation,
                code=self.inputs.code,
                structure=crystal,
                metadata={'label': label, 'call_link_label': label},
            )
        self.report(f'submitted {len(jobs)} calculations')
        return ToContext(**jobs)

    def inspect_calculations(self) -> ExitCode | None:
        """Go on only if every calculation succeeded: a fit on what is left would hide the trouble."""
        jobs = [self.ctx[label] for label in self.ctx.crystals]
        failed = [job for job in jobs if not job.is_finished_ok]
        for job in failed:
            self.report(f'{job.process_label}<{job.pk}> failed with [{job.exit_status}]: {job.exit_message}')
        if not failed:
            return None
        return self.exit_codes.ERROR_CALCULATION_FAILED.format(
            failed=len(failed), total=len(jobs), reason=failed[0].exit_message or failed[0].process_state.value
        )

    def fit(self) -> ExitCode | None:
        """Fit, and give out what was found."""
        points = {label: self.ctx[label].outputs.results for label in self.ctx.crystals}
        outputs, node = fit_birch_murnaghan.run_get_node(**points)
        if not node.is_finished_ok:
            return self.exit_codes.ERROR_FIT_FAILED.format(reason=node.exit_message)
        self.out('structure', self.ctx.structure)
        self.out('points', outputs['points'])
        self.out('fit', outputs['fit'])
        values = outputs['fit'].get_dict()
        self.report(f'V0 = {values["V0"]:.4f} angstrom^3, B0 = {values["B0"]:.2f} GPa')
        return None
