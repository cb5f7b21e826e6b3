# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""A run over many clusters before its first node: what was given, its rounds, what each host is told of it, and the plan in words. Pure."""

from __future__ import annotations

import re
import textwrap
import typing as t

from ansible.errors import AnsibleError

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.losses import AS_NOW
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, shown
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import registered
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import few_forks
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.types import Fleet, FleetPart, Round

from .clusters import listed
from .rounds import Turn, rounds

AT_ONCE = 10
QDEVICE = "rolling_upgrade_qdevice"
# Columns of a terminal
WIDTH = 100
Variables = t.Mapping[str, t.Mapping[str, t.Any]]


# ---- what was given ------------------------------------------------------------------------------------------------------


def at_once(given: t.Any) -> int:
    """rolling_upgrade_clusters_at_once. Raises Unusable."""
    if given is None or given == "":
        return AT_ONCE
    if isinstance(given, bool) or not re.fullmatch(r"\d+", str(given)) or int(given) < 1:
        raise Unusable(f"rolling_upgrade_clusters_at_once is {shown(given)}, but must be a number of clusters, 1 or more.")
    return int(given)


def groups_of(given: t.Any) -> list[str]:
    """rolling_upgrade_group: one group, several with commas, or a list."""
    names = given.split(",") if isinstance(given, str) else given if isinstance(given, (list, tuple)) else [given]
    return [name for name in (str(name).strip() for name in names) if name]


def no_group(given: t.Any) -> str:
    """Why this names no hosts, empty where it does. Ansible would take `,`, which is what two empty variables leave, for all hosts of the inventory."""
    return "" if groups_of(given) else f"rolling_upgrade_group is {shown(given)}, and names no group. Set it to the group of the cluster's hosts."


def names_not_there(given: t.Any, groups: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """As groups_not_there(), of a single cluster: its hosts may also be given by their names, or by a pattern of Ansible."""
    plain = [name for name in groups_of(given) if re.fullmatch(r"[\w.-]+", name)]
    return groups_not_there(plain, {*groups, *groups["all"]})


def groups_not_there(given: t.Any, inventory: t.Collection[str]) -> list[str]:
    """Sentences on groups that are not in the inventory, or that are named twice."""
    names = groups_of(given)
    missing = sorted({name for name in names if name not in inventory})
    twice = sorted({name for name in names if names.count(name) > 1})
    found = [f"rolling_upgrade_group names {', '.join(map(shown, missing))}, which the inventory does not have."] if missing else []
    return found + ([f"rolling_upgrade_group names {', '.join(map(shown, twice))} more than once."] if twice else [])


def options_of(hosts: t.Sequence[str], variables: Variables) -> tuple[str, t.Mapping[str, t.Any] | None]:
    """(host, the role's options as they are for it), of the first host that was asked; None where none was."""
    for host in hosts:
        for item in registered.items_of(variables[host], registered.VIEWS):
            if isinstance(item.get("options"), dict):
                return host, item["options"]
    return hosts[0], None


def not_for_all(options: t.Mapping[str, t.Any], everywhere: t.Mapping[str, t.Any]) -> list[str]:
    """Why an option may not be used as it was given: for every host there is, rather than for the hosts of one cluster.

    everywhere: the variables of localhost, which has what the command line and the group `all` give to every host.
    """
    if str(options["qdevice"]) == AS_NOW and _own(everywhere, QDEVICE) == AS_NOW:
        return [
            (
                "rolling_upgrade_qdevice is as_now for every host. With this value the role trusts the quorum device to vote while nodes are down. With many "
                "clusters, set it only for the hosts of the clusters whose device you trust: as a variable of their group in the inventory."
            )
        ]
    return []


def not_its_own(hosts: t.Sequence[str], variables: Variables) -> list[str]:
    """Why the quorum device of a cluster may not be relied on: the inventory does not say so of each of its hosts.

    The role's options also have the variables of the play, which are the same for every cluster. variables: of all hosts, as other hosts see them, which is
    without those of the play. Each gate takes the options of the host that is about to be stopped, so one host counts as much as all.
    """
    trusting = [host for host in hosts if any(_trusts(item) for item in registered.items_of(variables[host], registered.VIEWS))]
    lacking = [host for host in hosts if _own(variables[host], QDEVICE) != AS_NOW] if trusting else []
    if not lacking:
        return []
    return [
        (
            f"{QDEVICE} is as_now for {listed(trusting)}, but the inventory does not say so for {listed(lacking)}. With this value the role trusts the "
            "quorum device to vote while nodes are down. With many clusters, remove it from the playbook. Set it as a variable of the cluster's own group "
            "in the inventory if you trust the device of this cluster."
        )
    ]


def _trusts(item: t.Mapping[str, t.Any]) -> bool:
    options = item.get("options")
    return isinstance(options, dict) and str(options.get("qdevice")) == AS_NOW


def _own(variables: t.Mapping[str, t.Any], name: str) -> str:
    """A variable of a host, empty where it is a template that cannot be rendered without a play."""
    try:
        return str(variables.get(name))
    except AnsibleError:
        return ""


def not_usable(error: Unusable) -> str:
    """What a host of a cluster says is nothing that a plan can be made of."""
    return f"{error} If corosync has just been started there, run this again."


# ---- the rounds ----------------------------------------------------------------------------------------------------------


def fleet(clusters: t.Sequence[FleetPart], strangers: t.Mapping[str, str], faults: t.Sequence[str], most: int, now: str, inventory: t.Collection[str]) -> Fleet:
    """What is found out before the first node. most: so many clusters at once. inventory: names that a helper may not have.

    A cluster in which an earlier run was interrupted comes first: it is the one that stands no further failure.
    """
    ordered = sorted(clusters, key=lambda cluster: not (cluster["run"] and cluster["run"]["resumed"]))
    found = rounds([cluster["run"]["batches"] if cluster["run"] else [] for cluster in ordered], most)
    return Fleet(
        clusters=ordered,
        places={host: number for number, cluster in enumerate(ordered) for host in cluster["hosts"]},
        rounds=[_round(number, turns, ordered, found, inventory) for number, turns in enumerate(found, start=1)],
        strangers=dict(strangers),
        faults=list(faults),
        begun=now,
    )


def _round(number: int, turns: t.Sequence[Turn], clusters: t.Sequence[FleetPart], found: t.Sequence[t.Any], inventory: t.Collection[str]) -> Round:
    name = f"round-{number}-of-{len(found)}"
    while name in inventory:
        name += "-"
    says = "; ".join(f"{clusters[turn.cluster]['name']}: {', '.join(map(shown, turn.hosts))}" for turn in turns)
    return Round(helper=name, hosts=[host for turn in turns for host in turn.hosts], says=f"Round {number} of {len(found)}. {says}")


def own(found: Fleet, host: str) -> dict[str, t.Any]:
    """What a host has to know: the run of its cluster; or that it is of none that is upgraded."""
    number = found["places"].get(host)
    cluster = found["clusters"][number] if number is not None else None
    if cluster is None or cluster["run"] is None:
        return {"cluster": []}
    first = found["rounds"][0]["hosts"]
    is_first = first[0] in cluster["hosts"]
    leader = found["clusters"][found["places"][first[0]]]["run"]
    return dict(
        cluster["run"],
        cluster=list(cluster["hosts"]),
        name=cluster["name"],
        first=[] if is_first else list(first),
        first_run=leader["run_id"] if leader else "",
    )


# ---- in words ------------------------------------------------------------------------------------------------------------


def plan_in_words(found: Fleet, is_dry: bool, forks: t.Any) -> list[str]:
    """Lines on what is about to be done. forks: on how many hosts Ansible works at the same time."""
    going = [cluster for cluster in found["clusters"] if cluster["run"]]
    hosts = sum(len(one["hosts"]) for one in found["rounds"])
    would = "would be" if is_dry else "are"
    lines = [f"{count(len(going), 'cluster')} with {count(hosts, 'node')} {would} upgraded in {count(len(found['rounds']), 'round')}."]
    lines += [line for one in found["rounds"] for line in _wrapped(one["says"], "  ")]
    most = max((len(one["hosts"]) for one in found["rounds"]), default=0)
    lines += [line for sentence in few_forks(forks, most) for line in _wrapped(sentence)]
    for cluster in found["clusters"]:
        lines += [line for warning in (cluster["run"]["warnings"] if cluster["run"] else ()) for line in _wrapped(f"{cluster['name']}: {warning}")]
    return lines + [line for sentence in refusals_in_words(found) for line in _wrapped(sentence)]


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False, break_on_hyphens=False)


def refusals_in_words(found: Fleet) -> list[str]:
    """A sentence for each cluster that is refused, for the hosts of none, and for what was given wrongly."""
    said = [f"{cluster['name']} is not upgraded: {' '.join(cluster['refusals'])}" for cluster in found["clusters"] if cluster["refusals"]]
    return said + beside_clusters(found)


def beside_clusters(found: Fleet) -> list[str]:
    """Sentences on the hosts of no cluster, and on what was given wrongly."""
    by_reason: dict[str, list[str]] = {}
    for host, why in found["strangers"].items():
        by_reason.setdefault(why, []).append(host)
    said = [f"Hosts that belong to no known cluster: {', '.join(map(shown, hosts))}. {why}" for why, hosts in by_reason.items()]
    return said + list(found["faults"])


def all_refused(found: Fleet) -> str:
    return none_can_be(refusals_in_words(found))


def none_can_be(reasons: t.Sequence[str]) -> str:
    return "\n".join(["None of these clusters can be upgraded now, and nothing was changed.", *reasons])
