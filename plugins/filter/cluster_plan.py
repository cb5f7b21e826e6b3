# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.cluster_plan. Its documentation is in cluster_plan.yml."""

from __future__ import annotations

import typing as t

import jinja2
import jinja2.runtime
from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers


@answers
@jinja2.pass_context
def cluster_plan(context: jinja2.runtime.Context, facts: t.Any, hosts: t.Any, alive: t.Any, batch: t.Any, ready: bool = True) -> dict[str, t.Any]:
    """The steps of the role `cluster`, or why none may be taken."""
    from ansible_collections.corosync.quorum.plugins.module_utils._value.words import printable
    from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.host import seen_of
    from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.plan import plan_cluster
    from ansible_collections.corosync.quorum.plugins.plugin_utils._facts import refuse

    if not isinstance(facts, dict) or not all(isinstance(fact, dict) and {"wish", "seen"} <= set(fact) for fact in facts.values()):
        raise AnsibleFilterError("corosync.quorum.cluster_plan is for the role corosync.quorum.cluster: it takes what that role knows of its hosts.")
    # A node must not say what all nodes are configured with.
    options = {f"cluster_{name}" for fact in facts.values() for name in fact["wish"]}
    for host in facts:
        refuse(host, context["hostvars"][host], lambda name: name in options or name.startswith("__cluster_"))
    play = {"hosts": list(hosts), "alive": list(alive), "batch": list(batch), "ready": bool(ready)}
    wishes = {host: fact["wish"] for host, fact in facts.items()}
    found = plan_cluster(wishes, {host: seen_of(fact["seen"]) for host, fact in facts.items()}, play)
    return dict(found, **{key: [printable(sentence) for sentence in found[key]] for key in ("refusals", "notes") if key in found})


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"cluster_plan": cluster_plan}
