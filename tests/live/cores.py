# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each ansible-core must do alike: plays/cores.yml, by several of them."""

import concurrent.futures

from playing import PLAYS, Play
from run import environments


def _ran(lab, program):
    """What came of the playbook: its code, its output and the results."""
    with Play(lab, PLAYS / "cores.yml", ansible_playbook=program) as play:
        results = play.end(120)
        return play.process.returncode, play.output, results


def all_do_the_same(lab, cores):
    """The playbook ends well with each of these ansible-cores, two at a time. The lab has a cluster of three."""
    programs = {core: environments.core_environment(core).with_name("ansible-playbook") for core in cores}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for core, ended in [(core, pool.submit(_ran, lab, program)) for core, program in programs.items()]:
            code, output, results = ended.result()
            assert code == 0, f"{core}: {output}"
            assert len(results) == 15, core
