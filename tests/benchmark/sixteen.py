# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How what the controller does and says for one cluster grows with its nodes. The answers of the nodes are scripted."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from lab.host import CHECKOUT
from run import trees

from .bench import HERE, LARGE, PLAYBOOK, SMALL, BenchmarkError, say
from .figures import Target, median, ms, table, targets

COUNTS = (SMALL, 8, LARGE)
PING = "ping"
# Tasks of the playbook that are for all hosts, some of which one host does for all, and what they are called here
TASKS = {
    "Read quorum on every host": "ask every host",
    "Check that the upgrade can start": "the plan",
    "Wait until the record of every host has begun": "wait for the records to begin",
    "Wait until the whole cluster is as it was before": "wait in the end",
    "Forget which nodes are done, give back the lock of this run, and stop recording quorum": "give back the lock, read the records",
    "Write the report, and fail if quorum was lost at any moment": "was quorum lost",
}
# Growth that is not more than that of the nodes, with room for what scatters
ROOM = 1.5


def in_words(samples):
    """How many there are of what."""
    return f"{_rounds(samples)} runs each"


def _rounds(samples):
    return max(1, samples // 5)


def run(bench):
    """Markdown."""
    say(f"sixteen: {_rounds(bench.samples)} runs each of {', '.join(map(str, COUNTS))} scripted nodes")
    sys.path.insert(0, str(trees.linked()))
    runs = {count: [_upgrade(bench, count) for dummy in range(_rounds(bench.samples))] for count in COUNTS}
    taken = {count: {task: median([one[task] for one in of_count]) for task in [PING, *TASKS]} for count, of_count in runs.items()}
    waits = {count: _wait(count) for count in COUNTS}
    heads = ["", *(f"{count} nodes" for count in COUNTS)]
    tasks = [[name, *(ms(taken[count][task]) for count in COUNTS)] for task, name in {PING: "`debug`", **TASKS}.items()]
    words = {"progress": "the longest line of progress", "failure": "the result of a failure, as Ansible prints it", "msg": "where in it `msg` begins"}
    return "\n\n".join(
        [
            (
                "Tasks of the playbook `rolling_upgrade` that are for all hosts, in check mode, with as many forks as hosts: from the first host's start to "
                "the last host's result. Each node is a local program that answers at once, so this is what the controller needs, and a module's start."
            ),
            table(heads, tasks),
            "A wait on one of the hosts for all of them, the last of which does not come, in characters.",
            table(heads, [[name, *(waits[count][key] for count in COUNTS)] for key, name in words.items()]),
            _targets(taken, waits),
        ]
    )


def _targets(taken, waits):
    """From 3 to 16 nodes nothing grows by more than the nodes do."""
    growth = round(ROOM * LARGE / SMALL, 1)
    found = [Target(f"{name}: {LARGE} nodes ÷ {SMALL} nodes", taken[LARGE][task] / taken[SMALL][task], growth) for task, name in TASKS.items()]
    return targets(
        [
            *found,
            Target(f"a failure: {LARGE} nodes ÷ {SMALL} nodes", waits[LARGE]["failure"] / waits[SMALL]["failure"], growth),
            Target("where `msg` begins", waits[LARGE]["msg"], 100),
            Target("the longest line of progress", waits[LARGE]["progress"], 150),
        ]
    )


# ---- an upgrade in which no node has anything to be done -------------------------------------------------------------------


def _upgrade(bench, count):
    """Task -> seconds in which any host was at it."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=str(bench.scratch)))
    _nodes(folder, count)
    first = {"hosts": "nodes", "gather_facts": False, "tasks": [{"name": PING, "ansible.builtin.debug": {"msg": "here"}}]}
    (folder / "book.yml").write_text(json.dumps([first, {"import_playbook": str(CHECKOUT / "playbooks/rolling_upgrade.yml")}]), encoding="utf-8")
    given = {"rolling_upgrade_group": "nodes", "rolling_upgrade_needed": False, "rolling_upgrade_report": ""}
    done = subprocess.run(
        [PLAYBOOK, "-i", "inventory.json", "-f", str(count), "--check", "book.yml", "-e", json.dumps(given)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        cwd=str(folder),
        env=dict(
            os.environ,
            ANSIBLE_COLLECTIONS_PATH=str(trees.linked()),
            ANSIBLE_HOME=str(folder / "home"),
            ANSIBLE_REMOTE_TEMP=str(folder / "remote"),
            ANSIBLE_PIPELINING="true",
            ANSIBLE_CALLBACK_PLUGINS=str(HERE / "plugins/callback"),
            ANSIBLE_CALLBACKS_ENABLED="benchmark_times",
            BENCHMARK_TIMES=str(folder / "times"),
        ),
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"An upgrade failed: {done.stdout[-2000:]}")
    taken = _spans([json.loads(line) for line in (folder / "times").read_text(encoding="utf-8").splitlines()])
    missing = [task for task in [*TASKS, PING] if task not in taken]
    if missing:
        raise BenchmarkError(f"The tasks {', '.join(missing)} were not found among {', '.join(taken)}.")
    return taken


def _nodes(folder, count):
    """A healthy cluster of so many nodes that answer what is written here."""
    from ansible_collections.corosync.quorum.tests.unit.fakes.fleets import named
    from ansible_collections.corosync.quorum.tests.unit.fakes.nodes import Nodes
    from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

    nodes = Nodes(folder, count)
    free = {"changed": False, "lock": None, "lock_fault": ""}
    for place, host in enumerate(nodes.hosts, start=1):
        seen = named(value((1,) * count, asked=place, cluster_name="web"), "web")
        reading = {"value": seen, "cmap": {}, "files": {}}
        mark = dict(free, mark=None, programs={}, key={"digest": "0" * 64, "changed": False})
        nodes.answers(host, votequorum_info=dict(free, available=True, quorate=True, reading=reading), rolling_upgrade_mark=mark)


def _spans(times):
    begun, ended = {}, {}
    for line in times:
        task = line["task"].rpartition(" : ")[2]
        if line["event"] == "start":
            begun.setdefault(task, line["clock"])
        else:
            ended[task] = line["clock"]
    return {task: ended[task] - begun[task] for task in ended if task in begun}


# ---- a wait for all nodes, one of which is down -----------------------------------------------------------------------------


def _wait(count):
    """{progress, failure, msg}: characters of what a wait prints."""
    from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import goal_of, unmet
    from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Outcome
    from ansible_collections.corosync.quorum.plugins.module_utils._value.timeline import entry
    from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.narrator import Narrator
    from ansible_collections.corosync.quorum.plugins.plugin_utils._wait.slices import RemoteWait
    from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

    options = {"quorate": True, "members": [f"node{nodeid}" for nodeid in range(1, count + 1)]}
    options.update(stable_for=0.0, timeout=300.0, delay=0.0, sleep=1.0, connect_timeout=5.0, msg=None, progress=True)
    clock, lines = [0.0], []

    def look(slice_, _seconds):
        clock[0] += slice_.seconds + 0.2
        seen = value((1,) * count, members=list(range(1, count)))
        change = entry(0.0, slice_.reported, seen)
        told = {"unmet": unmet(goal_of(options), seen), "timeline": [change] if change else [], "took": slice_.seconds}
        nothing = {"met": False, "held": None, "reconnects": 0, "away": None, "away_msg": None, "ids": None}
        return Outcome(votequorum=seen, **told, **nothing).as_result()

    wait = RemoteWait(options, look, Narrator(lines.append, lambda: clock[0]), clock=lambda: clock[0], sleep=lambda _seconds: None, now=lambda: clock[0])
    printed = json.dumps(wait.run(), sort_keys=True)  # as Ansible's own output does it
    return {"progress": max(map(len, lines)), "failure": len(printed), "msg": printed.index('"msg"')}
