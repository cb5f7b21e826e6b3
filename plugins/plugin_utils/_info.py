# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What votequorum_info says of a host: the node reads, the controller judges."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._judge.assess import completed
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import StrangeAnswer, reading_of

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Value

INFO = "corosync.quorum.votequorum_info"
# Whether the module judges, too.
JUDGE = "_judge"
# What the gates of a rolling upgrade, and the report, ask for beside it.
LOCK = "_lock"
# What the module itself returns.
RETURNED = ("available", "quorate", "reading", "invocation")
# And with LOCK.
RETURNED_OF_LOCK = ("lock", "lock_fault")


def judged(answer: dict[str, t.Any], host: str, asked_at: str) -> dict[str, t.Any]:
    """The module's result as the user gets it. asked_at: what was read is no older than that."""
    result = {key: item for key, item in answer.items() if key != "reading"}
    result.update((key, answer[key] is True) for key in ("available", "quorate") if key in answer)
    if answer.get("failed") or not ("reading" in answer or result.get("available")):
        return result
    try:
        value, cmap, files = reading_of(answer.get("reading"))
    except StrangeAnswer as error:
        return {"failed": True, "changed": False, "msg": f"The answer of {host} is not one that the module can give: {error}."}
    result["votequorum"] = completed(t.cast("Value", dict(value, read_at=asked_at)), cmap, files)
    return result
