# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Traps of votequorum that more than one part of the collection warns of: one sentence, and where possible one judgement, for each.

The lint finds them in a corosync.conf, problems() in a running cluster; some of them are also why a change is refused. A node compiles this
file in each task that judges there, so what only the controller needs is not in it.
"""

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import VOTES_THAT_WRAP
from ansible_collections.corosync.quorum.plugins.module_utils._value.majority import needed_of, quorum_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.snapshot import tie_breaker_nodes
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import count

FFSPLIT = "ffsplit"
FFSPLIT_NEEDS_ONE_VOTE = "algorithm ffsplit works only while each node has exactly 1 vote"

NO_VOTES = "No node has a vote, so the cluster is never quorate."
TWO_NODE_WITHOUT_WAIT_FOR_ALL = (
    "two_node is on without wait_for_all: a node that boots and does not see the other is quorate by itself, so both can be quorate at once."
)
TIE_BREAKER_LIST_WITHOUT_WAIT_FOR_ALL = (
    "auto_tie_breaker_node is a list, without wait_for_all: at a cold start each half with a listed node is quorate, so both can be quorate at once."
)

_NEXT = "corosync's main branch, which becomes the release after 3.1 (from its source; a build can switch this off)"
ENCRYPT = (
    "Before you upgrade to it, encrypt the cluster while it runs: put the same key on all nodes (corosync-keygen makes /etc/corosync/authkey), set "
    "crypto_cipher: aes256 and crypto_hash: sha256 in corosync.conf on all nodes, and run corosync-cfgtool -R on one of them."
)
_MAY_CONNECT = re.compile(r"uidgid\.(?:config\.)?([ug])id\.(.+)\Z")


class Hit(t.NamedTuple):
    """One thing that is wrong. ``line`` counts from 1, and is None where there is no file or the line is not known."""

    message: str
    advice: str
    line: t.Optional[int] = None


Hits = t.Iterator[Hit]


def votes_wrap(most: int, line: t.Optional[int] = None) -> Hits:
    """most: the highest number of votes, expected or present, that corosync may have to count."""
    if most >= VOTES_THAT_WRAP:
        yield Hit(
            f"{most} votes are more than corosync can count: it keeps the quorum in 8 bits, so {needed_of(most)} would be needed but {quorum_of(most)} is.",
            f"Give nodes fewer votes: at most {VOTES_THAT_WRAP - 1} together, a quorum device included.",
            line,
        )


def splits(needed: int, node_votes: int) -> bool:
    """Whether two partitions can have the votes that are needed at the same time."""
    return 2 * needed <= node_votes


def expected_votes_split(expected: int, node_votes: int, needed: int) -> str:
    return (
        f"Expected votes are {expected}, but the nodes have {count(node_votes, 'vote')}: two partitions of {count(needed, 'vote')} each could both be quorate."
    )


def expected_votes_unreachable(expected: int, needed: int, who: str, most: int, waits_for_all: bool) -> str:
    """waits_for_all: whether all expected votes are needed, after a start and after a loss of quorum."""
    how, never = ("with wait_for_all ", " after a start or a loss of quorum") if waits_for_all else ("", "")
    return (
        f"Expected votes are {expected}, which {how}needs {count(needed, 'vote')}, but {who} together have {most}. The cluster can never become quorate{never}."
    )


def two_node_without_two_nodes(nodes: int, advice: str, line: t.Optional[int] = None) -> Hits:
    """nodes: how many are configured, 0 where that is not known."""
    if nodes > 2:
        yield Hit(
            f"two_node is on, but {nodes} nodes are configured. Any one or two nodes left together are quorate, however many are on the other side.",
            advice,
            line,
        )


def two_node_with_one_node(nodes: int, advice: str, line: t.Optional[int] = None) -> Hits:
    """It does no harm before there is a third node."""
    if nodes == 1:
        yield Hit("two_node is on, but only one node is configured.", advice, line)


def tie_breaker_kind(text: str) -> str:
    """What corosync makes of auto_tie_breaker_node: lowest, highest, list, or none where it switches auto_tie_breaker off (parse_atb_string, 690-725)."""
    if text in ("lowest", "highest"):
        return text
    return "list" if tie_breaker_nodes(text) else "none"


def tie_breaker_dropped(votes: int) -> str:
    return f"corosync drops auto_tie_breaker, because the number of votes is odd ({votes}) and wait_for_all is off."


def tie_breaker_invalid(text: str) -> str:
    return f'corosync drops auto_tie_breaker, because auto_tie_breaker_node cannot be "{text}".'


def last_man_standing_tie_breaker(line: t.Optional[int] = None) -> Hit:
    """votequorum_sync_init() (2409) starts the timer for the lowest node id, whichever the tie-breaker is."""
    return Hit(
        "last_man_standing checks the lowest node id even if auto_tie_breaker_node names another node. Then the cluster never shrinks to its last node.",
        "Use auto_tie_breaker_node: lowest.",
        line,
    )


def may_connect(key: str) -> str:
    """Whom this key of cmap or of corosync.conf lets connect to corosync: `user zabbix`, `group 998`. Empty for root and for any other key."""
    found = _MAY_CONNECT.match(key)
    if not found or found.group(2) in ("0", "root"):
        return ""
    return f"{'user' if found.group(1) == 'u' else 'group'} {found.group(2)}"


def others_may_connect(who: t.Iterable[str]) -> str:
    return f"Not only root may connect to corosync, and so change votes and quorum: {', '.join(who)}. There is no read-only access."


# Below "totem." in cmap and in the file.
NEXT_COROSYNC_KEYS = ("transport", "secauth", "crypto_cipher", "crypto_hash")


def encryption(secauth: t.Any, cipher: t.Any, digest: t.Any, by_default: t.Tuple[str, str] = ("none", "none")) -> t.Tuple[str, str]:
    """Cipher and hash in force (totem_get_crypto()). None for what is not written. by_default: where nothing says whether to encrypt."""
    if secauth is not None:
        by_default = ("aes256", "sha256") if secauth == "on" else ("none", "none")
    return str(cipher or by_default[0]), str(digest or by_default[1])


def next_corosync(totem: t.Mapping[str, t.Any], lines: t.Sequence[t.Optional[int]] = (None, None)) -> Hits:
    """What the next corosync does not start with, or does not do any more.

    totem: the keys transport, secauth, crypto_cipher and crypto_hash, as far as they are set. lines: where the transport is set, and the encryption.
    Source: totem_get_crypto() and totem_config_read() (exec/totemconfig.c) on main, built without --enable-unencrypted and --enable-udpu.
    """
    transport = str(totem.get("transport", "knet"))
    if transport != "knet":
        yield Hit(
            f"A node with {_NEXT} does not start with transport {transport}.",
            "Before you upgrade to it, change to transport knet with encryption. That needs corosync stopped on all nodes.",
            lines[0],
        )
        return
    written = totem.get("secauth"), totem.get("crypto_cipher"), totem.get("crypto_hash")
    now, then = encryption(*written), encryption(*written, by_default=("aes256", "sha256"))
    if "none" in then:
        yield Hit(f"The cluster is not encrypted (cipher {now[0]}, hash {now[1]}). A node with {_NEXT} does not start with that.", ENCRYPT, lines[1])
    elif now != then:
        yield Hit(
            f"Where nothing is set, the cluster has cipher {now[0]} and hash {now[1]}. With {_NEXT} the same file means {then[0]} and {then[1]}: "
            "a node that is upgraded does not find the others.",
            ENCRYPT,
            lines[1],
        )
