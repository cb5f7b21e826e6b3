# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as hypothesis draws them, and every daemon of such a value stepped on its own: slow, and independent of what forecast.py takes together."""

from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._forecast import arithmetic
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.facts import checked_facts_of
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value


@st.composite
def values(draw, most=6, plain=False):
    """Settled clusters with all nodes there, and any mix of modes that corosync accepts."""
    votes = draw(st.lists(st.integers(0, 3), min_size=2, max_size=most))
    if not sum(votes):
        votes[0] = 1
    if plain:
        return value(votes)
    kind = draw(st.sampled_from(["none", "none", "two_node", "tie_breaker", "last_man_standing", "downscale", "qdevice"]))
    changes = {"asked": draw(st.integers(1, len(votes))), "wait_for_all": draw(st.booleans())}
    if kind == "two_node":
        changes["two_node"] = True
    if kind in ("tie_breaker", "last_man_standing"):
        changes["tie_breaker"] = draw(st.sampled_from(["lowest", "highest", [2, 1], [len(votes)]]))
        changes["wait_for_all"] = changes["wait_for_all"] or sum(votes) % 2 == 1
    if kind == "last_man_standing":
        votes = [min(count, 1) for count in votes]
        votes[0] = 1
        changes["last_man_standing"] = True
        changes["wait_for_all"] = True
        changes["tie_breaker"] = draw(st.sampled_from(["none", changes["tie_breaker"]]))
    if kind == "downscale":
        changes["allow_downscale"] = True
    if kind == "qdevice":
        changes["qdevice"] = draw(st.integers(1, 3))
        changes["casting"] = draw(st.lists(st.integers(1, len(votes)), unique=True))
        changes["master_wins"] = draw(st.booleans())
    return value(votes, **changes)


def daemons_of(a_value):
    """Every member's daemon."""
    facts = checked_facts_of(a_value)
    return {nodeid: facts.daemon(nodeid) for nodeid in facts.members}


def lose(daemons, gone, how="crash", window=False):
    """The daemons that stay, once the others have gone at once."""
    if how == "leave":
        for nodeid in sorted(set(gone) & set(daemons)):
            leaving = arithmetic.leaving(daemons[nodeid])
            if leaving != daemons[nodeid]:
                said = arithmetic.nodeinfo(leaving)
                daemons = {us: arithmetic.heard(daemon, said) for us, daemon in daemons.items()}
    stay = {nodeid: daemon for nodeid, daemon in daemons.items() if nodeid not in gone}
    stay = arithmetic.formed(stay, frozenset(stay))
    return {nodeid: arithmetic.window_elapsed(daemon) for nodeid, daemon in stay.items()} if window else stay


def silence(daemons):
    """No quorum device votes any more."""
    return arithmetic.exchanged({nodeid: arithmetic.qdevice_lost(daemon) for nodeid, daemon in daemons.items()})


def start(daemons, nodeids, votes):
    """These nodes come back, fresh."""
    daemons = dict(daemons)
    rules = next(iter(daemons.values())).rules
    for nodeid in nodeids:
        alone = arithmetic.started(rules, nodeid, votes[nodeid], sum(votes.values()) + rules.qdevice_votes)
        daemons[nodeid] = arithmetic.ring_changed(alone, frozenset([nodeid]))
    return arithmetic.formed(daemons, frozenset(daemons))


def all_quorate(daemons):
    return all(daemon.quorate for daemon in daemons.values())
