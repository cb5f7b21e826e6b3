# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What corosync accepts and an administrator should not: one small function for each trap.

Each takes the settings in force and yields (message, advice, line). checks.py says which are errors. Where a trap is one of votequorum's
code, its place is given (exec/votequorum.c, corosync v3.1.10). What is a trap in a running cluster, too, is in shared_traps.py.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.encryption import shown_value
from ansible_collections.corosync.quorum.plugins.module_utils._value import shared_traps
from ansible_collections.corosync.quorum.plugins.module_utils._value.shared_traps import Hit, Hits
from ansible_collections.corosync.quorum.plugins.module_utils._value.snapshot import tie_breaker_nodes
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint import keys as lint_keys
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.in_force import EXACT, crypto, timers
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import (
    PROVIDER,
    Model,
    corosync_compares,
    effective_nodeid,
    family,
    links_of,
    pairs_with_one_nodeid,
    same_text,
)


def _when(condition: bool, message: str, advice: str, line: int | None = None) -> Hits:
    if condition:
        yield Hit(message, advice, line)


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
            yield Hit(f'"{key}" {where} was already set in line {seen[section, key]}. This later value counts.', "Keep one of the two.", line)
        else:
            seen[section, key] = line


def repeated_nodelist(model: Model) -> Hits:
    """main_config_parser_cb() counts the nodes of each nodelist from 0."""
    for section in [section for section in model.conf.sections if section.path == "nodelist"][1:]:
        yield Hit("This is a second nodelist. Its nodes replace those of the first one by one, key by key.", "Keep one nodelist.", section.line)


_FREE_TEXT = re.compile(
    r"totem\.(cluster_name|keyfile|key)|nodelist\.node\.name|quorum\.(auto_tie_breaker_node|device\.(model|net\.host))|resources\.watchdog_device"
    r"|logging\.(logfile|logger_subsys\.(subsys|logfile))|system\.state_dir|nozzle\..+|uidgid\.[ug]id|quorum\.device\.heuristics\.exec_.+"
)


def more_than_the_value(model: Model) -> Hits:
    """corosync has no quotes, and comments only on lines of their own. Where it compares a value with what it knows, it refuses this."""
    for item in model.conf.items:
        name = f"{item.section}.{item.key}"
        if not _FREE_TEXT.fullmatch(name):
            continue
        value = shown_value(name, item.value)
        if re.search(r"\s#", item.value) and not item.key.startswith("exec_"):
            yield Hit(f"{item.key} is '{value}': corosync takes the comment for a part of the value.", "Give the comment a line of its own.", item.line)
        elif re.match(r"(['\"]).*\1\Z", item.value):
            yield Hit(f"{item.key} is {value}: corosync takes the quotes for a part of the value.", "Write the value without quotes.", item.line)


def word_not_understood(model: Model) -> Hits:
    """Keys that corosync compares with one text: every other text means the opposite."""
    for name, value in sorted(model.conf.values.items()):
        words = EXACT.get(name) or EXACT.get(name.rpartition(".")[2] if re.match(r"totem\.interface\.\d+\.", name) else "")
        if not words or not isinstance(value, str) or value in words:
            continue
        consequence = " Nothing is encrypted." if name == "totem.secauth" and crypto(model) == ("none", "none") else ""
        yield Hit(f'corosync reads {name} "{value}" as "{words[1]}".{consequence}', f'Write "{words[0]}" or "{words[1]}".', model.line(name))


def key_not_read(model: Model) -> Hits:
    """Keys that corosync 3 knows and does nothing with."""
    for name in model.conf.values:
        link = re.match(r"totem\.interface\.\d+\.(.+)", name)
        key = f"totem.interface.{link.group(1)}" if link else name
        if key in lint_keys.NOT_READ:
            yield Hit(f"{name} has no effect: {lint_keys.NOT_READ[key]}", "Remove it.", model.line(name))
        elif link and (model.transport, link.group(1)) in lint_keys.NOT_READ_WITH:
            yield Hit(f"{name} has no effect: only transport udp uses it.", "Remove it.", model.line(name))


# --- totem -----------------------------------------------------------------------------------------------------------


def consensus_below_token(model: Model) -> Hits:
    """man corosync.conf: consensus is 1.2 * token at least; with two nodes it may be less."""
    found = timers(model)
    if links_of(model).get(0, 0) > 2 and model.conf.number("totem.consensus") and found["consensus"] < int(1.2 * found["token"]):
        yield Hit(
            f"totem.consensus is {found['consensus']} ms, but with {links_of(model)[0]} nodes the token timeout is {found['token']} ms, and consensus has to "
            "be 1.2 times as long. With less, nodes that are well may be taken out of the membership.",
            "Remove consensus: corosync calculates it.",
            model.line("totem.consensus"),
        )


# --- nodes -----------------------------------------------------------------------------------------------------------


def duplicate_nodeid(model: Model) -> Hits:
    for first, second, nodeid in pairs_with_one_nodeid(model):
        if not corosync_compares(model, first, second):
            yield Hit(
                f"{first.label} and {second.label} both have nodeid {nodeid}, and corosync does not notice it "
                "(in a list of more than ten nodes it compares only the first ones).",
                "Give each node a nodeid of its own.",
                second.line,
            )


def duplicate_name(model: Model) -> Hits:
    seen: dict[str, int] = {}
    for node in model.nodes:
        name = node.text("name")
        if name and name in seen:
            yield Hit(f'The name "{name}" was already given to the node in line {seen[name]}.', "Give each node its own host name.", node.lines["name"])
        elif name:
            seen[name] = node.line


def duplicate_address(model: Model) -> Hits:
    seen: dict[str, str] = {}
    for node in model.nodes:
        for key, address in sorted(node.values.items()):
            if not re.match(r"ring\d+_addr\Z", key) or not isinstance(address, str) or not address:
                continue
            written = same_text(address)
            if written in seen:
                yield Hit(f"{address} of {node.label} is already an address of {seen[written]}.", "Correct the address.", node.lines[key])
            seen.setdefault(written, node.label)


def node_without_address(model: Model) -> Hits:
    for node in model.nodes:
        if not any(re.match(r"ring\d+_addr\Z", key) for key in node.values):
            yield Hit(
                f"{node.label} has no ring0_addr. No other node can reach it, but its votes ({node.votes}) are expected.",
                "Give it a ring0_addr, or remove it.",
                node.line,
            )


def node_without_nodeid(model: Model) -> Hits:
    """Transports udp and udpu make one of the IPv4 address that ring0_addr is or resolves to (generate_nodeid() in exec/totemconfig.c)."""
    for node in model.nodes if model.transport != "knet" else ():
        address = node.text("ring0_addr")
        if address and not node.number("nodeid") and family(address) != 6:
            made = effective_nodeid(model, node)
            yield Hit(
                f"{node.label} has no nodeid. corosync derives {made or 'one'} from {'its address' if made else f'the address that {address} resolves to'}"
                f"{'' if made else ', on each node by itself'}.",
                "Give each node a nodeid, so that it stays the same if the address changes.",
                node.line,
            )


def node_without_name(model: Model) -> Hits:
    for node in model.nodes:
        if node.text("name") is None:
            yield Hit(f"{node.label} has no name.", "Set name to its host name: pcs, crmsh and this collection call nodes by it.", node.line)


def single_node(model: Model) -> Hits:
    return _when(
        len(model.nodes) == 1, "There is only one node in the nodelist.", "List all nodes of the cluster, on each of them.", model.section_line("nodelist")
    )


def zero_votes(model: Model) -> Hits:
    silent = [node for node in model.nodes if node.votes == 0]
    if silent and model.node_votes:
        yield Hit(
            f"Nodes without a vote: {_names(node.label for node in silent)}.",
            "They are members but never count for quorum. Check whether that is intended.",
            silent[0].line,
        )


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
    if model.is_votequorum:
        line = model.line("quorum.expected_votes", *[f"nodelist.node.{node.position}.quorum_votes" for node in model.nodes])
        yield from shared_traps.votes_wrap(max(model.most_votes, model.first_expected), line)


def no_votes(model: Model) -> Hits:
    return _when(
        model.is_votequorum and bool(model.nodes) and model.node_votes == 0,
        shared_traps.NO_VOTES,
        "Remove the quorum_votes: 0 lines.",
        model.section_line("nodelist"),
    )


def expected_votes_unreachable(model: Model) -> Hits:
    return _when(
        _is_unreachable(model),
        shared_traps.expected_votes_unreachable(
            model.override, model.needed_at_first, "all nodes and the quorum device" if model.qdevice else "all nodes", model.most_votes, model.wait_for_all
        ),
        "Remove expected_votes: corosync adds up the votes of the nodelist.",
        model.line("quorum.expected_votes"),
    )


def expected_votes_split(model: Model) -> Hits:
    return _when(
        _overridden(model) and shared_traps.splits(model.quorum_alone, model.node_votes),
        shared_traps.expected_votes_split(model.override, model.node_votes, model.quorum_alone),
        "Remove expected_votes: corosync adds up the votes of the nodelist.",
        model.line("quorum.expected_votes"),
    )


def expected_votes_overrides(model: Model) -> Hits:
    return _when(
        _overridden(model) and not shared_traps.splits(model.quorum_alone, model.node_votes) and not _is_unreachable(model),
        f"quorum.expected_votes is {model.override}, but the nodelist{' and the quorum device' if model.qdevice else ''} adds up to {model.most_votes}. "
        "corosync uses quorum.expected_votes.",
        "Remove expected_votes: corosync adds up the votes of the nodelist.",
        model.line("quorum.expected_votes"),
    )


def _is_unreachable(model: Model) -> bool:
    return model.is_votequorum and bool(model.nodes) and model.override > 0 and model.needed_at_first > model.most_votes


def _overridden(model: Model) -> bool:
    return model.is_votequorum and bool(model.nodes) and model.override not in (0, model.most_votes)


def even_votes(model: Model) -> Hits:
    votes = model.node_votes
    return _when(
        model.is_votequorum and len(model.nodes) > 2 and votes % 2 == 0 and votes > 0 and not model.qdevice and model.tie_breaker == "none",
        f"The nodes have an even number of votes ({votes}). If the cluster splits into halves, neither is quorate.",
        "Consider a quorum device, or auto_tie_breaker.",
        model.section_line("quorum"),
    )


# --- two_node --------------------------------------------------------------------------------------------------------


def two_node_without_two_nodes(model: Model) -> Hits:
    """Not refused: update_two_node() and calculate_quorum() (906-1000) ask how many are members, not how many are configured."""
    if model.is_votequorum and model.two_node_in_force:
        yield from shared_traps.two_node_without_two_nodes(len(model.nodes), "Remove two_node.", model.line("quorum.two_node"))


def two_node_of_no_use(model: Model) -> Hits:
    """The same line where it does no harm now."""
    line = model.line("quorum.two_node")
    if model.is_votequorum and model.two_node_in_force:
        yield from shared_traps.two_node_with_one_node(len(model.nodes), "Remove two_node.", line)
    elif model.is_votequorum and model.two_node and len(model.nodes) != 2:
        nodes = f"{count(len(model.nodes), 'node')} {'is' if len(model.nodes) == 1 else 'are'} configured"
        yield Hit(
            f"two_node is on, but {nodes}. Only auto_tie_breaker keeps corosync from acting on it.",
            "Remove two_node.",
            line,
        )


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
        shared_traps.TWO_NODE_WITHOUT_WAIT_FOR_ALL,
        "Remove wait_for_all: 0; two_node switches it on.",
        model.line("quorum.wait_for_all"),
    )


def two_node_with_tie_breaker(model: Model) -> Hits:
    """1368-1400: two_node goes first, but the wait_for_all that it has switched on stays; then the tie-breaker, if the votes are odd and nobody waits."""
    if not (model.is_votequorum and model.two_node and model.tie_breaker != "none"):
        return
    if model.tie_breaker_is_odd:
        kept = f" and auto_tie_breaker, too (the number of votes is odd, {model.node_votes}, and wait_for_all is off)"
    else:
        kept = ", keeps auto_tie_breaker" + ("" if model.wait_for_all_is_explicit else ", and keeps the wait_for_all that two_node had switched on")
    yield Hit(f"two_node and auto_tie_breaker are both set. corosync drops two_node{kept}.", _instead_of_two_node(model), model.line("quorum.two_node"))


def _instead_of_two_node(model: Model) -> str:
    wait = "" if model.wait_for_all and model.wait_for_all_is_explicit else ", and set wait_for_all: 1"
    if len(model.nodes) == 2:
        return f"If there is fencing, remove auto_tie_breaker. If not, remove two_node{wait}."
    return f"Remove two_node, which is for two nodes{wait}."


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
        model.is_votequorum and model.tie_breaker_is_odd and not model.last_man_standing and not model.two_node,
        shared_traps.tie_breaker_dropped(model.node_votes),
        "Set wait_for_all: 1, or remove auto_tie_breaker.",
        model.line("quorum.auto_tie_breaker"),
    )


def tie_breaker_invalid(model: Model) -> Hits:
    text = model.conf.text("quorum.auto_tie_breaker_node")
    return _when(
        model.is_votequorum and bool(model.conf.number("quorum.auto_tie_breaker")) and model.tie_breaker == "none",
        shared_traps.tie_breaker_invalid(text or ""),
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
        shared_traps.TIE_BREAKER_LIST_WITHOUT_WAIT_FOR_ALL,
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
        f"last_man_standing is set, but these nodes have more than one vote: {_names(node.label for node in heavy)}. "
        "corosync switches it off when it sees such a node.",
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
    if model.is_votequorum and model.last_man_standing and model.tie_breaker_in_force in ("highest", "list"):
        yield shared_traps.last_man_standing_tie_breaker(model.line("quorum.auto_tie_breaker_node"))


def allow_downscale(model: Model) -> Hits:
    return _when(
        model.is_votequorum and model.allow_downscale,
        "allow_downscale is set. corosync calls it unsupported, and it has no advantage with a complete nodelist.",
        "Remove it. To shrink the cluster, remove nodes from the nodelist.",
        model.line("quorum.allow_downscale"),
    )


def expected_votes_tracking(model: Model) -> Hits:
    return _when(
        model.is_votequorum and model.expected_votes_tracking,
        "expected_votes_tracking is set. "
        "At the next start corosync uses the votes that it saved on disk in place of the nodelist, and undoes lower expected votes.",
        "Remove it.",
        model.line("quorum.expected_votes_tracking"),
    )


# --- the rest --------------------------------------------------------------------------------------------------------


def uidgid_can_write(model: Model) -> Hits:
    for name in model.conf.values:
        who = shared_traps.may_connect(name)
        if who:
            yield Hit(shared_traps.others_may_connect([who]), "Remove it where it is only for monitoring.", model.line(name))


def no_config_version(model: Model) -> Hits:
    return _when(
        model.conf.number("totem.config_version") is None and len(model.nodes) > 1,
        "There is no totem.config_version, so corosync does not notice a node that comes back with an old file.",
        "Set config_version, and raise it with each change.",
        model.section_line("totem"),
    )
