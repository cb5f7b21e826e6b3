# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may take a lock over, where it must be held, and what a gate makes of it. What a node says of its lock may be anything."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils import _lock as tested
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples

RUN, OTHER = "1" * 16, "2" * 16
OWN = tested.Process(boot_id="boot", pid_namespace=4026531836, pid=100, start_time=5000)
LOCK: dict[str, t.Any] = {
    "run_id": OTHER,
    "role": "rolling_upgrade",
    "user": "alice",
    "playbook": "site.yml",
    "controller": "admin1",
    "since": "2026-11-28T10:00:00.000000Z",
    "boot_id": "boot",
    "pid_namespace": 4026531836,
    "pid": 7,
    "start_time": 42,
    "stop_requested": None,
}


def holder(**more: t.Any) -> tested.Holder:
    found = tested.look_of({"lock": dict(LOCK, **more), "lock_fault": ""}).holder
    assert found is not None
    return found


def dead(pid: int, start_time: int) -> bool:
    assert (pid, start_time) == (7, 42)
    return False


def alive(pid: int, start_time: int) -> bool:
    assert (pid, start_time) == (7, 42)
    return True


def never(pid: int, start_time: int) -> bool:
    raise AssertionError("nobody asks for a process of another machine")


# ---- what a node says ----------------------------------------------------------------------------------------------------


def test_what_a_node_says() -> None:
    found = holder()
    assert (found.run_id, found.user, found.process) == (OTHER, "alice", tested.Process("boot", 4026531836, 7, 42))
    assert tested.look_of({"lock": None, "lock_fault": ""}) == tested.Look(None, "")
    assert tested.look_of({"lock": None, "lock_fault": "no\x1b[31m"}) == tested.Look(None, r"no\x1b[31m")


@pytest.mark.parametrize("said", [{}, {"lock_fault": ""}, {"lock": "x"}, {"lock": []}, {"lock": {}}, {"lock": {"run_id": "x"}}, {"lock": {"run_id": [RUN]}}])
def test_an_answer_without_a_lock_is_a_fault_and_not_no_lock(said: dict[str, t.Any]) -> None:
    look = tested.look_of(said)
    assert look.holder is None and look.fault


def test_texts_of_a_node_do_nothing_to_a_terminal() -> None:
    found = holder(user="\x1b]0;evil\x07" + "x" * 5000, playbook=["a", {"b": 1}], pid="7", start_time=True, pid_namespace=-1)
    assert "\x1b" not in tested.described(found) and "\x07" not in tested.described(found) and len(tested.described(found)) < 1000
    assert found.process == tested.Process("boot", None, None, None)


ANY = st.sampled_from([None, True, -1, 0, 2**200, float("nan"), "", "x", "\x1b[2J", [], [1], {}, {"run_id": RUN}, (1,)])


@examples(60)
@given(ANY | st.dictionaries(st.sampled_from(sorted(LOCK)), ANY).map(lambda more: dict(LOCK, **more)))
def test_any_answer_is_a_look(lock: t.Any) -> None:
    look = tested.look_of({"lock": lock, "lock_fault": ""})
    tested.refusals({"web1": look}, OWN, lambda pid, start_time: pid > 0, [])
    tested.doubt("web1", look, RUN, True, True)


# ---- who may take it over ------------------------------------------------------------------------------------------------


def test_a_run_of_this_controller_whose_process_has_ended_is_over() -> None:
    assert tested.has_ended(holder(), OWN, dead)
    assert not tested.has_ended(holder(), OWN, alive)


def test_an_earlier_play_of_the_same_process_is_over() -> None:
    assert tested.has_ended(holder(pid=100, start_time=5000), OWN, never)


@pytest.mark.parametrize(
    "more",
    [
        {"boot_id": "another boot"},
        {"pid_namespace": 4026532999},
        {"boot_id": None},
        {"pid_namespace": None},
        {"pid": None},
        {"start_time": None},
        {"pid": 0},
        {"pid": -1},
    ],
)
def test_of_a_run_elsewhere_nobody_knows_and_no_process_is_asked_for(more: dict[str, t.Any]) -> None:
    """Another controller, a reboot, or a container that looks like the controller: the same machine, pid and start, but other pids."""
    assert not tested.has_ended(holder(**more), OWN, never)
    assert not tested.has_ended(holder(**dict({"pid": 100, "start_time": 5000}, **more)), OWN, never)


@pytest.mark.parametrize("field", ["boot_id", "pid_namespace"])
def test_a_controller_that_does_not_tell_takes_nothing_over(field: str) -> None:
    own = tested.Process(**dict(vars(OWN), **{field: None}))
    assert not tested.has_ended(holder(**{field: None}), own, never)


@pytest.mark.parametrize(
    "option, ids",
    [(None, []), ("", []), ([], []), (RUN, [RUN]), (int(RUN), [RUN]), (f"{RUN}, {OTHER}", [RUN, OTHER]), ([RUN], [RUN]), ((RUN, OTHER), [RUN, OTHER])],
)
def test_the_runs_to_take_over(option: t.Any, ids: list[str]) -> None:
    assert tested.take_over_of(option) == ids


@pytest.mark.parametrize("option", [True, False, "true", "yes", 1, "all", "*", RUN.upper().replace("1", "A"), [True], {RUN: 1}])
def test_no_boolean_takes_over_whatever_is_there(option: t.Any) -> None:
    with pytest.raises(Unusable, match="quorum_lock_take_over is .*, but must be the id of the run whose lock this run may take over"):
        tested.take_over_of(option)


def test_refusals_name_who_has_it_since_when_and_what_to_do() -> None:
    looks = {"web1": tested.Look(holder()), "web2": tested.Look(None), "web3": tested.Look(holder())}
    begun = "started at 2026-11-28T10:00:00.000000Z by alice on admin1 (playbook site.yml)"
    run = f"run {OTHER} of the role rolling_upgrade, {begun}."
    here = "It runs on this controller as process 7: wait for its end, or end it and run this again."
    assert tested.refusals(looks, OWN, alive, []) == [f"Another run has the lock on web1, web3: {run} {here}"]
    assert tested.refusals(looks, OWN, dead, []) == [] == tested.refusals(looks, OWN, alive, [OTHER]) == tested.refusals(looks, OWN, alive, [], OTHER)
    elsewhere = {"web1": tested.Look(holder(boot_id="x"))}
    unseen = f"This controller cannot see whether it still runs. If it is over, run this again with -e quorum_lock_take_over={OTHER}."
    assert tested.refusals(elsewhere, OWN, never, [RUN]) == [f"Another run has the lock on web1: {run} {unseen}"]
    assert tested.refusals({"web1": tested.Look(None, "it is garbage.")}, OWN, never, [OTHER]) == [
        "On web1 nobody can say which run has the lock: it is garbage."
    ]


def test_two_other_runs_are_two_refusals() -> None:
    looks = {"web1": tested.Look(holder()), "web2": tested.Look(holder(run_id="3" * 16, user="bob"))}
    assert [sentence.split(": ")[0] for sentence in tested.refusals(looks, OWN, alive, [])] == [f"Another run has the lock on web{number}" for number in (1, 2)]


def test_a_lock_without_words() -> None:
    found = tested.look_of({"lock": {"run_id": OTHER}}).holder
    assert found is not None and tested.described(found) == f"run {OTHER}"


# ---- on enough nodes -----------------------------------------------------------------------------------------------------

IDS = {"web1": 1, "web2": 2, "web3": 3, "web4": 4}


@pytest.mark.parametrize(
    "held, configured, changed, words",
    [
        (["web1", "web2", "web3"], [1, 2, 3], ["web1", "web2", "web3"], ""),
        (["web1", "web2"], [1, 2, 3], ["web1"], ""),
        (["web1", "web2"], [1, 2, 3], ["web3", "web1"], "could not be taken on web3, which this run would change"),
        (["web1"], [1, 2], ["web1"], "could be taken on 1 of 2 configured nodes"),
        (["web1", "web2"], [1, 2, 3, 4], ["web1"], "could be taken on 2 of 4 configured nodes, and must be on more than half of them"),
        (["web1", "web2", "web3"], [1, 2, 3, 4], ["web1"], ""),
        (["web1", "web2", "odd"], [1, 2, 3, 4, 5], ["web1"], "could be taken on 2 of 5 configured nodes"),
        ([], [], [], "could be taken on 0 of 0"),
    ],
)
def test_where_it_must_be_held(held: list[str], configured: list[int], changed: list[str], words: str) -> None:
    found = tested.shortage(held, IDS, configured, changed)
    assert words in found and bool(found) == bool(words)


@examples(50)
@given(st.sets(st.integers(1, 9), min_size=1), st.data())
def test_two_runs_never_hold_it_at_the_same_time(nodes: set[int], data: st.DataObject) -> None:
    """On a node only one has it; whatever part of the cluster each of them is given, at most one has enough."""
    ids = {f"web{node}": node for node in nodes}
    first = data.draw(st.sets(st.sampled_from(sorted(ids))))
    second = set(ids) - first
    assert tested.shortage(first, ids, nodes, []) or tested.shortage(second, ids, nodes, [])


# ---- a gate --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lock, run_id, has_taken, first, words",
    [
        (dict(LOCK, run_id=RUN), RUN, True, True, ""),
        (LOCK, RUN, True, True, f"another run has the lock on web1: run {OTHER}"),
        (None, RUN, True, True, f"this run ({RUN}) does not have its lock on web1 any more"),
        (None, RUN, False, True, ""),
        (LOCK, RUN, False, True, "Two runs must not stop nodes of one cluster at the same time."),
        (None, "", False, True, ""),
        (LOCK, "", False, True, f"another run has the lock on web1: run {OTHER}"),
        (
            dict(LOCK, run_id=RUN, stop_requested="12:00"),
            RUN,
            True,
            True,
            "somebody asked this run to stop before its next node (at 12:00, by the clock of web1)",
        ),
        (dict(LOCK, run_id=RUN, stop_requested="12:00"), RUN, True, False, ""),
        (dict(LOCK, stop_requested="12:00"), RUN, True, False, f"another run has the lock on web1: run {OTHER}"),
    ],
)
def test_a_gate(lock: t.Any, run_id: str, has_taken: bool, first: bool, words: str) -> None:
    found = tested.doubt("web1", tested.look_of({"lock": lock, "lock_fault": ""}), run_id, has_taken, first)
    assert words in found and bool(found) == bool(words)


@pytest.mark.parametrize("has_taken", [True, False])
def test_a_gate_whose_witness_cannot_say_who_has_the_lock_says_no(has_taken: bool) -> None:
    assert tested.doubt("web1", tested.look_of({}), RUN, has_taken, True) == "nobody can say which run has the lock on web1: it did not say who has the lock."
    found = tested.doubt("web1", tested.Look(None, "/l on this node is garbage."), RUN, has_taken, True)
    assert found == "nobody can say which run has the lock on web1: /l on web1 is garbage.", "the node of another task would be blamed"
