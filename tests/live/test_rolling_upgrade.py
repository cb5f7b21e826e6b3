# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real upgrades by the playbook rolling_upgrade: Debian's next corosync on every node, and witnesses written in C that see no loss of quorum."""

import json
import re

import pytest
from lab import private_lab
from lab.host import CHECKOUT
from playing import Play

BOOK = CHECKOUT / "playbooks/rolling_upgrade.yml"


def versions(made):
    return [node.run(["dpkg-query", "-W", "-f", "${source:Upstream-Version}", "corosync"]).stdout[:5] for node in made]


def upgrade(lab, made, folder, **variables):
    """Run the playbook to its end; its results."""
    given = dict({"rolling_upgrade_group": "nodes", "rolling_upgrade_report": str(folder / "report.html"), "rolling_upgrade_stable_for": 2}, **variables)
    inventory = made.inventory(folder / "inventory.yml")
    with Play(lab, BOOK, arguments=["-i", str(inventory), "-e", json.dumps(given)]) as play:
        results = play.end(400)
        assert not play.process.returncode, play.output
    return results


def stops(results):
    """The hosts in the order in which their corosync was stopped."""
    return [result.host for result in results if result.task.endswith("Stop corosync") and result.status == "ok"]


@pytest.mark.parametrize("nodes, batches", [(3, False), (5, True)], ids=["three-one-by-one", "five-in-batches"])
def test_debian_12_to_13(lab, cluster, tmp_path, nodes, batches):
    made = cluster(nodes=nodes)
    made.wait_quorate()
    lab.offer_upgrade("trixie", made.nodes)
    witness = made.watch()
    results = upgrade(lab, made, tmp_path, rolling_upgrade_batches=batches)
    assert versions(made) == ["3.1.9"] * nodes
    assert witness.losses() == []
    assert sorted(stops(results)) == [node.name for node in made]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Quorum was never lost on a node that was up." in page
    assert len(re.findall(r"3\.1\.7[^<]*", page)) >= nodes and len(re.findall(r"3\.1\.9[^<]*", page)) >= nodes
    for node in made:
        assert not node.run(["find", "/var/lib/corosync-quorum", "/root/.ansible_async", "-type", "f"], check=False).stdout
    if not batches:
        before = [node.run(["pgrep", "-x", "corosync"]).stdout for node in made]
        assert stops(upgrade(lab, made, tmp_path)) == [], "there was nothing left to do"
        assert [node.run(["pgrep", "-x", "corosync"]).stdout for node in made] == before


def test_debian_11_to_12(tmp_path):
    with private_lab("live-old", nodes=3, suite="bullseye", upgrade_to="bookworm") as old:
        made = old.cluster(nodes=3)
        made.wait_quorate()
        witness = made.watch()
        upgrade(old, made, tmp_path)
        assert versions(made) == ["3.1.7"] * 3
        assert witness.losses() == []
