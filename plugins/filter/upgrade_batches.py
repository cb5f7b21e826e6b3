# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.upgrade_batches. Its documentation is in upgrade_batches.yml."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.plugin_utils._later import Later

batches = Later("plugin_utils._upgrade.batches")
question = Later("module_utils._forecast.questions")
shape = Later("module_utils._value.shape")


def upgrade_batches(value: t.Any, spare: int = 0, qdevice: str = "either", by: str = "name") -> list[list[str | int]]:
    """Batches of nodes that may be down together. AnsibleFilterError for a cluster that cannot lose each of its nodes."""
    try:
        question.one_of("by", by, ("name", "nodeid"))
        found = batches.upgrade_batches(value, spare=spare, qdevice=qdevice)
    except shape.ForecastError as error:
        raise AnsibleFilterError(f"corosync.quorum.upgrade_batches: {error}") from error
    names = {node["nodeid"]: node["name"] for node in value["nodes"] if node["name"] and by == "name"}
    return [[names.get(nodeid, nodeid) for nodeid in batch] for batch in found]


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"upgrade_batches": upgrade_batches}
