# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event filter corosync.quorum.posted of ansible-rulebook; see posted.yaml.

ansible-rulebook runs this file as it stands. What is checked is what the event source of this
collection checks, so it is taken from there.
"""

from __future__ import annotations

import json
import pathlib
import runpy
from typing import Any

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "event_source" / "votequorum.py"
_SOURCE = runpy.run_path(str(SOURCE))
_RECEIVED, _VIEWS = _SOURCE["received"], _SOURCE["views"]


def main(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event of a node that was posted to a webhook. Raises HostileError."""
    posted = _RECEIVED.event_of(json.dumps(event.get("payload")).encode())
    meta = event.get("meta", {})
    kept = {name: meta[name] for name in ("source", "received_at", "uuid") if name in meta}
    value = posted["votequorum"]
    # The forecast has a number also where something of the value is in doubt. A rule cannot tell.
    reserve = _VIEWS.view_of(value, None).reserve if value else None
    return {**posted, "meta": {**kept, "reserve": reserve}}
