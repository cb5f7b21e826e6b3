# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""What the variables of the role `monitor` ask for, and what is wrong with them."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node.options import OptionError
from ansible_collections.corosync.quorum.plugins.module_utils._program.post import Target, target_of
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.module_utils._value.words import quoted

STATES = ("present", "absent")
# Nothing that would have to be quoted in a unit of systemd, and no blank.
_PATH = re.compile(r"/[A-Za-z0-9._/+@-]+\Z")
# The characters of RFC 3986 but the apostrophe, and none of a fragment.
_URL = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&()*+,;=%-]+\Z")
# What an HTTP header can carry. Ansible hides a secret wherever it stands in a result: a short one would hide half of it.
_TOKEN = re.compile(r"[\x21-\x7e]+\Z")
SHORTEST_TOKEN, LONGEST_TOKEN = 8, 4096
# The alert CorosyncReadingTooOld fires when metrics are older than two minutes.
LONGEST_INTERVAL = 60
# The service sees folders of its own in their place, or none.
_HIDDEN = ("/home", "/root", "/run/user", "/dev", "/proc", "/sys")
# The service sees these, as corosync may have its socket there.
_TEMPORARY = ("/tmp", "/var/tmp")


class Wishes(t.NamedTuple):
    """textfile, post_url, token, ca_file: empty for none. interval: seconds. allow_http: whether events may go to another host without TLS."""

    present: bool
    textfile: str = ""
    post_url: str = ""
    token: str = ""
    ca_file: str = ""
    interval: float = 15
    allow_http: bool = False

    @property
    def service(self) -> bool:
        """Whether the program is to run all the time."""
        return self.present and bool(self.textfile or self.post_url)


def wishes_of(options: t.Mapping[str, t.Any]) -> Wishes:
    """options: the variables of the role without its prefix. Raises Unusable with all that is wrong."""
    state = options.get("state")
    if state not in STATES:
        raise Unusable(f"monitor_state is {quoted(str(state))}, but must be one of {', '.join(STATES)}.")
    if state == "absent":
        return Wishes(present=False)
    texts = {name: _text(options.get(name)) for name in ("textfile", "post_url", "post_token", "post_ca_file")}
    faults = [*_textfile(texts["textfile"]), *_post(texts, options.get("post_allow_http") is True), *_interval(options.get("interval"))]
    if faults:
        raise Unusable(" ".join(faults))
    return Wishes(
        True,
        texts["textfile"],
        texts["post_url"],
        texts["post_token"],
        texts["post_ca_file"],
        float(options["interval"]),
        options.get("post_allow_http") is True,
    )


def _text(given: t.Any) -> str:
    return "" if given is None else str(given)


def _textfile(path: str) -> t.Iterator[str]:
    if path:
        yield from _path("monitor_textfile", path)
        if not path.endswith(".prom"):
            yield f"monitor_textfile is {quoted(path)}, but must end in .prom: node_exporter reads no other files."


def _path(name: str, path: str) -> t.Iterator[str]:
    if not _PATH.match(path) or path.endswith("/") or ".." in path.split("/") or "//" in path:
        yield f"{name} is {quoted(path)}, but must be the absolute path of a file, of letters, digits and . _ - + @ alone."
        return
    hidden, temporary = hidden_from_service(path), _folder_of(path, _TEMPORARY)
    if hidden:
        yield f"{name} is {quoted(path)}, but {hidden}. Choose another folder."
    if temporary:
        yield f"{name} is {quoted(path)}, but systems remove files from {temporary} by themselves. Choose another folder."


def hidden_from_service(path: str) -> str:
    """Why the service does not see a file of its node; empty where it does."""
    folder = _folder_of(path, _HIDDEN)
    return f"the service does not see the {folder} of this node" if folder else ""


def _folder_of(path: str, folders: t.Iterable[str]) -> str:
    """Which of these folders a path is in; empty where it is in none."""
    return next((folder for folder in folders if path.startswith(folder + "/")), "")


def _post(texts: t.Mapping[str, str], allow_http: bool) -> t.Iterator[str]:
    url, token, ca_file = texts["post_url"], texts["post_token"], texts["post_ca_file"]
    if not url:
        yield from (
            f"{name} is set, but monitor_post_url is not. Set it, or remove {name}."
            for name, value in (("monitor_post_token", token), ("monitor_post_ca_file", ca_file))
            if value
        )
        return
    target = _target(url)
    if target is None:
        # What is before an @ may be a password.
        yield (
            f"monitor_post_url is {quoted(url.rpartition('@')[2])}, but must be a URL of http or https, without user, password and fragment, such as "
            "https://eda.example.com:5000/quorum."
        )
        return
    yield from _token(token)
    yield from _without_tls(target, token, ca_file, allow_http)
    if ca_file:
        yield from _path("monitor_post_ca_file", ca_file)


def _target(url: str) -> Target | None:
    """What the program makes of a URL, or None."""
    if not _URL.match(url):
        return None
    try:
        return target_of("monitor_post_url", url)
    except OptionError:
        return None


def _token(token: str) -> t.Iterator[str]:
    """The message does not show the token."""
    if token and not (_TOKEN.match(token) and SHORTEST_TOKEN <= len(token) <= LONGEST_TOKEN):
        yield (
            f"monitor_post_token must have {SHORTEST_TOKEN} to {LONGEST_TOKEN} characters, all of them printable ASCII, without blanks and line breaks. "
            "Where it comes from a file, remove the line break at its end."
        )


def _without_tls(target: Target, token: str, ca_file: str, allow_http: bool) -> t.Iterator[str]:
    """The program refuses the same when it starts."""
    if target.is_tls:
        return
    if ca_file:
        yield "monitor_post_ca_file is set, but monitor_post_url has no TLS. Use https, or remove monitor_post_ca_file."
    if token and not target.is_this_node:
        yield "monitor_post_token would go through the network in clear text, as monitor_post_url has no TLS. Use https, or remove the token."
    elif not target.is_this_node and not allow_http:
        yield (
            "monitor_post_url has no TLS, so whoever is on the network can read and change events. Use https. If you trust that network, set "
            "monitor_post_allow_http to true."
        )


def _interval(given: t.Any) -> t.Iterator[str]:
    try:
        holds = not isinstance(given, bool) and 1 <= float(given) <= LONGEST_INTERVAL
    except (TypeError, ValueError):
        holds = False
    if not holds:
        yield f"monitor_interval is {quoted(str(given))}, but must be a number of seconds from 1 to {LONGEST_INTERVAL}."
