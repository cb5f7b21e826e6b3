# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""One reading of this node's votequorum for a verb: the value, or why there is none in the words of votequorum_info."""

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import QuorumError
from ansible_collections.corosync.quorum.plugins.module_utils._node.judged import observe
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

# The reason of an error for which votequorum_info has no word, as it fails there: what is wrong is on this node, and says nothing of the quorum.
FAILED = "failed"


class Answer(t.NamedTuple):
    """value: None where corosync could not be asked; then reason is a word of votequorum_info or FAILED, and message a sentence.

    asked_at: seconds since 1970 by the clock of this node. What was read is no older.
    """

    value: t.Optional["Value"]
    asked_at: float
    reason: str = ""
    message: str = ""


def ask(timeout: float) -> Answer:
    """The answer within `timeout` seconds, or that there was none."""
    asked_at = time.time()
    try:
        value = observe(timeout)
    except QuorumError as exc:
        return Answer(None, asked_at, exc.reason or FAILED, str(exc))
    value["read_at"] = utc(asked_at)
    return Answer(value, asked_at)
