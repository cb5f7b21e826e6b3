# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the tasks of a run have registered about one cluster: how far each host has come, what was recorded, and what that comes to. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from . import registered, story
from .course import course_of
from .one_clock import on_one_clock
from .story import Progress
from .types import ClockLook, Run, Verdict
from .verdict import best, verdict


@dataclasses.dataclass(frozen=True)
class Account:
    """run: None where none goes on. readers: hosts that have read records, of any hosts. lost: hosts that failed or went out of reach in this play."""

    hostvars: registered.HostVars
    cluster: t.Sequence[str]
    run: Run | None
    readers: t.Sequence[str]
    lost: t.Collection[str] = ()

    def progress(self) -> dict[str, Progress]:
        """Of the hosts whose turn has come."""
        return {host: found for host in self.cluster if (found := self._progress(host)) is not None}

    def records(self) -> dict[str, t.Any]:
        """host -> record with its time by the controller's clock, from whichever host has read it; {msg} where it could not be read."""
        items = [item for host in self.readers for item in self._read_by(host)]
        found = best([(item["host"], item["record"] or {"msg": item["msg"]}) for item in items if item["record"] or item.get("msg")])
        return {host: on_one_clock(record, self._clock_looks(host)) for host, record in found.items()}

    def judged(self, watches: bool, quiet: float) -> Verdict:
        """watches: whether quorum was watched. quiet: rolling_upgrade_stable_for."""
        watched = self.run if watches else None
        return verdict(self.records(), self.cluster, course_of(watched, self.hostvars, self.cluster, quiet) if watched else None)

    def story(self, judged: Verdict, spare: int, now: str, stopped: str, by: t.Mapping[str, str]) -> dict[str, t.Any]:
        """What the report tells. stopped: why the run stopped, and what to do. by: user and controller, for people."""
        earlier = [(item["run"], host, item["record"]) for host, look in self._first_looks().items() for item in look["earlier"]]
        return story.story(self.run, self.cluster, self.progress(), self.records(), judged, spare, now, earlier, stopped, by)

    def _variables(self, host: str) -> t.Mapping[str, t.Any]:
        return registered.variables_of(self.hostvars, host)

    def _read_by(self, host: str) -> list[dict[str, t.Any]]:
        return [item for item in registered.items_of(self._variables(host), registered.RECORDS) if "record" in item]

    def _clock_looks(self, host: str) -> list[ClockLook]:
        first = self._first_looks().get(host, {}).get("clock")
        return [*([first] if first else []), *(registered.clock_looks_of(self._variables(host), self.run) if self.run else [])]

    def _first_looks(self) -> dict[str, dict[str, t.Any]]:
        """host -> what was seen of its watch in this run when it had begun, by whichever host."""
        items = [item for host in self.cluster for item in registered.items_of(self._variables(host), registered.FIRST_LOOK)]
        return {item["host"]: item for item in items if self.run and item.get("run") == self.run["run_id"]}

    def _progress(self, host: str) -> Progress | None:
        """What a host's tasks have registered in this run, None where it was not its turn yet."""
        variables = self._variables(host)
        look = registered.look_of(variables, self.run)
        turn = look["turn"] if look else None
        # What Ansible says of a failure stays until the next one, so after a rescue among the user's tasks a node that is done has one, too.
        is_done = bool(look and (not look["needed"] or registered.is_done(variables, look["turn"])))
        failures = [item["failure"] for item in self._failures(host) if item.get("failure") and item.get("turn") == turn and not is_done]
        results = registered.results_of(variables, look["turn"]) if look else registered.results_of_gates_alone(variables, self.run)
        back = results.get("back")
        if look is None and back and not back.get("failed"):
            failures = []  # as above, of a node that is done by the play's own tasks
        lost = host in self.lost and not failures
        if look is None and not results and not failures and not lost:
            return None
        return Progress(look=look, results=results, failure=failures[-1] if failures else "", lost=lost)

    def _failures(self, host: str) -> list[dict[str, t.Any]]:
        """What says why this host has failed. In a run over many clusters it noted that itself."""
        ended = registered.ended_of(self._variables(host), self.run)
        return [*self._read_by(host), *([t.cast("dict[str, t.Any]", ended)] if ended else [])]
