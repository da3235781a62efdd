"""Filters as they are written (nested dictionaries) made into a tree of conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

__all__ = (
    'AllOf',
    'AnyOf',
    'Comparison',
    'Condition',
    'Negation',
    'bound_number',
    'json_operand',
    'parse_filters',
    'selectivity',
)

OPERATORS = (
    '==', '>', '<', '>=', '<=', 'in', 'like', 'ilike',
    'contains', 'has_key', 'has_keys', 'of_length', 'longer', 'shorter', 'of_type',
)  # fmt: skip
JSON_OPERATORS = frozenset(OPERATORS[OPERATORS.index('contains') :])
JSON_TYPES = ('object', 'array', 'string', 'number', 'boolean', 'null')


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column or a path, an operator and a value."""

    key: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Negation:
    """What does not hold."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these hold; true when there are none."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these holds; no restriction when there are none."""

    conditions: tuple[Condition, ...]


Condition = Comparison | Negation | AllOf | AnyOf


def parse_filters(filters: Mapping[str, Any]) -> Condition:
    """Return the condition that a dictionary of filters stands for.

    :param filters: ``{key: value}``, ``{key: {operator: value}}``, ``{'or': [filters, ...]}``; ``!`` or ``~`` before an
        operator, ``and`` or ``or`` negates it.
    :raises ValueError: if an operator is not known.
    :raises TypeError: if the value of an operator is of the wrong kind.
    """
    conditions: list[Condition] = []
    for key, value in filters.items():
        negated, word = _strip_negation(key)
        if word in ('and', 'or'):
            branches = tuple(parse_filters(item) for item in _listed(word, value))
            conditions.append(_combined(word, branches, negated))
        else:
            conditions.append(_parse_key(key, value))
    return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))


def _parse_key(key: str, value: Any) -> Condition:
    """Return the condition on one key."""
    if not isinstance(value, Mapping):
        return _comparison(key, '==', value)
    conditions: list[Condition] = []
    for name, operand in value.items():
        negated, operator = _strip_negation(name)
        if operator in ('and', 'or'):
            branches = tuple(_parse_key(key, item) for item in _listed(operator, operand))
            conditions.append(_combined(operator, branches, negated))
            continue
        condition = _comparison(key, operator or name, operand)
        conditions.append(Negation(condition) if negated else condition)
    return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))


def _strip_negation(word: Any) -> tuple[bool, str]:
    """Return whether a word is negated, and the word itself."""
    if not isinstance(word, str):
        raise TypeError(f'the keys of filters are strings, not {word!r} of type {type(word).__name__}')
    if word == '!=':
        return True, '=='
    negated = False
    while word[:1] in ('!', '~'):
        negated, word = not negated, word[1:]
    return negated, word


def _listed(word: str, value: Any) -> Sequence[Mapping[str, Any]]:
    """Return the operand of ``and`` or ``or``, checked."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, Mapping) for item in value):
        raise TypeError(f"the value of '{word}' is a list of dictionaries, not {value!r}")
    return value


def _combined(word: str, branches: tuple[Condition, ...], negated: bool) -> Condition:
    condition: Condition = AllOf(branches) if word == 'and' else AnyOf(branches)
    return Negation(condition) if negated and branches else condition


def _comparison(key: str, operator: str, value: Any) -> Comparison:
    """Return a comparison whose operator is known and whose value suits it."""
    if operator not in OPERATORS:
        raise ValueError(
            f"unknown operator '{operator}' in the filter on '{key}'; use one of {', '.join(OPERATORS)}, and, or, with "
            "a '!' before it to negate"
        )
    if operator in _CHECKS:
        value = _CHECKS[operator](key, operator, value)
    return Comparison(key, operator, value)


def bound_number(value: float) -> float:
    """Return a number as it can be compared with by a database, where integers of more than 64 bits are floats.

    :raises ValueError: if it is too large for a float too.
    """
    if not isinstance(value, int) or -(2**63) <= value < 2**63:
        return value
    try:
        return float(value)
    except OverflowError:
        raise ValueError(
            f'a filter cannot compare with an integer of {value.bit_length()} bits: it is larger than any float'
        ) from None


def json_operand(operator: str, value: Any) -> Any:
    """Return the value that a JSON value is compared with by ``==``, ``>``, ``<``, ``>=`` or ``<=``.

    :raises TypeError: if it cannot be compared like this.
    """
    if value is None:
        if operator != '==':
            raise TypeError(f"null can be compared by '==' only, not by '{operator}'")
        return None
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        return bound_number(value)
    if operator == '==' and isinstance(value, (list, tuple, dict)):
        return value
    raise TypeError(f"a JSON value cannot be compared by '{operator}' with {value!r} of type {type(value).__name__}")


def _iterable(key: str, operator: str, value: Any) -> list[Any]:
    if isinstance(value, (str, bytes, Mapping)):
        raise TypeError(f"the value of '{operator}' on '{key}' is a list of values, not {value!r}")
    try:
        return list(value)
    except TypeError:
        raise TypeError(f"the value of '{operator}' on '{key}' is a list of values, not {value!r}") from None


def _string(key: str, operator: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the value of '{operator}' on '{key}' is a string, not {value!r}")
    return value


def _length(key: str, operator: str, value: Any) -> float:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"the value of '{operator}' on '{key}' is a length, an integer, not {value!r}")
    return bound_number(value)


def _type_name(key: str, operator: str, value: Any) -> str:
    if value not in JSON_TYPES:
        raise ValueError(f"the value of '{operator}' on '{key}' is one of {', '.join(JSON_TYPES)}, not {value!r}")
    return str(value)


_CHECKS = {
    'in': _iterable,
    'like': _string,
    'ilike': _string,
    'has_key': _string,
    'has_keys': _iterable,
    'of_length': _length,
    'longer': _length,
    'shorter': _length,
    'of_type': _type_name,
}


def selectivity(condition: Condition) -> int:
    """Return how much a condition narrows a table down: 3 to a few rows, 2 by a key, 1 somewhat, 0 hardly."""
    match condition:
        case Comparison(key=('id' | 'pk' | 'uuid'), operator=('==' | 'in')):
            return 3
        case Comparison(key='label', operator='=='):
            return 2
        case Comparison(key=('node_type' | 'type_string' | 'process_type')):
            return 0
        case Comparison():
            return 1
        case AllOf(conditions=conditions):
            return max(map(selectivity, conditions), default=0)
        case AnyOf(conditions=conditions):
            return min(map(selectivity, conditions), default=0)
    return 0
