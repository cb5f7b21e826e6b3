# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""votequorum_info through a real Ansible, and hundreds of snapshots in a row while the cluster changes: each settled one is consistent."""

import json
import pathlib
import random
import re
import time

import pytest
from linking import add_second_link, links_of, remove_second_link, wait_links
from looking import Background, look, play, program
from playing import Play, wait

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of

REPORT = pathlib.Path(__file__).resolve().parents[2] / "playbooks" / "report.yml"
AS_USER = {"become": True, "become_user": "plain", "become_method": "su"}


def test_it_reads_what_corosync_quorumtool_reads_and_says_what_it_cannot(lab, cluster):
    """All of it in one play, since starting Ansible is what takes the time."""
    node = cluster(nodes=3)[2]
    began = time.time()
    node.sh("id plain 2>/dev/null || useradd --create-home --shell /bin/sh plain")
    read, checked, background, own, failed, reported, zero, text, choice = play(
        lab,
        node,
        ({"timeout": 3}, {}),
        ({}, {"check_mode": True}),
        ({}, {"async": 30, "poll": 1}),
        ({"_judge": False}, {}),
        ({}, AS_USER),
        ({"if_unavailable": "report"}, AS_USER),
        ({"timeout": 0, "if_unavailable": "report"}, {}),
        ({"timeout": "soon"}, {}),
        ({"if_unavailable": "ignore"}, {}),
    )
    for result in (read, checked, background):
        assert (result["available"], result["quorate"], result["changed"], result["failed"]) == (True, True, False, False)
    # The clock of the controller, which is not asked where the result comes past the action plugin.
    moments = [result["votequorum"].pop("read_at") for result in (read, checked, background)]
    assert began - 0.001 <= seconds_of(moments[0]) <= seconds_of(moments[1]) <= time.time() and moments[2] is None
    value, told = read["votequorum"], quorumtool(node)
    assert value == checked["votequorum"], "check mode reads as well"
    assert value == background["votequorum"], "what the controller makes of a reading, the node makes of it in the background"
    assert dict(value, read_at=None) == program(node, "print(json.dumps(observe(5)))"), "so do modules that need it on the node"
    any_one = {"tolerates": 1, "quorate_without": [1, 2, 3]}
    assert (value["forecast"], value["problems"]) == (dict(any_one, as_now=any_one), [])
    assert own["failed"] is True and "_judge is not for use in a task" in own["msg"]
    assert (value["quorate"], value["total_votes"], value["expected_votes"], value["quorum"]) == (
        told["Quorate"] == "Yes",
        int(told["Total votes"]),
        int(told["Expected votes"]),
        int(told["Quorum"]),
    )
    ring_id = value["ring_id"]
    assert f"{ring_id['nodeid']}.{ring_id['seq']:x}" == told["Ring ID"]
    assert (value["nodeid"], value["name"], value["members"], value["missing"]) == (2, "node2", [1, 2, 3], [])

    assert (failed["failed"], failed["reason"]) == (True, "not_allowed") and "become: true" in failed["msg"]
    assert (reported["failed"], reported["changed"], reported["available"], reported["reason"]) == (False, False, False, "not_allowed")
    for result, words in ((zero, "timeout must be a number of seconds greater than 0"), (text, "timeout"), (choice, "if_unavailable")):
        assert result["failed"] is True and words in result["msg"] and "votequorum" not in result


def test_a_node_that_is_down_is_missing_with_its_name_and_one_that_never_came_is_unseen(cluster):
    made = cluster(nodes=3, start=False)
    for node in (made[1], made[2]):
        node.start_corosync()
    made.wait_ring([1, 2])
    value = look(made[1], 5)["value"]
    assert (value["members"], value["missing"], value["quorate"]) == ([1, 2], [3], True)
    unseen = value["nodes"][2]
    assert (unseen["name"], unseen["state"], unseen["votes"], unseen["configured_votes"], unseen["expected_votes"]) == (
        "node3",
        "unseen",
        None,
        1,
        None,
    )
    made[2].stop_corosync()
    made.wait_ring([1])
    value = look(made[1], 5)["value"]
    assert [node["state"] for node in value["nodes"]] == ["member", "dead", "unseen"]
    assert (value["quorate"], value["settled"], value["missing"]) == (False, True, [2, 3])


def report_of_a_cut_link(lab, folder):
    """The playbook report on two nodes of a cluster, and on one on which no corosync runs."""
    paths = {kind: str(folder / f"report.{kind}") for kind in ("html", "json")}
    given = {
        "quorum_report_hosts": "node1:node2:node3",
        "quorum_report_fail_on": ["degraded"],
        **{f"quorum_report_{kind}": path for kind, path in paths.items()},
    }
    lock = {"corosync.quorum.quorum_lock": {"state": "taken", "run": "0123456789abcdef", "role": "rolling_upgrade"}}
    with Play(lab, [lock], hosts="node2") as running:
        running.end(60)
    with Play(lab, REPORT, arguments=["-e", json.dumps(given)]) as running:
        running.end(60)
        said = running.output
    web, none = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert (web["name"], web["hosts"], web["verdict"], web["total_votes"]) == ("web", ["node1", "node2"], "degraded", 2)
    assert [(node["host"], node["links_down"], node["may_stop"]) for node in web["nodes"]] == [("node1", [1], False), ("node2", [1], False)]
    assert none["hosts"] == ["node3"] and "corosync is not running" in none["summary"]
    assert "1 cluster, 3 hosts: 1 degraded" in said and "This fails because of quorum_report_fail_on: web is degraded." in said
    assert "link 1 to node2" in (folder / "report.html").read_text(encoding="utf-8")
    [problem] = [problem for problem in web["problems"] if problem["id"] == "run_under_way"]
    assert problem["hosts"] == ["node2"] and problem["message"].startswith("Run 0123456789abcdef of the role rolling_upgrade, started at ")


def test_links_of_two_rings_are_seen_cut_and_healed_and_without_knet_there_are_none(lab, cluster, tmp_path):
    made = cluster(nodes=2, start=False, totem={"cluster_name": "web"})
    ring = add_second_link(made)
    for node in made:
        node.start_corosync()
    try:
        made.wait_ring()
        wait_links(made[1], {1: None, 2: [True, True]})
        value = look(made[1], 5)["value"]
        assert (value["cluster_name"], value["cluster_uuid"]) == ("web", None)
        assert [entry["addresses"][1] for entry in value["nodes"]] == list(ring.values())
        made[1].sh(f"ip route add blackhole {ring[2]}/32")
        wait_links(made[1], {1: None, 2: [True, False]})
        cut = look(made[1], 5)["value"]
        assert (cut["members"], [problem["id"] for problem in cut["problems"]]) == ([1, 2], ["no_link_redundancy", "link_down"])
        report_of_a_cut_link(lab, tmp_path)
        with Play(lab, [wait(links="all", timeout=60)], hosts="node1") as waiting:
            waiting.until("link 1 to node2 not connected")
            made[1].sh(f"ip route del blackhole {ring[2]}/32")
            assert waiting.result(60).status == "ok"
        wait_links(made[1], {1: None, 2: [True, True]})
        made[2].stop_corosync()
        wait_links(made[1], {1: None, 2: [False, False]})
    finally:
        remove_second_link(made)
    udpu = cluster(nodes=2, totem={"transport": "udpu"})
    assert links_of(udpu[1]) == {1: None, 2: None}


MODES = [
    ({"nodes": 2, "quorum": {"two_node": 1}}, lambda value: value["two_node"] and value["wait_for_all"]["enabled"] and value["quorum"] == 1),
    (
        {"nodes": 3, "quorum": {"last_man_standing": 1, "last_man_standing_window": 1234, "wait_for_all": 1}},
        lambda value: value["last_man_standing"] == {"enabled": True, "window_ms": 1234} and value["wait_for_all"] == {"enabled": True, "pending": False},
    ),
    (
        {"nodes": 2, "quorum": {"auto_tie_breaker": 1, "auto_tie_breaker_node": "2 1"}},
        lambda value: value["auto_tie_breaker"] == {"enabled": True, "kind": "list", "nodes": [2, 1], "lowest": 1, "highest": 2},
    ),
    ({"nodes": 2, "quorum": {"auto_tie_breaker": 1, "auto_tie_breaker_node": "highest"}}, lambda value: value["auto_tie_breaker"]["kind"] == "highest"),
    (
        {"nodes": 2, "votes": {1: 3, 2: 0}, "names": False},
        lambda value: [(node["name"], node["votes"], node["configured_votes"]) for node in value["nodes"]] == [(None, 3, 3), (None, 0, 0)],
    ),
]


@pytest.mark.parametrize("wishes, holds", MODES, ids=["two_node", "last_man_standing", "tie breaker list", "tie breaker highest", "votes without names"])
def test_each_mode_is_read_as_it_is(cluster, wishes, holds):
    value = look(cluster(**wishes)[1], 5)["value"]
    assert value["settled"] is True and value["quorate"] is True
    assert holds(value), value


# ---- a cluster that does not come to rest

SNAPSHOTS = """
# While its file is there: snapshots, by turns on one connection and on a fresh one, while a thread changes votes. Each settled one
# is held against itself, and those of a quiet moment against corosync-quorumtool.
import json
import pathlib
import random
rings = {}
class Watched(Observer):
    def dispatch(self):
        events = super(Watched, self).dispatch()
        for event in events:
            if isinstance(event, NodelistEvent):
                rings[event.ring_id.nodeid, event.ring_id.seq] = sorted(event.members)
        return events

def quorumtool():
    done = subprocess.Popen(["corosync-quorumtool", "-s"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
    return dict(line.split(":", 1) for line in done.communicate()[0].splitlines() if line.count(":") == 1)

def faults(value):
    # What in a settled value contradicts the rest of it
    ring = (value["ring_id"]["nodeid"], value["ring_id"]["seq"])
    votes = sum(node["votes"] for node in value["nodes"] if node["state"] == "member")
    if value["qdevice"] and value["qdevice"]["cast_vote"]:
        votes += value["qdevice"]["votes"]
    if votes != value["total_votes"]:
        yield "the members' votes are %d" % votes
    if value["members"] != rings[ring]:
        yield "the ring's members are %r" % rings[ring]
    if value["quorate"] != (value["total_votes"] >= value["quorum"]):
        yield "quorate does not fit votes and quorum"
    if sorted(value["members"] + value["missing"]) != [1, 2, 3]:
        yield "a node is neither member nor missing"

def change_votes(stop):
    lane = Lane(Deadline(120))
    with Votequorum(lane) as votequorum:
        while not stop.is_set():
            with quiet:
                tried(votequorum.setvotes, 1, random.choice([1, 2]))
            time.sleep(random.uniform(0, 0.01))
        tried(votequorum.setvotes, 1, 1)
    lane.close()

told = {"settled": 0, "unsettled": 0, "agreed": 0, "faults": [], "errors": [], "enough": False}
stop, quiet = threading.Event(), threading.Lock()
changer = threading.Thread(target=change_votes, args=(stop,))
changer.daemon = True
changer.start()
open("/run/reading", "w").close()
votes = set()
with Watched(Deadline(120)) as lasting:
    while os.path.exists("/run/reading"):
        for lasts in (True, False):
            fresh = None
            try:
                fresh = lasting if lasts else Watched(Deadline(10)).__enter__()
                fresh.lane.deadline = Deadline(10)
                value = fresh.snapshot()
            except errors.QuorumError as exc:
                told["errors"].append(str(exc))
                continue
            finally:
                if fresh is not None and not lasts:
                    fresh.close()
            if not value["settled"]:
                told["unsettled"] += 1
                continue
            told["settled"] += 1
            votes.add(value["total_votes"])
            told["faults"] += ["%s: %s" % (fault, json.dumps(value)) for fault in faults(value)]
        if told["settled"] > 200 and told["agreed"] > 5 and len(rings) >= 6 and len(votes) >= 3:
            told["enough"] = True
            open("/run/read-enough", "w").close()
        if told["settled"] % 10 == 0:
            with quiet:
                time.sleep(0.02)  # what is queued comes round the ring
                value, tool, again = lasting.snapshot(), quorumtool(), lasting.snapshot()
            if value["settled"] and again == value and tool.get("Ring ID"):
                told["agreed"] += 1
                seen = ("%(nodeid)d.%(seq)x" % value["ring_id"], value["quorate"], value["total_votes"], value["quorum"])
                theirs = (tool["Ring ID"].strip(), tool["Quorate"].strip() == "Yes", int(tool["Total votes"]), int(tool["Quorum"].split()[0]))
                if seen != theirs:
                    told["faults"].append("corosync-quorumtool says %r, the snapshot %r" % (theirs, seen))
stop.set()
changer.join()
print(json.dumps(dict(told, rings=len(rings), votes=sorted(votes))))
"""


def trouble(made, seconds, most):
    """Nodes 2 and 3 are stopped, killed, frozen and started so long, and longer while node 1, which stays, has not read enough."""
    chance = random.Random(4)
    began = time.monotonic()
    while time.monotonic() - began < (seconds if made[1].run(["test", "-e", "/run/read-enough"], check=False).returncode == 0 else most):
        node = made[chance.choice([2, 3])]
        what = chance.choice([node.stop_corosync, node.kill_corosync, node.freeze_corosync])
        what()
        time.sleep(chance.uniform(0, 1.5))
        if what == node.freeze_corosync:
            node.thaw_corosync()
        else:
            node.sh("systemctl reset-failed corosync; systemctl start corosync")
        time.sleep(chance.uniform(0, 0.8))


def test_every_settled_snapshot_is_consistent_while_nodes_come_and_go_and_votes_change(cluster):
    made = cluster(nodes=3)
    made[1].run(["rm", "-f", "/run/read-enough"])
    with Background(made[1], SNAPSHOTS, "/run/reading") as reader:
        trouble(made, 15, most=80)
    told = reader.answer
    assert told["faults"] == []
    assert told["errors"] == [], "this node's corosync was there all the time"
    assert told["enough"], f"too little was read of what happened: {told}"


def quorumtool(node):
    """What corosync-quorumtool says, as {title: value}."""
    lines = node.run(["corosync-quorumtool", "-s"], check=False).stdout.splitlines()
    return {
        title: value.split()[0]
        for title, value in (re.match(r"([A-Z][\w ]+): +(\S.*)$", line).groups() for line in lines if re.match(r"[A-Z][\w ]+: +\S", line))
    }
