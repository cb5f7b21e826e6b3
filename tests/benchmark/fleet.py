# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many clusters at the controller: the filter, the table and the page, and how they grow."""

import sys
import time

from run import trees

from . import side_by_side
from .bench import say
from .figures import Target, median, ms, table, targets

SIZE = 5
COUNTS = (25, 50, 100, 200)


def in_words(samples):
    """How many there are of what."""
    return f"{_tries(samples)} each; {side_by_side.in_words(samples)}"


def _tries(samples):
    """A thousand hosts take a second."""
    return max(1, samples // 5)


def run(bench):
    """Markdown."""
    say(f"fleet: {COUNTS[0]} to {COUNTS[-1]} clusters of {SIZE}")
    sys.path.insert(0, str(trees.linked()))
    measured = {count: [_once(count) for dummy in range(_tries(bench.samples))] for count in COUNTS}
    rows = [
        [f"{count} clusters, {SIZE * count} hosts", *(ms(median([sample[part] for sample in samples])) for part in range(3)), f"{samples[0][3] / 1e6:.2f} MB"]
        for count, samples in measured.items()
    ]
    largest = measured[COUNTS[-1]]
    return "\n\n".join(
        [
            f"At the controller, with the code imported: healthy clusters of {SIZE} nodes, each of which answered. Processor time.",
            table(["", "`clusters`", "table", "page", "size of the page"], rows),
            targets(
                [
                    Target(f"`clusters` of {SIZE * COUNTS[-1]} hosts", median([sample[0] for sample in largest]), 2, " s"),
                    Target("their page", largest[0][3] / 1e6, 2, " MB"),
                ]
            ),
            side_by_side.plans(bench),
            side_by_side.together(bench),
        ]
    )


def _once(count):
    """(seconds of the filter, of the table, of the page, bytes of the page)."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.clusters import clusters
    from ansible_collections.corosync.quorum.plugins.plugin_utils._report.fleet import fleet_page
    from ansible_collections.corosync.quorum.plugins.plugin_utils._report.table import table as lines_of
    from ansible_collections.corosync.quorum.tests.unit.fakes.fleets import fleet

    results, now = fleet(count, SIZE), time.time()
    moments = [time.process_time()]
    found = clusters(results, None, 900, now)
    moments.append(time.process_time())
    lines_of(found)
    moments.append(time.process_time())
    page = fleet_page(found, now, {})
    moments.append(time.process_time())
    return (*(later - earlier for earlier, later in zip(moments, moments[1:])), len(page.encode("utf-8")))
