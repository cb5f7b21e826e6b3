# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.quorum_losses. Its documentation is in quorum_losses.yml."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.plugin_utils._later import Later

history = Later("plugin_utils._upgrade.history")
moments = Later("module_utils._value.utc")


def quorum_losses(timelines: t.Any, offsets: t.Any = None) -> list[dict[str, t.Any]]:
    """When nodes that were up lost quorum. AnsibleFilterError for anything but timelines."""
    try:
        return [_plain(loss) for loss in history.losses(history.histories(timelines, offsets))]
    except history.HistoryError as error:
        raise AnsibleFilterError(f"corosync.quorum.quorum_losses: {error}") from error


def _plain(loss: t.Any) -> dict[str, t.Any]:
    return dict(loss._asdict(), at=moments.utc(loss.at), until=None if loss.until is None else moments.utc(loss.until))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"quorum_losses": quorum_losses}
