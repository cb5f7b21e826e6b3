# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrades of many clusters in one run: three together against one after the other, and what the plans cost the controller."""

import collections
import contextlib
import io
import json
import os
import subprocess
import time

from lab import private_lab
from lab.host import CHECKOUT
from lab.inventory import host_variables

from .bench import PLAYBOOK, BenchmarkError, interleaved, say
from .figures import Target, median, ms, table, targets

BOOK = CHECKOUT / "playbooks/rolling_upgrade.yml"
CLUSTERS, SIZE = 3, 3
PLANS = (20, 40, 80)
# A package and a reboot, during which the controller has nothing to do. Seconds.
WAIT = 120
LOWEST = (SIZE + 1) / (CLUSTERS * SIZE)


def rounds(samples):
    """How many runs of each. They wait for most of their time, so they differ little, and both together take half an hour."""
    return max(1, samples // 15)


def in_words(samples):
    """How many there are of what."""
    number = rounds(samples)
    return f"{number} upgrade{'' if number == 1 else 's'} each, interleaved"


def together(bench):
    """Markdown."""
    number = rounds(bench.samples)
    say(f"fleet: {number} times three clusters of three together and one after the other, some 30 minutes each")
    with private_lab("bench-fleet", nodes=CLUSTERS * SIZE) as lab:
        made = lab.clusters(*[SIZE] * CLUSTERS, wishes=[{"totem": {"cluster_name": f"c{number}"}} for number in range(CLUSTERS)])
        for cluster in made:
            cluster.wait_quorate()
        watches = [cluster.watch() for cluster in made]
        jobs = {"together": lambda: _upgraded(bench, lab, made), "one after the other": lambda: sum(_upgraded(bench, lab, [cluster]) for cluster in made)}
        taken = interleaved(number, jobs)
        losses = [loss for watch in watches for loss in watch.losses()]
    if losses:
        raise BenchmarkError(f"Quorum was lost in an upgrade: {losses}")
    rows = [[name, f"{median(seconds):.0f}", ", ".join(f"{one:.0f}" for one in seconds)] for name, seconds in taken.items()]
    ratio = median(taken["together"]) / median(taken["one after the other"])
    return "\n\n".join(
        [
            (
                f"{CLUSTERS} clusters of {SIZE} nodes by the playbook, each node once, from the start of `ansible-playbook` to its end. The task that stands "
                f"for the packages and the reboot of a node waits {WAIT} s. Together they take {SIZE + 1} rounds, as the first batch goes alone, and "
                f"{CLUSTERS * SIZE} one after the other: if only the waits took time, the ratio would be {LOWEST:.3f}. Witnesses in C on every node saw no "
                "loss of quorum."
            ),
            table([f"{CLUSTERS} clusters of {SIZE}", "median, s", "runs, s"], rows),
            targets([Target("together ÷ one after the other", ratio, 0.45)]),
        ]
    )


def _upgraded(bench, lab, clusters):
    """The seconds of one run of the playbook over these clusters."""
    tasks = bench.scratch / "upgrade.yml"
    tasks.write_text(json.dumps([{"name": "Wait", "ansible.builtin.command": f"sleep {WAIT}", "changed_when": True}]), encoding="utf-8")
    inventory = bench.scratch / "clusters.json"
    hosts = {node.name: host_variables(node) for cluster in clusters for node in cluster}
    inventory.write_text(json.dumps({"all": {"children": {"clusters": {"hosts": hosts}}}}), encoding="utf-8")
    given = {
        "rolling_upgrade_group": "clusters",
        "rolling_upgrade_packages": [],
        "rolling_upgrade_upgrade_tasks": str(tasks),
        "rolling_upgrade_report": str(bench.scratch / "report.html"),
    }
    start = time.monotonic()
    done = subprocess.run(
        [PLAYBOOK, "-i", str(inventory), str(BOOK), "-e", json.dumps(given)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=3600,
        env=dict(os.environ, ANSIBLE_CONFIG=str(lab.ansible_cfg), ANSIBLE_NOCOLOR="1", ANSIBLE_FORKS=str(CLUSTERS * SIZE)),
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"An upgrade failed: {done.stdout[-2000:]}")
    return time.monotonic() - start


def plans(bench):
    """Markdown."""
    say(f"fleet: the plans of {PLANS[0]} to {PLANS[-1]} clusters")
    tries = max(1, bench.samples // 3)
    found = {count: [_plan(count) for dummy in range(tries)] for count in PLANS}
    middle = {count: median([seconds for seconds, _reads in samples]) for count, samples in found.items()}
    most = max(reads for samples in found.values() for _seconds, reads in samples)
    rows = [[f"{count} clusters, {SIZE * count} hosts", ms(seconds), ms(seconds / count)] for count, seconds in middle.items()]
    return "\n\n".join(
        [
            (
                "What the playbook `rolling_upgrade` makes of the answers of all hosts before the first node is touched: who is of which cluster, the plan of "
                "each, the rounds, and what each host is told of it. At the controller, with the code imported. Processor time."
            ),
            table([f"clusters of {SIZE}", "all plans", "for one cluster"], rows),
            targets(
                [
                    Target(f"{PLANS[-1]} clusters ÷ {PLANS[0]} clusters (linear: {PLANS[-1] / PLANS[0]:g})", middle[PLANS[-1]] / middle[PLANS[0]], 4.8),
                    Target("how often the variables of a host are read", most, 1),
                ]
            ),
        ]
    )


class _Counting(dict):
    """The variables of hosts, and how often those of each were read."""

    def __init__(self, *args):
        super().__init__(*args)
        self.reads = collections.Counter()

    def __getitem__(self, host):
        self.reads[host] += 1
        return super().__getitem__(host)

    def raw_get(self, host):
        """As Ansible's."""
        return self[host]


def _plan(count):
    """(seconds, how often the variables of one host were read at most)."""
    from ansible_collections.corosync.quorum.plugins.action.rolling_upgrade_fleet import ActionModule
    from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet import many
    from ansible_collections.corosync.quorum.tests.unit.fakes import actions, fleets

    hostvars, given = fleets.asked(fleets.fleet(count, SIZE))
    args, of_role = actions.split(given)
    counting = _Counting(hostvars)
    task = actions.task_of("corosync.quorum.rolling_upgrade_fleet")
    action = actions.action_of(ActionModule, task, args)
    variables = {**of_role, "inventory_hostname": next(iter(hostvars)), "hostvars": counting, "groups": {"all": list(hostvars), "clusters": list(hostvars)}}
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        result = action.run(task_vars=dict(variables, playbook_dir="/nonexistent"))
    told = [many.own(result, host) for host in hostvars]
    seconds = time.process_time() - start
    if result.get("failed") or len(result["clusters"]) != count or not all(one.get("run_id") for one in told):
        raise BenchmarkError(f"The clusters were to be upgraded: {result.get('msg')}")
    return seconds, max(counting.reads.values())
