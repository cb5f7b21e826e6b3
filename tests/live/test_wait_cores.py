# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wait_for_quorum, votequorum_info and the role rolling_upgrade on supported ansible-cores whose Python is on this machine."""

import concurrent.futures
import json
import warnings

import pytest
from lab.host import CHECKOUT
from playing import PLAYS, Play
from run import environments

BOOK = CHECKOUT / "playbooks/rolling_upgrade.yml"


def ran(lab, program):
    """What came of the playbook: its code, its output and the results."""
    with Play(lab, PLAYS / "cores.yml", ansible_playbook=program) as play:
        results = play.end(120)
        return play.process.returncode, play.output, results


def test_the_same_on_every_core(lab, cluster):
    cores = [core for core in environments.CORES if environments.python_of_core(core)]
    if not cores:
        pytest.skip("no Python for any ansible-core is here")
    for core in set(environments.CORES) - set(cores):
        warnings.warn(f"not tried with ansible-core {core}: no Python for it is here", stacklevel=2)
    programs = {core: environments.core_environment(core).with_name("ansible-playbook") for core in cores}
    cluster(nodes=3)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for core, ended in [(core, pool.submit(ran, lab, program)) for core, program in programs.items()]:
            code, output, results = ended.result()
            assert code == 0, f"{core}: {output}"
            assert len(results) == 15, core


def test_a_rolling_upgrade_on_the_oldest_and_the_newest_core(lab, cluster, tmp_path):
    """Each node is really stopped and started, with the gates' answers and the report of the run."""
    cores = [core for core in environments.CORES if environments.python_of_core(core)]
    if not cores:
        pytest.skip("no Python for any ansible-core is here")
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
