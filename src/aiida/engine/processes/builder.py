"""Inputs of a process, put together step by step and checked at each."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from plumpy.ports import breadcrumbs_to_port

from aiida.common.extendeddicts import AttributeDict
from aiida.engine.processes.ports import PortNamespace, own_default
from aiida.engine.runtime import codec
from aiida.orm import Dict, Entity, List, Node

if TYPE_CHECKING:
    from plumpy.ports import Port

    from aiida.engine.processes.process import Process

__all__ = ('ProcessBuilder', 'ProcessBuilderNamespace')

NamespaceType = TypeVar('NamespaceType', bound='ProcessBuilderNamespace')


def _port_property(name: str, port: Port, builder_class: type | None) -> property:
    """Return the property by which a port is read and set; its docstring is the description of the port.

    What is not set reads as the default of the port, a function if one makes it, or ``None``.

    :param builder_class: the class of what a namespace reads as, by which editors know what there is in it.
    """

    def fget(self: ProcessBuilderNamespace) -> Any:
        if name in self._data or isinstance(port, PortNamespace):
            return self._data.get(name)
        return own_default(port)

    def fset(self: ProcessBuilderNamespace, value: Any) -> None:
        self._assign(name, value)

    def fdel(self: ProcessBuilderNamespace) -> None:
        self._remove(name)

    fget.__annotations__ = {} if builder_class is None else {'return': builder_class}
    return property(fget, fset, fdel, str(port))


def _class_for(base: type, ports: PortNamespace) -> type:
    """Return a subclass with a property for each port, since a property belongs to a class."""
    nested = {
        name: _class_for(ProcessBuilderNamespace, port)
        for name, port in ports.items()
        if isinstance(port, PortNamespace)
    }
    members: dict[str, Any] = {name: _port_property(name, port, nested.get(name)) for name, port in ports.items()}
    members.update({'__module__': base.__module__, '__doc__': base.__doc__, '_nested': nested})
    return type(base.__name__, (base,), members)


class NoSuchInput(AttributeError, KeyError):
    """An input that is to be removed is not set; it can be met as an attribute or an item."""

    __str__ = Exception.__str__


class ProcessBuilderNamespace(MutableMapping[str, Any]):
    """The inputs for one namespace of ports, read and set as attributes or items.

    Names that begin with an underscore are the builder's own; all others are inputs.
    """

    _port_namespace: PortNamespace
    _path: tuple[str, ...]
    _data: dict[str, Any]
    _nested: ClassVar[dict[str, type]]

    def __new__(cls, port_namespace: Any, *args: Any, **kwargs: Any) -> ProcessBuilderNamespace:
        """Return an instance of a class made for these ports."""
        return super().__new__(_class_for(cls, cls._ports_of(port_namespace)))

    @classmethod
    def _ports_of(cls, argument: Any) -> PortNamespace:
        return argument  # type: ignore[no-any-return]

    def __init__(self, port_namespace: PortNamespace) -> None:
        """
        :param port_namespace: the ports; each namespace in it becomes an attribute from the start.
        """
        object.__setattr__(self, '_port_namespace', port_namespace)
        self._descend(())

    def _descend(self, above: tuple[str, ...]) -> None:
        """Begin without inputs, below the namespaces of these names."""
        path = (*above, self._port_namespace.name)
        ports = self._port_namespace.items()
        data = {name: self._below(name, path) for name, port in ports if isinstance(port, PortNamespace)}
        object.__setattr__(self, '_path', path)
        object.__setattr__(self, '_data', data)

    # setting and reading

    def __setattr__(self, attr: str, value: Any) -> None:
        """Set an input: it is turned into a node if its port does so, and checked.

        :raises AttributeError: if there is no such port.
        :raises ValueError: if the port refuses the value.
        """
        if attr.startswith('_'):
            object.__setattr__(self, attr, value)
        else:
            self._assign(attr, value)

    def _assign(self, name: str, value: Any) -> None:
        namespace = self._port_namespace
        port = namespace.get(name)
        if port is None:
            if not namespace.dynamic:
                where = breadcrumbs_to_port(self._path)
                raise AttributeError(
                    f'Unknown builder parameter: {name}; of `{where}`, {namespace.known_ports([name])}'
                )
            error = namespace.validate_dynamic_ports({name: value}, self._path[:-1])
        elif isinstance(port, PortNamespace):
            value = self._namespace_from(name, port, value)
            error = None
        else:
            value = port.serialize_input(value, self._path)
            error = port.validate(value, self._path)
        if error is not None:
            raise ValueError(f'invalid value for `{error.port}`: {error.message}')
        self._data[name] = value

    def _below(self, name: str, path: tuple[str, ...]) -> ProcessBuilderNamespace:
        """Return an empty builder namespace for the ports of a namespace below this one."""
        port = self._port_namespace[name]
        result: ProcessBuilderNamespace = object.__new__(self._nested[name])
        object.__setattr__(result, '_port_namespace', port)
        result._descend(path)
        return result

    def _namespace_from(self, name: str, port: PortNamespace, value: Any) -> Any:
        """Return a builder namespace with these inputs.

        :raises TypeError: if they are no mapping.
        :raises ValueError: if one of them is refused.
        """
        path = self._path
        if not isinstance(value, Mapping):
            where = breadcrumbs_to_port((*path, port.name))
            raise TypeError(f'port namespace `{where}` received `{type(value)}` instead of a dictionary')
        undeclared = {key: item for key, item in value.items() if key not in port}
        error = port.validate_dynamic_ports(undeclared, path) if undeclared else None
        if error is not None:
            raise ValueError(f'invalid value for `{error.port}`: {error.message}')
        result = self._below(name, path)
        for key, item in value.items():
            result._assign(key, item)
        if port.validator is not None and result:
            reason = port._run_validator(result._inputs(prune=True))
            if reason is not None:
                raise ValueError(f'invalid value for `{breadcrumbs_to_port((*path, port.name))}`: {reason}')
        return result

    def __getattr__(self, name: str) -> Any:
        data = object.__getattribute__(self, '__dict__').get('_data', {})
        if name in data:
            return data[name]
        message = f'{type(self).__name__!r} object has no attribute {name!r}'
        if name[:1] != '_':
            message += f'; of `{breadcrumbs_to_port(self._path)}`, {self._port_namespace.known_ports([name])}'
        raise AttributeError(message)

    def _remove(self, name: str) -> None:
        port = self._port_namespace.get(name)
        if isinstance(port, PortNamespace):
            self._data[name] = self._below(name, self._path)
        elif name in self._data:
            del self._data[name]
        else:
            where, namespace = breadcrumbs_to_port(self._path), self._port_namespace
            reason = 'it is not set' if name in namespace else namespace.known_ports([name])
            raise NoSuchInput(f'there is no input `{name}` in `{where}` to remove: {reason}')

    def __delattr__(self, item: str) -> None:
        if item.startswith('_'):
            object.__delattr__(self, item)
            return
        self._remove(item)

    def __getitem__(self, item: str) -> Any:
        return self._data[item]

    def __setitem__(self, item: str, value: Any) -> None:
        self._assign(item, value)

    def __delitem__(self, item: str) -> None:
        self._remove(item)

    def popitem(self) -> tuple[str, Any]:
        """Take an input away and return its name and value; namespaces that hold nothing stay.

        :raises KeyError: if there is none.
        """
        for name, value in self._data.items():
            if not isinstance(value, ProcessBuilderNamespace) or value._inputs(prune=True):
                self._remove(name)
                return name, value
        raise KeyError('no input is set')

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    @property
    def _valid_fields(self) -> list[str]:
        """The names of the ports, by the name that plugins ask for them."""
        return list(self._port_namespace)

    def __dir__(self) -> list[str]:
        return sorted({*self._port_namespace, *self._data, '_inputs', '_merge', '_update'})

    def _ipython_key_completions_(self) -> list[str]:
        return sorted({*self._port_namespace, *self._data})

    def __repr__(self) -> str:
        return repr(self._data)

    # copies

    def __copy__(self) -> Any:
        """Return a builder with the same inputs, which are set on each without the other."""
        return self._twin(lambda value: value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Return a builder with copies of the inputs; what is stored is shared, since it does not change."""
        return self._twin(lambda value: _deep_copy(value, memo))

    def _twin(self, copied: Callable[[Any], Any]) -> ProcessBuilderNamespace:
        """Return another builder for the same ports with what a function makes of each value."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.__dict__['_data'] = {
            name: value._twin(copied) if isinstance(value, ProcessBuilderNamespace) else copied(value)
            for name, value in self._data.items()
        }
        return twin

    # many at once

    def _update(self, *args: Any, **kwds: Any) -> None:
        """Set inputs from a mapping or keywords; a namespace that is given replaces the one that is there.

        :raises TypeError: for more than one positional argument.
        """
        for name, value in self._given(args, kwds).items():
            self._assign(name, value)

    def _merge(self, *args: Any, **kwds: Any) -> None:
        """Set inputs from a mapping or keywords; what is given for a namespace is merged into what is there.

        So is what is given for a dictionary, and for a node ``Dict``, of which a new one is made.

        :raises TypeError: for more than one positional argument.
        """
        for name, value in self._given(args, kwds).items():
            self._recursive_merge(self, name, value)

    def _recursive_merge(self, dictionary: Any, key: str, value: Any) -> None:
        """Set ``dictionary[key]``, going down into namespaces."""
        inner = dictionary.get(key)
        if not isinstance(value, Mapping) or isinstance(value, Node):
            dictionary[key] = value
        elif isinstance(inner, Dict):
            dictionary[key] = _merged(inner, value)
        elif isinstance(inner, Mapping) and not isinstance(inner, Node):
            for name, item in value.items():
                self._recursive_merge(inner, name, item)
        else:
            dictionary[key] = value

    @staticmethod
    def _given(args: tuple[Any, ...], kwds: dict[str, Any]) -> dict[str, Any]:
        if len(args) > 1:
            raise TypeError(f'one mapping is expected at most, not {len(args)}')
        result = dict(args[0]) if args else {}
        result.update(kwds)
        return result

    def _inputs(self, prune: bool = False) -> dict[str, Any]:
        """Return the inputs as nested dictionaries.

        :param prune: whether namespaces that hold nothing are left out.
        """
        inputs = {
            name: value._inputs() if isinstance(value, ProcessBuilderNamespace) else value
            for name, value in self._data.items()
        }
        return self._prune(inputs) if prune else inputs

    def _prune(self, value: Any) -> Any:
        """Return a nested mapping without the mappings in it that hold nothing; ``None`` and empty lists stay."""
        if isinstance(value, Mapping) and not isinstance(value, Node):
            result = {}
            for name, item in value.items():
                pruned = self._prune(item)
                empty = isinstance(pruned, Mapping) and not isinstance(pruned, Node) and not pruned
                if not empty:
                    result[name] = pruned
            return result
        return value


def _merged(node: Dict, value: Mapping[str, Any]) -> Dict:
    """Return a node with the content of another one and of a mapping, which wins."""

    def merge(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
        result = dict(below)
        for key, item in above.items():
            inner = result.get(key)
            result[key] = merge(inner, item) if isinstance(inner, dict) and isinstance(item, Mapping) else item
        return result

    result = node.clone()
    result.set_dict(merge(node.get_dict(), value))
    return result


class ProcessBuilder(ProcessBuilderNamespace):
    """The inputs of a process class; given to ``run`` or ``submit`` it launches that class."""

    _process_class: type[Process]

    @classmethod
    def _ports_of(cls, argument: Any) -> PortNamespace:
        if not callable(getattr(argument, 'spec', None)):
            raise TypeError(f'{argument!r} is no process class: there are no inputs to be set for it')
        return argument.spec().inputs  # type: ignore[no-any-return]

    def __init__(self, process_class: type[Process]) -> None:
        """
        :param process_class: the class to launch.
        """
        object.__setattr__(self, '_process_class', process_class)
        super().__init__(process_class.spec().inputs)

    @property
    def process_class(self) -> type[Process]:
        """The class to launch."""
        return self._process_class

    def __str__(self) -> str:
        """Return the class and the inputs as text: YAML, nodes by their values."""
        import yaml

        plain = json.loads(json.dumps(self._inputs(prune=True), default=_show))
        return f'Process class: {self._process_class.__name__}\nInputs:\n{yaml.dump(plain)}'

    def _repr_pretty_(self, p: Any, _: Any = None) -> str:
        """Show the builder in an interactive shell, and return what is shown."""
        text = str(self)
        p.text(text)
        return text

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, ((self._process_class, self._inputs(prune=True)),)


def _deep_copy(value: Any, memo: dict[int, Any]) -> Any:
    if isinstance(value, Entity) and value.is_stored:
        return value
    if type(value) in (dict, AttributeDict):
        return type(value)({name: _deep_copy(item, memo) for name, item in value.items()})
    return copy.deepcopy(value, memo)


def _show(value: Any) -> Any:
    """Return what stands for a value in the text of a builder."""
    if isinstance(value, Dict):
        return value.get_dict()
    if isinstance(value, List):
        return value.get_list()
    if isinstance(value, Entity):
        name = getattr(value, 'full_label', None)
        if isinstance(name, str):
            return name
    for attribute in ('value', 'filename'):
        shown = getattr(value, attribute, None)
        if isinstance(shown, str | int | float | bool):
            return shown
    if isinstance(value, Node):
        return _name_of(value)
    return value.label if isinstance(value, Entity) and hasattr(value, 'label') else str(value)


def _name_of(node: Node) -> str:
    try:
        description = node.get_description()
    except (AttributeError, ValueError):
        description = ''  # some need more than they have to describe themselves
    which = f'<{node.pk}>' if node.is_stored else ' (unstored)'
    text = ', '.join(str(part) for part in (node.label, description) if part)
    return f'{type(node).__name__}{which}' + (f': {text}' if text else '')


def _restore(content: tuple[type[Process], dict[str, Any]]) -> ProcessBuilder:
    process_class, inputs = content
    builder = process_class.get_builder()
    builder._merge(inputs)
    return builder


codec.register(ProcessBuilderNamespace, 'inputs', ProcessBuilderNamespace._inputs, AttributeDict, subclasses=True)
codec.register(
    ProcessBuilder,
    'builder',
    lambda value: (value._process_class, value._inputs(prune=True)),
    _restore,
    subclasses=True,
)
