# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page for people."""

from hypothesis import given

from ansible_collections.corosync.quorum.plugins.module_utils._program.page import page
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.readings import answer, answers
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import device, node

HEALTHY = """\
node1 (node id 1) of the cluster lab

quorum    quorate, 3 of 3 votes, 2 needed
reserve   1 node may fail
may stop  node1, node2, node3 (one at a time)
device    none
ring      1.d
flags     quorate

NODE               ID  STATE   VOTES  LINKS DOWN
node1 (this node)  1   member  1      -
node2              2   member  1      -
node3              3   member  1      -"""


def test_a_healthy_cluster():
    assert page(answer().value) == HEALTHY


def test_a_cluster_in_trouble():
    nodes = [
        node(1, qdevice={"registered": True, "alive": True, "cast_vote": True, "master_wins": False}),
        node(2, name=None, links=[{"link": 0, "connected": False}, {"link": 1, "connected": True}, {"link": 2, "connected": False}]),
        node(3, state="unseen", votes=None, links=[]),
    ]
    problem = {"id": "no_votes", "severity": "error", "message": "Something is\nwrong.", "advice": "Correct it."}
    lines = page(answer(nodes=nodes, qdevice=device(votes=2), cluster_name=None, flags=[], problems=[problem]).value).splitlines()
    assert lines[0] == "node1 (node id 1)"
    assert "may stop  none" in lines and "flags     none" in lines
    assert "reserve   0 nodes may fail" in lines
    assert "device    Qdevice, 2 votes, voting" in lines
    assert "node id 2          2   member  1      0, 2" in lines and "node3              3   unseen  ?      -" in lines
    assert lines[-3:] == ["", "error no_votes: Something is wrong.", "  Correct it."]


def test_a_reserve_that_depends_on_the_device():
    assert "reserve   1 node may fail as long as the quorum device votes, 0 if its vote is lost too\n" in page(answer((1, 1), qdevice=1).value)
    assert "reserve   not known: A membership change was under way when quorum was read, so nothing can be promised: read it again.\n" in page(
        answer(settled=False).value
    )


def test_a_device_that_is_not_there():
    assert "device    Qdevice, 1 vote, not registered" in page(answer((1, 1), qdevice=device("absent")).value)


@examples(100)
@given(answers())
def test_nothing_acts_on_the_terminal(reading):
    if reading.value is not None:
        assert page(reading.value).replace("\n", "").isprintable()
