# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A corosync whose votes are changed, and what is wished of it."""

import collections
import copy
import types

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.vote_change import VoteWish
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

THREE = dict(value([1, 1, 1]), problems=[])


def wish(**wishes):
    return VoteWish(
        **dict(
            {"expected_votes": None, "votes": None, "node": None, "cancel_wait_for_all": False, "allow_quorum_gain": False, "allow_quorum_loss": False},
            **wishes,
        )
    )


def with_expected(votes, quorum, seen=None):
    seen = copy.deepcopy(seen or THREE)
    seen.update(expected_votes=votes, highest_expected=votes, quorum=quorum)
    for node in seen["nodes"]:
        node["expected_votes"] = votes
    return seen


def with_votes(votes, total, seen=None):
    seen = copy.deepcopy(seen or THREE)
    seen["nodes"][1]["votes"] = votes
    seen["total_votes"] = total
    return seen


class Daemon:
    """In place of an Observer: `after` is what it shows once something was sent, one value a look, the last one again and again.

    announces: what it reports of each setexpected that it is sent, in their order; by default the number that was sent. expected: of each member, as it
    is found when the echo is sent.
    """

    def __init__(self, after, announces=None, sending=None, moves=0, ends=3, expected=(3, 3, 3)):
        self.lane = self.deadline = self.votequorum = self.cmap = self
        self.sent = []
        self.announced = collections.deque()
        self.changes = 0
        self.configuration = {}
        self._expected = expected
        self._before, self._after, self._announces, self._sending, self._moves, self._ends = [THREE], list(after), announces, sending, moves, ends

    def __call__(self, deadline):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *dummy):
        pass

    def expired(self):
        self._ends -= 1
        return self._ends < 0

    def dispatch(self):
        return []

    def moved(self):
        self._moves -= 1
        return self._moves >= 0

    def pause(self):
        pass

    def snapshot(self):
        if not self.sent:
            return self._before[0]
        seen = self._after.pop(0) if len(self._after) > 1 else self._after[0]
        if isinstance(seen, Exception):
            raise seen
        return seen

    def _send(self, *call):
        if self._sending and self._sending[0] == call[0]:
            raise self._sending[1]
        self.sent.append(call)

    def getinfo(self, nodeid):
        return types.SimpleNamespace(node_expected_votes=self._expected[nodeid - 1])

    def setexpected(self, votes):
        self._send("setexpected", votes)
        if self._announces is None:
            self.announced.append(votes)
        elif self._announces:
            self.announced.extend(self._announces.pop(0))

    def setvotes(self, nodeid, votes):
        self._send("setvotes", nodeid, votes)

    def set_uint8(self, key, number):
        self._send(key, number)
