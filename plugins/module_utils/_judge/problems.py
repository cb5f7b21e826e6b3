# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What is wrong with a running cluster's quorum, as one node sees it: one small function for each trap.

The live counterpart of the lint of corosync.conf, with the same ids where it is the same trap (shared_traps.py). It compares three things that
corosync lets drift apart: the file, cmap (which a reload overwrites) and what votequorum does (which a reload changes only in
part, exec/votequorum.c 1284-1633 at v3.1.10).
"""

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.encryption import is_encrypted
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import CS_OK
from ansible_collections.corosync.quorum.plugins.module_utils._value import shared_traps
from ansible_collections.corosync.quorum.plugins.module_utils._value.majority import needed_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import device_votes, expects, not_configured
from ansible_collections.corosync.quorum.plugins.module_utils._value.shared_traps import Hit, Hits
from ansible_collections.corosync.quorum.plugins.module_utils._value.snapshot import MEMBERS_ADDRESSES, MEMBERS_VERSION, OWN_PLACE, RELOADED
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count, printable, quoted, shown

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Device, Link, Node, Problem, Value

Cmap = t.Mapping[str, t.Any]
Check = t.Callable[["_Seen"], Hits]

ERROR, WARNING = "error", "warning"
# Options that votequorum reads when it starts and never again, and where the votequorum value says what is in force.
_STARTUP_ONLY = ("last_man_standing", "auto_tie_breaker", "allow_downscale", "expected_votes_tracking")
# votequorum sets this key where it tracks expected votes, and never removes it.
_TRACKS = "runtime.votequorum.ev_tracking_barrier"
# Set in cmap by people and programs while corosync runs, never in the file.
_RUNTIME_KEYS = ("quorum.cancel_wait_for_all",)
_MOST_DIFFERENCES = 5  # named in one message
# A node's addresses as corosync tells them: "r(0) ip(10.0.0.1) r(1) ip(10.1.0.1) ". Compiled where they are used, which is seldom.
_ADDRESS = r"ip\(([^)]*)\)"
_PLACE = r"nodelist\.node\.([0-9]+)\.ring[0-9]+_addr\Z"


def problems(value: "Value", cmap: Cmap, files: t.Optional[t.Mapping[str, str]] = None) -> t.List["Problem"]:
    """What is wrong: a list of {id, severity, message, advice}, errors first. ``severity`` is error or warning.

    value: the ``votequorum`` value. cmap: what it was made of (see snapshot.py).
    files: {"corosync.conf": its text}, if it was read; then it is compared with what corosync has loaded. {"authkey": "changed"}, if the key may be another.
    """
    seen = _Seen(value, cmap, _read((files or {}).get("corosync.conf")), "authkey" in (files or {}))
    found = ((check_id, severity, hit) for check_id, severity, check in CHECKS for hit in check(seen))
    return [{"id": check_id, "severity": severity, "message": printable(hit.message), "advice": printable(hit.advice)} for check_id, severity, hit in found]


def _read(text: t.Optional[str]) -> t.Any:
    """The file as corosync_conf.Conf, None without one. Imported here: it is compiled in each task, and most have no file to read."""
    if text is None:
        return None
    from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import parse

    return parse(text)


class _Seen:
    """The value, cmap and the file, with the few sums that more than one check needs."""

    def __init__(self, value: "Value", cmap: Cmap, file: t.Any, key_changed: bool = False) -> None:
        self.value = value
        self.cmap = cmap
        self.file = file
        self.key_changed = key_changed
        self.nodes: t.List[Node] = list(value["nodes"])
        self.configured = [node for node in self.nodes if node["configured_votes"] is not None]
        self.configured_votes = sum(node["configured_votes"] or 0 for node in self.configured)
        self.device: t.Optional[Device] = value["qdevice"]
        self.device_votes = device_votes(value)
        self.expected: int = value["expected_votes"]
        self.needed = needed_of(self.expected)

    def members(self) -> t.List["Node"]:
        return [node for node in self.nodes if node["state"] == "member"]

    def name_of(self, nodeid: int) -> str:
        return next((_label(node) for node in self.nodes if node["nodeid"] == nodeid), f"node {nodeid}")

    def id_of_addresses(self, addresses: t.Collection[str]) -> t.Optional[int]:
        """The node id that the nodelist has for one of these addresses."""
        places = (re.match(_PLACE, key) for key, value in sorted(self.cmap.items()) if value in addresses)
        return next((self.number(f"nodelist.node.{place.group(1)}.nodeid") for place in places if place), None)

    def number(self, key: str) -> t.Optional[int]:
        found = self.cmap.get(key)
        return found if isinstance(found, int) else None

    def asked(self, option: str) -> bool:
        """Whether cmap says that this option of the quorum section is on."""
        return bool(self.number("quorum." + option))

    def enabled(self, option: str) -> bool:
        """Whether votequorum says that it is."""
        if option == "expected_votes_tracking":
            return _TRACKS in self.cmap
        return bool(t.cast("t.Mapping[str, t.Any]", self.value)[option]["enabled"])


def _label(node: "Node") -> str:
    return shown(node["name"]) if node["name"] else f"node {node['nodeid']}"


def _labels(nodes: t.Iterable["Node"]) -> str:
    return ", ".join(_label(node) for node in nodes)


# --- the file, cmap and what is in force ------------------------------------------------------------------------------


def reload_stuck(seen: _Seen) -> Hits:
    """message_handler_req_exec_cfg_reload_config() (exec/cfg.c) leaves this at 1 when the file has an error.

    A reload that is still running is never seen: corosync answers nobody during a reload.
    """
    if seen.number("config.totemconfig_reload_in_progress"):
        yield Hit(
            (
                "The last reload failed on an error in corosync.conf. Since then votequorum ignores the configuration and quorum.cancel_wait_for_all; only "
                "votes and expected votes that are set at runtime still count. And corosync does not start with a file that has such an error."
            ),
            "Correct corosync.conf on this node (corosync -t says what is wrong), then run corosync-cfgtool -R.",
        )


def reload_failed(seen: _Seen) -> Hits:
    status = seen.number("config.reload_status")
    if status not in (None, CS_OK):
        error = seen.cmap.get("config.reload_error_message")
        yield Hit(
            f"The last reload of corosync.conf failed on this node (code {status}{f': {quoted(str(error))}' if error else ''}).",
            "See the log of corosync, correct the file, then run corosync-cfgtool -R.",
        )


def provider_removed(seen: _Seen) -> Hits:
    """The only start-up setting whose loss a restart does not mend."""
    if seen.cmap.get("quorum.provider") is not None or RELOADED not in seen.cmap or (seen.file and "quorum.provider" in seen.file.values):
        return
    yield Hit(
        "corosync has loaded a configuration without quorum.provider. votequorum still works on this node, but after a restart corosync runs without it and "
        "calls every node quorate whatever happens.",
        "Set 'provider: corosync_votequorum' in the quorum section of corosync.conf on all nodes, and then restart corosync on one node after the other.",
    )


def file_refused(seen: _Seen) -> Hits:
    for fault in seen.file.faults[:1] if seen.file else []:
        yield Hit(f"corosync.conf has an error, so corosync would not start again: {fault.message}", fault.advice)


def file_not_loaded(seen: _Seen) -> Hits:
    if not seen.file or seen.file.faults:
        return
    written, loaded = _comparable(seen.file.values), _comparable(seen.cmap)
    # udp and udpu make node ids of addresses and put them into cmap.
    loaded = {key: value for key, value in loaded.items() if key in written or not key.endswith(".nodeid")}
    keys = sorted(key for key in set(written) | set(loaded) if written.get(key) != loaded.get(key))
    if keys:
        differing = ", ".join(
            f"{shown(key)} ({shown(written.get(key, 'not set'))}, loaded {shown(loaded.get(key, 'not set'))})" for key in keys[:_MOST_DIFFERENCES]
        )
        more = f" and {len(keys) - _MOST_DIFFERENCES} more" if len(keys) > _MOST_DIFFERENCES else ""
        yield Hit(
            f"corosync.conf differs from what corosync has loaded: {differing}{more}.",
            "If the file is right on all nodes, run corosync-cfgtool -R. Some settings need a restart of corosync.",
        )


def authkey_not_loaded(seen: _Seen) -> Hits:
    """After a reload nobody can say whether the file was changed before or after it."""
    if seen.key_changed and RELOADED not in seen.cmap and is_encrypted(seen.cmap):
        yield Hit(
            "/etc/corosync/authkey was changed after corosync started on this node, and corosync has not read it since then. If it is another key by now, "
            "this node stays alone after its next restart.",
            "If the file is the same on all nodes, run corosync-cfgtool -R once, which loads it everywhere (corosync 3.1 and newer). Otherwise copy the file "
            "of a node on which it was not changed to this one.",
        )


def _comparable(values: Cmap) -> t.Dict[str, t.Any]:
    kept = ("quorum.", "nodelist.node.", "totem.config_version")
    return {key: value for key, value in values.items() if key.startswith(kept) and key not in _RUNTIME_KEYS}


def restart_required(seen: _Seen) -> Hits:
    """corosync copies these into cmap at a reload without a warning, but votequorum_readconfig() reads them at start only (1357-1400)."""
    drifted = [option for option in _STARTUP_ONLY if seen.asked(option) != seen.enabled(option) and not _by_itself(seen, option)]
    if _wait_for_all_drifted(seen):
        drifted.insert(0, "wait_for_all")
    for option in drifted:
        on = seen.enabled(option)
        yield _restart(f"quorum.{option} is {'off' if on else 'on'} in the configuration, but votequorum still has it {'on' if on else 'off'}.")
    kind = _asked_tie_breaker(seen)
    found = seen.value["auto_tie_breaker"]["kind"]
    if seen.asked("auto_tie_breaker") and seen.enabled("auto_tie_breaker") and kind not in ("none", found):
        yield _restart(f'quorum.auto_tie_breaker_node now means "{kind}", but votequorum still uses "{found}".')


def unknown_since_reload(seen: _Seen) -> Hits:
    """The same for what nothing says but cmap, which the reload has overwritten."""
    breaker, standing = seen.value["auto_tie_breaker"], seen.value["last_man_standing"]
    if breaker["nodes"] is None:
        yield _unknown("auto_tie_breaker_node", "which nodes break a tie, and no forecast counts on a tie-breaker", seen)
    if standing["enabled"] and standing["window_ms"] is None:
        yield _unknown("last_man_standing_window", "after how long expected votes are lowered", seen)


def _unknown(option: str, what: str, seen: _Seen) -> Hit:
    configured = seen.cmap.get("quorum." + option, "not set")
    return Hit(
        f"corosync has loaded its configuration again since it started on this node, but reads quorum.{option} (now {configured}) only when it starts. "
        f"So it is not known {what}.",
        "Restart corosync on this node when the others stay quorate without it.",
    )


def _restart(message: str) -> Hit:
    return Hit(message, "A reload does not change it: restart corosync on one node after the other.")


def _wait_for_all_drifted(seen: _Seen) -> bool:
    enabled = seen.enabled("wait_for_all")
    explicit = seen.number("quorum.wait_for_all")
    if explicit is not None:
        return bool(explicit) != enabled
    # Not configured: two_node switches it on, and off again at a reload.
    return enabled not in (seen.asked("two_node"), bool(seen.value["two_node"]))


def _by_itself(seen: _Seen, option: str) -> bool:
    """Whether votequorum switched this off, or on, by itself; that is a problem of its own."""
    why = {"last_man_standing": _heavy(seen), "auto_tie_breaker": _why_no_tie_breaker(seen), "expected_votes_tracking": seen.enabled("allow_downscale")}
    return bool(why.get(option))


def two_node_not_in_force(seen: _Seen) -> Hits:
    asked, enabled = seen.asked("two_node"), bool(seen.value["two_node"])
    if asked == enabled or seen.number("config.totemconfig_reload_in_progress"):
        return
    advice = "Reload the configuration (corosync-cfgtool -R)."
    if asked and seen.asked("auto_tie_breaker"):
        advice = "auto_tie_breaker excludes it: remove one of them, and restart corosync on one node after the other."
    elif asked and seen.device:
        advice = "The quorum device excludes it, and corosync will not start with both: remove two_node."
    yield Hit(f"quorum.two_node is {'on' if asked else 'off'} in the configuration, but {'on' if enabled else 'off'} in votequorum.", advice)


def config_version_differs(seen: _Seen) -> Hits:
    own = seen.number("totem.config_version")
    versions = {}
    for node in seen.members():
        version = seen.number(MEMBERS_VERSION % node["nodeid"])
        # 0: that node's file has none, which corosync takes for "do not compare" (exec/cmap.c).
        versions[_label(node)] = own if node["local"] and own is not None else version
    known = {label: version for label, version in versions.items() if version}
    if len(set(known.values())) > 1:
        listed = ", ".join(f"{label} has {version}" for label, version in sorted(known.items()))
        yield Hit(
            f"The members run different versions of corosync.conf: {listed}.",
            "Copy the newest file to all nodes and run corosync-cfgtool -R once. A node that starts with an older one than the others stops itself.",
        )


# --- votes -----------------------------------------------------------------------------------------------------------


def votes_wrap(seen: _Seen) -> Hits:
    return shared_traps.votes_wrap(max(seen.expected, seen.value["highest_expected"], seen.value["total_votes"], seen.configured_votes + seen.device_votes))


def no_votes(seen: _Seen) -> Hits:
    if seen.configured and seen.configured_votes == 0 and seen.value["total_votes"] == 0:
        yield Hit(shared_traps.NO_VOTES, "Remove quorum_votes: 0 from the nodelist and reload.")


def _shrinks_by_design(seen: _Seen) -> bool:
    return seen.enabled("last_man_standing") or seen.enabled("allow_downscale")


def expected_votes_split(seen: _Seen) -> Hits:
    if seen.configured and not _shrinks_by_design(seen) and shared_traps.splits(seen.needed, seen.configured_votes):
        yield Hit(
            shared_traps.expected_votes_split(seen.expected, seen.configured_votes, seen.needed),
            f"Raise the expected votes to {seen.configured_votes + seen.device_votes}, or remove the nodes that are gone from the nodelist.",
        )


def expected_votes_low(seen: _Seen) -> Hits:
    configured = seen.configured_votes + seen.device_votes
    low = seen.configured and not _shrinks_by_design(seen) and seen.expected < configured
    if low and not shared_traps.splits(seen.needed, seen.configured_votes):
        yield Hit(
            f"Expected votes are {seen.expected}, but the configuration adds up to {configured}.",
            "Check quorum.expected_votes, and whether expected votes were lowered at runtime. A reload sets the configured ones.",
        )


def expected_votes_unreachable(seen: _Seen) -> Hits:
    most = max(seen.configured_votes + seen.device_votes, seen.value["total_votes"])
    waits = seen.value["wait_for_all"]["pending"]
    needed = seen.expected if waits else seen.needed
    if seen.configured and needed > most > 0:
        who = "all nodes and the quorum device" if seen.device_votes else "all nodes"
        yield Hit(shared_traps.expected_votes_unreachable(seen.expected, needed, who, most, waits), f"Lower the expected votes to {most}.")


def expected_votes_differ(seen: _Seen) -> Hits:
    views = {_label(node): expects(node["nodeid"], seen.value) for node in seen.members()}
    known = {label: expected for label, expected in views.items() if expected is not None}
    if len(set(known.values())) > 1:
        listed = ", ".join(f"{label} {expected}" for label, expected in sorted(known.items()))
        yield Hit(f"The members expect different numbers of votes: {listed}.", "Compare corosync.conf on them, then run corosync-cfgtool -R.")


def votes_differ(seen: _Seen) -> Hits:
    for node in seen.members():
        if node["configured_votes"] is not None and node["votes"] not in (None, node["configured_votes"]):
            yield Hit(
                f"{_label(node)} has {count(node['votes'], 'vote')}, but {node['configured_votes']} in the configuration of this node.",
                "Votes set at runtime last until its next reload or restart: set quorum_votes in corosync.conf on all nodes.",
            )


def member_not_configured(seen: _Seen) -> Hits:
    explained = _new_ids(seen)
    for node in seen.members():
        if node["nodeid"] not in not_configured(seen.value) or node["nodeid"] in explained:
            continue
        if node["local"]:
            yield Hit(
                f"This node, {_label(node)}, is not in the nodelist of its own corosync.conf.",
                "If it was taken out of the cluster, stop corosync on it. If not, put it into the nodelist on all nodes and run corosync-cfgtool -R.",
            )
        else:
            yield Hit(
                f"A member is not in the nodelist of this node: {_label(node)}.",
                "If it was taken out of the cluster, stop corosync on it. If its node id was changed, restart corosync on it. If this node has an old "
                "file, copy the newest corosync.conf to all nodes and run corosync-cfgtool -R.",
            )


def node_id_changed(seen: _Seen) -> Hits:
    """A node id is read at start only (totemconfig.c). With knet the others look for the new one at once, and have no link any more to the old one."""
    for nodeid, new in sorted(_new_ids(seen).items()):
        name = seen.name_of(new)
        yield Hit(
            f"{name} runs with the node id {nodeid}, but corosync.conf now has the node id {new} for it. corosync takes a new node id only when it starts. "
            "With knet, the others have no link to it until then, and it leaves the ring within seconds.",
            f"Restart corosync on {name}.",
        )


def _new_ids(seen: _Seen) -> t.Dict[int, int]:
    """Members that the nodelist does not have: node id -> the one that it has for them."""
    found = {}
    for nodeid in not_configured(seen.value):
        if nodeid == seen.value["nodeid"]:
            new = seen.number(f"nodelist.node.{seen.number(OWN_PLACE)}.nodeid")
        else:
            new = seen.id_of_addresses(re.findall(_ADDRESS, str(seen.cmap.get(MEMBERS_ADDRESSES % nodeid, ""))))
        if new is not None and new != nodeid:
            found[nodeid] = new
    return found


# --- links -----------------------------------------------------------------------------------------------------------


def link_down(seen: _Seen) -> Hits:
    """Of a node with one link alone the membership says the same, and a node that is not there has no links."""
    down = [f"link {link['link']} to {_label(node)}" for node in seen.members() for link in _links(node) if not link["connected"] and len(_links(node)) > 1]
    if down:
        yield Hit(
            f"{count(len(down), 'link')} of knet {'is' if len(down) == 1 else 'are'} not connected: {', '.join(down)}.",
            "Check the network behind the link on both nodes, its addresses in corosync.conf and the firewall (corosync-cfgtool -n shows the links).",
        )


def no_link_redundancy(seen: _Seen) -> Hits:
    alone = [node for node in seen.members() if len(_links(node)) > 1 and sum(link["connected"] for link in _links(node)) < 2]
    if alone:
        yield Hit(
            f"Only one link is left to {_labels(alone)}: if the network of this link fails, too, the membership breaks.",
            "Bring back the links that are not connected before you work on the network or stop nodes.",
        )


def _links(node: "Node") -> t.List["Link"]:
    return node.get("links") or []


# --- modes -----------------------------------------------------------------------------------------------------------


def two_node_without_two_nodes(seen: _Seen) -> Hits:
    return shared_traps.two_node_without_two_nodes(len(seen.configured) if seen.value["two_node"] else 0, "Remove two_node from corosync.conf and reload.")


def two_node_without_wait_for_all(seen: _Seen) -> Hits:
    if seen.value["two_node"] and not seen.enabled("wait_for_all"):
        yield Hit(
            shared_traps.TWO_NODE_WITHOUT_WAIT_FOR_ALL,
            "Remove wait_for_all: 0 from corosync.conf and restart corosync on one node after the other.",
        )


def wait_for_all_pending(seen: _Seen) -> Hits:
    if not seen.value["wait_for_all"]["pending"]:
        return
    present = seen.value["total_votes"]
    message = f"wait_for_all is waiting: there is no quorum until all {seen.expected} expected votes are present (now {present}), or a quorate node joins."
    if present >= seen.value["quorum"]:
        yield Hit(message, "Start the missing nodes. If they are certainly off: corosync-cmapctl -s quorum.cancel_wait_for_all u8 1.")
    elif present:
        yield Hit(
            f"{message} Without wait_for_all there would be no quorum either: {count(seen.value['quorum'], 'vote')} are needed.",
            "Start the missing nodes. Cancelling wait_for_all has no effect with so few votes. If the missing nodes are certainly off and will not come back: "
            f"corosync-quorumtool -e {present}, or the module votequorum with expected_votes: {present}.",
        )
    else:
        yield Hit(message, "Start the missing nodes.")


def _asked_tie_breaker(seen: _Seen) -> str:
    return shared_traps.tie_breaker_kind(str(seen.cmap.get("quorum.auto_tie_breaker_node", "lowest")))


def _why_no_tie_breaker(seen: _Seen) -> str:
    if not seen.asked("auto_tie_breaker") or seen.enabled("auto_tie_breaker"):
        return ""
    if _asked_tie_breaker(seen) == "none":
        return shared_traps.tie_breaker_invalid(str(seen.cmap.get("quorum.auto_tie_breaker_node")))
    if seen.configured_votes % 2 and not seen.enabled("wait_for_all"):
        return shared_traps.tie_breaker_dropped(seen.configured_votes)
    return ""


def tie_breaker_dropped(seen: _Seen) -> Hits:
    why = _why_no_tie_breaker(seen)
    if why:
        yield Hit(why, "Correct this in corosync.conf, or remove auto_tie_breaker. Then restart corosync on one node after the other.")


def tie_breaker_list_without_wait_for_all(seen: _Seen) -> Hits:
    if seen.value["auto_tie_breaker"]["kind"] == "list" and not seen.enabled("wait_for_all"):
        yield Hit(
            shared_traps.TIE_BREAKER_LIST_WITHOUT_WAIT_FOR_ALL,
            "Set wait_for_all: 1 and restart corosync on one node after the other.",
        )


def _heavy(seen: _Seen) -> t.List["Node"]:
    return [node for node in seen.nodes if (node["votes"] or 0) > 1]


def last_man_standing_dropped(seen: _Seen) -> Hits:
    if seen.asked("last_man_standing") and not seen.enabled("last_man_standing") and _heavy(seen):
        yield Hit(
            f"last_man_standing is configured, but corosync switched it off, because these nodes have more than one vote: {_labels(_heavy(seen))}.",
            "Give every node one vote, or remove last_man_standing.",
        )


def last_man_standing_tie_breaker(seen: _Seen) -> Hits:
    if seen.enabled("last_man_standing") and seen.value["auto_tie_breaker"]["kind"] in ("highest", "list"):
        yield shared_traps.last_man_standing_tie_breaker()


def unsupported_mode(seen: _Seen) -> Hits:
    on = ["allow_downscale"] if seen.enabled("allow_downscale") else []
    on += ["expected_votes_tracking"] if seen.enabled("expected_votes_tracking") and not on else []
    for option in on:
        yield Hit(f"{option} is on, which corosync calls unsupported.", "Remove it and restart corosync on one node after the other.")


# --- quorum device, access -------------------------------------------------------------------------------------------


def qdevice_disabled(seen: _Seen) -> Hits:
    if seen.cmap.get("quorum.device.model") and seen.number("runtime.votequorum.qdevice_can_operate") == 0:
        yield Hit(
            "The quorum device is configured, but corosync does not let it work, because it cannot be combined with another setting. "
            "corosync would not start again.",
            "Remove two_node, last_man_standing, auto_tie_breaker or allow_downscale, and set quorum.device.votes if the device needs it.",
        )


def qdevice_not_voting(seen: _Seen) -> Hits:
    device = seen.device
    if not device or device["cast_vote"]:
        return
    advice = "See corosync-qdevice-tool -s on this node, and whether it reaches the qnetd host."
    if not device["registered"]:
        yield Hit("A quorum device is configured, but none is registered on this node.", "Start corosync-qdevice on this node.")
    elif not device["alive"]:
        yield Hit("The quorum device is registered on this node, but it is silent, so it gives no vote.", advice)
    else:
        yield Hit("The quorum device works on this node, but gives it no vote.", advice)


def qdevice_not_voting_everywhere(seen: _Seen) -> Hits:
    if not seen.device or not seen.device["cast_vote"]:
        return
    without = [node for node in seen.members() if not (node["qdevice"] and node["qdevice"]["cast_vote"])]
    if without:
        yield Hit(
            f"The quorum device votes here, but not on every member: not on {_labels(without)}. Each node counts its own device's vote only.",
            "Start corosync-qdevice there, or see corosync-qdevice-tool -s.",
        )


def uidgid_can_write(seen: _Seen) -> Hits:
    allowed = [who for who in (shared_traps.may_connect(key) for key, value in sorted(seen.cmap.items()) if value == 1) if who]
    if allowed:
        yield Hit(shared_traps.others_may_connect(allowed), "Remove what is only for monitoring from corosync.conf and uidgid.d, then reload.")


# --- the next corosync -----------------------------------------------------------------------------------------------


def next_corosync(seen: _Seen) -> Hits:
    """Where cmap was read, a key that is not there is not set: the transport is knet, and the cluster is not encrypted."""
    if "quorum.provider" in seen.cmap:
        totem = {key: seen.cmap["totem." + key] for key in shared_traps.NEXT_COROSYNC_KEYS if "totem." + key in seen.cmap}
        yield from shared_traps.next_corosync(totem)


def membership_changing(seen: _Seen) -> Hits:
    if not seen.value["settled"]:
        yield Hit(
            "During the whole reading the membership of the cluster was changing, or votes were being set. The value may mix the states of two rings.",
            "Read it again. If this continues, some nodes may reach each other in one direction only, or lose packets: see journalctl -u corosync on all nodes "
            "for new memberships that come every few seconds, and corosync-cfgtool -s for their links.",
        )


CHECKS: t.Tuple[t.Tuple[str, str, Check], ...] = (
    ("reload_stuck", ERROR, reload_stuck),
    ("file_refused", ERROR, file_refused),
    ("provider_removed", ERROR, provider_removed),
    ("two_node_without_two_nodes", ERROR, two_node_without_two_nodes),
    ("votes_wrap", ERROR, votes_wrap),
    ("no_votes", ERROR, no_votes),
    ("node_id_changed", ERROR, node_id_changed),
    ("expected_votes_split", ERROR, expected_votes_split),
    ("expected_votes_unreachable", ERROR, expected_votes_unreachable),
    ("tie_breaker_list_without_wait_for_all", ERROR, tie_breaker_list_without_wait_for_all),
    ("qdevice_disabled", ERROR, qdevice_disabled),
    ("membership_changing", ERROR, membership_changing),
    ("reload_failed", WARNING, reload_failed),
    ("file_not_loaded", WARNING, file_not_loaded),
    ("authkey_not_loaded", WARNING, authkey_not_loaded),
    ("restart_required", WARNING, restart_required),
    ("unknown_since_reload", WARNING, unknown_since_reload),
    ("two_node_not_in_force", WARNING, two_node_not_in_force),
    ("config_version_differs", WARNING, config_version_differs),
    ("expected_votes_low", WARNING, expected_votes_low),
    ("expected_votes_differ", WARNING, expected_votes_differ),
    ("votes_differ", WARNING, votes_differ),
    ("member_not_configured", WARNING, member_not_configured),
    ("no_link_redundancy", WARNING, no_link_redundancy),
    ("link_down", WARNING, link_down),
    ("two_node_without_wait_for_all", WARNING, two_node_without_wait_for_all),
    ("wait_for_all_pending", WARNING, wait_for_all_pending),
    ("tie_breaker_dropped", WARNING, tie_breaker_dropped),
    ("last_man_standing_dropped", WARNING, last_man_standing_dropped),
    ("last_man_standing_tie_breaker", WARNING, last_man_standing_tie_breaker),
    ("unsupported_mode", WARNING, unsupported_mode),
    ("qdevice_not_voting", WARNING, qdevice_not_voting),
    ("qdevice_not_voting_everywhere", WARNING, qdevice_not_voting_everywhere),
    ("uidgid_can_write", WARNING, uidgid_can_write),
    ("next_corosync", WARNING, next_corosync),
)
