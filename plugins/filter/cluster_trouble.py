# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.cluster_trouble. Its documentation is in cluster_trouble.yml."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers


@answers
def cluster_trouble(hostvars: t.Any, plan: t.Any, moment: str) -> list[str]:
    """What is wrong with what the hosts answered to the role `cluster`."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.answers import MOMENTS, registered

    if moment not in MOMENTS or not isinstance(plan, t.Mapping) or "refusals" not in plan:
        raise AnsibleFilterError("corosync.quorum.cluster_trouble is for the role corosync.quorum.cluster: it takes the plan of that role.")
    return MOMENTS[moment](registered(hostvars, [*plan["hosts"], *plan["apart"]]), plan)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"cluster_trouble": cluster_trouble}
