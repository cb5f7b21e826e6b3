# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Was quorum kept? The judgement over what every host has recorded. Pure."""

from __future__ import annotations

import typing as t

from .history import HistoryError, as_data, histories, losses
from .types import Verdict

Records = t.Mapping[str, t.Mapping[str, t.Any]]

NOT_WATCHED = "Quorum was not watched."
KEPT = "Quorum was never lost on a node that was up."


def verdict(records: Records, hosts: t.Sequence[str], watched: bool) -> Verdict:
    """records: host -> result of watch_quorum, of hosts that could be asked. hosts: all that must be covered."""
    if not watched:
        return Verdict(kept=None, sentence=NOT_WATCHED, losses=[], gaps=[])
    found = as_data(losses(histories(*of(records))))
    gaps = [host for host in hosts if not _covers(records.get(host)) or not _is_usable(records[host])]
    return Verdict(kept=not found and not gaps, sentence=_sentence(found, gaps), losses=found, gaps=gaps)


def best(records: t.Sequence[tuple[str, t.Mapping[str, t.Any]]]) -> dict[str, t.Mapping[str, t.Any]]:
    """By host, the one that covers the run. Of several that stop a watch, only the first has its record."""
    found: dict[str, t.Mapping[str, t.Any]] = {}
    for host, record in records:
        if host not in found or _covers(record) and not _covers(found[host]):
            found[host] = record
    return found


def of(records: Records) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """(timelines, offsets) by host, as histories() takes them."""
    kept = {host: record for host, record in records.items() if _is_usable(record)}
    return {host: record["timeline"] for host, record in kept.items()}, {host: record["offset"] for host, record in kept.items() if "offset" in record}


def _is_usable(record: t.Mapping[str, t.Any]) -> bool:
    """Whether it has a timeline that can be read. A page about the others must not fail because of one that has not."""
    try:
        histories({"": record["timeline"]}, {"": record["offset"]} if "offset" in record else None)
    except (HistoryError, KeyError, TypeError):
        return False
    return True


def _covers(record: t.Mapping[str, t.Any] | None) -> bool:
    """Whether the watch ran until it was read. A record that ended too early proves nothing."""
    return record is not None and bool(record.get("running") or record.get("was_running"))


def _sentence(found: t.Sequence[t.Mapping[str, t.Any]], gaps: t.Sequence[str]) -> str:
    if found:
        first = found[0]
        nodes = list(dict.fromkeys(loss["node"] for loss in found))
        end = f", until {first['until']}" if first["until"] else ", and has not come back"
        return f"Quorum was lost on {', '.join(nodes)}, for the first time at {first['at']} on {first['node']}{end}."
    if gaps:
        return f"The record of {', '.join(gaps)} ended too early, so nobody can say whether quorum was kept there."
    return KEPT
