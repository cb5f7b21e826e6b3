# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What monitor_files finds on a node. tests/unit/plugins/action/test_monitor_program.py and the role's tests have the rest."""

from ansible_collections.corosync.quorum.plugins.modules import monitor_files as tested


def test_what_is_in_the_place_of_the_token_is_another_one(tmp_path):
    place = tmp_path / "token"
    params = {"token_file": str(place), "token": "secret-token"}
    assert tested._token(params) == "absent"
    place.mkdir()
    assert tested._token(params) == "other"
