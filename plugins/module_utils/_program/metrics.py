# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.
"""Prints metrics in the text format of Prometheus.

For the textfile collector of node_exporter, write the output to a temporary file in the collector's
folder and rename it. If corosync is down or frozen, corosync_quorum_up is 0, and
corosync_quorum_down_info says why.

Exit code: 0, also if corosync could not be read.
"""

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._program.exposition import exposition
from ansible_collections.corosync.quorum.plugins.module_utils._program.options import TIMEOUT
from ansible_collections.corosync.quorum.plugins.module_utils._program.output import write
from ansible_collections.corosync.quorum.plugins.module_utils._program.reading import ask

OPTIONS = (TIMEOUT,)


def run(given: t.Mapping[str, t.Any]) -> int:
    """Print the metrics. Returns the exit code."""
    begun = time.monotonic()
    answer = ask(given["timeout"])
    write(exposition(answer, time.monotonic() - begun))
    return 0
