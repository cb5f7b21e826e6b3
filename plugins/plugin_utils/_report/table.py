# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Many clusters as a table for a terminal: a line a cluster, the worst first, and below it why. At most 100 columns."""

from __future__ import annotations

import textwrap
import typing as t
import unicodedata

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, shown

from .fleet_words import called, counted, is_in_summary, of_no_cluster, stoppable, worst_first

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.types import Cluster

WIDTH = 100
_GAP = "  "
# Heading, columns, and whether it is of numbers. The last column has what is left.
_COLUMNS = (("VERDICT", 11, False), ("CLUSTER", 26, False), ("VOTES", 10, True), ("NEEDED", 6, True), ("ANY MAY FAIL", 12, True), ("MAY STOP NOW", 25, False))


def table(clusters: t.Sequence[Cluster]) -> list[str]:
    """Lines without colours or line ends."""
    named = called(clusters)
    known = worst_first([cluster for cluster in clusters if cluster["nodes"]])
    lines = [counted(clusters)]
    if known:
        lines += ["", _line([heading for heading, _width, _number in _COLUMNS])]
        lines += [_line(_cells(cluster, named[cluster["hosts"][0]])) for cluster in known]
    for cluster in known:
        if cluster["verdict"] != "ok" or stoppable(cluster) == "none":
            lines += ["", *_wrapped(f"{named[cluster['hosts'][0]]}: {cluster['summary']}")]
            lines += [line for problem in cluster["problems"] if is_in_summary(problem, cluster) for line in _wrapped(problem["advice"], "    ")]
    others = of_no_cluster(clusters)
    if others:
        lines += ["", f"Of no cluster: {count(sum(len(cluster['hosts']) for cluster in others), 'host')}"]
        lines += [line for cluster in others for line in _wrapped(cluster["summary"], "  ")]
    return lines


def _cells(cluster: Cluster, name: str) -> list[str]:
    votes = f"{cluster['total_votes']} of {cluster['expected_votes']}"
    may_fail = "-" if not cluster["quorate"] else str(cluster["tolerates"])
    return [cluster["verdict"].replace("_", " "), name, votes, str(cluster["quorum"]), may_fail, stoppable(cluster)]


def _line(cells: t.Sequence[str]) -> str:
    parts = [_fitted(cell, width, is_number) for cell, (_heading, width, is_number) in zip(cells, _COLUMNS)]
    return _GAP.join(parts).rstrip()


def _fitted(text: str, width: int, is_number: bool) -> str:
    """A text of exactly this width."""
    kept = text
    while _width(kept) > width:
        kept = kept[: -2 if kept.endswith("…") else -1].rstrip("…") + "…"
    room = " " * (width - _width(kept))
    return room + kept if is_number else kept + room


def _width(text: str) -> int:
    """How many columns of a terminal it takes."""
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(shown_whole(text), WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=True)


def shown_whole(text: str) -> str:
    """Sentences were made printable where they quote somebody; this is for what stands between them."""
    return text if text.isprintable() else shown(text)
