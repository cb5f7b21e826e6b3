# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wait_for_quorum in plays: every keyword, wrong options, and what a wait costs while nothing happens."""

import time

import pytest
from playing import PLAYS, Play, wait

# What the module's process on a node has used: [seconds of processor, resident KiB, calls of votequorum that corosync has answered to it].
USED = """
import json, os, re, subprocess
def read(path):
    with open(path) as file:
        return file.read()
def connected(pid):
    try:
        return any(os.readlink("/proc/%s/fd/%s" % (pid, fd)).startswith("socket") for fd in os.listdir("/proc/%s/fd" % pid)) and b"python" in read(
            "/proc/%s/cmdline" % pid).encode() and "libvotequorum" in read("/proc/%s/maps" % pid)
    except OSError:
        return False
def stat(pid):
    return read("/proc/%s/stat" % pid).rpartition(")")[2].split()
pid = min([pid for pid in os.listdir("/proc") if pid.isdigit() and connected(pid)], key=lambda pid: int(stat(pid)[19]))  # the one that began first
fields = stat(pid)
seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
precise = sum(int(read("/proc/%s/task/%s/schedstat" % (pid, task)).split()[0]) for task in os.listdir("/proc/%s/task" % pid)) / 1e9
resident = int(re.search(r"VmRSS:\\s+(\\d+)", read("/proc/%s/status" % pid)).group(1))
asked = subprocess.run(["corosync-cmapctl", "-m", "stats"], stdout=subprocess.PIPE, universal_newlines=True).stdout
requests = [int(line.split("=")[1]) for line in asked.splitlines() if re.match(r"stats\\.ipcs\\.service5\\.%s\\..*\\.requests " % pid, line)]
print(json.dumps([max(seconds, precise), resident, sum(requests)]))
"""


def test_every_keyword_while_a_quiet_wait_costs_next_to_nothing(lab, cluster, tmp_path):
    made = cluster(nodes=3)
    inventory = made.inventory(tmp_path / "inventory.yml")  # the lab may have more nodes
    with Play(lab, [wait(quorate=False, timeout=85)], hosts="node1", arguments=["-vvvv"]) as quiet:
        quiet.until("wait_for_quorum: [node1]")
        time.sleep(8)
        before, began = made[1].python(USED, parse=True), time.monotonic()
        with Play(lab, PLAYS / "keywords.yml", arguments=["-i", str(inventory)]) as keywords:
            time.sleep(60)
            after, took = made[1].python(USED, parse=True), time.monotonic() - began
            keywords.end(120)
            assert keywords.process.returncode == 0, keywords.output
        answer = quiet.result(60)
    print(f"over {took:.0f} s: {before}, then {after}")
    assert answer.status == "failed"
    assert (after[0] - before[0]) / took < 0.002, f"{after[0] - before[0]:.3f} s of processor in {took:.0f} s"
    assert after[1] - before[1] < 200, f"it grew by {after[1] - before[1]} KiB"
    nodes = 3
    assert 0 < after[2] - before[2] <= (took + 2) * (nodes + 1), "more than a look at each node a second"
    assert sum("SSH: EXEC" in line for _at, line in quiet.lines) <= 1 + 85 / 60 + 1


@pytest.fixture(name="failures", scope="module")
def _failures(lab):
    """What came of each of WRONG, in one play: {task's name: (result, seconds it took)}."""
    lab.cluster(nodes=3)
    tasks = [dict(wait(**dict({"timeout": 60}, **options)), name=name, ignore_errors=True) for name, (options, _words) in WRONG.items()]
    with Play(lab, tasks) as play:
        results = play.end(180)
    assert len(results) == len(WRONG), play.output
    assert {answer.status for answer in results} == {"failed"}, play.output
    began = [next(at for at, line in play.lines if f"TASK [{name}]" in line) for name in WRONG]
    return {answer.task: (answer.result, answer.at - start) for answer, start in zip(results, began)}


RETURNED = {"elapsed", "quorate", "votequorum", "timeline", "unmet", "reconnects"}
WRONG = {
    "an unknown node": ({"members": ["node1", "node9"]}, ["members", "node9", "it has node1, node2, node3"]),
    "an unknown node id": ({"absent": ["9"]}, ["absent", "'9'", "node1"]),
    "a name twice": ({"members": ["node1", "node1"]}, ["members", "node1", "twice"]),
    "a node twice, once by its id": ({"absent": ["node2", "2"]}, ["absent", "twice", "2"]),
    "members and absent overlap": ({"members": ["node1", "node2"], "absent": ["node2"]}, ["members", "absent", "node2"]),
    "they overlap by id": ({"members": ["node2"], "absent": ["2"]}, ["members", "absent", "node2"]),
    "the node itself absent": ({"absent": ["node1"]}, ["absent", "node1"]),
    "too many members": ({"min_members": 4}, ["min_members", "4", "3"]),
    "too many members beside the absent": ({"min_members": 3, "absent": ["node3"]}, ["min_members", "3", "node1, node2"]),
    "too many votes": ({"min_votes": 4}, ["min_votes", "4", "3"]),
    "no device": ({"qdevice": "voting"}, ["qdevice", "voting", "no quorum device"]),
    "tolerates too much": ({"tolerates": 2}, ["tolerates", "2", "1"]),
    "without too many": ({"quorate_without": ["node2", "node3"]}, ["quorate_without", "node2", "node3"]),
    "no list": ({"members": []}, ["members", "[]"]),
    "an empty name": ({"absent": [""]}, ["absent", "''"]),
    "no number": ({"timeout": "soon"}, ["timeout", "soon"]),
    "no whole number": ({"min_members": "2.5"}, ["min_members", "2.5"]),
    "no truth": ({"quorate": "perhaps"}, ["quorate", "perhaps"]),
    "no choice": ({"qdevice": "asleep"}, ["qdevice", "asleep", "voting"]),
    "negative timeout": ({"timeout": -5}, ["timeout", "-5"]),
    "negative delay": ({"delay": -1}, ["delay", "-1"]),
    "negative stable_for": ({"stable_for": -0.5}, ["stable_for", "-0.5"]),
    "no sleep": ({"sleep": 0}, ["sleep", "0"]),
    "endless": ({"timeout": "inf"}, ["timeout", "inf"]),
    "stable for too long": ({"stable_for": 60}, ["stable_for", "60", "timeout"]),
    "unknown option": ({"member": ["node1"]}, ["member", "members"]),
    "its own option": ({"_slice": {}}, ["_slice"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_options_are_told_at_once(failures, name):
    result, seconds = failures[name]
    message = result["msg"]
    assert all(word in message for word in WRONG[name][1]), message
    assert set(result) >= RETURNED and "ansible_facts" not in result
    if result["votequorum"] is not None:  # the node was asked, and says what it has seen
        assert result["quorate"] is True and len(result["timeline"]) == 1 and result["votequorum"]["members"] == [1, 2, 3]
        assert all(item["seen"] is not None for item in result["unmet"])
    else:
        assert result["quorate"] is False and result["timeline"] == [] and result["unmet"]
    assert "Traceback" not in message
    assert seconds < 30, "the timeout is 60 s"
