# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role `monitor` on a real node: from nothing to a service with no more rights than it needs, to another version of it, and back to nothing.

What Prometheus makes of the metrics is molecule's scenario `monitor`.
"""

import ipaddress

import pytest
from lab.network import controller_address
from patience import comes_to, until
from playing import Play

from ansible_collections.corosync.quorum.plugins.plugin_utils import _program
from ansible_collections.corosync.quorum.plugins.plugin_utils._monitor import unit
from ansible_collections.corosync.quorum.tests.unit.fakes.receivers import Receiver, authority

FOLDER, OTHER = "/var/lib/prometheus/node-exporter", "/srv/metrics"
TEXTFILE, MOVED = f"{FOLDER}/corosync_quorum.prom", f"{OTHER}/corosync_quorum.prom"
TOKEN, CA_FILE = "s3cret-of-the-lab", "/etc/lab-ca.pem"
ROLE = {"ansible.builtin.include_role": {"name": "corosync.quorum.monitor"}}
WRITE, START = "Write or remove the program, its launcher and its unit", "Start the service corosync-quorum"
STOP = "Stop the service corosync-quorum before its files change"
# All files of the role. The collection's own are below /opt, and corosync has a program of a similar name.
OURS = (
    "find / -xdev '(' -name '*corosync-quorum*' -o -name '*corosync_quorum*' ')' -not -path '/opt/*' -not -path '/usr/share/*' -not -name '*quorumtool*' | sort"
)


def tasks_that_changed(results):
    return [result.task.split(" : ")[-1] for result in results if result.status == "ok" and result.result.get("changed")]


class Node:
    """node1, and the role on it."""

    def __init__(self, lab, node):
        self.lab, self.node = lab, node

    def plays(self, *arguments, code=0, **variables):
        """Run the role. Returns the results and the output."""
        with Play(self.lab, [dict(ROLE, vars=variables)], arguments=arguments) as play:
            results = play.end(120)
            assert play.process.returncode == code, play.output
            return results, play.output

    def changed(self, *arguments, **variables):
        """Run the role. Returns the tasks that changed something."""
        return tasks_that_changed(self.plays(*arguments, **variables)[0])

    def refused(self, **variables):
        """What the role says when it refuses."""
        failed = [result for result in self.plays(code=2, **variables)[0] if result.status == "failed"]
        assert failed[0].task.endswith("Check the variables and compare them with the node"), failed
        return failed[0].result["msg"]

    def sh(self, script):
        return self.node.sh(script).stdout.strip()

    def up(self, path=TEXTFILE):
        return self.sh(f"sed -n 's/^corosync_quorum_up //p' {path}")

    def shows(self, name):
        return self.sh(f"systemctl show --property {name} --value corosync-quorum")


@pytest.fixture(name="receiver")
def _receiver(one, tmp_path):
    """A receiver on this machine with TLS, whose authority is on the node in CA_FILE."""
    address = str(controller_address(ipaddress.IPv4Network(f"{one.node.address}/24", strict=False)))
    ca, tls = authority(tmp_path, address)
    one.node.put(ca.read_text(encoding="utf-8"), CA_FILE)
    with Receiver(address, tls=tls) as receiver:
        yield receiver


@pytest.fixture(name="one")
def _one(lab, cluster):
    made = cluster(nodes=1)
    node = Node(lab, made[1])
    node.sh(f"mkdir -p {FOLDER} {OTHER}")
    yield node
    node.sh(
        f"systemctl disable --now corosync-quorum 2>/dev/null; rm -rf {_program.FOLDER} {_program.LAUNCHER} {unit.PATH} {unit.TOKEN_FOLDER} {FOLDER} {OTHER} "
        f"{CA_FILE}; "
        "systemctl daemon-reload"
    )


def test_from_nothing_to_a_service_and_back(one):
    before = one.sh(OURS)
    said = one.refused(monitor_textfile="/var/lib/nowhere/x.prom", monitor_post_ca_file="/etc/hostname", monitor_post_url="https://eda.example.com/")
    assert "on node1 the folder /var/lib/nowhere is not there" in said and "on node1 it has no certificate" in said
    assert one.changed("--check", monitor_textfile=TEXTFILE) == [WRITE]
    assert one.sh(OURS) == before

    assert one.changed(monitor_textfile=TEXTFILE) == [WRITE, START]
    assert one.up() == "1" and one.shows("ActiveState") == "active"
    assert one.changed(monitor_textfile=TEXTFILE) == []
    assert one.sh("corosync-quorum status").startswith("node1 (node id 1) of the cluster")
    is_confined(one)
    survives_a_frozen_corosync(one)
    is_started_again(one)

    assert one.changed(monitor_state="absent") == [STOP, WRITE]
    assert one.sh(OURS) == before and one.shows("LoadState") == "not-found"


def is_confined(one):
    """Both processes of the service: no capability, no more to come, a filter of system calls, and nothing to write to but the folder of the metrics."""
    pids = one.sh("cat /sys/fs/cgroup/system.slice/corosync-quorum.service/cgroup.procs").split()
    assert pids
    for pid in pids:
        status = dict(line.split(":\t") for line in one.sh(f"cat /proc/{pid}/status").splitlines() if ":\t" in line)
        assert (int(status["CapPrm"], 16), int(status["CapBnd"], 16), status["NoNewPrivs"], status["Seccomp"]) == (0, 0, "1", "2")
    inside = f"nsenter --target {pids[0]} --mount sh -c"
    tried = f"for path in /etc {_program.FOLDER} /var/lib {FOLDER}; do touch $path/lab 2>/dev/null && echo $path; done; rm -f {FOLDER}/lab"
    assert one.sh(f"{inside} '{tried}'") == FOLDER
    assert one.shows("RestrictAddressFamilies") == "AF_UNIX"


def survives_a_frozen_corosync(one):
    one.node.freeze_corosync()
    assert comes_to("0", one.up, 60) == "0"
    assert 'down_info{reason="timeout"} 1' in one.sh(f"cat {TEXTFILE}")
    one.node.thaw_corosync()
    assert comes_to("1", one.up, 60) == "1"
    assert one.shows("NRestarts") == "0"


def is_started_again(one):
    """By systemd after a crash, and by the role where somebody stopped it or a run was interrupted after it had."""
    main = one.shows("MainPID")
    one.sh(f"kill -9 {main}")
    until(lambda: one.shows("ActiveState") == "active" and one.shows("MainPID") not in ("0", main), 60)
    one.sh("systemctl disable --now corosync-quorum")
    assert one.changed(monitor_textfile=TEXTFILE) == [START]
    assert one.shows("ActiveState") == "active" and one.sh("systemctl is-enabled corosync-quorum") == "enabled"


def test_a_service_that_only_posts_must_stay_active(one):
    """There are no metrics that show whether it works. Here systemd cannot run its launcher: it is in a folder that the service does not see."""
    post = {"monitor_post_url": "https://127.0.0.1:1/"}
    one.sh("mkdir -p /run/systemd/system/corosync-quorum.service.d")
    drop_in = "/run/systemd/system/corosync-quorum.service.d/lab.conf"
    one.node.put("[Service]\nExecStart=\nExecStart=/home/corosync-quorum\n", drop_in)
    try:
        failed = [result for result in one.plays(code=2, **post)[0] if result.status == "failed"]
        assert [result.result["msg"].partition(" on node1")[0] for result in failed] == ["The service corosync-quorum does not stay active"]
    finally:
        one.sh(f"rm {drop_in}; systemctl daemon-reload; systemctl stop corosync-quorum")
    assert one.changed(**post) == [START]
    assert one.changed(**post) == []


def test_an_older_version_is_upgraded_file_by_file_and_settings_change(one, receiver):
    one.plays(monitor_textfile=TEXTFILE)
    module = f"{_program.FOLDER}/{_program.PACKAGE}/_program"
    # What another version would have: a file with another text, one that is no longer needed, and one that is missing.
    one.sh(
        f"echo '# older' >>{module}/check.py; echo 'OLD = 1' >{module}/old.py; python3 -m py_compile {module}/old.py; rm {module}/page.py; "
        f"chmod 0777 {_program.LAUNCHER}"
    )
    results, shown = one.plays("--diff", monitor_textfile=TEXTFILE)
    assert tasks_that_changed(results) == [STOP, WRITE, START]
    assert "-# older" in shown and f"- {module}/old.py" in shown and f"+ {module}/page.py" in shown
    assert shown.count("--- before: ") == 1 and f"~ {_program.LAUNCHER} (mode 0755, owner root)" in shown
    assert one.sh(f"ls {module}/page.py {module}/__pycache__/old.* 2>/dev/null || true") == f"{module}/page.py"
    assert one.sh(f"stat --format %a {_program.LAUNCHER}") == "755"
    assert one.up() == "1"

    # The folder of another user needs one capability. The token is in no process list, and in nothing that is shown.
    one.sh(f"chown 65534 {OTHER}; chmod 0755 {OTHER}")
    post = {"monitor_textfile": MOVED, "monitor_post_url": f"{receiver.url}/quorum?a=%20$b", "monitor_post_token": TOKEN, "monitor_post_ca_file": CA_FILE}
    _results, output = one.plays("--diff", "-vvv", **post)
    assert TOKEN not in output and f"~ {unit.TOKEN_FILE} (not shown)" in output
    assert one.sh(f"ls {FOLDER}") == "" and one.up(MOVED) == "1"
    assert one.sh(f"stat --format '%a %U' {unit.TOKEN_FILE}; cat {unit.TOKEN_FILE}") == f"600 root\n{TOKEN}"
    assert "/quorum?a=%20$b" in one.sh("tr '\\0' ' ' </proc/$(systemctl show --property MainPID --value corosync-quorum)/cmdline")
    assert TOKEN not in one.sh("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' ' '; journalctl --no-pager")
    assert one.shows("CapabilityBoundingSet") == "cap_dac_override"
    assert one.changed(**post) == []
    delivers_events(one, receiver)

    # Without either there is the program alone.
    assert one.changed() == [STOP, WRITE]
    assert one.sh(f"ls -A {OTHER} {unit.PATH} {unit.TOKEN_FOLDER} 2>/dev/null || true") == f"{OTHER}:"
    assert one.node.run(["corosync-quorum", "check"], check=False).returncode == 1, "a cluster of one node has no reserve"


def delivers_events(one, receiver):
    """The service, with no more rights than it needs: each event once, with the token, over TLS that it has verified."""
    until(lambda: receiver.taken)
    one.node.kill_corosync()
    until(lambda: len(receiver.taken) > 1)
    one.node.start_corosync()
    until(lambda: len(receiver.taken) > 2)
    assert [event["event"] for event in receiver.taken[:3]] == ["state", "corosync_unavailable", "corosync_available"]
    assert receiver.got == receiver.taken and {event["node"] for event in receiver.taken} == {"node1"}
    assert set(receiver.paths) == {"/quorum?a=%20$b"} and {headers["Authorization"] for headers in receiver.headers} == {f"Bearer {TOKEN}"}
    assert one.shows("NRestarts") == "0"
