# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics of a reading: each number where it belongs, labels that nobody can break out of, and the same form whatever was read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._program.exposition import ALWAYS, PREFIX, WHILE_UP, exposition
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.readings import REASONS, answer, answers, none
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import device, node

HEALTHY = """\
up 1
reading_timestamp_seconds 1795774502.250
reading_age_seconds 0.500
info{cluster_name="lab",node="node1",nodeid="1"} 1
quorate 1
votes 3
expected_votes 3
needed_votes 2
reserve_nodes 1
members 3
configured_nodes 3
node_votes{node="node1",nodeid="1"} 1
node_votes{node="node2",nodeid="2"} 1
node_votes{node="node3",nodeid="3"} 1
node_state{node="node1",nodeid="1",state="member"} 1
node_state{node="node1",nodeid="1",state="leaving"} 0
node_state{node="node1",nodeid="1",state="dead"} 0
node_state{node="node1",nodeid="1",state="unseen"} 0
node_state{node="node2",nodeid="2",state="member"} 1
node_state{node="node2",nodeid="2",state="leaving"} 0
node_state{node="node2",nodeid="2",state="dead"} 0
node_state{node="node2",nodeid="2",state="unseen"} 0
node_state{node="node3",nodeid="3",state="member"} 1
node_state{node="node3",nodeid="3",state="leaving"} 0
node_state{node="node3",nodeid="3",state="dead"} 0
node_state{node="node3",nodeid="3",state="unseen"} 0
qdevice_configured 0
qdevice_alive 0
qdevice_votes 0
wait_for_all_pending 0
ring_sequence 13
"""


def samples(reading, age=0.5, changes=None):
    """The lines that are no comment, without the prefix of the names."""
    return [line[len(PREFIX) :] for line in exposition(reading, age, changes).splitlines() if not line.startswith("#")]


def test_a_healthy_cluster():
    assert samples(answer()) == HEALTHY.splitlines()


def test_the_help_and_the_type_of_each_metric_come_before_it():
    lines = exposition(answer(), 0.0, changes=4).splitlines()
    place = lines.index("corosync_quorum_changes_total 4")
    assert lines[place - 1] == "# TYPE corosync_quorum_changes_total counter"
    assert lines[place - 2].startswith("# HELP corosync_quorum_changes_total Times that")
    assert "# TYPE corosync_quorum_votes gauge" in lines


@pytest.mark.parametrize("reason", REASONS)
def test_without_a_reading_there_is_the_reason_and_no_number_that_is_not_known(reason):
    assert samples(none(reason), 7.0, changes=2) == [
        "up 0",
        f'down_info{{reason="{reason}"}} 1',
        "reading_timestamp_seconds 1795774502.250",
        "reading_age_seconds 7.000",
        "changes_total 2",
    ]


def test_the_device_counts_with_what_it_gives_now():
    def of_device(state):
        return [line for line in samples(answer((1, 1), qdevice=device(state, votes=1))) if line.startswith("qdevice")]

    assert of_device("voting") == ["qdevice_configured 1", "qdevice_alive 1", "qdevice_votes 1"]
    assert of_device("alive") == ["qdevice_configured 1", "qdevice_alive 1", "qdevice_votes 0"]
    assert of_device("registered") == of_device("absent") == ["qdevice_configured 1", "qdevice_alive 0", "qdevice_votes 0"]


def test_the_reserve_is_as_things_are_now():
    assert "reserve_nodes 1" in samples(answer((1, 1), qdevice=1)), "and 0, were the device lost as well"
    assert "reserve_nodes 0" in samples(answer(members=[1, 2])) and "reserve_nodes 0" in samples(answer(members=[1], settled=False))


@pytest.mark.parametrize("changes", [{"settled": False}, {"nodes": [node(1), node(2), node(3, configured=None)]}])
def test_a_reserve_that_is_not_known_is_left_out(changes):
    lines = samples(answer(**changes))
    assert "quorate 1" in lines and not [line for line in lines if line.startswith("reserve")]


def test_nodes_links_and_problems():
    seen = [
        node(1, name="alpha", links=None),
        node(2, name=None, links=[{"link": 0, "connected": True}, {"link": 1, "connected": False}]),
        node(3, state="unseen", votes=None, links=[]),
        node(4, state="state_9", configured=None),
    ]
    hits = [{"id": "link_down", "severity": "warning", "message": "", "advice": ""}] * 2
    lines = samples(answer(nodes=seen, problems=hits))
    assert [line for line in lines if line.startswith("link")] == [
        'link_connected{node="2",nodeid="2",link="0"} 1',
        'link_connected{node="2",nodeid="2",link="1"} 0',
    ]
    assert [line for line in lines if line.endswith('state="unseen"} 1')] == ['node_state{node="node3",nodeid="3",state="unseen"} 1']
    assert not [line for line in lines if 'nodeid="3"' in line and line.startswith("node_votes")]
    assert [line for line in lines if 'nodeid="4"' in line and line.endswith(" 1")] == ['node_votes{node="node4",nodeid="4"} 1']
    assert lines.count('problem{id="link_down",severity="warning"} 1') == 1
    assert "configured_nodes 3" in lines


def test_a_name_stays_a_name():
    hostile = 'a"} 1\nup 1\\'
    line = next(line for line in samples(answer(cluster_name=hostile, name="n" * 3000)) if line.startswith("info"))
    assert line.startswith(r'info{cluster_name="a\"} 1\\nup 1\\",node="nnn') and len(line) < 400


SAMPLE = re.compile(r'corosync_quorum_([a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\["\\])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\])*")*\})? (-?[0-9]+(?:\.[0-9]{3})?)\Z')


@examples(200)
@given(answers(), st.floats(0, 1e6), st.one_of(st.none(), st.integers(0, 2**40)))
def test_each_line_has_the_form_and_no_series_is_there_twice(reading, age, changes):
    text = exposition(reading, age, changes)
    assert text.endswith("\n")
    text.encode("utf-8")
    known, seen = {metric.name for metric in ALWAYS + WHILE_UP}, set()
    for line in text.split("\n")[:-1]:
        assert line.isprintable()
        if not line.startswith("# "):
            found = SAMPLE.match(line)
            assert found and found.group(1) in known, line
            assert found.groups()[:2] not in seen, line
            seen.add(found.groups()[:2])
