"""Names that nodes had before ``node.base``; they still work, with a warning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ('DEPRECATED_ALIASES', 'OLDER_NAMES', 'OlderName')


def _aliases(subject: str, names: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {old: (subject, new) for old, new in names.items()}


def _dictionary_names(singular: str, plural: str) -> dict[str, str]:
    return {
        plural: 'all',
        f'get_{singular}': 'get',
        f'get_{singular}_many': 'get_many',
        f'set_{singular}': 'set',
        f'set_{singular}_many': 'set_many',
        f'reset_{plural}': 'reset',
        f'delete_{singular}': 'delete',
        f'delete_{singular}_many': 'delete_many',
        f'clear_{plural}': 'clear',
        f'{plural}_items': 'items',
        f'{plural}_keys': 'keys',
    }


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


#: Old name: subject and name below ``node.base``.
DEPRECATED_ALIASES: dict[str, tuple[str, str]] = {
    **_aliases('attributes', _dictionary_names('attribute', 'attributes')),
    **_aliases('extras', _dictionary_names('extra', 'extras')),
    **_aliases(
        'comments',
        {
            'add_comment': 'add',
            'get_comment': 'get',
            'get_comments': 'all',
            'remove_comment': 'remove',
            'update_comment': 'update',
        },
    ),
    **_aliases(
        'caching',
        _same(
            *('get_hash', '_get_hash', '_get_objects_to_hash', 'rehash', 'clear_hash', 'get_cache_source'),
            *('is_created_from_cache', '_get_same_node', 'get_all_same_nodes', '_iter_all_same_nodes'),
        ),
    ),
    **_aliases(
        'links',
        _same(
            *('add_incoming', 'validate_incoming', 'validate_outgoing', 'get_stored_link_triples'),
            *('get_incoming', 'get_outgoing'),
        ),
    ),
    **_aliases(
        'repository',
        {
            **_same(
                *('copy_tree', 'delete_object', 'get_object', 'get_object_content', 'glob', 'list_objects'),
                *('list_object_names', 'open', 'put_object_from_filelike', 'put_object_from_file'),
                *('put_object_from_tree', 'walk'),
            ),
            'repository_metadata': 'metadata',
        },
    ),
}


class OlderName(NamedTuple):
    """What a name stood for in AiiDA 0.10: what it gives for a node, what to write instead, whose name it is."""

    get: Callable[[Any], Any]
    instead: str
    node_class: type[Any]


#: Names of the days of AiiDA 0.10; filled by `aiida.work`, so that nothing else has them.
OLDER_NAMES: dict[str, OlderName] = {}
