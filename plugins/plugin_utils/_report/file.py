# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The report as a file on the controller."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils._controller import who
from ansible_collections.corosync.quorum.plugins.plugin_utils._steady import now
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.input import report_path
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.story import refusal
from ansible_collections.corosync.quorum.plugins.plugin_utils._written import write_whole

from .given import report_of
from .page import page


def write(report: str, content: t.Callable[[], dict[str, t.Any]]) -> str:
    """A sentence on where the page is. report: rolling_upgrade_report. A page that cannot be written must not hide what it would tell."""
    path = report_path(report)
    try:
        write_whole(path, page(report_of(content())))
    except (OSError, Unusable) as error:
        return f"The report could not be written to {path}: {error}"
    return f"The report is in {path}"


def page_of_refusal(path: str, cluster: t.Sequence[str], started: str, said: str, task_vars: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Where no run begins: the result `report` about a page that says why, or that of an earlier run would seem to be of this one. path: empty for none."""
    return {"report": write(path, lambda: refusal(cluster, started, now(), said, who(task_vars)))} if path else {}
