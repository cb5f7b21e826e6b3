# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.cluster_plan. Its documentation is in cluster_plan.yml."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers


@answers
def cluster_plan(facts: t.Any, hosts: t.Any, alive: t.Any, batch: t.Any, ready: bool = True) -> dict[str, t.Any]:
    """The steps of the role `cluster`, or why none may be taken."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.plan import plan

    if not isinstance(facts, dict) or not all(isinstance(fact, dict) and {"wish", "seen"} <= set(fact) for fact in facts.values()):
        raise AnsibleFilterError("corosync.quorum.cluster_plan is for the role corosync.quorum.cluster: it takes what that role knows of its hosts.")
    play = {"hosts": list(hosts), "alive": list(alive), "batch": list(batch), "ready": bool(ready)}
    return plan({host: fact["wish"] for host, fact in facts.items()}, {host: fact["seen"] for host, fact in facts.items()}, play)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"cluster_plan": cluster_plan}
