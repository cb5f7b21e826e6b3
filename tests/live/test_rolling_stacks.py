# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real upgrades under real pacemaker by the playbook rolling_upgrade, with pcs and with crmsh: drained, stopped, upgraded, started, taken back.

Each has one run that is interrupted on its first node, and one that goes on from there. The hosts have other names in the inventory than
their nodes have in corosync and pacemaker.
"""

import json

import pytest
from lab import Pacemaker, private_lab
from lab.host import CHECKOUT
from playing import Play

BOOK = CHECKOUT / "playbooks/rolling_upgrade.yml"
HOSTS = ["host1", "host2", "host3"]  # the last one goes first
BREAK = [{"name": "Break", "ansible.builtin.command": {"argv": ["sh", "-c", "echo the disk is full >&2; exit 1"]}, "changed_when": True}]
DONE = [{"name": "Nothing to upgrade", "ansible.builtin.debug": {"msg": "as it was"}}]


class Run:
    """Runs of the playbook on one cluster, and the results of the last one."""

    def __init__(self, lab, made, folder, stack, **variables):
        self.lab, self.folder, self.results = lab, folder, []
        self.variables = dict(
            {
                "rolling_upgrade_group": "nodes",
                "rolling_upgrade_stack": stack,
                "rolling_upgrade_stable_for": 0.5,
                "rolling_upgrade_timeout": 60,
                "rolling_upgrade_report": str(folder / "report.html"),
            },
            **variables,
        )
        self.inventory = made.inventory(folder / "inventory.yml")
        self.inventory.write_text(self.inventory.read_text(encoding="utf-8").replace("    node", "    host"), encoding="utf-8")

    def end(self, steps=None):
        """Run it to its end; the messages of what failed. steps: tasks for a step, by its name."""
        given = dict(self.variables)
        for step, tasks in (steps or {}).items():
            path = self.folder / (f"{step}.yml")
            path.write_text(json.dumps(tasks), encoding="utf-8")
            given[f"rolling_upgrade_{step}_tasks"] = str(path)
        with Play(self.lab, BOOK, arguments=["-i", str(self.inventory), "-e", json.dumps(given)]) as play:
            self.results = play.end(400)
            failed = ("failed", "unreachable", "item failed")
            failures = [result.result.get("msg", "") for result in self.results if result.status in failed]
            assert bool(play.process.returncode) == bool(failures), play.output
        return "\n".join(failures)

    def ended(self, task):
        """When a task had ended, by host."""
        return {result.host: result.at for result in self.results if result.task.endswith(" : " + task) and result.status == "ok"}


def standby(pacemaker, on=None):
    return [name for name, state in pacemaker.nodes(on).items() if state["standby"]]


def left(follower, node, before):
    """When the clone last left this node before a moment."""
    changes = follower.seen["everywhere"]
    return max(at for (_at, there), (at, now) in zip(changes, changes[1:]) if node in there and node not in now and at < before)


def check_drains(run, follower, hosts):
    """These nodes were drained and no others; nothing ran there any more when the gate after the drain was asked, and then came the stop."""
    stopped, drained = run.ended("Stop this node"), run.ended("Drain this node")
    assert sorted(drained) == sorted(hosts)
    for host in hosts:
        gates = [
            result.at for result in run.results if result.host == host and result.task.endswith("whether this node may be stopped") and result.status == "ok"
        ]
        assert gates[0] < drained[host] < gates[-1] < stopped[host]
        assert left(follower, host.replace("host", "node"), stopped[host]) < gates[-1], "it was the stop that ended what ran there"


def test_pcs_refuses_what_the_gate_allows(tmp_path):
    """The tie-breaker keeps quorum with half of the votes. pcs only compares votes with quorum: its no counts, and the user may overrule it."""
    with private_lab("roll-pcs-refusal", nodes=3, stack="pcs") as lab:
        made = lab.cluster(nodes=3, votes={3: 2}, quorum={"auto_tie_breaker": 1})
        made.wait_quorate()
        pacemaker = Pacemaker(made).start()
        witness = made.watch()
        run = Run(lab, made, tmp_path, "pcs", rolling_upgrade_packages=[], rolling_upgrade_needed="{{ inventory_hostname == 'host3' }}")
        before = made["node3"].run(["pgrep", "-x", "corosync"]).stdout
        said = run.end({"upgrade": DONE})
        assert "`pcs cluster stop` failed: " in said and "will cause a loss of the quorum" in said, said
        assert made["node3"].run(["pgrep", "-x", "corosync"]).stdout == before
        assert standby(pacemaker) == ["node3"]
        force = [{"name": "Stop it all the same", "ansible.builtin.command": {"argv": ["pcs", "cluster", "stop", "--force"]}, "changed_when": True}]
        assert run.end({"upgrade": DONE, "stop": force}) == ""
        assert sorted(run.ended("Stop it all the same")) == ["host3"]
        pacemaker.wait_ready()
        assert witness.losses() == []


@pytest.mark.parametrize("stack, broken", [("pcs", "start"), ("crmsh", "upgrade")])
def test_debian_12_to_13(stack, broken, tmp_path):
    with private_lab("roll-" + stack, nodes=3, stack=stack, upgrade_to="trixie") as lab:
        made = lab.cluster(nodes=3)
        made.wait_quorate()
        pacemaker = Pacemaker(made).start()
        witness = made.watch()
        run = Run(lab, made, tmp_path, stack)
        if stack == "pcs":
            made["node2"].run(["systemctl", "stop", "pacemaker"])
            assert "host2: pacemaker does not run, so the stack pcs can neither drain the node nor bring it back." in run.end()
            made["node2"].run(["systemctl", "start", "pacemaker"])
            pacemaker.wait_ready()
            run.variables["rolling_upgrade_stack"] = "corosync"
            assert "host3: pacemaker runs there. The stack corosync would stop it together with corosync" in run.end()
            run.variables["rolling_upgrade_stack"] = "pcs"
        if stack == "crmsh":
            made["node2"].run(["mv", "/root/.ssh/id_ed25519", "/root/.ssh/away"])
            assert "`crm cluster stop` would fail on host2" in run.end()
            assert not any(node.run(["test", "-e", "/var/lib/corosync-quorum"], check=False).returncode == 0 for node in made)
            made["node2"].run(["mv", "/root/.ssh/away", "/root/.ssh/id_ed25519"])
        with pacemaker.follow() as follower:
            assert "Stopped because host3 failed." in run.end({broken: BREAK})
            check_drains(run, follower, ["host3"])
            assert standby(pacemaker, made["node1"]) == ["node3"]

            assert run.end() == ""
            check_drains(run, follower, ["host1", "host2"])
            assert sorted(run.ended("Upgrade the packages of this node")) == (["host1", "host2"] if broken == "start" else HOSTS)
            assert sorted(run.ended("Undrain this node")) == HOSTS
            assert standby(pacemaker) == []
            pacemaker.wait_ready()
        assert [node.run(["dpkg-query", "-W", "-f", "${source:Upstream-Version}", "corosync"]).stdout[:5] for node in made] == ["3.1.9"] * 3
        assert all("version '3.1.9" in node.run(["corosync", "-v"]).stdout for node in made)
        assert all(state["online"] for state in pacemaker.nodes().values()) and len(pacemaker.nodes()) == 3
        assert all(node.run(["systemctl", "is-active", "corosync", "pacemaker"]).stdout.split() == ["active"] * 2 for node in made)
        assert witness.losses() == []
        assert follower.down("everywhere") == []
        assert min(len(names) for _at, names in follower.seen["everywhere"]) == 2, "a node went before the one before it was back"
        assert "Quorum was never lost on a node that was up." in (tmp_path / "report.html").read_text(encoding="utf-8")
