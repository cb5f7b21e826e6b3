# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program `corosync-quorum` says, as parts of pages."""

import re
import textwrap

from ansible_collections.corosync.quorum.plugins.module_utils._program import cli
from ansible_collections.corosync.quorum.plugins.module_utils._program.exposition import ALWAYS, PREFIX, WHILE_UP, exposition
from ansible_collections.corosync.quorum.plugins.module_utils._program.page import page
from ansible_collections.corosync.quorum.plugins.module_utils._program.verdict import line, verdict
from ansible_collections.corosync.quorum.tests.unit.fakes.readings import ASKED_AT, answer, none
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node

COMMAND = "corosync-quorum"
# Two of three nodes; a cluster with everything that has labels
DEGRADED = answer(members=[1, 2], cluster_name="web", flags=["quorate"])
LABELLED = answer(
    nodes=[node(1), node(2, links=[{"link": 0, "connected": True}])], problems=[{"id": "link_down", "severity": "warning", "message": "", "advice": ""}]
)
DOWN = none("timeout", "corosync did not answer cmap_initialize within 5 s: it is stopped, frozen or overloaded.")


def shown(command: str, printed: str) -> str:
    """A command and what it prints, as a block to look at."""
    return ".. code-block:: console\n\n" + textwrap.indent(f"$ {command}\n{printed}", "    ", lambda text: bool(text.strip())) + "\n"


def help_pages() -> str:
    """A section for each verb."""
    parts = []
    for verb in cli.VERBS:
        title = f"{COMMAND} {verb.name}"
        parts += [f"{title}\n{'-' * len(title)}\n", shown(f"{title} --help", cli.help_page_of(verb))]
    return "\n".join(parts)


def overview() -> str:
    """What the program says of itself."""
    return shown(f"{COMMAND} --help", cli.help_page())


def metrics() -> str:
    """A table of all metrics with their labels."""
    text = exposition(LABELLED, ASKED_AT, changes=0) + exposition(DOWN, ASKED_AT)
    rows = []
    for metric in ALWAYS + WHILE_UP:
        found = re.search(rf"^{PREFIX}{metric.name}(?:{{(.*)}})? ", text, re.MULTILINE)
        labels = re.findall(r'(\w+)="', found.group(1) or "") if found else ["?"]
        rows.append(f"  * - ``{PREFIX}{metric.name}``\n    - {', '.join(f'``{label}``' for label in labels)}".rstrip() + f"\n    - {metric.help}\n")
    return ".. list-table::\n  :header-rows: 1\n  :widths: 35 20 45\n\n  * - Metric\n    - Labels\n    - Meaning\n" + "".join(rows)


def status() -> str:
    """A cluster without a reserve, for people."""
    return shown(f"{COMMAND} status", page(DEGRADED.value))


def check() -> str:
    """The same for a monitoring system, and a frozen corosync."""
    found = [verdict(reading, 1, False) for reading in (answer(), DEGRADED, DOWN)]
    return "\n".join(shown(f"{COMMAND} check; echo $?", f"{line(one)}\n{one.code}") for one in found)
