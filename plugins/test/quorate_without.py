# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test corosync.quorum.quorate_without. Its documentation is in quorate_without.yml."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers


@answers
def quorate_without(value: t.Any, nodes: t.Any, qdevice: str = "either", spare: int = 0, max_age: float = 900) -> bool:
    """Whether the cluster stays quorate if these nodes leave."""
    from ansible_collections.corosync.quorum.plugins.module_utils._forecast import questions
    from ansible_collections.corosync.quorum.plugins.plugin_utils._age import too_old

    holds = questions.quorate_without(value, nodes, qdevice=qdevice, spare=spare)[0]
    return not too_old(value, max_age, time.time()) and holds


class TestModule:
    """What Ansible loads."""

    def tests(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"quorate_without": quorate_without}
