# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.upgrade_batches. Its documentation is in upgrade_batches.yml."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers


@answers
def upgrade_batches(value: t.Any, spare: int = 0, qdevice: str = "either", by: str = "name") -> list[list[str | int]]:
    """Batches of nodes that may be down together."""
    from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import one_of
    from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.batches import upgrade_batches as batches_of

    one_of("by", by, ("name", "nodeid"))
    batches = batches_of(value, spare=spare, qdevice=qdevice)
    names = {node["nodeid"]: node["name"] for node in value["nodes"] if node["name"] and by == "name"}
    return [[names.get(nodeid, nodeid) for nodeid in batch] for batch in batches]


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"upgrade_batches": upgrade_batches}
