# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What is wrong with a corosync.conf, before corosync reads it.

Severities: an ``error`` is what corosync refuses, or what can give two quorate partitions or none at all; a ``warning`` is a setting that has no
effect or another effect than its name says; ``info`` is something to consider.
"""

from __future__ import annotations

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import parse
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import printable
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint import device as lint_device
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint import next_release as lint_next_release
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint import refusals as lint_refusals
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint import traps as lint_traps
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import Check, Model

ERROR, WARNING, INFO = "error", "warning", "info"
_SEVERITIES = (ERROR, WARNING, INFO)

Finding = dict[str, t.Any]

CHECKS: tuple[tuple[str, str, Check], ...] = (
    # two quorate partitions, or none
    ("no_quorum_section", ERROR, lint_traps.no_quorum_section),
    ("no_provider", ERROR, lint_traps.no_provider),
    ("duplicate_nodeid", ERROR, lint_traps.duplicate_nodeid),
    ("duplicate_address", ERROR, lint_traps.duplicate_address),
    ("node_without_address", ERROR, lint_traps.node_without_address),
    ("two_node_without_two_nodes", ERROR, lint_traps.two_node_without_two_nodes),
    ("votes_wrap", ERROR, lint_traps.votes_wrap),
    ("no_votes", ERROR, lint_traps.no_votes),
    ("expected_votes_unreachable", ERROR, lint_traps.expected_votes_unreachable),
    ("expected_votes_split", ERROR, lint_traps.expected_votes_split),
    ("tie_breaker_list_without_wait_for_all", ERROR, lint_traps.tie_breaker_list_without_wait_for_all),
    # without effect, or other than it looks
    ("unknown_section", WARNING, lint_traps.unknown_section),
    ("unknown_key", WARNING, lint_traps.unknown_key),
    ("repeated_key", WARNING, lint_traps.repeated_key),
    ("repeated_nodelist", WARNING, lint_traps.repeated_nodelist),
    ("more_than_the_value", WARNING, lint_traps.more_than_the_value),
    ("word_not_understood", WARNING, lint_traps.word_not_understood),
    ("key_not_read", WARNING, lint_traps.key_not_read),
    ("consensus_below_token", WARNING, lint_traps.consensus_below_token),
    ("two_node_without_two_nodes", WARNING, lint_traps.two_node_of_no_use),
    ("other_provider", WARNING, lint_traps.other_provider),
    ("duplicate_name", WARNING, lint_traps.duplicate_name),
    ("node_without_nodeid", WARNING, lint_traps.node_without_nodeid),
    ("node_without_name", WARNING, lint_traps.node_without_name),
    ("expected_votes_overrides", WARNING, lint_traps.expected_votes_overrides),
    ("two_node_with_votes", WARNING, lint_traps.two_node_with_votes),
    ("two_node_without_wait_for_all", WARNING, lint_traps.two_node_without_wait_for_all),
    ("two_node_with_tie_breaker", WARNING, lint_traps.two_node_with_tie_breaker),
    ("two_nodes_without_two_node", WARNING, lint_traps.two_nodes_without_two_node),
    ("tie_breaker_dropped", WARNING, lint_traps.tie_breaker_dropped),
    ("tie_breaker_invalid", WARNING, lint_traps.tie_breaker_invalid),
    ("tie_breaker_list_cut", WARNING, lint_traps.tie_breaker_list_cut),
    ("tie_breaker_unknown_node", WARNING, lint_traps.tie_breaker_unknown_node),
    ("tie_breaker_off", WARNING, lint_traps.tie_breaker_off),
    ("last_man_standing_with_votes", WARNING, lint_traps.last_man_standing_with_votes),
    ("last_man_standing_without_wait_for_all", WARNING, lint_traps.last_man_standing_without_wait_for_all),
    ("last_man_standing_tie_breaker", WARNING, lint_traps.last_man_standing_tie_breaker),
    ("allow_downscale", WARNING, lint_traps.allow_downscale),
    ("expected_votes_tracking", WARNING, lint_traps.expected_votes_tracking),
    ("qdevice_without_model", WARNING, lint_device.qdevice_without_model),
    ("qdevice_settings", WARNING, lint_device.qdevice_settings),
    ("qdevice_algorithm_votes", WARNING, lint_device.qdevice_algorithm_votes),
    ("qdevice_algorithm_nodes", WARNING, lint_device.qdevice_algorithm_nodes),
    ("uidgid_can_write", WARNING, lint_traps.uidgid_can_write),
    # what the next corosync makes of it
    ("next_corosync", WARNING, lint_next_release.next_corosync),
    ("only_next_corosync", WARNING, lint_next_release.only_next_corosync),
    # worth a thought
    ("even_votes", INFO, lint_traps.even_votes),
    ("single_node", INFO, lint_traps.single_node),
    ("zero_votes", INFO, lint_traps.zero_votes),
    ("no_config_version", INFO, lint_traps.no_config_version),
)


def lint(text: str) -> list[Finding]:
    """What is wrong with this corosync.conf: a list of {id, severity, message, advice, line}, the worst first, then by line.

    ``id`` names the trap and stays the same between releases. An id that starts with ``refused_`` is a reason for corosync not to start. No such id
    does not promise that it starts: names that do not resolve, a missing key file or a node that is not in the list cannot be seen in the file.
    ``severity`` is error, warning or info. ``line`` counts from 1 and is None for what the file as a whole lacks. Never raises for any text.
    """
    conf = parse(text)
    findings = [_finding(fault.id, ERROR, fault.message, fault.advice, fault.line) for fault in conf.faults]
    if not any(fault.id == "refused_syntax" for fault in conf.faults):
        # After an error of the form the rest was not read, so anything said about it would be guessed.
        findings.extend(_judged(Model(conf)))
        refused = {found["line"] for found in findings if found["id"].startswith("refused_")}
        findings = [found for found in findings if found["id"] != "more_than_the_value" or found["line"] not in refused]
    return sorted(findings, key=lambda found: (_SEVERITIES.index(found["severity"]), found["line"] or 0, found["id"]))


def why_refused(text: str) -> str:
    """Why corosync would not start with this text, with lines and what to do; empty where nothing in it says so."""
    return _sentences(text, "refused_")


def why_only_next(text: str) -> str:
    """The same of what corosync's main branch takes, and corosync 3.1 does not."""
    return _sentences(text, "only_next_corosync")


def _sentences(text: str, ids: str) -> str:
    """The findings with such ids. ids: how they begin."""
    return " ".join(_sentence(found) for found in lint(text) if found["id"].startswith(ids))


def _sentence(found: Finding) -> str:
    where = "" if _names_line(found) else f"line {found['line']}: "
    return f"{where}{found['message']} {found['advice']}"


def _names_line(found: Finding) -> bool:
    return found["line"] is None or found["id"] == "refused_syntax"


def _judged(model: Model) -> t.Iterator[Finding]:
    refusals = lint_refusals.ALWAYS + (lint_refusals.VOTEQUORUM if model.is_votequorum else ())
    for check_id, severity, check in tuple((name, ERROR, check) for name, check in refusals) + CHECKS:
        for message, advice, line in check(model):
            yield _finding(check_id, severity, message, advice, line)


def _finding(check_id: str, severity: str, message: str, advice: str, line: int | None) -> Finding:
    return {"id": check_id, "severity": severity, "message": printable(message), "advice": printable(advice), "line": line}
