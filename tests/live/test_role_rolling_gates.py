# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates of the role rolling_upgrade on real clusters, in plays that stop and start nodes themselves."""

from linking import add_second_link, links_of, remove_second_link, wait_links
from upgrading import ROLE, failures, pids, result_of

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._report.words import duration


def test_gates_alone_by_node_ids_with_a_device_that_does_not_vote(cluster, upgrade):
    """What did not vote before is not waited for afterwards."""
    made = cluster(nodes=4, qdevice="ffsplit")
    made.wait_quorate()
    made.stop_qnetd()
    made.wait_qdevice_votes(wanted=False)
    service = {"name": "corosync", "state": "restarted"}
    gates = {
        "tasks": [
            {"ansible.builtin.import_role": {"name": ROLE, "tasks_from": "before_stop"}},
            {"ansible.builtin.service": service},
            {"ansible.builtin.import_role": {"name": ROLE, "tasks_from": "after_start"}},
        ]
    }
    before = pids(made)
    with upgrade(made, plays=[gates], rolling_upgrade_node="{{ inventory_hostname[-1] | string }}") as play:
        play.end(120)
        assert not play.process.returncode, play.output
    assert not set(before.values()) & set(pids(made).values())


def test_the_gate_after_a_start_waits_for_a_link_that_was_up_before(cluster, upgrade):
    """node3 is a member again by its first link. The second one comes ten seconds later."""
    made = cluster(start=False)
    ring = add_second_link(made)
    for node in made:
        node.start_corosync()
    try:
        made.wait_quorate()
        wait_links(made[1], {1: None, 2: [True, True], 3: [True, True]})
        cut = f"ip route add blackhole {ring[3]}/32; systemd-run -q sh -c 'sleep 10; ip route del blackhole {ring[3]}/32'"

        def part(name):
            return {"ansible.builtin.import_role": {"name": ROLE, "tasks_from": name}}

        tasks = [part("before_stop"), {"name": "Stop corosync", "ansible.builtin.service": {"name": "corosync", "state": "stopped"}}]
        tasks += [{"name": "Cut", "ansible.builtin.shell": cut, "delegate_to": node.name, "changed_when": True} for node in (made[1], made[2])]
        tasks += [{"name": "Start corosync", "ansible.builtin.service": {"name": "corosync", "state": "started"}}, part("after_start")]
        begin_and_end = [{"hosts": "nodes", "serial": "100%", "tasks": [part(name)]} for name in ("preflight", "finish")]
        plays = [begin_and_end[0], {"hosts": "node3", "tasks": tasks}, begin_and_end[1]]
        with upgrade(made, plays=plays, rolling_upgrade_hosts=[node.name for node in made]) as play:
            results = play.end(60)
            assert not play.process.returncode, play.output
        cut_at = max(result.at for result in results if result.task == "Cut")
        back_at = max(result.at for result in results if result.task.endswith("Wait until this node is back, and the others see it"))
        assert back_at - cut_at >= 9, play.output
        assert links_of(made[1])[3] == [True, True]
    finally:
        remove_second_link(made)


def test_gates_alone_around_a_reboot_with_records_and_a_verdict(cluster, upgrade, tmp_path):
    """First the node is not back in time, and the page says so. Then it is: its record goes on behind the reboot, which is no loss, and no gap.

    Nor is it a loss that node2 is stopped twice in that run.
    """
    made = cluster()
    made.wait_quorate()

    def part(name):
        return {"ansible.builtin.import_role": {"name": ROLE, "tasks_from": name}}

    everywhere = {"serial": "100%"}
    start = {"name": "Start corosync", "ansible.builtin.service": {"name": "corosync", "state": "started"}}
    reboot = {
        "hosts": "node3",
        "tasks": [part("before_stop"), {"name": "Reboot", "ansible.builtin.reboot": {"reboot_timeout": 180}}, start, part("after_start")],
    }
    stop = {"name": "Stop corosync", "ansible.builtin.service": {"name": "corosync", "state": "stopped"}}
    plays = [dict(everywhere, tasks=[part("preflight")]), dict(reboot, tasks=[part("before_stop"), stop, part("after_start")])]
    with upgrade(made, plays=plays, rolling_upgrade_hosts=[node.name for node in made], rolling_upgrade_timeout=6) as play:
        play.end(60)
        assert play.process.returncode and "node3 is not back as it has to be" in failures(play)[-1], play.output
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "but node3 failed" in page and "has not come back into the cluster" in page and "not back" in result_of(page, "node3", "failed")
    made[3].start_corosync()
    made.wait_ring()

    twice = {"hosts": "node2", "tasks": [part("before_stop"), stop, start, part("after_start")] * 2}
    plays = [dict(everywhere, tasks=[part("preflight")]), twice, reboot, dict(everywhere, tasks=[part("finish")])]
    with upgrade(made, plays=plays, rolling_upgrade_hosts=[node.name for node in made], rolling_upgrade_reboot="always") as play:
        results = play.end(120)
        assert not play.process.returncode, play.output
    records = [result.result["record"] for result in results if result.task.endswith("and stop recording quorum") and result.status == "item ok"]
    assert len(records) == len(made.nodes)
    assert all(record["runs"] == [] for record in records), "this run's records were the only ones"
    told = {tuple(entry["event"] for entry in record["timeline"] if entry["event"] in ("state", "watch_ended")) for record in records}
    assert told == {("state",), ("state", "watch_ended", "state")}, "one has two watches"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Quorum was never lost on a node that was up." in page and "2 of 3 done" in page
    assert result_of(page, "node2", "restarted")
    row = result_of(page, "node3", "rebooted")
    assert "<span>2</span>" in row, "its batch"
    assert all(f'node3</span></td><td data-label="Phase"><span>{phase}</span>' in page for phase in ("gate", "tasks", "rejoin"))
    assert "quorum lost" not in page
    # by the others' records, which is what the chart shows, and not by the phases
    left, joined = [
        min(seconds_of(entry["at"]) + record["offset"] for record in records for entry in record["timeline"] if entry[key] == [3]) for key in ("left", "joined")
    ]
    assert f"<span>{duration(joined - left)}</span>" in row, (joined - left, row)
