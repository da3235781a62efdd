"""Checksums of files."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from aiida.common.typing import FilePath

__all__ = ('md5_file', 'md5_from_filelike', 'sha1_file')


def md5_from_filelike(filelike: BinaryIO, block_size_factor: int = 128) -> str:
    """Return the MD5 checksum of a stream, in hexadecimal.

    :param filelike: a stream of bytes; it is read to its end.
    :param block_size_factor: how much is read at a time, in units of 64 bytes.
    """
    return _digest(hashlib.md5(usedforsecurity=False), filelike, block_size_factor)


def md5_file(filepath: FilePath, block_size_factor: int = 128) -> str:
    """Return the MD5 checksum of a file, in hexadecimal; parameters as of :func:`md5_from_filelike`."""
    with open(filepath, 'rb') as handle:
        return md5_from_filelike(handle, block_size_factor)


def sha1_file(filename: FilePath, block_size_factor: int = 128) -> str:
    """Return the SHA-1 checksum of a file, in hexadecimal; parameters as of :func:`md5_from_filelike`."""
    with open(filename, 'rb') as handle:
        return _digest(hashlib.sha1(usedforsecurity=False), handle, block_size_factor)


def _digest(checksum: hashlib._Hash, filelike: BinaryIO, block_size_factor: int) -> str:
    while chunk := filelike.read(block_size_factor * checksum.block_size):
        checksum.update(chunk)
    return checksum.hexdigest()
