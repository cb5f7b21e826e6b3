# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.rolling_upgrade_next, private to the role rolling_upgrade: which hosts and files of the role rolling_upgrade come next."""

from __future__ import annotations

import typing as t


def rolling_upgrade_next(given: t.Mapping[str, t.Any], what: str, more: t.Any = None) -> list[str] | dict[str, str] | bool:
    """Hosts to loop over, files to include, or whether to. what, given, more: see the functions of plugin_utils/_upgrade/flow.py."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import flow

    return flow.ANSWERS[what](given, more)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"rolling_upgrade_next": rolling_upgrade_next}
