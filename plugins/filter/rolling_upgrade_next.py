# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.rolling_upgrade_next, private to the role rolling_upgrade: which hosts and files of the role rolling_upgrade come next."""

from __future__ import annotations

import typing as t

import jinja2
import jinja2.runtime

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers


@answers
@jinja2.pass_context
def rolling_upgrade_next(
    context: jinja2.runtime.Context, given: t.Mapping[str, t.Any], what: str, more: t.Any = None
) -> list[str] | list[int] | list[dict[str, str]] | dict[str, str] | str | bool:
    """Hosts to loop over, files to include, the id of the run, or whether to. what, given, more: see the functions of plugin_utils/_upgrade/flow.py."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import flow, registered

    # Files of the controller are included by what this says, also where no action of the role comes before.
    registered.refuse_facts(str(context.get("inventory_hostname")), {"ansible_facts": context.get("ansible_facts")})
    return flow.ANSWERS[what](given, more)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"rolling_upgrade_next": rolling_upgrade_next}
