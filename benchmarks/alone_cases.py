"""Benchmarks of what only this program promises, in the profile that is the default one.

usage: python alone_cases.py scale|busy   (with this folder on PYTHONPATH, and no daemon running)
prints one JSON line per figure: {"figure":…, "value":…}
"""

import json
import logging
import os
import resource
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager

from aiida import load_profile, orm

load_profile()
from daemon_processes import Computing, Holder, Leaf, Sleeping  # noqa: E402

from aiida.engine import submit  # noqa: E402
from aiida.engine.daemon.client import get_daemon_client  # noqa: E402
from aiida.engine.runtime.steering import Request  # noqa: E402
from aiida.orm.backend import get_store  # noqa: E402

#: How many processes wait for another one, and how many are queued.
MANY = int(os.environ.get('BENCH_MANY', '10000'))
#: Seconds for which is looked how much an idle worker does.
IDLE = float(os.environ.get('BENCH_IDLE', '20'))
#: Seconds of computing.
COMPUTING = float(os.environ.get('BENCH_COMPUTING', '10'))
FEW = 500
TICKS = os.sysconf('SC_CLK_TCK')


def emit(figure, value):
    print(json.dumps({'figure': figure, 'value': value}), flush=True)


@contextmanager
def workers(number):
    """Within this context there are workers; gives their PIDs."""
    subprocess.run(['verdi', 'daemon', 'start', str(number)], check=True, stdout=subprocess.DEVNULL)
    try:
        yield [int(pid) for pid in get_daemon_client().get_worker_info()['info']]
    finally:
        subprocess.run(['verdi', 'daemon', 'stop'], check=True, stdout=subprocess.DEVNULL)


def cpu_of(pid):
    """Return the seconds of CPU that a process has used."""
    with open(f'/proc/{pid}/stat') as file:
        fields = file.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(pid):
    """Return the most memory a process has ever had resident, in MB."""
    with open(f'/proc/{pid}/status') as file:
        return next(int(line.split()[1]) / 1e3 for line in file if line.startswith('VmHWM'))


def ended(process):
    """Return a query for the finished processes of a class."""
    filters = {'attributes.process_label': process.__name__, 'attributes.process_state': 'finished'}
    return orm.QueryBuilder().append(orm.WorkChainNode, filters=filters)


def wait_until(is_so, what, limit=900.0, look=0.5):
    end = time.time() + limit
    while not is_so():
        assert time.time() < end, f'not so after {limit} s: {what}'
        time.sleep(look)


def claims_per_s():
    """Claim of what is queued as workers do, and give it back."""
    store, runs = get_store(), []
    start = time.perf_counter()
    while len(runs) < FEW:
        now = time.time()
        runs += store.claim('benchmark', now, now + 60.0, limit=6)
    elapsed = time.perf_counter() - start
    with store.transaction():
        for run in runs:
            store.release(run.node_id, run.fence, run.ready_since)
    return len(runs) / elapsed


def drained_per_s(process, number):
    """Return how many queued processes one worker ends in a second, and how much memory it had at most."""
    before = ended(process).count()
    with workers(1) as (pid,):
        wait_until(lambda: ended(process).count() >= before + 20, 'a worker has begun', look=0.1)
        first = ended(process).count()
        start = cpu = 0.0
        start, cpu = time.perf_counter(), cpu_of(pid)
        wait_until(lambda: ended(process).count() >= before + number, 'they have ended', look=0.2)
        rate = (ended(process).count() - first) / (time.perf_counter() - start)
        cpu = (cpu_of(pid) - cpu) / (ended(process).count() - first)
        return rate, cpu, memory_of(pid)


def idle_share():
    """Return which part of a core one worker without anything to do uses, in percent."""
    with workers(1) as (pid,):
        time.sleep(12.0)  # it looks around more often while there was something to do just now
        before = cpu_of(pid)
        time.sleep(IDLE)
        return 100.0 * (cpu_of(pid) - before) / IDLE


def submit_many(number):
    start = time.perf_counter()
    for i in range(number):
        submit(Leaf, x=orm.Int(i))
    return number / (time.perf_counter() - start)


def case_scale():
    """How the program does when very much is going on, beside how it does when nothing is."""
    emit('idle_worker', idle_share())
    emit('submits', 60 * submit_many(2 * FEW))
    emit('claims', claims_per_s())
    rate, cpu, _ = drained_per_s(Leaf, 2 * FEW)
    emit('leaves', rate)
    emit('leaf_cpu', cpu * 1e3)

    for _ in range(MANY):
        submit(Holder)
    count = 'SELECT count(DISTINCT parent_id) FROM process_wait'
    with workers(2) as pids:
        wait_until(lambda: get_store()._database.execute(count)[0][0] == MANY, 'all parents wait')
        emit('memory_after', max(memory_of(pid) for pid in pids))
    emit('idle_worker_full', idle_share())

    emit('submits_full', 60 * submit_many(MANY))
    emit('claims_full', claims_per_s())
    lists = [list_processes() for _ in range(3)]
    emit('list', statistics.median(wall for wall, _ in lists))
    emit('list_cpu', statistics.median(cpu for _, cpu in lists))
    rate, cpu, memory = drained_per_s(Leaf, 2 * FEW)
    emit('leaves_full', rate)
    emit('leaf_cpu_full', cpu * 1e3)
    emit('memory_full', memory)


def list_processes():
    """Return the seconds and the seconds of CPU that `verdi process list` takes."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(['verdi', 'process', 'list'], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert f'{3 * MANY}' in done.stdout.splitlines()[-1] or len(done.stdout.splitlines()) > 3 * MANY, done.stdout[-500:]
    return (
        time.perf_counter() - start,
        after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime,
    )


def latencies(number):
    """Return from submit to the end for one process after another, in ms, by their nodes."""
    nodes = []
    for i in range(number):
        nodes.append(submit(Leaf, x=orm.Int(i)))
        time.sleep(0.1)
    wait_until(lambda: all(node.is_finished_ok for node in nodes), 'they have ended', look=0.1)
    return [1e3 * (orm.load_node(node.pk).mtime - node.ctime).total_seconds() for node in nodes]


def kills(number):
    """Return after which time whoever kills a process that lives in a worker is answered, in ms.

    It ends at the end of its step; what it is to do is heard before.
    """
    nodes = [submit(Sleeping, seconds=orm.Float(2 * COMPUTING)) for _ in range(number)]
    wait_until(lambda: all(node.process_state.value == 'running' for node in nodes), 'they run', look=0.1)
    times = []
    for node in nodes:
        start = time.perf_counter()
        request = Request('kill', 'enough')  # as `verdi process kill` asks
        request.make(node)
        assert not request.wait_until_heard([node], COMPUTING), 'nobody answers'
        times.append(1e3 * (time.perf_counter() - start))
    return times


def p95(values):
    return sorted(values)[int(0.95 * (len(values) - 1))]


def case_busy():
    """How long others wait while one process computes in the only worker."""
    with workers(1):
        latencies(3)
        others, killed = latencies(50), kills(10)
        emit('others_idle', p95(others))
        emit('kill_idle', p95(killed))
        computing = submit(Computing, seconds=orm.Float(COMPUTING))
        wait_until(lambda: computing.process_state.value == 'running', 'it computes', look=0.05)
        others = latencies(50)
        assert not computing.is_terminated, 'the computing has ended too early'
        wait_until(lambda: computing.is_finished_ok, 'it has ended', look=0.2)
        computing = submit(Computing, seconds=orm.Float(COMPUTING))
        wait_until(lambda: computing.process_state.value == 'running', 'it computes', look=0.05)
        killed = kills(10)
        assert not computing.is_terminated, 'the computing has ended too early'
        emit('others_busy', p95(others))
        emit('kill_busy', p95(killed))
        wait_until(lambda: computing.is_finished_ok, 'it has ended', look=0.2)


if __name__ == '__main__':
    logging.disable(logging.WARNING)
    for chosen in sys.argv[1:]:
        globals()['case_' + chosen]()
