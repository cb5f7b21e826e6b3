# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as a loss of quorum in the witnesses' records."""

from lab import watch


def record(*lines, node="node1"):
    """Events of one node, a second apart."""
    return watch.parse(node, "".join(f"{number}.5 {line}\n" for number, line in enumerate(lines)))


def test_a_record_is_read_as_it_is_written():
    events = record("watching", "started 123", "quorate 1,2,3", "inquorate 1", "gone")
    assert [(event.at, event.what, event.members) for event in events] == [
        (0.5, "watching", []),
        (1.5, "started", []),
        (2.5, "quorate", [1, 2, 3]),
        (3.5, "inquorate", [1]),
        (4.5, "gone", []),
    ]


def test_a_node_that_was_quorate_and_is_not_has_lost_it_once_and_until_it_has_it_again():
    assert watch.losses(record("started 1", "quorate 1,2", "inquorate 1", "inquorate 1", "quorate 1,2")) == [watch.Loss("node1", 2.5, 4.5)]
    assert watch.losses(record("started 1", "quorate 1,2", "inquorate 1")) == [watch.Loss("node1", 2.5, None)]


def test_a_start_is_no_loss_nor_is_a_stop():
    assert not watch.losses(record("started 1", "waiting 1", "quorate 1,2", "gone", "started 2", "waiting 1", "waiting 1,2", "quorate 1,2"))


def test_a_connection_that_ends_forgets_nothing_as_long_as_corosync_is_the_same():
    assert watch.losses(record("started 1", "quorate 1,2", "gone", "inquorate 1")) == [watch.Loss("node1", 3.5, None)]


def test_a_loss_ends_with_its_corosync():
    assert watch.losses(record("started 1", "quorate 1,2", "inquorate 1", "gone", "started 2", "waiting 1")) == [watch.Loss("node1", 2.5, 4.5)]


def test_nodes_are_judged_each_by_itself():
    events = sorted(record("started 1", "quorate 1,2", "quorate 1,2", "quorate 1") + record("started 1", "quorate 1,2", "inquorate 2", node="node2"))
    assert watch.losses(events) == [watch.Loss("node2", 2.5, None)]
