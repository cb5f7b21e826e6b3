# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.
"""A check for Nagios, Icinga and what else runs monitoring plugins.

Prints one line with performance data. Exit code:
  0  quorate, and nothing of what follows
  1  too few nodes may fail as things are now, the quorum device does not vote, a link is down (with
     --links), or the membership did not come to rest in time
  2  not quorate, or corosync does not run or does not answer
  3  it could not be found out, as for a user whom corosync does not accept
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._program.options import TIMEOUT, Option, nodes
from ansible_collections.corosync.quorum.plugins.module_utils._program.output import say
from ansible_collections.corosync.quorum.plugins.module_utils._program.reading import ask
from ansible_collections.corosync.quorum.plugins.module_utils._program.verdict import line, verdict

OPTIONS = (
    Option("tolerates", "warn when fewer nodes than this may fail together, whichever they are (default: 1)", "N", 1, nodes),
    Option("links", "warn when a link of knet to a member is not connected"),
    TIMEOUT,
)


def run(given: t.Mapping[str, t.Any]) -> int:
    """Print the line. Returns the exit code."""
    found = verdict(ask(given["timeout"]), given["tolerates"], given["links"])
    say(line(found))
    return found.code
