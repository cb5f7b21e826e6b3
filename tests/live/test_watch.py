# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""watch_quorum on real clusters: what it records against what was done, what ends it, and that nothing of it is left."""

import time

from looking import put_module_library
from patience import until
from playing import Play
from watches import RECORD, ask, events, watching

from ansible_collections.corosync.quorum.plugins.filter.quorum_losses import quorum_losses
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.history import histories, votes_over_time

WATCH = "corosync.quorum.watch_quorum"
FOLDER = "/var/lib/corosync-quorum"
IN_BACKGROUND = {"async": 600, "poll": 0, "register": "watch"}
RECORDED = {"register": "seen", "until": "seen.running and seen.timeline | length > 0", "retries": 150, "delay": 0.3}


def left_behind(node):
    """Processes and files of watches."""
    processes = node.run(["pgrep", "-f", "watch_quorum"], check=False).stdout.split()
    files = node.sh(f"ls -A {FOLDER} /root/.ansible_async /root/.ansible/tmp 2>/dev/null || true").stdout.split("\n")
    return processes + [line for line in files if line and not line.endswith(":")]


def test_three_nodes_are_watched_through_what_happens_to_them(lab, cluster):
    """By a real play with async; then two faults that no one who only looks now and then would see; then what is recorded, by a real play."""
    made = cluster(nodes=3)
    marks = {}

    def mark(name):
        marks[name] = time.time()

    with Play(
        lab,
        [dict({WATCH: {"state": "running", "timeout": 540, "connect_timeout": 2}}, **IN_BACKGROUND), dict({WATCH: {"state": "read"}}, **RECORDED)],
        hosts="node1:node2:node3",
    ) as play:
        started = [result for result in play.end() if result.status == "ok"]
    assert len(started) == 6, play.output
    jobs = {result.host: result.result["ansible_job_id"] for result in started if "ansible_job_id" in result.result}

    mark("start")
    made[3].stop_corosync()
    made.wait_ring([1, 2])
    made[3].start_corosync()
    made.wait_ring([1, 2, 3])
    mark("lost")
    made[2].kill_corosync()
    made[3].stop_corosync()
    made.wait_quorate(wanted=False, node=made[1])
    mark("back")
    made[2].start_corosync()
    made[3].start_corosync()
    made.wait_ring([1, 2, 3])
    made.wait_quorate()
    made[3].freeze_corosync()
    made.wait_ring([1, 2])
    time.sleep(4)
    made[3].thaw_corosync()
    made.wait_ring([1, 2, 3])
    mark("end")

    cleanup = {"ansible.builtin.async_status": {"jid": "{{ jobs[inventory_hostname] }}", "mode": "cleanup"}}
    with Play(
        lab,
        [{WATCH: {"state": "running"}}, {WATCH: {"state": "stopped"}, "check_mode": True}, {WATCH: {"state": "stopped"}}, cleanup],
        hosts="node1:node2:node3",
        vars={"jobs": jobs},
    ) as play:
        results = [(result.host, result.result) for result in play.end()]
    assert len(results) == 12, play.output
    for _host, second in results[:3]:
        assert (second["changed"], second["msg"]) == (False, f"A watch runs already and writes {RECORD}.")
    for _host, checked in results[3:6]:
        assert checked["changed"] and checked["was_running"] and checked["timeline"]
    answers = dict(results[6:9])
    for answer in answers.values():
        assert answer["changed"] and answer["was_running"] and not answer["running"] and answer["unreadable"] == 0
        assert abs(seconds_of(answer["now"]) - time.time()) < 30
    told = {host: answer["timeline"] for host, answer in answers.items()}
    for timeline in told.values():
        assert timeline[0]["event"] == "state"
        assert timeline[0]["members"] == [1, 2, 3]
        assert timeline[-1]["members"] == [1, 2, 3]
        assert timeline[-1]["quorate"]
        times = [seconds_of(entry["at"]) for entry in timeline]
        assert times == sorted(times)
        assert times[0] < marks["start"] < times[-1] < marks["end"] + 15
    assert [entry["left"] for entry in told["node1"] if marks["start"] < seconds_of(entry["at"]) < marks["lost"] and entry["left"]] == [[3]]
    away = {host: [entry["reason"] for entry in timeline if entry["event"] == "corosync_unavailable"] for host, timeline in told.items()}
    assert away == {"node1": [], "node2": ["not_running"], "node3": ["not_running", "not_running", "timeout"]}

    lost = quorum_losses(told)
    assert [loss["node"] for loss in lost if loss["node"] == "node1"] == ["node1"], "lost once, and it was up"
    first = lost[0]
    assert (first["node"], first["total_votes"], first["quorum"], first["members"]) == ("node1", 1, 2, [1])
    at, until_when = seconds_of(first["at"]), seconds_of(first["until"])
    assert marks["lost"] < at < marks["back"] + 10 and marks["back"] < until_when < marks["end"]
    assert not [loss for loss in lost if loss["node"] == "node2"], "its corosync was killed, which is no loss of quorum on a node that was up"

    votes = [(step.total_votes, step.quorum, step.quorate) for step in votes_over_time(histories(told))]
    assert votes[0] == votes[-1] == (3, 2, True)
    assert (1, 2, False) in votes
    assert votes.index((2, 2, True)) < votes.index((1, 2, False)), "one node went before the other did"
    assert {quorum for _total, quorum, _quorate in votes} <= {2, None}
    # ansible-core's own wrapper around the task looks every five seconds whether that has ended
    until(lambda: not any(left_behind(node) for node in made))


def test_a_loss_that_is_over_before_it_is_looked_at(lab, cluster):
    """The watch itself stands still while quorum is lost and comes back: corosync tells it of both afterwards."""
    made = cluster(nodes=3)
    put_module_library(made[1])
    with watching(made[1]) as ended:
        ended.send("STOP")
        made.partition([1], [2, 3])
        made.wait_quorate(wanted=False, node=made[1])
        made.heal()
        made.wait_ring([1, 2, 3])
        made.wait_quorate()
        ended.send("CONT")
        until(lambda: len(ask(made[1], "read")["timeline"]) > 2)
        timeline = ask(made[1], "stopped")["timeline"]
        assert ended()["msg"] == "The watch was stopped."
    assert events(timeline) == ["state", "quorum_lost", "quorum_gained"]
    assert (timeline[1]["members"], timeline[1]["left"], timeline[1]["total_votes"]) == ([1], [2, 3], None)
    assert (timeline[2]["joined"], timeline[2]["total_votes"]) == ([2, 3], 3)
    (loss,) = quorum_losses({"node1": timeline})
    assert (loss["total_votes"], loss["members"]) == (None, [1])
    assert loss["until"] is not None


def test_what_ends_a_watch_and_what_is_recorded_then(lab, cluster):
    made = cluster(nodes=1)
    node = made[1]
    put_module_library(node)
    nothing = {"timeline": [], "running": False, "looked": False, "until": None, "unreadable": 0, "changed": False}
    assert nothing.items() <= ask(node, "read").items()
    assert dict(nothing, was_running=False).items() <= ask(node, "stopped").items()
    assert ask(node, "running", check_mode=True)["changed"]

    with watching(node) as ended:
        assert node.run(["stat", "-c", "%a %U", FOLDER, RECORD]).stdout.split("\n")[:2] == ["700 root", "600 root"]
        assert not ask(node, "running", check_mode=True)["changed"]
        begun = time.monotonic()
        node.run(["mv", RECORD, RECORD + ".mine"])
        assert ended()["msg"] == "The watch was stopped."
        assert time.monotonic() - begun < 15
        node.run(["mv", RECORD + ".mine", RECORD])

    with watching(node, timeout=5) as ended:
        assert {"changed": True, "msg": "The watch ended after 5 s."}.items() <= ended().items()
    with watching(node, connect_timeout=30) as ended:
        node.freeze_corosync()  # so that it is just waiting for an answer when it is told to end
        time.sleep(1.5)
        node.run(["sh", "-c", 'printf \'broken {\\n\\377\\n[1]\\n{"at": "half\' >>' + RECORD])
        answer = ask(node, "stopped")
        assert answer.pop("seconds") < 15, "the answer that it waits for may take 30 s"
        node.thaw_corosync()
    assert events(answer["timeline"]) == ["state", "watch_ended", "state", "watch_ended", "state"]
    assert answer["unreadable"] == 4
    assert answer["was_running"]
    assert left_behind(node) == []


def test_a_power_cut_ends_a_watch_and_the_next_one_goes_on_in_the_same_record(lab, cluster):
    node = cluster(nodes=1)[1]
    put_module_library(node)
    with watching(node) as ended:
        # A power cut ends all processes of a node at once. The lab ends them one after the other: the watch must not live to see its corosync die.
        ended.send("STOP")
        node.run(["sync"])
        power = time.time()
        node.power_cut()
        node.boot()
    before = ask(node, "read")
    assert (events(before["timeline"]), before["running"]) == (["state"], False)
    node.stop_corosync()
    with watching(node):
        until(lambda: len(ask(node, "read")["timeline"]) > 1)
        node.start_corosync()
        until(lambda: ask(node, "read")["timeline"][-1]["event"] == "state")
        answer = ask(node, "stopped")
    assert events(answer["timeline"]) == ["state", "watch_ended", "corosync_unavailable", "corosync_available", "state"]
    assert seconds_of(answer["timeline"][1]["at"]) <= power, "the sign of life of the first one is what there is"
    assert answer["until"] == answer["now"]
    assert left_behind(node) == []


def test_a_record_that_cannot_be_written_is_told_of(lab, cluster):
    node = cluster(nodes=1)[1]
    put_module_library(node)
    node.sh("mkdir -p /mnt/small && mount -t tmpfs -o size=4k,mode=0755 none /mnt/small && head -c 4000 /dev/zero >/mnt/small/full")
    try:
        refused = ask(node, "running", check=False, record="/mnt/small/full")
        assert "/mnt/small/full" in refused["msg"] and "No space left on device" in refused["msg"] and "df -h" in refused["msg"]
        assert node.run(["stat", "-c", "%s", "/mnt/small/full"]).stdout.strip() == "4001", "no half line is left, only the end of what was there"
        assert "/mnt/small/full/x" in ask(node, "running", check=False, record="/mnt/small/full/x")["msg"]
        assert "become: true" in ask(node, "running", check=False, user="nobody")["msg"]
        assert "symbolic link" in ask(node, "running", check=False, record="/proc/self/exe")["msg"]
    finally:
        node.sh("umount /mnt/small; rmdir /mnt/small")
    node.stop_corosync()
    assert left_behind(node) == []
