# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecast's cost: inside a snapshot of a large cluster, and how the engine grows with the cluster."""

import json
import random
import sys
import time

from run import trees

from . import process
from .bench import HERE, LARGE, BenchmarkError, by_bytecode, interleaved, say
from .figures import Target, median, middle_half, ms, table, targets

SIZES = (3, 5, 8, 16, 32)
BATCHES = 32
MOST_VOTES = 5
# So many times the samples where it is the difference that counts
DIFFERENCE = 2
SOURCE, BYTECODE = "compiled from source as in a task", "with cached bytecode"
WITH, WITHOUT = "with the forecast", "without it"


def in_words(samples):
    """How many there are of what."""
    return f"{samples} each, interleaved; {DIFFERENCE * samples} with and without it"


def run(bench):
    """Markdown."""
    say(f"forecast: within a snapshot of {LARGE} nodes")
    node, archive = process.cluster_with_archive(bench, LARGE)
    added = _added(bench, node, archive)
    alone = _alone(bench, node, archive)
    say(f"forecast: the engine from {SIZES[0]} to {SIZES[-1]} nodes")
    growth, entries, batches = _growth(bench)
    return "\n\n".join(
        [
            (
                "At the controller, with the code imported: the questions asked of clusters of 1 vote a node, and of random votes (0 to "
                f"{MOST_VOTES}, another cluster each time) for the batches of an upgrade. A task of `votequorum_info` pays the first column and no "
                "more: the controller makes the forecast, and Ansible imports an action plugin once a play."
            ),
            growth,
            (
                f"Where the node makes it (`votequorum_info` with `async`, `votequorum`, `wait_for_quorum`), on a node of a cluster of {LARGE}, compiled "
                "from source as in a task: from the import of the module to the finished snapshot, with the forecast and with a forecast that is "
                "neither imported nor made. Part of the import goes on while corosync opens the connections."
            ),
            added,
            (
                "There, in a process of its own: `forecast` on a snapshot that is otherwise ready; everything the snapshot needs "
                "itself is imported already. *Import* is paid once a process, which for a module is once a task."
            ),
            alone,
            targets(
                [
                    Target(f"what the forecast adds to a task of `votequorum_info` on {LARGE} nodes", median(entries) * 1000, 5, " ms"),
                    Target(f"`upgrade_batches` on {BATCHES} nodes with random votes, median", median(batches) * 1000, 50, " ms"),
                    Target("the same, worst", max(batches) * 1000, 50, " ms"),
                ]
            ),
        ]
    )


def _added(bench, node, archive):
    """All of it with the forecast against all of it without."""
    script = bench.put(node, HERE / "on_node/snapshot.py")

    def sample(*more):
        return json.loads(node.run(["/usr/bin/python3", script, archive, "source"] + list(more)).stdout)

    jobs = {WITH: lambda: sample("judged"), WITHOUT: lambda: sample("without-forecast")}
    for job in jobs.values():
        job()
    found = interleaved(DIFFERENCE * bench.samples, jobs)
    middle = {(kind, key): median([one[key] for one in samples]) for kind, samples in found.items() for key in ("total", "cpu")}
    rows = [
        [kind, ms(middle[kind, "total"]), middle_half([one["total"] for one in samples]), ms(middle[kind, "cpu"]), len(samples)]
        for kind, samples in found.items()
    ]
    added = {key: middle[WITH, key] - middle[WITHOUT, key] for key in ("total", "cpu")}
    rows.append(["difference", ms(added["total"]), "", ms(added["cpu"]), ""])
    return table([f"import to snapshot on {LARGE} nodes", "median", "middle half, ms", "CPU", "samples"], rows)


def _alone(bench, node, archive):
    snapshot, script = bench.put(node, HERE / "on_node/snapshot.py"), bench.put(node, HERE / "on_node/forecast.py")
    value = node.run(["/usr/bin/python3", snapshot, archive, "source"]).stdout
    value = json.loads(value)["value"]
    if len(value["members"]) != LARGE:
        raise BenchmarkError(f"A snapshot had the members {value['members']}, not {LARGE}: the cluster was not complete.")

    def sample(mode, env):
        return json.loads(node.run(["/usr/bin/python3", script, archive, mode, json.dumps(value)], env=env).stdout)

    jobs = {SOURCE: lambda: sample("source", {}), BYTECODE: lambda: sample("bytecode", by_bytecode())}
    for job in jobs.values():
        job()
    found = interleaved(bench.samples, jobs)
    rows = [
        [kind] + [ms(median([one[key] for one in samples])) for key in ("total", "import", "call")] + [middle_half([one["total"] for one in samples])]
        for kind, samples in found.items()
    ]
    return table([f"the forecast on {LARGE} nodes", "median", "of it import", "of it the answer", "middle half, ms"], rows)


def _growth(bench):
    sys.path.insert(0, str(trees.linked()))
    from ansible_collections.corosync.quorum.plugins.module_utils._forecast import losses
    from ansible_collections.corosync.quorum.plugins.module_utils._forecast import questions as forecast
    from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import batches

    values = {size: cluster([1] * size) for size in SIZES}
    jobs = {}
    for size, value in values.items():
        jobs["entry", size] = lambda value=value: _seconds(losses.forecast_entry, value)
        jobs["one", size] = lambda value=value: _seconds(forecast.forecast, value, [value["members"][-1]])
        jobs["batches", size] = lambda size=size: _seconds(batches.upgrade_batches, _upgradable(size))
    found = interleaved(bench.samples, jobs)
    rows = [[size] + [ms(median(found[question, size])) for question in ("entry", "one", "batches")] + [ms(max(found["batches", size]))] for size in SIZES]
    growth = table(["nodes", "`forecast` of a snapshot", "filter `forecast`, one node", "`upgrade_batches`", "worst of these"], rows)
    return growth, found["entry", LARGE], found["batches", BATCHES]


def _seconds(question, *arguments):
    start = time.perf_counter()
    question(*arguments)
    return time.perf_counter() - start


def _upgradable(size):
    """A cluster with random votes of which each node may leave: of others there are no batches."""
    while True:
        votes = [random.randint(0, MOST_VOTES) for dummy in range(size)]
        if sum(votes) - max(votes) >= sum(votes) // 2 + 1:
            return cluster(votes)


def cluster(votes):
    """The `votequorum` value of a quorate cluster whose nodes 1, 2, ... have these votes, as node 1 sees it."""
    nodeids = list(range(1, len(votes) + 1))
    off = {"enabled": False}
    nodes = [
        {
            "nodeid": nodeid,
            "name": f"node{nodeid}",
            "state": "member",
            "votes": count,
            "configured_votes": count,
            "expected_votes": sum(votes),
            "local": nodeid == 1,
            "qdevice": None,
            "addresses": [f"192.0.2.{nodeid}"],
            "links": None,
        }
        for nodeid, count in zip(nodeids, votes)
    ]
    return {
        "nodeid": 1,
        "name": "node1",
        "quorate": True,
        "settled": True,
        "ring_id": {"nodeid": 1, "seq": 9},
        "expected_votes": sum(votes),
        "highest_expected": sum(votes),
        "total_votes": sum(votes),
        "quorum": sum(votes) // 2 + 1,
        "flags": ["quorate"],
        "two_node": False,
        "wait_for_all": dict(off, pending=False),
        "last_man_standing": dict(off, window_ms=10000),
        "auto_tie_breaker": dict(off, kind="none", nodes=[], lowest=1, highest=nodeids[-1]),
        "allow_downscale": dict(off, ev_barrier=sum(votes)),
        "qdevice": None,
        "members": nodeids,
        "missing": [],
        "nodes": nodes,
    }
