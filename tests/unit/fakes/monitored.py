# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module of the role monitor answers on a node that has none of its files."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._monitor import unit

ANSWER: dict[str, t.Any] = {
    "files": {},
    "texts": {unit.PATH: ""},
    "token": "absent",
    "python": "/usr/bin/python3",
    "root": True,
    "systemd": True,
    "textfile_fault": "",
    "textfile_danger": "",
    "textfile_is_roots": True,
    "ca_fault": "",
}
