# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The gate before a stop: who must be asked, may these nodes be stopped, and in which words. Pure.

When in doubt it says no.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._forecast.questions import may_leave
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import UnknownNode, device_casts, device_votes, labels, nodeid_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import ForecastError, check
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted
from ansible_collections.corosync.quorum.plugins.plugin_utils._lock import doubt, look_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._named import named

from .complete import absent, others_down
from .types import Gate, Return, WantedLink

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Leave, Value

_NOTHING_CHANGED = "Nothing was changed."
_ALL_OF_THEM = "with two_node, wait_for_all, last_man_standing, auto_tie_breaker or allow_downscale, or expected votes that differ,"
_RESUME = (
    "An earlier run was interrupted on {hosts}, which must be upgraded first. The playbook corosync.quorum.rolling_upgrade does that by itself. "
    "For a play of your own, use --limit {hosts}, and set rolling_upgrade_hosts to all hosts of the cluster."
)
# Hosts of one batch that have other phases go one after the other.
_HAS_FAILED = "a host of the same batch has failed ({hosts}), and no other node is stopped then. Fix {hosts} and run the playbook again."


@dataclasses.dataclass(frozen=True)
class Stop:
    """What is about to be stopped. host: the one whose turn it is. batch: host -> node (name or id), all that are down together with it.

    touched: likewise, with hosts that failed earlier. resumed: host -> node id, of hosts in which an earlier run was interrupted.
    spare, qdevice: as for may_leave. state: what is so if it is refused. run_id: empty where there was no preflight. has_lock: whether the run has taken
    its lock. is_first: whether this is the gate before the first step of the node. failed: hosts of the batch that have failed in their turn, also those
    that Ansible has lost in it.
    """

    host: str
    batch: t.Mapping[str, int | str]
    touched: t.Mapping[str, int | str] = dataclasses.field(default_factory=dict)
    resumed: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    spare: int = 0
    qdevice: str = "either"
    expects_device: bool = False
    state: str = _NOTHING_CHANGED
    turn: str | None = None
    run_id: str = ""
    has_lock: bool = False
    is_first: bool = True
    failed: t.Sequence[str] = ()


def must_ask_all(value: Value) -> bool:
    """Whether every node that stays has to be asked: where members of one ring may disagree, the answer of one is not that of all.

    With last_man_standing and allow_downscale they may differ in the votes they expect. With wait_for_all a node that has not seen all since it
    started still waits for all once quorum is lost, and its neighbours do not know. What decides a tie, and all of these modes, each node has
    taken from its own file when it started or was told to reload, so they differ while a change of them is half done.
    """
    modes = value["last_man_standing"], value["allow_downscale"], value["wait_for_all"], value["auto_tie_breaker"]
    expected = {node["expected_votes"] for node in value["nodes"] if node["nodeid"] in value["members"]} | {value["expected_votes"]}
    return any(mode["enabled"] for mode in modes) or value["two_node"] or len(expected) > 1


def any_must_ask_all(answers: t.Iterable[t.Mapping[str, t.Any]]) -> bool:
    """The same of a whole cluster, of which any node may have such a mode. answers: results of votequorum_info, of hosts that may be down."""
    return any(must_ask_all(answer["votequorum"]) for answer in answers if isinstance(answer.get("votequorum"), dict))


def judge(stop: Stop, witness: str, answer: t.Mapping[str, t.Any]) -> Gate:
    """The answer of one host that stays. answer: the result of votequorum_info there, with if_unavailable=report, and with its lock."""
    value = answer.get("votequorum")
    if answer.get("failed") or answer.get("available") is False or not isinstance(value, dict):
        return refused(stop, witness, f"{witness}, which stays, cannot say whether that is safe: {_said(witness, answer)}")
    why = doubt(witness, look_of(answer), stop.run_id, stop.has_lock, stop.is_first)
    if why:
        return refused(stop, witness, why)
    try:
        check(value)
        return _judged(stop, witness, t.cast("Value", value))
    except (ForecastError, UnknownNode) as error:
        return refused(stop, witness, f"{witness} was asked: {_sentence(str(error))}")


def refused(stop: Stop, witness: str, why: str) -> Gate:
    """A no without a forecast."""
    msg = f"Refused to stop {stop.host}: {_sentence(why)} {stop.state}"
    nothing: Return = {"members": [stop.batch.get(stop.host, stop.host)], "min_votes": None, "qdevice": False}
    return Gate(
        turn=stop.turn,
        host=stop.host,
        witness=witness,
        safe=False,
        msg=msg,
        now=None,
        after=None,
        nodeid=stop.batch.get(stop.host, stop.host),
        down=False,
        device=False,
        must_return=nothing,
    )


def nobody(stop: Stop, cluster: t.Sequence[str]) -> Gate:
    """A no because no host would stay."""
    why = (
        f"no host of rolling_upgrade_hosts ({', '.join(cluster)}) would stay, as {', '.join(stop.batch)} are taken together. "
        "Give the play `serial: 1`, or use the playbook corosync.quorum.rolling_upgrade."
    )
    return refused(stop, "", why)


def out_of_reach(stop: Stop, reasons: t.Mapping[str, str]) -> Gate:
    """A no because nobody who stays could be asked."""
    return refused(stop, "", f"no host that stays can be logged in to, so nobody can say whether that is safe: {_listed(reasons)}.")


def not_all(stop: Stop, reasons: t.Mapping[str, str]) -> Gate:
    """A no because not all could be asked that have to be."""
    why = f"{_ALL_OF_THEM} every host that stays has to say that it is safe, but these cannot be logged in to"
    return refused(stop, "", f"{why}: {_listed(reasons)}.")


def not_heard(stop: Stop, nodes: str) -> Gate:
    """A no because nodes that stay are no hosts that can be asked. nodes: for people."""
    why = (
        f"{_ALL_OF_THEM} every node that stays has to say that it is safe, but nobody could ask {nodes}. "
        "Set rolling_upgrade_hosts to all hosts of the cluster, and see that none of them has failed."
    )
    return refused(stop, "", why)


def that_stay(stop: Stop, value: Value) -> dict[int, str]:
    """Members that are not stopped: node id -> name for people. For a value that was judged."""
    stopped = {nodeid_of(node, value) for node in stop.batch.values()}
    return {nodeid: labels([nodeid], value) for nodeid in value["members"] if nodeid not in stopped}


def _listed(reasons: t.Mapping[str, str]) -> str:
    return "; ".join(f"{host} ({quoted(reason).rstrip('.')})" for host, reason in reasons.items())


def worst(answers: t.Sequence[Gate]) -> Gate:
    """The answer that counts of several nodes': a no, if there is one; else the one with the least votes above quorum afterwards."""
    return min(answers, key=lambda answer: (answer["safe"], _margin(answer)))


def _margin(answer: Gate) -> int:
    after = answer["after"]
    return -1 if after is None or after["total_votes"] is None or after["quorum"] is None else after["total_votes"] - after["quorum"]


def _judged(stop: Stop, witness: str, value: Value) -> Gate:
    ids = {host: nodeid_of(node, value) for host, node in stop.batch.items()}
    if value["nodeid"] in ids.values():
        return refused(stop, witness, f"{witness} is one of the nodes that would be stopped, by its node id {value['nodeid']}, so it cannot say what stays.")
    if stop.failed and stop.is_first and ids[stop.host] in value["members"]:
        return refused(stop, witness, _HAS_FAILED.format(hosts=", ".join(stop.failed)))
    answer = may_leave(value, sorted(ids.values()), qdevice=stop.qdevice, spare=stop.spare)
    down = others_down(value, ids.values())
    safe = bool(answer["safe"]) and not down
    own = ids[stop.host]
    return Gate(
        turn=stop.turn,
        host=stop.host,
        witness=witness,
        safe=safe,
        msg="" if safe else _refusal(stop, answer, down, absent(value, ids.values())),
        now=answer["now"],
        after=answer["after"],
        nodeid=own,
        down=own not in value["members"],
        device=stop.expects_device or bool(value["qdevice"]),
        must_return=_must_return(stop, value, own),
    )


def _refusal(stop: Stop, answer: Leave, down: str, missing: t.Collection[int]) -> str:
    """Every reason, and the numbers. down: other nodes that are down, for people. missing: those of them that are known, by node id."""
    reasons = [] if answer["safe"] else [answer["reason"]]
    if down:
        reasons.append(f"Other nodes are down already: {down}.")
    behind = [host for host, nodeid in stop.resumed.items() if nodeid in missing]
    if behind:
        reasons.append(_RESUME.format(hosts=", ".join(behind)))
    now, after = answer["now"], answer["after"]
    numbers = (
        f"Votes now: {now['total_votes']} present, {now['quorum']} needed. "
        f"Afterwards: {after['total_votes']} present, {after['quorum']} needed (spare: {stop.spare})."
    )
    return " ".join([f"Refused to stop {stop.host}:", *reasons, numbers, stop.state])


def _must_return(stop: Stop, value: Value, own: int) -> Return:
    """Members that were there, without those that this play has taken down: the others of a batch answer for themselves, those that failed may be down."""
    touched = {_id_or_none(node, value) for node in stop.touched.values()}
    members = sorted({nodeid for nodeid in value["members"] if nodeid not in touched} | {own})
    votes = sum(node["votes"] or 0 for node in value["nodes"] if node["nodeid"] in members)
    cast = device_votes(value) if device_casts(value) else 0
    there = Return(members=list(members), min_votes=votes + cast, qdevice=bool(cast) or stop.expects_device)
    links = _links(value, own)
    return Return(**there, links=links) if links else there


def _links(value: Value, own: int) -> list[WantedLink]:
    """The links between the witness and the node that are up, where they have several: of a single one the membership tells. As the node names them."""
    found = [link for node in value["nodes"] if node["nodeid"] == own and own in value["members"] for link in node.get("links") or []]
    return [WantedLink(node=value["nodeid"], link=link["link"]) for link in found if link["connected"]] if len(found) > 1 else []


def _id_or_none(node: int | str, value: Value) -> int | None:
    try:
        return nodeid_of(node, value)
    except UnknownNode:
        return None


def _said(witness: str, answer: t.Mapping[str, t.Any]) -> str:
    return _sentence(quoted(named(witness, str(answer.get("msg") or answer.get("reason") or "it gave no reason"))))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", ")")) else text + "."
