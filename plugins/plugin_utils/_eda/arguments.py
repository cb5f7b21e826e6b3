# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: no other code may rely on it.

"""The arguments of the event source corosync.quorum.votequorum. They are documented in extensions/eda/plugins/event_source/votequorum.yaml. Pure."""

from __future__ import annotations

import contextlib
import math
import re
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# The host that is followed without ssh
LOCAL = "localhost"
LONGEST_VALUE = 300
# Digits
LONGEST_PORT = 5
_ADDRESS = re.compile(r"[A-Za-z0-9_.:%][A-Za-z0-9_.:%-]*\Z")
_HOST = re.compile(r"[^\s,!&*?\[\]{}~-][^\s,!&*?\[\]{}]*\Z")
_USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@\\-]*\Z")
_PROGRAM = re.compile(r"[^\s-]\S*\Z")


class ArgumentError(ValueError):
    """An argument of the source is wrong; the text names it and its value."""


class Host(t.NamedTuple):
    """A node to follow: `name` is that of the inventory, `address` what ssh connects to. cluster: tells apart clusters that look alike."""

    name: str
    address: str
    user: str | None
    port: int | None
    identity_file: str | None
    python: str
    become: bool
    cluster: str | None

    @property
    def is_local(self) -> bool:
        """It is this host, which needs no ssh."""
        return self.address == LOCAL


class Settings(t.NamedTuple):
    """The arguments, checked."""

    hosts: tuple[Host, ...]
    ssh_args: tuple[str, ...]
    timeout: float
    delay: float
    max_delay: float
    split: bool


def _refused(name: str, wanted: str, value: object) -> ArgumentError:
    shown = repr(value) if len(repr(value)) <= LONGEST_VALUE else repr(value)[:LONGEST_VALUE] + "..."
    return ArgumentError(f"corosync.quorum.votequorum: {name} must be {wanted}, not {shown}.")


def _text(name: str, value: object, pattern: re.Pattern[str] | None = None, wanted: str = "text") -> str:
    if not isinstance(value, str) or not value or not value.isprintable() or (pattern and not pattern.match(value)):
        raise _refused(name, wanted, value)
    return value


def _switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _refused(name, "true or false", value)
    return value


def _seconds(name: str, value: object) -> float:
    """A number of seconds greater than 0, also as text: that is what a variable of a rulebook may be."""
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
        if 0 < number < math.inf:
            return number
    raise _refused(name, "a number of seconds greater than 0", value)


def _port(name: str, value: object) -> int:
    if isinstance(value, str) and value.isdecimal() and len(value) <= LONGEST_PORT:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**16:
        raise _refused(name, "a port, from 1 to 65535", value)
    return value


def _words(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _refused(name, "a list of words", value)
    return tuple(_text(f"{name}[{index}]", word, wanted="a word of ssh's command line") for index, word in enumerate(value))


def _named(name: str, value: object) -> str:
    return _text(name, value, _HOST, "the name of a host in the inventory")


def _address(name: str, value: object) -> str:
    return _text(name, value, _ADDRESS, "a host name or an address that ssh connects to")


def _user(name: str, value: object) -> str:
    return _text(name, value, _USER, "the name of a user")


def _python(name: str, value: object) -> str:
    return _text(name, value, _PROGRAM, "the path of a Python on the nodes")


_LOGIN: dict[str, Callable[[str, object], t.Any]] = {"user": _user, "port": _port, "identity_file": _text}
_RUN: dict[str, Callable[[str, object], t.Any]] = {"python": _python, "become": _switch}
_OF_HOST = {"host": _named, "address": _address, "cluster": _text, **_LOGIN, **_RUN}
_OF_SOURCE = {"ssh_args": _words, "timeout": _seconds, "delay": _seconds, "max_delay": _seconds, "split": _switch}
_DEFAULTS: dict[str, t.Any] = {"ssh_args": (), "timeout": 30.0, "delay": 1.0, "max_delay": 60.0, "split": True}
_DEFAULTS_OF_HOSTS = {"user": None, "port": None, "identity_file": None, "python": "/usr/bin/python3", "become": False}
# ansible-rulebook adds it to the arguments of a source that asks for feedback.
_OF_RULEBOOK = "eda_feedback_queue"


def settings_of(args: Mapping[str, t.Any]) -> Settings:
    """The arguments, checked. Raises ArgumentError, which names the argument that is wrong."""
    given = {name: value for name, value in args.items() if value is not None and name != _OF_RULEBOOK}
    _only_known("", given, {"hosts", *_DEFAULTS_OF_HOSTS, *_OF_SOURCE})
    of_hosts = {name: read(name, given[name]) for name, read in {**_LOGIN, **_RUN}.items() if name in given}
    others = {name: read(name, given[name]) for name, read in _OF_SOURCE.items() if name in given}
    settings = Settings(tuple(_hosts(given.get("hosts"), of_hosts)), **dict(_DEFAULTS, **others))
    if settings.delay > settings.max_delay:
        raise _refused("delay", f"no longer than max_delay ({settings.max_delay:g} s)", settings.delay)
    return settings


def _only_known(where: str, given: Mapping[t.Any, t.Any], known: set[str]) -> None:
    for name in given:
        if name not in known:
            raise ArgumentError(f"corosync.quorum.votequorum: {where}there is no argument {name!r}. Arguments are {', '.join(sorted(known))}.")


def _hosts(hosts: object, of_all: Mapping[str, t.Any]) -> Iterator[Host]:
    if not isinstance(hosts, list) or not hosts:
        raise _refused("hosts", "a list of at least one host", hosts)
    names = set()
    for index, entry in enumerate(hosts):
        host = _host(f"hosts[{index}]", entry, of_all)
        if host.name in names:
            raise _refused("hosts", "a list without repetitions", host.name)
        names.add(host.name)
        yield host


def _host(where: str, entry: object, of_all: Mapping[str, t.Any]) -> Host:
    if isinstance(entry, str):
        entry = {"host": entry}
    if not isinstance(entry, dict) or "host" not in entry:
        raise _refused(where, "the name of a host, or a mapping with the key host", entry)
    given = {name: value for name, value in entry.items() if value is not None}
    _only_known(f"in {where} ", given, set(_OF_HOST))
    own = {name: _OF_HOST[name](f"{where}.{name}", value) for name, value in given.items()}
    address = own.get("address") or _address(f"{where}.host", own["host"])
    unused = [name for name in _LOGIN if address == LOCAL and name in own]
    if unused:
        raise _refused(f"{where}.{unused[0]}", f"left out, as {LOCAL} is followed without ssh (127.0.0.1 is not)", own[unused[0]])
    chosen: dict[str, t.Any] = {**_DEFAULTS_OF_HOSTS, **of_all, **own, "name": own["host"], "address": address, "cluster": own.get("cluster")}
    return Host(**{name: chosen[name] for name in Host._fields})
