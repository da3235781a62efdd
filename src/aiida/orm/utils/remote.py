"""Working folders of jobs on their computers."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.orm.users import User
    from aiida.transports import Transport

__all__ = ('clean_mapping_remote_paths', 'clean_remote', 'get_calcjob_remote_paths')

#: Extra of a job whose folder was emptied.
REMOTE_CLEANED_EXTRA = 'cleaned'


def clean_remote(transport: Transport, path: str) -> None:
    """Empty a folder on a computer and remove it; one that is absent is no error.

    :param transport: open, to the computer.
    :param path: absolute path of the folder.
    :raises ValueError: if the path is not absolute.
    """
    if not os.path.isabs(path):
        raise ValueError(f"the path of a remote folder must be absolute, which '{path}' is not")
    if transport.path_exists(path):
        transport.rmtree(path)


def clean_mapping_remote_paths(path_mapping: dict[str, list[Any]], silent: bool = False) -> None:
    """Empty folders of jobs and remember that on the jobs.

    :param path_mapping: the folders' nodes by the uuid of their computer.
    :param silent: whether to say nothing of what is done.
    """
    from aiida.common.log import AIIDA_LOGGER
    from aiida.orm.computers import Computer
    from aiida.orm.users import User

    user = User.collection.get_default()
    for computer_uuid, folders in path_mapping.items():
        computer = Computer.collection.get(uuid=computer_uuid)
        with computer.get_authinfo(user).get_transport() as transport:
            for folder in folders:
                folder._clean(transport=transport)
        if not silent:
            AIIDA_LOGGER.report('%d remote folders cleaned on %s', len(folders), computer.label)


def get_calcjob_remote_paths(
    pks: Sequence[int] | None = None,
    past_days: int | None = None,
    older_than: int | None = None,
    computers: Sequence[Any] | None = None,
    user: User | None = None,
    backend: Any = None,
    exit_status: int | None = None,
    only_not_cleaned: bool = False,
) -> dict[str, list[Any]]:
    """Return the folders of jobs, as nodes, by the uuid of their computer.

    :param pks: of these jobs only.
    :param past_days: of jobs changed in the last days only.
    :param older_than: of jobs not changed in the last days only.
    :param computers: on these computers only.
    :param user: of this user only, the default user by default.
    :param exit_status: of jobs that ended so only.
    :param only_not_cleaned: leave out folders that were emptied.
    """
    from aiida.common.timezone import now
    from aiida.orm.nodes.data.remote.base import RemoteData
    from aiida.orm.nodes.process.calculation.calcjob import CalcJobNode
    from aiida.orm.querybuilder import QueryBuilder

    conditions: list[dict[str, Any]] = []
    if pks:
        conditions.append({'id': {'in': list(pks)}})
    if past_days is not None:
        conditions.append({'mtime': {'>=': now() - datetime.timedelta(days=past_days)}})
    if older_than is not None:
        conditions.append({'mtime': {'<': now() - datetime.timedelta(days=older_than)}})
    if exit_status is not None:
        conditions.append({'attributes.exit_status': exit_status})
    query = QueryBuilder(backend=backend)
    query.append(CalcJobNode, tag='job', project=[], filters={'and': conditions} if conditions else None)
    query.append(RemoteData, with_incoming='job', edge_filters={'label': 'remote_folder'}, project='*', tag='folder')
    if only_not_cleaned:
        query.add_filter(
            'folder',
            {'or': [{'extras': {'!has_key': REMOTE_CLEANED_EXTRA}}, {f'extras.{REMOTE_CLEANED_EXTRA}': False}]},
        )
    wanted_computers = None if not computers else {computer.pk for computer in computers}
    mapping: dict[str, list[Any]] = {}
    for (folder,) in query.iterall():
        computer = folder.computer
        if computer is None or (wanted_computers is not None and computer.pk not in wanted_computers):
            continue
        if user is not None and folder.user.pk != user.pk:
            continue
        mapping.setdefault(computer.uuid, []).append(folder)
    return mapping
