# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run in check mode says that it would do."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.rehearsal import in_words, planned
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.story import Progress

# As the module apt returns it in check mode on Debian 12
STDOUT = """\
Reading package lists...
The following packages will be upgraded:
  corosync libcorosync-common4
Inst libc6 [2.36-9+deb12u10] (2.41-12 localhost [amd64]) []
Inst corosync [3.1.7-1+deb12u1] (3.1.9-2 localhost [amd64])
Inst libnozzle1 (1.31-1 localhost [amd64])
Conf corosync (3.1.9-2 localhost [amd64])
"""


def progress(needed: bool = True, failure: str = "", **more: t.Any) -> Progress:
    look = {"turn": "t", "run": "r", "needed": needed, "resumes": "", "tasks": "", "phases": ["gate", "stop"], "versions": {"corosync": "3.1.7"}}
    return Progress(look=t.cast(t.Any, dict(look, rebooted=False, **more)), results={}, failure=failure)


def test_versions_that_apt_would_install() -> None:
    assert planned({"stdout": STDOUT}, ["corosync", "libnozzle1", "pacemaker"]) == {"corosync": "3.1.9-2", "libnozzle1": "1.31-1"}
    assert planned({}, ["corosync"]) == planned({"stdout": "Inst nonsense"}, ["nonsense"]) == {}


def test_a_node_s_words_act_on_no_terminal() -> None:
    assert planned({"stdout": "Inst corosync [1] (3\x1b[31m localhost)"}, ["corosync"]) == {"corosync": "3\\x1b[31m"}


def test_each_batch_with_what_would_be_done() -> None:
    run = t.cast(t.Any, {"batches": [["web3"], ["web2", "web1"], ["web4"], ["web5"], ["web6"]]})
    seen = {
        "web3": progress(would={"corosync": "3.1.9-2", "libnozzle1": "1.31-1"}),
        "web2": progress(needed=False),
        "web1": progress(resumes="start"),
        "web4": progress(failure="Refused to stop web4: no."),
        "web5": progress(phases=["gate", "stop", "reboot"]),
    }
    assert in_words("web", run, seen) == [
        "web, batch after batch:",
        "  1. web3: stop, upgrade and start; corosync 3.1.7 -> 3.1.9-2; libnozzle1 not installed -> 1.31-1",
        "  2. web2: nothing to do",
        "  2. web1: an interrupted upgrade continues",
        "  3. web4: Refused to stop web4: no.",
        "  4. web5: upgrade and reboot, if required",
        "  5. web6: not known, as the run stopped before",
    ]
    assert in_words("", run, {})[0] == "This cluster, batch after batch:"
