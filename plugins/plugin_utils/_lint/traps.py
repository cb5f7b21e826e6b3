# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What corosync accepts and an administrator should not: one small function for each trap.

Each takes the settings in force and yields (message, advice, line). Which are errors is said in lint.py. Where a trap is one of votequorum's
code, its place is given (exec/votequorum.c, corosync v3.1.10).
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import VOTES_THAT_WRAP
from ansible_collections.corosync.quorum.plugins.module_utils._forecast.arithmetic import needed_of, quorum_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.snapshot import tie_breaker_nodes
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint import keys as lint_keys
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import PROVIDER, Model
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.refusals import Hits, corosync_sees_both, effective_nodeid, twins

_QDEVICE_ALGORITHMS = ("ffsplit", "lms", "2nodelms")


def _when(condition: bool, message: str, advice: str, line: int | None = None) -> Hits:
    if condition:
        yield message, advice, line


def _names(labels: t.Iterable[str]) -> str:
    return ", ".join(labels)


# --- form ------------------------------------------------------------------------------------------------------------


def unknown_section(model: Model) -> Hits:
    return lint_keys.unknown_sections(model.conf)


def unknown_key(model: Model) -> Hits:
    return lint_keys.unknown_keys(model.conf)


def repeated_key(model: Model) -> Hits:
    """A second value replaces the first. Nodes, links and the like are sections of their own, so a new one starts afresh."""
    seen: dict[tuple[str, str], int] = {}
    starts = {section.line: section.path for section in model.conf.sections}
    fresh = ("nodelist.node", "totem.interface", "logging.logger_subsys", "logging.logging_daemon", "uidgid", "totem.interface.member")
    lines = sorted(
        [(line, path, None) for line, path in starts.items()] + [(item.line, item.section, item.key) for item in model.conf.items], key=lambda row: row[0]
    )
    for line, section, key in lines:
        if key is None:
            if section in fresh:
                seen = {known: at for known, at in seen.items() if not (known[0] + ".").startswith(section + ".")}
        elif section in ("uidgid", "totem.interface.member"):
            continue
        elif (section, key) in seen:
            where = f'in section "{section}"' if section else "outside of any section"
            yield f'"{key}" {where} was already set in line {seen[section, key]}. This later value counts.', "Keep one of the two.", line
        else:
            seen[section, key] = line


def repeated_nodelist(model: Model) -> Hits:
    """main_config_parser_cb() counts the nodes of each nodelist from 0."""
    for section in [section for section in model.conf.sections if section.path == "nodelist"][1:]:
        yield "This is a second nodelist. Its nodes replace those of the first one by one, key by key.", "Keep one nodelist.", section.line


# --- nodes -----------------------------------------------------------------------------------------------------------


def duplicate_nodeid(model: Model) -> Hits:
    for first, second, nodeid in twins(model):
        if not corosync_sees_both(model, first, second):
            both = f"{first.label} and {second.label} both have nodeid {nodeid}"
            yield (
                f"{both}, and corosync does not notice it (it compares the first nodes only in a list of more than ten).",
                "Give each node a nodeid of its own.",
                second.line,
            )


def duplicate_name(model: Model) -> Hits:
    seen: dict[str, int] = {}
    for node in model.nodes:
        name = node.text("name")
        if name and name in seen:
            yield f'The name "{name}" was already given to the node in line {seen[name]}.', "Give each node its own host name.", node.lines["name"]
        elif name:
            seen[name] = node.line


def duplicate_address(model: Model) -> Hits:
    seen: dict[str, str] = {}
    for node in model.nodes:
        for key, address in sorted(node.values.items()):
            if not re.match(r"ring\d+_addr\Z", key) or not isinstance(address, str) or not address:
                continue
            if address in seen:
                yield f"{address} of {node.label} is already an address of {seen[address]}.", "Correct the address.", node.lines[key]
            seen.setdefault(address, node.label)


def node_without_address(model: Model) -> Hits:
    for node in model.nodes:
        if not any(re.match(r"ring\d+_addr\Z", key) for key in node.values):
            yield (
                f"{node.label} has no ring0_addr. No other node can reach it, but its votes ({node.votes}) are expected.",
                "Give it a ring0_addr, or remove it.",
                node.line,
            )


def node_without_nodeid(model: Model) -> Hits:
    for node in model.nodes:
        nodeid = effective_nodeid(model, node)
        if nodeid and not node.number("nodeid"):
            yield (
                f"{node.label} has no nodeid. corosync makes {nodeid} of its address.",
                "Give each node a nodeid, so that it outlives a new address.",
                node.line,
            )


def node_without_name(model: Model) -> Hits:
    for node in model.nodes:
        if node.text("name") is None:
            yield f"{node.label} has no name.", "Set name to its host name: pcs, crmsh and this collection call nodes by it.", node.line


def single_node(model: Model) -> Hits:
    return _when(
        len(model.nodes) == 1, "There is only one node in the nodelist.", "List all nodes of the cluster, on each of them.", model.section_line("nodelist")
    )


def zero_votes(model: Model) -> Hits:
    silent = [node for node in model.nodes if node.votes == 0]
    if silent and model.node_votes:
        yield f"Without a vote: {_names(node.label for node in silent)}.", "They are members but never count for quorum. Is that intended?", silent[0].line


# --- provider and votes ----------------------------------------------------------------------------------------------


def no_quorum_section(model: Model) -> Hits:
    found = any(section.path == "quorum" for section in model.conf.sections) or model.provider is not None
    return _when(
        not found,
        "There is no quorum section. corosync then calls every partition quorate, however small.",
        f'Add "quorum {{" with provider: {PROVIDER}.',
    )


def no_provider(model: Model) -> Hits:
    found = any(section.path == "quorum" for section in model.conf.sections)
    return _when(
        found and model.provider is None,
        "The quorum section has no provider. corosync then calls every partition quorate, however small, and ignores the rest of the section.",
        f"Set provider: {PROVIDER}.",
        model.section_line("quorum"),
    )


def other_provider(model: Model) -> Hits:
    return _when(
        model.provider == "corosync_ykd",
        "The quorum provider is corosync_ykd, which knows no votes and none of votequorum's settings.",
        f"Set provider: {PROVIDER}.",
        model.line("quorum.provider"),
    )


def votes_wrap(model: Model) -> Hits:
    most = max(model.most_votes, model.first_expected)
    return _when(
        model.is_votequorum and most >= VOTES_THAT_WRAP,
        f"{most} votes are more than corosync can count: it keeps the quorum in 8 bits, so {needed_of(most)} would be needed but {quorum_of(most)} is.",
        f"Give nodes fewer votes: at most {VOTES_THAT_WRAP - 1} together, a quorum device included.",
        model.line("quorum.expected_votes", *[f"nodelist.node.{node.position}.quorum_votes" for node in model.nodes]),
    )


def no_votes(model: Model) -> Hits:
    return _when(
        model.is_votequorum and bool(model.nodes) and model.node_votes == 0,
        "No node has a vote, so the cluster is never quorate.",
        "Remove the quorum_votes: 0 lines.",
        model.section_line("nodelist"),
    )


def expected_votes_unreachable(model: Model) -> Hits:
    return _when(
        model.is_votequorum and bool(model.nodes) and model.override > 0 and model.quorum_alone > model.most_votes,
        f"quorum.expected_votes is {model.override}, which needs {model.quorum_alone} votes, but all nodes{_and_the_device(model)} together have "
        f"{model.most_votes}. The cluster is never quorate.",
        "Remove expected_votes: the nodelist says it.",
        model.line("quorum.expected_votes"),
    )


def expected_votes_split(model: Model) -> Hits:
    return _when(
        _overridden(model) and model.override < model.node_votes and 2 * model.quorum_alone <= model.node_votes,
        f"quorum.expected_votes is {model.override}, but the nodes have {model.node_votes} votes: two partitions of {model.quorum_alone} votes each are "
        "both quorate until they have seen each other.",
        "Remove expected_votes: the nodelist says it.",
        model.line("quorum.expected_votes"),
    )


def expected_votes_overrides(model: Model) -> Hits:
    return _when(
        _overridden(model) and 2 * model.quorum_alone > model.node_votes and model.quorum_alone <= model.most_votes,
        f"quorum.expected_votes is {model.override}, but the nodelist{_and_the_device(model)} adds up to {model.most_votes}. corosync takes the former.",
        "Remove expected_votes: the nodelist says it.",
        model.line("quorum.expected_votes"),
    )


def _and_the_device(model: Model) -> str:
    return " and the device" if model.qdevice else ""


def _overridden(model: Model) -> bool:
    return model.is_votequorum and bool(model.nodes) and model.override not in (0, model.most_votes)


def even_votes(model: Model) -> Hits:
    votes = model.node_votes
    return _when(
        model.is_votequorum and len(model.nodes) > 2 and votes % 2 == 0 and votes > 0 and not model.qdevice and model.tie_breaker == "none",
        f"The nodes have an even number of votes ({votes}). Split into halves, neither is quorate.",
        "Consider a quorum device, or auto_tie_breaker.",
        model.section_line("quorum"),
    )


# --- two_node --------------------------------------------------------------------------------------------------------


def two_node_without_two_nodes(model: Model) -> Hits:
    """Not refused: update_two_node() and calculate_quorum() (906-1000) ask how many are members, not how many are configured."""
    count = len(model.nodes)
    message = f"two_node is set, but the nodelist has {count} nodes. Any one or two nodes left together are quorate, however many are on the other side."
    if count == 1:
        message = "two_node is set, but the nodelist has one node."
    return _when(model.is_votequorum and model.two_node_in_force and count not in (0, 2), message, "Remove two_node.", model.line("quorum.two_node"))


def two_node_with_votes(model: Model) -> Hits:
    odd = [node for node in model.nodes if node.votes != 1]
    return _when(
        model.is_votequorum and model.two_node_in_force and len(model.nodes) == 2 and bool(odd),
        f"two_node is for two nodes with one vote each, but {_names(f'{node.label} has {node.votes}' for node in odd)}.",
        "Remove quorum_votes from both nodes.",
        odd[0].line if odd else None,
    )


def two_node_without_wait_for_all(model: Model) -> Hits:
    return _when(
        model.is_votequorum and model.two_node_in_force and not model.wait_for_all,
        "two_node without wait_for_all: a node that boots and does not see the other is quorate by itself, so both can be.",
        "Remove wait_for_all: 0; two_node switches it on.",
        model.line("quorum.wait_for_all"),
    )


def two_node_with_tie_breaker(model: Model) -> Hits:
    return _when(
        model.is_votequorum and model.two_node and model.tie_breaker != "none",
        "two_node and auto_tie_breaker are both set. corosync drops two_node, keeps auto_tie_breaker%s."
        % ("" if model.wait_for_all_is_explicit else ", and keeps the wait_for_all that two_node had switched on"),
        "Keep two_node if there is fencing, else auto_tie_breaker.",
        model.line("quorum.two_node"),
    )


def two_nodes_without_two_node(model: Model) -> Hits:
    return _when(
        model.is_votequorum
        and len(model.nodes) == 2
        and all(node.votes == 1 for node in model.nodes)
        and not (model.two_node or model.qdevice or model.tie_breaker_in_force != "none"),
        "With two nodes and two votes, both are needed: when one stops, the other loses quorum.",
        "Set two_node: 1 where there is fencing, or add a quorum device.",
        model.section_line("quorum"),
    )


# --- auto_tie_breaker ------------------------------------------------------------------------------------------------


def tie_breaker_dropped(model: Model) -> Hits:
    return _when(
        model.is_votequorum and model.tie_breaker_is_odd and not model.last_man_standing,
        f"auto_tie_breaker is set with an odd number of votes ({model.node_votes}) and without wait_for_all. corosync drops it.",
        "Set wait_for_all: 1, or remove auto_tie_breaker.",
        model.line("quorum.auto_tie_breaker"),
    )


def tie_breaker_invalid(model: Model) -> Hits:
    text = model.conf.text("quorum.auto_tie_breaker_node")
    return _when(
        model.is_votequorum and bool(model.conf.number("quorum.auto_tie_breaker")) and model.tie_breaker == "none",
        f'auto_tie_breaker_node cannot be "{text}". corosync switches auto_tie_breaker off.',
        "Use lowest, highest, or node ids separated by spaces.",
        model.line("quorum.auto_tie_breaker_node"),
    )


def tie_breaker_list_cut(model: Model) -> Hits:
    text = model.conf.text("quorum.auto_tie_breaker_node") or ""
    written = re.findall(r"[^\s,;]+", text)
    return _when(
        model.is_votequorum and model.tie_breaker == "list" and len(written) != len(model.tie_breaker_list),
        f'auto_tie_breaker_node is "{text}", of which corosync reads only {_names(str(nodeid) for nodeid in tie_breaker_nodes(text))}.',
        "Separate the node ids by spaces, with nothing else between them.",
        model.line("quorum.auto_tie_breaker_node"),
    )


def tie_breaker_unknown_node(model: Model) -> Hits:
    known = {effective_nodeid(model, node) for node in model.nodes}
    strangers = [nodeid for nodeid in model.tie_breaker_list if nodeid not in known]
    return _when(
        model.is_votequorum and bool(strangers),
        f"auto_tie_breaker_node names node ids that no node has: {_names(str(nodeid) for nodeid in strangers)}.",
        "Use node ids of the nodelist, not names.",
        model.line("quorum.auto_tie_breaker_node"),
    )


def tie_breaker_list_without_wait_for_all(model: Model) -> Hits:
    """At a cold start check_auto_tie_breaker() (640-688) has no previous members to hold against a partition."""
    return _when(
        model.is_votequorum and model.tie_breaker_in_force == "list" and not model.wait_for_all,
        "auto_tie_breaker_node is a list, without wait_for_all: at a cold start each half with a listed node is quorate, so both can be.",
        "Set wait_for_all: 1.",
        model.line("quorum.auto_tie_breaker_node"),
    )


def tie_breaker_off(model: Model) -> Hits:
    return _when(
        model.is_votequorum and model.conf.text("quorum.auto_tie_breaker_node") is not None and not model.conf.number("quorum.auto_tie_breaker"),
        "auto_tie_breaker_node has no effect without auto_tie_breaker: 1.",
        "Set auto_tie_breaker: 1, or remove the line.",
        model.line("quorum.auto_tie_breaker_node"),
    )


# --- last_man_standing, allow_downscale ------------------------------------------------------------------------------


def last_man_standing_with_votes(model: Model) -> Hits:
    heavy = [node for node in model.nodes if node.votes > 1]
    return _when(
        model.is_votequorum and model.last_man_standing and bool(heavy),
        f"last_man_standing is set, but more than one vote has: {_names(node.label for node in heavy)}. corosync switches it off when it sees such a node.",
        "Give every node one vote, or remove last_man_standing.",
        model.line("quorum.last_man_standing"),
    )


def last_man_standing_without_wait_for_all(model: Model) -> Hits:
    return _when(
        model.is_votequorum and model.last_man_standing and not model.wait_for_all and not model.tie_breaker_is_odd,
        "last_man_standing without wait_for_all: nodes that boot while the last ones run can form a second quorate partition.",
        "Set wait_for_all: 1.",
        model.line("quorum.last_man_standing"),
    )


def last_man_standing_tie_breaker(model: Model) -> Hits:
    """votequorum_sync_init() (2409) starts the timer for the lowest node id, whichever the tie-breaker is."""
    return _when(
        model.is_votequorum and model.last_man_standing and model.tie_breaker_in_force in ("highest", "list"),
        "last_man_standing looks at the lowest node id even where auto_tie_breaker_node is another: the last step to one node is then never made.",
        "Use auto_tie_breaker_node: lowest.",
        model.line("quorum.auto_tie_breaker_node"),
    )


def allow_downscale(model: Model) -> Hits:
    return _when(
        model.is_votequorum and model.allow_downscale,
        "allow_downscale is set. corosync calls it unsupported; with a complete nodelist it gains nothing.",
        "Remove it, and take nodes out of the nodelist instead.",
        model.line("quorum.allow_downscale"),
    )


def expected_votes_tracking(model: Model) -> Hits:
    return _when(
        model.is_votequorum and model.expected_votes_tracking,
        "expected_votes_tracking is set. What it remembers on disk replaces the votes of the nodelist at the next start, and lower expected votes are undone.",
        "Remove it.",
        model.line("quorum.expected_votes_tracking"),
    )


# --- quorum device ---------------------------------------------------------------------------------------------------


def qdevice_without_model(model: Model) -> Hits:
    return _when(
        not model.qdevice and model.section_line("quorum.device") is not None,
        "The quorum device has no model, so corosync ignores it.",
        "Set model: net.",
        model.section_line("quorum.device"),
    )


def qdevice_settings(model: Model) -> Hits:
    """What corosync takes and corosync-qdevice refuses (corosync-qdevice, qdevices/qdevice-net-instance.c)."""
    if not model.qdevice:
        return
    if model.conf.text("quorum.device.model") != "net":
        message = f'corosync-qdevice has no model "{model.conf.text("quorum.device.model")}".'
        yield message, "Set model: net, or see that another program registers the device.", model.line("quorum.device.model")
        return
    algorithm = model.conf.text("quorum.device.net.algorithm")
    if not model.conf.text("quorum.device.net.host"):
        yield "The quorum device has no host, so corosync-qdevice does not start.", "Set host in quorum.device.net.", model.line("quorum.device.model")
    if algorithm not in _QDEVICE_ALGORITHMS:
        yield (
            "The quorum device has no algorithm." if algorithm is None else f'The quorum device has algorithm "{algorithm}".',
            "Set algorithm: ffsplit (or lms) in quorum.device.net; without one corosync-qdevice does not start.",
            model.line("quorum.device.net.algorithm", "quorum.device.model"),
        )
    if model.conf.text("totem.cluster_name") is None:
        yield "A quorum device needs a cluster name.", "Set totem.cluster_name.", model.line("quorum.device.model")


def qdevice_algorithm_votes(model: Model) -> Hits:
    algorithm = model.conf.text("quorum.device.net.algorithm")
    line = model.line("quorum.device.votes", "quorum.device.net.algorithm")
    written = model.conf.number("quorum.device.votes")
    if algorithm == "ffsplit" and written != 1:
        # check_cmap_validity() of corosync-qdevice (qdevices/qdevice-net-algo-ffsplit.c) asks for the key, not for what corosync makes of its absence.
        yield (
            f"quorum.device.votes is {'not set' if written is None else written}, but with algorithm ffsplit corosync-qdevice starts only if it is set to 1.",
            "Set quorum.device.votes: 1.",
            line,
        )
    for node in model.nodes if algorithm == "ffsplit" else []:
        if node.votes != 1:
            yield (
                f"{node.label} has {node.votes} votes, but with algorithm ffsplit corosync-qdevice starts only if each node has exactly 1 vote.",
                "Remove quorum_votes of the nodes, or set algorithm: lms.",
                node.line,
            )
    if algorithm == "lms" and model.qdevice_votes is not None and model.qdevice_votes != model.node_votes - 1:
        yield (
            f"The quorum device has {model.qdevice_votes} votes, but algorithm lms needs {model.node_votes - 1}.",
            "Remove quorum.device.votes.",
            line,
        )


# --- the rest --------------------------------------------------------------------------------------------------------


def uidgid_can_write(model: Model) -> Hits:
    for name in model.conf.values:
        found = re.match(r"uidgid\.config\.([ug])id\.(.+)", name)
        if found and found.group(2) not in ("0", "root"):
            kind = "User" if found.group(1) == "u" else "Group"
            yield (
                f"{kind} {found.group(2)} may connect to corosync, and so change votes and quorum: there is no read-only access.",
                "Remove it where it is only for monitoring.",
                model.line(name),
            )


def no_config_version(model: Model) -> Hits:
    return _when(
        model.conf.number("totem.config_version") is None and len(model.nodes) > 1,
        "There is no totem.config_version, so a node that comes back with an old file is not noticed.",
        "Set config_version, and raise it with each change.",
        model.section_line("totem"),
    )
