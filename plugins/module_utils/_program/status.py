# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Shows what this node knows about the quorum of its cluster.

Exit code: 0 if corosync could be read, even if the node is not quorate. 1 if corosync could not be
read. Then the standard error says why. With --json, `reason` and `msg` on the standard output say
why.
"""

import json
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._program.options import TIMEOUT, Option
from ansible_collections.corosync.quorum.plugins.module_utils._program.output import complain, say
from ansible_collections.corosync.quorum.plugins.module_utils._program.page import page
from ansible_collections.corosync.quorum.plugins.module_utils._program.reading import Answer, ask

OPTIONS = (Option("json", "print what the module corosync.quorum.votequorum_info returns, as JSON"), TIMEOUT)


def run(given: t.Mapping[str, t.Any]) -> int:
    """Print the page or the JSON. Returns the exit code."""
    answer = ask(given["timeout"])
    if given["json"]:
        say(json.dumps(as_data(answer), indent=2))
    elif answer.value is not None:
        say(page(answer.value))
    else:
        complain(f"corosync-quorum status: {answer.message}")
    return 0 if answer.value is not None else 1


def as_data(answer: Answer) -> t.Dict[str, t.Any]:
    """What votequorum_info would return."""
    if answer.value is None:
        return {"available": False, "quorate": False, "reason": answer.reason, "msg": answer.message}
    return {"available": True, "quorate": answer.value["quorate"], "votequorum": answer.value}
