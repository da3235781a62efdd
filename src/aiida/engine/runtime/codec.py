"""Checkpoints as typed JSON: what is written can be read back as what it was, in another interpreter.

Plain JSON stands for itself. Everything else is an object with the key ``!t``, the name of its type, and ``v``, its
content. Nodes, computers, groups and users are written as references, never as copies. Classes and functions are
written by the name they can be imported under. Instances of other classes are written by what they give to be pickled.
"""

from __future__ import annotations

import base64
import collections
import copyreg
import dataclasses
import datetime
import decimal
import enum
import math
import pathlib
import sys
import types
import uuid
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import orjson
from plumpy.utils import AttributesDict, AttributesFrozendict

from aiida.common import json
from aiida.common.extendeddicts import AttributeDict

__all__ = ('NotSavable', 'NotStoredYet', 'dumps', 'loads', 'register')

_TAG = '!t'
_VALUE = 'v'
_PLAIN = frozenset({str, int, bool, type(None)})
_FLOAT = frozenset({float})
_PLAIN_OR_FLOAT = _PLAIN | _FLOAT


class NotSavable(ValueError):
    """A value cannot be written so that it could be read back; the message says where it is."""


class NotStoredYet(NotSavable):
    """A node is not stored, so that nothing can refer to it; it may be at the next checkpoint."""


class _Codec:
    """How the values of one type are written and read."""

    __slots__ = ('decode', 'encode', 'tag')

    def __init__(self, tag: str, encode: Callable[[Any, Any], Any], decode: Callable[[Any], Any]) -> None:
        self.tag = tag
        self.encode = encode
        self.decode = decode


_BY_TYPE: dict[type, _Codec] = {}
_BY_TAG: dict[str, Callable[[Any], Any]] = {}


def register(
    cls: type, tag: str, encode: Callable[[Any], Any], decode: Callable[[Any], Any], *, subclasses: bool = False
) -> None:
    """Let values of a class be written.

    :param cls: the class; with ``subclasses`` those are written by it too, and read back as what ``decode`` gives.
    :param tag: a name that stays the same, since checkpoints hold it.
    :param encode: gives a value of types that can be written.
    :param decode: makes an instance of it.
    """
    codec = _Codec(tag, lambda value, path: _encode(encode(value), path), lambda content: decode(_decode(content)))
    (_BY_BASE if subclasses else _BY_TYPE)[cls] = codec
    _BY_TAG[tag] = codec.decode


_BY_BASE: dict[type, _Codec] = {}


def dumps(value: Any, path: str = '') -> str:
    """Return a value as JSON text.

    :param value: what to write.
    :param path: where the value is, for the message of an error.
    :raises NotSavable: if something in it could not be read back; the message holds the dotted path of it.
    """
    try:
        encoded = _encode(value, path)
    except RecursionError:
        value, path = _bottomless(value, path)
        raise _refuse(value, path, 'it is nested too deeply, or within itself') from None
    try:
        return orjson.dumps(encoded).decode()  # floats that JSON does not know were dealt with
    except TypeError:
        return json.dumps(encoded)  # integers of more than 64 bits


def _bottomless(value: Any, path: str) -> tuple[Any, str]:
    """Return which value of a dictionary cannot be written because it is nested too deeply, and its path."""
    for key, item in value.items() if isinstance(value, dict) else ():
        where = f'{path}.{key}' if path else str(key)
        try:
            _encode(item, where)
        except RecursionError:
            return item, where
    return value, path


def loads(text: str | bytes) -> Any:
    """Return the value that :func:`dumps` wrote."""
    return _decode(json.loads(text))


def _refuse(value: Any, path: str, reason: str) -> NotSavable:
    where = path or 'the value'
    return NotSavable(f'`{where}` cannot be saved in a checkpoint: {reason} (it is {type(value).__qualname__})')


def _encode(value: Any, path: str) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        return _encode_dict(value, path)
    if kind is list:
        if _is_plain(value):
            return value
        return [_encode(item, f'{path}.{index}') for index, item in enumerate(value)]
    if kind is float:
        if math.isfinite(value):
            return value
        return {_TAG: 'float', _VALUE: repr(value)}
    codec = _BY_TYPE.get(kind)
    if codec is None:
        codec = _find_codec(value, kind, path)
    return {_TAG: codec.tag, _VALUE: codec.encode(value, path)}


def _is_plain(values: list[Any]) -> bool:
    """Return whether all of a list can be written as it is: large tables are not looked at one number at a time."""
    kinds = set(map(type, values))
    if not kinds <= _PLAIN_OR_FLOAT:
        return False
    return float not in kinds or all(
        map(math.isfinite, values if kinds == _FLOAT else (v for v in values if type(v) is float))
    )


def _encode_dict(value: Mapping[Any, Any], path: str) -> Any:
    result = {}
    for key, item in value.items():
        if type(key) is not str or key == _TAG:
            return {_TAG: 'dict', _VALUE: _encode_pairs(value, path)}
        kind = type(item)
        result[key] = item if kind in _PLAIN else _encode(item, f'{path}.{key}' if path else key)
    return result


def _encode_pairs(value: Mapping[Any, Any], path: str) -> list[Any]:
    return [[_encode(key, f'{path}.{key}'), _encode(item, f'{path}.{key}')] for key, item in value.items()]


def _decode(data: Any) -> Any:
    kind = type(data)
    if kind is dict:
        tag = data.get(_TAG)
        if tag is None:
            return {key: _decode(item) for key, item in data.items()}
        try:
            decode = _BY_TAG[tag]
        except KeyError:
            _load_optional(tag)
            decode = _BY_TAG[tag]
        return decode(data[_VALUE])
    if kind is list:
        return data if set(map(type, data)) <= _PLAIN_OR_FLOAT else [_decode(item) for item in data]
    return data


#: Modules that say how to read a kind when they are imported, which a new interpreter may not have done yet.
_READERS = {
    'awaitable': 'aiida.engine.processes.workchains.awaitable',
    'inputs': 'aiida.engine.processes.builder',
    'builder': 'aiida.engine.processes.builder',
}


def _load_optional(tag: str) -> None:
    if tag in ('ndarray', 'npscalar'):
        _register_numpy()
    elif tag in _READERS:
        import_module(_READERS[tag])
    else:
        raise NotSavable(f'this checkpoint holds a value of the kind `{tag}`, which nothing here can read')


# Types that are found by what they are rather than by their class


def _find_codec(value: Any, kind: type, path: str) -> _Codec:
    """Return how to write a value whose class is not in the table, and put its class there."""
    codec = _codec_of_entity(kind) or _codec_of_base(kind) or _codec_of_numpy(kind)
    if codec is None:
        if isinstance(value, enum.Enum):
            codec = _Codec('enum', lambda item, _: [_name(type(item), item, path), item.name], _decode_enum)
        elif isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
            # one entry for all classes and functions would hide those that cannot be imported: check each
            _name(value, value, path)
            return _NAMED
        elif isinstance(value, tuple) and hasattr(kind, '_fields'):
            _name(kind, value, path)
            codec = _Codec('namedtuple', _encode_namedtuple, _decode_namedtuple)
        elif dataclasses.is_dataclass(value):
            _name(kind, value, path)
            codec = _Codec('dataclass', _encode_dataclass, _decode_dataclass)
        elif isinstance(value, dict):
            _name(kind, value, path)
            codec = _Codec(
                'mapping', lambda item, where: [_qualified(type(item)), _encode_pairs(item, where)], _decode_mapping
            )
        else:
            codec = _REDUCED
    _BY_TYPE[kind] = codec
    return codec


def _codec_of_base(kind: type) -> _Codec | None:
    for base in kind.__mro__[1:]:
        codec = _BY_BASE.get(base)
        if codec is not None:
            return codec
    return _BY_BASE.get(kind)


def _qualified(thing: Any) -> str:
    return f'{thing.__module__}:{thing.__qualname__}'


def _name(thing: Any, value: Any, path: str) -> str:
    """Return the name a class or function can be imported under, and check that it can be."""
    name = _qualified(thing)
    try:
        found = _import(name)
    except (ImportError, AttributeError):
        found = None
    if found is not thing:
        raise _refuse(value, path, f'`{name}` cannot be imported; define it at the top level of a module')
    return name


def _import(name: str) -> Any:
    module_name, _, qualname = name.partition(':')
    module = sys.modules.get(module_name)
    if module is None:
        module = import_module(module_name)
    found: Any = module
    for part in qualname.split('.'):
        found = getattr(found, part)
    return found


def _decode_enum(content: Any) -> Any:
    return _import(content[0])[content[1]]


def _encode_namedtuple(value: Any, path: str) -> Any:
    items = [_encode(item, f'{path}.{name}') for name, item in zip(value._fields, value, strict=True)]
    return [_qualified(type(value)), items]


def _decode_namedtuple(content: Any) -> Any:
    return _import(content[0])._make(_decode(item) for item in content[1])


def _encode_dataclass(value: Any, path: str) -> Any:
    return [_qualified(type(value)), _encode_dict(vars(value), path)]


def _decode_dataclass(content: Any) -> Any:
    cls = _import(content[0])
    result = cls.__new__(cls)
    for name, item in _decode(content[1]).items():
        object.__setattr__(result, name, item)
    return result


def _encode_mapping(value: Any, path: str) -> Any:
    encoded = [_qualified(type(value)), _encode_pairs(value, path)]
    if isinstance(value, collections.defaultdict):
        encoded.append(_encode(value.default_factory, f'{path}.default_factory'))
    return encoded


def _decode_mapping(content: Any) -> Any:
    cls = _import(content[0])
    result = cls.__new__(cls)
    for key, item in content[1]:
        result[_decode(key)] = _decode(item)
    if len(content) > 2:
        result.default_factory = _decode(content[2])
    return result


# Instances of other classes, by what they say of themselves to be copied and pickled

#: What lives in one interpreter only, though some of it says it could be copied.
_OF_THIS_INTERPRETER = frozenset(
    {'_asyncio', '_io', '_thread', 'asyncio', 'concurrent', 'io', 'multiprocessing', 'socket', 'threading', 'weakref'}
)


def _encode_reduced(value: Any, path: str) -> Any:
    """Return by which callable, and from which arguments and state, an object is made again."""
    kind = type(value)
    if kind is object or kind.__module__.partition('.')[0] in _OF_THIS_INTERPRETER:
        raise _refuse(value, path, 'it means something in this interpreter only; keep plain data or a node')
    _name(kind, value, path)
    reduce = copyreg.dispatch_table.get(kind)
    try:
        reduced = value.__reduce_ex__(4) if reduce is None else reduce(value)
    except Exception as exception:
        raise _refuse(value, path, f'{exception}; store it as a node or keep plain data') from exception
    if isinstance(reduced, str):
        raise _refuse(value, path, f'it stands for the global name `{reduced}`; keep plain data')
    parts: list[Any] = [*reduced, None, None, None, None][:6]
    function, args, state, items, pairs, setter = parts
    if setter is not None:
        raise _refuse(value, path, 'its state is set in a way of its own; store it as a node or keep plain data')
    _name(function, value, path)
    return [
        _qualified(function),
        [_encode(item, f'{path}.{index}') for index, item in enumerate(args)],
        _encode_state(state, path),
        None if items is None else [_encode(item, f'{path}.{index}') for index, item in enumerate(items)],
        None if pairs is None else [[_encode(key, path), _encode(item, f'{path}.{key}')] for key, item in pairs],
    ]


def _encode_state(state: Any, path: str) -> Any:
    """Return the state of an object; the attributes in it go by their names in the path."""
    if isinstance(state, tuple) and len(state) == 2 and all(part is None or type(part) is dict for part in state):
        return {_TAG: 'tuple', _VALUE: [_encode(part, path) for part in state]}
    return _encode(state, path)


def _decode_reduced(content: Any) -> Any:
    function, args, state, items, pairs = content
    result = _import(function)(*(_decode(item) for item in args))
    if state is not None:
        _set_state(result, _decode(state))
    for item in items or ():
        result.append(_decode(item))
    for key, item in pairs or ():
        result[_decode(key)] = _decode(item)
    return result


def _set_state(target: Any, state: Any) -> None:
    setter = getattr(target, '__setstate__', None)
    if setter is not None:
        setter(state)
        return
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    if attributes:
        target.__dict__.update(attributes)
    for name, value in (slots or {}).items():
        object.__setattr__(target, name, value)


_REDUCED = _Codec('object', _encode_reduced, _decode_reduced)
_NAMED = _Codec('named', lambda item, _: _qualified(item), _import)


# Nodes and the other entities of the graph


def _codec_of_entity(kind: type) -> _Codec | None:
    from aiida.orm.entities import Entity

    if not issubclass(kind, Entity):
        return None
    for base in kind.__mro__:
        tag = _ENTITY_TAGS.get(f'{base.__module__}:{base.__name__}')
        if tag is not None:
            return _Codec(tag, _encode_user if tag == 'user' else _encode_entity, _BY_TAG[tag])
    return None


_ENTITY_TAGS = {
    'aiida.orm.nodes.node:Node': 'node',
    'aiida.orm.computers:Computer': 'computer',
    'aiida.orm.groups:Group': 'group',
    'aiida.orm.users:User': 'user',
}


def _encode_entity(value: Any, path: str) -> str:
    if not value.is_stored:
        refused = _refuse(value, path, 'it is not stored; store it, so that the checkpoint can refer to it')
        raise NotStoredYet(str(refused))
    return str(value.uuid)


def _encode_user(value: Any, path: str) -> str:
    return str(value.email)


def _decode_node(content: str) -> Any:
    from aiida.orm import load_node

    return load_node(uuid=content)


def _decode_computer(content: str) -> Any:
    from aiida.orm import load_computer

    return load_computer(uuid=content)


def _decode_group(content: str) -> Any:
    from aiida.orm import load_group

    return load_group(uuid=content)


def _decode_user(content: str) -> Any:
    from aiida.orm import User

    return User.collection.get(email=content)


# Arrays


def _codec_of_numpy(kind: type) -> _Codec | None:
    if kind.__module__.partition('.')[0] != 'numpy' or 'numpy' not in sys.modules:
        return None
    _register_numpy()
    import numpy

    if issubclass(kind, numpy.ndarray):
        return _BY_TYPE[numpy.ndarray]
    if issubclass(kind, numpy.generic):
        return _Codec(
            'npscalar', lambda item, _: [item.dtype.str, base64.b64encode(item.tobytes()).decode()], _BY_TAG['npscalar']
        )
    return None


def _register_numpy() -> None:
    import io

    import numpy

    def encode(array: Any, path: str) -> str:
        if array.dtype.hasobject:
            raise _refuse(array, path, 'an array of Python objects has no form of its own; use a list')
        buffer = io.BytesIO()
        numpy.save(buffer, array, allow_pickle=False)
        return base64.b64encode(buffer.getvalue()).decode()

    def decode(content: str) -> Any:
        return numpy.load(io.BytesIO(base64.b64decode(content)), allow_pickle=False)

    def decode_scalar(content: list[str]) -> Any:
        return numpy.frombuffer(base64.b64decode(content[1]), dtype=numpy.dtype(content[0]))[0]

    _BY_TYPE[numpy.ndarray] = _Codec('ndarray', encode, decode)
    _BY_TAG['ndarray'] = decode
    _BY_TAG['npscalar'] = decode_scalar


# The table


def _simple(cls: type, tag: str, encode: Callable[[Any], Any], decode: Callable[[Any], Any]) -> None:
    """Register a class whose content is plain JSON."""
    _BY_TYPE[cls] = _Codec(tag, lambda value, _: encode(value), decode)
    _BY_TAG[tag] = decode


def _items(cls: type, tag: str) -> None:
    """Register a class that is made from its items."""
    _BY_TYPE[cls] = _Codec(
        tag,
        lambda value, path: [_encode(item, f'{path}.{index}') for index, item in enumerate(value)],
        lambda content: cls(_decode(item) for item in content),
    )
    _BY_TAG[tag] = _BY_TYPE[cls].decode


def _decode_attribute_dict(content: Any) -> AttributeDict:
    result = AttributeDict()
    for key, item in _decode(content).items():
        dict.__setitem__(result, key, item)
    return result


for _class, _tag in ((tuple, 'tuple'), (set, 'set'), (frozenset, 'frozenset')):
    _items(_class, _tag)
_simple(bytes, 'bytes', lambda value: base64.b64encode(value).decode(), base64.b64decode)
_simple(datetime.datetime, 'datetime', datetime.datetime.isoformat, datetime.datetime.fromisoformat)
_simple(datetime.date, 'date', datetime.date.isoformat, datetime.date.fromisoformat)
_simple(datetime.time, 'time', datetime.time.isoformat, datetime.time.fromisoformat)
_simple(
    datetime.timedelta,
    'timedelta',
    lambda value: [value.days, value.seconds, value.microseconds],
    lambda content: datetime.timedelta(*content),
)
_simple(uuid.UUID, 'uuid', str, uuid.UUID)
_simple(
    complex, 'complex', lambda value: [repr(value.real), repr(value.imag)], lambda c: complex(float(c[0]), float(c[1]))
)
_simple(decimal.Decimal, 'decimal', str, decimal.Decimal)
_simple(range, 'range', lambda value: [value.start, value.stop, value.step], lambda content: range(*content))
_simple(slice, 'slice', lambda value: [value.start, value.stop, value.step], lambda content: slice(*content))
_simple(pathlib.PosixPath, 'path', str, pathlib.Path)
_simple(pathlib.PurePosixPath, 'posixpath', str, pathlib.PurePosixPath)
_simple(pathlib.PureWindowsPath, 'windowspath', str, pathlib.PureWindowsPath)
_BY_TYPE[AttributeDict] = _Codec('attrdict', _encode_dict, _decode_attribute_dict)
_BY_TYPE[AttributesFrozendict] = _Codec(
    'frozen',
    lambda value, path: _encode_dict(value._dict, path),
    lambda content: AttributesFrozendict(_decode(content)),
)
register(AttributesDict, 'namespace', vars, lambda content: AttributesDict(**content))
_BY_TAG.update(
    {
        'attrdict': _decode_attribute_dict,
        'frozen': _BY_TYPE[AttributesFrozendict].decode,
        'float': float,
        'dict': lambda content: {_decode(key): _decode(item) for key, item in content},
        'enum': _decode_enum,
        'named': _import,
        'namedtuple': _decode_namedtuple,
        'dataclass': _decode_dataclass,
        'mapping': _decode_mapping,
        'object': _decode_reduced,
        'node': _decode_node,
        'computer': _decode_computer,
        'group': _decode_group,
        'user': _decode_user,
    }
)
