# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that would cost quorum are refused with the numbers, before anything is begun."""

import pytest

from ansible_collections.corosync.quorum.tests.unit.fakes.clusters import planned, running, stopped, wishes


def refusal(*args):
    refusals = planned(*args)["refusals"]
    return " ".join(refusals)


@pytest.mark.parametrize(("had", "gets", "fits"), [(2, 3, True), (3, 4, True), (3, 5, True), (3, 6, False), (4, 7, True), (4, 8, False)])
def test_present_members_are_a_majority_of_the_new_cluster(had, gets, fits):
    told = refusal(wishes(gets), running(wishes(had)))
    assert (told == "") == fits
    if not fits:
        assert "%d votes of %d expected, but %d are needed" % (had, gets, gets // 2 + 1) in told and "fewer nodes" in told


def test_votes_for_a_node_that_is_down():
    told = refusal(wishes(host3={"votes": 3}), stopped(running(wishes()), "host3"))
    assert "2 votes of 5 expected, but 3 are needed" in told


def test_a_reload_with_a_node_down_is_no_danger_by_itself():
    steps = planned(wishes(shared={"totem": {"token": 1000}}), stopped(running(wishes()), "host3"))
    assert (steps["refusals"], steps["write"], steps["start"], steps["reload"]) == ([], ["host1", "host2", "host3"], ["host3"], "host1")


def test_no_change_without_quorum_but_stopped_nodes_are_started():
    seen = stopped(running(wishes()), "host2", "host3")
    assert "not quorate (host1 has 1 of 2 votes" in refusal(wishes(shared={"totem": {"token": 1000}}), seen)
    assert planned(wishes(), seen)["start"] == ["host2", "host3"]


def test_a_restart_with_a_node_down():
    told = refusal(wishes(shared={"quorum": {"wait_for_all": True}}), stopped(running(wishes()), "host3"))
    assert "A restart of corosync on host2 is needed, but it would cost quorum" in told and "1 vote" in told


def test_a_restart_of_two_nodes():
    told = refusal(wishes(2, {"quorum": {"wait_for_all": True}}), running(wishes(2)))
    assert "would cost quorum" in told


def test_a_restart_of_two_nodes_with_two_node():
    given = wishes(2, {"quorum": {"two_node": True}})
    steps = planned(wishes(2, {"quorum": {"two_node": True}, "totem": {"threads": 1}}), running(given, two_node=True))
    assert (steps["refusals"], steps["restart"]) == ([], ["host2", "host1"])


@pytest.mark.parametrize(("had", "leave", "fits"), [(3, ["node3"], True), (4, ["node4"], True), (4, ["node3", "node4"], False), (5, ["node4", "node5"], True)])
def test_nodes_that_leave(had, leave, fits):
    told = refusal(wishes(had, {"remove": leave}), running(wishes(had)))
    assert (told == "") == fits
    assert fits or "Stopping the nodes of cluster_remove would cost quorum" in told


def test_the_heaviest_node_does_not_leave():
    given = wishes(3, host1={"votes": 3})
    assert "would cost quorum" in refusal(wishes(3, {"remove": ["node1"]}, host1={"votes": 3}), running(given))
