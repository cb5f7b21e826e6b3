# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What comes from a node is hostile data until it was checked: here an event of `corosync-quorum events` is. Pure.

ansible-rulebook gives an event to playbooks as an extra variable, in which Ansible evaluates templates: text that could be one is broken up.
"""

from __future__ import annotations

import json
import math
import re
import typing as t

from .views import OWN, view_of
from .words import HostileError, plain, said

if t.TYPE_CHECKING:
    from collections.abc import Callable

Event = dict[str, t.Any]

DEEPEST = 16
LARGEST_NUMBER = 2**53
# Events of one node that are taken at once, and each second after that. The node waits where it has more.
BURST, RATE = 200, 20.0
# A longer event counts as several, as the other nodes wait while it is checked. Bytes.
SIZE = 50_000
_KEY = re.compile(r"(?!ansible)[a-z][a-z0-9_]{0,63}\Z")
_EVENT = re.compile(r"[a-z][a-z_]{0,39}\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z\Z", re.ASCII)


def checked(data: object, depth: int = 0) -> t.Any:
    """What JSON was parsed to, with all text made plain. Raises HostileError where it has keys or numbers that no event has, or is too deep."""
    if depth > DEEPEST:
        raise HostileError(f"it is nested deeper than {DEEPEST} levels")
    if isinstance(data, dict):
        return {_key(key): checked(item, depth + 1) for key, item in data.items()}
    if isinstance(data, list):
        return [checked(item, depth + 1) for item in data]
    if isinstance(data, str):
        return plain(data)
    # Not a number is not less or equal either. true and false are numbers of their own.
    if data is None or (isinstance(data, (int, float)) and abs(data) <= LARGEST_NUMBER):
        return data
    raise HostileError("it has a number that is too large")


def _whole(digits: str) -> float:
    """Older Pythons take minutes for a number of a million digits."""
    return int(digits) if len(digits) <= len(str(-LARGEST_NUMBER)) else math.inf


def _key(key: str) -> str:
    if not _KEY.match(key):
        raise HostileError(f"it has the key '{said(key, 40)}'")
    return key


def event_of(line: bytes) -> Event:
    """The event in a line that a node sent. Raises HostileError."""
    try:
        data = json.loads(line, parse_int=_whole)
    except (ValueError, RecursionError):
        raise HostileError(f"'{said(line.decode('utf-8', 'replace'), 80)}' is no JSON") from None
    if not isinstance(data, dict):
        raise HostileError("it is JSON, but no event")
    event: Event = checked(data)
    event.pop("meta", None)
    for name, is_right in _FIELDS.items():
        if name not in event or not is_right(event[name]):
            raise HostileError(f"its '{name}' is missing or wrong")
    if event["votequorum"] is not None:
        view_of(event["votequorum"], None)
    return event


_FIELDS: dict[str, Callable[[t.Any], bool]] = {
    "event": lambda item: isinstance(item, str) and bool(_EVENT.match(item)) and item not in OWN,
    "at": lambda item: isinstance(item, str) and bool(_MOMENT.match(item)),
    "node": lambda item: isinstance(item, str),
    "cluster_name": lambda item: item is None or isinstance(item, str),
    "votequorum": lambda item: item is None or isinstance(item, dict),
}


class Pace:
    """How fast events of a node are taken. Pure: the times are given."""

    def __init__(self, now: float) -> None:
        self._tokens, self._at = float(BURST), now

    def wait(self, now: float, size: int = 0) -> float:
        """How many seconds to wait before the event that has come is taken. size: its bytes."""
        self._tokens = min(float(BURST), self._tokens + (now - self._at) * RATE) - 1 - size // SIZE
        self._at = now
        return max(0.0, -self._tokens / RATE)
