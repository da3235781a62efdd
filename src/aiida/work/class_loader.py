"""`aiida.work.class_loader` of AiiDA 0.10: from the name of a class to the class."""

from __future__ import annotations

from typing import Any

from aiida.engine import get_object_loader
from aiida.work.notices import tell_of_module
from aiida.work.util import load_class

__all__ = ('CLASS_LOADER', 'ClassLoader')

tell_of_module(__name__, '`get_object_loader` and `ObjectLoader` of `aiida.engine`')


class ClassLoader:
    """Finds classes by name: of old a dotted path, of today ``module:name``."""

    @staticmethod
    def class_identifier(class_: type) -> str:
        """Return the name under which a class is found."""
        return str(get_object_loader().identify_object(class_))

    @staticmethod
    def load_class(name: str) -> Any:
        """Return the class of a name.

        :raises ImportError: if its module cannot be imported, or has no such class.
        :raises ValueError: if it is no dotted path.
        """
        if ':' in name:
            return get_object_loader().load_object(name)
        try:
            return load_class(name)
        except AttributeError as exception:
            raise ImportError(f'`{name}` could not be found: {exception}') from exception


#: The loader of this interpreter.
CLASS_LOADER = ClassLoader()
