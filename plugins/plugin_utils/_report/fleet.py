# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Many clusters as a page: a card a cluster, the worst first. What fleet.html.j2 is given."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, shown
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.types import RUN_UNDER_WAY

from . import words
from .fleet_words import called, counted, if_some_fail, is_in_summary, node_name, of_no_cluster, stoppable, worst_first
from .rendering import rendered

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.types import Cluster

# The bar of a cluster, in the units of its SVG. The last cluster is as easy to see as the first.
_BAR = 480.0
# Of more cards a browser draws those that are seen.
_LONG = 60
# What a verdict says in the colours of page.css
_TONES = {"split": "bad", "not_quorate": "bad", "unknown": "open", "degraded": "warn", "no_reserve": "warn", "ok": "good"}


def fleet_page(clusters: t.Sequence[Cluster], at: float, by: t.Mapping[str, str]) -> str:
    """One HTML page that needs nothing else. at: when it is made, in seconds since 1970. by: user and controller, for people."""
    return rendered("fleet.html.j2", _view(clusters, at, by))


def _view(clusters: t.Sequence[Cluster], at: float, by: t.Mapping[str, str]) -> dict[str, t.Any]:
    names = called(clusters)
    known = worst_first([cluster for cluster in clusters if cluster["nodes"]])
    free = sum(any(node["may_stop"] for node in cluster["nodes"]) for cluster in known)
    worst = known[0]["verdict"] if known else "unknown"
    facts = [("Made", words.moment(at)), ("Made by", " on ".join(by[key] for key in ("user", "controller") if by.get(key)))]
    return {
        "title": "Which nodes may be stopped now",
        "kind": _TONES[worst] if _TONES[worst] != "warn" else "open",
        "headline": counted(clusters),
        "sentence": f"In {count(free, 'cluster')} some node may be stopped now. Nothing is promised for later: the gates of an upgrade ask again.",
        "facts": [(name, fact) for name, fact in facts if fact],
        "is_long": len(known) > _LONG,
        "cards": [_card(cluster, names[cluster["hosts"][0]], number) for number, cluster in enumerate(known, start=1)],
        "others": of_no_cluster(clusters),
    }


def _card(cluster: Cluster, name: str, number: int) -> dict[str, t.Any]:
    return {
        "number": number,
        "name": name,
        "tone": _TONES[cluster["verdict"]],
        "verdict": cluster["verdict"].replace("_", " "),
        "cluster": cluster,
        "stoppable": stoppable(cluster),
        "together": ", ".join(shown(name) for name in cluster["may_stop_together"]) if len(cluster["may_stop_together"]) > 1 else "",
        "if_some_fail": if_some_fail(cluster),
        "bar": _bar(cluster),
        "shared_reason": _shared_reason(cluster),
        "problems": [dict(problem, message="" if is_in_summary(problem, cluster) else problem["message"]) for problem in cluster["problems"]],
        "is_locked": any(problem["id"] == RUN_UNDER_WAY for problem in cluster["problems"]),
        "nodes": [dict(node, label=node_name(node)) for node in cluster["nodes"]],
        "is_open": cluster["verdict"] != "ok" or stoppable(cluster) == "none",
    }


def _shared_reason(cluster: Cluster) -> str:
    """Why no node may be stopped, if it is the same for all of them."""
    reasons = {node["reason"] for node in cluster["nodes"]}
    return reasons.pop() if len(reasons) == 1 and len(cluster["nodes"]) > 1 and stoppable(cluster) == "none" else ""


def _bar(cluster: Cluster) -> dict[str, t.Any]:
    """Votes against quorum: a box a node, one for the quorum device, and where quorum is."""
    boxes = [(node_name(node), node["votes"] or 0, node["state"] == "member") for node in cluster["nodes"]]
    members = sum(votes for _name, votes, is_there in boxes if is_there)
    device = max(0, (cluster["total_votes"] or 0) - members)
    if device:
        boxes.append(("quorum device", device, True))
    whole = max(sum(votes for _name, votes, _there in boxes), cluster["quorum"] or 0, cluster["expected_votes"] or 0, 1)
    drawn, x = [], 0.0
    for label, votes, is_there in sorted(boxes, key=lambda box: not box[2]):
        width = votes / whole * _BAR
        if width:
            drawn.append({"x": round(x, 1), "width": max(0.5, round(width - 2, 1)), "title": f"{label}: {count(votes, 'vote')}", "is_there": is_there})
        x += width
    quorum = round((cluster["quorum"] or 0) / whole * _BAR, 1)
    alt = f"{count(cluster['total_votes'] or 0, 'vote')} of {cluster['expected_votes']}, {cluster['quorum']} needed"
    return {"width": _BAR, "boxes": drawn, "quorum": quorum, "alt": alt}
