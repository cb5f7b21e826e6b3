# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wait_for_quorum and votequorum_info on every supported ansible-core whose Python is on this machine."""

import concurrent.futures
import warnings

import pytest
from playing import PLAYS, Play
from run import environments


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
