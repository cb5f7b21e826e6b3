# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real upgrades by the playbook rolling_upgrade: Debian's next corosync on every node, and witnesses written in C that see no loss of quorum."""

import json
import re

from lab import private_lab
from lab.host import CHECKOUT
from playing import Play

BOOK = CHECKOUT / "playbooks/rolling_upgrade.yml"
README = CHECKOUT / "roles/rolling_upgrade/README.md"


def versions(made):
    return [node.run(["dpkg-query", "-W", "-f", "${source:Upstream-Version}", "corosync"]).stdout[:5] for node in made]


def run(lab, made, folder, book=BOOK, **variables):
    """Run a playbook to its end; its results."""
    given = dict({"rolling_upgrade_group": "cluster", "rolling_upgrade_report": str(folder / "report.html"), "rolling_upgrade_stable_for": 2}, **variables)
    inventory = made.inventory(folder / "inventory.yml")
    (folder / "group.yml").write_text("cluster: {children: {nodes: {}}}\n", encoding="utf-8")
    with Play(lab, book, arguments=["-i", str(inventory), "-i", str(folder / "group.yml"), "-e", json.dumps(given)]) as play:
        results = play.end(400)
        assert not play.process.returncode, play.output
    return results


def stops(results):
    """The hosts in the order in which their corosync was stopped."""
    return [result.host for result in results if result.task.endswith(("Stop corosync", "Stop this node")) and result.status == "ok"]


def pids(made):
    return [node.run(["pgrep", "-x", "corosync"]).stdout for node in made]


def upgraded(made, witness, page, before, after):
    """All nodes have the new version, nobody lost quorum, the report says both, and nothing is left on the nodes."""
    assert versions(made) == [after] * len(made.nodes)
    assert witness.losses() == []
    assert "Quorum was never lost on a node that was up." in page
    assert page.count(before) >= len(made.nodes) and page.count(after) >= len(made.nodes)
    for node in made:
        assert not node.run(["find", "/var/lib/corosync-quorum", "/root/.ansible_async", "/run/corosync-quorum-jobs", "-type", "f"], check=False).stdout


def test_debian_12_to_13_one_by_one_by_the_playbooks_of_the_readme(lab, cluster, tmp_path):
    """First the minimal one, twice: the second time there is nothing to do. Then the one that has only the gates."""
    books = []
    for number, text in enumerate(re.findall(r"^```yaml\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)):
        books.append(tmp_path / (f"book{number}.yml"))
        books[-1].write_text(text, encoding="utf-8")
    minimal, gates = books
    made = cluster(nodes=3)
    made.wait_quorate()
    lab.offer_upgrade("trixie", made.nodes)
    witness = made.watch()
    assert len(stops(run(lab, made, tmp_path, minimal))) == 3
    upgraded(made, witness, (tmp_path / "report.html").read_text(encoding="utf-8"), "3.1.7", "3.1.9")
    before = pids(made)
    again = run(lab, made, tmp_path, minimal)
    assert (stops(again), pids(made)) == ([], before)
    assert not [result.task for result in again if result.status == "ok" and result.result.get("changed")]
    assert len(stops(run(lab, made, tmp_path, gates))) == 3
    assert witness.losses() == []


def test_debian_12_to_13_five_nodes_in_batches(lab, cluster, tmp_path):
    made = cluster(nodes=5)
    made.wait_quorate()
    lab.offer_upgrade("trixie", made.nodes)
    witness = made.watch()
    results = run(lab, made, tmp_path, rolling_upgrade_batches=True)
    assert sorted(stops(results)) == [node.name for node in made]
    upgraded(made, witness, (tmp_path / "report.html").read_text(encoding="utf-8"), "3.1.7", "3.1.9")


def test_debian_11_to_12(tmp_path):
    """An earlier run has left node3 down after its upgrade, and by now there is a newer package, which it gets."""
    with private_lab("live-old", nodes=3, suite="bullseye", upgrade_to="bookworm") as old:
        made = old.cluster(nodes=3)
        made.wait_quorate()
        witness = made.watch()
        made[3].stop_corosync()
        made[3].sh('mkdir -p -m 700 /var/lib/corosync-quorum; echo \'{"phase": "start", "nodeid": 3}\' >/var/lib/corosync-quorum/rolling-upgrade.json')
        made.wait_ring(nodes=[1, 2])
        run(old, made, tmp_path)
        upgraded(made, witness, (tmp_path / "report.html").read_text(encoding="utf-8"), "3.1.2", "3.1.7")
