# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""A `votequorum` value as a page for people. Pure."""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import device_state, summary
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import label, labels
from ansible_collections.corosync.quorum.plugins.module_utils._value.reserve import doubt, reserve
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, quoted, shown

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Node, Value


def page(value: "Value") -> str:
    """Lines about this node, the votes, what may fail, each node, and the problems."""
    of_cluster = f" of the cluster {shown(value['cluster_name'])}" if value["cluster_name"] else ""
    forecast = value["forecast"]
    lines = [
        f"{label(value['nodeid'], value)} (node id {value['nodeid']}){of_cluster}",
        "",
        f"quorum    {summary(value)}",
        f"reserve   {_reserve(value)}",
        f"may stop  {labels(forecast['quorate_without'], value)} (one at a time)" if forecast["quorate_without"] else "may stop  none",
        f"device    {_device(value)}",
        f"ring      {value['ring_id']['nodeid']}.{value['ring_id']['seq']:x}",
        f"flags     {', '.join(value['flags']) or 'none'}",
        "",
        *_table([("NODE", "ID", "STATE", "VOTES", "LINKS DOWN")] + [_row(node, value) for node in value["nodes"]]),
    ]
    for problem in value["problems"]:
        lines += ["", f"{problem['severity']} {problem['id']}: {quoted(problem['message'])}", f"  {quoted(problem['advice'])}"]
    return "\n".join(lines)


def _reserve(value: "Value") -> str:
    now, surely = reserve(value), value["forecast"]["tolerates"]
    if now is None:
        return f"not known: {doubt(value)}"
    text = f"{count(now, 'node')} may fail"
    return text if now == surely else f"{text} as long as the quorum device votes, {surely} if its vote is lost too"


def _device(value: "Value") -> str:
    device = value["qdevice"]
    if device is None:
        return "none"
    named = f"{shown(device['name'])}, " if device["name"] else ""
    state = device_state(value)
    return f"{named}{count(device['votes'], 'vote')}, {'not registered' if state == 'absent' else state}"


def _row(node: "Node", value: "Value") -> t.Tuple[str, ...]:
    down = ", ".join(str(link["link"]) for link in node["links"] or [] if not link["connected"])
    name = label(node["nodeid"], value) + (" (this node)" if node["local"] else "")
    return name, str(node["nodeid"]), node["state"], "?" if node["votes"] is None else str(node["votes"]), down or "-"


def _table(rows: t.Sequence[t.Tuple[str, ...]]) -> t.List[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
