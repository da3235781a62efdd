"""A crystal structure, or a molecule: a cell, kinds of atoms, and the sites they stand on."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from aiida.common.exceptions import ModificationNotAllowed, UnsupportedSpeciesError, ValidationError
from aiida.orm.nodes.data.crystal import formats, species
from aiida.orm.nodes.data.crystal.formats import atom_kinds_to_html
from aiida.orm.nodes.data.crystal.formula import (
    get_formula,
    get_formula_from_symbol_list,
    get_formula_group,
    group_symbols,
)
from aiida.orm.nodes.data.crystal.geometry import (
    calc_cell_angles,
    calc_cell_lengths,
    calc_cell_volume,
    get_valid_pbc,
    symop_fract_from_ortho,
    symop_ortho_from_fract,
)
from aiida.orm.nodes.data.crystal.geometry import get_dimensionality as _get_dimensionality
from aiida.orm.nodes.data.crystal.geometry import get_valid_cell as _get_valid_cell
from aiida.orm.nodes.data.crystal.geometry import validate_dimensionality as _validate_dimensionality
from aiida.orm.nodes.data.crystal.species import MASS_THRESHOLD as _MASS_THRESHOLD
from aiida.orm.nodes.data.crystal.species import SUM_THRESHOLD as _SUM_THRESHOLD
from aiida.orm.nodes.data.crystal.species import (
    Kind,
    Site,
    create_automatic_kind_name,
    get_symbols_string,
    has_vacancies,
    is_ase_atoms,
    is_valid_symbol,
    validate_symbols_tuple,
    validate_weights_tuple,
)
from aiida.orm.nodes.data.data import Data

if TYPE_CHECKING:
    from aiida.orm.nodes.data.cif import CifData

__all__ = (
    '_MASS_THRESHOLD',
    '_SUM_THRESHOLD',
    'Kind',
    'Site',
    'StructureData',
    'UnsupportedSpeciesError',
    '_get_dimensionality',
    '_get_valid_cell',
    '_valid_symbols',
    '_validate_dimensionality',
    'atom_kinds_to_html',
    'calc_cell_volume',
    'create_automatic_kind_name',
    'get_formula',
    'get_formula_from_symbol_list',
    'get_formula_group',
    'get_symbols_string',
    'get_valid_pbc',
    'group_symbols',
    'has_ase',
    'has_pymatgen',
    'has_spglib',
    'has_vacancies',
    'is_ase_atoms',
    'is_valid_symbol',
    'symop_fract_from_ortho',
    'symop_ortho_from_fract',
    'validate_symbols_tuple',
    'validate_weights_tuple',
)

_valid_symbols = species.VALID_SYMBOLS
_atomic_masses = species.ATOMIC_MASSES
_atomic_numbers = species.ATOMIC_NUMBERS
_DEFAULT_CELL = ((0, 0, 0), (0, 0, 0), (0, 0, 0))
#: Each of these says everything; only one of them may be given.
_SOURCES = ('ase', 'pymatgen', 'pymatgen_structure', 'pymatgen_molecule')


def _is_importable(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def has_ase() -> bool:
    """Whether ASE is installed."""
    return _is_importable('ase')


def has_pymatgen() -> bool:
    """Whether pymatgen is installed."""
    return _is_importable('pymatgen')


def has_spglib() -> bool:
    """Whether spglib is installed."""
    return _is_importable('spglib')


class StructureData(Data):
    """A structure: three cell vectors (ångström), which of them are periods, kinds and sites."""

    _set_incompatibilities: ClassVar[list[tuple[str, str]]] = sorted(
        [
            *itertools.combinations(_SOURCES, 2),
            *((source, other) for source in _SOURCES for other in ('cell', 'pbc')),
        ]
    )
    _dimensionality_label: ClassVar[dict[int, str]] = {0: '', 1: 'length', 2: 'surface', 3: 'volume'}

    #: Tags of the ASE atoms that kinds were made of, by name; they keep kinds apart that are otherwise equal.
    _internal_kind_tags: dict[str, int | None] | None = None

    def __init__(
        self,
        cell: Any = None,
        pbc: Any = None,
        ase: Any = None,
        pymatgen: Any = None,
        pymatgen_structure: Any = None,
        pymatgen_molecule: Any = None,
        pbc1: bool | None = None,
        pbc2: bool | None = None,
        pbc3: bool | None = None,
        kinds: Iterable[Kind | Mapping[str, Any]] | None = None,
        sites: Iterable[Site | Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param cell: three vectors of three numbers each, in ångström.
        :param pbc: which of them are periods (one boolean or three), all by default.
        :param ase: an ``ase.Atoms``, instead of all of that.
        :param pymatgen: a structure or molecule of pymatgen; likewise the next two.
        :param pbc1: the first element of ``pbc``; likewise the next two.
        :param kinds: the kinds.
        :param sites: the sites; the kinds they name are among ``kinds``.
        :raises ValueError: if parameters exclude each other, or a value is not valid.
        """
        given = {
            'cell': cell,
            'pbc': pbc,
            'ase': ase,
            'pymatgen': pymatgen,
            'pymatgen_structure': pymatgen_structure,
            'pymatgen_molecule': pymatgen_molecule,
        }
        for one, other in self._set_incompatibilities:
            if given[one] is not None and given[other] is not None:
                raise ValueError(f'`{one}` and `{other}` exclude each other')
        super().__init__(**kwargs)
        for source in _SOURCES:
            if given[source] is not None:
                getattr(self, f'set_{source}')(given[source])
                return
        self.set_cell(_DEFAULT_CELL if cell is None else cell)
        if pbc is None and any(value is not None for value in (pbc1, pbc2, pbc3)):
            pbc = [bool(pbc1), bool(pbc2), bool(pbc3)]
        self.set_pbc([True, True, True] if pbc is None else pbc)
        for kind in kinds or ():
            self.append_kind(kind if isinstance(kind, Kind) else Kind(raw=kind))
        for site in sites or ():
            self.append_site(site if isinstance(site, Site) else Site(raw=site))

    # from and to other libraries

    def set_ase(self, aseatoms: Any) -> None:
        """Take cell, kinds and sites from an ``ase.Atoms``; atoms with different tags or masses are of different kinds.

        :raises TypeError: if it is none.
        """
        if not is_ase_atoms(aseatoms):
            raise TypeError(f'`ase` is an ase.Atoms, not {type(aseatoms)}')
        self._check_modifiable()
        self.set_cell(aseatoms.cell.tolist() if hasattr(aseatoms.cell, 'tolist') else aseatoms.cell)
        self.set_pbc(aseatoms.pbc)
        self._begin_anew()
        self._append_atoms((Kind(ase=atom), Site(kind_name='', position=atom.position)) for atom in aseatoms)

    def get_ase(self) -> Any:
        """Return an ``ase.Atoms``; the number at the end of a kind's name is the tag.

        :raises ValueError: for alloys and vacancies, which ASE cannot express.
        """
        return self._get_object_ase()

    def set_pymatgen(self, obj: Any, **kwargs: Any) -> None:
        """Take cell, kinds and sites from a structure or molecule of pymatgen.

        :raises AttributeError: if it is neither.
        """
        setter = getattr(self, f'set_pymatgen_{type(obj).__name__.lower()}', None)
        if setter is None:
            raise AttributeError(f'there is no way from a {type(obj).__name__} to a StructureData')
        setter(obj, **kwargs)

    def set_pymatgen_molecule(self, mol: Any, margin: float = 5) -> None:
        """Take kinds and sites from a ``pymatgen`` molecule, and put it into a box.

        :param margin: the space around it in ångström.
        """
        box = [
            max(site.coords[axis] for site in mol.sites) - min(site.coords[axis] for site in mol.sites) + 2 * margin
            for axis in range(3)
        ]
        self.set_pymatgen_structure(mol.get_boxed_structure(*box))
        self.set_pbc(False)

    def set_pymatgen_structure(self, struct: Any) -> None:
        """Take cell, kinds and sites from a ``pymatgen`` structure."""
        formats.set_from_pymatgen_structure(self, struct)

    def get_pymatgen(self, **kwargs: Any) -> Any:
        """Return a ``pymatgen`` structure if periodic in all directions, else a molecule."""
        return self._get_object_pymatgen(**kwargs)

    def get_pymatgen_structure(self, **kwargs: Any) -> Any:
        """Return a ``pymatgen.core.Structure``."""
        return self._get_object_pymatgen_structure(**kwargs)

    def get_pymatgen_molecule(self) -> Any:
        """Return a ``pymatgen.core.Molecule``."""
        return self._get_object_pymatgen_molecule()

    def get_cif(self, converter: str = 'ase', store: bool = False, **kwargs: Any) -> CifData:
        """Return the structure as a :class:`~aiida.orm.nodes.data.cif.CifData`.

        :param converter: the library that writes it: ``ase``.
        :param store: whether it is stored.
        :raises ValueError: for another converter.
        """
        from aiida.orm.nodes.data.cif import CifData

        if converter != 'ase':
            raise ValueError(f'a CIF file is written by `ase`, not by `{converter}`')
        cif = CifData(ase=self.get_ase(**kwargs))
        return cif.store() if store else cif

    def _get_object_ase(self) -> Any:
        import ase

        atoms: Any
        kinds = {kind.name: kind for kind in self.kinds}
        symbols = {name: species.ase_symbol(kind) for name, kind in kinds.items()}
        tags = species.ase_tags(list(kinds.values()))
        sites = self.sites
        names = [site.kind_name for site in sites]
        atoms = ase.Atoms(
            symbols=[symbols[name] for name in names],
            positions=[site.position for site in sites] if sites else None,
            masses=[kinds[name].mass for name in names],
            cell=self.cell,
            pbc=self.pbc,
        )
        if any(tags[name] for name in names):
            atoms.set_tags([tags[name] for name in names])
        return atoms

    def _get_object_pymatgen(self, **kwargs: Any) -> Any:
        if any(self.pbc):
            return self._get_object_pymatgen_structure(**kwargs)
        return self._get_object_pymatgen_molecule(**kwargs)

    def _get_object_pymatgen_structure(self, **kwargs: Any) -> Any:
        return formats.get_pymatgen_structure(self, **kwargs)

    def _get_object_pymatgen_molecule(self, **kwargs: Any) -> Any:
        return formats.get_pymatgen_molecule(self)

    def _get_object_phonopyatoms(self) -> Any:
        from phonopy.structure.atoms import PhonopyAtoms  # type: ignore[import-not-found]

        atoms = self.get_ase()
        return PhonopyAtoms(
            symbols=atoms.get_chemical_symbols(),
            positions=atoms.get_positions(),
            cell=self.cell,
            masses=atoms.get_masses(),
        )

    # formats

    def _prepare_xsf(self, main_file_name: str = '') -> tuple[bytes, dict[str, bytes]]:
        return formats.write_xsf(self).encode('utf-8'), {}

    def _prepare_xyz(self, main_file_name: str = '') -> tuple[bytes, dict[str, bytes]]:
        return formats.write_xyz(self).encode('utf-8'), {}

    def _prepare_chemdoodle(self, main_file_name: str = '') -> tuple[bytes, dict[str, bytes]]:
        return formats.write_chemdoodle(self).encode('utf-8'), {}

    def _prepare_cif(self, main_file_name: str = '') -> tuple[bytes, dict[str, bytes]]:
        return self.get_cif().content, {}

    def _parse_xyz(self, inputstring: str) -> None:
        """Take the atoms of the last frame; there is no cell in the format."""
        frames = [list(atoms) for _, _, atoms in formats.read_xyz(inputstring)]
        if not frames:
            raise TypeError('the XYZ text has no frame')
        self.clear_kinds()
        for symbol, position in frames[-1]:
            self.append_atom(symbols=symbol, position=position)
        self.set_cell(_DEFAULT_CELL)
        self.set_pbc(False)

    def _adjust_default_cell(
        self, vacuum_factor: float = 1.0, vacuum_addition: float = 10.0, pbc: Any = (False, False, False)
    ) -> None:
        """Put the atoms into an orthorhombic cell: their extent times a factor, plus an addition in ångström."""
        positions = [site.position for site in self.sites]
        lengths = [
            (max(position[axis] for position in positions) - min(position[axis] for position in positions))
            * vacuum_factor
            + vacuum_addition
            for axis in range(3)
        ]
        self.set_cell([[length if axis == other else 0.0 for other in range(3)] for axis, length in enumerate(lengths)])
        self.set_pbc([bool(value) for value in pbc])

    # what it is

    def _validate(self) -> bool:
        super()._validate()
        try:
            cell = _get_valid_cell(self.cell)
        except (AttributeError, ValueError) as exception:
            raise ValidationError(f'{self} has no valid cell: {exception}') from exception
        try:
            pbc = get_valid_pbc(self.pbc)
        except (AttributeError, ValueError) as exception:
            raise ValidationError(f'{self} has no valid periodic boundary conditions: {exception}') from exception
        _validate_dimensionality(pbc, cell)
        try:
            kinds = self.kinds
        except ValueError as exception:
            raise ValidationError(f'{self} has kinds that are not valid: {exception}') from exception
        names = [kind.name for kind in kinds]
        if len(set(names)) != len(names):
            raise ValidationError(f'two kinds of {self} have the same name: {names}')
        try:
            used = {site.kind_name for site in self.sites}
        except ValueError as exception:
            raise ValidationError(f'{self} has sites that are not valid: {exception}') from exception
        if used - set(names):
            raise ValidationError(f'{self} has sites of the kinds {sorted(used - set(names))}, which are not defined')
        if set(names) - used:
            raise ValidationError(f'{self} has the kinds {sorted(set(names) - used)}, but no sites of them')
        return True

    def get_description(self) -> str:
        """Return the formula."""
        return self.get_formula(mode='hill_compact')

    def get_dimensionality(self) -> dict[str, Any]:
        """Return ``dim`` (number of periods), ``label`` (what is measured) and ``value`` (in powers of ångström)."""
        return _get_dimensionality(self.pbc, self.cell)

    def get_symbols_set(self) -> set[str]:
        """Return the symbols of the elements."""
        return {symbol for kind in self.kinds for symbol in kind.symbols}

    def _site_symbols_strings(self) -> list[str]:
        symbols = {kind.name: kind.get_symbols_string() for kind in self.kinds}
        return [symbols[name] for name in self.get_site_kindnames()]

    def get_formula(self, mode: str = 'hill', separator: str = '') -> str:
        """Return the chemical formula.

        :param mode: ``hill`` (Hill's order), ``hill_compact`` (divided by the greatest common divisor), ``reduce``
            (in the order of the sites), ``group`` (the same, with what repeats in parentheses), ``count`` and
            ``count_compact`` (in the order of first appearance).
        :param separator: what stands between the parts.
        """
        return get_formula(self._site_symbols_strings(), mode=mode, separator=separator)

    def get_site_kindnames(self) -> list[str]:
        """Return the name of the kind of each site."""
        return [raw['kind_name'] for raw in self._attributes_now().get('sites', ())]

    def get_composition(self, mode: str = 'full') -> dict[str, float]:
        """Return how many sites there are of each symbol.

        :param mode: ``full``, ``reduced`` (divided by the greatest common divisor) or ``fractional`` (of all sites).
        :raises ValueError: for another mode.
        """
        from collections import Counter
        from functools import reduce
        from math import gcd

        counts = Counter(self._site_symbols_strings())
        if mode == 'full':
            return dict(counts)
        if mode == 'reduced':
            divisor = reduce(gcd, counts.values(), 0)
            return {symbol: count / divisor for symbol, count in counts.items()}
        if mode == 'fractional':
            total = sum(counts.values())
            return {symbol: count / total for symbol, count in counts.items()}
        raise ValueError(f'`{mode}` is no mode of a composition: choose from full, reduced, fractional')

    @property
    def is_alloy(self) -> bool:
        """Whether there is a kind with more than one element."""
        return any(kind.is_alloy for kind in self.kinds)

    @property
    def has_vacancies(self) -> bool:
        """Whether there is a kind whose sites are not fully occupied."""
        return any(kind.has_vacancies for kind in self.kinds)

    # kinds and sites

    def _check_modifiable(self) -> None:
        if self.is_stored:
            raise ModificationNotAllowed(f'{self} is stored and can no longer be changed; `clone` makes one that can')

    def _begin_anew(self) -> None:
        self._check_modifiable()
        self._internal_kind_tags = {}
        self.base.attributes.set('kinds', [])
        self.base.attributes.set('sites', [])

    def append_kind(self, kind: Kind) -> None:
        """Add a kind.

        :raises ValueError: if there is one of the same name, or it is no Kind.
        """
        self._check_modifiable()
        new = Kind(kind=kind)
        if new.name in self.get_kind_names():
            raise ValueError(f'there is a kind {new.name!r} already')
        self._append_raw('kinds', new.get_raw())
        self._note_tag(new)

    def append_site(self, site: Site) -> None:
        """Add a site.

        :raises ValueError: if there is no kind of the name it has, or it is no Site.
        """
        self._check_modifiable()
        new = Site(site=site)
        if new.kind_name not in self.get_kind_names():
            raise ValueError(f'there is no kind {new.kind_name!r} among {self.get_kind_names()}')
        self._append_raw('sites', new.get_raw())

    def append_atom(self, **kwargs: Any) -> None:
        """Add a site, and a kind if there is none like it yet.

        :param kwargs: ``ase`` (an ``ase.Atom``); or ``position`` in ångström and what :class:`Kind` takes: ``symbols``,
            ``weights``, ``mass``, ``name``.
        :raises ValueError: if something is missing, or there is another kind of the name that is given.
        """
        self._check_modifiable()
        atom = kwargs.pop('ase', None)
        if atom is not None:
            if kwargs:
                raise ValueError(f'`ase` says everything about an atom: do not pass {", ".join(kwargs)} with it')
            kind, position = Kind(ase=atom), atom.position
        else:
            if 'position' not in kwargs:
                raise ValueError('an atom needs a `position`')
            position = kwargs.pop('position')
            kind = Kind(**kwargs)
        named = 'name' in kwargs
        self._append_atoms([(kind, Site(kind_name='', position=position))], named)

    def _append_atoms(self, atoms: Iterable[tuple[Kind, Site]], named: bool = False) -> None:
        """Add kinds, as far as there are none like them, and sites.

        :param named: whether the names of the kinds are given, so that they must be kept.
        """
        known = self.kinds
        added: list[Kind] = []
        sites = []
        for kind, site in atoms:
            site.kind_name = self._matching_name(kind, known, named)
            if site.kind_name not in {other.name for other in known}:
                kind.name = site.kind_name
                known.append(kind)
                added.append(kind)
            sites.append(site.get_raw())
        attributes = self._record.attributes
        self.base.attributes.set('kinds', [*attributes.get('kinds', []), *(kind.get_raw() for kind in added)])
        self.base.attributes.set('sites', [*attributes.get('sites', []), *sites])
        for kind in added:
            self._note_tag(kind)

    @staticmethod
    def _matching_name(kind: Kind, known: Sequence[Kind], named: bool) -> str:
        """Return the name of a known kind that is the same, or else a free one.

        :raises ValueError: if the name is to be kept and another kind has it.
        """
        names = {other.name: other for other in known}
        if named:
            if kind.name in names:
                same, difference = kind.compare_with(names[kind.name])
                if not same:
                    raise ValueError(f'there is another kind of the name {kind.name!r}: {difference}')
            return kind.name
        for other in known:
            if kind.compare_with(other)[0]:
                return other.name
        candidates = itertools.chain([kind.name], (f'{kind.name}{number}' for number in itertools.count(1)))
        return next(name for name in candidates if name not in names)

    def _append_raw(self, key: str, raw: dict[str, Any]) -> None:
        self.base.attributes.set(key, [*self._record.attributes.get(key, []), raw])

    def _note_tag(self, kind: Kind) -> None:
        if self._internal_kind_tags is None:
            self._internal_kind_tags = {}
        self._internal_kind_tags[kind.name] = kind._internal_tag

    def clear_kinds(self) -> None:
        """Remove all kinds, and with them all sites."""
        self._begin_anew()

    def clear_sites(self) -> None:
        """Remove all sites."""
        self._check_modifiable()
        self.base.attributes.set('sites', [])

    @property
    def sites(self) -> list[Site]:
        """The sites, made anew at each access: changing one does not change the structure."""
        return [Site(raw=raw) for raw in self._attributes_now().get('sites', ())]

    @property
    def kinds(self) -> list[Kind]:
        """The kinds, made anew at each access: changing one does not change the structure."""
        kinds = [Kind(raw=raw) for raw in self._attributes_now().get('kinds', ())]
        for kind in kinds:
            kind._internal_tag = (self._internal_kind_tags or {}).get(kind.name)
        return kinds

    def get_kind(self, kind_name: str) -> Kind:
        """Return the kind of a name.

        :raises ValueError: if there is none.
        """
        for kind in self.kinds:
            if kind.name == kind_name:
                return kind
        raise ValueError(f'there is no kind {kind_name!r} among {self.get_kind_names()}')

    def get_kind_names(self) -> list[str]:
        """Return the names of the kinds."""
        return [raw['name'] for raw in self._attributes_now().get('kinds', ())]

    # the cell

    @property
    def cell(self) -> list[list[float]]:
        """The three cell vectors in ångström."""
        return [list(vector) for vector in self.base.attributes.get('cell')]

    @cell.setter
    def cell(self, value: Any) -> None:
        self.set_cell(value)

    def set_cell(self, value: Any) -> None:
        """Set the three cell vectors, in ångström; the sites stay where they are.

        :raises ValueError: if it is no valid cell.
        """
        self._check_modifiable()
        self.base.attributes.set('cell', _get_valid_cell(value))

    def reset_cell(self, new_cell: Any) -> None:
        """Set the three cell vectors, in ångström; the sites stay where they are."""
        self.set_cell(new_cell)

    def reset_sites_positions(self, new_positions: Sequence[Any], conserve_particle: bool = True) -> None:
        """Move the sites.

        :param new_positions: one position per site, in ångström.
        :param conserve_particle: must be true: the sites keep their kinds.
        :raises ValueError: if there are not as many positions as sites.
        """
        if not conserve_particle:
            raise NotImplementedError('sites keep their kinds; to change them, clear the sites and append others')
        self._check_modifiable()
        names = self.get_site_kindnames()
        if len(names) != len(new_positions):
            raise ValueError(f'there are {len(names)} sites, but {len(new_positions)} positions')
        pairs = zip(names, new_positions, strict=True)
        sites = [Site(kind_name=name, position=position).get_raw() for name, position in pairs]
        self.base.attributes.set('sites', sites)

    @property
    def pbc1(self) -> bool:
        """Whether the first cell vector is a period."""
        return bool(self.base.attributes.get('pbc1'))

    @property
    def pbc2(self) -> bool:
        """Whether the second cell vector is a period."""
        return bool(self.base.attributes.get('pbc2'))

    @property
    def pbc3(self) -> bool:
        """Whether the third cell vector is a period."""
        return bool(self.base.attributes.get('pbc3'))

    @property
    def pbc(self) -> tuple[bool, bool, bool]:
        """Which of the cell vectors are periods."""
        return self.pbc1, self.pbc2, self.pbc3

    @pbc.setter
    def pbc(self, value: Any) -> None:
        self.set_pbc(value)

    def set_pbc(self, value: Any) -> None:
        """Set which of the cell vectors are periods.

        :param value: one boolean for all, or three.
        :raises ValueError: if it is not.
        """
        self._check_modifiable()
        for number, periodic in enumerate(get_valid_pbc(value), start=1):
            self.base.attributes.set(f'pbc{number}', periodic)

    @property
    def cell_lengths(self) -> list[float]:
        """The lengths of the cell vectors in ångström."""
        return calc_cell_lengths(self.cell)

    @cell_lengths.setter
    def cell_lengths(self, value: Any) -> None:
        self.set_cell_lengths(value)

    def set_cell_lengths(self, value: Any) -> None:
        """Not possible: lengths leave the directions open.

        :raises NotImplementedError: always; set the cell.
        """
        raise NotImplementedError('set the cell: its lengths alone leave the directions open')

    @property
    def cell_angles(self) -> list[float]:
        """The angles between the cell vectors in degrees: alpha, beta, gamma."""
        return calc_cell_angles(self.cell)

    @cell_angles.setter
    def cell_angles(self, value: Any) -> None:
        self.set_cell_angles(value)

    def set_cell_angles(self, value: Any) -> None:
        """Not possible: angles leave the directions open.

        :raises NotImplementedError: always; set the cell.
        """
        raise NotImplementedError('set the cell: its angles alone leave the directions open')

    def get_cell_volume(self) -> float:
        """Return the volume of the cell in cubic ångström."""
        return calc_cell_volume(self.cell)
