# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wait_for_quorum and votequorum_info on every supported ansible-core."""

import pytest
from cores import all_do_the_same
from run import environments


def test_the_same_on_every_core(lab, cluster):
    missing = [core for core in environments.CORES if not environments.python_of_core(core)]
    if missing:
        pytest.skip(f"no Python is here for ansible-core {', '.join(missing)}")
    cluster(nodes=3)
    all_do_the_same(lab, environments.CORES)
