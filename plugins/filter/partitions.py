# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.partitions. Its documentation is in partitions.yml."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.corosync.quorum.plugins.plugin_utils._later import Later

question = Later("plugin_utils._upgrade.partitions")
shape = Later("module_utils._value.shape")


def partitions(results: t.Any) -> dict[str, t.Any]:
    """Who sees whom. AnsibleFilterError for anything but results of hosts."""
    try:
        return question.partitions(results)
    except shape.ForecastError as error:
        raise AnsibleFilterError(f"corosync.quorum.partitions: {error}") from error


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"partitions": partitions}
