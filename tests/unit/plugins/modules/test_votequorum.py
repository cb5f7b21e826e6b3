# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module votequorum: its options, what it returns of a change that was made, foretold, refused or made in part, and its warnings."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import DaemonGone
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.vote_change import CANCEL, EXPECTED_VOTES, VOTES, VoteChangeRefused, VoteStep
from ansible_collections.corosync.quorum.tests.unit.fakes.modules import run_main
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node, value

# A managed node has ansible.module_utils and nothing else of Ansible; a bare Python has neither.
basic = pytest.importorskip("ansible.module_utils.basic", reason="ansible.module_utils is not there, which the module itself needs")

from ansible_collections.corosync.quorum.plugins.modules import votequorum as tested  # noqa: E402  pylint: disable=wrong-import-position

BEFORE = value(nodes=[node(1), node(2, name=None)], expected_votes=3, total_votes=3)
AFTER = dict(BEFORE, expected_votes=4, quorum=3)
STEP = VoteStep(EXPECTED_VOTES, 1, 4)


@pytest.fixture(name="run")
def _run(monkeypatch, capsys):
    """Run main() as Ansible does, with a change that ends so; return what it printed as JSON, and the calls of the change, warnings among them."""
    calls = []

    def run(arguments, values=None, applied=(STEP,), error=None):
        class Change:
            def __init__(self, wish, timeout):
                calls.append((wish, timeout))
                self.before, self.value = values or (BEFORE, AFTER)
                self.applied, self.unproven = list(applied), []

            def predict(self):
                self._end("predict")

            def make(self):
                self._end("make")

            def _end(self, how):
                calls.append(how)
                if error:
                    raise error

        monkeypatch.setattr(tested, "Change", Change)
        monkeypatch.setattr(basic.AnsibleModule, "warn", lambda self, warning: calls.append(warning))
        return run_main(tested, basic, arguments, monkeypatch, capsys), calls

    return run


def test_a_change(run):
    result, calls = run({"expected_votes": 4, "_ansible_diff": True})
    assert calls[:2] == [(tested.VoteWish(4, None, None, False, False, False), 10.0), "make"]
    assert len(calls) == 3 and "not persistent" in calls[2]
    assert result["changed"] is True and result["votequorum"] == AFTER
    assert result["diff"] == {
        "before": {"expected_votes": 3, "quorum": 2, "total_votes": 3, "quorate": True, "votes": {"node1": 1, "node id 2": 1}},
        "after": {"expected_votes": 4, "quorum": 3, "total_votes": 3, "quorate": True, "votes": {"node1": 1, "node id 2": 1}},
    }


def test_check_mode_predicts(run):
    result, calls = run(
        {
            "votes": 2,
            "node": "node2",
            "cancel_wait_for_all": True,
            "allow_quorum_gain": True,
            "allow_quorum_loss": True,
            "timeout": 3,
            "_ansible_check_mode": True,
        }
    )
    assert calls[:2] == [(tested.VoteWish(None, 2, "node2", True, True, True), 3.0), "predict"]
    assert len(calls) == 3 and "not persistent" in calls[2]
    assert result["changed"] is True and "diff" not in result


@pytest.mark.parametrize("node", [2, "2"])
def test_a_node_id_stays_a_number(run, node):
    dummy, calls = run({"votes": 2, "node": node})
    assert calls[0][0].node == node and type(calls[0][0].node) is type(node)


def test_nothing_to_do(run):
    result, calls = run({"expected_votes": 3}, values=(BEFORE, BEFORE), applied=())
    assert result["changed"] is False and len(calls) == 2, "and no warning"


def test_refused(run):
    result, dummy = run({"expected_votes": 2}, values=(BEFORE, BEFORE), applied=(), error=VoteChangeRefused("It is less."))
    assert (result["msg"], result["changed"], result["votequorum"]) == ("It is less. Nothing was changed.", False, BEFORE)
    assert "reason" not in result


def test_not_even_read(run):
    result, dummy = run({"expected_votes": 2}, values=(None, None), applied=(), error=DaemonGone("cmap_initialize"))
    assert result["reason"] == "not_running" and result["changed"] is False and "votequorum" not in result


def test_half_done_is_said(run):
    result, dummy = run({"expected_votes": 4, "votes": 2}, error=VoteChangeRefused("It cannot be."))
    assert result["changed"] is True and result["msg"] == "It cannot be. Before that, this was changed: expected_votes 4."


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"expected_votes": 0}, "expected_votes must be 1 to 509 (corosync keeps the quorum in 8 bits: with 510 votes it wraps round); got 0."),
        ({"expected_votes": 510}, "got 510."),
        ({"votes": -1}, "votes must be 0 to 509"),
        ({"votes": 510}, "got 510."),
        ({"votes": 1, "node": "0"}, "quorum device"),
        ({"votes": 1, "node": 0}, "node must be the name or the node id of a node; got 0. By 0, corosync means the quorum device."),
        ({"votes": 1, "node": " "}, "node must be the name or the node id of a node; got ' '."),
        ({"votes": 1, "node": ""}, "node must be the name or the node id of a node; got ''."),
        ({"votes": 1, "node": True}, "node must be the name or the node id of a node; got the boolean true."),
        ({"votes": 1, "node": 1.5}, "node must be the name or the node id of a node; got the number 1.5."),
        ({"votes": 1, "node": {"a": 1}}, "node must be the name or the node id of a node; got a dictionary."),
        ({"votes": 1, "node": [1]}, "node must be the name or the node id of a node; got a list."),
        ({"votes": 1, "timeout": -1}, "timeout must be"),
        ({}, "one of the following is required: expected_votes, votes, cancel_wait_for_all"),
        ({"node": "node1"}, "required"),
        ({"cancel_wait_for_all": False}, "cancel_wait_for_all"),
        ({"votes": "two"}, "votes"),
    ],
)
def test_bad_input(run, arguments, words):
    result, calls = run(arguments)
    assert result["failed"] is True and words in result["msg"]
    assert calls == []


def problem(severity="error"):
    return {"id": "x", "severity": severity, "message": "It is bad.", "advice": "Mend it."}


@pytest.mark.parametrize(
    "step, before, after, words",
    [
        (STEP, BEFORE, AFTER, ["expected_votes 4 is not persistent"]),
        (VoteStep(VOTES, 1, 2), BEFORE, AFTER, ["votes 2 of node1 is not persistent"]),
        (VoteStep(CANCEL, 1, 0), BEFORE, AFTER, []),
        (VoteStep(CANCEL, 1, 0), BEFORE, dict(AFTER, problems=[problem()]), ["It is bad. Mend it."]),
        (VoteStep(CANCEL, 1, 0), BEFORE, dict(AFTER, problems=[problem("warning")]), []),
        (VoteStep(CANCEL, 1, 0), dict(BEFORE, problems=[problem()]), dict(AFTER, problems=[problem()]), []),
        (VoteStep(VOTES, 2, 2), BEFORE, dict(AFTER, last_man_standing={"enabled": True}), ["votes 2 of node id 2", "last_man_standing switches itself off"]),
    ],
)
def test_warnings(step, before, after, words):
    class Made:
        applied, unproven = [step], []

    Made.before, Made.value = before, after
    told = tested.warnings_of(Made)
    assert len(told) == len(words)
    assert all(word in text for word, text in zip(words, told))


def test_a_change_that_nothing_shows_on_other_nodes_is_told():
    class Made:
        applied = unproven = [VoteStep(VOTES, 1, 2)]
        before, value = BEFORE, AFTER

    assert "This node shows votes 2 of node1, but nothing shows whether the other nodes have applied it" in tested.warnings_of(Made)[1]
