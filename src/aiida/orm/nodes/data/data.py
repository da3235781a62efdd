"""Data: the nodes that hold what processes take and give."""

from __future__ import annotations

import copy
from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast
from uuid import uuid4

from aiida.common.exceptions import InvalidOperation
from aiida.common.links import LinkType
from aiida.common.timezone import now
from aiida.orm.nodes.node import Node
from aiida.storage.records import NodeRecord

if TYPE_CHECKING:
    from typing import Self

    from aiida.orm.nodes.process.process import ProcessNode

__all__ = ('Data',)

_HASH_EXTRA = '_aiida_hash'


class Data(Node):
    """The base of all data. It does not change once stored.

    Subclasses offer formats by methods of their own: ``_prepare_<format>(main_file_name=...) -> (bytes, other files)``
    to export, ``_parse_<format>(text)`` to import, ``_get_object_<format>()`` to convert to what another library has.
    """

    #: The keys that :attr:`source` may have.
    _source_attributes: ClassVar[list[str]] = [
        'db_name',
        'db_uri',
        'uri',
        'id',
        'version',
        'extras',
        'source_md5',
        'description',
        'license',
    ]
    #: Names of formats that are not valid in the name of a method, by the name that is used instead.
    _export_format_replacements: ClassVar[dict[str, str]] = {}

    _link_role = 'Data'
    _storable = True
    _unstorable_message = 'storing for this node has been disabled'

    def __init__(self, *args: Any, source: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """
        :param source: where the data comes from, see :attr:`source`.
        :param kwargs: as for :class:`~aiida.orm.nodes.node.Node`: ``backend``, ``user``, ``computer``, ``label``, ...
        """
        super().__init__(*args, **kwargs)
        if source is not None:
            self.source = source

    def __copy__(self) -> Self:
        raise InvalidOperation('a Data node cannot be copied so that both share their content: use `copy.deepcopy`')

    def __deepcopy__(self, memo: Any) -> Self:
        return self.clone()

    def clone(self) -> Self:
        """Return a new node, not stored, with the same attributes, files, extras, label and description."""
        record = self._record
        moment = now()
        extras = copy.deepcopy(self.base.extras.all)
        extras.pop(_HASH_EXTRA, None)
        clone = type(self).from_record(
            self._store,
            NodeRecord(
                uuid=str(uuid4()),
                node_type=record.node_type,
                ctime=moment,
                mtime=moment,
                user_id=record.user_id,
                label=record.label,
                description=record.description,
                attributes=copy.deepcopy(self._attributes_now()),
                extras=extras,
                dbcomputer_id=record.dbcomputer_id,
            ),
        )
        clone.base.repository._copy(self.base.repository)
        return clone

    @property
    def source(self) -> dict[str, Any] | None:
        """Where the data comes from: database name and URI, URI of the very data, id, version, MD5 sum, licence, ...

        The keys are those of ``_source_attributes``.
        """
        source: dict[str, Any] | None = self.base.attributes.get('source', None)
        return source

    @source.setter
    def source(self, source: dict[str, Any]) -> None:
        if not isinstance(source, dict):
            raise ValueError(f'`source` is a dictionary, not {source!r}')
        unknown = [key for key in source if key not in self._source_attributes]
        if unknown:
            raise KeyError(f'a source has no {", ".join(unknown)}: the keys are {", ".join(self._source_attributes)}')
        self.base.attributes.set('source', source)

    def set_source(self, source: dict[str, Any]) -> None:
        """Set where the data comes from.

        :raises ValueError: if it is not a dictionary.
        :raises KeyError: if it has other keys than :attr:`source` may have.
        """
        self.source = source

    @property
    def creator(self) -> ProcessNode | None:
        """The process that created this node, ``None`` if there is none."""
        link = self.base.links.get_incoming(link_type=LinkType.CREATE).first()
        return None if link is None else cast('ProcessNode', link.node)

    # formats

    def export(
        self, path: str | PathLike[str], fileformat: str | None = None, overwrite: bool = False, **kwargs: Any
    ) -> list[str]:
        """Write the data to files and return their paths; the first one is ``path``.

        :param path: the file; if there are more, their names begin with that of this one.
        :param fileformat: one of :meth:`get_export_formats`, by default the extension of ``path``.
        :param overwrite: whether files that exist are replaced.
        :param kwargs: passed on to the format.
        :raises ValueError: if the class has no such format.
        :raises OSError: if a file exists and is not to be replaced.
        """
        target = fspath(path)
        if fileformat is None:
            fileformat = Path(target).suffix.removeprefix('.')
        content, others = self._exportcontent(fileformat, main_file_name=target, **kwargs)
        files = {target: content, **others}
        if not overwrite:
            for name in files:
                if Path(name).exists():
                    raise OSError(f'{name} exists already: choose another name or pass `overwrite=True`')
        for name, data in files.items():
            Path(name).write_bytes(data)
        return list(files)

    def _exportcontent(
        self, fileformat: str, main_file_name: str = '', **kwargs: Any
    ) -> tuple[bytes, dict[str, bytes]]:
        """Return the content of the main file and that of the others by name.

        :raises ValueError: if the class has no such format.
        """
        exporter = self._choose(self._get_exporters(), fileformat)
        content, others = exporter(main_file_name=main_file_name, **kwargs)
        return content, others

    def _choose(self, functions: dict[str, Callable[..., Any]], fileformat: str) -> Callable[..., Any]:
        try:
            return functions[fileformat]
        except KeyError:
            known = ', '.join(functions) if functions else 'it has none'
            raise ValueError(f'{type(self).__name__} has no format {fileformat!r}; its formats: {known}') from None

    def _get_exporters(self) -> dict[str, Callable[..., Any]]:
        """Return the methods that export, by the name of the format."""
        return {name: getattr(self, method) for name, method in self._methods('_prepare_').items()}

    @classmethod
    def get_export_formats(cls) -> list[str]:
        """Return the names of the formats that :meth:`export` knows."""
        return sorted(cls._methods('_prepare_'))

    @classmethod
    def _methods(cls, prefix: str) -> dict[str, str]:
        """Return the names of methods that begin with ``prefix``, by the name of the format."""
        found = (name for name in sorted(dir(cls)) if name.startswith(prefix) and len(name) > len(prefix))
        replacements = cls._export_format_replacements if prefix == '_prepare_' else {}
        names = {name.removeprefix(prefix): name for name in found}
        return {replacements.get(name, name): method for name, method in names.items()}

    def importstring(self, inputstring: str, fileformat: str, **kwargs: Any) -> None:
        """Take the content from a text.

        :param fileformat: a format the class can read.
        :raises ValueError: if the class has no such format.
        """
        self._choose(self._get_importers(), fileformat)(inputstring, **kwargs)

    def importfile(self, fname: str | PathLike[str], fileformat: str | None = None) -> None:
        """Take the content from a file.

        :param fileformat: a format the class can read, by default the extension of the file.
        :raises ValueError: if the class has no such format.
        """
        path = Path(fname)
        name = path.suffix.removeprefix('.') if fileformat is None else fileformat
        importer = self._choose(self._get_importers(), name)
        importer(path.read_text(encoding='utf-8'))

    def _get_importers(self) -> dict[str, Callable[..., Any]]:
        """Return the methods that import, by the name of the format."""
        return {name: getattr(self, method) for name, method in self._methods('_parse_').items()}

    def convert(self, object_format: str | None = None, *args: Any) -> Any:
        """Return the data as an object of another library.

        :param object_format: the name of the library or of its class, such as ``ase``.
        :raises ValueError: if the class has no such format.
        """
        if object_format is None:
            raise ValueError(f'say what to convert to: {", ".join(self._get_converters()) or "there is nothing"}')
        return self._choose(self._get_converters(), object_format)(*args)

    def _get_converters(self) -> dict[str, Callable[..., Any]]:
        """Return the methods that convert, by the name of the format."""
        return {name: getattr(self, method) for name, method in self._methods('_get_object_').items()}
