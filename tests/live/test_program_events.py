# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program's verbs `events` and `run` on real nodes: each event is caused for real."""

import contextlib
import ipaddress
import json
import time

import pytest
from following import Followed, left_behind, pids
from installing import install, say
from lab.network import controller_address
from patience import until

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.plugin_utils import _program
from ansible_collections.corosync.quorum.tests.unit.fakes.receivers import Receiver, authority


@pytest.fixture(scope="module", name="made")
def _made(lab):
    """One cluster for all tests here, which leave it whole."""
    made = lab.cluster(nodes=3, quorum={"wait_for_all": 1})
    made.wait_quorate()
    install(made)
    yield made
    lab.heal()


def whole(made):
    for node in made:
        node.start_corosync()
    made.wait_ring()
    made.wait_quorate()


def test_nodes_leave_and_join_quorum_and_reserve_are_lost_and_are_back(made):
    with Followed(made[1]) as followed:
        assert followed.names() == ["state"]
        first = followed.events[0]
        assert (first["node"], first["nodeid"], first["votequorum"]["members"], first["changed"]) == ("node1", 1, [1, 2, 3], {})
        made[3].stop_corosync()
        left = followed.wait_for("node_left")
        assert (left["nodes"], left["votequorum"]["missing"]) == (["node3"], [3])
        followed.wait_for("reserve_lost")
        made[2].kill_corosync()
        followed.wait_for("quorum_lost")
        whole(made)
        followed.wait_for("quorum_gained")
        followed.wait_for("reserve_back")
        until(lambda: followed.events[-1]["votequorum"]["members"] == [1, 2, 3])
        assert followed.names()[:3] == ["state", "node_left", "reserve_lost"]
        assert followed.names()[3:5] == ["quorum_lost", "node_left"]
        times = [seconds_of(event["at"]) for event in followed.events]
        assert times == sorted(times)
    until(lambda: not left_behind(made[1]))


def test_a_node_restarts_unseen_and_corosync_is_killed_and_comes_back(made):
    with Followed(made[1], "--heartbeat", "0.5") as followed:
        made[1].kill_corosync()
        gone = followed.wait_for("corosync_unavailable")
        assert (gone["reason"], gone["votequorum"], gone["node"]) == ("not_running", None, "node1")
        assert "systemctl start corosync" in gone["msg"]
        heartbeats = followed.heartbeats
        until(lambda: followed.heartbeats > heartbeats + 1)
        made[3].stop_corosync()
        whole(made)
        followed.wait_for("corosync_available")
        until(lambda: (followed.events[-1]["votequorum"] or {}).get("members") == [1, 2, 3])
        heartbeats = followed.heartbeats
        until(lambda: followed.heartbeats > heartbeats + 1)
    until(lambda: not left_behind(made[1]))


# How long corosync may be frozen until an event has said so. Nodes have the clock of this machine. Seconds.
SHOWN = 15


def test_a_frozen_corosync_is_told_of_and_what_changed_meanwhile_comes_afterwards(made):
    with Followed(made[3]) as followed:
        frozen = time.time()
        made[3].freeze_corosync()
        gone = followed.wait_for("corosync_unavailable")
        assert gone["reason"] == "timeout"
        assert frozen < seconds_of(gone["at"]) <= time.time() < frozen + SHOWN
        made[2].stop_corosync()
        made[3].thaw_corosync()
        followed.wait_for("corosync_available")
        whole(made)
        until(lambda: (followed.events[-1]["votequorum"] or {}).get("members") == [1, 2, 3])
    until(lambda: not left_behind(made[3]))


def test_votes_expected_votes_and_wait_for_all(made):
    with Followed(made[1]) as followed:
        made[1].run(["corosync-quorumtool", "-e", "4"])
        changed = followed.wait_for("expected_votes_changed")["changed"]
        assert changed["expected_votes"] == {"before": 3, "after": 4}
        made[1].run(["corosync-quorumtool", "-e", "3"])
        made[1].run(["corosync-quorumtool", "-n", "2", "-v", "2"])
        votes = followed.wait_for("votes_changed")
        assert (votes["nodes"], votes["changed"]["votes"]["after"]) == (["node2"], [{"node": "node2", "nodeid": 2, "votes": 2}])
        for node in made:
            node.stop_corosync()
        followed.wait_for("corosync_unavailable")
        made[1].start_corosync()
        followed.wait_for("wait_for_all_pending")
        whole(made)
        until(lambda: (followed.events[-1]["votequorum"] or {}).get("quorate") is True)
        assert followed.events[-1]["votequorum"]["nodes"][1]["votes"] == 1


def test_a_replaced_library_is_mapped_anew_and_nothing_is_told_twice(made):
    node = made[2]
    replace = "set -e; lib=$(realpath $(ldconfig -p | awk '$1 == \"libvotequorum.so.8\" { print $NF }')); cp $lib $lib.new; mv $lib.new $lib"
    with Followed(node) as followed:
        before = pids(node)
        node.stop_corosync()
        followed.wait_for("corosync_unavailable")
        node.sh(replace)
        whole(made)
        followed.wait_for("corosync_available")
        assert pids(node) == before, "it is the same process, with another program"
        maps = node.sh(f"cat /proc/{before[-1]}/maps").stdout
        assert "libvotequorum" in maps and "(deleted)" not in maps
        until(lambda: followed.events[-1]["votequorum"]["members"] == [1, 2, 3])
        assert followed.names().count("state") == 1
    until(lambda: not left_behind(node))


def test_nothing_is_left_on_the_node_when_the_reader_has_gone_or_the_input_ends(made):
    with Followed(made[1]) as followed:
        followed.kill()
    until(lambda: not left_behind(made[1]))
    with Followed(made[1], "--until-stdin-ends", ssh=True) as followed:
        followed.kill()
    until(lambda: not left_behind(made[1]))
    made[1].freeze_corosync()
    with Followed(made[1], "--until-stdin-ends", ssh=True) as followed:
        followed.close_stdin()
        assert followed.ended() == 141
    made[1].thaw_corosync()
    made.wait_ring()
    until(lambda: not left_behind(made[1]))
    with Followed(made[1]) as followed:
        made[1].run(["pkill", "-TERM", "-f", "corosync-quorum events"])
        assert followed.ended() == 0
    until(lambda: not left_behind(made[1]))


TOKEN = "live-4f1c.token"
FOLDER = "/var/lib/node-exporter"
PROM = f"{FOLDER}/corosync_quorum.prom"


@contextlib.contextmanager
def resident(node, *options):
    """`corosync-quorum run` as a unit of systemd on a node; gives a function that reads its journal."""
    unit = f"lab-run-{time.monotonic_ns()}"
    node.run(["systemd-run", "-q", f"--unit={unit}", "-p", "TimeoutStopSec=20", _program.LAUNCHER, "run", *options])

    def journal():
        return node.run(["journalctl", "-q", "-u", unit, "-o", "cat", "--no-pager"]).stdout

    journal.unit = unit
    try:
        yield journal
    finally:
        begun = time.monotonic()
        node.run(["systemctl", "stop", unit])
        journal.stopping = time.monotonic() - begun
    assert "Traceback" not in journal()


def arrived(receiver, since=0):
    return [event["event"] for event in receiver.taken[since:]]


def metric(node, name):
    """The lines of a metric in the file, without its name."""
    return [line[len(name) :] for line in node.run(["cat", PROM], check=False).stdout.splitlines() if line.startswith(name)]


def test_run_posts_to_a_receiver_that_is_away_answers_badly_and_is_back_and_writes_the_file(lab, made, tmp_path):
    node = made[1]
    address = str(controller_address(ipaddress.IPv4Network(f"{node.address}/24", strict=False)))
    ca, tls = authority(tmp_path, address)
    node.put(ca.read_text(), "/etc/corosync-quorum-ca.pem")
    node.put(TOKEN + "\n", "/etc/corosync-quorum-token", mode=0o600)
    node.sh(f"mkdir -p {FOLDER}")
    with Receiver(address, tls=tls) as receiver:
        options = ["--textfile", PROM, "--post", receiver.url + "/endpoint", "--token-file", "/etc/corosync-quorum-token"]
        with resident(node, *options, "--ca-file", "/etc/corosync-quorum-ca.pem") as journal:
            until(lambda: arrived(receiver) == ["state"])
            assert (receiver.headers[0]["Authorization"], receiver.paths[0]) == (f"Bearer {TOKEN}", "/endpoint")
            until(lambda: metric(node, "corosync_quorum_members ") == ["3"])
            assert node.run(["stat", "-c", "%a", PROM]).stdout.strip() == "644"
            assert TOKEN not in node.sh("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' ' '").stdout

            receiver.stop()
            made[3].stop_corosync()
            until(lambda: metric(node, "corosync_quorum_members ") == ["2"])
            until(lambda: "cannot be reached: Connection refused" in journal())
            whole(made)
            until(lambda: metric(node, "corosync_quorum_members ") == ["3"])
            for status, said in ((500, "answered 500"), (401, "answered 401"), (307, "a redirect, which is not followed")):
                receiver.answer, receiver.more = status, {"Location": receiver.url + "/elsewhere"} if status == 307 else {}
                receiver.stop()
                receiver.start()
                until(lambda said=said: said in journal(), timeout=90)
            assert arrived(receiver) == ["state"]
            receiver.answer = 200
            until(lambda: "events are delivered again" in journal(), timeout=90)
            until(lambda: {"node_left", "reserve_lost", "node_joined", "reserve_back"} <= set(arrived(receiver)))
            times = [seconds_of(event["at"]) for event in receiver.taken]
            assert times == sorted(times)
            assert set(receiver.paths) == {"/endpoint"}

            had = len(receiver.taken)
            node.freeze_corosync()
            until(lambda: metric(node, "corosync_quorum_up ") == ["0"])
            until(lambda: "corosync_unavailable" in arrived(receiver, had))
            assert metric(node, "corosync_quorum_down_info") == ['{reason="timeout"} 1']
            node.sh("pkill -KILL -f corosync.quorum.events")
            until(lambda: "the process that follows corosync has ended: signal 9 ended it" in journal())
            node.thaw_corosync()
            until(lambda: metric(node, "corosync_quorum_up ") == ["1"])
            made.wait_ring()
            until(lambda: "corosync_available" in arrived(receiver, had))
            assert "state" not in arrived(receiver, had), "the next one knows what was told"
            assert TOKEN not in journal()
            node.freeze_corosync()
        node.thaw_corosync()
    assert journal.stopping < 15, "a frozen corosync does not keep it from ending"
    assert node.run(["systemctl", "show", "-P", "Result", journal.unit], check=False).stdout.strip() in ("success", "")
    assert node.sh(f"ls -A {FOLDER}").stdout.split() == ["corosync_quorum.prom"]
    whole(made)
    until(lambda: not left_behind(made[1]))


@pytest.mark.parametrize("mode, user", [(0o644, None), (0o600, "nobody")])
def test_run_refuses_a_token_that_is_not_roots_alone(made, mode, user):
    made[1].put(TOKEN, "/etc/open-token", mode=mode)
    done = say(made[1], "run", "--post", "https://192.0.2.1/", "--token-file", "/etc/open-token", user=user)
    assert (done.returncode, done.stdout) == (2, "")
    assert "/etc/open-token" in done.stderr and TOKEN not in done.stderr


def test_a_user_whom_corosync_does_not_accept_is_told_so_and_it_goes_on(made):
    node = made[1]
    done = node.run(["timeout", "4", _program.LAUNCHER, "events"], user="nobody", check=False)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(event["event"], event["reason"]) for event in events] == [("corosync_unavailable", "not_allowed")]
    assert "run the task as root" in events[0]["msg"]
