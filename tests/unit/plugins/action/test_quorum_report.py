# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook report as ansible-playbook runs it: the table, the files, the verdicts that fail it, and hosts of every kind."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.corosync.quorum.tests.unit.fakes.fleets import NOT_RUNNING, named
from ansible_collections.corosync.quorum.tests.unit.fakes.nodes import Nodes
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

pytestmark = pytest.mark.plays

PLAYBOOK = "corosync.quorum.report"
WEB, DB, MAIL = ["web1", "web2", "web3"], ["web4", "web5"], "web6"


@pytest.fixture(name="nodes")
def _nodes(tmp_path: pathlib.Path) -> Nodes:
    """web1 to web3 are a healthy cluster, web4 and web5 one without reserve, on web6 corosync does not run, and far is nowhere."""
    made = Nodes(tmp_path, 6)
    for place, host in enumerate(WEB, start=1):
        made.answers(host, votequorum_info=reading(named(value((1, 1, 1), asked=place, cluster_name="web"), "web")))
    for place, host in enumerate(DB, start=1):
        made.answers(host, votequorum_info=reading(named(value((1, 1), asked=place, cluster_name="db"), "db", 2)))
    made.answers(MAIL, votequorum_info=NOT_RUNNING)
    far = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_common_args": "-o BatchMode=yes"}
    (tmp_path / "far.json").write_text(json.dumps({"all": {"hosts": {"far": far}}}), encoding="utf-8")
    return made


def reading(seen: dict[str, t.Any], lock: t.Any = None) -> dict[str, t.Any]:
    found = {"available": True, "quorate": seen["quorate"], "changed": False, "reading": {"value": seen, "cmap": {}, "files": {}}}
    return dict(found, lock=lock, lock_fault="")


def report(nodes: Nodes, *more: str, **variables: t.Any) -> tuple[int, str]:
    done = nodes.plays(playbook=PLAYBOOK, variables=variables, more=["-i", "far.json", *more])
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


def test_a_table_a_page_and_the_data(nodes: Nodes) -> None:
    code, said = report(nodes, quorum_report_html=f"{nodes.folder}/report.html", quorum_report_json=f"{nodes.folder}/report.json")
    assert code == 0, said
    lines = said.splitlines()
    begin = lines.index("2 clusters, 7 hosts: 1 no reserve, 1 ok")
    assert lines[begin + 1 : begin + 5] == [
        "",
        "VERDICT      CLUSTER                          VOTES  NEEDED  ANY MAY FAIL  MAY STOP NOW",
        "no reserve   db                              2 of 2       2             0  none",
        "ok           web                             3 of 3       2             1  each node",
    ]
    shown = "\n".join(lines[begin:])
    assert "db: Quorate with 2 votes, 2 needed; no node may be stopped: Without db1" in shown
    assert "Of no cluster: 2 hosts" in shown and "web6 returned no votequorum value: corosync is not running" in shown
    assert "far cannot be reached: " in shown
    assert all(len(line) <= 100 for line in lines[begin : lines.index("", begin + 8)])
    found = json.loads((nodes.folder / "report.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in found] == ["db", "web", None, None]
    page = (nodes.folder / "report.html").read_text(encoding="utf-8")
    assert "Which nodes may be stopped now" in page and "web6 returned no votequorum value" in page
    assert f"Written: {nodes.folder}/report.html, {nodes.folder}/report.json." not in said, "nobody asked for more lines"


def test_a_cluster_that_a_run_has_the_lock_of_is_left_alone_and_says_whose_it_is(nodes: Nodes) -> None:
    """What is in a lock, a node says: it acts on no terminal, and is no template."""
    lock = {"run_id": "0123456789abcdef", "role": "rolling_upgrade", "user": "anna\x1b[2J{{ 7*7 }}", "controller": "ctl1", "since": "2026-11-28T10:00:00Z"}
    nodes.answers("web2", votequorum_info=reading(named(value((1, 1, 1), asked=2, cluster_name="web"), "web"), lock))
    code, said = report(nodes, quorum_report_html=f"{nodes.folder}/report.html", quorum_report_hosts="web1,web2,web3")
    assert code == 0 and "1 cluster, 3 hosts: 1 degraded" in said and "\x1b" not in said and "49" not in said
    words = " ".join(said.split())
    assert "Run 0123456789abcdef of the role rolling_upgrade, started at 2026-11-28T10:00:00Z by anna\\x1b[2J{{ 7*7 }} on ctl1, has the lock on web2" in words
    assert "-e quorum_lock_take_over=0123456789abcdef" in words
    assert [line.split()[-1] for line in said.splitlines() if line.startswith("degraded")] == ["none"]
    assert "anna\\x1b[2J{{ 7*7 }} on ctl1" in (nodes.folder / "report.html").read_text(encoding="utf-8")


def test_in_check_mode_it_asks_and_writes_nothing(nodes: Nodes) -> None:
    code, said = report(nodes, "--check", quorum_report_html=f"{nodes.folder}/report.html", quorum_report_hosts="web1,web2,web3")
    assert code == 0 and "1 cluster, 3 hosts: 1 ok" in said
    assert not (nodes.folder / "report.html").exists()


def test_verdicts_that_fail_it_and_paths_that_cannot_be_written_cost_nobody_the_rest(nodes: Nodes) -> None:
    paths = {"quorum_report_html": f"{nodes.folder}/nowhere/page.html", "quorum_report_json": f"{nodes.folder}/report.json"}
    code, said = report(nodes, quorum_report_fail_on="no_reserve,unknown", **paths)
    assert code != 0 and (nodes.folder / "report.json").exists() and "2 clusters, 7 hosts" in said
    assert f"quorum_report_html: {nodes.folder}/nowhere/page.html could not be written: No such file or directory." in said
    assert "because of quorum_report_fail_on: db is no reserve." in said and "hosts that belong to no known cluster: far, web6." in " ".join(said.split())


def test_a_verdict_that_there_is_not_is_named(nodes: Nodes) -> None:
    code, said = report(nodes, quorum_report_fail_on=["lost"], quorum_report_hosts="web1")
    assert code != 0 and "quorum_report_fail_on has lost, but must be a list of: ok, no_reserve, degraded, unknown, not_quorate, split." in said


def test_a_group_that_there_is_not_is_named(nodes: Nodes) -> None:
    code, said = report(nodes, quorum_report_hosts="storage")
    assert code != 0 and "The inventory has no hosts that match quorum_report_hosts (storage)." in said


def test_an_empty_inventory_is_named(nodes: Nodes) -> None:
    """Without a host nobody is asked, and no page is written."""
    (nodes.folder / "inventory.json").write_text("", encoding="utf-8")
    (nodes.folder / "far.json").write_text("", encoding="utf-8")
    code, said = report(nodes, quorum_report_html=f"{nodes.folder}/report.html")
    assert code != 0 and "The inventory has no hosts that match quorum_report_hosts (all)." in said
    assert not (nodes.folder / "report.html").exists()


def test_hosts_may_be_a_list_and_what_is_no_path_is_named(nodes: Nodes) -> None:
    """The rest of the report is made all the same."""
    wrong = {"quorum_report_html": ["page.html"], "quorum_report_json": str(nodes.folder), "quorum_report_fail_on": 5}
    code, said = report(nodes, quorum_report_hosts=["web1", "web2"], **wrong)
    words = " ".join(said.split())
    assert code != 0 and "1 cluster, 2 hosts: 1 ok" in said and "quorum_report_html is a list, but must be a path." in words
    assert f"quorum_report_json: {nodes.folder} could not be written: Is a directory." in words
    assert "quorum_report_fail_on has 5, but must be a list of: ok" in words
    code, said = report(nodes, quorum_report_hosts="")
    assert code == 0 and "2 clusters, 7 hosts" in said, "empty as by an empty answer of a survey"


def test_a_variable_tells_clusters_apart_and_a_fact_does_not(nodes: Nodes) -> None:
    for place, host in enumerate(DB, start=1):
        nodes.answers(host, votequorum_info=reading(named(value((1, 1, 1), asked=place, cluster_name="web", ring=17), "web")))
    code, said = report(nodes, quorum_report_hosts="web1:web2:web3:web4:web5")
    assert code == 0 and "1 cluster, 5 hosts: 1 unknown" in said
    hosts = {host: {"quorum_cluster": "north" if host in WEB else "south"} for host in WEB + DB}
    (nodes.folder / "labels.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    code, said = report(nodes, "-i", "labels.json", quorum_report_hosts="web1:web2:web3:web4:web5")
    assert code == 0 and "north" in said and "south" in said and "unknown" not in said.split("2 clusters, 5 hosts")[1]
