# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What drives the cluster of a node."""

import os

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import stack


def process(folder, pid, name, namespace):
    os.makedirs(str(folder / pid / "ns"))
    (folder / pid / "comm").write_text(name + "\n", encoding="utf-8")
    os.symlink(namespace, str(folder / pid / "ns" / "pid"))


@pytest.mark.parametrize("name, namespace, runs", [("pacemakerd", "pid:[1]", True), ("pacemakerd", "pid:[2]", False), ("corosync", "pid:[1]", False)])
def test_whether_pacemaker_runs_here(tmp_path, name, namespace, runs):
    """And not in a container on this machine."""
    process(tmp_path, "self", "python3", "pid:[1]")
    process(tmp_path, "12", name, namespace)
    os.makedirs(str(tmp_path / "13"))  # it has just ended
    os.makedirs(str(tmp_path / "sys"))
    assert stack.has_pacemaker(str(tmp_path)) is runs


def test_programs_that_are_not_there():
    assert stack.missing(["sh", "no-such-program"]) == ["no-such-program"] and stack.missing([]) == []
