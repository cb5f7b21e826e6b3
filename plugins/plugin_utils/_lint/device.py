# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What corosync takes of the section quorum.device, and corosync-qdevice refuses or makes nothing of.

Sources, at corosync-qdevice 3.0.4: qdevices/qdevice-net-instance.c, qdevice-instance.c, qdevice-net-algo-ffsplit.c, qnet-config.h. Where a value is
refused, corosync-qdevice ends, and the device has no vote.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._value.shared_traps import FFSPLIT, FFSPLIT_NEEDS_ONE_VOTE, Hit, Hits
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count
from ansible_collections.corosync.quorum.plugins.plugin_utils._lint.model import Model, effective_nodeid

_NET = "quorum.device.net."
_HEURISTICS = "quorum.device.heuristics."
_TWO_NODES_LMS = "2nodelms"
_ALGORITHMS = (FFSPLIT, "lms", _TWO_NODES_LMS)
_BOOLEANS = ("on", "off", "yes", "no", "1", "0")  # in any case: utils_parse_bool_str()
_NODEIDS = (1, 2**32 - 1)


class _Takes(t.NamedTuple):
    """Words in any case, and numbers between two."""

    words: tuple[str, ...]
    numbers: tuple[int, int] | None
    advice: str


_VALUES: dict[str, _Takes] = {
    _NET + "tls": _Takes((*_BOOLEANS, "required"), None, "Use on, off or required."),
    _NET + "port": _Takes((), (1, 65535), "Use a number from 1 to 65535; without the line it is 5403."),
    _NET + "connect_timeout": _Takes((), (1000, 120000), "Use milliseconds, from 1000 to 120000."),
    _NET + "keep_active_partition_tie_breaker": _Takes(_BOOLEANS, None, "Use on or off."),
    _HEURISTICS + "mode": _Takes((*_BOOLEANS, "sync"), None, "Use on, off or sync."),
    _HEURISTICS + "timeout": _Takes((), (1000, 120000), "Use milliseconds, from 1000 to 120000."),
    _HEURISTICS + "sync_timeout": _Takes((), (1000, 120000), "Use milliseconds, from 1000 to 120000."),
    _HEURISTICS + "interval": _Takes((), (1000, 3600000), "Use milliseconds, from 1000 to 3600000."),
}


def qdevice_without_model(model: Model) -> Hits:
    if not model.qdevice and model.section_line("quorum.device") is not None:
        yield Hit("The quorum device has no model, so corosync ignores it.", "Set model: net.", model.section_line("quorum.device"))


def qdevice_settings(model: Model) -> Hits:
    if not model.qdevice:
        return
    name, line = model.conf.text("quorum.device.model"), model.line("quorum.device.model")
    if name != "net":
        yield Hit(f'corosync-qdevice has no model "{name}".', "Set model: net, or make sure that another program registers the device.", line)
        return
    if not model.conf.text(_NET + "host"):
        yield Hit("The quorum device has no host, so corosync-qdevice does not start.", "Set host in quorum.device.net.", line)
    if model.conf.text("totem.cluster_name") is None:
        yield Hit("A quorum device needs a cluster name.", "Set totem.cluster_name.", line)
    if model.algorithm not in _ALGORITHMS:
        advice = "Use ffsplit or lms." + (" corosync-qdevice takes test only with an option of its command line." if model.algorithm == "test" else "")
        yield _refused(model, _NET + "algorithm", model.algorithm, advice)
    yield from _values(model)
    yield from _tie_breaker(model)


def _values(model: Model) -> Hits:
    for key, takes in _VALUES.items():
        value = model.conf.text(key)
        if value is not None and value.lower() not in takes.words and (takes.numbers is None or _number(value, takes.numbers) is None):
            yield _refused(model, key, value, takes.advice)
    version = model.conf.text(_NET + "force_ip_version")
    if version is not None and _number(version, (0, 6)) not in (0, 4, 6):
        yield _refused(model, _NET + "force_ip_version", version, "Use 4, 6, or 0 for both.")


def _refused(model: Model, key: str, value: str, advice: str) -> Hit:
    return Hit(f'{key} is "{value}", so corosync-qdevice does not start.', advice, model.line(key, "quorum.device.model"))


def _tie_breaker(model: Model) -> Hits:
    value = model.conf.text(_NET + "tie_breaker")
    if value in (None, "lowest", "highest"):
        return
    nodeid = _number(value or "", _NODEIDS)
    if nodeid is None:
        yield _refused(model, _NET + "tie_breaker", value or "", "Use lowest, highest, or the node id of one node.")
    elif nodeid not in {effective_nodeid(model, node) for node in model.nodes}:
        message = f"{_NET}tie_breaker is {nodeid}, but no node has this node id, so it cannot decide between two equal halves."
        yield Hit(message, "Use lowest, highest, or the node id of one node.", model.line(_NET + "tie_breaker"))


def _number(text: str, limits: tuple[int, int]) -> int | None:
    """utils_strtonum()."""
    if not re.match(r"\s*[+-]?[0-9]{1,20}\Z", text):
        return None
    return int(text) if limits[0] <= int(text) <= limits[1] else None


def qdevice_algorithm_votes(model: Model) -> Hits:
    if not model.qdevice or model.conf.text("quorum.device.model") != "net":
        return
    line = model.line("quorum.device.votes", _NET + "algorithm", "quorum.device.model")
    if model.algorithm == FFSPLIT:
        yield from _votes_of_ffsplit(model, line)
    if model.algorithm == "lms" and model.qdevice_votes is not None and model.qdevice_votes != model.node_votes - 1:
        message = f"The quorum device has {count(model.qdevice_votes, 'vote')}, but algorithm lms needs {model.node_votes - 1}."
        yield Hit(message, "Remove quorum.device.votes.", line)


def qdevice_algorithm_nodes(model: Model) -> Hits:
    """qnetd_algo_2nodelms_config_node_list_received() in qdevices/qnetd-algo-2nodelms.c."""
    if model.qdevice and model.conf.text("quorum.device.model") == "net" and model.algorithm == _TWO_NODES_LMS and len(model.nodes) != 2:
        yield Hit(
            f"Algorithm 2nodelms is for two nodes, but {count(len(model.nodes), 'node')} {'is' if len(model.nodes) == 1 else 'are'} configured: corosync-qnetd "
            "refuses this, and the quorum device votes nowhere.",
            "Use ffsplit with quorum.device.votes: 1, or lms without quorum.device.votes.",
            model.line(_NET + "algorithm"),
        )


def _votes_of_ffsplit(model: Model, line: int | None) -> Hits:
    """check_cmap_validity() asks for the key, not for what corosync makes of its absence."""
    written = model.conf.number("quorum.device.votes")
    default = "" if model.conf.text(_NET + "algorithm") else ", which it takes where none is set,"
    if written != 1:
        yield Hit(
            f"quorum.device.votes is {'not set' if written is None else written}, "
            f"but with algorithm ffsplit{default} corosync-qdevice starts only if it is set to 1.",
            "Set quorum.device.votes: 1.",
            line,
        )
    for node in model.nodes:
        if node.votes != 1:
            yield Hit(
                f"{node.label} has {count(node.votes, 'vote')}, but {FFSPLIT_NEEDS_ONE_VOTE}: corosync-qdevice does not start.",
                "Remove quorum_votes of the nodes, or set algorithm: lms.",
                node.line,
            )
