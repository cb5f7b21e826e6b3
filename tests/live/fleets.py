# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Four clusters on one machine, and the playbook rolling_upgrade on all of them."""

import json

from lab.inventory import host_variables
from playing import Play
from upgrading import BOOK

# A node whose file says so fails while it is stopped.
UPGRADE = [
    {"name": "Fail", "ansible.builtin.command": "test ! -e /etc/corosync/fails", "changed_when": False},
    {"name": "Count", "ansible.builtin.shell": "echo done >>/etc/corosync/upgraded", "changed_when": True},  # goes with the cluster
]


def begin(lab, folder, fleet, own=None, hosts=None, arguments=(), ansible_playbook=None, book=BOOK, **variables):
    """The playbook on all clusters, begun at once. own: variables of one cluster's hosts, by its name. hosts: more hosts, of no cluster."""
    tasks = folder / "upgrade.yml"
    tasks.write_text(json.dumps(UPGRADE), encoding="utf-8")
    given = {
        "rolling_upgrade_packages": [],
        "rolling_upgrade_stable_for": 0.5,
        "rolling_upgrade_report": str(folder / "report.html"),
        "rolling_upgrade_timeout": 60,
        "rolling_upgrade_upgrade_tasks": str(tasks),
    }
    own = dict({"device": {"rolling_upgrade_qdevice": "as_now"}}, **(own or {}))
    groups = {name: {"hosts": {node.name: host_variables(node) for node in made}, "vars": own.get(name, {})} for name, made in fleet.items()}
    clusters = {"vars": given, "hosts": hosts or {}, "children": groups}
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"children": {"clusters": clusters}}}), encoding="utf-8")
    more = dict({"rolling_upgrade_group": "clusters"} if book == BOOK else {}, **variables)
    return Play(lab, book, arguments=["-i", str(inventory), *arguments, "-e", json.dumps(more)], ansible_playbook=ansible_playbook)
