# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the resident program makes of events: the answer that metrics are of, and what the next process goes on from."""

import json

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import forecast_entry
from ansible_collections.corosync.quorum.plugins.module_utils._program.exposition import exposition
from ansible_collections.corosync.quorum.plugins.module_utils._program.follow import Seen
from ansible_collections.corosync.quorum.plugins.module_utils._program.known import Known, Moment
from ansible_collections.corosync.quorum.plugins.module_utils._program.reading import Answer
from ansible_collections.corosync.quorum.plugins.module_utils._value.events import Teller
from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import Flip
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value


def complete(**changes):
    made = value(**changes)
    return dict(made, forecast=forecast_entry(made), problems=[])


def moment(at, stamp=None):
    return Moment(at, at if stamp is None else stamp)


def follower(known, **more):
    """A Teller whose events and values arrive at once."""
    return Teller(None, "host1", lambda event: known.take(event, moment(event["at"])), **more)


def test_events_become_answers():
    known = Known()
    assert (known.answer(), known.seen, known.age(moment(7.0))) == (None, Seen(), 0.0)
    known.beat(moment(0.5))
    assert known.answer() is None, "corosync has been asked, but nothing was told yet"
    teller = follower(known)
    teller.add_marker(1.0, "corosync_unavailable", "not_running", "It does not run.")
    assert known.answer() == Answer(None, 1.0, "not_running", "It does not run.")
    known.beat(moment(3.0))
    assert known.answer().asked_at == 3.0
    teller.add_marker(4.0, "corosync_available")
    teller.add_value(4.0, complete())
    assert known.answer() == Answer(complete(), 4.0)
    assert known.seen == Seen(complete(), None, 1)
    teller.add_marker(5.0, "corosync_unavailable", None, "Something else.")
    assert known.answer() == Answer(None, 5.0, "failed", "Something else.")
    assert known.seen == Seen(complete(), "Something else.", 1)
    assert known.changes == 0


@pytest.mark.parametrize("reason", ["not_running", None])
def test_what_one_process_has_told_is_not_told_by_the_next_one(reason):
    """The first one dies while corosync does not run."""
    known = Known()
    teller = follower(known)
    teller.add_value(1.0, complete())
    teller.add_value(1.5, complete(settled=False))
    teller.add_marker(2.0, "corosync_unavailable", reason, "It is away.")
    seen, told = known.seen, []
    assert (seen.tolerates, teller.away) == (1, seen.away)
    following = Teller(seen.last, "host1", told.append, seen.away, seen.tolerates)
    following.add_marker(3.0, "corosync_unavailable", reason, "It is away.")
    assert told == []
    following.add_marker(4.0, "corosync_available")
    following.add_value(4.0, complete(members=[1, 2], ring=14))
    assert [event["event"] for event in told] == ["corosync_available", "node_left", "reserve_lost"]


@pytest.mark.parametrize(("members", "event"), [([1, 2], "reserve_lost"), ([1, 2, 3], "reserve_back")])
def test_the_reserve_after_a_gain_is_told_by_the_next_process_where_the_first_one_did_not_know_it(members, event):
    known = Known()
    teller = follower(known)
    teller.add_value(1.0, complete(members=[1]))
    teller.add_value(2.0, complete(members=members, settled=False, ring=14))
    assert known.seen == Seen(teller.last_value, None, teller.tolerates, teller.is_gained) == Seen(teller.last_value, None, 0, True)
    told = []
    seen = Seen(*json.loads(json.dumps(known.seen)))
    following = Teller(seen.last, "host1", told.append, seen.away, seen.tolerates, is_gained=seen.is_gained)
    following.add_value(3.0, complete(members=members, ring=14))
    assert [one["event"] for one in told] == ["votes_changed", event] and not following.is_gained


def test_a_gain_after_a_loss_that_was_over_before_it_could_be_read_is_one_too():
    known = Known()
    teller = follower(known)
    teller.add_value(1.0, complete(members=[1, 2]))
    teller.add_flips(2.0, [Flip(False, {"nodeid": 1, "seq": 14}, [1]), Flip(True, {"nodeid": 1, "seq": 18}, [1, 2])])
    teller.add_value(2.0, complete(members=[1, 2], settled=False, ring=18))
    assert known.seen.is_gained and teller.is_gained


def test_what_was_read_without_an_event_is_the_answer_and_what_the_next_process_goes_on_from():
    known = Known()
    follower(known).add_value(1.0, complete(members=[1, 2]))
    later = complete(members=[1, 2], cluster_name="web")
    known.read(later, moment(2.0))
    assert known.answer() == Answer(later, 2.0)
    assert known.seen == Seen(later, None, 0)


def test_a_clock_that_is_set_leaves_the_age_as_it_is():
    known = Known()
    follower(known).add_value(1000.0, complete())
    known.beat(Moment(1000.0, 50.0))
    assert known.age(Moment(1000.0 - 3600, 57.5)) == known.age(Moment(1000.0 + 3600, 57.5)) == 7.5


def test_each_change_of_quorum_counts_also_one_that_was_over_before_it_could_be_read():
    known, pages = Known(), []

    def tell(event):
        known.take(event, moment(event["at"]))
        pages.append(exposition(known.answer(), 0.0, known.changes))

    teller = Teller(complete(), "host1", tell)
    teller.add_value(0.0, complete(settled=False))
    teller.add_flips(1.0, [Flip(False, {"nodeid": 1, "seq": 14}, [1])])
    teller.add_flips(2.0, [Flip(True, {"nodeid": 1, "seq": 18}, [1, 2, 3])])
    teller.add_value(3.0, complete(ring=18))
    assert known.changes == 2
    assert "corosync_quorum_changes_total 2" in pages[-1]
    assert all("corosync_quorum_up 1" in page for page in pages), "what is not known of the moment is not in the metrics"
