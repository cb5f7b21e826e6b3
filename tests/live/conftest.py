# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the live tests: a lab for the session, and a real corosync cluster for each test that asks for one.

Environment: QUORUM_LAB_SUITE (bookworm, trixie, bullseye, forky) chooses the nodes' Debian; QUORUM_LAB_KEEP=1 leaves the
nodes up after the session, to look at them (`PYTHONPATH=tests python3 -m lab ssh node1 --name live1`).
"""

import functools
import os

import pytest
from lab import private_lab, why_not
from lab.cluster import reset
from telling import Story
from upgrading import begin

# On a busy machine ten corosyncs, which have realtime priority, are not always given the second that others take for a lost node. Then they form rings all
# the time, and nothing else is given any. Milliseconds.
TOKEN = 3000


@pytest.fixture(scope="session", name="lab")
def _lab():
    """Booted nodes without a cluster; lab["node1"].run([...]), see tests/lab/README.md. Skips where no lab can run."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with private_lab("live", nodes=3, suite=os.environ.get("QUORUM_LAB_SUITE") or "bookworm", keep=bool(os.environ.get("QUORUM_LAB_KEEP"))) as lab:
        yield lab


@pytest.fixture(autouse=True)
def _blocking_output():
    """ssh makes its output non-blocking and gives it back as it was, but not when it is killed. Ansible does not start with such an output."""
    for descriptor in (0, 1, 2):
        os.set_blocking(descriptor, True)


@pytest.fixture(name="cluster")
def _cluster(lab):
    """Call it for a running cluster: cluster(nodes=2, quorum={"two_node": 1}); what it is given is what Lab.cluster() takes.

    It may be called again in one test: the earlier cluster is gone then. Faults are undone at the next call and at the end.
    """
    made = []

    def make(nodes=3, **wishes):
        made.append(nodes)
        return lab.cluster(nodes=nodes, **wishes)

    yield make
    if made:
        lab.heal()


@pytest.fixture(name="upgrade")
def _upgrade(lab, tmp_path):
    """upgrading.begin() on this lab; it writes its report to tmp_path."""
    return functools.partial(begin, lab, tmp_path)


@pytest.fixture(name="story", scope="module")
def _story(lab, tmp_path_factory):
    """Four nodes without a cluster, for all tests of a file."""
    if len(lab.nodes) < 4:
        lab.size = 4
        lab.up()
    yield Story(lab, tmp_path_factory.mktemp("story"))
    reset(lab.nodes)


@pytest.fixture(scope="module", name="fleet_lab")
def _fleet_lab():
    """A lab of its own, with nodes for all clusters, and a machine for the quorum device of one."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with private_lab("live-many", nodes=11) as lab:
        yield lab


@pytest.fixture(name="fleet")
def _fleet(fleet_lab):
    """Four clusters by name, all quorate."""
    wishes = [{"quorum": {"two_node": 1}}, {}, {"quorum": {"last_man_standing": 1, "wait_for_all": 1}}, {}]
    names = ("pair", "trio", "lms", "device")
    named = [dict(wish, totem={"cluster_name": name, "token": TOKEN}) for name, wish in zip(names, wishes)]
    found = dict(zip(names, fleet_lab.clusters(2, 3, 3, 2, wishes=named, qdevices=[None, None, None, "ffsplit"])))
    for made in found.values():
        made.wait_quorate()
    yield found
    fleet_lab.heal()
