# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The last words of a run that stops: what failed, on which node, which nodes are as they were, and what to do. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted
from ansible_collections.corosync.quorum.plugins.plugin_utils._named import named

from .journal import LEAD_TO_A_STOP
from .story import Progress, result_of

# The whole of a reason stands above these words, where its task failed.
_LONGEST = 600
_REFUSED = "Refused to stop "
_AGAIN = "When this is corrected, run the playbook again."

# Where a node is when one of its phases fails. What is not here leaves it as it was.
_DRAINING = "{host} may be drained, and its corosync runs on."
_DRAINED = "{host} is drained, and its corosync runs on."
_DOWN = "Corosync is down on {host}, or may be."
_NOT_REBOOTED = "{host} is upgraded, but was not rebooted. Corosync runs there, or may run."
_STARTED = "{host} was started, but is not back as it has to be."
_BACK = "{host} is back in the cluster, but not done."
_STATES = {
    "drain": _DRAINING,
    "gate_again": _DRAINED,
    "stop": _DOWN,
    "upgrade": _DOWN,
    "gate_reboot": _NOT_REBOOTED,
    "reboot": _DOWN,
    "installed": _DOWN,
    "start": _DOWN,
    "watch_again": _STARTED,
    "back": _STARTED,
    "check": _BACK,
    "undrain": _BACK,
    "done": _BACK,
}


@dataclasses.dataclass(frozen=True)
class Failure:
    """One host that failed. phase: of the role, without _hook; empty before the first one. why: what failed, empty where nobody knows.

    lost: Ansible cannot reach it any more.
    """

    host: str
    phase: str
    why: str
    lost: bool = False

    @property
    def changed(self) -> bool:
        """Whether the run had done anything to the node. When in doubt it had."""
        return self.phase in _STATES or self.lost or not self.why

    @property
    def is_broken(self) -> bool:
        """Whether the node itself has to be fixed. A gate that says no after a drain or an upgrade does so because of others."""
        return self.changed and self.phase not in ("gate_again", "gate_reboot")


@dataclasses.dataclass(frozen=True)
class End:
    """How a run ends. how: `refused` by the preflight, `not_begun` after it, `not_stopped` by a gate that is used alone, `failed` in an upgrade, or
    `not_as_before` in the end.

    failures: of the hosts that failed; where the run had not begun, of those that say why, of which there may be none. reasons: why, where that is about
    no single host. done, untouched, under_way: the other hosts. more: what is so besides, sentences.
    """

    how: t.Literal["refused", "not_begun", "not_stopped", "failed", "not_as_before"]
    failures: t.Sequence[Failure] = ()
    reasons: t.Sequence[str] = ()
    done: t.Sequence[str] = ()
    untouched: t.Sequence[str] = ()
    under_way: t.Sequence[str] = ()
    more: str = ""


def last_words(end: End) -> str:
    """Sentences for the one who has to go on. A refusal has a line for each reason."""
    if end.how == "refused":
        return "\n".join(["This cluster cannot be upgraded now, and nothing was changed.", *end.reasons, _AGAIN])
    if end.how == "not_begun":
        said = ["The upgrade did not begin.", *map(_sentence, end.reasons), "All nodes are as they were.", end.more, _AGAIN]
    elif end.how == "not_stopped":
        why = _why(end.failures[0])
        said = ["" if why.startswith(_REFUSED) else f"{end.failures[0].host} was not stopped.", why, end.more, _AGAIN]
    elif end.how == "not_as_before":
        said = ["All nodes were done, but the cluster is not as it was before.", *map(_sentence, end.reasons)]
        said += ["When this is corrected, run the playbook again: it touches no node that is done.", end.more]
    else:
        said = _of_a_failure(end)
    return " ".join(part for part in said if part)


def _of_a_failure(end: End) -> list[str]:
    hosts, broken = ", ".join(failure.host for failure in end.failures), ", ".join(failure.host for failure in end.failures if failure.is_broken)
    said = [f"Stopped because {broken} failed." if broken else f"Stopped before {hosts}."]
    said += [_why(failure) for failure in end.failures]
    said += [_STATES[failure.phase].format(host=failure.host) for failure in end.failures if failure.phase in _STATES]
    untouched = [failure.host for failure in end.failures if not failure.changed]
    for what, those in (("Done", end.done), ("Under way", end.under_way), ("As they were", [*untouched, *end.untouched])):
        said += [f"{what}: {', '.join(those)}."] if those else []
    lost = [failure.host for failure in end.failures if failure.lost]
    if lost:
        said.append(f"See that Ansible can log in to {', '.join(lost)} and that the node is well, and run the playbook again; it resumes there.")
    elif broken:
        said.append(f"Fix {broken} and run the playbook again; it resumes there.")
    else:
        said.append("When this is corrected, run the playbook again; it resumes there.")
    return [*said, end.more]


def _why(failure: Failure) -> str:
    """What failed, of a node that it names. Empty where nobody knows."""
    if failure.lost and not failure.why:
        return f"Ansible lost contact with {failure.host}."
    # A gate's refusal is a sentence of its own, without the name of its task.
    text = _sentence(named(failure.host, failure.why[max(0, failure.why.find(_REFUSED)) :]))
    return text if not text or failure.host in text else f"{failure.host}: {text}"


def _sentence(text: str) -> str:
    found = quoted(text, _LONGEST)
    return found if not found or found.endswith((".", "!", "?")) else found + "."


# ---- where a node is -----------------------------------------------------------------------------------------------------


def failed_phase(progress: Progress) -> str:
    """The phase in which a host failed, without _hook; empty before the first one. The user's tasks have registered nothing, and the phase after them has.

    Where a stop was refused, or what leads to it, it is the gate before it. So it is of a reboot.
    """
    if progress.look is None:
        return ""
    planned = progress.look["phases"]
    for place, name in enumerate(planned):
        result = progress.results.get(name)
        passed = result is not None and not result.get("failed") or result is None and any(progress.results.get(later) for later in planned[place + 1 :])
        if not passed:
            phase = name.removesuffix("_hook")
            return _gate_before(phase, planned[:place]) if result and result.get("refused") else phase
    return "done" if planned else ""


def _gate_before(phase: str, planned: t.Sequence[str]) -> str:
    """The gate whose no, or whose old yes, has kept this phase from beginning. The phase itself where there is no such gate."""
    if phase == "reboot":
        return "gate_reboot"
    if phase not in LEAD_TO_A_STOP:
        return phase
    return "gate_again" if "gate_again" in planned else "gate"


def failure_of(host: str, progress: Progress) -> Failure:
    return Failure(host, failed_phase(progress), progress.failure, progress.lost)


def end_of(hosts: t.Sequence[str], progress: t.Mapping[str, Progress], failed: t.Collection[str], more: str = "") -> End:
    """The end of an upgrade in which hosts have failed. hosts: of the cluster. progress: of those whose turn has come."""
    found: dict[str, list[str]] = {"done": [], "untouched": [], "under_way": []}
    for host in hosts:
        if host not in failed:
            result = result_of(progress[host]) if host in progress else "untouched"
            found[{"untouched": "untouched", "running": "under_way"}.get(result, "done")].append(host)
    nothing = Progress(look=None, results={})
    return End("failed", failures=[failure_of(host, progress.get(host, nothing)) for host in failed], more=more, **found)


def is_last_to_speak(host: str, batch: t.Sequence[str], failing: t.Collection[str]) -> bool:
    """Whether this host of a batch says for all of it why the run stops: only if no other one goes on, and of those that fail together the last one.

    batch: without hosts that have failed before.
    """
    if any(other != host and other not in failing for other in batch):
        return False
    return not batch or host == [other for other in batch if other == host or other in failing][-1]
