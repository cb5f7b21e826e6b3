# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.without_quorum. Its documentation is in without_quorum.yml."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers


@answers
def without_quorum(results: t.Any, hostvars: t.Mapping[str, t.Any], event: t.Any = None, of_node: bool = False) -> list[str]:
    """The hosts of clusters of which no node is quorate."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._facts import label_of
    from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet import lost

    def label(host: str) -> str | None:
        return label_of(hostvars[host]) if host in hostvars else None

    return lost.without_quorum(results, label, event if isinstance(event, t.Mapping) else {}, of_node)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"without_quorum": without_quorum}
