# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the role rolling_upgrade in the background, and what they have done to the nodes. The upgrade itself is a task of the test."""

import json
import re

from lab.host import CHECKOUT
from playing import Play

BOOK = CHECKOUT / "playbooks/rolling_upgrade.yml"
ROLE = "corosync.quorum.rolling_upgrade"
ALONE = {"roles": [ROLE]}
MARK = "/var/lib/corosync-quorum/rolling-upgrade.json"
DONE = [{"name": "Count", "ansible.builtin.shell": "echo done >>/etc/corosync/upgraded", "changed_when": True}]  # goes with the cluster


def version(node, package="corosync"):
    """Of an installed package, as its authors call it: 3.1.7, without Debian's additions."""
    return re.match(r"[\d.]+", node.run(["dpkg-query", "-W", "-f", "${source:Upstream-Version}", package]).stdout).group()


def begin(lab, folder, made, steps=None, plays=(), arguments=(), ansible_playbook=None, **variables):
    """The playbook on all nodes, or plays of one's own, one node after the other, begun at once; steps: tasks for a step, by its name.

    folder: for its files and its report; two runs side by side need two of them.
    """
    given = {
        "rolling_upgrade_group": "nodes",
        "rolling_upgrade_packages": [],
        "rolling_upgrade_needed": True,
        "rolling_upgrade_stable_for": 0.5,
        "rolling_upgrade_report": str(folder / "report.html"),
        "rolling_upgrade_timeout": 30,
    }
    for step, tasks in (steps or {}).items():
        path = folder / (f"{step}.yml")
        path.write_text(json.dumps(tasks), encoding="utf-8")
        given[f"rolling_upgrade_{step}_tasks"] = str(path)
    inventory = made.inventory(folder / "inventory.yml")
    own = folder / "own.json"
    own.write_text(json.dumps([dict({"hosts": "nodes", "serial": 1, "gather_facts": False}, **play) for play in plays]), encoding="utf-8")
    given.update(variables)
    return Play(lab, own if plays else BOOK, arguments=["-i", str(inventory), *arguments, "-e", json.dumps(given)], ansible_playbook=ansible_playbook)


def pids(made):
    """The pid of corosync on each node, by name; what was restarted has another one."""
    return {node.name: node.run(["pgrep", "-x", "corosync"], check=False).stdout.strip() for node in made}


def failures(play):
    """What failed, each once: of a loop its item, and not that one of its items has failed."""
    found = [result.result for result in play.results if result.status in ("failed", "unreachable", "item failed")]
    return [result.get("msg", "") for result in found if "results" not in result]


def upgraded(made):
    """How often the upgrade ran on each node."""
    return [len(node.run(["cat", "/etc/corosync/upgraded"], check=False).stdout.split()) for node in made]


def result_of(page, name, result):
    """The row of a node in the table of nodes, with this result."""
    (row,) = re.findall(rf"<span>{name}.*?</tr>", page.split('<h2 id="nodes">')[1].split("</section>")[0], re.DOTALL)
    assert f">{result}</span>" in row, row
    return row
