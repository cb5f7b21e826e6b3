# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.quorum_losses. Its documentation is in quorum_losses.yml."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers


@answers
def quorum_losses(timelines: t.Any, offsets: t.Any = None) -> list[dict[str, t.Any]]:
    """When nodes that were up lost quorum."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.history import as_data, histories, losses

    return as_data(losses(histories(timelines, offsets)))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"quorum_losses": quorum_losses}
