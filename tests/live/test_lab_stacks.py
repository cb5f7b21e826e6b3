# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's stacks are real: pacemaker runs resources, moves them when pcs or crmsh says so, and outlives a real upgrade of corosync."""

import time

import pytest
from lab import LabError, Pacemaker, private_lab

UPGRADE = """\
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q -y -o Dpkg::Options::=--force-confold install corosync
"""
COMMANDS = {
    "pcs": {
        "standby": ["pcs", "node", "standby", "node2"],
        "unstandby": ["pcs", "node", "unstandby", "node2"],
        "stop": ["pcs", "cluster", "stop"],
        "start": ["pcs", "cluster", "start"],
    },
    "crmsh": {
        "standby": ["crm", "node", "standby", "node2"],
        "unstandby": ["crm", "node", "online", "node2"],
        "stop": ["crm", "cluster", "stop"],
        "start": ["crm", "cluster", "start"],
    },
}


def wait_for(what, condition, timeout=60):
    """Return when the condition holds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.1)


@pytest.mark.parametrize("stack", COMMANDS)
def test_a_node_is_drained_stopped_and_taken_back_and_upgraded_meanwhile(stack):
    command = COMMANDS[stack]
    with private_lab("live-" + stack, nodes=3, stack=stack, upgrade_to="trixie") as lab:
        made = lab.cluster(nodes=3)
        made.wait_quorate()
        pacemaker = Pacemaker(made).start()
        watch = made.watch()
        node = made["node2"]
        with pacemaker.follow() as follower:
            node.run(command["standby"])
            wait_for("node2 runs nothing", lambda: "node2" not in pacemaker.where("everywhere") + pacemaker.where("dummy"))
            node.run(command["stop"], timeout=90)
            made.wait_ring([1, 3])
            if stack == "pcs":  # once is enough to know that corosync's newer libraries carry pacemaker
                node.sh(UPGRADE, timeout=200)
            node.run(command["start"], timeout=90)
            made.wait_ring()
            wait_for("node2 is online again", lambda: pacemaker.nodes().get("node2", {}).get("online"))
            node.run(command["unstandby"])
            pacemaker.wait_ready()
        assert follower.down("everywhere") == []
        assert ["node1", "node3"] in [names for _at, names in follower.seen["everywhere"]]
        assert watch.losses() == []
        assert f"version '{'3.1.9' if stack == 'pcs' else '3.1.7'}'" in node.run(["corosync", "-v"]).stdout

        with pacemaker.follow() as follower:  # and the follower can see what it is there to see
            for other in made:
                other.run(["systemctl", "stop", "pacemaker"], timeout=60)
        assert follower.down("everywhere") and follower.down("dummy")


def test_a_stack_is_not_there_without_having_been_asked_for(lab, cluster):
    with pytest.raises(LabError, match="node"):
        Pacemaker(cluster(nodes=1)).start()
    assert lab["node1"].run(["sh", "-c", "command -v pcs crm pacemakerd"], check=False).stdout == ""
