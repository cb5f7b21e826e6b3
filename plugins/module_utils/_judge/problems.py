# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What is wrong with a running cluster's quorum, as one node sees it: one small function for each trap.

The live counterpart of the lint of corosync.conf, with the same ids where it is the same trap (shared_traps.py). It compares three things that
corosync lets drift apart: the file, cmap (which a reload overwrites) and what votequorum does (which a reload changes only in
part, exec/votequorum.c 1284-1633 at v3.1.10).
"""

import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import CS_OK
from ansible_collections.corosync.quorum.plugins.module_utils._value import shared_traps
from ansible_collections.corosync.quorum.plugins.module_utils._value.majority import needed_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.nodes import device_votes
from ansible_collections.corosync.quorum.plugins.module_utils._value.shared_traps import Hit, Hits
from ansible_collections.corosync.quorum.plugins.module_utils._value.snapshot import MEMBERS_VERSION
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count

if t.TYPE_CHECKING:
    from ansible_collections.corosync.quorum.plugins.module_utils._value.types import Device, Node, Problem, Value

Cmap = t.Mapping[str, t.Any]
Check = t.Callable[["_Seen"], Hits]

ERROR, WARNING = "error", "warning"
# Options that votequorum reads when it starts and never again, and where the votequorum value says what is in force.
_STARTUP_ONLY = ("last_man_standing", "auto_tie_breaker", "allow_downscale")
# Set in cmap by people and programs while corosync runs, never in the file.
_RUNTIME_KEYS = ("quorum.cancel_wait_for_all",)
_MOST_DIFFERENCES = 5  # named in one message


def problems(value: "Value", cmap: Cmap, files: t.Optional[t.Mapping[str, str]] = None) -> t.List["Problem"]:
    """What is wrong: a list of {id, severity, message, advice}, errors first. ``severity`` is error or warning.

    value: the ``votequorum`` value. cmap: what it was made of (see snapshot.py).
    files: {"corosync.conf": its text}, if it was read; then it is compared with what corosync has loaded.
    """
    seen = _Seen(value, cmap, _read((files or {}).get("corosync.conf")))
    return [{"id": check_id, "severity": severity, "message": hit.message, "advice": hit.advice} for check_id, severity, check in CHECKS for hit in check(seen)]


def _read(text: t.Optional[str]) -> t.Any:
    """The file as corosync_conf.Conf, None without one. Imported here: it is compiled in each task, and most have no file to read."""
    if text is None:
        return None
    from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import parse

    return parse(text)


class _Seen:
    """The value, cmap and the file, with the few sums that more than one check needs."""

    def __init__(self, value: "Value", cmap: Cmap, file: t.Any) -> None:
        self.value = value
        self.cmap = cmap
        self.file = file
        self.nodes: t.List[Node] = list(value["nodes"])
        self.configured = [node for node in self.nodes if node["configured_votes"] is not None]
        self.configured_votes = sum(node["configured_votes"] or 0 for node in self.configured)
        self.device: t.Optional[Device] = value["qdevice"]
        self.device_votes = device_votes(value)
        self.expected: int = value["expected_votes"]
        self.needed = needed_of(self.expected)

    def members(self) -> t.List["Node"]:
        return [node for node in self.nodes if node["state"] == "member"]

    def number(self, key: str) -> t.Optional[int]:
        found = self.cmap.get(key)
        return found if isinstance(found, int) else None

    def asked(self, option: str) -> bool:
        """Whether cmap says that this option of the quorum section is on."""
        return bool(self.number("quorum." + option))

    def enabled(self, option: str) -> bool:
        """Whether votequorum says that it is."""
        return bool(t.cast("t.Mapping[str, t.Any]", self.value)[option]["enabled"])


def _label(node: "Node") -> str:
    return str(node["name"] or f"node {node['nodeid']}")


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
                "The last reload failed on an error in corosync.conf. Since then votequorum ignores every change, quorum.cancel_wait_for_all included; "
                "and corosync does not start with a file that has such an error."
            ),
            "Correct corosync.conf on this node (corosync -t says what is wrong), then run corosync-cfgtool -R.",
        )


def reload_failed(seen: _Seen) -> Hits:
    status = seen.number("config.reload_status")
    if status not in (None, CS_OK):
        error = seen.cmap.get("config.reload_error_message")
        yield Hit(
            f"The last reload of corosync.conf failed on this node (code {status}{f': {error}' if error else ''}).",
            "See the log of corosync, correct the file, then run corosync-cfgtool -R.",
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
        differing = ", ".join(f"{key} ({written.get(key, 'not set')}, loaded {loaded.get(key, 'not set')})" for key in keys[:_MOST_DIFFERENCES])
        more = f" and {len(keys) - _MOST_DIFFERENCES} more" if len(keys) > _MOST_DIFFERENCES else ""
        yield Hit(
            f"corosync.conf differs from what corosync has loaded: {differing}{more}.",
            "If the file is right on all nodes, run corosync-cfgtool -R. Some settings need a restart of corosync.",
        )


def _comparable(values: Cmap) -> t.Dict[str, t.Any]:
    kept = ("quorum.", "nodelist.node.", "totem.config_version")
    return {key: value for key, value in values.items() if key.startswith(kept) and key not in _RUNTIME_KEYS}


def restart_required(seen: _Seen) -> Hits:
    """corosync copies these into cmap at a reload without a warning, but votequorum_readconfig() reads them at start only (1357-1400)."""
    drifted = [option for option in _STARTUP_ONLY if seen.asked(option) != seen.enabled(option) and not _dropped(seen, option)]
    if _wait_for_all_drifted(seen):
        drifted.insert(0, "wait_for_all")
    for option in drifted:
        on = seen.enabled(option)
        yield _restart(f"quorum.{option} is {'off' if on else 'on'} in the configuration, but votequorum still has it {'on' if on else 'off'}.")
    kind = _asked_tie_breaker(seen)
    found = seen.value["auto_tie_breaker"]["kind"]
    if seen.asked("auto_tie_breaker") and seen.enabled("auto_tie_breaker") and kind not in ("none", found):
        yield _restart(f'quorum.auto_tie_breaker_node now means "{kind}", but votequorum still uses "{found}".')


def _restart(message: str) -> Hit:
    return Hit(message, "A reload does not change it: restart corosync on one node after the other.")


def _wait_for_all_drifted(seen: _Seen) -> bool:
    enabled = seen.enabled("wait_for_all")
    explicit = seen.number("quorum.wait_for_all")
    if explicit is not None:
        return bool(explicit) != enabled
    # Not configured: two_node switches it on, and off again at a reload.
    return enabled not in (seen.asked("two_node"), bool(seen.value["two_node"]))


def _dropped(seen: _Seen, option: str) -> bool:
    """Whether votequorum switched this off by itself; that is a problem of its own."""
    return (option == "last_man_standing" and bool(_heavy(seen))) or (option == "auto_tie_breaker" and bool(_why_no_tie_breaker(seen)))


def two_node_not_in_force(seen: _Seen) -> Hits:
    asked, enabled = seen.asked("two_node"), bool(seen.value["two_node"])
    if asked == enabled or seen.number("config.totemconfig_reload_in_progress"):
        return
    advice = "Reload the configuration (corosync-cfgtool -R)."
    if asked and seen.asked("auto_tie_breaker"):
        advice = "auto_tie_breaker excludes it: remove one of them."
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
    if seen.configured and seen.needed > most > 0:
        who = "all nodes and the quorum device" if seen.device_votes else "all nodes"
        yield Hit(shared_traps.expected_votes_unreachable(seen.expected, seen.needed, who, most), f"Lower the expected votes to {most}.")


def expected_votes_differ(seen: _Seen) -> Hits:
    views = {_label(node): node["expected_votes"] for node in seen.members() if node["expected_votes"] is not None}
    if len(set(views.values())) > 1:
        listed = ", ".join(f"{label} {expected}" for label, expected in sorted(views.items()))
        yield Hit(f"The members expect different numbers of votes: {listed}.", "Compare corosync.conf on them, then run corosync-cfgtool -R.")


def votes_differ(seen: _Seen) -> Hits:
    for node in seen.members():
        if node["configured_votes"] is not None and node["votes"] not in (None, node["configured_votes"]):
            yield Hit(
                f"{_label(node)} has {count(node['votes'], 'vote')}, but {node['configured_votes']} in the configuration of this node.",
                "Votes set at runtime last until its next reload or restart: set quorum_votes in corosync.conf on all nodes.",
            )


def member_not_configured(seen: _Seen) -> Hits:
    strangers = [node for node in seen.members() if node["configured_votes"] is None]
    if strangers and seen.configured:
        yield Hit(
            f"A member is not in the nodelist of this node: {_labels(strangers)}.",
            "Copy the newest corosync.conf to all nodes and run corosync-cfgtool -R.",
        )


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
    if seen.value["wait_for_all"]["pending"]:
        yield Hit(
            f"wait_for_all is waiting: there is no quorum until all {seen.expected} expected votes are present (now {seen.value['total_votes']}), "
            "or a quorate node joins.",
            "Start the missing nodes. If they are certainly off: corosync-cmapctl -s quorum.cancel_wait_for_all u8 1.",
        )


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
    on += ["expected_votes_tracking"] if seen.asked("expected_votes_tracking") else []
    for option in on:
        yield Hit(f"{option} is on, which corosync calls unsupported.", "Remove it and restart corosync on one node after the other.")


# --- quorum device, access -------------------------------------------------------------------------------------------


def qdevice_disabled(seen: _Seen) -> Hits:
    if seen.cmap.get("quorum.device.model") and seen.number("runtime.votequorum.qdevice_can_operate") == 0:
        yield Hit(
            "The quorum device is configured, but corosync does not let it work, because it excludes another setting. corosync would not start again.",
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


CHECKS: t.Tuple[t.Tuple[str, str, Check], ...] = (
    ("reload_stuck", ERROR, reload_stuck),
    ("file_refused", ERROR, file_refused),
    ("two_node_without_two_nodes", ERROR, two_node_without_two_nodes),
    ("votes_wrap", ERROR, votes_wrap),
    ("no_votes", ERROR, no_votes),
    ("expected_votes_split", ERROR, expected_votes_split),
    ("expected_votes_unreachable", ERROR, expected_votes_unreachable),
    ("tie_breaker_list_without_wait_for_all", ERROR, tie_breaker_list_without_wait_for_all),
    ("qdevice_disabled", ERROR, qdevice_disabled),
    ("reload_failed", WARNING, reload_failed),
    ("file_not_loaded", WARNING, file_not_loaded),
    ("restart_required", WARNING, restart_required),
    ("two_node_not_in_force", WARNING, two_node_not_in_force),
    ("config_version_differs", WARNING, config_version_differs),
    ("expected_votes_low", WARNING, expected_votes_low),
    ("expected_votes_differ", WARNING, expected_votes_differ),
    ("votes_differ", WARNING, votes_differ),
    ("member_not_configured", WARNING, member_not_configured),
    ("two_node_without_wait_for_all", WARNING, two_node_without_wait_for_all),
    ("wait_for_all_pending", WARNING, wait_for_all_pending),
    ("tie_breaker_dropped", WARNING, tie_breaker_dropped),
    ("last_man_standing_dropped", WARNING, last_man_standing_dropped),
    ("last_man_standing_tie_breaker", WARNING, last_man_standing_tie_breaker),
    ("unsupported_mode", WARNING, unsupported_mode),
    ("qdevice_not_voting", WARNING, qdevice_not_voting),
    ("qdevice_not_voting_everywhere", WARNING, qdevice_not_voting_everywhere),
    ("uidgid_can_write", WARNING, uidgid_can_write),
)
