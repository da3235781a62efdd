"""Small functions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aiida.common import escaping, lang, utils
from aiida.common.exceptions import ValidationError
from aiida.common.progress_reporter import (
    create_callback,
    get_progress_reporter,
    set_progress_bar_tqdm,
    set_progress_reporter,
)


@pytest.mark.parametrize(
    ('span', 'kwargs', 'text'),
    [
        (timedelta(days=3, hours=4, seconds=5), {}, '3D:04h:00m ago'),
        (timedelta(days=3, hours=4), {'max_num_fields': 1}, '3D ago'),
        (timedelta(seconds=3), {}, '0h:00m:03s ago'),
        (timedelta(seconds=3), {'short': True}, '3s ago'),
        (timedelta(seconds=3), {'max_num_fields': 2}, '0m:03s ago'),
        (timedelta(seconds=-5), {'short': True}, '5s in the future'),
        (timedelta(seconds=-5), {'negative_to_zero': True}, '0h:00m:00s ago'),
        (timedelta(minutes=61), {'short': True}, '1h:01m:00s ago'),
    ],
)
def test_spans_of_time(span, kwargs, text):
    assert utils.str_timedelta(span, **kwargs) == text


def test_a_span_needs_a_field():
    with pytest.raises(ValueError, match='at least 1'):
        utils.str_timedelta(timedelta(), max_num_fields=0)


def test_uuids():
    assert utils.validate_uuid(utils.get_new_uuid())
    assert not utils.validate_uuid(utils.get_new_uuid().replace('-', ''))
    assert not utils.validate_uuid('x')


@pytest.mark.parametrize(
    ('name', 'taken', 'found'),
    [
        ('a.txt', ['a.txt', 'a-1.txt'], 'a-2.txt'),
        ('a', ['a'], 'a-1'),
        ('b', [], 'b'),
        ('c.tar.gz', ['c.tar.gz'], 'c.tar-1.gz'),
    ],
)
def test_names_that_are_free(name, taken, found):
    assert utils.get_unique_filename(name, taken) == found


def test_sizes():
    assert utils.format_directory_size(0) == '0.00 B'
    assert utils.format_directory_size(1536) == '1.50 KB'
    assert utils.format_directory_size(10**10) == '9.31 GB'
    with pytest.raises(ValueError, match='negative'):
        utils.format_directory_size(-1)


def test_objects_by_name():
    assert utils.get_object_from_string('aiida.common.utils.ArrayCounter') is utils.ArrayCounter
    assert utils.get_class_string(utils.ArrayCounter()) == 'aiida.common.utils.ArrayCounter'
    with pytest.raises(ValueError, match='names no module'):
        utils.get_object_from_string('dict')


def test_batches():
    assert list(utils.grouper(2, range(5))) == [(0, 1), (2, 3), (4,)]
    assert list(utils.batch_iter(range(3), 2, lambda value: value * 2)) == [(2, [0, 2]), (1, [4])]


def test_lists_of_tuples_of_text():
    assert utils.validate_list_of_string_tuples([('a', 'b')], 2)
    with pytest.raises(ValidationError):
        utils.validate_list_of_string_tuples([('a', 1)], 2)


def test_capturing_what_is_printed(capsys):
    with utils.Capturing() as captured:
        print('one\ntwo')
    assert list(captured) == ['one', 'two']
    assert capsys.readouterr().out == ''


def test_errors_are_gathered():
    gathered = utils.ErrorAccumulator(ValueError)
    gathered.run(int, 'x')
    gathered.run(int, '1')
    assert not gathered.success()
    with pytest.raises(KeyError, match='invalid literal'):
        gathered.raise_errors(KeyError)


def test_trees_are_compared_by_content(tmp_path):
    for name in ('one', 'two'):
        (tmp_path / name / 'sub').mkdir(parents=True)
        (tmp_path / name / 'sub' / 'file').write_text('same')
    assert utils.are_dir_trees_equal(str(tmp_path / 'one'), str(tmp_path / 'two'))[0]
    (tmp_path / 'two' / 'sub' / 'file').write_text('else')
    equal, message = utils.are_dir_trees_equal(str(tmp_path / 'one'), str(tmp_path / 'two'))
    assert not equal
    assert 'file' in message


@pytest.mark.parametrize(
    ('format', 'label', 'text'),
    [
        (None, 'GAMMA', 'GAMMA'),
        ('latex_seekpath', 'DELTA_0', '$\\Delta$$_{0}$'),
        ('latex_simple', 'G', '$\\Gamma$'),
        ('latex_simple', 'K1', 'K$_{1}$'),
        ('agr_seekpath', 'X_1', 'X\\s1\\N'),
        ('gnuplot_seekpath', 'GAMMA', 'Γ'),
    ],
)
def test_labels_of_points(format, label, text):
    assert utils.Prettifier(format).prettify(label) == text


def test_labels_at_one_position_are_joined():
    assert utils.join_labels([(0.0, 'A'), (1.0, 'X'), (1.0, 'Y')]) == [[0.0, 'A'], [1.0, 'X|Y']]
    with pytest.raises(ValueError, match='no format'):
        utils.Prettifier('nope')


@pytest.mark.parametrize(
    ('text', 'double', 'escaped'),
    [
        ('a b', False, "'a b'"),
        ("it's", False, "'it'\"'\"'s'"),
        ('a"b', True, '"a"\'"\'"b"'),
        (None, False, ''),
        (3, False, "'3'"),
    ],
)
def test_words_for_a_shell(text, double, escaped):
    assert escaping.escape_for_bash(text, double) == escaped


def test_a_shell_gives_back_what_was_escaped():
    import subprocess

    for text in ("it's", 'a "b" $HOME `x` \\', 'ü', ''):
        command = f'printf %s {escaping.escape_for_bash(text)}'
        assert subprocess.run(['bash', '-c', command], capture_output=True, text=True, check=True).stdout == text


def test_like_patterns():
    assert escaping.escape_for_sql_like('a%b_c') == 'a\\%b\\_c'
    assert escaping.sql_string_match('abcd', 'a%d')
    assert not escaping.sql_string_match('abcd', 'A%d')
    assert escaping.sql_string_match('a%', 'a\\%')
    assert not escaping.sql_string_match('ab', 'a\\%')


def test_type_check():
    assert lang.type_check(1, int) == 1
    assert lang.type_check(None, int, allow_none=True) is None
    with pytest.raises(TypeError, match='expecting'):
        lang.type_check('1', int)
    with pytest.raises(TypeError, match='told'):
        lang.type_check('1', int, 'told')


def test_class_property():
    class Some:
        @lang.classproperty
        def name(cls):
            return cls.__name__

    assert Some.name == Some().name == 'Some'


def test_progress_reporters_count():
    seen = []

    class Told:
        def reset(self, total):
            seen.append(('reset', total))

        def set_description_str(self, text):
            seen.append(('text', text))

        def update(self, n):
            seen.append(('update', n))

    callback = create_callback(Told())
    callback('init', {'total': 3, 'description': 'work'})
    callback('update', 2)
    assert seen == [('reset', 3), ('text', 'work'), ('update', 2)]
    with get_progress_reporter()(total=3, desc='x') as reporter:
        reporter.update(2)
        assert reporter.n == 2
    set_progress_bar_tqdm()
    try:
        with get_progress_reporter()(total=3, desc='x') as reporter:
            reporter.update(3)
            assert reporter.n == 3
    finally:
        set_progress_reporter(None)
