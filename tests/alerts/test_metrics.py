# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program's metrics as those read them who have to: promtool, and Python's client of Prometheus. Both take any value that was read."""

import pytest
from alerts.accepting import parsed, refused
from hypothesis import given

from ansible_collections.corosync.quorum.plugins.module_utils._program.exposition import ALWAYS, PREFIX, WHILE_UP, exposition
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.readings import REASONS, answer, answers, none
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import node

LINKS = [{"link": 0, "connected": True}, {"link": 1, "connected": False}]
READINGS = {
    "healthy": answer(),
    "qdevice": answer((1, 1), qdevice=1),
    "a node missing, links, a problem": answer(
        nodes=[node(1), node(2, links=LINKS), node(3, state="unseen", votes=None)],
        problems=[{"id": "link_down", "severity": "warning", "message": "", "advice": ""}],
    ),
    "hostile names": answer(cluster_name='x"} 1\nup 1\\', nodes=[node(1), node(2, name='"'), node(3, name="\\\n\x1b\u202e\ud800")]),
    **{reason: none(reason) for reason in REASONS},
}


@pytest.mark.parametrize("name", READINGS)
def test_promtool_has_nothing_against_them(name):
    assert refused(exposition(READINGS[name], 1.0, changes=3)) == ""


def test_promtool_would_say_so():
    assert "no help text" in refused("corosync_quorum_up 1\n")
    assert "error" in refused('corosync_quorum_info{node="\\x"} 1\n')


@examples(20)
@given(answers())
def test_promtool_has_nothing_against_any(reading):
    assert refused(exposition(reading, 0.0)) == ""


@examples(200)
@given(answers())
def test_the_client_reads_what_was_written(reading):
    found = parsed(exposition(reading, 1.0, changes=3))
    assert {name for name, dummy in found} <= {PREFIX + metric.name for metric in ALWAYS + WHILE_UP}
    assert found[PREFIX + "up", ()] == (reading.value is not None)
    assert found[PREFIX + "changes_total", ()] == 3
    if reading.value is not None:
        assert found[PREFIX + "votes", ()] == reading.value["total_votes"]
        states = [key for key in found if key[0] == PREFIX + "node_state"]
        assert len(states) == 4 * len(reading.value["nodes"])


def test_names_arrive_as_they_are_shown():
    labels = {dict(key[1])["node"] for key in parsed(exposition(READINGS["hostile names"], 0.0)) if key[0] == PREFIX + "node_votes"}
    assert labels == {"node1", '"', "\\\\n\\x1b\\u202e\\ud800"}
