# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate of the role rolling_upgrade before a stop, as the role's action asks it, and the filter may_leave of the same value."""

import time
from typing import NamedTuple

from looking import run_module

from ansible_collections.corosync.quorum.plugins.filter.may_leave import may_leave
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import utc
from ansible_collections.corosync.quorum.plugins.plugin_utils import _info
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import value_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import gate
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.asked import Asked


class Verdict(NamedTuple):
    """What the gate says, and what the filter says, which allows a stop also where other nodes are down already."""

    gate: bool
    may_leave: bool


def ask(victims, stay, expects_device):
    """Whether these nodes may be stopped together. stay: the nodes that can be asked, in the order in which they are."""
    stop = gate.Stop(host=victims[0].name, batch={node.name: node.nodeid for node in victims}, expects_device=expects_device)
    asked, final, answer = Asked(), None, {}
    for node in stay:
        answer = _reading(node)
        final = asked.answered(stop, gate.judge(stop, node.name, answer), answer.get("votequorum"), node is stay[-1])
        if final:
            break
    return Verdict(bool(final and final["safe"]), _may_leave(answer.get("votequorum"), victims))


def _reading(node):
    """What votequorum_info says on a node. The gate's action gets it so."""
    asked_at = utc(time.time())
    answer = run_module(node, _info.INFO.rpartition(".")[2], {"if_unavailable": "report", _info.JUDGE: False, _info.LOCK: True})
    reading = answer.pop("reading", None)
    return dict(answer, votequorum=dict(value_of(reading["value"]), read_at=asked_at)) if reading else answer


def _may_leave(value, victims):
    return value is not None and may_leave(value, [node.nodeid for node in victims])["safe"]
