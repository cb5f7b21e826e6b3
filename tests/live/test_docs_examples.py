# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the documentation, run on a real cluster by a real ansible-playbook; and what the documentation shows, compared.

An example runs as it stands, on a complete cluster of three, and all of it has to succeed. RUNS says where it needs more than that.
An example that another test runs says so in a comment above it.
"""

import copy
import json
import re
import typing as t

import jsonschema
import pytest
from docs.examples import Example, all_examples, playbook, title, values
from docs.schema import schema, strict
from lab.cluster import reset
from playing import Play


# hosts: where tasks run (an example that is a play says that itself). cluster: what Lab.cluster() takes. stopped: nodes whose corosync
# is stopped first. prelude: tasks before the first. before: tasks put before the task of this name. without: tasks that cannot run here,
# and are left out. fails: the tasks that have to fail. warns: whether it has to print a warning; all others must not. bare: the nodes have no cluster.
class Run(t.NamedTuple):
    hosts: str
    cluster: dict[str, t.Any]
    stopped: tuple[str, ...]
    prelude: list[t.Any]
    before: dict[str, list[t.Any]]
    without: tuple[str, ...]
    fails: tuple[str, ...]
    warns: bool
    bare: bool


READ = {"name": "Read quorum for the example", "corosync.quorum.votequorum_info": None, "register": "result"}
CONTAINERS = ("tasks", "block", "rescue", "always")


def run(hosts="cluster", cluster=None, stopped=(), prelude=(), before=None, without=(), fails=(), warns=False, bare=False):
    """A Run with defaults."""
    return Run(hosts, cluster or {"nodes": 3}, tuple(stopped), list(prelude), before or {}, tuple(without), tuple(fails), warns, bare)


def on(node, command, seconds=None):
    """A task that runs a command on one node: now, or so many seconds later, while the next tasks run."""
    later = f"systemd-run --timer-property=AccuracySec=50ms --on-active={seconds} " if seconds else ""
    return {"name": f"{command} on {node}", "ansible.builtin.command": later + command, "delegate_to": node, "run_once": True}


def wait_for(**options):
    """A task that waits, quorate or not."""
    return {"name": f"Wait for {', '.join(options)}", "corosync.quorum.wait_for_quorum": dict(options, quorate=None, timeout=120)}


WATCH = [
    {"name": "Watch", "corosync.quorum.watch_quorum": {"state": "running", "timeout": 120}, "async": 150, "poll": 0},
    {
        "name": "Wait for the watch",
        "corosync.quorum.watch_quorum": {"state": "read"},
        "register": "seen",
        "until": "seen.timeline | length > 0",
        "retries": 150,
        "delay": 0.3,
    },
]
STOP = "systemctl stop corosync"
START = "systemctl start corosync"

RUNS = {
    # cookbook.rst
    "Show a table of quorum over all nodes": run(stopped=["node3"]),
    "Reboot a node, and say whom to call if it does not come back": run(
        without=["Reboot the node"], before={"Reboot the node": [on("node3", "systemctl restart corosync")]}
    ),
    "Make a cluster of two nodes": run(cluster={"nodes": 2}, bare=True),
    # guide_rolling_*.rst: without what is there on Proxmox VE and DRBD alone
    "Look at the whole Proxmox cluster first": run(
        without=["Move the services away", "Wait until no service is left on this node", "Upgrade everything", "Let the services come back"]
    ),
    "Upgrade DRBD and corosync on one node after the other": run(
        without=["Take the resources off the node", "Let the node take resources again", "Wait until its data is in sync"]
    ),
    # guide_quorum_as_data.rst
    "Quorate, and every configured node is a member": run(prelude=[READ]),
    "A vote to spare": run(prelude=[READ]),
    "All hosts are in one partition": run(prelude=[READ]),
    "The quorum device votes for this node": run(prelude=[READ], cluster={"nodes": 2, "qdevice": "ffsplit"}),
    "No problem was found": run(prelude=[READ]),
    "Who is a member?": run(prelude=[READ]),
    "Which hosts are part of a quorate cluster?": run(stopped=["node3"]),
    # guide_waiting.rst
    # The lab's nodes have no source of packages: all but the upgrade itself is run.
    "Upgrade corosync on one node after the other": run(without=["Upgrade the package, which may restart corosync"]),
    "Wait until node1 and node2 are alone": run("node1", before={"Wait until node1 and node2 are alone": [on("node3", STOP, 3)]}),
    "Wait until this node has lost quorum": run("node1", before={"Wait until this node has lost quorum": [on("node2", STOP, 3), on("node3", STOP, 4)]}),
    "Wait until node1 no longer sees node3": run("node2", before={"Wait until node1 no longer sees node3": [on("node3", STOP, 3)]}),
    "Wait until the quorum device gives this node its vote": run(cluster={"nodes": 2, "qdevice": "ffsplit"}),
    "Remember the ring": run("node3"),
    "Wait, and show what happened if it fails": run("node1", stopped=["node3"], fails=["Wait for all three nodes", "Stop here"]),
    # guide_votes.rst
    "Expect the two nodes that are about to join": run(warns=True),
    "Go on without the nodes that are lost for good, and switched off": run(stopped=["node2", "node3"], warns=True),
    "Do not wait for all any more": run(
        "node1",
        cluster={"nodes": 3, "quorum": {"wait_for_all": 1}},
        stopped=["node2", "node3"],
        prelude=[on("node1", "systemctl restart corosync"), on("node2", START), wait_for(members=["node1", "node2"])],
    ),
    # votequorum_info
    "Read quorum from every node": run(before={"Read quorum also where corosync may not run": [on("node3", STOP)]}),
    # votequorum: it warns that what it changes is not persistent. In the end a fresh pair waits for node3, which does not come.
    "Expect two votes more, of nodes that are about to join": run(
        "node1",
        cluster={"nodes": 3, "quorum": {"wait_for_all": 1}},
        warns=True,
        before={
            "Let the remaining minority continue, when the other nodes are lost for good and definitely off": [
                on("node2", STOP),
                on("node3", STOP),
                wait_for(absent=["node2", "node3"]),
            ],
            "Stop waiting for a node that will not return, and is definitely off": [
                on("node1", "systemctl restart corosync"),
                on("node2", START),
                wait_for(members=["node1", "node2"]),
            ],
        },
    ),
    # wait_for_quorum: four nodes and a device, so that one node may be stopped even without the device's vote
    "Wait until this node is part of a quorate cluster": run(
        "node1",
        cluster={"nodes": 4, "qdevice": "ffsplit"},
        before={
            "Wait until a node that was switched off is gone, quorate or not": [on("node2", STOP, 2)],
            "Wait until this node may be stopped": [on("node2", START)],
            "Wait until the quorum device votes": [on("node1", "systemctl start corosync-qdevice")],
        },
    ),
    # watch_quorum, quorum_losses, upgrade_report: a watch runs already where an example only reads
    "Find the losses of quorum since the watch was started": run(prelude=WATCH),
    "Make a page of what the watches recorded": run(prelude=WATCH),
    # forecast, quorate_without, upgrade_batches: five nodes, of which two may go
    "Read the quorum of this cluster": run("node1", cluster={"nodes": 5}),
    "Restart corosync on one node after the other, only if the others stay quorate": run(cluster={"nodes": 5}),
}
STRICT = jsonschema.Draft202012Validator(strict(schema()))
EXAMPLES = [example for example in all_examples() if not example.elsewhere]
GATED = "Restart corosync everywhere without losing quorum"


def arranged(example: Example) -> Run:
    return RUNS.get(title(example)) or run()


def prepared(tasks, arrangement):
    """The tasks with what is put before them and without what is left out."""
    ready = []
    for task in tasks:
        ready += arrangement.before.get(task.get("name"), [])
        if task.get("name") in arrangement.without:
            continue
        ready.append(dict(task, **{key: prepared(task[key], arrangement) for key in CONTAINERS if key in task}))
    return ready


def named(entries):
    """Every task of plays and blocks that has to run, but for those of roles. Those that rescue only do where something fails."""
    for entry in entries:
        inner = [task for key in CONTAINERS for task in entry.get(key) or []]
        yield from named(inner) if inner else [] if "roles" in entry else [entry]


class Book:
    """An example as a playbook on a cluster of its own."""

    def __init__(self, cluster, lab, folder):
        self._make, self._lab, self._folder = cluster, lab, folder
        self.made = None

    def play(self, example, arrangement):
        """Run it to its end: the Play and its results."""
        self.made = self._make(**arrangement.cluster, start=not arrangement.bare)
        if arrangement.bare:
            reset(self.made.nodes)
            for node in self.made.nodes:
                node.sh("mkdir -p -m 700 ~/.ansible/tmp")  # else Ansible warns that it had to make it
            return self.go(playbook(copy.deepcopy(example), arrangement.hosts), arrangement)
        for name in arrangement.stopped:
            self.made[name].stop_corosync()
        self.made.wait_ring([node.nodeid for node in self.made if node.name not in arrangement.stopped])
        return self.go(playbook(copy.deepcopy(example), arrangement.hosts), arrangement)

    def go(self, plays, arrangement):
        """Run these plays on the cluster as it is."""
        plays = [dict(play, tasks=arrangement.prelude + prepared(play.get("tasks") or [], arrangement)) for play in plays]
        book = self._folder / "example.json"
        book.write_text(json.dumps(plays), encoding="utf-8")
        (self._folder / "corosync.conf").write_text(self.made.conf, encoding="utf-8")
        (self._folder / "group.yml").write_text("cluster: {children: {nodes: {}}}\n", encoding="utf-8")
        inventory = self.made.inventory(self._folder / "nodes.yml")
        with Play(self._lab, book, arguments=["-i", str(inventory), "-i", str(self._folder / "group.yml")]) as play:
            return play, play.end(timeout=240)


@pytest.fixture(name="book")
def _book(cluster, lab, tmp_path):
    return Book(cluster, lab, tmp_path)


def failed(results):
    return {result.task for result in results if result.status in ("failed", "unreachable", "item failed")}


def test_every_arrangement_is_for_an_example():
    assert set(RUNS) <= {title(example) for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.source}:{example.line}")
def test_it_runs_as_it_stands(example, book):
    arrangement = arranged(example)
    play, results = book.play(example, arrangement)
    assert failed(results) == set(arrangement.fails), play.output
    assert ("[WARNING]" in play.output) == arrangement.warns, play.output
    for result in results:
        if isinstance(result.result.get("votequorum"), dict):
            STRICT.validate(result.result["votequorum"])
    reached = {result.task for result in results if result.status != "skipped"}
    conditional = {task["name"] for task in named(example.data) if "when" in task}
    # A role that is imported leaves its own tasks' results, and none with the name of the import.
    imported = {task["name"] for task in named(example.data) if "ansible.builtin.import_role" in task}
    assert not imported or any(task.startswith("corosync.quorum.") for task in reached), play.output
    left = {task["name"] for task in named(example.data)} - reached - imported - conditional - set(arrangement.without)
    assert not left, f"never run: {left}\n{play.output}"


def example_of(wanted):
    return next(example for example in EXAMPLES if title(example) == wanted)


def test_the_playbook_with_a_gate_touches_nothing_when_a_node_is_missing(book):
    play, results = book.play(example_of(GATED), run(stopped=["node3"]))
    assert [(result.host, result.status) for result in results] == [("node1", status) for status in ("item ok", "item ok", "item failed", "failed")]
    assert "corosync is not running on this node" in results[-2].result["msg"], play.output


def test_the_playbook_with_a_gate_asks_every_node_and_the_worst_answer_counts(book, cluster):
    """node1 has two_node and would leave with a good conscience; node2 was started without it, and would not be quorate."""
    book.made = made = cluster(nodes=2, quorum={"two_node": 1}, start=False)
    made[2].put(made.conf.replace("two_node: 1", ""), "/etc/corosync/corosync.conf")
    for node in made:
        node.start_corosync()
    made.wait_ring()
    made.wait_quorate()
    play, results = book.go(playbook(copy.deepcopy(example_of(GATED)), "cluster"), run())
    assert [(result.host, result.status) for result in results] == [("node1", status) for status in ("item ok", "item ok", "ok", "failed")], play.output
    views = [entry["votequorum"] for entry in results[2].result["results"]]
    assert [(value["quorate"], value["quorum"], value["members"]) for value in views] == [(True, 1, [1, 2]), (True, 2, [1, 2])]
    assert results[-1].task.startswith("Stop here unless"), play.output


@pytest.mark.parametrize("wanted", ["Quorate, and every configured node is a member", "A vote to spare"])
def test_an_assertion_fails_when_a_node_is_missing(wanted, book):
    play, results = book.play(example_of(wanted), run("node1", stopped=["node3"], prelude=[READ]))
    assert failed(results) == {wanted}, play.output


def test_the_assertion_on_partitions_fails_in_one(book):
    wanted = "All hosts are in one partition"
    arrangement = run(prelude=[READ])
    book.play(example_of(wanted), arrangement)
    book.made.partition([1, 2], [3])
    book.made.wait_ring([1, 2])
    book.made.wait_ring([3])
    play, results = book.go(playbook(example_of(wanted), "cluster"), arrangement)
    assert failed(results) == {wanted}, play.output


def test_the_assertion_on_problems_fails_where_there_is_one(book):
    wanted = "No problem was found"
    play, results = book.play(example_of(wanted), run("node1", cluster={"nodes": 3, "quorum": {"two_node": 1}}, prelude=[READ]))
    assert failed(results) == {wanted}, play.output


def test_the_value_that_the_guide_shows_is_what_a_node_returns(book):
    """All of it but the ring's number, which depends on the cluster's past, the moment, and what is a cluster's own: its name and addresses."""
    shown = [example for example in values() if example.source.endswith("guide_quorum_as_data.rst")]
    assert len(shown) == 1
    dummy, results = book.play(example_of("A vote to spare"), run("node1", stopped=["node3"], prelude=[READ]))
    seen = results[0].result["votequorum"]
    told = copy.deepcopy(shown[0].data["votequorum"])
    for value in (seen, told):
        value["ring_id"]["seq"] = None
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value.pop("read_at"))
        assert isinstance(value.pop("cluster_name"), str)
        assert all(re.fullmatch(r"[0-9.]{7,15}", *node.pop("addresses")) for node in value["nodes"])
    assert seen == told


def test_one_space_never_matches_what_quorumtool_prints(cluster):
    """What the README says of the usual gate."""
    made = cluster(nodes=1)
    made.wait_quorate()
    text = made[1].run(["corosync-quorumtool", "-s"], check=False).stdout
    assert "Quorate:          Yes" in text
    assert "Quorate: Yes" not in text
