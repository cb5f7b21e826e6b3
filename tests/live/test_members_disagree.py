# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of one settled ring that go by different settings: what each of them answers, what the gate of a rolling upgrade makes of it, and what happens.

Votequorum reads some settings only when it starts, and a reload hides what it read. So a change of them that is half done cannot be seen on one node.
"""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from looking import program
from patience import comes_to, until
from playing import Play

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import quorate_without

ROLE = "corosync.quorum.rolling_upgrade"
CONF = "/etc/corosync/corosync.conf"
QUICK = {"token": 1000, "consensus": 1200}


def value_on(node):
    return program(node, "print(json.dumps(observe(20)))")


def says(node, leave):
    """Whether this node says that the others stay quorate without these."""
    return quorate_without(value_on(node), leave)[0]


def quorate_on(*nodes):
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        return {node.nodeid: value["quorate"] for node, value in zip(nodes, pool.map(value_on, nodes))}


@pytest.fixture(name="gate")
def _gate(lab, tmp_path):
    """gate(made, batch, asked): what the role's gate says of hosts that are to be stopped together, where these hosts are asked in this order."""

    def ask(made, batch, asked):
        gates = {"hosts": batch, "gather_facts": False, "tasks": [{"ansible.builtin.import_role": {"name": ROLE, "tasks_from": "before_stop"}}]}
        book = tmp_path / "gates.json"
        book.write_text(json.dumps([gates]), encoding="utf-8")
        options = {"rolling_upgrade_hosts": [*asked, *batch], "rolling_upgrade_packages": []}
        inventory = made.inventory(tmp_path / "inventory.yml")
        with Play(lab, book, arguments=["-i", str(inventory), "-e", json.dumps(options)]) as play:
            results = play.end(60)
            assert play.process.returncode, play.output
        refused = [result for result in results if result.status == "item failed"]
        assert {result.host for result in refused} == set(batch), play.output
        return {result.result["item"] for result in refused}, play.output

    return ask


def test_a_list_of_tie_breakers_that_a_reload_has_changed(cluster, gate):
    made = cluster(nodes=4, quorum={"auto_tie_breaker": 1, "auto_tie_breaker_node": "1 2"}, totem=QUICK)
    made.wait_quorate()
    assert value_on(made[4])["auto_tie_breaker"]["nodes"] == [1, 2]
    assert (says(made[4], [1, 2]), says(made[4], [3, 4])) == (False, True)

    for node in made:
        node.put(made.conf.replace("auto_tie_breaker_node: 1 2", "auto_tie_breaker_node: 4 3"), CONF)
    made[1].run(["corosync-cfgtool", "-R"])
    until(lambda: all("config.reload_in_progress" in node.run(["corosync-cmapctl"]).stdout for node in made))
    value = value_on(made[4])
    assert value["auto_tie_breaker"] == {"enabled": True, "kind": "list", "nodes": None, "lowest": 1, "highest": 4}
    assert [(problem["id"], problem["severity"]) for problem in value["problems"] if problem["severity"] == "warning"] == [("unknown_since_reload", "warning")]
    assert (quorate_without(value, [1, 2])[0], quorate_without(value, [3, 4])[0]) == (False, False), "it goes by 1 2, and nobody can know"
    assert all(quorate_without(value, nodeid)[0] for nodeid in (1, 2, 3, 4)), "the restart that makes it known is not blocked"

    made[4].stop_corosync()
    made[4].start_corosync()
    made.wait_ring()
    made.wait_quorate()
    assert comes_to([4, 3], lambda: value_on(made[4])["auto_tie_breaker"]["nodes"]) == [4, 3]
    assert (says(made[3], [1, 2]), says(made[4], [1, 2])) == (False, True), "of one settled ring"
    assert gate(made, ["node1", "node2"], asked=["node4", "node3"])[0] == {"node3"}

    for nodeid in (1, 2):
        made[nodeid].kill_corosync()
    made.wait_ring([3, 4])
    assert quorate_on(made[3], made[4]) == {3: False, 4: True}


def test_a_window_of_last_man_standing_that_has_not_passed_everywhere(cluster, gate):
    made = cluster(nodes=4, quorum={"last_man_standing": 1, "last_man_standing_window": 1000}, totem=QUICK, start=False)
    made[3].put(made.conf.replace("last_man_standing_window: 1000", "last_man_standing_window: 600000"), CONF)
    for node in made:
        node.start_corosync()
    made.wait_ring()
    made.wait_quorate()
    made[4].kill_corosync()
    made.wait_ring([1, 2, 3])
    assert comes_to(3, lambda: value_on(made[1])["expected_votes"]) == 3
    assert value_on(made[3])["expected_votes"] == 4, "of one settled ring"
    assert (says(made[1], 2), says(made[2], 2), says(made[3], 2)) == (True, True, False)
    asked, output = gate(made, ["node2", "node4"], asked=["node1", "node3"])
    assert asked == {"node3"} and "node3" in output

    made[2].stop_corosync()
    made.wait_ring([1, 3])
    # Which of them depends on whose message comes first: one may believe the other, and take its expected votes.
    assert False in quorate_on(made[1], made[3]).values()
