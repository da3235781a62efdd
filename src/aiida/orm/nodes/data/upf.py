"""A node that holds a pseudopotential in the format UPF."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import MultipleObjectsError, NotExistent, ParsingError, ValidationError
from aiida.common.files import md5_file, md5_from_filelike
from aiida.orm.nodes.data.singlefile import SinglefileData

if TYPE_CHECKING:
    from typing import Self

    from aiida.orm.groups import UpfFamily
    from aiida.orm.nodes.data.structure import StructureData
    from aiida.storage.ports import Store

__all__ = ('UpfData',)

_VERSION = re.compile(r'<UPF\s+version\s*=\s*"(?P<version>[^"]*)"')
_ELEMENT_1 = re.compile(r'^\s*(?P<element>[A-Za-z]{1,2})\s+Element\b', re.MULTILINE)
_ELEMENT_2 = re.compile(r'\belement\s*=\s*(["\'])\s*(?P<element>[A-Za-z]{1,2})\s*\1')
_ATTRIBUTE = re.compile(r'([A-Za-z_][\w]*)\s*=\s*"([^"]*)"')


def get_pseudos_from_structure(structure: StructureData, family_name: str) -> dict[str, UpfData]:
    """Return the pseudopotential of a family for each kind of a structure, by the name of the kind.

    :param family_name: the label of the family.
    :raises NotExistent: if there is no such family, or it has none for an element.
    :raises MultipleObjectsError: if it has several for an element.
    """
    by_element: dict[str, UpfData] = {}
    for node in UpfData.get_upf_group(family_name).nodes:
        if isinstance(node, UpfData):
            element = str(node.element)
            if element in by_element:
                raise MultipleObjectsError(f'the family `{family_name}` has several pseudopotentials of {element}')
            by_element[element] = node
    missing = {kind.symbol for kind in structure.kinds} - set(by_element)
    if missing:
        raise NotExistent(f'the family `{family_name}` has no pseudopotential of {", ".join(sorted(missing))}')
    return {kind.name: by_element[kind.symbol] for kind in structure.kinds}


def upload_upf_family(
    folder: str, group_label: str, group_description: str, stop_if_existing: bool = True, backend: Store | None = None
) -> tuple[int, int]:
    """Make a family of the pseudopotentials in a folder; return how many files there are and how many were new.

    :param folder: files ending in ``.upf`` (in any case) are taken.
    :param group_label: the label of the family; one that exists gets more members.
    :param stop_if_existing: whether a file that is in the store already is refused.
    :raises ValueError: if it is no folder, a file exists already, or there are two of an element.
    """
    from aiida.orm.groups import UpfFamily

    if not Path(folder).is_dir():
        raise ValueError(f'there is no folder `{folder}`')
    paths = sorted(path for path in Path(folder).iterdir() if path.is_file() and path.suffix.lower() == '.upf')
    nodes, new = [], 0
    for path in paths:
        same = UpfData.from_md5(md5_file(str(path)), backend=backend)
        if same and stop_if_existing:
            raise ValueError(f'{path.name} is in the store already, as {same[0]}')
        nodes.append(same[0] if same else UpfData(file=str(path.absolute()), backend=backend))
        new += 0 if same else 1
    group, _ = UpfFamily.collection.get_or_create(group_label)
    elements = [node.element for node in nodes] + [node.element for node in group.nodes]
    doubles = sorted({str(element) for element in elements if elements.count(element) > 1})
    if doubles:
        raise ValueError(f'the family would have several pseudopotentials of {", ".join(doubles)}')
    for node in nodes:
        node.store()
    group.description = group_description
    group.add_nodes(nodes)
    return len(paths), new


def parse_upf(fname: Any, check_filename: bool = True, encoding: str = 'utf-8') -> dict[str, Any]:
    """Return version and element of a pseudopotential.

    :param fname: a path, or a handle.
    :param check_filename: whether the name of the file has to begin with the element.
    :raises ParsingError: if the element is not found, or does not fit to the name.
    :raises ValueError: if the name is to be checked and there is none.
    """
    if hasattr(fname, 'read'):
        if check_filename:
            raise ValueError('a handle has no name to check: give a path, or `check_filename=False`')
        content = fname.read()
        name = ''
    else:
        content, name = Path(fname).read_bytes(), Path(fname).name
    text = content.decode(encoding) if isinstance(content, bytes) else content
    version = _VERSION.search(text)
    match = (_ELEMENT_2 if version else _ELEMENT_1).search(text)
    if match is None:
        raise ParsingError(f'no element was found in the pseudopotential {name or fname!r}')
    element = match.group('element').capitalize()
    if check_filename and not re.match(rf'{element}([^a-z]|$)', name.capitalize()):
        raise ParsingError(f'{name} is a pseudopotential of {element}, but its name does not begin so')
    return {'version': version.group('version') if version else '1', 'element': element}


class UpfData(SinglefileData):
    """A pseudopotential in one file, with its element and MD5 sum as attributes."""

    CHECK_FILENAME = True

    @classmethod
    def get_or_create(
        cls, filepath: str | Path, use_first: bool = False, store_upf: bool = True, backend: Store | None = None
    ) -> tuple[Self, bool]:
        """Return the node that has this very file, or a new one, and whether it is new.

        :param use_first: whether any of several is fine.
        :param store_upf: whether a new one is stored.
        :raises ValueError: if there are several.
        """
        same = cls.from_md5(md5_file(str(filepath)), backend=backend)
        if not same:
            node = cls(file=str(Path(filepath).absolute()), backend=backend)
            return (node.store() if store_upf else node), True
        if len(same) > 1 and not use_first:
            raise ValueError(f'there are several nodes with this file: {[node.pk for node in same]}')
        return same[0], False

    def store(self, *args: Any, **kwargs: Any) -> Self:
        """Store the node; element and MD5 sum are taken from the file again."""
        if not self.is_stored and self.base.repository.list_object_names():
            with self.open(mode='rb') as handle:
                parsed = parse_upf(handle, check_filename=False)
            with self.open(mode='rb') as handle:
                md5 = md5_from_filelike(handle)
            self.base.attributes.set_many({'element': parsed['element'], 'md5': md5})
        return super().store(*args, **kwargs)

    @classmethod
    def from_md5(cls, md5: str, backend: Store | None = None) -> list[Self]:
        """Return the nodes whose file has this MD5 sum."""
        from aiida.orm.querybuilder import QueryBuilder

        query = QueryBuilder(backend=backend)
        query.append(cls, filters={'attributes.md5': md5})
        return list(query.all(flat=True))

    def set_file(self, file: Any, filename: Any = None) -> None:
        """Set the file, in place of the one there is.

        :raises ParsingError: if it has no element, or one its name does not begin with.
        """
        is_handle = hasattr(file, 'read')
        parsed = parse_upf(file, check_filename=self.CHECK_FILENAME and not is_handle)
        if is_handle:
            file.seek(0)
        super().set_file(file, filename=filename)
        with self.open(mode='rb') as handle:
            self.base.attributes.set_many({'element': parsed['element'], 'md5': md5_from_filelike(handle)})

    def get_upf_family_names(self) -> list[str]:
        """Return the labels of the families that have this pseudopotential."""
        from aiida.orm.groups import UpfFamily
        from aiida.orm.querybuilder import QueryBuilder

        query = QueryBuilder(backend=self.backend)
        query.append(UpfFamily, tag='group', project='label')
        query.append(UpfData, filters={'id': self.pk}, with_group='group')
        return list(query.all(flat=True))

    @property
    def element(self) -> str | None:
        """The symbol of the element."""
        element: str | None = self.base.attributes.get('element', None)
        return element

    @property
    def md5sum(self) -> str | None:
        """The MD5 sum of the file."""
        md5: str | None = self.base.attributes.get('md5', None)
        return md5

    def _validate(self) -> bool:
        super()._validate()
        with self.open(mode='rb') as handle:
            parsed = parse_upf(handle, check_filename=False)
        with self.open(mode='rb') as handle:
            md5 = md5_from_filelike(handle)
        if parsed['element'] != self.element:
            raise ValidationError(f'{self} is of {self.element!r}, but its file of {parsed["element"]!r}')
        if md5 != self.md5sum:
            raise ValidationError(f'{self} has the MD5 sum {self.md5sum!r}, but its file {md5!r}')
        return True

    def _prepare_upf(self, main_file_name: str = '') -> tuple[bytes, dict[str, bytes]]:
        """Write the file as it is."""
        return self.content, {}

    def _prepare_json(self, main_file_name: str = '') -> tuple[bytes, dict[str, bytes]]:
        """Write what the header says as JSON: the version, and the attributes of ``PP_HEADER``."""
        text = self.content.decode('utf-8')
        header = re.search(r'<PP_HEADER\b(.*?)/?>', text, re.DOTALL)
        values = dict(_ATTRIBUTE.findall(header.group(1))) if header else {}
        version = _VERSION.search(text)
        content = {
            'pseudo_potential': {
                'header': {key: value.strip() for key, value in values.items()},
                'element': self.element,
                'version': version.group('version') if version else '1',
                'md5': self.md5sum,
            }
        }
        return json.dumps(content).encode('utf-8'), {}

    @classmethod
    def get_upf_group(cls, group_label: str) -> UpfFamily:
        """Return the family of a label.

        :raises NotExistent: if there is none.
        """
        from aiida.orm.groups import UpfFamily

        family: UpfFamily = UpfFamily.get(label=group_label)
        return family

    @classmethod
    def get_upf_groups(
        cls, filter_elements: Any = None, user: Any = None, backend: Store | None = None
    ) -> list[UpfFamily]:
        """Return the families.

        :param filter_elements: only those that have pseudopotentials of each of these elements.
        :param user: only those of the user of this email address.
        """
        from aiida.orm.groups import UpfFamily
        from aiida.orm.querybuilder import QueryBuilder

        query = QueryBuilder(backend=backend)
        query.append(UpfFamily, project='*', tag='group')
        if user is not None:
            from aiida.orm.users import User

            query.append(User, filters={'email': user}, with_group='group')
        families: list[UpfFamily] = query.all(flat=True)
        wanted = {filter_elements} if isinstance(filter_elements, str) else set(filter_elements or ())
        return [family for family in families if wanted <= {getattr(node, 'element', None) for node in family.nodes}]
