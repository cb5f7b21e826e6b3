# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""Whether each node would find the others after its restart: its authkey must be the one that the cluster has loaded. Pure.

Members of one ring have one key in their memories. Nobody can read it back, but it is the one in the file of each member on which nobody has touched the
file since corosync started.
"""

from __future__ import annotations

import re
import typing as t

_DIGEST = re.compile(r"[0-9a-f]{1,64}\Z|\Z")


class Key(t.NamedTuple):
    """What a node says of its authkey. digest: empty without a file, None where it is not known or not used. changed: since corosync started."""

    digest: str | None
    changed: bool | None


def key_of(said: t.Any) -> Key:
    """From {digest, changed} as the node says it; nothing is known where it says something else."""
    found = said if isinstance(said, dict) else {}
    digest, changed = found.get("digest"), found.get("changed")
    return Key(digest if isinstance(digest, str) and _DIGEST.match(digest) else None, changed if isinstance(changed, bool) else None)


def refusals(keys: t.Mapping[str, Key], running: t.Collection[str]) -> list[str]:
    """Why a node would stay alone after its restart, one sentence. running: the hosts on which corosync runs, all of one ring."""
    digests = {host: key.digest for host, key in keys.items() if key.digest is not None}
    if len(set(digests.values())) < 2:
        return []
    loaded = {digests[host] for host in digests if host in running and keys[host].changed is False and digests[host]}
    groups: dict[str, list[str]] = {}
    for host, digest in digests.items():
        groups.setdefault(digest, []).append(host)
    if len(loaded) == 1:
        right = groups.pop(loaded.pop())
        wrong = [host for hosts in groups.values() for host in hosts]
        what = f"/etc/corosync/authkey of {', '.join(wrong)} is not the key that the cluster has loaded, which is in the file of {', '.join(right)}."
        advice = f"Copy the file of {right[0]} there."
    else:
        what = (
            f"/etc/corosync/authkey differs: that of {' from '.join(', '.join(hosts) for hosts in groups.values())}, and the cluster has loaded only one key."
        )
        advice = "Give all nodes one key and load it: copy one file to all, and run corosync-cfgtool -R once."
    return [f"{what} A node that starts with another key stays alone. {advice}"]
