# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster of the lab refuses without any node."""

import pytest
from lab import Cluster, LabError


def test_a_cluster_that_something_else_configured_is_not_deployed():
    with pytest.raises(LabError, match="no corosync.conf to deploy"):
        Cluster([], conf=None).deploy()


@pytest.mark.parametrize("method", ["start_qnetd", "stop_qnetd", "start_missing"])
def test_a_cluster_without_a_quorum_device_has_no_server_to_start_or_stop(method):
    with pytest.raises(LabError, match="no quorum device"):
        getattr(Cluster([], conf=""), method)()
