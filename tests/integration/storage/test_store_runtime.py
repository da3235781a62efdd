"""Who may run what: claims, leases, fences, waiting, checkpoints, events, workers."""

from __future__ import annotations

import time

import pytest

from aiida.common import timezone
from aiida.common.exceptions import IntegrityError, LostLease, NotExistent
from aiida.storage.records import WorkerRecord

FAR = 1e12


def test_enlisted_rows_are_ready_at_once(store, run):
    node_id = run(priority=3)
    row = store.read_run(node_id)
    assert row.ready_since == pytest.approx(time.time(), abs=30)
    assert (row.node_id, row.priority, row.owner, row.lease_until, row.fence) == (node_id, 3, None, None, 0)
    assert (row.desired_state, row.desired_message, row.attempts, row.last_error) == ('run', None, 0, None)
    assert store.read_run(4711) is None


def test_enlisting_with_an_owner_is_a_claim(store, process):
    node_id = process()
    assert store.enlist(node_id, owner='me', lease_until=FAR) == 1
    assert store.claim('other', time.time(), FAR) == []
    store.check_fence(node_id, 1)


def test_an_owner_without_a_lease_keeps_it_until_somebody_gives_it_back(store, process):
    node_id = process()
    fence = store.enlist(node_id, owner='me')
    assert store.claim('other', FAR, FAR) == []
    assert store.claim_one(node_id, 'other', FAR, FAR) is None
    store.release(node_id, fence, 0.0, 'me is gone')
    assert store.claim_one(node_id, 'other', FAR, FAR).attempts == 1


def test_enlisting_twice_is_refused(store, run):
    node_id = run()
    with pytest.raises(IntegrityError, match=str(node_id)):
        store.enlist(node_id)


def test_enlisting_a_node_that_is_not_there_is_refused(store):
    with pytest.raises(IntegrityError):
        store.enlist(4711)
    assert store.read_run(4711) is None


def test_claim_hands_out_the_oldest_of_the_highest_priority_first(store, run):
    low, old, new = run(priority=-1), run(priority=5), run(priority=5)
    now = time.time() + 1
    first = store.claim('w', now, FAR, limit=2)
    assert [row.node_id for row in first] == [old, new]
    assert [(row.owner, row.lease_until, row.fence) for row in first] == [('w', FAR, 1)] * 2
    assert [row.node_id for row in store.claim('w', now, FAR, limit=2)] == [low]
    assert store.claim('w', now, FAR, limit=2) == []


def test_claim_takes_over_what_was_lost(store, run):
    node_id = run()
    now = time.time() + 1
    (first,) = store.claim('dead', now, now + 10)
    assert store.claim('alive', now + 9, FAR) == []
    (second,) = store.claim('alive', now + 11, FAR)
    assert second.node_id == node_id
    assert (second.fence, second.owner, second.attempts) == (first.fence + 1, 'alive', 1)
    assert 'dead' in second.last_error
    with pytest.raises(LostLease, match=f'{node_id} .*alive'):
        store.check_fence(node_id, first.fence)


def test_reclaim_frees_what_was_lost(store, run):
    kept, silent, gone, local, free = (run() for _ in range(5))
    now = time.time()
    store.claim_one(kept, 'alive', now, now + 100)
    store.claim_one(silent, 'silent', now, now + 10)
    store.claim_one(gone, 'dead', now, now + 100)
    store.claim_one(local, 'dead', now, None)
    assert sorted(store.lease_holders()) == ['alive', 'dead', 'silent']
    assert store.reclaim(now) == []
    freed = store.reclaim(now + 11, ['dead'])
    assert [(row.node_id, row.owner, row.ready_since, row.attempts) for row in freed] == [
        (silent, None, now + 11, 1),
        (gone, None, now + 11, 1),
    ]
    assert [row.last_error for row in freed] == ['the lease of silent ran out', 'dead is gone']
    assert store.read_run(kept).owner == 'alive'
    assert store.read_run(local).owner == 'dead'
    assert store.read_run(free).attempts == 0
    assert store.reclaim(now + 11, ['dead']) == []


def test_what_was_lost_is_not_written_by_who_lost_it(store, run):
    node_id, now = run(), time.time()
    row = store.claim_one(node_id, 'silent', now, now + 10)
    store.reclaim(now + 11)
    with pytest.raises(LostLease):
        store.save_checkpoint(node_id, b'late', row.fence)


def test_what_is_given_up_in_the_middle_of_a_step_is_free_without_fault(store, run):
    node_id, other, local, now = run(), run(), run(), time.time()
    row = store.claim_one(node_id, 'me', now, now + 10)
    store.claim_one(other, 'other', now, now + 10)
    store.claim_one(local, 'me', now, None)
    assert store.disown('me') == [node_id]
    with pytest.raises(LostLease):
        store.save_checkpoint(node_id, b'late', row.fence)
    freed = store.read_run(node_id)
    assert (freed.owner, freed.lease_until, freed.attempts, freed.last_error) == (None, None, 0, None)
    assert freed.fence > row.fence
    assert [row.owner for row in map(store.read_run, (other, local))] == ['other', 'me']
    assert [row.node_id for row in store.claim('next', time.time() + 1, now + 10)] == [node_id]
    assert store.disown('nobody') == []


def test_runs_of(store, run):
    first, second, third = (run() for _ in range(3))
    now = time.time()
    store.claim_one(first, 'me', now, now + 10)
    store.claim_one(second, 'other', now, now + 10)
    store.claim_one(third, 'me', now, None)
    assert sorted(row.node_id for row in store.runs_of('me')) == [first, third]
    assert store.runs_of('nobody') == []


def test_progress_and_playing_forget_failed_attempts(store, run):
    first, second, now = run(), run(), time.time()
    for node_id in (first, second):
        row = store.claim_one(node_id, 'me', now, now + 10)
        store.release(node_id, row.fence, now, error='trouble')
        assert store.read_run(node_id).attempts == 1
    store.note_progress(first)
    assert (store.read_run(first).attempts, store.read_run(first).last_error) == (0, None)
    store.set_desired(second, 'pause')
    assert store.read_run(second).attempts == 1
    store.set_desired(second, 'run')
    assert store.read_run(second).attempts == 0


def test_claim_one(store, run):
    node_id, other = run(), run()
    now = time.time() + 1
    row = store.claim_one(node_id, 'w', now, now + 10)
    assert (row.node_id, row.fence) == (node_id, 1)
    assert store.claim_one(node_id, 'x', now + 9, FAR) is None
    assert store.claim_one(node_id, 'x', now + 11, FAR).fence == 2
    assert store.claim_one(4711, 'x', now, FAR) is None
    assert store.read_run(other).owner is None


def test_a_back_off_is_waited_for(store, run):
    node_id = run()
    now = time.time() + 1
    (row,) = store.claim('w', now, FAR)
    store.release(node_id, row.fence, now + 60, 'the database was away')
    released = store.read_run(node_id)
    assert (released.owner, released.lease_until, released.attempts) == (None, None, 1)
    assert released.last_error == 'the database was away'
    assert store.claim('w', now + 59, FAR) == []
    (again,) = store.claim('w', now + 61, FAR)
    store.release(node_id, again.fence, now + 120, 'still')
    assert store.read_run(node_id).attempts == 2
    (third,) = store.claim('w', now + 121, FAR)
    store.release(node_id, third.fence, now)
    assert (store.read_run(node_id).attempts, store.read_run(node_id).last_error) == (0, None)


def test_writes_with_an_old_fence_change_nothing(store, run):
    node_id = run()
    now = time.time() + 1
    (old,) = store.claim('dead', now, now + 10)
    store.save_checkpoint(node_id, b'of the old one', old.fence)
    (new,) = store.claim('alive', now + 11, FAR)
    for use in (
        lambda: store.release(node_id, old.fence, now),
        lambda: store.finish(node_id, old.fence),
        lambda: store.save_checkpoint(node_id, b'late', old.fence),
        lambda: store.save_checkpoint(node_id, b'late', 0),
        lambda: store.check_fence(node_id, old.fence),
    ):
        with pytest.raises(LostLease, match=str(node_id)):
            use()
    assert store.read_run(node_id) == new
    assert store.load_checkpoint(node_id) == b'of the old one'
    store.save_checkpoint(node_id, b'of the new one', new.fence)
    assert store.load_checkpoint(node_id) == b'of the new one'


def test_a_finished_process_is_lost_to_everybody(store, run):
    node_id = run(owner='w', lease_until=FAR)
    store.finish(node_id, 1)
    for use in (
        lambda: store.check_fence(node_id, 1),
        lambda: store.save_checkpoint(node_id, b'late', 1),
        lambda: store.release(node_id, 1, 0.0),
        lambda: store.finish(node_id, 1),
    ):
        with pytest.raises(LostLease, match=str(node_id)):
            use()
    assert store.finish(node_id) == []


def test_renew_extends_what_one_owner_holds(store, run):
    mine, also_mine, theirs = run(), run(), run()
    now = time.time() + 1
    store.claim_one(mine, 'me', now, now + 10)
    store.claim_one(also_mine, 'me', now, now + 10)
    store.claim_one(theirs, 'they', now, now + 10)
    store.set_desired(also_mine, 'kill', 'enough')
    rows = {row.node_id: row for row in store.renew('me', now + 100)}
    assert set(rows) == {mine, also_mine}
    assert all(row.lease_until == now + 100 for row in rows.values())
    assert (rows[also_mine].desired_state, rows[also_mine].desired_message) == ('kill', 'enough')
    assert store.read_run(theirs).lease_until == now + 10
    assert store.renew('nobody', FAR) == []


# desired state


def test_desired_state_of_what_is_not_alive(store, process):
    assert store.set_desired(process(), 'kill') is False
    assert store.set_desired(4711, 'pause') is False


def test_what_is_to_pause_is_not_handed_out_until_it_is_to_run(store, run):
    node_id = run()
    now = time.time() + 1
    assert store.set_desired(node_id, 'pause', 'for a while') is True
    assert store.claim('w', now, FAR) == []
    # who wants to carry it out takes it by name
    row = store.claim_one(node_id, 'cli', now, FAR)
    assert (row.desired_state, row.desired_message) == ('pause', 'for a while')
    store.release(node_id, row.fence, None)
    assert store.claim('w', time.time() + 1, FAR) == []
    store.set_desired(node_id, 'run')
    assert [row.node_id for row in store.claim('w', time.time() + 1, FAR)] == [node_id]


def test_what_is_to_pause_but_does_not_say_so(store, run):
    running, held, said, unsaid, waiting, child = run(), run(), run(), run(), run(), run()
    now = time.time() + 1
    for node_id in (held, said, unsaid, waiting):
        store.set_desired(node_id, 'pause', 'for a while')
    row = store.claim_one(held, 'w', now, FAR)
    store.patch_node(said, 'attributes', {'paused': True}, (), timezone.now())
    waits = store.claim_one(waiting, 'w', now, FAR)
    store.wait_for(waiting, [child])
    store.release(waiting, waits.fence, None)
    assert store.unmarked_pauses() == [unsaid, waiting]
    store.release(held, row.fence, now)
    assert store.unmarked_pauses() == [held, unsaid, waiting]
    assert running not in store.unmarked_pauses()


def test_what_is_to_be_killed_is_handed_out_in_spite_of_a_back_off_or_children(store, run):
    backed_off, parent, child = run(), run(), run()
    now = time.time() + 1
    row = store.claim_one(backed_off, 'w', now, FAR)
    store.release(backed_off, row.fence, now + 1000, 'error')
    row = store.claim_one(parent, 'w', now, FAR)
    store.wait_for(parent, [child])
    store.release(parent, row.fence, None)
    store.claim_one(child, 'w', now, FAR)
    assert store.claim('w', now, FAR, limit=9) == []
    store.set_desired(backed_off, 'kill')
    store.set_desired(parent, 'kill')
    assert {row.node_id for row in store.claim('w', time.time() + 1, FAR, limit=9)} == {backed_off, parent}


def test_a_kill_that_comes_while_the_owner_goes_to_wait_is_not_lost(store, run):
    parent, child = run(), run()
    row = store.claim_one(parent, 'w', time.time() + 1, FAR)
    store.wait_for(parent, [child])
    store.set_desired(parent, 'kill')
    store.release(parent, row.fence, None)
    store.claim_one(child, 'w', time.time() + 1, FAR)
    assert [row.node_id for row in store.claim('w', time.time() + 1, FAR)] == [parent]


# waiting


def test_a_parent_is_ready_when_its_last_child_is_finished(store, run):
    parent, first, second = run(), run(), run()
    now = time.time() + 1
    for node_id in (parent, first, second):
        store.claim_one(node_id, 'w', now, FAR)
    store.wait_for(parent, [first, second])
    assert store.waiting_for(parent) == [first, second]
    store.release(parent, 1, None)
    assert store.read_run(parent).ready_since is None
    assert store.finish(first, 1) == []
    assert store.waiting_for(parent) == [second]
    assert store.claim('w', now + 1, FAR) == []
    assert store.finish(second, 1) == [parent]
    assert store.waiting_for(parent) == []
    assert [row.node_id for row in store.claim('w', time.time() + 1, FAR)] == [parent]


def test_children_that_are_done_are_not_waited_for(store, run):
    parent, done, alive = run(), run(), run()
    store.finish(done)
    store.wait_for(parent, [done, alive, 4711])
    assert store.waiting_for(parent) == [alive]
    store.wait_for(parent, [alive])
    assert store.waiting_for(parent) == [alive]


def test_a_parent_with_nothing_to_wait_for_is_ready_at_once(store, run):
    parent, done = run(), run()
    store.finish(done)
    row = store.claim_one(parent, 'w', time.time() + 1, FAR)
    store.wait_for(parent, [done])
    store.release(parent, row.fence, None)
    assert [row.node_id for row in store.claim('w', time.time() + 1, FAR)] == [parent]


def test_children_that_finish_before_the_owner_lets_go_are_not_missed(store, run):
    parent, child = run(), run()
    row = store.claim_one(parent, 'w', time.time() + 1, FAR)
    store.wait_for(parent, [child])
    assert store.finish(child) == [parent]
    store.release(parent, row.fence, None)
    assert [row.node_id for row in store.claim('w', time.time() + 1, FAR)] == [parent]


def test_two_parents_wait_for_one_child(store, run):
    one, two, child = run(), run(), run()
    store.wait_for(one, [child])
    store.wait_for(two, [child])
    assert sorted(store.finish(child)) == [one, two]


def test_a_parent_that_died_while_it_waited_is_left_waiting(store, run):
    parent, child = run(), run()
    now = time.time() + 1
    store.claim_one(parent, 'dead', now, now + 10)
    store.wait_for(parent, [child])
    store.claim_one(child, 'alive', now, FAR)
    assert store.claim('alive', now + 20, FAR) == []
    store.finish(child)
    assert [row.node_id for row in store.claim('alive', now + 20, FAR)] == [parent]


def test_a_parent_that_is_finished_waits_for_nobody(store, run):
    parent, child = run(), run()
    store.wait_for(parent, [child])
    store.finish(parent)
    assert store.finish(child) == []


# checkpoints


def test_checkpoints(store, run, process):
    node_id, other = run(owner='w', lease_until=FAR), process()
    store.save_checkpoint(node_id, b'\x00first\xff', 1)
    store.save_checkpoint(node_id, b'second', 1)
    store.save_checkpoint(node_id, b'tagged', 1, tag='a')
    store.save_checkpoint(other, b'of nobody', 0)
    assert store.load_checkpoint(node_id) == b'second'
    assert store.load_checkpoint(node_id, 'a') == b'tagged'
    assert store.list_checkpoints() == [(node_id, ''), (node_id, 'a'), (other, '')]
    assert store.list_checkpoints(node_id) == [(node_id, ''), (node_id, 'a')]
    store.delete_checkpoint(node_id, 'a')
    store.delete_checkpoint(node_id, 'a')
    assert store.list_checkpoints(node_id) == [(node_id, '')]
    store.delete_checkpoint(node_id)
    with pytest.raises(NotExistent, match=str(node_id)):
        store.load_checkpoint(node_id)
    assert store.load_checkpoint(other) == b'of nobody'


def test_finishing_deletes_the_checkpoints(store, run):
    node_id = run(owner='w', lease_until=FAR)
    store.save_checkpoint(node_id, b'x', 1)
    store.finish(node_id, 1)
    assert store.list_checkpoints() == []


def test_a_checkpoint_of_a_node_that_is_not_there_is_refused(store):
    with pytest.raises(IntegrityError):
        store.save_checkpoint(4711, b'x', 0)


# events, workers, news


def test_events_come_in_order(store, process):
    node_id = process()
    store.record_event(node_id, 'state', {'to': 'running'})
    store.record_event(4711, 'deleted')
    first, second = store.read_events()
    assert first[1:3] == (node_id, 'state')
    assert first[3] == pytest.approx(time.time(), abs=30)
    assert first[4] == {'to': 'running'}
    assert second[0] > first[0]
    assert second[1:3] + second[4:] == (4711, 'deleted', {})
    assert store.read_events(after=first[0]) == [second]
    assert store.read_events(limit=1) == [first]
    assert store.read_events(after=second[0]) == []


def test_an_event_is_part_of_its_transaction(store, process):
    node_id = process()
    with pytest.raises(KeyError), store.transaction():
        store.record_event(node_id, 'state')
        raise KeyError
    assert store.read_events() == []


def test_workers(store, run):
    worker = WorkerRecord('host:12', 'host', 12, 1000.5, 1001.5, 'abc')
    other = WorkerRecord('host:11', 'host', 11, 900.0, 901.0, 'abc')
    store.register_worker(worker)
    store.register_worker(other)
    assert store.list_workers() == [other, worker]
    store.register_worker(worker._replace(heartbeat=2000.0))
    assert store.list_workers()[1].heartbeat == 2000.0
    store.renew('host:12', FAR)
    assert store.list_workers()[1].heartbeat == pytest.approx(time.time(), abs=30)
    store.remove_worker('host:12')
    store.remove_worker('host:12')
    assert store.list_workers() == [other]


def test_change_counter_changes_with_every_commit_and_only_then(store, record):
    seen = [store.change_counter()]
    assert store.change_counter() == seen[0]
    store.insert_node(record())
    seen.append(store.change_counter())
    with store.transaction():
        store.insert_node(record())
        store.insert_node(record())
    seen.append(store.change_counter())
    with pytest.raises(KeyError), store.transaction():
        store.insert_node(record())
        raise KeyError
    # PostgreSQL tells about commits of programs that notify nobody, within a second, by what rollbacks move too
    assert store.change_counter() == seen[-1] or store.dialect == 'postgresql'
    assert store.claim('w', 0.0, 1.0) == []
    assert store.change_counter() == seen[-1]
    assert len(set(seen)) == 3


def test_trouble_that_is_no_fault_of_the_process_counts_no_attempt(store, run):
    node_id = run()
    now = time.time() + 1
    first = store.claim('w', now, FAR)[0]
    store.release(node_id, first.fence, now, 'a fault')
    second = store.claim('w', now, FAR)[0]
    store.release(node_id, second.fence, now + 60, 'no space left', counts=False)
    row = store.read_run(node_id)
    assert (row.attempts, row.last_error) == (1, 'no space left')
    assert store.claim('w', now, FAR) == []


def test_what_rests_for_no_fault_of_its_own_is_hurried(store, run):
    faulty, innocent, free = run(), run(), run()
    now = time.time() + 1
    rows = {row.node_id: row for row in store.claim('w', now, FAR, limit=3)}
    store.release(faulty, rows[faulty].fence, now + 60, 'a fault')
    store.release(innocent, rows[innocent].fence, now + 60, 'no space left', counts=False)
    store.release(free, rows[free].fence, now + 60)
    assert store.resting() == [('no space left', 1)]
    assert store.hurry() == 1
    assert [row.node_id for row in store.claim('w', now, FAR, limit=3)] == [innocent]
    assert store.hurry() == 0


def test_what_failed_before_may_rest_for_no_fault_of_its_own_too(store, run):
    node_id = run()
    now = time.time() + 1
    row = store.claim('w', now, FAR)[0]
    store.release(node_id, row.fence, now, 'a fault')
    row = store.claim('w', now, FAR)[0]
    store.release(node_id, row.fence, now + 60, 'no space left', counts=False)
    assert store.resting() == [('no space left', 1)]
    assert [found.is_counted for found in store.list_processes(node_ids=[node_id])] == [False]
    assert store.hurry() == 1
    row = store.claim('w', now, FAR)[0]
    store.release(node_id, row.fence, now + 60, 'a fault')
    assert [found.is_counted for found in store.list_processes(node_ids=[node_id])] == [True]
    assert (store.resting(), store.hurry()) == ([], 0)
    assert store.read_run(node_id).attempts == 2


@pytest.mark.parametrize('lose', ['reclaim', 'claim', 'claim_one'])
def test_what_is_lost_after_a_rest_rests_for_it_no_more(store, run, lose):
    node_id = run()
    now = time.time() + 1
    row = store.claim('w', now, FAR)[0]
    store.release(node_id, row.fence, now, 'no space left', counts=False)
    assert store.claim('w', now, now)
    if lose == 'reclaim':
        assert store.reclaim(now + 1)
    else:
        row = store.claim('v', now + 1, FAR)[0] if lose == 'claim' else store.claim_one(node_id, 'v', now + 1, FAR)
        assert row.owner == 'v'
    assert [found.is_counted for found in store.list_processes(node_ids=[node_id])] == [True]


def test_what_is_given_up_after_a_rest_rests_no_more(store, run):
    node_id = run()
    now = time.time() + 1
    row = store.claim('w', now, FAR)[0]
    store.release(node_id, row.fence, now, 'no space left', counts=False)
    assert store.claim('w', now, FAR)
    store.disown('w')
    assert store.resting() == []
    assert store.read_run(node_id).last_error is None


def test_a_clock_that_is_set_back_leaves_rests_that_have_a_reason(store, run):
    node_id = run()
    now = store.now()
    row = store.claim('w', now + 1, FAR)[0]
    store.release(node_id, row.fence, now + 40, 'no space left', counts=False)
    store.pull_forward(now, 30.0)
    assert store.read_run(node_id).ready_since == pytest.approx(now + 40)


def test_who_is_told_to_go_on_begins_anew(store, run):
    node_id = run()
    row = store.claim('w', time.time() + 1, FAR)[0]
    store.release(node_id, row.fence, 0.0, 'a fault')
    store.set_desired(node_id, 'run')
    row = store.read_run(node_id)
    assert (row.attempts, row.last_error) == (0, None)
