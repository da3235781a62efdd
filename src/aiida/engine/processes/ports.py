"""What goes into a process and what comes out: ports and namespaces of ports."""

from __future__ import annotations

import copy
import difflib
import inspect
import keyword
import warnings
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any

from plumpy.ports import UNSPECIFIED, Port, PortValidationError, breadcrumbs_to_port
from plumpy.ports import InputPort as PlumpyInputPort
from plumpy.ports import OutputPort as PlumpyOutputPort
from plumpy.ports import PortNamespace as PlumpyPortNamespace
from plumpy.utils import AttributesFrozendict

from aiida.common.links import validate_link_label
from aiida.orm import Bool, Data, Dict, EnumData, Float, Int, List, Node, Str, to_aiida_type

__all__ = (
    'PORT_NAMESPACE_SEPARATOR',
    'CalcJobOutputPort',
    'InputPort',
    'OutputPort',
    'PortNamespace',
    'WithMetadata',
    'WithNonDb',
    'WithSerialize',
)

#: Joins the names of nested namespaces in a link label.
PORT_NAMESPACE_SEPARATOR = '__'

#: Node types of Python values; a type is converted once its module was imported.
_CONVERTED_TO = (Bool, Dict, EnumData, Float, Int, List, Str)

_OPEN = frozenset({'_frozen', '_takes_one'})


def takes_one_argument(validator: Callable[..., Any]) -> bool:
    """Return whether a validator takes the value alone, rather than the value and its port."""
    try:
        signature = inspect.signature(validator)
    except (TypeError, ValueError):
        return False
    positional = 0
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            return False
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            positional += 1
    return positional == 1


def refusal(outcome: Any, port: Port, value: Any) -> str | None:
    """Return the reason for which a validator refused a value, ``None`` if it accepted.

    ``None`` and ``True`` accept; a string is the reason, and so is the message of a ``PortValidationError``; ``False``
    refuses without one; a pair ``(bool, message)`` says both. A node ``Bool``, which the comparison of nodes gives,
    counts as its value.

    :raises TypeError: if the validator returned anything else.
    """
    if isinstance(outcome, Bool):
        outcome = outcome.value
    if outcome is None or outcome is True:
        return None
    if isinstance(outcome, str):
        return outcome
    if isinstance(outcome, PortValidationError):
        return outcome.message
    if outcome is False:
        return f"the validator of port '{port.name}' refused the value {value!r}"
    if isinstance(outcome, tuple) and len(outcome) == 2 and isinstance(outcome[0], bool | Bool):
        accepted, message = outcome
        return None if accepted else str(message or f"the validator of port '{port.name}' refused the value {value!r}")
    raise TypeError(
        f"the validator of port '{port.name}' returned {outcome!r} of type {type(outcome).__name__}: return None to "
        'accept the value or a string that says why it is refused'
    )


def default_of(port: Any) -> Any:
    """Return the default of a port for one process: what a function makes, a copy of what can change."""
    default = own_default(port)
    return default() if callable(default) else default


def own_default(port: Any) -> Any:
    """Return the default of a port, a copy if it can change; ``None`` if there is none."""
    return _own(port.default) if port.has_default() else None


def _own(value: Any) -> Any:
    """Return a value with copies of the containers and of the nodes in it that are not stored."""
    if isinstance(value, Node):
        return value if value.is_stored else value.clone()
    if type(value) is dict:
        return {key: _own(item) for key, item in value.items()}
    if type(value) in (list, set):
        return type(value)(_own(item) for item in value)
    return value


class _Sealable:
    """A port that refuses changes once the specification it belongs to is sealed."""

    _frozen = False

    def __setattr__(self, name: str, value: Any) -> None:
        if self._frozen and name not in _OPEN:
            raise RuntimeError(
                f"cannot set `{name.lstrip('_')}` of port '{getattr(self, '_name', '')}': its specification is sealed "
                'because the process class is in use; change ports in `define`'
            )
        super().__setattr__(name, value)

    def freeze(self) -> None:
        """Refuse changes from now on."""
        object.__setattr__(self, '_frozen', True)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Return a copy that can be changed; default, validator and serializer are shared with the original."""
        clone = copy.copy(self)
        object.__setattr__(clone, '_frozen', False)
        return clone

    def __copy__(self) -> Any:
        clone = type(self).__new__(type(self))
        clone.__dict__.update(self.__dict__)
        clone.__dict__['_frozen'] = False
        return clone

    def _run_validator(self, value: Any) -> str | None:
        """Return the reason for which the validator refuses a value, ``None`` if it does not or there is none."""
        validator = self.validator  # type: ignore[attr-defined]
        if validator is None:
            return None
        if not callable(validator):
            raise TypeError(
                f"the validator of port '{self.name}' is {validator!r} and cannot be called: give a function of the "  # type: ignore[attr-defined]
                'value and the port'
            )
        known = self.__dict__.get('_takes_one')
        if known is None or known[0] is not validator:
            known = (validator, takes_one_argument(validator))
            object.__setattr__(self, '_takes_one', known)
        try:
            outcome = validator(value) if known[1] else validator(value, self)
        except PortValidationError as error:
            outcome = error
        return refusal(outcome, self, value)  # type: ignore[arg-type]


class _Checked(_Sealable):
    """A port whose value is checked: given if required, of the right type, accepted by the validator."""

    def validate(self, value: Any, breadcrumbs: Sequence[str] = ()) -> PortValidationError | None:
        """Return why a value is refused, with the dotted path of the port; ``None`` if it is not.

        :param value: the value, ``UNSPECIFIED`` if there is none.
        :param breadcrumbs: the names of the namespaces above.
        """
        name: str = self.name  # type: ignore[attr-defined]
        valid_type = self.valid_type  # type: ignore[attr-defined]
        if value is UNSPECIFIED:
            if not self.required:  # type: ignore[attr-defined]
                return None
            reason: str | None = f"required value was not provided for '{name}'{self._what_it_takes()}"
        elif valid_type is not None and not self._is_of(value, valid_type):
            reason = f"value '{name}' is not of the right type. Got '{type(value)}', expected '{valid_type}'"
        else:
            reason = self._run_validator(value)
        if reason is None:
            return None
        return PortValidationError(reason, breadcrumbs_to_port((*breadcrumbs, name)))

    def _is_of(self, value: Any, valid_type: Any) -> bool:
        try:
            return isinstance(value, valid_type)
        except TypeError:
            raise TypeError(
                f"the valid type of port '{self.name}' is {valid_type!r}, which is neither a type nor a tuple or "  # type: ignore[attr-defined]
                'union of types'
            ) from None

    def _what_it_takes(self) -> str:
        """Return a clause that says what a value is for and of which type, as far as the port says so."""
        types = names_of_types(self.valid_type)  # type: ignore[attr-defined]
        types = '' if types == 'Data' else types
        text = ' '.join((self.help or '').split())  # type: ignore[attr-defined]
        return f'; it takes {types}' * bool(types) + f' ({text})' * bool(text)


def names_of_types(valid_type: Any) -> str:
    """Return the names of one valid type or several, as they read in a sentence; nothing if any will do."""
    if valid_type is None:
        return ''
    types = valid_type if isinstance(valid_type, tuple) else (valid_type,)
    return ' or '.join('None' if cls is type(None) else getattr(cls, '__name__', str(cls)) for cls in types)


class WithNonDb:
    """A port whose value may be kept out of the database (``non_db=True``): any Python value, which is not linked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :param non_db: keyword only; ``False`` if not given.
        """
        self._non_db_explicitly_set: bool = 'non_db' in kwargs
        self._non_db: bool = bool(kwargs.pop('non_db', False))
        super().__init__(*args, **kwargs)

    @property
    def non_db_explicitly_set(self) -> bool:
        """Whether ``non_db`` was given to the constructor."""
        return self._non_db_explicitly_set

    @property
    def non_db(self) -> bool:
        """Whether the value is kept out of the database."""
        return self._non_db

    @non_db.setter
    def non_db(self, non_db: bool) -> None:
        self._non_db_explicitly_set = True
        self._non_db = non_db


class WithMetadata:
    """A port whose value may say how the process is to be run (``is_metadata=True``) rather than be an input."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :param is_metadata: keyword only; ``False`` if not given.
        """
        self._is_metadata_explicitly_set: bool = 'is_metadata' in kwargs
        self._is_metadata: bool = bool(kwargs.pop('is_metadata', False))
        super().__init__(*args, **kwargs)

    @property
    def is_metadata_explicitly_set(self) -> bool:
        """Whether ``is_metadata`` was given to the constructor."""
        return self._is_metadata_explicitly_set

    @property
    def is_metadata(self) -> bool:
        """Whether the value is metadata, which is kept as an attribute of the process node and not linked."""
        return self._is_metadata

    @is_metadata.setter
    def is_metadata(self, is_metadata: bool) -> None:
        self._is_metadata_explicitly_set = True
        self._is_metadata = is_metadata


class WithSerialize:
    """A port that turns a value that is no node into one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :param serializer: keyword only; a function of the value that returns the node.
        """
        self._serializer: Callable[[Any], Any] | None = kwargs.pop('serializer', None)
        super().__init__(*args, **kwargs)

    @property
    def serializer(self) -> Callable[[Any], Any] | None:
        """The function that turns a value into a node."""
        return self._serializer

    @serializer.setter
    def serializer(self, serializer: Callable[[Any], Any] | None) -> None:
        self._serializer = serializer

    def serialize(self, value: Any) -> Any:
        """Return the value as a node; ``None``, nodes, and everything if there is no serializer, stay as is."""
        if value is None or self._serializer is None or isinstance(value, Data):
            return value
        return self._serializer(value)


class InputPort(_Checked, WithMetadata, WithSerialize, WithNonDb, PlumpyInputPort):
    """One input of a process.

    Once it is in a namespace, a port for nodes turns Python values into nodes by itself (``to_aiida_type``), unless it
    has a serializer of its own. An optional port with a valid type takes ``None`` too.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :param name: its name.
        :param valid_type: a type or a tuple of types.
        :param help: what it is for.
        :param default: the value if none is given, or a function without arguments that returns it.
        :param required: whether a value must be given; a default implies not.
        :param validator: a function of the value and the port (or of the value alone): see :func:`refusal`.
        :param non_db: whether the value is kept out of the database.
        :param is_metadata: whether the value is metadata.
        :param serializer: turns a value that is no node into one.
        :raises ValueError: if the default is not valid.
        """
        default = kwargs.get('default', UNSPECIFIED)
        if isinstance(default, Node):
            warnings.warn(
                f'the default of input port `{args[0] if args else kwargs.get("name")}` is a node, which all processes '
                'would share: use a function that makes it instead, e.g. `default=lambda: orm.Int(5)`',
                UserWarning,
                stacklevel=2,
            )
        valid_type = kwargs.get('valid_type')
        if not kwargs.get('required', True) and valid_type is not None:
            types = valid_type if isinstance(valid_type, tuple) else (valid_type,)
            if type(None) not in types:
                kwargs['valid_type'] = (*types, type(None))
        super().__init__(*args, **kwargs)

    def serialize_input(self, value: Any, breadcrumbs: Sequence[str] = ()) -> Any:
        """Return the value as a node if the port is linked.

        :param breadcrumbs: the names of the namespaces above.
        :raises TypeError: if it neither is a node nor becomes one; the message names the dotted path of the port.
        """
        if value is None or isinstance(value, Data):
            return value
        if isinstance(value, Node) and self.is_linked:
            path = breadcrumbs_to_port((*breadcrumbs, self.name))
            raise TypeError(
                f"input '{path}' cannot be {value!r}: a process takes data; give it what another process gave, e.g. "
                '`node.outputs.result`'
            )
        serializer = self._serializer
        try:
            result = self.serialize(value)
        except TypeError as exception:
            if serializer is not to_aiida_type:
                raise
            path = breadcrumbs_to_port((*breadcrumbs, self.name))
            raise TypeError(f"input '{path}' cannot be {value!r}: {exception}") from exception
        if self.is_linked and result is not None and not isinstance(result, Node):
            path = breadcrumbs_to_port((*breadcrumbs, self.name))
            made_by = 'there is no serializer' if serializer is None else f'its serializer made {result!r} of it'
            raise TypeError(
                f"input '{path}' is linked and has to be a node, but {value!r} of type {type(value).__name__} was "
                f'given and {made_by}; give a node, or declare the port with `non_db=True` to take any value'
            )
        return result

    @property
    def is_linked(self) -> bool:
        """Whether its value is a node that is linked to the process: it is neither metadata nor kept out."""
        return not self._non_db and not self._is_metadata

    def get_description(self) -> dict[str, str]:
        """Return its attributes as strings."""
        description: dict[str, str] = super().get_description()
        description['is_metadata'] = f'{self.is_metadata}'
        description['non_db'] = f'{self.non_db}'
        return description


class OutputPort(_Checked, PlumpyOutputPort):
    """One output of a process."""


class CalcJobOutputPort(OutputPort):
    """An output of a CalcJob, which can be handed to its parser."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :param pass_to_parser: keyword only; whether the parser gets it.
        """
        self._pass_to_parser: bool = bool(kwargs.pop('pass_to_parser', False))
        super().__init__(*args, **kwargs)

    @property
    def pass_to_parser(self) -> bool:
        """Whether the parser gets it."""
        return self._pass_to_parser


class PortNamespace(_Sealable, WithMetadata, WithNonDb, PlumpyPortNamespace):
    """Ports by name, and namespaces of ports in it.

    ``dynamic`` lets values in for which there is no port; a ``valid_type`` of the namespace is theirs and implies it.
    """

    def __setitem__(self, key: str, port: Port) -> None:
        """Add a port, which takes ``non_db`` and ``is_metadata`` over from this namespace unless they were given to it.

        From then on it has them, also in other namespaces it is exposed in.

        :raises TypeError: if it is no port.
        :raises ValueError: if the name is not valid.
        :raises RuntimeError: if the specification is sealed.
        """
        if self._frozen:
            raise RuntimeError(f"cannot add port '{key}' to '{self.name}': the specification is sealed")
        if not isinstance(port, Port):
            raise TypeError(f"what is added to namespace '{self.name}' as '{key}' must be a port, not {port!r}")
        self.validate_port_name(key)
        if isinstance(port, _Sealable) and port._frozen:
            port = copy.deepcopy(port)  # that of a class which is in use stays as it is
        if isinstance(port, WithNonDb) and not port.non_db_explicitly_set:
            port.non_db = self.non_db
        if isinstance(port, WithMetadata) and not port.is_metadata_explicitly_set:
            port.is_metadata = self.is_metadata
        if isinstance(port, InputPort) and port._serializer is None and port.is_linked:
            port._serializer = to_aiida_type
        super().__setitem__(key, port)

    def __delitem__(self, key: str) -> None:
        if self._frozen:
            raise RuntimeError(f"cannot remove port '{key}' from '{self.name}': the specification is sealed")
        super().__delitem__(key)

    def freeze(self) -> None:
        """Refuse changes from now on, of the ports below too."""
        for port in self._ports.values():
            if isinstance(port, _Sealable):
                port.freeze()
        super().freeze()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        clone = copy.copy(self)
        clone.__dict__['_ports'] = {name: copy.deepcopy(port, memo) for name, port in self._ports.items()}
        return clone

    @staticmethod
    def validate_port_name(port_name: str) -> None:
        """Check the name of a port: a valid link label without two underscores in a row, which separate namespaces.

        :raises TypeError: if it is not a string.
        :raises ValueError: if it is not valid.
        """
        try:
            validate_link_label(port_name)
        except ValueError as exception:
            raise ValueError(f'invalid port name `{port_name}`: {exception}') from exception
        if keyword.iskeyword(port_name):
            raise ValueError(f'invalid port name `{port_name}`: it is a keyword of Python')
        if PORT_NAMESPACE_SEPARATOR in port_name:
            raise ValueError(
                f'invalid port name `{port_name}`: two underscores in a row separate namespaces in link labels'
            )

    def serialize(self, mapping: Mapping[str, Any] | None, breadcrumbs: Sequence[str] = ()) -> dict[str, Any] | None:
        """Return a copy of a mapping whose values went through the serializers of the ports they are for.

        :param mapping: values by name of port, nested as the namespaces are; ``None`` for a namespace is left out.
        :param breadcrumbs: the names of the namespaces above.
        :raises TypeError: if what is given for a namespace is not a mapping, or what is given for a port that is linked
            neither is a node nor becomes one.
        """
        if mapping is None:
            return None
        if not isinstance(mapping, Mapping):
            path = breadcrumbs_to_port((*breadcrumbs, self.name))
            raise TypeError(f'port namespace `{path}` received `{type(mapping)}` instead of a dictionary')
        ports = self._ports
        result: dict[str, Any] = {}
        for name, value in mapping.items():
            port = ports.get(name)
            if isinstance(port, PortNamespace):
                if value is not None:
                    result[name] = port.serialize(value, (*breadcrumbs, self.name))
            elif isinstance(port, InputPort):
                result[name] = port.serialize_input(value, (*breadcrumbs, self.name))
            else:
                result[name] = value
        return result

    def pre_process(
        self, port_values: MutableMapping[str, Any], breadcrumbs: Sequence[str] = ()
    ) -> AttributesFrozendict:
        """Return values with the defaults of the ports for which there are none.

        A default that can change (a dictionary, a list, a node that is not stored) is copied, so that no process finds
        what another one did to it; one that is a function is called. Like a value that is given, it goes through the
        serializer of its port. A namespace with ``populate_defaults=False`` stays away if nothing is given for it.

        :param port_values: values by name of port, nested as the namespaces are.
        :param breadcrumbs: the names of the namespaces above.
        :raises TypeError: if a default is linked and neither is a node nor becomes one.
        """
        here = (*breadcrumbs, self.name)
        for name, port in self._ports.items():
            if isinstance(port, PortNamespace):
                if name in port_values:
                    value = port_values[name]
                elif port.populate_defaults and (port.has_default() or port.ports):
                    value = default_of(port) if port.has_default() else {}
                else:
                    continue
                port_values[name] = port.pre_process({} if value is None else value, here)
            elif name not in port_values and isinstance(port, InputPort) and port.has_default():
                port_values[name] = port.serialize_input(default_of(port), here)
        return AttributesFrozendict(port_values)

    def validate(
        self, port_values: Mapping[str, Any] | None = None, breadcrumbs: Sequence[str] = ()
    ) -> PortValidationError | None:
        """Return why values are refused, with the dotted path of the port that refuses; ``None`` if they are not.

        :param port_values: values by name of port, nested as the namespaces are.
        :param breadcrumbs: the names of the namespaces above.
        """
        here = (*breadcrumbs, self.name)
        given: Any = port_values
        values: Any = {} if given is UNSPECIFIED or given is None else given
        if not isinstance(values, Mapping):
            reason = f'specified value is of type {type(values)} which is not sub class of `Mapping`'
            return PortValidationError(reason, breadcrumbs_to_port(here))
        if not values and not self._required:
            return None
        for name, port in self._ports.items():
            error: PortValidationError | None = port.validate(values.get(name, UNSPECIFIED), here)
            if error is not None:
                return error
        undeclared = {name: value for name, value in values.items() if name not in self._ports}
        if undeclared:
            error = self.validate_dynamic_ports(undeclared, breadcrumbs)
            if error is not None:
                return error
        if self._validator is not None:
            reason_given = self._run_validator(dict(values))
            if reason_given is not None:
                return PortValidationError(reason_given, breadcrumbs_to_port(here))
        return None

    def validate_dynamic_ports(
        self, port_values: Mapping[str, Any], breadcrumbs: Sequence[str] = ()
    ) -> PortValidationError | None:
        """Return why values without a port of their own are refused, ``None`` if they are not.

        :param port_values: values by name, nested at will.
        :param breadcrumbs: the names of the namespaces above.
        """
        here = (*breadcrumbs, self.name)
        if not self.dynamic:
            reason = (
                f'Unexpected ports {dict(port_values)}, for a non dynamic namespace; {self.known_ports(port_values)}'
            )
            return PortValidationError(reason, breadcrumbs_to_port(here))
        if self._valid_type is None:
            return None
        return self._validate_undeclared(port_values, here)

    def known_ports(self, wrong: Iterable[str]) -> str:
        """Return a clause that says which ports there are, those first that have names like the wrong ones."""
        names = [str(name) for name in self._ports]
        if not names:
            return 'it has no ports'
        near = [match for name in wrong for match in difflib.get_close_matches(str(name), names)]
        hint = f'did you mean {" or ".join(f"`{name}`" for name in dict.fromkeys(near))}? ' if near else ''
        return f'{hint}it has: {", ".join(dict.fromkeys((*near, *names)))}'

    def _validate_undeclared(self, values: Mapping[str, Any], breadcrumbs: Sequence[str]) -> PortValidationError | None:
        for name, value in values.items():
            if isinstance(value, Mapping) and not isinstance(value, Node):
                error = self._validate_undeclared(value, (*breadcrumbs, name))
                if error is not None:
                    return error
            elif not isinstance(value, self._valid_type):  # type: ignore[arg-type]
                reason = f'Invalid type {type(value)} for dynamic port value: expected {self._valid_type}'
                return PortValidationError(reason, breadcrumbs_to_port((*breadcrumbs, name)))
        return None
