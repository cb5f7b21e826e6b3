# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.corosync_conf_changes. Its documentation is in corosync_conf_changes.yml."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers


@answers
def corosync_conf_changes(old: t.Any, new: t.Any) -> dict[str, t.Any]:
    """{action, changes} for two texts of a corosync.conf."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.conf_changes import action_of, changes
    from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.checks import why_only_next, why_refused

    for name, text in (("input", old), ("new", new)):
        if not isinstance(text, str):
            raise AnsibleFilterError(f"corosync.quorum.corosync_conf_changes compares two texts of a corosync.conf, but {name} is a {type(text).__name__}.")
    refused = why_refused(new)
    if refused:
        raise AnsibleFilterError(f"corosync.quorum.corosync_conf_changes: corosync would not start with the new text, so it cannot be rolled out: {refused}")
    refused = why_refused(old)
    if refused:
        raise AnsibleFilterError(
            "corosync.quorum.corosync_conf_changes: corosync would not start with the text given as input, so it has loaded another one, and nobody can say "
            f"what the new text changes: {refused} Give the text that corosync has loaded."
        )
    refused = why_only_next(new)
    if refused and not why_only_next(old):
        raise AnsibleFilterError(
            f"corosync.quorum.corosync_conf_changes: corosync 3.1 would not start with the new text, so it cannot be rolled out: {refused}"
        )
    found = changes(old, new)
    return {"action": action_of(found), "changes": [dict(change._asdict()) for change in found]}


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"corosync_conf_changes": corosync_conf_changes}
