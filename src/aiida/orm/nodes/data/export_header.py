"""What files that are exported say about where they come from."""

from __future__ import annotations

__all__ = ('export_comments',)


def export_comments(comment_char: str = '') -> str:
    """Return the lines that say which program wrote a file.

    :param comment_char: what each line begins with.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        text = f'This file was written by Nabucco {version("nabucco")}.'
    except PackageNotFoundError:
        text = 'This file was written by Nabucco.'
    return f'{comment_char}{text}'
