# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wait_for_quorum, votequorum_info and the role rolling_upgrade on the usual ansible-cores. The others: test_cores_all.py."""

import json
import warnings

import pytest
from cores import all_do_the_same
from lab.host import CHECKOUT
from playing import Play
from run import environments

BOOK = CHECKOUT / "playbooks/rolling_upgrade.yml"


@pytest.fixture(name="cores")
def _cores():
    """The usual ansible-cores that a Python of this machine runs, from the oldest to the newest."""
    usual = [core for core in environments.CORES if core in environments.usual_cores()]
    cores = [core for core in usual if environments.python_of_core(core)]
    if not cores:
        pytest.skip("no Python for any usual ansible-core is here")
    for core in set(usual) - set(cores):
        warnings.warn(f"not tried with ansible-core {core}: no Python for it is here", stacklevel=2)
    return cores


def test_the_same_on_the_usual_cores(lab, cluster, cores):
    cluster(nodes=3)
    all_do_the_same(lab, cores)


def test_a_rolling_upgrade_on_the_oldest_and_the_newest_core(lab, cluster, cores, tmp_path):
    """Each node is really stopped and started, with the gates' answers and the report of the run."""
    made = cluster(nodes=3)
    made.wait_quorate()
    for core in (cores[0], cores[-1]):
        before = {node.name: node.run(["pgrep", "-x", "corosync"]).stdout for node in made}
        report = tmp_path / f"{core}.html"
        given = {
            "rolling_upgrade_group": "nodes",
            "rolling_upgrade_packages": [],
            "rolling_upgrade_needed": True,
            "rolling_upgrade_stable_for": 0.5,
            "rolling_upgrade_report": str(report),
        }
        arguments = ["-i", str(made.inventory(tmp_path / "inventory.yml")), "-e", json.dumps(given)]
        with Play(lab, BOOK, ansible_playbook=environments.core_environment(core).with_name("ansible-playbook"), arguments=arguments) as play:
            play.end(180)
            assert play.process.returncode == 0, f"{core}: {play.output}"
            assert play.output.count("\nTASK [") <= 60, "a run tells a person what happens, and no more"
        assert not set(before.values()) & {node.run(["pgrep", "-x", "corosync"]).stdout for node in made}, core
        assert "Quorum was never lost on a node that was up." in report.read_text(encoding="utf-8"), core
    given["rolling_upgrade_needed"] = False
    with Play(lab, BOOK, arguments=[*arguments[:2], "-e", json.dumps(given)]) as play:
        play.end(60)
        assert play.process.returncode == 0, play.output
        assert play.output.count("\nTASK [") <= 20, f"nothing was pending: {play.output}"
