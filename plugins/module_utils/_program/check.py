# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.
"""A check for Nagios, Icinga and other systems that run monitoring plugins.

Prints one line with performance data. Exit code:
  0  quorate, and none of the following
  1  fewer nodes may fail now than --tolerates says, or it is not known how many may, or the quorum
     device does not vote, or a link is down (with --links), or the membership was still changing
     after --timeout
  2  not quorate, or corosync does not run or does not answer
  3  unknown, for example if corosync does not accept the user
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._program.options import TIMEOUT, Option, nodes
from ansible_collections.corosync.quorum.plugins.module_utils._program.output import say
from ansible_collections.corosync.quorum.plugins.module_utils._program.reading import ask
from ansible_collections.corosync.quorum.plugins.module_utils._program.verdict import line, verdict

OPTIONS = (
    Option("tolerates", "warn if fewer nodes than N may fail at the same time, no matter which (default: 1)", "N", 1, nodes),
    Option("links", "warn if a knet link to a member is not connected"),
    TIMEOUT,
)


def run(given: t.Mapping[str, t.Any]) -> int:
    """Print the line. Returns the exit code."""
    found = verdict(ask(given["timeout"]), given["tolerates"], given["links"])
    say(line(found))
    return found.code
