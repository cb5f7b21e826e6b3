# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Why a partition is quorate or not, in one sentence with its numbers.

Pure: words for what the arithmetic decided.
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import VOTES_THAT_WRAP
from ansible_collections.corosync.quorum.plugins.module_utils._forecast import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import Daemon
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.facts import Facts
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import label, labels
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count


def reason_of(facts: Facts, daemon: Daemon, gone: t.Iterable[int], window: bool) -> str:
    """One sentence. gone: members that left; window: last_man_standing's window has elapsed after that."""
    expected, present = daemon.nodes[daemon.us].expected_votes, _votes(daemon)
    after = f"Without {labels(sorted(gone), facts.value)}, {present}" if gone else f"Now {present}"
    if daemon.rule == arithmetic.BY_WAIT_FOR_ALL:
        return f"{after} of {expected} expected: wait_for_all holds quorum back until every vote is there, a quorate node joins, or it is cancelled."
    if daemon.rule == arithmetic.BY_TIE_BREAKER:
        why = _who_breaks_the_tie(facts, daemon)
        return f"{after} of {expected} expected, exactly half: auto_tie_breaker keeps quorum, because {why}; the next loss is fatal."
    if daemon.rule == arithmetic.BY_MASTER_WINS:
        return f"{after}, below quorum {daemon.quorum}: the quorum device's master_wins keeps quorum."
    sentence = f"{after}, quorum is {daemon.quorum} of {expected} expected"
    if daemon.rules.allow_downscale and daemon.ev_barrier > expected:
        sentence += f" (allow_downscale counts at least {daemon.ev_barrier})"
    if daemon.quorate:
        return f"{sentence}: enough{_what_lowered_quorum(daemon, expected, window)}.{_narrow(expected)}"
    return f"{sentence}: {daemon.quorum - daemon.total_votes} too few{_what_does_not_help(facts, daemon, expected, window)}."


def _votes(daemon: Daemon) -> str:
    device = daemon.rules.qdevice_votes if daemon.nodes[daemon.us].flags & arithmetic.QDEVICE_CASTS else 0
    present = f"{count(daemon.total_votes, 'vote')} {'is' if daemon.total_votes == 1 else 'are'} present"
    return f"{present} ({device} of the quorum device)" if device else present


def _what_lowered_quorum(daemon: Daemon, expected: int, window: bool) -> str:
    if daemon.rules.two_node and daemon.quorum == 1 and expected > 1:
        return ", because two_node lets one vote be enough as long as there are no more than two members"
    if daemon.last_man_standing and window:
        return ", after last_man_standing made the number of members the expected votes"
    return ""


def _narrow(expected: int) -> str:
    """A warning where corosync's quorum is not what anybody would compute."""
    if expected >= VOTES_THAT_WRAP:
        return f" But this quorum is wrong: corosync keeps it in 8 bits, and {expected} expected votes do not fit."
    return ""


def _what_does_not_help(facts: Facts, daemon: Daemon, expected: int, window: bool) -> str:
    rules = daemon.rules
    if rules.tie_breaker != "none" and daemon.total_votes == expected // 2:
        gone = len(daemon.previous) - len(daemon.ring)
        if gone >= daemon.quorum:
            return f"; auto_tie_breaker does not help, because so many went at once ({gone}) that they could have quorum themselves"
        if facts.value["auto_tie_breaker"]["nodes"] is None:
            return "; auto_tie_breaker does not help, because it is not known which list of nodes corosync took when it started"
        breaker = facts.tie_breaker(daemon.previous)
        if breaker is None:
            return "; auto_tie_breaker does not help, because no node that may break the tie is known to be there"
        return f"; auto_tie_breaker does not help, because {label(breaker, facts.value)}, which breaks the tie, is among those gone"
    if daemon.window_open and not window:
        milliseconds = facts.value["last_man_standing"]["window_ms"]
        length = "" if milliseconds is None else f" of {milliseconds} ms"
        return f"; last_man_standing lowers quorum only once its window{length} has elapsed after an earlier loss"
    return ""


def _who_breaks_the_tie(facts: Facts, daemon: Daemon) -> str:
    breaker = facts.tie_breaker(daemon.ring)
    kind = daemon.rules.tie_breaker
    decides = {"lowest": daemon.lowest, "highest": daemon.highest}.get(kind, breaker)
    node = label(decides, facts.value) if decides is not None else "a node"
    return f"{node}, the {kind} node id at the last majority, stays" if kind in ("lowest", "highest") else f"{node} of auto_tie_breaker_node stays"
