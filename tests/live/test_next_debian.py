# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection on Debian's next release, forky, with its newer corosync, Python and cffi: every role and every module, by the newest ansible-core.

The tests are one story: each goes on with the cluster as the one before left it. An upgrade to this release is in test_rolling_upgrade.py.
"""

import json
import re

import pytest
from docs.examples import private_plugins, role_examples
from lab import private_lab
from lab.cluster import Cluster, reset
from lab.host import CHECKOUT
from playing import PLAYS, Play
from run import environments
from test_problems import HEALTHY, all_ids
from test_role_prerequisites import ARCHIVE, RESTORE

PREREQUISITES, CLUSTER = role_examples("prerequisites")[1], role_examples("cluster")[0]
ROLLING_UPGRADE = CHECKOUT / "playbooks/rolling_upgrade.yml"
VERSIONS = """
import json, subprocess, sys, _cffi_backend
corosync = subprocess.run(["corosync", "-v"], stdout=subprocess.PIPE, universal_newlines=True).stdout.split("'")[1]
print(json.dumps([[int(part) for part in text.split(".")[:3]] for text in (corosync, sys.version.split()[0], _cffi_backend.__version__)]))
"""
WATCH = "corosync.quorum.watch_quorum"
VOTES = "corosync.quorum.votequorum"
MODULES = [
    {"name": "Record", WATCH: {"state": "running", "timeout": 60}, "async": 90, "poll": 0, "register": "watch"},
    {
        "name": "Until it has begun",
        WATCH: {"state": "read"},
        "register": "seen",
        "until": "seen.running and seen.timeline | length > 0",
        "retries": 150,
        "delay": 0.2,
    },
    {"name": "Give a node a vote more", VOTES: {"node": "node2", "votes": 2}, "diff": True},
    {"name": "See it", "corosync.quorum.wait_for_quorum": {"expected_votes": 4, "quorate": True, "stable_for": 1}},
    {"name": "Take it back", VOTES: {"node": 2, "votes": 1}},
    {"name": "Expect no more than before", VOTES: {"expected_votes": 3}},  # which fewer votes do not come to by themselves
    {"name": "Read the record", WATCH: {"state": "stopped"}, "register": "recorded"},
    {"name": "See who has the lock", "corosync.quorum.quorum_lock": {"state": "read"}, "register": "lock"},
    {"name": "End", "ansible.builtin.async_status": {"jid": "{{ watch.ansible_job_id }}", "mode": "cleanup"}},
]


class Story:
    """Nodes without a cluster, plays on them, and what these were made of."""

    def __init__(self, lab, folder):
        self.lab, self.folder = lab, folder
        self.nodes = lab.nodes
        self.texts, self.tasks = [], set()
        newest = [core for core in environments.CORES if environments.python_of_core(core)][-1]
        self.program = environments.core_environment(newest).with_name("ansible-playbook")
        (folder / "group.json").write_text(json.dumps({"cluster": {"hosts": {node.name: {} for node in lab.nodes}}}), encoding="utf-8")

    def play(self, book, **variables):
        """Run plays, a list or a playbook, which have to end well; returns the results."""
        if isinstance(book, list):
            (self.folder / "book.json").write_text(json.dumps(book), encoding="utf-8")
            book = self.folder / "book.json"
        arguments = ["-i", str(self.lab.inventory), "-i", str(self.folder / "group.json"), "-e", json.dumps(dict(variables, cluster_stable_for=0.5))]
        with Play(self.lab, book, ansible_playbook=self.program, arguments=arguments) as play:
            results = play.end(240)
            assert play.process.returncode == 0, play.output
        self.texts.append(book.read_text(encoding="utf-8"))
        self.tasks.update(result.task for result in results)
        return results


@pytest.fixture(name="story", scope="module")
def _story(tmp_path_factory):
    with private_lab("live-next", nodes=3, suite="forky") as lab:
        reset(lab.nodes)
        yield Story(lab, tmp_path_factory.mktemp("story"))


def test_it_is_newer_than_debian_13(story):
    corosync, python, cffi = story.nodes[0].python(VERSIONS, parse=True)
    assert (corosync > [3, 1, 9], python >= [3, 14], cffi >= [2]) == (True, True, True)


def test_the_roles_install_what_is_missing_and_make_a_cluster(story):
    node = story.nodes[0]
    node.sh(ARCHIVE, timeout=120)
    results = story.play(PREREQUISITES.data + CLUSTER.data)
    assert [result.host for result in results if result.task.endswith(" : Refresh the package list and install the packages") and result.status == "ok"] == [
        "node1"
    ]
    node.sh(RESTORE)
    Cluster(story.nodes, conf=None).wait_ring()


def test_waits_readings_and_changes_of_votes(story):
    story.play(PLAYS / "cores.yml")
    results = {result.task: result.result for result in story.play([{"hosts": "node1", "gather_facts": False, "tasks": MODULES}])}
    assert results["See it"]["votequorum"]["quorum"] == 3
    assert [results[task]["changed"] for task in ("Give a node a vote more", "Take it back", "Expect no more than before")] == [True] * 3
    assert results["See who has the lock"]["lock"] is None
    timeline = results["Read the record"]["timeline"]
    assert (timeline[0]["event"], timeline[0]["members"], {entry["quorate"] for entry in timeline}) == ("state", [1, 2, 3], {True})


def test_nodes_say_by_themselves_that_they_are_quorate(story):
    monitor = [{"hosts": "nodes", "gather_facts": False, "become": True, "roles": ["corosync.quorum.monitor"]}]
    story.play(monitor, monitor_textfile="/srv/corosync_quorum.prom")
    said = [
        node.sh("sed -n 's/^corosync_quorum_quorate //p' /srv/corosync_quorum.prom; systemctl is-active corosync-quorum").stdout.split() for node in story.nodes
    ]
    assert said == [["1", "active"]] * 3
    story.play(monitor, monitor_state="absent")


def test_a_rolling_restart_loses_no_quorum_and_says_so(story):
    def pids():
        return [node.run(["pgrep", "-x", "corosync"]).stdout for node in story.nodes]

    before = pids()
    report = story.folder / "report.html"
    given = {"packages": [], "needed": True, "stable_for": 0.5, "report": str(report), "group": "cluster"}
    story.play(ROLLING_UPGRADE, **{f"rolling_upgrade_{name}": value for name, value in given.items()})
    assert not any(old == new for old, new in zip(before, pids()))
    assert "Quorum was never lost on a node that was up." in report.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", HEALTHY)
def test_no_mode_has_a_problem(story, name):
    made = story.lab.cluster(**HEALTHY[name])
    made.wait_quorate()
    assert all_ids(made) == {node.nodeid: [] for node in made}


def test_no_role_and_no_module_was_left_out(story):
    """Of whatever the collection has by now: add what is new to the plays of this file."""
    assert {path.name for path in (CHECKOUT / "roles").iterdir()} <= {task.split(" : ")[0].rpartition(".")[2] for task in story.tasks if " : " in task}
    modules = {path.stem for path in (CHECKOUT / "plugins/modules").glob("*.py")} - private_plugins()
    assert modules <= set(re.findall(r"corosync\.quorum\.(\w+)", " ".join(story.texts)))
