# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""How a run over many clusters has ended for each of them, and in which words the run ends. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered, standing
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.account import Account
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import Play
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.last_words import End, end_of, last_words
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.story import Progress, result_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Ended, Fleet, FleetPart, Own, Verdict

from .many import own, refusals_in_words

How = t.Literal["refused", "not_begun", "failed", "not_as_before", "lost", "done"]


@dataclasses.dataclass(frozen=True)
class Conclusion:
    """One cluster. how: `lost` where all nodes were done and quorum was lost meanwhile, or nobody knows. said: why it is not done, empty where it is.

    verdict: None where nothing was begun. account: likewise.
    """

    part: FleetPart
    how: How
    said: str = ""
    verdict: Verdict | None = None
    account: Account | None = None


def concluded(part: FleetPart, fleet: Fleet, hostvars: registered.HostVars, gone: t.Sequence[str], judge: t.Callable[[Account], Verdict]) -> Conclusion:
    """gone: hosts of any cluster that Ansible has lost. judge: what the records come to."""
    if part["run"] is None:
        return Conclusion(part, "refused", last_words(End("refused", reasons=part["refusals"])))
    run = t.cast(Own, own(fleet, part["hosts"][0]))
    active = tuple(host for host in part["hosts"] if host not in gone)
    play = Play(part["hosts"][0], tuple(part["hosts"]), active, tuple(part["hosts"]), active, tuple(gone))
    account = Account(hostvars, part["hosts"], run, part["hosts"], play.failed)
    ended = standing.endings(play, hostvars, run)
    why = [one for one in ended if one["how"] == "not_begun"]
    if why:
        return Conclusion(part, "not_begun", last_words(End("not_begun", reasons=[why[0]["msg"]], more="The lock was given back where this run had it.")))
    progress, verdict = account.progress(), judge(account)
    how, said = _ended(part, progress, ended, play, standing.why_not(play, hostvars, run))
    if how == "done" and verdict["kept"] is False:
        how, said = "lost", f"The upgrade is done, but: {verdict['sentence']}"
    return Conclusion(part, how, said, verdict, account)


def _ended(part: FleetPart, progress: t.Mapping[str, Progress], ended: t.Sequence[Ended], play: Play, why_not: str) -> tuple[How, str]:
    run = t.cast(Own, part["run"])
    failed = [host for host in part["hosts"] if host in play.failed or any(one["host"] == host and one["how"] == "failed" for one in ended)]
    if failed:
        return "failed", last_words(end_of(part["hosts"], progress, failed))
    strange = [one["msg"] for one in ended if one["how"] == "not_as_before"]
    if strange:
        return "not_as_before", last_words(End("not_as_before", reasons=strange[:1]))
    left = [host for batch in run["batches"] for host in batch if host not in progress or result_of(progress[host]) not in ("upgraded", "unchanged")]
    if left:
        return "not_begun" if len(left) == sum(map(len, run["batches"])) else "failed", why_not or f"These nodes were not done: {', '.join(left)}."
    return "done", ""


def failure(fleet: Fleet, ends: t.Sequence[Conclusion]) -> bool:
    """Whether the run has failed."""
    return bool(fleet["strangers"] or fleet["faults"] or any(end.how != "done" for end in ends))


# What became of a cluster, for people
VERBS = {
    "done": "Done",
    "failed": "Stopped",
    "not_as_before": "Done, but not as before",
    "lost": "Done, but quorum was lost or nobody knows",
    "not_begun": "Not begun",
    "refused": "Refused",
}


def in_words(fleet: Fleet, ends: t.Sequence[Conclusion], is_dry: bool = False) -> str:
    """The last words of the run: which clusters are done, and of each other one why it is not."""
    by_how: dict[str, list[str]] = {}
    for how in VERBS:
        names = [end.part["name"] for end in ends if end.how == how]
        if names:
            by_how[how] = names
    done = len(by_how.get("done", []))
    lines = [f"{done} of {count(len(ends), 'cluster')} {'would be' if is_dry else 'is' if done == 1 else 'are'} done."]
    lines += [f"{VERBS[how]}: {', '.join(names)}." for how, names in by_how.items()]
    for end in ends:
        if end.said and end.how != "refused":
            lines += [f"{end.part['name']}: {' '.join(end.said.split())}"]
    return "\n".join([*lines, *refusals_in_words(fleet)])
