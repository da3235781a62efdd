"""Small functions that have no better place, under the names plugins know."""

from __future__ import annotations

import filecmp
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from importlib import import_module
from itertools import islice
from types import TracebackType
from typing import Any, TypeVar
from uuid import UUID, uuid4

from aiida.common.exceptions import ValidationError
from aiida.common.labels import Prettifier, join_labels, prettify_labels
from aiida.common.lang import classproperty

__all__ = (
    'ArrayCounter',
    'Capturing',
    'DatetimePrecision',
    'ErrorAccumulator',
    'Prettifier',
    'are_dir_trees_equal',
    'batch_iter',
    'classproperty',
    'format_directory_size',
    'get_class_string',
    'get_new_uuid',
    'get_object_from_string',
    'get_unique_filename',
    'grouper',
    'join_labels',
    'prettify_labels',
    'str_timedelta',
    'url2pathname',
    'validate_list_of_string_tuples',
    'validate_uuid',
)

T = TypeVar('T')

#: How many rows are handled at a time.
DEFAULT_BATCH_SIZE = 1000
#: How many values a filter may hold.
DEFAULT_FILTER_SIZE = 999


def get_new_uuid() -> str:
    """Return a new random UUID, with hyphens."""
    return str(uuid4())


def validate_uuid(given_uuid: str) -> bool:
    """Return whether a string is a UUID in the usual form, with hyphens and in lower case."""
    try:
        parsed = str(UUID(given_uuid))
    except ValueError:
        return False
    return parsed == given_uuid


def url2pathname(url: str) -> str:
    """Return the path that a URL of a local file names."""
    from urllib.request import url2pathname as convert

    return convert(url)


def validate_list_of_string_tuples(val: Any, tuple_length: int) -> bool:
    """Return ``True`` if a value is a list of lists (or tuples) of strings.

    :param val: the value.
    :param tuple_length: how many strings each has.
    :raises ValidationError: if it is not.
    """
    if not (
        isinstance(val, (list, tuple))
        and all(
            isinstance(entry, (list, tuple))
            and len(entry) == tuple_length
            and all(isinstance(text, str) for text in entry)
            for entry in val
        )
    ):
        raise ValidationError(f'expected a list of tuples of {tuple_length} strings each, got {val!r}')
    return True


def get_unique_filename(filename: str, list_of_filenames: list[str] | tuple[str, ...]) -> str:
    """Return a name that is not taken, with a number before its extension if need be.

    :param filename: the name that would be best.
    :param list_of_filenames: the names that are taken.
    """
    if filename not in list_of_filenames:
        return filename
    base, extension = os.path.splitext(filename)
    number = 1
    while f'{base}-{number}{extension}' in list_of_filenames:
        number += 1
    return f'{base}-{number}{extension}'


def str_timedelta(dt: timedelta, max_num_fields: int = 3, short: bool = False, negative_to_zero: bool = False) -> str:
    """Return a span of time as people read it: ``3D:04h:00m ago``, ``5s in the future``.

    :param dt: the span, positive for the past.
    :param max_num_fields: how many of days, hours, minutes and seconds to print.
    :param short: whether leading zeros are left out.
    :param negative_to_zero: whether the future is told as now.
    :raises ValueError: if ``max_num_fields`` is less than 1.
    """
    if max_num_fields <= 0:
        raise ValueError(f'max_num_fields has to be at least 1, got {max_num_fields}')
    seconds = dt.days * 86400 + dt.seconds
    if negative_to_zero:
        seconds = max(seconds, 0)
    suffix = ' in the future' if seconds < 0 else ' ago'
    minutes, second = divmod(abs(seconds), 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    fields = [(day, 'D'), (hour, 'h'), (minute, 'm'), (second, 's')]
    least = 1 if short else min(max_num_fields, 3)
    while len(fields) > least and fields[0][0] == 0:
        fields.pop(0)
    fields = fields[:max_num_fields]
    first, unit = fields[0]
    return ':'.join([f'{first}{unit}', *(f'{value:02d}{name}' for value, name in fields[1:])]) + suffix


def format_directory_size(size_in_bytes: int) -> str:
    """Return a size as people read it: ``1.50 KB``, with steps of 1024.

    :param size_in_bytes: the size.
    :raises ValueError: if it is negative.
    """
    if size_in_bytes < 0:
        raise ValueError(f'a size cannot be negative, got {size_in_bytes}')
    size = float(size_in_bytes)
    for unit in ('B', 'KB', 'MB', 'GB', 'TB', 'PB'):
        if size < 1024 or unit == 'PB':
            break
        size /= 1024
    return f'{size:.2f} {unit}'


def get_class_string(obj: Any) -> str:
    """Return ``module.name`` of a class, of a function, or of the class of an object."""
    named = obj if hasattr(obj, '__name__') and hasattr(obj, '__module__') else type(obj)
    return f'{named.__module__}.{named.__name__}'


def get_object_from_string(class_string: str) -> Any:
    """Return the object named ``module.name``.

    :param class_string: the name.
    :raises ValueError: if there is no module in it.
    :raises ImportError: if the module cannot be imported.
    :raises AttributeError: if the module has no such name.
    """
    module_name, _, name = class_string.rpartition('.')
    if not module_name:
        raise ValueError(f'{class_string!r} names no module: the form is `module.name`')
    return getattr(import_module(module_name), name)


def grouper(n: int, iterable: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """Yield the values of an iterable in tuples of ``n``; the last may be shorter."""
    iterator = iter(iterable)
    while chunk := tuple(islice(iterator, n)):
        yield chunk


def batch_iter(
    iterable: Iterable[T], size: int, transform: Callable[[T], Any] | None = None
) -> Iterator[tuple[int, list[Any]]]:
    """Yield pairs of a number and a list with that many values.

    :param iterable: the values.
    :param size: how many at most.
    :param transform: called with each value, if given.
    """
    for chunk in grouper(size, iterable):
        yield len(chunk), list(chunk) if transform is None else [transform(value) for value in chunk]


def are_dir_trees_equal(dir1: str, dir2: str) -> tuple[bool, str]:
    """Return whether two folders hold the same files with the same content, and a sentence that says so.

    :param dir1: the path of one.
    :param dir2: the path of the other.
    """
    comparison = filecmp.dircmp(dir1, dir2)
    if comparison.left_only or comparison.right_only or comparison.funny_files:
        only = ', '.join([*comparison.left_only, *comparison.right_only, *comparison.funny_files])
        return False, f'{dir1} and {dir2} differ in: {only}'
    _, different, errors = filecmp.cmpfiles(dir1, dir2, comparison.common_files, shallow=False)
    if different or errors:
        return False, f'{dir1} and {dir2} differ in the content of: {", ".join([*different, *errors])}'
    for name in comparison.common_dirs:
        equal, message = are_dir_trees_equal(os.path.join(dir1, name), os.path.join(dir2, name))
        if not equal:
            return False, message
    return True, f'{dir1} and {dir2} are equal'


class ArrayCounter:
    """Counts from 0."""

    seq: int | None = None

    def __init__(self) -> None:
        self.seq = -1

    def array_counter(self) -> int:
        """Return the next number."""
        self.seq = (-1 if self.seq is None else self.seq) + 1
        return self.seq


class DatetimePrecision:
    """A time with how much of it is meant."""

    def __init__(self, dtobj: datetime, precision: int) -> None:
        """
        :param dtobj: the time.
        :param precision: how many parts of it count.
        :raises TypeError: if a value is of another type.
        """
        if not isinstance(dtobj, datetime):
            raise TypeError(f'dtobj has to be a datetime, got {dtobj!r}')
        if not isinstance(precision, int):
            raise TypeError(f'precision has to be an int, got {precision!r}')
        self.dtobj = dtobj
        self.precision = precision


class Capturing:
    """A context that keeps the lines printed inside it: in ``stdout_lines`` and, if asked for, ``stderr_lines``."""

    def __init__(self, capture_stderr: bool = False) -> None:
        """
        :param capture_stderr: whether standard error is kept too.
        """
        self.stdout_lines: list[str] = []
        self.stderr_lines: list[str] | None = [] if capture_stderr else None
        self._capture_stderr = capture_stderr

    def __enter__(self) -> Capturing:
        self._stdout, self._stderr = sys.stdout, sys.stderr
        self._kept_out, self._kept_err = io.StringIO(), io.StringIO()
        sys.stdout = self._kept_out
        if self._capture_stderr:
            sys.stderr = self._kept_err
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        sys.stdout, sys.stderr = self._stdout, self._stderr
        self.stdout_lines.extend(self._kept_out.getvalue().splitlines())
        if self.stderr_lines is not None:
            self.stderr_lines.extend(self._kept_err.getvalue().splitlines())

    def __str__(self) -> str:
        return str(self.stdout_lines)

    def __iter__(self) -> Iterator[str]:
        return iter(self.stdout_lines)


class ErrorAccumulator:
    """Runs functions and gathers the errors they raise, to tell them all at once."""

    def __init__(self, *error_cls: type[Exception]) -> None:
        """
        :param error_cls: the errors that are gathered; others pass.
        """
        self.error_cls = error_cls
        self.errors: dict[type[Exception], list[Exception]] = {cls: [] for cls in error_cls}

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call a function and keep the error it raises."""
        try:
            function(*args, **kwargs)
        except self.error_cls as exception:
            self.errors.setdefault(type(exception), []).append(exception)

    def success(self) -> bool:
        """Return whether no error was raised."""
        return not any(self.errors.values())

    def result(
        self, raise_error: type[Exception] | None = Exception
    ) -> tuple[bool, dict[type[Exception], list[Exception]]]:
        """Return whether no error was raised, and the errors by class.

        :param raise_error: the error to raise if there were some; ``None`` to return them.
        """
        if raise_error is not None:
            self.raise_errors(raise_error)
        return self.success(), self.errors

    def raise_errors(self, raise_cls: type[Exception]) -> None:
        """Raise an error that tells all that were gathered, if there are some."""
        if not self.success():
            told = '; '.join(f'{cls.__name__}: {error}' for cls, same in self.errors.items() for error in same)
            raise raise_cls(f'The following errors were encountered: {told}')
