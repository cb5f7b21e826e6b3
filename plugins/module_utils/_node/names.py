# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""What this node makes of the addresses of a cluster: names are resolved as corosync does it, and the lines of /etc/hosts are found that say so."""

import socket
import threading
import time
import typing as t

HOSTS = "/etc/hosts"
_LONGEST = 200  # characters of a line that are told


# One answer for a name. line: the number of the line of /etc/hosts that says so, and its text; None where it comes from elsewhere.
class Found(t.NamedTuple):
    address: str
    line: t.Optional[int]
    text: str


def look_up(name: str, hosts: str = HOSTS) -> t.Dict[str, t.Any]:
    """{found, error}: what a name or an address is on this node, in the order in which the system says it, or why it is nothing."""
    try:
        answers = socket.getaddrinfo(name, None, socket.AF_UNSPEC, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    except (OSError, UnicodeError) as exc:
        return {"found": [], "error": getattr(exc, "strerror", None) or str(exc)}
    addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    lines = _lines(name, hosts)
    return {"found": [dict(Found(address, *lines.get(address, (None, "")))._asdict()) for address in addresses], "error": ""}


def look_up_all(names: t.Iterable[str], timeout: float) -> t.Dict[str, t.Dict[str, t.Any]]:
    """Name -> look_up() of it, all side by side: a name server that is down takes many seconds for each, and nothing ends getaddrinfo(3) earlier."""
    found: t.Dict[str, t.Dict[str, t.Any]] = {}

    def ask(name: str) -> None:
        found[name] = look_up(name)

    # Those that still wait when the module is done end with it.
    threads = {name: threading.Thread(target=ask, args=(name,), daemon=True) for name in names}
    for thread in threads.values():
        thread.start()
    end = time.monotonic() + timeout
    for thread in threads.values():
        thread.join(max(0.0, end - time.monotonic()))
    silent = {"found": [], "error": f"no answer within {timeout:g} s"}
    return {name: found.get(name, silent) for name in threads}


def _lines(name: str, hosts: str) -> t.Dict[str, t.Tuple[int, str]]:
    """The lines of this name, by their address."""
    try:
        with open(hosts, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return {}
    found: t.Dict[str, t.Tuple[int, str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        address, *names = line.partition("#")[0].split() or [""]
        if name.lower() in [known.lower() for known in names]:
            found.setdefault(address, (number, line.strip()[:_LONGEST]))
    return found
