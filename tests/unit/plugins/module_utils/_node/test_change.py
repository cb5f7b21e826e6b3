# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change made: what counts as applied, what is said where it cannot be known, and that nothing is sent on old knowledge."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone, DeadlineExceeded, InvalidParameter
from ansible_collections.corosync.quorum.plugins.module_utils._node import change as tested
from ansible_collections.corosync.quorum.tests.unit.fakes.changes import THREE, Daemon, wish, with_expected, with_votes


@pytest.fixture(autouse=True)
def _judgement(monkeypatch):
    """What follows from a value is here only that it was completed."""
    monkeypatch.setattr(tested, "complete", lambda seen, configuration: dict(seen, completed=True))


def make(daemon, **wishes):
    change = tested.Change(wish(**wishes), 5, daemon)
    change.make()
    return change


def failing(error, daemon, **wishes):
    change = tested.Change(wish(**wishes), 5, daemon)
    with pytest.raises(error) as caught:
        change.make()
    return change, str(caught.value)


def test_it_waits_until_the_change_shows():
    daemon = Daemon([with_expected(4, 2), with_expected(4, 2), with_expected(4, 3)])
    change = make(daemon, expected_votes=4)
    assert daemon.sent == [("setexpected", 4)]
    assert change.value["completed"] and change.value["quorum"] == 3 and change.before == dict(THREE, completed=True) and len(change.applied) == 1


def test_the_new_number_alone_is_no_proof():
    """corosync writes it down before it is sent."""
    change, told = failing(tested.NotSeen, Daemon([with_expected(4, 2)]), expected_votes=4)
    assert "not seen to be applied: quorum is 2, not 3" in told and "may still apply it" in told
    assert change.applied == []
    dummy, told = failing(tested.NotSeen, Daemon([with_expected(5, 3)], announces=[]), expected_votes=5)
    assert "this node has the new number, but heard nothing of it from the cluster" in told


def test_votes_that_show_nowhere_else_are_followed_by_an_echo():
    daemon = Daemon([with_votes(0, 2)])
    make(daemon, votes=0, node="node2")
    assert daemon.sent == [("setvotes", 2, 0), ("setexpected", 3)]
    assert make(Daemon([with_votes(0, 2)]), votes=0, node="node2").unproven == []
    dummy, told = failing(tested.NotSeen, Daemon([with_votes(0, 2)], announces=[]), votes=0, node="node2")
    assert "votes 0 of node2" in told


def test_the_echo_changes_nothing_even_if_somebody_else_has_since_the_look():
    """And then the votes have been applied, whatever else is not as it was planned."""
    daemon = Daemon([with_votes(0, 2, with_expected(5, 3))], expected=(5, 5, 5))
    assert make(daemon, votes=0, node="node2").value["expected_votes"] == 5
    assert daemon.sent == [("setvotes", 2, 0), ("setexpected", 5)]


def test_no_echo_where_members_expect_different_votes():
    daemon = Daemon([with_votes(0, 2)], expected=(3, 5, 3))
    make(daemon, votes=0, node="node2")
    assert daemon.sent == [("setvotes", 2, 0)]


@pytest.mark.parametrize("mode", ["last_man_standing", "allow_downscale"])
def test_what_only_this_node_s_own_copy_shows_is_called_unproven(mode):
    """An echo would change something there. Check mode says the same."""
    seen = dict(THREE, **{mode: dict(THREE[mode], enabled=True)})
    daemon = Daemon([with_votes(0, 2, seen)])
    daemon._before = [seen]
    made = make(daemon, votes=0, node="node2")
    assert daemon.sent == [("setvotes", 2, 0)]
    assert made.unproven == made.applied != []
    daemon = Daemon([])
    daemon._before = [seen]
    foretold = tested.Change(wish(votes=0, node="node2"), 5, daemon)
    foretold.predict()
    assert foretold.unproven == made.unproven


@pytest.mark.parametrize("announces", [[[9]], [[2, 9]]])
def test_what_another_announces_is_no_answer(announces):
    dummy, told = failing(tested.NotSeen, Daemon([with_votes(0, 2)], announces=announces), votes=0, node="node2")
    assert "votes 0 of node2" in told
    dummy, told = failing(tested.NotSeen, Daemon([with_expected(5, 3)], announces=announces), expected_votes=5)
    assert "heard nothing of it from the cluster" in told


def test_what_another_has_set_while_the_echo_was_on_its_way_is_set_again():
    daemon = Daemon([with_votes(0, 2)], announces=[[4, 5, 3], [6, 5], [6]])
    make(daemon, votes=0, node="node2")
    assert daemon.sent == [("setvotes", 2, 0), ("setexpected", 3), ("setexpected", 5), ("setexpected", 6)]


def test_what_another_sets_after_the_echo_stands():
    daemon = Daemon([with_votes(0, 2)], announces=[[3, 5]])
    make(daemon, votes=0, node="node2")
    assert daemon.sent == [("setvotes", 2, 0), ("setexpected", 3)]


@pytest.mark.parametrize("error, why", [(InvalidParameter("votequorum_setexpected"), "corosync refuses this value"), (None, "did not apply them within 5 s")])
def test_what_cannot_be_set_again_is_told(error, why):
    daemon = Daemon([with_votes(0, 2)], announces=[[5, 3], [9]])
    send = daemon._send

    def fail(*call):
        if error and call == ("setexpected", 5):
            raise error
        send(*call)

    daemon._send = fail
    change, told = failing(tested.QuorumError, daemon, votes=0, node="node2")
    assert told.startswith(
        "Somebody else set expected votes to 5 at the moment of this change, and this change has overwritten them with 3. "
        "The module tried to set 5 again and failed: "
    )
    assert why in told and len(change.applied) == 1


def test_no_echo_where_the_change_shows():
    seen = with_votes(2, 4)
    seen.update(expected_votes=4, quorum=3, highest_expected=4)
    daemon = Daemon([seen], announces=[])
    assert make(daemon, votes=2, node="node2").unproven == []
    assert daemon.sent == [("setvotes", 2, 2)]


def test_what_was_thought_through_must_still_be_there():
    daemon = Daemon([with_expected(4, 3)], moves=2)
    make(daemon, expected_votes=4)
    assert daemon.sent == [("setexpected", 4)]
    daemon = Daemon([with_expected(4, 3)], moves=100)
    dummy, told = failing(DeadlineExceeded, daemon, expected_votes=4)
    assert daemon.sent == [] and "kept changing" in told


def test_a_change_that_somebody_undoes():
    change, told = failing(tested.QuorumError, Daemon([with_expected(4, 3), with_expected(5, 3)]), expected_votes=4)
    assert "undone by something else" in told and len(change.applied) == 1


@pytest.mark.parametrize("error", [DaemonGone("votequorum_setexpected"), DeadlineExceeded("corosync did not answer votequorum_setexpected within 5 s.")])
def test_an_end_while_it_is_sent_or_watched_leaves_a_doubt(error):
    for daemon in (Daemon([THREE], sending=("setexpected", error)), Daemon([error])):
        change, told = failing(tested.NotSeen, daemon, expected_votes=4)
        assert str(error) in told and "Whether corosync took expected_votes 4, or will when it continues, is not known" in told
        assert change.applied == []


def test_the_reason_is_kept():
    with pytest.raises(tested.NotSeen) as caught:
        make(Daemon([THREE], sending=("setexpected", DaemonGone("votequorum_setexpected"))), expected_votes=4)
    assert caught.value.reason == "not_running"


def test_an_older_corosync_may_refuse():
    dummy, told = failing(tested.VoteChangeRefused, Daemon([THREE], sending=("setexpected", InvalidParameter("votequorum_setexpected"))), expected_votes=4)
    assert "corosync refused expected_votes 4" in told and "3.0.4" in told


def test_a_new_ring_is_believed():
    """Then every node has sent its votes again, and the arithmetic of before does not count."""
    seen = dict(with_expected(4, 2), ring_id={"nodeid": 1, "seq": 99})
    assert make(Daemon([seen]), expected_votes=4).value["quorum"] == 2


def test_cancel_goes_through_cmap():
    waiting = dict(
        THREE,
        quorate=False,
        flags=["wait_for_all"],
        wait_for_all={"enabled": True, "pending": True},
        total_votes=2,
        members=[1, 2],
        missing=[3],
        nodes=THREE["nodes"][:2] + [dict(THREE["nodes"][2], state="dead")],
    )
    ended = dict(waiting, quorate=True, wait_for_all={"enabled": True, "pending": False})
    daemon = Daemon([waiting, ended], announces=[])
    daemon._before = [waiting]
    make(daemon, cancel_wait_for_all=True, allow_quorum_gain=True)
    assert daemon.sent == [("quorum.cancel_wait_for_all", 1)]
    daemon = Daemon([waiting])
    daemon._before = [waiting]
    dummy, told = failing(tested.NotSeen, daemon, cancel_wait_for_all=True, allow_quorum_gain=True)
    assert "wait_for_all is still waiting" in told


def test_predict_sends_nothing():
    daemon = Daemon([THREE])
    change = tested.Change(wish(expected_votes=4), 5, daemon)
    change.predict()
    assert daemon.sent == [] and change.value["completed"] and change.value["quorum"] == 3 and len(change.applied) == 1
    change = tested.Change(wish(expected_votes=3), 5, Daemon([THREE]))
    change.predict()
    assert change.applied == [] and change.value == change.before
