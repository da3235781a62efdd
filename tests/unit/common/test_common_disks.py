"""What an error says of a disk, tried on a disk that is full indeed where one may be mounted."""

import errno
import os
import subprocess

import pytest

from aiida.common import disks
from aiida.common.disks import disk_error, probe, scratch_watched, unavailable
from aiida.common.exceptions import StorageUnavailable


@pytest.fixture
def full_disk(tmp_path):
    """A folder on a disk of 1 MB that is full."""
    folder = tmp_path / 'disk'
    folder.mkdir()
    made = subprocess.run(
        ['mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f'no disk can be mounted here: {made.stderr.strip()}')
    try:
        with pytest.raises(OSError, match='No space'), open(folder / 'ballast', 'wb', buffering=0) as handle:
            while True:
                handle.write(bytes(4096))
        yield folder
    finally:
        subprocess.run(['umount', str(folder)], check=True)


def test_the_disk_is_found_among_what_led_to_an_error():
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    error = RuntimeError('it did not work')
    error.__cause__ = full
    assert disk_error(error) is full
    assert disk_error(OSError('the network is down')) is None
    assert disk_error(FileNotFoundError(errno.ENOENT, 'no')) is None


@pytest.mark.parametrize(
    ('number', 'said'),
    [
        (errno.ENOSPC, 'no space left on /here'),
        (errno.EDQUOT, 'the quota of /here is used up'),
        (errno.EROFS, '/here is mounted so that it can only be read'),
        (errno.EIO, '/here cannot be used at the moment: Input/output error'),
    ],
)
def test_what_is_said(number, said):
    assert str(unavailable(OSError(number, os.strerror(number)), '/here')) == said


def test_a_full_disk_is_told_from_an_error_that_only_looks_like_it(full_disk, tmp_path):
    assert probe(str(full_disk)).errno == errno.ENOSPC
    assert probe(str(tmp_path)) is None
    with pytest.raises(StorageUnavailable, match=f'no space left on {full_disk}'), scratch_watched([str(full_disk)]):
        (full_disk / 'more').write_bytes(bytes(10**5))
    with pytest.raises(OSError, match='No space'), scratch_watched([str(tmp_path)]):
        (full_disk / 'more').write_bytes(bytes(10**5))
    with pytest.raises(ZeroDivisionError), scratch_watched([str(full_disk)]):
        raise ZeroDivisionError


def test_nothing_is_left_of_a_probe(tmp_path):
    assert probe(str(tmp_path)) is None
    assert os.listdir(tmp_path) == []
    assert probe(str(tmp_path / 'missing')).errno == errno.ENOENT


def test_what_cannot_be_deleted_is_left(tmp_path):
    disks.remove_quietly(str(tmp_path / 'missing'))
