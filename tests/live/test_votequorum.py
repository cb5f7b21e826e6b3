# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""votequorum on real clusters: what check mode foretells is what comes, what is refused changes nothing, and corosync's own answer beside it."""

import json
import re
import time

import pytest
from docs.examples import all_examples, title
from lab.corosync_conf import SLOW_TOKEN
from looking import LIBRARY, Background, look, program, put_module_library, run_module
from patience import PATIENCE, comes_to
from playing import Play

NOT_PERSISTENT = "is not persistent"
SPLIT_BRAIN = "split brain"


def run(asked, check=False, **arguments):
    """The module on a node: its result, warnings as a list of text, and in `seconds` how long it took."""
    result = run_module(asked, "votequorum", dict(arguments, _ansible_check_mode=check, _ansible_diff=True))
    warnings = [warning if isinstance(warning, str) else warning["event"]["msg"] for warning in result.get("warnings", [])]
    return dict(result, warnings=warnings)


def values(nodes):
    """The settled value of each of these nodes."""
    seen = [look(node, 30) for node in nodes]
    assert all(one["error"] is None and one["value"]["settled"] for one in seen), seen
    return [one["value"] for one in seen]


def numbers(value):
    return {key: value[key] for key in ("expected_votes", "total_votes", "quorum", "quorate")}


def agree_soon(nodes):
    """The numbers of these nodes, which have to be the same: the others hear of a change a moment later than the node asked."""
    deadline = time.monotonic() + PATIENCE
    while True:
        seen = [numbers(value) for value in values(nodes)]
        if all(one == seen[0] for one in seen):
            return seen[0]
        assert time.monotonic() < deadline, seen


def change(asked, others=(), **arguments):
    """A change that has to succeed, as check mode foretold it, on all nodes alike, and the second time nothing is left to do."""
    before = values([asked])[0]
    foretold = run(asked, check=True, **arguments)
    assert foretold.get("failed") is None, foretold["msg"]
    assert values([asked])[0] == before, "check mode changed something"
    made = run(asked, **arguments)
    assert made.get("failed") is None, made["msg"]
    assert made["changed"] is True and foretold["changed"] is True
    assert foretold["votequorum"] == made["votequorum"] == values([asked])[0]
    assert foretold["diff"] == made["diff"] and made["diff"]["before"] != made["diff"]["after"]
    assert foretold["warnings"] == made["warnings"]
    assert agree_soon([asked, *others]) == numbers(made["votequorum"])
    again = run(asked, **arguments)
    assert (again["changed"], again["votequorum"], again["warnings"]) == (False, made["votequorum"], [])
    return made


def refused(asked, others=(), **arguments):
    """A change that has to be refused, in check mode too, and leaves every node as it is. Returns the message."""
    before = values([asked, *others])
    told = [run(asked, check=check, **arguments) for check in (True, False)]
    assert values([asked, *others]) == before
    assert [one.get("failed") for one in told] == [True, True]
    assert told[0]["msg"] == told[1]["msg"] and not told[1].get("changed")
    if "votequorum" in told[1]:
        assert told[1]["msg"].endswith("Nothing was changed.") and told[1]["votequorum"] == before[0]
    return told[1]["msg"]


RAW = """
with Votequorum(Lane(Deadline(10))) as votequorum:
    print(json.dumps(tried(getattr(votequorum, sys.argv[1]), *map(int, sys.argv[2:]))))
"""


COME_ROUND = """
# corosync tells those that track of each request for expected votes as it deals with it, which is later than it says yes to it.
with Votequorum(Lane(Deadline(60))) as votequorum:
    votequorum.trackstart()
    votequorum.dispatch()
    votequorum.setexpected(int(sys.argv[1]))
    told = votequorum.dispatch(DISPATCH_ONE)
    print(json.dumps([[type(event).__name__ for event in told], votequorum.getinfo().highest_expected]))
"""


def expected_votes_after(node, asked):
    """What a node expects once corosync has dealt with a request for so many expected votes, and with what this node asked for before."""
    told, expected = program(node, COME_ROUND, str(asked))
    assert told == ["ExpectedVotesEvent"]
    return expected


def corosync_says(node, function, *arguments):
    """What corosync itself answers to setexpected or setvotes: the name of an error, or None where it takes it."""
    return program(node, RAW, function, *map(str, arguments))["error"]


@pytest.fixture(name="three")
def _three(cluster):
    """Call it for a cluster, of three nodes unless said otherwise, whose nodes can run the module."""

    def make(**wishes):
        made = cluster(**dict({"nodes": 3}, **wishes))
        for node in made:
            if node.run(["test", "-e", LIBRARY], check=False).returncode:
                put_module_library(node)
        return made

    return make


# ---- what check mode foretells is what comes -----------------------------------------------------------------------------

DEVICE = {"model": "net", "votes": 1, "timeout": 3000, "sync_timeout": 3000, "net": {"host": "127.0.0.1", "algorithm": "lms"}}
PLAIN = [
    {"expected_votes": 5},
    {"expected_votes": 3},
    {"votes": 3, "node": "2"},
    {"votes": 1, "node": "node2", "expected_votes": 3},
    {"votes": 2, "expected_votes": 6},
]
CONFIGURATIONS = {
    "plain": ({}, PLAIN),
    "uneven votes": ({"votes": {1: 3, 2: 0}}, [{"votes": 1, "node": "node2"}, {"votes": 1, "expected_votes": 3}]),
    "wait_for_all": ({"quorum": {"wait_for_all": 1}}, PLAIN[:2]),
    "last_man_standing": ({"quorum": {"last_man_standing": 1, "wait_for_all": 1}}, [{"votes": 0, "node": "node3"}, {"votes": 2}]),
    "auto_tie_breaker": ({"quorum": {"auto_tie_breaker": 1, "wait_for_all": 1}}, [{"expected_votes": 5}, {"expected_votes": 3}, {"votes": 2, "node": "node3"}]),
    "two_node": ({"nodes": 2, "quorum": {"two_node": 1}}, [{"expected_votes": 3}, {"expected_votes": 2}]),
    "silent device": ({"device": DEVICE}, [{"expected_votes": 5}, {"votes": 2, "node": "node2"}]),
    "voting device": ({"nodes": 2, "qdevice": "lms"}, [{"expected_votes": 4}, {"votes": 2, "node": "node2"}]),
    "allow_downscale": ({"quorum": {"allow_downscale": 1}}, [{"expected_votes": 5}, {"votes": 2}]),
    "expected_votes_tracking": ({"quorum": {"expected_votes_tracking": 1}}, [{"expected_votes": 4}, {"votes": 3}]),
    "expected_votes set": ({"quorum": {"expected_votes": 5}}, [{"expected_votes": 3}, {"expected_votes": 4, "votes": 2}]),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_check_mode_foretells_what_comes(three, name):
    wishes, changes = CONFIGURATIONS[name]
    made = three(**wishes)
    made.wait_quorate()
    for arguments in changes:
        result = change(made[1], list(made)[1:], **arguments)
        assert NOT_PERSISTENT in result["warnings"][0]


def test_another_node_asks_for_it(three):
    made = three()
    made.wait_quorate()
    change(made[3], [made[1], made[2]], votes=2, node="node1")
    change(made[2], [made[1], made[3]], expected_votes=5)
    assert values([made[1]])[0]["nodes"][0]["votes"] == 2


# ---- what is refused, and what corosync itself would have said -----------------------------------------------------------


def test_refusals_leave_everything_as_it_is(three):
    made = three()
    made.wait_quorate()
    node, others = made[1], [made[2], made[3]]
    told = refused(node, others, expected_votes=2)
    assert "expected_votes 2 is less than the 3 votes present (members: node1, node2, node3)" in told
    assert corosync_says(node, "setexpected", 2) == "InvalidParameter"
    told = refused(node, others, expected_votes=6, allow_quorum_loss=True)
    assert "would cost this cluster its quorum: 3 votes would be present, quorum would be 4" in told
    assert corosync_says(node, "setexpected", 6) == "InvalidParameter"
    assert "node: there is no node 'node9'" in refused(node, others, votes=1, node="node9")
    assert "there is no node '4'" in refused(node, others, votes=1, node="4")
    told = refused(node, others, votes=508, node="node2")
    assert "510 votes" in told and "8 bits" in told
    assert numbers(values([node])[0]) == {"expected_votes": 3, "total_votes": 3, "quorum": 2, "quorate": True}


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"expected_votes": 0}, "expected_votes must be 1 to 509"),
        ({"expected_votes": -3}, "got -3"),
        ({"expected_votes": 510}, "got 510"),
        ({"votes": -1}, "votes must be 0 to 509"),
        ({"votes": 600}, "got 600"),
        ({"votes": "many"}, "votes"),
        ({"expected_votes": "3.5"}, "expected_votes"),
        ({"votes": 1, "node": "0"}, "quorum device"),
        ({"votes": 1, "node": ""}, "got ''"),
        ({"node": "node1"}, "required"),
        ({}, "one of the following is required"),
        ({"node": "node1", "expected_votes": 3}, "required"),
        ({"cancel_wait_for_all": False}, "cancel_wait_for_all"),
        ({"expected_votes": 3, "timeout": 0}, "timeout must be"),
        ({"expected_votes": 3, "timeout": float("nan")}, "timeout must be"),
    ],
)
def test_bad_input_is_refused_before_corosync_is_asked(cluster, arguments, words):
    made = cluster(nodes=1, start=False)  # no corosync: whoever asked it would have another message
    if made[1].run(["test", "-e", LIBRARY], check=False).returncode:
        put_module_library(made[1])
    for check in (True, False):
        result = run(made[1], check=check, **arguments)
        assert result["failed"] is True and words in result["msg"], result["msg"]
        assert "votequorum" not in result


def test_votes_of_nodes_that_are_not_there(three):
    made = three(start=False)
    for nodeid in (1, 2):
        made[nodeid].start_corosync()
    made.wait_ring([1, 2])
    told = refused(made[1], [made[2]], votes=2, node="node3")
    assert "corosync on node1 has not seen it since it started" in told
    assert corosync_says(made[1], "setvotes", 3, 2) == "NameNotFound"
    made[2].stop_corosync()
    made.wait_ring([1])
    told = refused(made[1], [], votes=2, node="node2")
    assert "not a member now (dead)" in told and "it brings its own votes" in told


def test_votes_on_a_two_node_cluster(three):
    made = three(nodes=2, quorum={"two_node": 1})
    made.wait_quorate()
    assert "two_node" in refused(made[1], [made[2]], votes=2)


def test_votes_that_would_end_the_quorum_device(three):
    """corosync takes them and expects more, of which the device's daemons hear: they look at the votes, and end."""
    made = three(nodes=2, qdevice="ffsplit")
    made.disable_restart_after_crash()
    for votes in (0, 2):
        told = refused(made[1], [made[2]], votes=votes, node="node2")
        assert "would cost every node the vote of the quorum device" in told and "ffsplit works only while each node has exactly 1 vote" in told
    assert corosync_says(made[1], "setvotes", 2, 2) is None
    made.wait_qdevice_votes(False)
    assert [(value["total_votes"], value["quorum"]) for value in values(made)] == [(3, 3), (3, 3)]
    assert "would cost this cluster its quorum" in run(made[1], check=True, votes=1, node="node2")["msg"], "and it cannot be taken back just so"


def test_expected_votes_tracking_undoes_what_is_lower(three):
    made = three(quorum={"expected_votes_tracking": 1})
    made.wait_quorate()
    change(made[1], [made[2], made[3]], expected_votes=5)
    told = refused(made[1], [made[2], made[3]], expected_votes=4)
    assert "undone at once" in told and "expected_votes_tracking" in told and "5" in told
    assert expected_votes_after(made[1], 4) == 5, "corosync says yes to it, and undoes it"
    assert values([made[1]])[0]["expected_votes"] == 5


def test_a_silent_device_counts_in_what_is_expected(three):
    made = three(device=dict(DEVICE, votes=2))
    made.wait_quorate()
    told = refused(made[1], [made[2], made[3]], expected_votes=4)
    assert "expected_votes 4 would be undone at once" in told and "together, 5" in told
    assert expected_votes_after(made[1], 4) == 5
    assert values([made[1]])[0]["expected_votes"] == 5


# ---- an inquorate partition ----------------------------------------------------------------------------------------------


def cut_off(made):
    made.partition([1], [2, 3])
    made.wait_ring([1])
    made.wait_ring([2, 3])


def test_an_inquorate_partition_does_not_become_quorate_unasked(three):
    made = three()
    made.wait_quorate()
    cut_off(made)
    for arguments in ({"expected_votes": 1}, {"votes": 2}, {"votes": 1, "expected_votes": 1}):
        told = refused(made[1], [made[2], made[3]], **arguments)
        assert SPLIT_BRAIN in told and "It does not see node2, node3." in told and "allow_quorum_gain: true" in told
        assert f"it has {arguments.get('votes', 1)} vote" in told
        assert SPLIT_BRAIN in refused(made[1], [made[2], made[3]], allow_quorum_loss=True, **arguments)
    change(made[1], expected_votes=2)  # that is still not enough: nothing is gained, and it is allowed
    assert values([made[1]])[0]["quorate"] is False
    gained = change(made[1], expected_votes=1, allow_quorum_gain=True)
    assert gained["votequorum"]["quorate"] is True
    assert any("could both be quorate" in warning for warning in gained["warnings"])
    assert [value["quorate"] for value in values(made)] == [True, True, True], "this is the split brain"


def test_votes_that_do_not_make_an_inquorate_partition_quorate(three):
    made = three(quorum={"expected_votes": 9}, nodelist=True)
    told = refused(made[1], [made[2], made[3]], votes=2, allow_quorum_gain=True)
    assert "would not make this partition quorate (4 votes would be present, quorum would be 5)" in told
    assert corosync_says(made[1], "setvotes", 1, 2) == "InvalidParameter"
    change(made[1], [made[2], made[3]], votes=3, allow_quorum_gain=True)


def test_the_others_take_over_their_expected_votes(three):
    """What the module's words promise: a quorate partition's numbers win when a node joins it."""
    made = three()
    made.wait_quorate()
    made[3].stop_corosync()
    made.wait_ring([1, 2])
    change(made[1], [made[2]], expected_votes=2)
    made[3].start_corosync()
    made.wait_ring()
    assert agree_soon(made) == {"expected_votes": 3, "total_votes": 3, "quorum": 2, "quorate": True}


# ---- waiting for all -----------------------------------------------------------------------------------------------------


def booted(three, *nodeids, **wishes):
    made = three(start=False, **wishes)
    for nodeid in nodeids:
        made[nodeid].start_corosync()
    made.wait_ring(list(nodeids))
    return made


def test_waiting_for_all_ends_only_with_consent(three):
    made = booted(three, 1, 2, quorum={"wait_for_all": 1})
    told = refused(made[1], [made[2]], cancel_wait_for_all=True)
    assert SPLIT_BRAIN in told and "It does not see node3." in told
    assert SPLIT_BRAIN in refused(made[1], [made[2]], expected_votes=2), "exactly the votes present end the waiting, too"
    made_quorate = change(made[1], [made[2]], cancel_wait_for_all=True, allow_quorum_gain=True)
    assert made_quorate["votequorum"]["wait_for_all"] == {"enabled": True, "pending": False}
    assert made_quorate["warnings"] == []
    made[3].start_corosync()
    made.wait_ring()
    made.wait_quorate()


def test_waiting_for_all_ends_by_expecting_what_is_there(three):
    made = booted(three, 1, 2, quorum={"wait_for_all": 1})
    ended = change(made[1], [made[2]], expected_votes=2, cancel_wait_for_all=True, allow_quorum_gain=True)
    assert ended["votequorum"]["quorate"] is True and ended["votequorum"]["expected_votes"] == 2


def test_cancelling_helps_nobody_who_lacks_votes(three):
    made = booted(three, 1, quorum={"wait_for_all": 1})
    told = refused(made[1], cancel_wait_for_all=True, allow_quorum_gain=True)
    assert "would have no effect" in told and "1 vote present, quorum is 2 of 3 expected" in told and "(expected_votes: 1)" in told
    made[1].run(["corosync-cmapctl", "-s", "quorum.cancel_wait_for_all", "u8", "1"])
    assert expected_votes_after(made[1], 3) == 3
    assert values([made[1]])[0]["wait_for_all"]["pending"] is True, "so corosync says itself"
    change(made[1], expected_votes=1, allow_quorum_gain=True)


def test_cancelling_reads_the_configuration_again(three):
    """So what was set at runtime goes: foretold, and refused where that was asked for in the same task."""
    made = booted(three, 1, 2, quorum={"wait_for_all": 1})
    change(made[1], [made[2]], expected_votes=4)
    told = refused(made[1], [made[2]], expected_votes=5, cancel_wait_for_all=True, allow_quorum_gain=True)
    assert "cancel_wait_for_all would undo the rest" in told and "has expected_votes 3" in told
    after = change(made[1], [made[2]], cancel_wait_for_all=True, allow_quorum_gain=True)
    assert numbers(after["votequorum"]) == {"expected_votes": 3, "total_votes": 2, "quorum": 2, "quorate": True}


def test_cancelling_after_a_reload_that_failed(three):
    made = booted(three, 1, 2, quorum={"wait_for_all": 1})
    made[1].run(["sh", "-c", "echo 'quorum {' >>/etc/corosync/corosync.conf"])
    made[1].run(["corosync-cfgtool", "-R"], check=False)
    told = refused(made[1], [made[2]], cancel_wait_for_all=True, allow_quorum_gain=True)
    assert "the last reload of corosync.conf failed" in told
    made[1].run(["corosync-cmapctl", "-s", "quorum.cancel_wait_for_all", "u8", "1"])
    assert expected_votes_after(made[1], 3) == 3
    assert values([made[1]])[0]["wait_for_all"]["pending"] is True, "corosync ignores it"


def test_one_of_two_nodes_alone(three):
    made = booted(three, 1, nodes=2, quorum={"two_node": 1})
    assert SPLIT_BRAIN in refused(made[1], cancel_wait_for_all=True)
    assert change(made[1], cancel_wait_for_all=True, allow_quorum_gain=True)["votequorum"]["quorate"] is True


# ---- the quorum device's vote on one node --------------------------------------------------------------------------------

VOTING = """
lane = Lane(Deadline(60))
with Votequorum(lane) as votequorum:
    votequorum.trackstart()
    ring = [event.ring_id for event in votequorum.dispatch() if isinstance(event, NodelistEvent)][-1]
    votequorum.qdevice_register("python")
    votequorum.qdevice_poll("python", True, ring)
    open("/run/voting", "w").close()
    while os.path.exists("/run/voting"):
        votequorum.qdevice_poll("python", True, ring)
        time.sleep(0.2)
    votequorum.qdevice_unregister("python")
lane.close()
print("null")
"""


def test_a_member_without_the_devices_vote_would_lose_quorum(three):
    made = three(nodes=2, device=DEVICE)
    made.wait_quorate()
    with Background(made[1], VOTING, "/run/voting"):
        assert [value["total_votes"] for value in values(made)] == [3, 2]
        told = refused(made[1], [made[2]], expected_votes=4)
        assert "would cost node2 quorum: there 2 votes would be present and quorum would be 3. Set allow_quorum_loss: true" in told
        result = run(made[1], expected_votes=4, allow_quorum_loss=True)
        assert result["changed"] is True and result["votequorum"]["quorate"] is True
        assert values([made[2]])[0]["quorate"] is False


# ---- a corosync that does not go on --------------------------------------------------------------------------------------


def test_a_frozen_corosync_ends_the_task_in_time(three):
    made = three()
    made.wait_quorate()
    before = values([made[1]])[0]
    made[1].freeze_corosync()
    result = run(made[1], expected_votes=4, timeout=1)
    assert result["failed"] is True and result["reason"] == "timeout" and result["changed"] is False
    assert "frozen" in result["msg"] and result["seconds"] < 5
    made[1].thaw_corosync()
    time.sleep(1)  # what had been sent would be dealt with now, and the ring may have lost this node meanwhile
    made.wait_ring()
    made.wait_quorate()
    assert numbers(values([made[1]])[0]) == numbers(before), "it had not been sent"


@pytest.mark.parametrize("arguments", [{"expected_votes": 4}, {"expected_votes": 5}, {"votes": 2, "node": "node2"}, {"votes": 0, "node": "node2"}], ids=str)
def test_queued_is_not_applied(three, arguments):
    """A ring that stands still (one of its nodes is frozen) applies nothing, but corosync says CS_OK and shows the new number."""
    made = three(totem=SLOW_TOKEN)
    made.wait_quorate()
    made[3].freeze_corosync()
    time.sleep(0.3)
    result = run(made[1], timeout=3, **arguments)
    assert result.get("failed") is True, result
    assert result["changed"] is False and result["reason"] == "timeout" and "not seen to be applied" in result["msg"] and "may still apply it" in result["msg"]
    assert result["seconds"] < 18, "the machine is too slow for this test"
    assert not result["votequorum"]["missing"], "the ring has not changed yet"
    made[3].thaw_corosync()
    made.wait_ring()
    again = comes_to(False, lambda: run(made[2], check=True, **arguments)["changed"])
    assert again is False, "it was applied when the ring went on"


BESIDE = """
# Takes a vote from node2, which shows only by an echo. Somebody else sets expected votes to 6 meanwhile: before the echo is thought of, or as it is sent.
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.vote_change import VoteWish
from ansible_collections.corosync.quorum.plugins.module_utils._node.change import Change
from ansible_collections.corosync.quorum.plugins.module_utils._node.judged import connect_to_judge

def six():
    with Votequorum(Lane(Deadline(30))) as other:
        other.trackstart()
        other.dispatch()
        other.setexpected(6)
        if sys.argv[1] == "setvotes":
            other.dispatch(DISPATCH_ONE)

def connect(deadline):
    observer = connect_to_judge(deadline)
    original = getattr(observer.votequorum, sys.argv[1])
    def beside(*arguments):
        sent.append(arguments)
        if sys.argv[1] == "setvotes":
            original(*arguments)
        if len(sent) == 1:
            six()
        if sys.argv[1] == "setexpected":
            original(*arguments)
    setattr(observer.votequorum, sys.argv[1], beside)
    return observer

sent = []
change = Change(VoteWish(None, 0, "node2", False, False, False), 20, connect)
told = tried(change.make)
print(json.dumps([told["error"], told["message"], len(change.applied), sent]))
"""


def test_what_somebody_else_sets_at_the_same_time_is_not_undone(three):
    made = three(votes={1: 3})
    made.wait_quorate()
    for moment, sent in (("setvotes", [[2, 0]]), ("setexpected", [[5], [6]])):
        assert program(made[1], BESIDE, moment) == [None, "", 1, sent]
        assert agree_soon(made) == {"expected_votes": 6, "total_votes": 4, "quorum": 4, "quorate": True}
        assert run(made[1], votes=1, node="node2", expected_votes=5)["changed"] is True


# ---- by Ansible ----------------------------------------------------------------------------------------------------------


def test_by_ansible_with_the_module_defaults_group(three, lab):
    made = three()
    made.wait_quorate()
    defaults = {"group/corosync.quorum.quorum": {"timeout": 7}}
    tasks = [
        {"corosync.quorum.votequorum": {"expected_votes": 4}, "check_mode": True, "diff": True},
        {"corosync.quorum.votequorum": {"expected_votes": 4}, "diff": True},
        {"corosync.quorum.votequorum": {"expected_votes": 4}},
        {"corosync.quorum.votequorum_info": None},
        {"corosync.quorum.wait_for_quorum": {"expected_votes": 4}},
        {"corosync.quorum.votequorum": {"expected_votes": 2}, "ignore_errors": True},
    ]
    with Play(lab, tasks, module_defaults=defaults) as play:
        ended = play.end()
        output = play.output
    results = [result.result for result in ended]
    assert [result.status for result in ended] == ["ok"] * 5 + ["failed"], output
    assert [result["changed"] for result in results] == [True, True, False, False, False, False]
    values = [dict(result["votequorum"], read_at=None) for result in results[:4]]
    assert values[0] == values[1] == values[2] == values[3]
    assert results[1]["diff"]["before"]["expected_votes"] == 3 and results[1]["diff"]["after"] == {
        "expected_votes": 4,
        "quorum": 3,
        "total_votes": 3,
        "quorate": True,
        "votes": {"node1": 1, "node2": 1, "node3": 1},
    }
    assert NOT_PERSISTENT in " ".join(output.split())
    assert re.search(r'^\+ +"?expected_votes"?: 4,?$', output, re.MULTILINE), output
    assert "less than the 3 votes present" in results[5]["msg"]
    used = [result["invocation"]["module_args"]["timeout"] for result in results if "invocation" in result]
    assert len(used) >= 5 and set(used) == {7}


RECOVERY = "Go on without the nodes that are lost for good, and switched off"


def test_the_recovery_of_the_guide(three, lab, tmp_path):
    """Walked through on a cluster two of whose three nodes lost their power: it lasts, and a repaired node comes back."""
    made = three()
    made.wait_quorate()
    for nodeid in (2, 3):
        made[nodeid].power_cut()
    made.wait_quorate(False, node=1)
    assert run(made[1], expected_votes=1)["failed"] is True
    book = tmp_path / "recovery.json"
    book.write_text(json.dumps(next(example.data for example in all_examples() if title(example) == RECOVERY)), encoding="utf-8")
    with Play(lab, book) as play:
        assert {result.status for result in play.end()} <= {"ok", "item ok"}, play.output
    survivor = values([made[1]])[0]
    assert numbers(survivor) == {"expected_votes": 1, "total_votes": 1, "quorum": 1, "quorate": True}
    assert survivor["missing"] == [] and [problem for problem in survivor["problems"] if problem["severity"] == "error"] == []

    made[1].run(["systemctl", "restart", "corosync"])
    made.wait_quorate(node=1)
    assert numbers(values([made[1]])[0]) == numbers(survivor), "it outlives a restart"

    conf = made[1].run(["cat", "/etc/corosync/corosync.conf"]).stdout
    assert "node2" not in conf and "node3" not in conf
    entry = f"node {{\n ring0_addr: {made[2].address}\n nodeid: 2\n name: node2\n }}\n"
    conf = conf.replace("nodelist {\n", "nodelist {\n" + entry, 1)
    made[2].boot()
    made[2].run(["systemctl", "stop", "corosync"])
    for node in (made[1], made[2]):
        node.put(conf, "/etc/corosync/corosync.conf")
    made[1].run(["corosync-cfgtool", "-R"])
    made[2].start_corosync()
    made.wait_ring([1, 2])
    assert agree_soon([made[1], made[2]]) == {"expected_votes": 2, "total_votes": 2, "quorum": 2, "quorate": True}
