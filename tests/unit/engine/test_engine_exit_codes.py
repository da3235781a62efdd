"""Exit codes and the namespace they are in."""

from __future__ import annotations

import pytest

from aiida.engine import ExitCode, ExitCodesNamespace, Process, ProcessSpec


def test_default_is_success() -> None:
    assert ExitCode() == (0, None, False)


def test_format_fills_the_fields_of_a_copy() -> None:
    template = ExitCode(450, 'the parameter {parameter} is {what}', True)
    assert template.format(parameter='x', what='odd') == (450, 'the parameter x is odd', True)
    assert template.message == 'the parameter {parameter} is {what}'


@pytest.mark.parametrize(
    ('exit_code', 'fields', 'expected'),
    [
        (ExitCode(1), {'x': 1}, 'no message'),
        (ExitCode(1, 'a {x}'), {'y': 1}, 'needs other fields'),
        (ExitCode(1, 'a {}'), {}, 'needs other fields'),
    ],
)
def test_format_refuses(exit_code: ExitCode, fields: dict[str, int], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        exit_code.format(**fields)


def test_namespace_is_asked_by_status_and_label() -> None:
    odd, even = ExitCode(1, 'odd'), ExitCode(2, 'even')
    namespace = ExitCodesNamespace({'ODD': odd, 'EVEN': even})
    assert namespace.ODD is odd
    assert namespace['EVEN'] is even
    assert namespace(1) is odd
    assert namespace('EVEN') is even
    for unknown in (3, 'NONE'):
        with pytest.raises(ValueError, match=str(unknown)):
            namespace(unknown)
    with pytest.raises(AttributeError):
        _ = namespace.NONE


@pytest.mark.parametrize(
    ('arguments', 'error'),
    [
        (('1', 'L', 'm'), TypeError),
        ((True, 'L', 'm'), TypeError),
        ((1, 3, 'm'), TypeError),
        ((1, 'L', 3), TypeError),
        ((1, 'L', 'm', 1), TypeError),
        ((-1, 'L', 'm'), ValueError),
    ],
)
def test_declaring_refuses(arguments: tuple[object, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        ProcessSpec().exit_code(*arguments)  # type: ignore[arg-type]


def test_zero_may_be_declared() -> None:
    spec = ProcessSpec()
    spec.exit_code(0, 'FINE', 'all is well')
    assert spec.exit_codes.FINE == (0, 'all is well', False)


def test_what_every_process_has() -> None:
    assert [(code.status, code.invalidates_cache) for code in Process.exit_codes.values()] == [
        (1, True),
        (2, True),
        (10, True),
        (11, True),
    ]
    assert Process.get_exit_statuses(['ERROR_UNSPECIFIED', 'ERROR_MISSING_OUTPUT']) == [1, 11]
    with pytest.raises(AttributeError):
        Process.get_exit_statuses(['ERROR_NOT_THERE'])
