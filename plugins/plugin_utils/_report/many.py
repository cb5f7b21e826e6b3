# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The end of a run over many clusters: the verdict of each, and the page about all of them, a card a cluster."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.ending import VERBS, Conclusion, concluded
from ansible_collections.corosync.quorum.plugins.plugin_utils._fleet.many import beside_clusters, options_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.account import Account
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.input import report_path, seconds, whole_number
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.look import is_true
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.story import DONE, refusal
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Fleet, Verdict
from ansible_collections.corosync.quorum.plugins.plugin_utils._written import write_whole

from . import words
from .given import report_of
from .page import view_of
from .rendering import rendered

# Of more cards a browser draws those that are seen.
_LONG = 20
# What became of a cluster in the colours of page.css
_TONES = {"done": "good", "refused": "open", "not_begun": "open", "failed": "bad", "not_as_before": "bad", "lost": "bad"}
Options = t.Mapping[str, t.Any]


def conclusions(fleet: Fleet, variables: registered.HostVars, gone: t.Sequence[str], is_dry: bool) -> list[Conclusion]:
    """How it has ended for each cluster. variables: of all hosts. gone: hosts that Ansible has lost."""
    found = []
    for part in fleet["clusters"]:
        dummy, options = options_of(part["hosts"], variables)
        found.append(concluded(part, fleet, variables, gone, functools.partial(_verdict, options or {}, is_dry)))
    return found


def _verdict(options: Options, is_dry: bool, account: Account) -> Verdict:
    return account.judged(bool(options) and is_true(options["watch"]) and not is_dry, seconds(options, "stable_for") if options else 0.0)


# ---- the page ------------------------------------------------------------------------------------------------------------


def write(fleet: Fleet, ends: t.Sequence[Conclusion], variables: registered.HostVars, now: str, by: t.Mapping[str, str]) -> str:
    """Sentences on where the pages are: one page, and where clusters have reports of their own one for each. by: user and controller, for people."""
    by_path: dict[str, list[Conclusion]] = {}
    for end in ends:
        dummy, options = options_of(end.part["hosts"], variables)
        if options and options["report"]:
            by_path.setdefault(report_path(str(options["report"])), []).append(end)
    return " ".join(_written(path, functools.partial(page, fleet, those, variables, now, by)) for path, those in by_path.items())


def _written(path: str, content: t.Callable[[], str]) -> str:
    try:
        write_whole(path, content())
    except (OSError, Unusable) as error:
        return f"The report could not be written to {path}: {error}"
    return f"The report is in {path}"


def page(fleet: Fleet, ends: t.Sequence[Conclusion], variables: registered.HostVars, now: str, by: t.Mapping[str, str]) -> str:
    """One HTML page that needs nothing else. variables: of all hosts of the clusters."""
    cards = [_card(number, end, variables, fleet["begun"], now, by) for number, end in enumerate(ends, start=1)]
    return rendered("many.html.j2", _view(fleet, ends, cards, now, by))


def _view(fleet: Fleet, ends: t.Sequence[Conclusion], cards: t.Sequence[t.Mapping[str, t.Any]], now: str, by: t.Mapping[str, str]) -> dict[str, t.Any]:
    """What many.html.j2 is given."""
    done = sum(end.how == "done" for end in ends)
    begun, ended = seconds_of(fleet["begun"]), seconds_of(now)
    facts = [
        ("Started", words.moment(begun)),
        ("Took", words.duration(max(0.0, ended - begun))),
        ("Rounds", str(len(fleet["rounds"]))),
        ("Started by", " on ".join(by[key] for key in ("user", "controller") if by.get(key))),
    ]
    strange = [*fleet["strangers"], *fleet["faults"]]
    return {
        "title": "Rolling upgrade of many clusters",
        "kind": "good" if done == len(ends) and not strange else "bad" if any(_TONES[end.how] == "bad" for end in ends) else "open",
        "headline": f"{done} of {count(len(ends), 'cluster')} {'is' if done == 1 else 'are'} done",
        "sentences": beside_clusters(fleet),
        "facts": [(name, fact) for name, fact in facts if fact],
        "is_long": len(cards) > _LONG,
        "cards": cards,
    }


def _card(number: int, end: Conclusion, variables: registered.HostVars, begun: str, now: str, by: t.Mapping[str, str]) -> dict[str, t.Any]:
    dummy, options = options_of(end.part["hosts"], variables)
    if end.account is None or end.verdict is None or options is None:
        told = refusal(end.part["hosts"], begun, now, end.said, by)
    else:
        told = end.account.story(end.verdict, whole_number(options, "spare"), now, end.said, by)
    v = view_of(report_of(told), f"c{number}-")
    done = sum(node["result"] in DONE for node in v["nodes"])
    return {
        "name": end.part["name"],
        "tone": _TONES[end.how],
        "result": VERBS[end.how].lower(),
        "nodes": f"{done} of {len(end.part['hosts'])} done",
        "quorum": "not judged" if end.verdict is None or end.verdict["kept"] is None else "kept" if end.verdict["kept"] else "lost, or not known",
        "is_open": end.how != "done",
        "is_begun": end.account is not None,
        "v": v,
    }
