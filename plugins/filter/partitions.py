# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.partitions. Its documentation is in partitions.yml."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers


@answers
def partitions(results: t.Any) -> dict[str, t.Any]:
    """Who sees whom."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.partitions import partitions as partitions_of

    return partitions_of(results)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"partitions": partitions}
