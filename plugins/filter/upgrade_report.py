# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter corosync.quorum.upgrade_report. Its documentation is in upgrade_report.yml."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._answers import answers


@answers
def upgrade_report(value: t.Any) -> str:
    """The report as an HTML page."""
    from ansible_collections.corosync.quorum.plugins.plugin_utils._report.given import report_of
    from ansible_collections.corosync.quorum.plugins.plugin_utils._report.page import page

    return page(report_of(value))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"upgrade_report": upgrade_report}
