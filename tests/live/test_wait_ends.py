# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wait_for_quorum ends: never later than its timeout and two seconds, at once where there is no way in, and without a trace on any machine."""

import contextlib
import ipaddress
import json
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest
from lab.network import controller_address
from patience import comes_to
from playing import Play, events, users_ssh, wait

LATE = 2

# The ways from the controller to a module: host variables of an alias of a node each
WAYS = {
    "plain": {},
    "temporary": {"ansible_pipelining": False},
    "sudo": {"ansible_become": True, "ansible_become_method": "sudo"},
    "sudo-temporary": {"ansible_become": True, "ansible_become_method": "sudo", "ansible_pipelining": False},
    "su": {"ansible_become": True, "ansible_become_method": "su"},
    "su-temporary": {"ansible_become": True, "ansible_become_method": "su", "ansible_pipelining": False},
}

# Every process of a node with a mark in its command or environment, but itself: "pid command"
MARKED = r"""
import os, sys
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        told = open("/proc/%s/cmdline" % pid, "rb").read() + open("/proc/%s/environ" % pid, "rb").read()
        state = open("/proc/%s/stat" % pid).read().rpartition(")")[2].split()[0]
    except OSError:
        continue
    if os.fsencode(sys.argv[1]) in told and state not in "ZX" and int(pid) != os.getpid():
        print(pid, told[:150].replace(b"\0", b" ").decode("utf-8", "replace"))
"""


def unanswering(node, lab):
    """Let a node answer nothing to the controller: what it sends there is dropped."""
    node.block([str(controller_address(ipaddress.ip_network(lab.recorded["subnet"])))])


def elapsed(play, timeout):
    """The result of a wait that failed, when it did at last: how long the task took for the controller."""
    answer = play.result(timeout + 30)
    began = next(at for at, line in play.lines if line.startswith("TASK"))
    assert answer.status == "failed", answer.result
    assert answer.result["msg"].startswith(f"Timed out after {timeout:g} s.")
    assert answer.result["unmet"] and answer.result["timeline"]
    assert answer.result["elapsed"] <= timeout + LATE
    # What is before the wait and after it is Ansible's own: the line of the task is printed first, and on a busy machine seconds before.
    assert answer.at - began <= timeout + LATE + 10, f"ended {answer.at - began:.2f} s after it began"
    assert answer.result["elapsed"] >= timeout - 1.1
    return answer.result


def test_never_later_than_its_timeout(lab, cluster):
    """node3 loses its power, node2 does not answer, node1 is frozen; one wait begins when node2 is deaf already.

    The time of a wait goes from when it begins: each node has its fault as soon as its own waits have begun, and the others' are begun then.
    """
    made = cluster(nodes=3)
    with contextlib.ExitStack() as stack:

        def begin(node, timeout, **options):
            return stack.enter_context(Play(lab, [wait(quorate=False, timeout=timeout, **options)], hosts=node)), timeout

        def have_begun(*waits):
            for play, _timeout in waits:
                play.until("wait_for_quorum: [")
            time.sleep(random.uniform(0, 1.5))

        long_off, off = begin("node3", 38), begin("node3", 20)
        have_begun(long_off, off)
        made[3].power_cut()
        deaf = begin("node2", 14)  # less than it takes to notice, from the first look on
        have_begun(deaf)
        unanswering(made[2], lab)
        unreachable = begin("node2", 7)
        frozen, patient = begin("node1", 16), begin("node1", 18, connect_timeout=60)
        have_begun(frozen, patient)
        made[1].freeze_corosync()
        results = {play: elapsed(play, timeout) for play, timeout in (frozen, patient, deaf, unreachable, off, long_off)}
        made[1].thaw_corosync()
    # on a machine that is busy as well, the module's own words may come too late
    assert all("frozen" in results[play]["msg"] or "gave no answer" in results[play]["msg"] for play, _timeout in (frozen, patient))
    assert results[frozen[0]]["votequorum"]["quorate"] is True, "the last that was seen"
    assert all("out of reach" in results[play]["msg"] for play, _timeout in (unreachable, long_off))
    assert "gave no answer" in results[deaf[0]]["msg"]
    assert "unreachable" in events(results[long_off[0]]), "a node that vanishes without a word is noticed within 20 s"
    assert results[unreachable[0]]["votequorum"] is None
    assert results[unreachable[0]]["quorate"] is False
    assert events(results[unreachable[0]]) == ["unreachable"]


class Interrupted:
    """A play with a wait on one node in each of the WAYS, to be interrupted. Its processes carry a mark."""

    def __init__(self, lab, made, name, folder, **keywords):
        self.mark = f"QUORUM_TEST={name}-{random.getrandbits(32)}"
        self._node = made[1]
        inventory = pathlib.Path(folder, name + ".json")
        known = json.loads(
            subprocess.run(
                [str(Play.program("ansible-inventory")), "--list"],
                env=dict(os.environ, ANSIBLE_CONFIG=str(lab.ansible_cfg)),
                capture_output=True,  # an ssh that was killed leaves the tests' own outputs non-blocking, which Ansible refuses
                check=True,
                timeout=30,
            ).stdout
        )["_meta"]["hostvars"]["node1"]
        inventory.write_text(json.dumps({"all": {"hosts": {way: dict(known, **more) for way, more in WAYS.items()}}}), encoding="utf-8")
        variable, _equals, content = self.mark.partition("=")
        self.play = Play(
            lab,
            [wait(quorate=False, timeout=300, keywords=dict(keywords, environment={variable: content}))],
            hosts="all",
            arguments=["-i", str(inventory), "-f", "10"],
        )

    def left(self):
        """What still runs on the node."""
        return self._node.python(MARKED, self.mark).stdout

    def left_here(self):
        """What still runs on this machine of the play: ssh clients, which carry the mark in their command, and workers."""
        return [
            line
            for line in subprocess.run(
                [Play.program("python"), "-c", MARKED, self.mark], stdout=subprocess.PIPE, text=True, check=True, timeout=30
            ).stdout.splitlines()
            if "nsenter" not in line
        ]

    def workers(self):
        """The processes in which Ansible runs the task, one for each host."""
        parent = self.play.process.pid
        return [int(pid) for pid in pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()]


HOW = ("ctrl-c", "parent killed", "all killed", "task timeout")


def interrupt(wait_of, how):
    if how == "ctrl-c":
        wait_of.play.signal(signal.SIGINT)
    elif how == "parent killed":
        wait_of.play.signal(signal.SIGKILL, whole_group=False)
    elif how == "all killed":
        wait_of.play.signal(signal.SIGKILL)
    else:
        # What the task's keyword `timeout` has the kernel do, once all the waits have begun: how long that takes depends on the machine.
        for worker in wait_of.workers():
            os.kill(worker, signal.SIGALRM)


def test_interrupted_it_leaves_no_process(lab, cluster, tmp_path):
    made = cluster(nodes=1)
    with contextlib.ExitStack() as stack:
        waits = {how: Interrupted(lab, made, how.replace(" ", "-"), tmp_path, **({"timeout": 600} if how == "task timeout" else {})) for how in HOW}
        for wait_of in waits.values():
            stack.enter_context(wait_of.play)
        for wait_of in waits.values():
            # beyond the first look, in the long slice
            wait_of.play.until("wait_for_quorum: [", timeout=60, count=len(WAYS))
        time.sleep(random.uniform(2, 4))
        for how, wait_of in waits.items():
            assert wait_of.left().count("python") >= len(WAYS), how
            interrupt(wait_of, how)
        results = waits["task timeout"].play.end(60)
        assert len(results) == len(WAYS)
        assert all(answer.status == "failed" and "timed out" in str(answer.result).lower() for answer in results)
        for how, wait_of in waits.items():
            assert comes_to("", wait_of.left) == "", how
            assert comes_to([], wait_of.left_here) == [], how


def test_it_leaves_no_connection_of_its_own(lab, cluster):
    """And the one that is shared stays."""
    cluster(nodes=1)
    with users_ssh() as environment:
        folder = pathlib.Path(environment["ANSIBLE_SSH_CONTROL_PATH_DIR"])
        with Play(lab, [wait(quorate=False, timeout=20)], environment=environment) as play:
            while not masters(folder):
                assert play.process.poll() is None, "none was there while it waited"
                time.sleep(0.2)
            play.result()
            assert masters(folder) == []
            assert list(folder.iterdir()) == []
            assert masters(folder.with_name("users-"))


# Until one is seen frozen: on a slow machine the first look's module may still be ending, and a signal to it freezes nothing.
FREEZE_MODULE = """
for attempt in $(seq 100); do
    modules=$(pgrep -f 'python.*AnsiballZ_wait_for_quorum') && kill -STOP $modules 2>/dev/null
    sleep 0.2
    for module in $modules; do
        grep -q '^State:.*stopped' /proc/$module/status 2>/dev/null && exit 0
    done
done
echo "no module of the wait was there to freeze for 20 s" >&2
exit 1
"""


def test_a_wait_that_is_cut_off_leaves_no_folder_and_tells_the_state_once(lab, cluster):
    """Without pipelining, where each command opens its own connection, which is slow: the last look comes in time all the same."""
    made = cluster(nodes=2)
    environment = {"ANSIBLE_PIPELINING": "false", "ANSIBLE_SSH_ARGS": "-o ControlMaster=no"}
    with contextlib.ExitStack() as stack:
        late = stack.enter_context(Play(lab, [wait(quorate=False, timeout=9)], environment=environment))
        frozen = stack.enter_context(Play(lab, [wait(quorate=False, timeout=12, connect_timeout=60)], hosts="node2", environment=environment))
        frozen.until("wait_for_quorum: [")
        # The module in its long slice, which is cut off: the line is of the first look.
        made[2].sh(FREEZE_MODULE)
        results = [late.result().result, frozen.result().result]
    assert "gave no answer" in results[1]["msg"]
    made[2].sh("kill -KILL $(pgrep -f AnsiballZ_wait_for_quorum)", check=False)
    for play, result, node in zip((late, frozen), results, made):
        assert result["msg"].startswith("Timed out after ") and result["votequorum"]["quorate"] is True
        assert play.output.count("highest_expected") == 1, play.output
        assert comes_to("", lambda node=node: node.sh("ls -A /root/.ansible/tmp").stdout) == ""


def masters(beginning):
    """The ssh masters of this machine whose socket's name begins like this."""
    told = subprocess.run(["ps", "-eo", "args="], stdout=subprocess.PIPE, text=True, check=True, timeout=10).stdout
    return [line for line in told.splitlines() if line.startswith(f"ssh: {beginning}") and line.endswith("[mux]")]


@pytest.fixture(name="tired")
def _tired(lab, cluster):
    """A user of node1 who may log in with the lab's key and use sudo with a password."""
    node = cluster(nodes=1)[1]
    node.sh("useradd -m -G sudo tired && echo tired:secret | chpasswd && cp -r ~root/.ssh ~tired/ && chown -R tired: ~tired/.ssh")
    yield node
    node.sh("rm -f /run/nologin; pkill -KILL -u tired; userdel -rf tired 2>/dev/null || true")


# What is wrong: variables of the node, words of the message
NO_WAY_IN = [
    ({"ansible_user": "stranger"}, "Permission denied (publickey"),
    ({"ansible_user": "tired", "ansible_become": "true"}, "Missing sudo password"),
    ({"ansible_user": "tired", "ansible_become": "true", "ansible_become_password": "wrong"}, "Incorrect sudo password"),
]


def with_variables(lab, variables, **options):
    return Play(lab, [wait(timeout=60, **options)], arguments=[argument for name, text in variables.items() for argument in ("-e", f"{name}={text}")])


@pytest.mark.usefixtures("tired")
def test_no_way_in_ends_it_at_once(lab):
    with contextlib.ExitStack() as stack:
        plays = [stack.enter_context(with_variables(lab, variables)) for variables, _words in NO_WAY_IN]
        for play, (_variables, words) in zip(plays, NO_WAY_IN):
            result = play.result(50).result
            assert words in result["msg"]
            assert result["elapsed"] < 20
            # ssh may have gone before Ansible has sent anything. That alone says nothing of the reason.
            assert [line for line in play.output.splitlines() if "Trying again" in line and "pipe" not in line] == []


@pytest.mark.usefixtures("tired")
def test_a_node_without_room_for_ansibles_files_is_not_out_of_reach(lab):
    with with_variables(lab, {"ansible_pipelining": "false", "ansible_remote_tmp": "/proc/none"}) as play:
        result = play.result(50).result
    assert result["msg"].startswith("The node cannot run the module: Failed to create temporary directory.")
    assert result["elapsed"] < 30


def test_a_node_that_is_starting_lets_nobody_in_yet(lab, tired):
    """As systemd says it until the node is up."""
    tired.sh(
        "echo 'System is booting up. Unprivileged users are not permitted to log in yet. Please come back later. For technical details, "
        "see pam_nologin(8).' >/run/nologin"
    )
    with with_variables(lab, {"ansible_user": "tired", "ansible_become": "true", "ansible_become_password": "secret"}) as play:
        play.until("The node is out of reach")
        tired.sh("rm /run/nologin")
        assert play.result(50).status == "ok"


def connections(node):
    """How many connections to votequorum there are on a node."""
    return int(node.sh("find /dev/shm -name '*event-votequorum-data*' | wc -l").stdout)


def test_fifty_waits_at_once(lab, cluster, tmp_path):
    made = cluster(nodes=2)
    hosts = tmp_path / "fifty"
    hosts.write_text("".join(f"wait{number:02} ansible_connection=local\n" for number in range(50)), encoding="utf-8")
    task = wait(absent=["node2"], quorate=None, timeout=900, progress=False, keywords={"delegate_to": "node1"})
    with Play(lab, [task], hosts="wait*", arguments=["-i", str(lab.inventory), "-i", str(hosts), "-f", "50"]) as play:
        deadline = time.monotonic() + 400
        while connections(made[1]) < 50:
            assert time.monotonic() < deadline and play.process.poll() is None, f"{connections(made[1])} connections\n{play.output}"
            time.sleep(0.5)
        made[2].stop_corosync()
        gone = time.time()
        answers = play.end(150)
    assert [answer.status for answer in answers] == ["ok"] * 50, play.output
    assert all(answer.result["votequorum"]["members"] == [1] for answer in answers)
    assert max(answer.at for answer in answers) - gone < 150
    assert comes_to(0, lambda: connections(made[1])) == 0
