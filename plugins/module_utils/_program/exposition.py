# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.
"""A reading as metrics in Prometheus's text format. Pure: its age is given.

The names are fixed: alerting rules and dashboards use them.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import device_casts, device_votes
from ansible_collections.corosync.quorum.plugins.module_utils._value.reserve import reserve
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import shown

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._program.reading import Answer
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Node, Value

PREFIX = "corosync_quorum_"
STATES = ("member", "leaving", "dead", "unseen")

# Labels and a number
Sample = t.Tuple[t.Dict[str, str], float]


class Metric(t.NamedTuple):
    """name: without PREFIX. counts: whether it only ever rises."""

    name: str
    help: str
    counts: bool = False


# In the order in which they are printed
ALWAYS = (
    Metric("up", "Whether corosync on this node could be asked about its quorum (1) or not (0)."),
    Metric("down_info", "Why corosync could not be asked. Exists only while corosync_quorum_up is 0."),
    Metric("reading_timestamp_seconds", "When corosync was last asked, even if it did not answer, in seconds since 1970 by the clock of this node."),
    Metric("reading_age_seconds", "How old this reading was when it was written, in seconds."),
    Metric("changes_total", "Times that this node has become quorate or not quorate since corosync-quorum run started.", counts=True),
)
WHILE_UP = (
    Metric("info", "The cluster that this node belongs to, and which of its nodes this is."),
    Metric("quorate", "Whether this node is quorate (1) or not (0)."),
    Metric("votes", "Votes that are present."),
    Metric("expected_votes", "Votes that the cluster expects."),
    Metric("needed_votes", "Votes that are needed for quorum."),
    Metric(
        "reserve_nodes",
        "How many nodes may fail together, no matter which, as long as the quorum device votes as it does now. Missing while that is not known.",
    ),
    Metric("members", "Nodes that are members of this node's partition."),
    Metric("configured_nodes", "Nodes in the nodelist of corosync's configuration."),
    Metric("node_votes", "Votes of a node. Missing for a node that this one has not seen since its corosync started."),
    Metric("node_state", "Whether a node is in this state (1) or not (0), as this node sees it: member, leaving, dead or unseen."),
    Metric("link_connected", "Whether a link of knet from this node to another one is connected (1) or not (0)."),
    Metric("qdevice_configured", "Whether a quorum device is configured, registered or counted on this node (1) or not (0)."),
    Metric("qdevice_alive", "Whether the quorum device of this node is registered and alive (1) or not (0)."),
    Metric("qdevice_votes", "Votes that the quorum device gives to this node now."),
    Metric("wait_for_all_pending", "Whether this node waits for all nodes before it becomes quorate (1) or not (0)."),
    Metric("ring_sequence", "The sequence number of the ring. It grows with each change of membership."),
    Metric("problem", "A problem of the cluster that this node sees. Exists only as long as the node sees it."),
)


def exposition(answer: "Answer", age: float, changes: t.Optional[int] = None) -> str:
    """All lines, each with its end.

    age: how many seconds ago answer.asked_at was, by a clock that nobody sets. changes: times that `quorate` has changed since somebody began to count;
    None where nobody counts.
    """
    found: t.Dict[str, t.List[Sample]] = {
        "up": [({}, answer.value is not None)],
        "reading_timestamp_seconds": [({}, answer.asked_at)],
        "reading_age_seconds": [({}, age)],
    }
    if changes is not None:
        found["changes_total"] = [({}, changes)]
    if answer.value is None:
        found["down_info"] = [({"reason": answer.reason}, 1)]
    else:
        found.update(_of_value(answer.value))
    return "".join(_block(metric, found[metric.name]) for metric in ALWAYS + WHILE_UP if found.get(metric.name))


def _of_value(value: "Value") -> t.Dict[str, t.List[Sample]]:
    device = value["qdevice"]
    plain: t.Dict[str, float] = {
        "quorate": value["quorate"],
        "votes": value["total_votes"],
        "expected_votes": value["expected_votes"],
        "needed_votes": value["quorum"],
        "members": len(value["members"]),
        "configured_nodes": sum(node["configured_votes"] is not None for node in value["nodes"]),
        "qdevice_configured": device is not None,
        "qdevice_alive": device is not None and device["registered"] and device["alive"],
        "qdevice_votes": device_votes(value) if device_casts(value) else 0,
        "wait_for_all_pending": value["wait_for_all"]["pending"],
        "ring_sequence": value["ring_id"]["seq"],
    }
    found: t.Dict[str, t.List[Sample]] = {name: [({}, number)] for name, number in plain.items()}
    tolerates = reserve(value)
    found["reserve_nodes"] = [] if tolerates is None else [({}, tolerates)]
    own = {"cluster_name": shown(value["cluster_name"] or ""), "node": shown(value["name"] or value["nodeid"]), "nodeid": str(value["nodeid"])}
    found["info"] = [(own, 1)]
    found["node_votes"] = [(_named(node), node["votes"]) for node in value["nodes"] if node["votes"] is not None]
    found["node_state"] = [(dict(_named(node), state=state), node["state"] == state) for node in value["nodes"] for state in STATES]
    found["link_connected"] = [(dict(_named(node), link=str(link["link"])), link["connected"]) for node in value["nodes"] for link in node["links"] or []]
    problems = sorted({(problem["id"], problem["severity"]) for problem in value["problems"]})
    found["problem"] = [({"id": id_, "severity": severity}, 1) for id_, severity in problems]
    return found


def _named(node: "Node") -> t.Dict[str, str]:
    """The labels of a node. One without a name goes by its node id."""
    return {"node": shown(node["name"] or node["nodeid"]), "nodeid": str(node["nodeid"])}


def _block(metric: Metric, samples: t.Iterable[Sample]) -> str:
    name = PREFIX + metric.name
    lines = [f"# HELP {name} {metric.help}", f"# TYPE {name} {'counter' if metric.counts else 'gauge'}"]
    lines += [f"{name}{_labels(labels)} {_number(number)}" for labels, number in samples]
    return "".join(line + "\n" for line in lines)


def _labels(labels: t.Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items()) + "}" if labels else ""


def _escaped(text: str) -> str:
    """What the format wants to be escaped; shown() has left no line feed and nothing that UTF-8 does not have."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _number(number: float) -> str:
    return f"{number:.3f}" if isinstance(number, float) else str(int(number))
