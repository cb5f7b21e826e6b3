# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster's configuration: as text for corosync, and what votequorum makes of it (votequorum_readconfig, 1219-1492)."""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import Daemon, Rules, started

NEVER = 600_000  # a last_man_standing_window, in ms, that no sequence lives to see


class Qdevice(t.NamedTuple):
    votes: int | None  # None: as many as the nodes have, less one
    timeout: int = 200  # ms without a sign of life before the vote falls
    sync_timeout: int = 120


class Configuration(t.NamedTuple):
    votes: dict[int, int]  # by node id
    two_node: bool = False
    wait_for_all: bool | None = None
    last_man_standing: bool = False
    window: int = NEVER  # ms
    tie_breaker: str | None = None  # None: off; else lowest, highest, or ids with spaces between
    allow_downscale: bool = False
    expected_votes_tracking: bool = False
    expected_votes: int | None = None
    qdevice: Qdevice | None = None

    def accepted(self) -> bool:
        """Whether corosync starts with it."""
        if self.qdevice is None:
            return not (self._odd_tie_breaker() and self.last_man_standing)
        if self.two_node or self.last_man_standing or self.tie_breaker is not None or self.allow_downscale:
            return False
        if self.qdevice.votes is None:
            return not self.expected_votes and set(self.votes.values()) == {1}
        return not (self.expected_votes and self.qdevice.votes and self.expected_votes - self.qdevice.votes < 2)

    def rules(self) -> Rules:
        wait_for_all = self.two_node if self.wait_for_all is None else self.wait_for_all
        tie_breaker, nodes = self.tie_breaker or "none", ()
        if tie_breaker not in ("none", "lowest", "highest"):
            tie_breaker, nodes = "list", tuple(map(int, tie_breaker.split()))
        if self._odd_tie_breaker():
            tie_breaker, nodes = "none", ()
        return Rules(
            two_node=self.two_node and self.tie_breaker is None,
            wait_for_all=wait_for_all,
            last_man_standing=self.last_man_standing,
            tie_breaker=tie_breaker,
            tie_breaker_nodes=nodes,
            allow_downscale=self.allow_downscale,
            expected_votes_tracking=self.expected_votes_tracking or self.allow_downscale,
            qdevice_votes=self.qdevice_votes(),
        )

    def qdevice_votes(self) -> int:
        if self.qdevice is None:
            return 0
        return len(self.votes) - 1 if self.qdevice.votes is None else self.qdevice.votes

    def expected(self) -> int:
        """What a daemon expects before it has met another one."""
        configured = self.expected_votes
        if self.rules().expected_votes_tracking:
            configured = 0  # the barrier on disk, 0 at the first start, takes the place of expected_votes (1519-1521)
        automatic = self.qdevice_votes() if self.qdevice and self.qdevice.votes is None else 0
        return configured or sum(self.votes.values()) + automatic

    def daemon(self, nodeid: int) -> Daemon:
        return started(self.rules(), nodeid, self.votes[nodeid], self.expected())

    def text(self) -> str:
        quorum = {
            "provider": "corosync_votequorum",
            "two_node": int(self.two_node),
            "wait_for_all": None if self.wait_for_all is None else int(self.wait_for_all),
            "last_man_standing": int(self.last_man_standing),
            "last_man_standing_window": self.window if self.last_man_standing else None,
            "auto_tie_breaker": int(self.tie_breaker is not None),
            "auto_tie_breaker_node": self.tie_breaker,
            "allow_downscale": int(self.allow_downscale),
            "expected_votes_tracking": int(self.expected_votes_tracking),
            "expected_votes": self.expected_votes,
        }
        lines = ["totem {", " version: 2", " cluster_name: truth", "}", "system {", " state_dir: .", "}", "quorum {"]
        lines += [f" {key}: {value}" for key, value in quorum.items() if value not in (None, 0) or key == "wait_for_all" and value == 0]
        if self.qdevice is not None:
            device = {"model": "net", "votes": self.qdevice.votes, "timeout": self.qdevice.timeout, "sync_timeout": self.qdevice.sync_timeout}
            lines += [" device {"] + [f"  {key}: {value}" for key, value in device.items() if value is not None] + [" }"]
        lines += ["}", "nodelist {"]
        for nodeid, votes in self.votes.items():
            lines += [" node {", f"  nodeid: {nodeid}", f"  ring0_addr: 10.0.0.{nodeid}", f"  quorum_votes: {votes}", " }"]
        return "\n".join(lines + ["}", ""])

    def _odd_tie_breaker(self) -> bool:
        wait_for_all = self.two_node if self.wait_for_all is None else self.wait_for_all
        return self.tie_breaker is not None and sum(self.votes.values()) % 2 == 1 and not wait_for_all
