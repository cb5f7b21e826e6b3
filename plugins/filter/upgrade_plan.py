# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.upgrade_plan. Its documentation is in upgrade_plan.yml."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Plan


@answers
def upgrade_plan(
    results: t.Any,
    under_way: t.Any = None,
    spare: int = 0,
    qdevice: str = "either",
    batches: bool = False,
    only: t.Any = None,
) -> Plan:
    """What speaks against an upgrade, and its order."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.plan import plan

    return plan(results, under_way=under_way, spare=spare, qdevice=qdevice, batches=batches, only=only)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"upgrade_plan": upgrade_plan}
