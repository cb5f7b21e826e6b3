# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the items of one loop over hosts have learned: who is still to be asked, and which answer counts. Pure.

An item that ends in any other way than those written here is a no, so the loop is over as soon as one begins, until it says otherwise.
"""

from __future__ import annotations

import dataclasses
import typing as t

from . import gate
from .types import Gate


@dataclasses.dataclass
class Asked:
    """answers: of those that said yes, by node id. stay: node id -> name of members that stay, as they say.

    out_of_reach: host -> why it cannot be logged in to. is_over: nobody else is asked. asks_all: every host that stays has to be asked.
    hears_all: no preflight has seen whether any host has a mode for which all have to be asked, so each host that can be logged in to is asked.
    value: what the node itself sees after its start, None until it is back.
    """

    answers: dict[int, Gate] = dataclasses.field(default_factory=dict)
    stay: dict[int, str] = dataclasses.field(default_factory=dict)
    out_of_reach: dict[str, str] = dataclasses.field(default_factory=dict)
    is_over: bool = False
    asks_all: bool = False
    hears_all: bool = False
    value: dict[str, t.Any] | None = None

    def refusal(self, stop: gate.Stop) -> Gate:
        """A no because of hosts that cannot be logged in to."""
        if self.asks_all:
            return gate.not_all(stop, self.out_of_reach)
        return gate.out_of_reach(stop, self.out_of_reach)

    def passed_over(self, stop: gate.Stop, host: str, why: str, is_last: bool) -> Gate | None:
        """A host cannot be logged in to: a no where all must be asked, or where nobody has answered; else None, and the next one is asked."""
        self.out_of_reach[host] = why
        self.is_over = self.asks_all or is_last
        if self.is_over and self.answers and not self.asks_all:
            return self._of_all(stop)
        return self.refusal(stop) if self.is_over else None

    def answered(self, stop: gate.Stop, answer: Gate, value: t.Any, is_last: bool) -> Gate | None:
        """The answer that counts, None where other hosts have to be asked first: nobody may take one yes for that of all. value: what it saw."""
        self.is_over = True
        if not answer["safe"]:
            return answer
        self.asks_all = self.asks_all or gate.must_ask_all(value)
        if not (self.asks_all or self.hears_all):
            return answer
        if self.asks_all and self.out_of_reach:
            return self.refusal(stop)
        self.answers[value["nodeid"]] = answer
        self.stay.update(gate.that_stay(stop, value))
        self.is_over = is_last
        return self._of_all(stop) if is_last else None

    def _of_all(self, stop: gate.Stop) -> Gate:
        not_heard = [name for nodeid, name in self.stay.items() if nodeid not in self.answers] if self.asks_all else []
        return gate.not_heard(stop, ", ".join(not_heard)) if not_heard else gate.worst(list(self.answers.values()))
