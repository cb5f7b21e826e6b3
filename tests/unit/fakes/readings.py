# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readings of the program `corosync-quorum` as its verbs get them: of the values in votequorum.py, and of any that hypothesis draws."""

from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import forecast_entry
from ansible_collections.corosync.quorum.plugins.module_utils._program.reading import Answer
from ansible_collections.corosync.quorum.tests.unit.fakes.daemons import values
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

ASKED_AT = 1795774502.25
REASONS = ("not_running", "not_configured", "not_allowed", "no_library", "not_trusted", "timeout", "failed")


def answer(votes=(1, 1, 1), **changes):
    """The reading of a value that is made so, see value()."""
    return of_value(value(votes, **changes))


def of_value(read):
    """The reading of this value, which gets its forecast."""
    return Answer(dict(read, forecast=forecast_entry(read)), ASKED_AT)


def none(reason="not_running", message="corosync is not running on this node: start it."):
    """What comes of it where corosync could not be read."""
    return Answer(None, ASKED_AT, reason, message)


# Whatever somebody has put into a file on a node
TEXTS = st.one_of(
    st.none(), st.text(max_size=20), st.sampled_from(['a"b', "a\\b", "a\nb", "a|b", "\x1b[2J", "\u202e", "\ud800", "n" * 3000, "{{ 7 * 7 }}", ""])
)
LINKS = st.one_of(st.none(), st.lists(st.booleans(), max_size=8).map(lambda states: [{"link": link, "connected": state} for link, state in enumerate(states)]))
PROBLEMS = st.lists(st.fixed_dictionaries({"id": st.sampled_from(["link_down", "no_votes"]), "severity": st.sampled_from(["error", "warning"])}), max_size=4)


@st.composite
def answers(draw):
    """Readings of clusters of any modes, some of whose nodes are not there, with any names; or none."""
    if draw(st.booleans()):
        return none(draw(st.sampled_from(REASONS)), draw(st.text(max_size=2000)))
    made = draw(values())
    made.update(cluster_name=draw(TEXTS), name=draw(TEXTS), settled=draw(st.booleans()), quorate=draw(st.booleans()))
    made["wait_for_all"]["pending"] = draw(st.booleans())
    for entry in made["nodes"]:
        entry.update(name=draw(TEXTS), links=draw(LINKS))
    for entry in made["nodes"][1:]:
        if not entry["local"]:
            entry["state"] = draw(st.sampled_from(["member", "leaving", "dead", "unseen", "state_9"]))
            entry["votes"] = None if entry["state"] == "unseen" else entry["votes"]
    made["members"] = [entry["nodeid"] for entry in made["nodes"] if entry["state"] == "member"]
    made["missing"] = [entry["nodeid"] for entry in made["nodes"] if entry["state"] != "member"]
    made["problems"] = [dict(problem, message=str(draw(TEXTS)), advice="Look.") for problem in draw(PROBLEMS)]
    return of_value(made)
