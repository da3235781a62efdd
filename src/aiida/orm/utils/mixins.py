"""Abilities that some classes of nodes share."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from aiida.common.exceptions import ModificationNotAllowed

if TYPE_CHECKING:
    from typing import Self

__all__ = ('FunctionCalculationMixin', 'Sealable')


class Sealable:
    """A node of which some attributes may change after storing, until it is sealed."""

    SEALED_KEY: ClassVar[str] = 'sealed'

    #: Attributes that may change as long as the node is not sealed.
    _updatable_attributes: ClassVar[tuple[str, ...]] = (SEALED_KEY,)

    @property
    def is_sealed(self) -> bool:
        """Whether nothing of this node may change any more."""
        return bool(self._attributes_now().get(self.SEALED_KEY, False))  # type: ignore[attr-defined]

    @property
    def sealed(self) -> bool:
        """Whether nothing of this node may change any more."""
        return self.is_sealed

    def seal(self) -> Self:
        """Fix the attributes for ever and return the node.

        :raises ModificationNotAllowed: if the node is not stored.
        """
        if not self.is_stored:  # type: ignore[attr-defined]
            raise ModificationNotAllowed(f'{self} is not stored, and only a stored node can be sealed')
        if not self.is_sealed:
            self._write_attributes({self.SEALED_KEY: True}, ())  # type: ignore[attr-defined]
        return self


class FunctionCalculationMixin:
    """A process node that keeps the source code of the function that was run."""

    FUNCTION_NAME_KEY: ClassVar[str] = 'function_name'
    FUNCTION_NAMESPACE_KEY: ClassVar[str] = 'function_namespace'
    FUNCTION_STARTING_LINE_KEY: ClassVar[str] = 'function_starting_line_number'
    FUNCTION_NUMBER_OF_LINES_KEY: ClassVar[str] = 'function_number_of_lines'
    FUNCTION_SOURCE_FILE_PATH: ClassVar[str] = 'source_file'

    base: Any

    def store_source_info(self, func: Callable[..., Any]) -> None:
        """Note name, module and lines of a function, and keep a copy of the file or notebook cell it is written in.

        What cannot be found out, for example of a function that ``exec`` made, is left out.
        """
        attributes = self.base.attributes
        attributes.set(self.FUNCTION_NAME_KEY, func.__name__)
        func = inspect.unwrap(func)
        source = _source_of(func)
        if source is not None:
            file_content, first_line, number_of_lines = source
            attributes.set(self.FUNCTION_STARTING_LINE_KEY, first_line)
            attributes.set(self.FUNCTION_NUMBER_OF_LINES_KEY, number_of_lines)
            self.base.repository._put_shared(file_content, self.FUNCTION_SOURCE_FILE_PATH)
        namespace = getattr(func, '__globals__', {}).get('__name__')
        if namespace is not None:
            attributes.set(self.FUNCTION_NAMESPACE_KEY, namespace)

    @property
    def function_name(self) -> str:
        """Name of the function.

        :raises AttributeError: if it is not known.
        """
        return str(self.base.attributes.get(self.FUNCTION_NAME_KEY))

    @property
    def function_namespace(self) -> str:
        """Module of the function.

        :raises AttributeError: if it is not known.
        """
        return str(self.base.attributes.get(self.FUNCTION_NAMESPACE_KEY))

    @property
    def function_starting_line_number(self) -> int | None:
        """Line of the source file the function begins in, decorators included; ``None`` if it is not known.

        The first line is 1.
        """
        return cast('int | None', self.base.attributes.get(self.FUNCTION_STARTING_LINE_KEY, None))

    @property
    def function_number_of_lines(self) -> int | None:
        """How many lines the function has, decorators included; ``None`` if it is not known."""
        return cast('int | None', self.base.attributes.get(self.FUNCTION_NUMBER_OF_LINES_KEY, None))

    def get_source_code_file(self) -> str | None:
        """Return the source file the function is in, ``None`` if it was not kept."""
        try:
            return str(self.base.repository.get_object_content(self.FUNCTION_SOURCE_FILE_PATH))
        except OSError:
            return None

    def get_source_code_function(self) -> str | None:
        """Return the source code of the function, decorators included, ``None`` if it was not kept."""
        content = self.get_source_code_file()
        first, number = self.function_starting_line_number, self.function_number_of_lines
        if content is None or first is None or number is None:
            return None
        return '\n'.join(content.splitlines()[first - 1 : first - 1 + number])

    def get_function_source_code(self) -> str | None:
        """Return the source file the function is in; older name of :meth:`get_source_code_file`."""
        return self.get_source_code_file()


#: Source file and lines of functions, which are looked up once each.
_SOURCES: dict[Any, tuple[bytes, int, int] | None] = {}


def _source_of(func: Callable[..., Any]) -> tuple[bytes, int, int] | None:
    """Return the file a function is written in, its first line and number of lines; ``None`` if there is none."""
    code = getattr(func, '__code__', None)
    key = func if code is None else (code, code.co_filename)  # code of several notebook cells may be equal
    if key not in _SOURCES:
        _SOURCES[key] = _read_source(func)
    return _SOURCES[key]


def _read_source(func: Callable[..., Any]) -> tuple[bytes, int, int] | None:
    try:
        lines, first_line = inspect.getsourcelines(func)
        path = inspect.getsourcefile(func)
        if path is None:
            return None
        content = _content_of(path, func)
    except (OSError, TypeError):
        return None
    return None if content is None else (content, first_line, len(lines))


def _content_of(path: str, func: Callable[..., Any]) -> bytes | None:
    """Return the content of a source file, or of the cell of a notebook or shell that goes by such a name."""
    try:
        with open(path, 'rb') as handle:
            return handle.read()
    except OSError:
        lines = linecache.getlines(path, getattr(func, '__globals__', None))
        return ''.join(lines).encode() if lines else None
