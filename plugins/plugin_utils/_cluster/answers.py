# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the hosts answered to the role `cluster`, judged: before the first change, and after a reload.

Pure. An answer is the result of a task, as the role has registered it. A host that was to answer and did not counts as a no.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster import addresses
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster.host import NOT_RUNNING, cmap_of

Answer = t.Mapping[str, t.Any]
Answers = t.Mapping[str, t.Mapping[str, Answer]]  # by host, then by question

# The variables in which the role registers the answers, by question.
_REGISTERED = {
    "apart": "__cluster_apart",
    "key_put": "__cluster_key_put",
    "put": "__cluster_conf_put",
    "reload": "__cluster_reload",
    "loaded": "__cluster_loaded",
    "look": "__cluster_look",
    "back_put": "__cluster_back_put",
    "back": "__cluster_back",
    "back_look": "__cluster_back_look",
}
# The module cluster_ask answers several questions at once.
_ASKED = "__cluster_asked_node"
VARIABLES = (_ASKED, *_REGISTERED.values())  # forget.yml of the role empties them
_PARTS = {"addresses": "addresses", "device": "server", "trial": "trial"}

_OK = "1"  # CS_OK
# What corosync writes before a message, and what it says of its own end.
_PREFIX = re.compile(r"^(\w{3} +\d+ [\d:.]+ )?(\w+ +)?\[[A-Z]+ *\] (\S+:\d+ )?")
_NOISE = re.compile(r"Corosync Cluster Engine|corosync_exit_error|Please migrate")
_MANY_LINES = 3


def registered(hostvars: t.Mapping[str, t.Any], hosts: t.Iterable[str]) -> Answers:
    """What the tasks have registered on these hosts so far."""
    variables = {host: hostvars[host] for host in hosts}
    return {host: {**_parts(of_host.get(_ASKED)), **_results(of_host)} for host, of_host in variables.items()}


def _results(variables: t.Mapping[str, t.Any]) -> dict[str, Answer]:
    return {question: variables[name] for question, name in _REGISTERED.items() if name in variables}


def _parts(answer: t.Any) -> dict[str, Answer]:
    """By question. A node that did not answer gives the reason as the answer to each."""
    whole = answer if isinstance(answer, t.Mapping) else {}
    return {question: whole[part] if isinstance(whole.get(part), t.Mapping) else whole for question, part in _PARTS.items()}


def before(answers: Answers, plan: Answer) -> list[str]:
    """Why nothing may be changed: nodes would not find each other or the server of the quorum device, or a corosync would not start with the new text."""
    lookups = {host: _answer(answers, host, "addresses") for host in plan["addresses"]}
    return addresses.doubts(lookups, plan["addresses"], plan["ip_version"]) + _unreached_server(answers, plan) + _refused_texts(answers, plan)


# --- the quorum device -----------------------------------------------------------------------------------------------


def _unreached_server(answers: Answers, plan: Answer) -> list[str]:
    """One sentence for each cause."""
    device = plan["device"]
    hosts: dict[str, list[str]] = {}
    for host in plan["ask_device"]:
        cause = _why_no_device(_answer(answers, host, "device"), device)
        if cause:
            hosts.setdefault(cause, []).append(host)
    server = f"corosync-qnetd on {device['host']}, port {device['port']}" if device else ""
    found = [f"{', '.join(names)} cannot use the quorum device's server, {server}: {cause}." for cause, names in hosts.items()]
    return [" ".join([*found, "Without its vote the cluster would be worse off than without a device, so nothing was changed."])] if found else []


def _why_no_device(answer: Answer, device: Answer) -> str:
    if "tls" not in answer:
        return f"it was not asked ({_one_line(answer.get('msg') or 'no answer of the node')})"
    reason, tls, detail = answer.get("reason"), device["tls"], _one_line(answer.get("detail") or "no reason")
    if reason == "unknown_name":
        return f"the node cannot resolve that name ({detail})"
    if reason == "refused":
        return "nothing listens there (connection refused). Start corosync-qnetd, or correct cluster_device.host and cluster_device.port"
    if reason == "silent":
        return "there is no answer. Look for a firewall between the two, and whether that host is up"
    if reason == "stranger":
        return "what listens there is not corosync-qnetd. Correct cluster_device.host and cluster_device.port"
    if reason:
        return detail
    if answer["tls"] == "required" and tls == "off":
        return "it wants TLS, but cluster_device.tls is off. Make certificates (corosync-qdevice-net-certutil) and set cluster_device.tls to on"
    if answer["tls"] == "unsupported" and tls == "required":
        return "it does not offer TLS, but cluster_device.tls is required. Make certificates there, or set cluster_device.tls to off"
    return ""


# --- the new text ----------------------------------------------------------------------------------------------------


def _refused_texts(answers: Answers, plan: Answer) -> list[str]:
    hosts: dict[str, list[str]] = {}
    for host in plan["trial"]:
        answer = _answer(answers, host, "trial")
        if answer.get("accepted") is not True:
            hosts.setdefault(_said(answer), []).append(host)
    return [f"corosync on {', '.join(names)} would not start with the new corosync.conf, so nothing was changed: {said}." for said, names in hosts.items()]


def _said(answer: Answer) -> str:
    """The last lines of corosync, without what comes before and after each reason."""
    lines = [_PREFIX.sub("", line.strip()) for line in str(answer.get("output") or answer.get("msg") or "").splitlines()]
    told = [line for line in dict.fromkeys(lines) if line and not _NOISE.search(line)]
    return _one_line(" ".join(told[-_MANY_LINES:])) or "it gave no reason"


# --- nodes that run apart --------------------------------------------------------------------------------------------


def still_apart(answers: Answers, plan: Answer) -> list[str]:
    """Why corosync may not be stopped on the nodes that run apart from the cluster: it would cost quorum by now, or nobody knows."""
    sentences = []
    for host in plan["apart"]:
        answer = _answer(answers, host, "apart")
        if answer.get("quorate") is True:
            sentences.append(f"corosync on {host} ran apart from the cluster, but has become quorate meanwhile. Nothing was stopped: run the play again.")
        elif not answer.get("available") and answer.get("reason") not in NOT_RUNNING:
            sentences.append(f"Nobody knows whether {host} has come into the cluster meanwhile, so nothing was stopped: {_one_line(_cause(answer))}.")
    return sentences


# --- a reload --------------------------------------------------------------------------------------------------------


def after_reload(answers: Answers, plan: Answer) -> list[str]:
    """What went wrong when the members were given the new key and text; empty as long as nothing did."""
    members = plan["members"]
    for question, what in (("key_put", "The key cannot be put in place"), ("put", "corosync.conf cannot be written")):
        failed = [host for host in members if _answer(answers, host, question).get("failed")]
        if failed:
            return [f"{what} on {failed[0]}: {_one_line(_cause(_answer(answers, failed[0], question)))}."]
    reload = _answer(answers, plan["reload"] or "", "reload")
    if reload.get("failed"):
        return [f"corosync-cfgtool -R failed on {plan['reload']}: {_one_line(_cause(reload))}."]
    missed = [_why_not_loaded(host, _answer(answers, host, "loaded"), plan) for host in members]
    return [reason for reason in missed if reason] or _who_is_blind(answers, members, "look", "With the new key or encryption the members lost each other")


def reloaded(answers: Answers, plan: Answer) -> list[str]:
    """The same at the end of a reload, by which each member must have answered: a step that was left out is none that went well."""
    return after_reload(answers, plan) or ([] if plan["reload"] is None else _unasked(answers, plan))


def _unasked(answers: Answers, plan: Answer) -> list[str]:
    """The members of which nobody knows whether they have loaded the new text."""
    silent = [host for host in plan["members"] if "stdout" not in _answer(answers, host, "loaded")]
    return [f"Nobody knows whether corosync on {', '.join(silent)} has loaded the new corosync.conf: the node was not asked."] if silent else []


def _who_is_blind(answers: Answers, members: list[str], question: str, what: str) -> list[str]:
    """Who does not see all members, in one sentence."""
    blind = [f"{host} {_sees(answer)}" for host in members for answer in [_answer(answers, host, question)] if answer.get("failed")]
    return [f"{what}: {', '.join(blind)}."] if blind else []


def _sees(answer: Answer) -> str:
    unmet = answer.get("unmet")
    entries = [entry for entry in unmet if isinstance(entry, t.Mapping)] if isinstance(unmet, list) else []
    seen = [entry.get("seen") for entry in entries if entry.get("condition") == "members"]
    names = ", ".join(map(str, seen[0])) if seen and isinstance(seen[0], list) else "".join(str(name or "") for name in seen[:1])
    return f"sees {_one_line(names) or 'nobody'}" if seen else f"does not answer ({_one_line(_cause(answer))})"


def _why_not_loaded(host: str, answer: Answer, plan: Answer) -> str:
    if "stdout" not in answer:
        return f"{host}: {_one_line(_cause(answer))}." if answer.get("failed") else ""
    found = cmap_of(str(answer["stdout"]))
    error = found.get("config.reload_error_message") or "journalctl -u corosync there shows why"
    if found.get("totem.config_version") != str(plan["config_version"]) or found.get("config.totemconfig_reload_in_progress", "0") != "0":
        return f"corosync on {host} has not loaded the new corosync.conf: {error}."
    status = found.get("config.reload_status")
    if status is None and host in plan["key_load"]:
        return f"corosync on {host} is older than 3.1: it reads a key only when it starts. To change the key, stop corosync on all nodes before the play."
    if status not in (None, _OK) or "config.reload_error_message" in found:
        return f"corosync on {host} has not loaded all of the new corosync.conf (status {status}): {error}."
    return ""


def went_back(answers: Answers, plan: Answer) -> list[str]:
    """The last words of a play that goes back: the reasons, and what came of it."""
    return [*reloaded(answers, plan), _outcome(answers, plan)]


def _outcome(answers: Answers, plan: Answer) -> str:
    members = plan["members"]
    files = [host for host in members if _answer(answers, host, "back_put").get("failed")]
    if files:
        return f"The old files could not be put back on {', '.join(files)}. They are in /etc/corosync, and their names end in .ansible.old."
    behind = [host for host in members if not _has_loaded(plan["old_versions"].get(host), _answer(answers, host, "back"))]
    if behind:
        return (
            f"The old corosync.conf and key are in place again, but were not loaded on {', '.join(behind)}. "
            "Run corosync-cfgtool -R there, and look at journalctl -u corosync."
        )
    still = _who_is_blind(answers, members, "back_look", "but they do not see each other yet")
    return (
        f"All members have the old corosync.conf and key again, and have loaded them{', ' + still[0] if still else '.'} Fix the cause and run the play again."
    )


def _has_loaded(version: int | None, answer: Answer) -> bool:
    return version is None or cmap_of(str(answer.get("stdout", ""))).get("totem.config_version") == str(version)


# When the answers are judged.
MOMENTS: dict[str, t.Callable[[Answers, Answer], list[str]]] = {
    "before": before,
    "apart": still_apart,
    "reload": after_reload,
    "reloaded": reloaded,
    "back": went_back,
}

# --- texts -----------------------------------------------------------------------------------------------------------


def _answer(answers: Answers, host: str, question: str) -> Answer:
    return answers.get(host, {}).get(question) or {}


def _cause(answer: Answer) -> str:
    return str(answer.get("stderr") or answer.get("msg") or "no answer")


def _one_line(text: t.Any) -> str:
    """Words of a node, as part of a sentence: no line ends, no control characters, no full stop."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())[:500].rstrip(".")
