"""The programs of a storm: workers, and who submits and steers. A program that forks one for each line it is told.

A line is a role and a seed. What has begun and what has ended is answered in lines of JSON. When the input ends, all
that still runs is killed.
"""

from __future__ import annotations

import ctypes
import json
import os
import pathlib
import random
import select
import signal
import sys
import time
import uuid
from typing import Any

import storm_processes

from aiida import load_profile, orm
from aiida.common.exceptions import NotExistent, StorageUnavailable, TransportTaskException, UnreachableStorage
from aiida.engine import submit
from aiida.engine.daemon import execmanager, worker  # noqa: F401 - so that each worker need not import it
from aiida.engine.processes import control
from aiida.engine.runtime import dispatching, leases, steering
from aiida.manage.manager import get_manager

FOLDER = pathlib.Path(os.environ.get('NABUCCO_STORM_FOLDER', '.'))
#: Trees that are to be alive at the same time.
TREES = int(os.environ.get('NABUCCO_STORM_TREES', '4'))
#: Seconds of a lease: shorter than in earnest, so that leases run out in the storm.
LEASE = float(os.environ.get('NABUCCO_STORM_LEASE', '3'))
_PR_SET_PDEATHSIG = 1


def shorten_leases() -> None:
    for module in (leases, dispatching, worker, steering):
        if hasattr(module, 'LEASE'):
            module.LEASE = LEASE
    leases.BEAT = LEASE / 6


def work(_: random.Random) -> None:
    """Be a worker."""
    worker.start_daemon_worker(foreground=True)


def send(_: random.Random) -> None:
    """Submit trees, so many that some are always alive; what could not be submitted is submitted again."""
    code = orm.load_code('bash')
    active = {
        'attributes.process_label': 'Forest',
        'attributes.process_state': {'!in': ['finished', 'excepted', 'killed']},
    }
    while True:
        label = str(uuid.uuid4())
        while True:
            try:
                if orm.QueryBuilder().append(orm.WorkChainNode, filters=active).count() < TREES:
                    note = orm.Str(str(FOLDER / 'notes' / label))
                    submit(storm_processes.Forest, code=code, note=note, metadata={'label': label})
                    break
            except StorageUnavailable as exception:
                print('not submitted:', exception, file=sys.stderr, flush=True)
            time.sleep(0.1)
        (FOLDER / 'sent').open('a').write(f'{label}\n')


def steer(dice: random.Random) -> None:
    """Pause, play and kill processes as a user would who does not know what they do."""
    while True:
        time.sleep(dice.uniform(0.05, 0.6))
        try:
            nodes = control.get_active_processes()
            if not nodes:
                continue
            node = dice.choice(nodes)
            action = dice.choices(('pause', 'play', 'play all', 'kill'), (4, 4, 2, 1))[0]
            with (FOLDER / 'steered').open('a') as log:
                log.write(f'{node.pk} {action}\n')
            if action == 'play all':
                control.play_processes(all_entries=True, timeout=1)
            else:
                getattr(control, f'{action}_processes')([node], timeout=1)
        except (
            StorageUnavailable,
            control.ProcessTimeoutException,
            TransportTaskException,
            NotExistent,
        ) as exception:
            print('not steered:', repr(exception), file=sys.stderr, flush=True)


ROLES = {'worker': work, 'sender': send, 'user': steer}


def be(role: str, seed: str) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    shorten_leases()
    while True:
        try:
            load_profile()
            get_manager().get_profile_storage()
            break
        except (StorageUnavailable, UnreachableStorage):  # as a supervisor would start it again
            time.sleep(0.2)
    ROLES[role](random.Random(seed))


def tell(**news: Any) -> None:
    print(json.dumps(news), flush=True)


def bury(children: dict[int, str]) -> None:
    """Tell of what has ended."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        tell(ended=pid, role=children.pop(pid), status=os.waitstatus_to_exitcode(status))


def main() -> None:
    children: dict[int, str] = {}
    with os.fdopen(0, 'rb', buffering=0) as told:
        while True:
            bury(children)
            if not select.select([told], [], [], 0.02)[0]:
                continue
            line = told.readline().decode().split()
            if not line:
                break
            role, seed = line
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    be(role, seed)
                    status = 0
                except BaseException:
                    import traceback

                    traceback.print_exc()
                finally:
                    sys.stderr.flush()
                    os._exit(status)
            children[pid] = role
            tell(started=pid, role=role)
    for pid in children:
        os.kill(pid, signal.SIGKILL)


if __name__ == '__main__':
    main()
