# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which answer of a loop over hosts counts, for every way in which the hosts may answer."""

from __future__ import annotations

import itertools

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import gate
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.asked import Asked
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Gate
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

STOP = gate.Stop(host="web5", batch={"web5": 5})
YES, OF_ALL, NO, AWAY = "yes", "yes, and all must be asked", "no", "cannot be logged in to"


def gone_through(says: tuple[str, ...], hears_all: bool = False) -> tuple[Gate | None, int]:
    """(the answer that counts, how many were asked) of hosts 1, 2, 3..."""
    loop, final = Asked(hears_all=hears_all), None
    asked = 0
    for nodeid, said in enumerate(says, start=1):
        if loop.is_over:
            break
        assert final is None
        asked += 1
        is_last = nodeid == len(says)
        if said == AWAY:
            final = loop.passed_over(STOP, f"web{nodeid}", "no route", is_last)
        else:
            seen = value((1,) * 5, asked=nodeid, settled=said != NO, last_man_standing=said == OF_ALL)
            final = loop.answered(STOP, gate.judge(STOP, f"web{nodeid}", {"votequorum": seen, "lock": None}), seen, is_last)
    assert loop.is_over
    return final, asked


WAYS = list(itertools.product([YES, OF_ALL, NO, AWAY], repeat=4))


def test_every_way_in_which_four_hosts_may_answer() -> None:
    for says in WAYS:
        final, asked = gone_through(says)
        answered = [said for said in says if said != AWAY]
        first = answered[0] if answered else AWAY
        if first == YES:
            wanted, of = True, says.index(YES) + 1
        elif first == OF_ALL:
            wanted, of = all(said in (YES, OF_ALL) for said in says), asked
        else:
            wanted, of = False, says.index(NO) + 1 if first == NO else 4
        assert final is not None and (final["safe"], asked) == (wanted, of), says
        assert not final["safe"] or first == YES or asked == 4, says


def test_the_same_where_nobody_knows_before_whether_all_must_be_asked() -> None:
    for says in WAYS:
        final, asked = gone_through(says, hears_all=True)
        assert final is not None, says
        heard = [said for said in says if said != AWAY]
        assert final["safe"] is (bool(heard) and NO not in heard and not (OF_ALL in heard and AWAY in says)), says
        assert not final["safe"] or asked == 4, says


def test_of_several_that_say_yes_the_one_with_the_least_to_spare_counts() -> None:
    loop, final = Asked(), None
    for nodeid, votes in ((1, 4), (2, 3), (3, 5), (4, 4)):
        seen = value((1,) * 5, asked=nodeid, last_man_standing=True)
        answer = gate.judge(STOP, f"web{nodeid}", {"votequorum": seen, "lock": None})
        assert answer["after"] is not None
        answer["after"]["total_votes"] = votes
        assert final is None
        final = loop.answered(STOP, answer, seen, nodeid == 4)
    assert final is not None and final["witness"] == "web2"
