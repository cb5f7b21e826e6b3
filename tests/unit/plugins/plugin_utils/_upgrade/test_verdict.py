# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict over the records, and what must be back."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import back
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.course import Course, course_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.spans import DOWN, INQUORATE, QUORATE, UNKNOWN, UNWATCHED, Away
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.verdict import KEPT, NOT_WATCHED, verdict
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import T0, at, mark, seen
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

HOSTS = ["a", "b"]
RUN = "0123456789abcdef"
END = 1000
START = seen(0, "state", [1, 2, 3], 8, 2)
STOPPED = mark(100, "corosync_unavailable", reason="not_running")
BACK = (mark(130, "corosync_available"), seen(130, "node_restarted", [1, 2, 3], 16, 2))
LOST = (seen(100, "quorum_lost", [1], 12, 2, left=[2, 3]), seen(104, "quorum_gained", [1, 2], 16, 2, joined=[2]))


def record(*entries: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    """One that was read when its watch still ran."""
    return dict({"timeline": [START, *entries], "offset": 0.0, "slack": 0.5, "unreadable": 0, "run": RUN, "until": at(END), "now": at(END)}, **more)


def course(*, resumed: t.Collection[str] = (), **hosts: t.Any) -> Course:
    """When hosts were away by plan: (start, end), or a list of these."""
    listed = {host: one if isinstance(one, list) else [one] for host, one in hosts.items()}
    away = {host: [Away(T0 + start, None if end is None else T0 + end, 5.0) for start, end in aways] for host, aways in listed.items()}
    return Course(RUN, away, resumed)


def judged(a: dict[str, t.Any], plan: Course | None = None, b: dict[str, t.Any] | None = None) -> t.Any:
    return verdict({"a": a, "b": record() if b is None else b}, HOSTS, plan or Course(RUN))


def gaps(found: t.Any) -> list[tuple[str, str]]:
    return [(gap["node"], gap["why"]) for gap in found["gaps"]]


def times(found: t.Any) -> list[tuple[str, str, str | None]]:
    return [(loss["node"], loss["at"], loss["until"]) for loss in found["losses"]]


# ---- what is lost --------------------------------------------------------------------------------------------------------


def test_quorum_was_kept() -> None:
    assert judged(record()) == {"kept": True, "sentence": KEPT, "losses": [], "gaps": []}


def test_nodes_that_nobody_watched_are_named() -> None:
    run: t.Any = {"run_id": RUN, "nodeids": {"web1": 1, "web2": 2, "web3": 3}, "configured": [1, 2, 3, 4, 5], "resumed": []}
    found = verdict({"web1": record()}, ["web1"], course_of(run, {}, [], 0.0))
    assert found["kept"] and found["sentence"] == f"{KEPT} This is not known of 2 nodes without a host in this run (node id 4, 5)."


def test_quorum_was_lost() -> None:
    found = judged(record(*LOST))
    assert found["kept"] is False and times(found) == [("a", at(100), at(104))]
    assert found["sentence"] == f"Quorum was lost on a, for the first time at {at(100)} on a, until {at(104)}."


def test_quorum_is_still_lost() -> None:
    assert judged(record(LOST[0]), b=record(LOST[0]))["sentence"] == (f"Quorum was lost on a, b, for the first time at {at(100)} on a, and has not come back.")


def test_times_are_by_the_controllers_clock() -> None:
    assert times(judged(record(*LOST, offset=5.0))) == [("a", at(105), at(109))]


def test_a_stop_by_plan_is_no_loss() -> None:
    assert judged(record(STOPPED, *BACK), course(a=(99.8, 140)))["kept"] is True


@pytest.mark.parametrize(
    "away, lost_at",
    [
        ({}, 100),
        ({"b": (99, 140)}, 100),  # another node's turn
        ({"a": (102, 140)}, 100),  # it went before it was stopped
        ({"a": (20, 90)}, 100),  # it had rejoined
        ({"a": (20, 103)}, 100),  # it went while it was watched for being stable
        ({"a": (99, 110)}, 110),  # it came back much later than the gate said
    ],
)
def test_a_corosync_that_goes_on_a_node_that_was_to_stay_is_a_loss_until_it_is_quorate_again(away: dict[str, t.Any], lost_at: float) -> None:
    found = judged(record(STOPPED, *BACK), course(**away))
    assert found["kept"] is False and times(found) == [("a", at(lost_at), at(130))] and not found["gaps"]
    assert found["sentence"] == f"Quorum was lost on a, for the first time at {at(lost_at)} on a, where corosync went down, until {at(130)}."


def test_a_total_outage_while_wait_for_all_holds_quorum_back() -> None:
    """Two nodes, one is down for its upgrade, and corosync is killed on the other: it comes back, and waits for both."""
    staying = [mark(110, "corosync_unavailable", reason="not_running"), mark(112, "corosync_available"), seen(112, "quorum_lost", [1], 20, 2)]
    found = judged(record(*staying, seen(150, "quorum_gained", [1, 2], 24, 2)), course(b=(95, 160)), record(STOPPED, *BACK))
    assert times(found) == [("a", at(110), at(150))]


def test_a_node_that_starts_without_quorum_while_it_is_away_has_not_lost_it() -> None:
    alone = (mark(120, "corosync_available"), seen(120, "quorum_lost", [1], 12, 2), seen(125, "quorum_gained", [1, 2, 3], 16, 2))
    assert judged(record(STOPPED, *alone), course(a=(99, 140)))["kept"] is True


def test_a_running_corosync_that_loses_quorum_has_even_while_it_is_away_by_plan() -> None:
    """It was started, joined, and was not stopped again."""
    joined = (mark(110, "corosync_available"), seen(110, "quorum_gained", [1, 2], 12, 2), seen(115, "quorum_lost", [1], 16, 2), BACK[1])
    assert times(judged(record(STOPPED, *joined), course(a=(99, 140)))) == [("a", at(115), at(130))]


def test_the_clocks_may_be_read_a_little_late() -> None:
    """The record says that it went before it was stopped, by less than nobody knows."""
    assert judged(record(STOPPED, *BACK, slack=2.0), course(a=(101.5, 140)))["kept"] is True
    assert judged(record(STOPPED, *BACK, slack=1.0), course(a=(101.5, 140)))["kept"] is False


def test_the_watch_may_see_a_return_later_than_the_node_itself() -> None:
    assert judged(record(STOPPED, *BACK), course(a=(99, 125)))["kept"] is True


def test_a_node_in_which_an_earlier_run_was_interrupted_may_be_down_at_first() -> None:
    down = dict(record(), timeline=[STOPPED, *BACK])
    assert judged(down, course(resumed=["a"], a=(110, 140)))["kept"] is True
    assert judged(down, course(resumed=["a"]))["kept"] is True
    assert judged(dict(record(), timeline=[STOPPED]), course(resumed=["a"]))["kept"] is True, "it stays down"
    assert times(judged(down)) == [("a", at(100), at(130))]


def test_a_node_in_which_an_earlier_run_was_interrupted_has_to_be_quorate_once_it_was() -> None:
    """It was up when this run began, and crashed while it was drained, or its turn never came."""
    assert times(judged(record(STOPPED, *BACK), course(resumed=["a"], a=(200, 240)))) == [("a", at(100), at(130))]
    assert times(judged(record(STOPPED, *BACK), course(resumed=["a"]))) == [("a", at(100), at(130))]
    again = (mark(50, "watch_ended"), seen(80, "state", [1, 2, 3], 8, 2))
    assert gaps(judged(record(*again), course(resumed=["a"], a=(200, 240)))) == [("a", f"no watch ran from {at(50)} to {at(80)}")]


def test_a_node_that_is_stopped_twice_by_plan() -> None:
    again = (mark(300, "corosync_unavailable", reason="not_running"), mark(330, "corosync_available"), seen(330, "node_restarted", [1, 2, 3], 24, 2))
    twice = record(STOPPED, *BACK, *again)
    assert judged(twice, course(a=[(99, 140), (299, 340)]))["kept"] is True
    assert times(judged(twice, course(a=(299, 340)))) == [("a", at(100), at(130))]
    assert times(judged(twice, course(a=[(99, 140), (350, None)]))) == [("a", at(300), at(330))], "it crashed between its turns"


def test_a_node_that_failed_stays_down_and_that_is_no_loss() -> None:
    assert judged(record(STOPPED), course(a=(99, None)))["kept"] is True


# ---- what nobody knows ---------------------------------------------------------------------------------------------------


def test_a_watch_that_ended_too_early() -> None:
    found = judged(record(until=at(500)))
    assert found["kept"] is False and gaps(found) == [("a", f"no watch ran from {at(500)} to {at(END)}")]
    assert found["sentence"] == f"Nobody can say whether quorum was kept: a: no watch ran from {at(500)} to {at(END)}."
    assert judged(record(STOPPED, until=at(100)), course(a=(99, None)))["kept"] is True, "the node was down then"


def test_a_second_watch() -> None:
    again = (mark(60, "watch_ended"), seen(200, "state", [1, 2, 3], 8, 2))
    assert gaps(judged(record(*again))) == [("a", f"no watch ran from {at(60)} to {at(200)}")]
    assert judged(record(*again), course(a=(63, 210)))["kept"] is True, "it was rebooted by plan; the sign that a watch runs is a little old"
    assert gaps(judged(record(*again), course(a=(100, 210)))) == [("a", f"no watch ran from {at(60)} to {at(200)}")], "it ended long before"
    assert gaps(judged(record(*again), course(a=(201, 210)))) == [("a", f"no watch ran from {at(60)} to {at(200)}")], "it began before the stop"
    soon = (mark(198, "watch_ended"), again[1])
    assert gaps(judged(record(*soon), course(a=(201, 210)))) == [("a", f"no watch ran from {at(198)} to {at(200)}")], "and it ended shortly before"
    assert gaps(judged(record(*again), course(a=(58, 110)))) == [("a", f"no watch ran from {at(110)} to {at(200)}")], "it began too late"


def test_a_second_start_without_a_trace_of_the_end_of_the_first() -> None:
    assert gaps(judged(record(seen(200, "state", [1, 2, 3], 8, 2)))) == [("a", f"no watch ran from {at(0)} to {at(200)}")]


def test_a_corosync_that_could_not_be_read() -> None:
    frozen = mark(100, "corosync_unavailable", reason="timeout")
    assert gaps(judged(record(frozen, *BACK))) == [("a", f"corosync could not be read from {at(100)} to {at(130)}")]
    assert gaps(judged(record(frozen))) == [("a", f"corosync could not be read from {at(100)} to {at(END)}")]
    assert judged(record(frozen, *BACK), course(a=(99, 140)))["kept"] is True
    assert judged(record(frozen, *BACK), course(a=(99, 140)))["kept"] is True
    assert gaps(judged(record(frozen, mark(102, "corosync_available")))) == [("a", f"corosync could not be read from {at(100)} to {at(102)}")], "as before"
    assert judged(record(frozen, mark(102, "corosync_available")), course(a=(99, 140)))["kept"] is True
    found = judged(record(frozen, mark(120, "corosync_available"), seen(120, "quorum_lost", [1], 12, 2), BACK[1]))
    assert (times(found), len(found["gaps"])) == ([("a", at(120), at(130))], 1)


@pytest.mark.parametrize(
    "odd, why",
    [
        ({"run": "f" * 16}, "its record is not of this run"),
        ({"timeline": []}, "its watch recorded nothing"),
        ({"unreadable": 2}, "its record has lines that cannot be read: 2"),
        ({"unreadable": "\x1b[2J\nmany"}, "its record has lines that cannot be read: \\x1b[2J many"),
        ({"slack": 80.0}, "it took 80 s to compare its clock with the controller's clock"),
        ({"apart": 2.5}, "its times are uncertain by 2.5 s, as a machine stood still or a clock was set during the run"),
        ({"apart": None}, "nobody looked at its clock in one of its boots"),
        ({"timeline": [dict(START, at=at(55))]}, f"its record begins at {at(55)}, when a node was stopped already"),
        ({"timeline": [7]}, "its record cannot be used (Entry 1 of the timeline of a must be a dictionary, as watch_quorum returns it, but is the number 7)"),
        ({"timeline": "odd"}, "its record cannot be used (it is not what watch_quorum returns)"),
        ({"timeline": None}, "its record cannot be used (it is not what watch_quorum returns)"),
        (
            {"until": 7},
            "its record cannot be used (Entry 2 of the timeline of a: at must be a moment in UTC such as '2026-11-22T10:15:02.123Z', but is the number 7)",
        ),
        ({"timeline": [], "until": None}, "there is no record of it, as somebody has removed it"),
        ({"offset": "late"}, "its record cannot be used (The offset of a must be a number of seconds, but is the string 'late')"),
    ],
)
def test_a_record_that_proves_nothing(odd: dict[str, t.Any], why: str) -> None:
    found = judged(record(**odd), course(b=(50, 60)), record(mark(51, "corosync_unavailable", reason="not_running"), seen(58, "node_joined", [1], 9, 1)))
    assert gaps(found) == [("a", why)] and found["losses"] == [] and found["kept"] is False


def test_a_record_that_is_not_there() -> None:
    found = verdict({"a": {"msg": "ssh: no route"}}, ["a", "b", "c", "d"], Course(RUN))
    assert found["sentence"] == "Nobody can say whether quorum was kept: a: its record could not be read (ssh: no route); b, c, d: there is no record of it."
    said = verdict({"a": {"msg": "\x1b[2J\nok: [owned]" + "x" * 10**6}}, ["a"], Course(RUN))["sentence"]
    assert "a: its record could not be read (\\x1b[2J ok: [owned]xxx" in said and len(said) < 1200
    odd = [{}, record(until=at(1)), record(until=at(2)), {"msg": "x"}]
    assert verdict(dict(zip("abcd", odd)), list("abcd"), Course(RUN))["sentence"].endswith(f"; c: no watch ran from {at(2)} to {at(END)}; and 1 more reason.")


def test_a_loss_is_told_before_a_gap() -> None:
    assert judged(record(*LOST), b={})["sentence"] == (
        f"Quorum was lost on a, for the first time at {at(100)} on a, until {at(104)}. Nobody can say whether quorum was kept: b: there is no record of it."
    )


def test_a_clock_that_is_behind_while_the_node_starts() -> None:
    """It was put right before anybody compared it."""
    early = (mark(-1e6, "corosync_available"), seen(-1e6, "quorum_lost", [1], 12, 2), seen(130, "quorum_gained", [1, 2, 3], 16, 2))
    assert judged(record(STOPPED, *early), course(a=(99, 140)))["kept"] is True


def test_nobody_watched() -> None:
    assert verdict({}, HOSTS, None) == {"kept": None, "sentence": NOT_WATCHED, "losses": [], "gaps": []}


# ---- any course of things, tick by tick ----------------------------------------------------------------------------------

TICK = 20.0  # longer than any allowance for clocks and watches. Seconds.
TICKS = 14
ENTRIES: dict[str, t.Callable[[float], dict[str, t.Any]]] = {
    QUORATE: lambda when: seen(when, "node_restarted", [1, 2, 3], 8, 2),
    INQUORATE: lambda when: seen(when, "node_left", [1], 8, 2),
    DOWN: lambda when: mark(when, "corosync_unavailable", reason="not_running"),
    UNKNOWN: lambda when: mark(when, "corosync_unavailable", reason="timeout"),
    UNWATCHED: lambda when: mark(when, "watch_ended"),
}


@st.composite
def _nodes(draw: st.DrawFn) -> tuple[list[str], list[tuple[int, int | None]], float, list[float]]:
    """(state in each tick, ticks in which it is away by plan, in order, slack, how much too early the record has each change)."""
    states = draw(st.lists(st.sampled_from([*ENTRIES, QUORATE, QUORATE]), min_size=TICKS, max_size=TICKS))
    bounds: list[int | None] = sorted(draw(st.lists(st.integers(1, TICKS), max_size=4)))
    away = list(zip(bounds[::2], [*bounds[1::2], None]))
    slack = draw(st.floats(0, 4))
    # a record has milliseconds
    return states, away, slack, [draw(st.floats(0, max(0.0, slack - 0.002))) for dummy in states]


def _told(states: list[str], away: t.Any, slack: float, early: list[float]) -> dict[str, t.Any]:
    entries, watched = [], False
    for tick, state in enumerate(states):
        if tick == 0 or state != states[tick - 1]:
            entry = ENTRIES[state](tick * TICK - early[tick] if tick else 0)
            if entry["quorate"] is not None and not watched:
                entry["event"], watched = "state", True
            watched = watched and state != UNWATCHED
            entries.append(entry)
    end = at(TICKS * TICK)
    return record(timeline=entries, until=end, now=end, slack=slack)


def _oracle(states: list[str], away: t.Any) -> tuple[list[int], list[int]]:
    """(ticks in which a loss began, ticks that had to be known and are not), each tick looked at by itself."""
    losses, unknown, is_lost, runs = [], [], False, False
    for tick, state in enumerate(states):
        required = not any(start <= tick and (end is None or tick < end) for start, end in away)
        if state == QUORATE:
            is_lost, runs = False, True
        elif state in (INQUORATE, DOWN):
            if not is_lost and (required or (state == INQUORATE and runs)):
                losses.append(tick)
                is_lost = True
        elif required:
            unknown.append(tick)
        runs = runs and state not in (DOWN, UNWATCHED)
    return losses, unknown


@examples(100)
@given(st.lists(_nodes(), min_size=1, max_size=3))
def test_the_verdict_is_that_of_looking_at_each_moment(nodes: list[t.Any]) -> None:
    names = [f"n{number}" for number in range(len(nodes))]
    records = {name: _told(*node) for name, node in zip(names, nodes)}
    plan = Course(
        RUN, {name: [Away(T0 + start * TICK, None if end is None else T0 + end * TICK) for start, end in node[1]] for name, node in zip(names, nodes)}
    )
    found = verdict(records, names, plan)

    def tick(moment: t.Any) -> int:
        return round((seconds_of(moment) - T0) / TICK)

    for name, (states, away, _slack, _early) in zip(names, nodes):
        losses, unknown = _oracle(states, away)
        assert [tick(loss["at"]) for loss in found["losses"] if loss["node"] == name] == losses
        covered = [number for gap in found["gaps"] if gap["node"] == name for number in range(tick(gap["at"]), tick(gap["until"]))]
        assert set(covered) >= set(unknown) and bool(covered) == bool(unknown)
    assert found["kept"] is (not found["losses"] and not found["gaps"])


# ---- what must be back ---------------------------------------------------------------------------------------------------


def test_what_the_node_itself_has_to_see() -> None:
    wanted = back.on_the_node("a", {"members": [1, 2], "min_votes": 2, "qdevice": True}, 5, 300)
    assert {key: wanted[key] for key in ("members", "min_votes", "qdevice", "stable_for", "timeout")} == {
        "members": [1, 2],
        "min_votes": 2,
        "qdevice": "voting",
        "stable_for": 5,
        "timeout": 300,
    }
    assert "links" not in wanted
    links = [{"node": 2, "link": 1}]
    assert back.on_the_node("a", {"members": [1, 2], "min_votes": 2, "qdevice": True, "links": links}, 5, 300)["links"] == links
    assert "min_votes" not in back.on_the_node("a", {"members": ["a"], "min_votes": None, "qdevice": False}, 5, 300)


def test_what_another_host_has_to_see() -> None:
    wanted = back.by_another("a", "b", value(ring=12), 60)
    assert (wanted["members"], wanted["ring_newer_than"], wanted["timeout"]) == ([1], 11, 60)
    assert wanted["msg"] == "a is back, but b does not see it. The nodes after it were not touched."


def test_what_there_must_be_in_the_end() -> None:
    plan: t.Any = {"members": [1, 2], "total_votes": 3, "qdevice": True}
    nothing = {"timeout": 60, "msg": "web1 does not see the cluster as it was before the upgrade."}
    assert back.in_the_end(plan, "web1", 60) == dict(nothing, members=[1, 2], min_votes=3, qdevice="voting")
    assert back.in_the_end(dict(plan, members=[], total_votes=None, qdevice=False), "web1", 60) == nothing
    assert back.in_the_end(None, "web1", 60) == nothing


@pytest.mark.parametrize("timeline", [[{}] * 100_000, [None], "text", [{"at": "x"}]])
@pytest.mark.parametrize("offset", [0, float("inf"), "late"])
def test_a_record_that_nobody_can_read_is_a_gap_and_never_hides_the_others(timeline: t.Any, offset: t.Any) -> None:
    found = judged(record(*LOST), b=record(timeline=timeline, offset=offset))
    assert found["kept"] is False and {gap[0] for gap in gaps(found)} == {"b"} and found["sentence"].startswith("Quorum was lost on a,")
