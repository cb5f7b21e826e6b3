# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.clusters. Its documentation is in clusters.yml."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.types import Cluster


@answers
def clusters(results: t.Any, quorum_cluster: t.Any = None, max_age: float = 900) -> list[Cluster]:
    """Which nodes of which clusters may be stopped now, and why not."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.clusters import clusters as clusters_of

    return clusters_of(results, quorum_cluster, max_age, time.time())


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"clusters": clusters}
