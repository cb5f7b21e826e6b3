# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What a node says has come of a slice of a wait, looked at before the controller acts on it: a node may say anything."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._judge.condition import NODE_LISTS, goal_of
from ansible_collections.corosync.quorum.plugins.module_utils._node.options import LONGEST
from ansible_collections.corosync.quorum.plugins.module_utils._node.slice import Outcome
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import MOST_NODES, described, is_natural
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted, shortened
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import ENTRY, StrangeAnswer, entry_of, value_of

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Entry, Unmet

# A slice takes minutes, and changes that come within two seconds are told together.
MOST_ENTRIES = 1000
_CLASS = re.compile("[A-Za-z_]{1,100}")


def outcome_of(given: t.Any, options: t.Mapping[str, t.Any]) -> Outcome:
    """The outcome in a module's result. options: of the task, which say what was asked for. Raises StrangeAnswer."""
    if not isinstance(given, dict) or not set(Outcome._fields) <= set(given):
        raise StrangeAnswer(f"it has {described(given)} in place of what came of the wait")
    timeline = _list("timeline", given["timeline"])
    if len(timeline) > MOST_ENTRIES:
        raise StrangeAnswer(f"its timeline has {len(timeline)} entries, more than {MOST_ENTRIES}")
    away = given["away"]
    wanted = dict(goal_of(options), settled=True, stable_for=options["stable_for"])
    return Outcome(
        met=given["met"] is True,
        votequorum=None if given["votequorum"] is None else value_of(given["votequorum"]),
        held=None if given["held"] is None else _seconds("held", given["held"]),
        unmet=[_unmet(item, wanted) for item in _list("unmet", given["unmet"])[:MOST_NODES]],
        timeline=[_entry(number, entry) for number, entry in enumerate(timeline, start=1)],
        reconnects=_number("reconnects", given["reconnects"]),
        took=_seconds("took", given["took"]),
        away=away if isinstance(away, str) and _CLASS.fullmatch(away) else None,
        away_msg=None if given["away_msg"] is None else quoted(str(given["away_msg"])),
        ids=None if given["ids"] is None else _ids(given["ids"], options),
    )


def _ids(given: t.Any, options: t.Mapping[str, t.Any]) -> dict[str, list[int]]:
    """The node ids of the nodes that were asked for."""
    wanted = {option: options[option] for option in NODE_LISTS if options.get(option) is not None}
    if not isinstance(given, dict) or set(given) != set(wanted):
        raise StrangeAnswer("the nodes that it has found are not those that were asked for")
    for option, ids in given.items():
        if not isinstance(ids, list) or len(ids) != len(wanted[option]) or not all(is_natural(nodeid) for nodeid in ids):
            raise StrangeAnswer(f"what it has found of {option} is not a node id for each node")
    return {option: [int(nodeid) for nodeid in ids] for option, ids in given.items()}


def _unmet(item: t.Any, wanted: t.Mapping[str, t.Any]) -> Unmet:
    """What was wanted the controller knows by itself."""
    condition = item.get("condition") if isinstance(item, dict) else None
    if not isinstance(condition, str) or condition not in wanted:
        raise StrangeAnswer("what it calls not met was not asked for")
    return {"condition": condition, "wanted": wanted[condition], "seen": _seen(item.get("seen"))}


def _seen(item: t.Any) -> t.Any:
    if isinstance(item, list) and len(item) <= MOST_NODES:
        return [_seen(part) if not isinstance(part, list) else described(part) for part in item]
    if item is None or isinstance(item, bool) or is_natural(item) or isinstance(item, float) and 0 <= item <= LONGEST:
        return item
    return shortened(item) if isinstance(item, str) else described(item)


def _entry(number: int, given: t.Any) -> Entry:
    entry = entry_of(given, f"entry {number} of its timeline", _ENTRY)
    return t.cast("Entry", dict(entry, at=float(entry["at"])))


def _list(what: str, item: t.Any) -> list[t.Any]:
    if not isinstance(item, list):
        raise StrangeAnswer(f"{what} is {described(item)}, not a list")
    return item


def _number(what: str, item: t.Any) -> int:
    if not is_natural(item):
        raise StrangeAnswer(f"{what} is {described(item)}, not a number from 0")
    return int(item)


def _seconds(what: str, item: t.Any) -> float:
    if not _is_of_a_wait(item):
        raise StrangeAnswer(f"{what} is {described(item)}, not a number of seconds")
    return float(item)


def _is_of_a_wait(item: t.Any) -> bool:
    """Whether it is seconds that a wait can take."""
    return isinstance(item, (int, float)) and not isinstance(item, bool) and 0 <= item <= LONGEST


_ENTRY = {"at": _is_of_a_wait, **ENTRY}
