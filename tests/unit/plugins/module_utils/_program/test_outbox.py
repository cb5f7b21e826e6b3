# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue of events that are posted: their order, the pauses, what is dropped and how that is told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._program.outbox import LONGEST_PAUSE, Outbox, Step
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples


def event(number):
    return json.dumps({"event": number})


def filled(count, **limits):
    outbox = Outbox(**limits)
    for number in range(count):
        outbox.put(event(number))
    return outbox


def test_events_are_posted_one_after_the_other():
    outbox = filled(2)
    assert outbox.next_step(0.0) == Step(event(0))
    outbox.put(event(2))
    assert outbox.next_step(0.0) == Step(event(0)), "until it is delivered"
    outbox.delivered()
    assert [outbox.next_step(0.0).text, len(outbox)] == [event(1), 2]
    outbox.delivered()
    outbox.next_step(0.0)
    outbox.delivered()
    assert (outbox.next_step(0.0), len(outbox), outbox.take_news()) == (Step(None), 0, [])


def test_pauses_grow_to_a_minute_and_begin_anew_once_something_was_delivered():
    outbox, now, pauses = filled(2), 0.0, []
    for _attempt in range(9):
        assert outbox.next_step(now).text == event(0)
        outbox.failed(now, "No.")
        pauses.append(outbox.next_step(now).seconds)
        now += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, LONGEST_PAUSE, 60, 60]
    assert outbox.next_step(now).text == event(0)
    outbox.delivered()
    outbox.next_step(now)
    outbox.failed(now, "No.")
    assert outbox.next_step(now).seconds == 1


def test_the_oldest_are_dropped_and_the_next_event_says_how_many():
    outbox = filled(1, most=2)
    outbox.next_step(0.0)
    for number in range(1, 6):
        outbox.put(event(number))
    assert len(outbox) == 3
    assert outbox.next_step(0.0).text == event(0), "what is just posted is not dropped"
    outbox.delivered()
    assert json.loads(outbox.next_step(0.0).text) == {"event": 4, "dropped": 3}
    outbox.failed(0.0, "No.")
    assert json.loads(outbox.next_step(9.0).text) == {"event": 4, "dropped": 3}, "and says so again when it is posted again"
    outbox.delivered()
    assert outbox.next_step(9.0).text == event(5)


def test_large_events_are_dropped_by_their_size():
    outbox = Outbox(most_bytes=100)
    for number in range(4):
        outbox.put(json.dumps({"event": number, "long": "x" * 15}))
    assert len(outbox) == 2
    assert json.loads(outbox.next_step(0.0).text)["dropped"] == 2
    outbox.put(json.dumps({"event": 9, "long": "x" * 200}))
    assert len(outbox) == 1, "one that is too large for itself is dropped, too"


def test_one_that_the_receiver_never_takes_is_dropped_and_counts():
    outbox = filled(3)
    outbox.next_step(0.0)
    outbox.refused("It answered 422.")
    assert json.loads(outbox.next_step(0.0).text) == {"event": 1, "dropped": 1}
    outbox.refused("It answered 422.")
    assert json.loads(outbox.next_step(0.0).text) == {"event": 2, "dropped": 2}
    outbox.delivered()
    assert outbox.take_news() == ["It answered 422. This event is dropped.", "events are delivered again."]


def test_the_log_has_a_line_when_it_does_not_work_when_that_has_another_reason_and_when_it_works_again():
    outbox, news = filled(2), []
    for why in ("It answered 500.", "It answered 500.", "It answered 401.", "It answered 401.", None, None):
        assert outbox.next_step(1e6 * (len(news) + 1)).text
        outbox.failed(0.0, why) if why else outbox.delivered()
        news.append(len(outbox.take_news()))
    assert news == [1, 0, 1, 0, 1, 0]


@examples(200)
@given(st.lists(st.sampled_from(["put", "deliver", "fail", "refuse"])), st.integers(1, 4))
def test_nothing_is_lost_or_told_twice_without_being_counted(acts, most):
    outbox, put, arrived, counted, now = Outbox(most), 0, [], 0, 0.0
    for act in [*acts, *["deliver"] * 50]:
        now += 61
        text = outbox.next_step(now).text
        if act == "put":
            outbox.put(event(put))
            put += 1
        elif text is not None and act == "deliver":
            told = json.loads(text)
            counted += told.get("dropped", 0)
            arrived.append(told["event"])
            outbox.delivered()
        elif text is not None:
            outbox.failed(now, "x") if act == "fail" else outbox.refused("x")
        assert len(outbox) <= most + 1
    assert arrived == sorted(set(arrived))
    if arrived and arrived[-1] == put - 1:
        assert len(arrived) + counted == put
    else:
        assert len(arrived) + counted <= put


def test_a_queue_that_was_never_used_waits_for_the_first_event():
    assert Outbox().next_step(5.0) == Step(None, None)
    with pytest.raises(IndexError):
        Outbox().take_news()[0]
