"""A node that holds a crystallographic information file (CIF)."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from aiida.common.exceptions import ValidationError
from aiida.common.files import md5_file, md5_from_filelike
from aiida.orm.nodes.data.crystal.species import is_valid_symbol
from aiida.orm.nodes.data.singlefile import SinglefileData

if TYPE_CHECKING:
    from typing import Self

    from aiida.orm.nodes.data.structure import StructureData
    from aiida.storage.ports import Store

__all__ = ('CifData', 'cif_from_ase', 'has_pycifrw', 'pycifrw_from_cif')

#: The loop of sites that CIF files written of ASE structures have, as PyCifRW wants to be told.
ase_loops = {
    '_atom_site': [
        '_atom_site_label',
        '_atom_site_occupancy',
        '_atom_site_fract_x',
        '_atom_site_fract_y',
        '_atom_site_fract_z',
        '_atom_site_adp_type',
        '_atom_site_thermal_displace_type',
        '_atom_site_B_iso_or_equiv',
        '_atom_site_U_iso_or_equiv',
        '_atom_site_B_equiv_geom_mean',
        '_atom_site_U_equiv_geom_mean',
        '_atom_site_type_symbol',
    ]
}

_SPACEGROUP_TAGS = ('_symmetry_int_tables_number', '_space_group_it_number')
_POSITION_TAGS = ('_atom_site_fract_x', '_atom_site_fract_y', '_atom_site_fract_z')
#: What CIF writes for a value that is not known, or does not apply.
_UNDEFINED = ('?', '.')


def has_pycifrw() -> bool:
    """Whether PyCifRW is installed."""
    from importlib.util import find_spec

    return find_spec('CifFile') is not None


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def cif_from_ase(ase: Any, full_occupancies: bool = False, add_fake_biso: bool = False) -> list[dict[str, Any]]:
    """Return the data blocks of a CIF file of one or several ``ase.Atoms``, as dictionaries.

    :param full_occupancies: whether each site says that it is occupied.
    :param add_fake_biso: whether each site has an isotropic displacement parameter of 1.
    """
    blocks = []
    for atoms in ase if isinstance(ase, list | tuple) else (ase,):
        lengths_and_angles = atoms.cell.cellpar()
        symbols = atoms.get_chemical_symbols()
        counts: dict[str, int] = {}
        labels = []
        for symbol in symbols:
            counts[symbol] = counts.get(symbol, 0) + 1
            labels.append(f'{symbol}{counts[symbol]}')
        block: dict[str, Any] = dict(
            zip(
                (
                    *('_cell_length_a', '_cell_length_b', '_cell_length_c'),
                    *('_cell_angle_alpha', '_cell_angle_beta', '_cell_angle_gamma'),
                ),
                (str(value) for value in lengths_and_angles),
                strict=True,
            )
        )
        if all(atoms.pbc):
            block['_symmetry_space_group_name_H-M'] = 'P 1'
            block['_symmetry_int_tables_number'] = 1
            block['_symmetry_equiv_pos_as_xyz'] = ['x, y, z']
        block['_atom_site_label'] = labels
        for axis, tag in enumerate(_POSITION_TAGS):
            block[tag] = [str(position[axis]) for position in atoms.get_scaled_positions()]
        block['_atom_site_type_symbol'] = symbols
        if full_occupancies:
            block['_atom_site_occupancy'] = ['1.0'] * len(symbols)
        if add_fake_biso:
            block['_atom_site_thermal_displace_type'] = ['Biso'] * len(symbols)
            block['_atom_site_B_iso_or_equiv'] = ['1.0'] * len(symbols)
        blocks.append(block)
    return blocks


def pycifrw_from_cif(
    datablocks: Sequence[Mapping[str, Any]], loops: Mapping[str, Any] | None = None, names: Sequence[str] | None = None
) -> Any:
    """Return a ``CifFile`` of PyCifRW of data blocks given as dictionaries.

    :param loops: the tags of each loop, by the name of the loop.
    :param names: the names of the blocks, numbers by default.
    :raises ImportError: if PyCifRW is not installed.
    """
    try:
        import CifFile  # type: ignore[import-not-found]
    except ImportError as exception:
        raise ImportError('this needs the package PyCifRW: pip install PyCifRW') from exception
    if names is not None and len(names) != len(datablocks):
        raise ValueError(f'there are {len(datablocks)} data blocks, but {len(names)} names')
    cif = CifFile.CifFile()
    for number, values in enumerate(datablocks):
        block = CifFile.CifBlock()
        for tag, value in values.items():
            block[tag] = value
        for tags in (loops or {}).values():
            present = [tag for tag in tags if tag in values]
            if present:
                block.CreateLoop(present)
        cif[names[number] if names is not None else str(number)] = block
    return cif


def parse_formula(formula: str) -> dict[str, float]:
    """Return the number of each element of a formula as CIF files have it, such as ``C H2 O0.5`` or ``(CaO)2``.

    :raises ValueError: if it is no formula.
    """
    counts, rest = _parse_group(re.sub(r'[\s\'"]', '', formula))
    if rest:
        raise ValueError(f'{formula!r} is no chemical formula: there is a parenthesis too many')
    return counts


def _parse_group(text: str) -> tuple[dict[str, float], str]:
    """Return the numbers of elements up to the end or a closing parenthesis, and what comes from there on."""
    counts: dict[str, float] = {}
    while text and text[0] not in ')]':
        if text[0] in '([':
            inner, text = _parse_group(text[1:])
            if not text:
                raise ValueError('a parenthesis of the chemical formula is not closed')
            text = text[1:]
        else:
            match = re.match(r'[A-Z][a-z]?', text)
            if match is None:
                raise ValueError(f'{text!r} is no part of a chemical formula')
            inner, text = {match.group(): 1}, text[match.end() :]
        number = re.match(r'\d+(?:\.\d+)?|\.\d+', text)
        factor: float = 1
        if number is not None:
            factor, text = float(number.group()), text[number.end() :]
            factor = int(factor) if factor == int(factor) else factor
        for element, count in inner.items():
            counts[element] = counts.get(element, 0) + count * factor
    return counts, text


class CifData(SinglefileData):
    """A CIF file, with formulas and numbers of space groups of its data blocks as attributes.

    It is read with ASE; only :attr:`values` needs PyCifRW.
    """

    _SET_INCOMPATIBILITIES: ClassVar[list[tuple[str, str]]] = [('ase', 'file'), ('ase', 'values'), ('file', 'values')]
    _SCAN_TYPES: ClassVar[tuple[str, ...]] = ('standard', 'flex')
    _SCAN_TYPE_DEFAULT = 'standard'
    _PARSE_POLICIES: ClassVar[tuple[str, ...]] = ('eager', 'lazy')
    _PARSE_POLICY_DEFAULT = 'eager'

    _values: Any = None
    _ase: Any = None

    def __init__(
        self,
        ase: Any = None,
        file: Any = None,
        filename: Any = None,
        values: Any = None,
        scan_type: str | None = None,
        parse_policy: str | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param ase: an ``ase.Atoms``, of which the file is written.
        :param file: an absolute path or a binary handle.
        :param values: a ``CifFile`` of PyCifRW, of which the file is written.
        :param scan_type: how PyCifRW reads: ``standard`` or ``flex``.
        :param parse_policy: whether formulas are read at once (``eager``) or when asked for (``lazy``).
        :raises ValueError: if more than one source is given, or a choice is not known.
        """
        given = {'ase': ase, 'file': file, 'values': values}
        for one, other in self._SET_INCOMPATIBILITIES:
            if given[one] is not None and given[other] is not None:
                raise ValueError(f'`{one}` and `{other}` exclude each other')
        super().__init__(**kwargs)
        self.set_scan_type(scan_type or self._SCAN_TYPE_DEFAULT)
        self.set_parse_policy(parse_policy or self._PARSE_POLICY_DEFAULT)
        if ase is not None:
            self.set_ase(ase)
        elif values is not None:
            self.set_values(values)
        elif file is not None:
            self.set_file(file, filename=filename)

    @staticmethod
    def read_cif(fileobj: Any, index: int = -1, **kwargs: Any) -> Any:
        """Return an ``ase.Atoms`` of a CIF file.

        :param index: which of its structures.
        """
        from ase.io.cif import read_cif

        structures = list(read_cif(fileobj, index=slice(None), **kwargs))
        return structures[index]

    @classmethod
    def from_md5(cls, md5: str, backend: Store | None = None) -> list[Self]:
        """Return the nodes whose file has this MD5 sum."""
        from aiida.orm.querybuilder import QueryBuilder

        query = QueryBuilder(backend=backend)
        query.append(cls, filters={'attributes.md5': md5})
        return list(query.all(flat=True))

    @classmethod
    def get_or_create(cls, filename: str, use_first: bool = False, store_cif: bool = True) -> tuple[Self, bool]:
        """Return the node that has this very file, or a new one, and whether it is new.

        :param filename: an absolute path.
        :param use_first: whether any of several is fine.
        :param store_cif: whether a new one is stored.
        :raises ValueError: if there are several.
        """
        same = cls.from_md5(md5_file(filename))
        if not same:
            node = cls(file=filename)
            return (node.store() if store_cif else node), True
        if len(same) > 1 and not use_first:
            raise ValueError(f'there are several nodes with this file: {[node.pk for node in same]}')
        return same[0], False

    # content

    def set_file(self, file: Any, filename: Any = None) -> None:
        """Set the file, in place of the one there is; see :meth:`SinglefileData.set_file`."""
        super().set_file(file, filename=filename)
        self._values = self._ase = None
        self.base.attributes.set_many({'md5': self.generate_md5(), 'formulae': None, 'spacegroup_numbers': None})
        if self.base.attributes.get('parse_policy') == 'eager':
            self.parse()

    def set_ase(self, aseatoms: Any) -> None:
        """Set the file to one written of an ``ase.Atoms``."""
        from ase.io.cif import write_cif

        handle = io.BytesIO()
        write_cif(handle, [aseatoms])
        self.set_file(io.BytesIO(handle.getvalue()), filename=f'{aseatoms.get_chemical_formula()}.cif')

    def set_values(self, values: Any) -> None:
        """Set the file to one written of a ``CifFile`` of PyCifRW."""
        self.set_file(io.BytesIO(values.WriteOut().encode('utf-8')), filename='values.cif')
        self._values = values

    @property
    def ase(self) -> Any:
        """An ``ase.Atoms`` of the last structure in the file."""
        if self._ase is None:
            self._ase = self.get_ase()
        return self._ase

    @ase.setter
    def ase(self, aseatoms: Any) -> None:
        self.set_ase(aseatoms)

    def get_ase(self, **kwargs: Any) -> Any:
        """Return an ``ase.Atoms``.

        :param kwargs: ``index`` (which structure of the file) and what ``ase.io.cif.read_cif`` takes.
        """
        with self.open() as handle:
            return self.read_cif(handle, **kwargs)

    @property
    def values(self) -> Any:
        """The content as a ``CifFile`` of PyCifRW.

        :raises ImportError: if PyCifRW is not installed.
        """
        if self._values is None:
            try:
                import CifFile
                from CifFile import CifBlock
            except ImportError as exception:
                raise ImportError('this needs the package PyCifRW: pip install PyCifRW') from exception
            with self.as_path() as path:
                content = CifFile.ReadCif(str(path), scantype=self.base.attributes.get('scan_type'))
            for block in content.values():
                block.__class__ = CifBlock
            self._values = content
        return self._values

    @values.setter
    def values(self, values: Any) -> None:
        self.set_values(values)

    def _blocks(self) -> list[dict[str, Any]]:
        """Return the data blocks with lower-case tags, as ASE reads them.

        :raises ValueError: if the file is no CIF.
        """
        from ase.io.cif import parse_cif

        try:
            with self.open() as handle:
                return [dict(block) for block in parse_cif(handle)]
        except (AssertionError, RuntimeError, ValueError, IndexError) as exception:
            raise ValueError(f'the file `{self.filename}` of {self} cannot be read as CIF: {exception}') from exception

    def parse(self, scan_type: str | None = None) -> None:
        """Read formulas and numbers of space groups into the attributes.

        :param scan_type: how PyCifRW reads, if another way than before.
        :raises ValueError: if the file is no CIF.
        """
        if scan_type is not None:
            self.set_scan_type(scan_type)
        blocks = self._blocks()
        self.base.attributes.set('formulae', [_formula_of(block) for block in blocks])
        self.base.attributes.set('spacegroup_numbers', [_spacegroup_of(block) for block in blocks])

    def store(self, *args: Any, **kwargs: Any) -> Self:
        """Store the node; what is not read yet stays so with the parse policy ``lazy``."""
        if not self.is_stored and self.base.repository.list_object_names():
            self.base.attributes.set('md5', self.generate_md5())
            if (
                self.base.attributes.get('parse_policy') == 'eager'
                and self.base.attributes.get('formulae', None) is None
            ):
                self.parse()
        return super().store(*args, **kwargs)

    def set_scan_type(self, scan_type: str) -> None:
        """Set how PyCifRW reads: ``standard`` or ``flex``.

        :raises ValueError: for another way.
        """
        if scan_type not in self._SCAN_TYPES:
            raise ValueError(f'`{scan_type}` is no scan type: choose from {", ".join(self._SCAN_TYPES)}')
        self.base.attributes.set('scan_type', scan_type)

    def set_parse_policy(self, parse_policy: str) -> None:
        """Set whether formulas are read at once (``eager``) or when asked for (``lazy``).

        :raises ValueError: for another choice.
        """
        if parse_policy not in self._PARSE_POLICIES:
            raise ValueError(f'`{parse_policy}` is no parse policy: choose from {", ".join(self._PARSE_POLICIES)}')
        self.base.attributes.set('parse_policy', parse_policy)

    @property
    def scan_type(self) -> str:
        """How PyCifRW reads."""
        return str(self.base.attributes.get('scan_type'))

    @property
    def parse_policy(self) -> str:
        """Whether formulas are read at once or when asked for."""
        return str(self.base.attributes.get('parse_policy'))

    @property
    def md5(self) -> str | None:
        """The MD5 sum of the file."""
        md5: str | None = self.base.attributes.get('md5', None)
        return md5

    @property
    def formulae(self) -> list[str | None] | None:
        """The formula of each data block, ``None`` if they are not read yet."""
        formulae: list[str | None] | None = self.base.attributes.get('formulae', None)
        return formulae

    @property
    def spacegroup_numbers(self) -> list[str | None] | None:
        """The number of the space group of each data block, ``None`` if they are not read yet."""
        numbers: list[str | None] | None = self.base.attributes.get('spacegroup_numbers', None)
        return numbers

    def get_formulae(self, mode: str = 'sum', custom_tags: Any = None) -> list[str | None]:
        """Return the formula of each data block, ``None`` where there is none.

        :param mode: the end of the tag ``_chemical_formula_<mode>``.
        :param custom_tags: tags that are looked at instead, the first one that is there counts.
        """
        tags = _as_list(custom_tags) if custom_tags is not None else [f'_chemical_formula_{mode}']
        return [_formula_of(block, tags) for block in self._blocks()]

    def get_spacegroup_numbers(self) -> list[str | None]:
        """Return the number of the space group of each data block, ``None`` where there is none."""
        return [_spacegroup_of(block) for block in self._blocks()]

    def generate_md5(self) -> str:
        """Return the MD5 sum of the file."""
        with self.open(mode='rb') as handle:
            return md5_from_filelike(handle)

    # what the sites are like

    def _values_of(self, tag: str) -> list[Any]:
        return [value for block in self._blocks() for value in _as_list(block.get(tag, []))]

    @property
    def has_partial_occupancies(self) -> bool:
        """Whether a site is not fully occupied."""
        occupancies = [value for value in self._values_of('_atom_site_occupancy') if value not in _UNDEFINED]
        return any(abs(_number(value) - 1.0) > 1e-6 for value in occupancies)

    @property
    def has_attached_hydrogens(self) -> bool:
        """Whether a site has hydrogen atoms attached that have no positions of their own."""
        values = self._values_of('_atom_site_attached_hydrogens')
        return any(value not in (*_UNDEFINED, 0, '0') for value in values)

    @property
    def has_undefined_atomic_sites(self) -> bool:
        """Whether a site has no position, or there are no sites."""
        coordinates = [value for tag in _POSITION_TAGS for value in self._values_of(tag)]
        return not coordinates or any(value in _UNDEFINED for value in coordinates)

    @property
    def has_atomic_sites(self) -> bool:
        """Whether there are sites with positions."""
        return all(self._values_of(tag) for tag in _POSITION_TAGS)

    @property
    def has_unknown_species(self) -> bool | None:
        """Whether a formula has something that is no element; ``None`` if there is no formula."""
        formulae = self.get_formulae()
        if any(formula is None for formula in formulae):
            return None
        return any(not is_valid_symbol(symbol) for formula in formulae for symbol in parse_formula(str(formula)))

    def get_structure(self, converter: str = 'pymatgen', store: bool = False, **kwargs: Any) -> StructureData:
        """Return the structure.

        :param converter: the library that reads it: ``ase`` or ``pymatgen``.
        :param store: whether it is stored, with the calculation that read it as its creator.
        :param kwargs: passed on to the library.
        :raises ValueError: for another converter, or if there are no complete sites.
        """
        from aiida.orm.nodes.data.dict import Dict
        from aiida.orm.utils.upstairs import upstairs

        if converter not in ('ase', 'pymatgen'):
            raise ValueError(f'a structure is read by `ase` or `pymatgen`, not by `{converter}`')
        if not self.has_atomic_sites or self.has_undefined_atomic_sites:
            raise ValueError(f'{self} has no sites, or some without a position')
        function = upstairs(f'aiida.tools.data.cif:_get_aiida_structure_{converter}_inline')
        metadata = {'store_provenance': store}
        result = function(cif=self, parameters=Dict(kwargs), metadata=metadata)
        return cast('StructureData', result['structure'])

    def _get_object_ase(self) -> Any:
        return self.ase

    def _get_object_pycifrw(self) -> Any:
        return self.values

    def _prepare_cif(self, **kwargs: Any) -> tuple[bytes, dict[str, bytes]]:
        """Write the file as it is."""
        return self.content, {}

    def _validate(self) -> bool:
        super()._validate()
        md5 = self.generate_md5()
        if md5 != self.md5:
            raise ValidationError(f'{self} has the MD5 sum {self.md5!r}, but its file {md5!r}')
        return True


def _formula_of(block: Mapping[str, Any], tags: Sequence[str] = ('_chemical_formula_sum',)) -> str | None:
    for tag in tags:
        value = block.get(tag.lower())
        if value is not None and value not in _UNDEFINED:
            return str(value)
    return None


def _spacegroup_of(block: Mapping[str, Any]) -> str | None:
    for tag in _SPACEGROUP_TAGS:
        value = block.get(tag)
        if value is not None and value not in _UNDEFINED:
            return str(value)
    return None


def _number(value: Any) -> float:
    """Return a number without the uncertainty that CIF writes in parentheses behind it."""
    return float(str(value).split('(')[0])
