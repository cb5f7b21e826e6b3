# Copyright (c) 2026 corosync.quorum contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# This module util is PRIVATE to the collection: no other code may rely on it.

"""Read corosync.conf as corosync 3.1 does, with line numbers, and read on after an error where that is possible.

The rules are those of corosync's exec/coroparse.c (3.1.7 to 3.1.10; where they differ, the newest). A key is
stored by its whole path, so ``two_node`` in section ``quorum`` is ``quorum.two_node``; nodes and links are counted:
``nodelist.node.0.nodeid``, ``totem.interface.1.mcastport``. A value is an int only where corosync knows the key as a
number *and* it is in its own section: ``quorum.two_node: 1`` outside of any section stays text, and has no effect.
"""

import re
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._conf.encryption import HIDDEN, may_have_key

U8 = (0, 2**8 - 1)
U16 = (0, 2**16 - 1)
U32 = (0, 2**32 - 1)
I32 = (-(2**31), 2**31 - 1)
U64 = (0, 2**64 - 1)

Value = t.Union[int, str]
Range = t.Tuple[int, int]

_TOTEM_U32 = (
    "version nodeid threads token token_coefficient token_retransmit token_warning hold token_retransmits_before_loss_const join send_join consensus "
    "merge downcheck fail_recv_const seqno_unchanged_const heartbeat_failures_allowed max_network_delay window_size max_messages miss_count_const "
    "knet_pmtud_interval knet_mtu knet_compression_threshold netmtu"
).split()
_QUORUM_U8 = "two_node wait_for_all last_man_standing auto_tie_breaker allow_downscale expected_votes_tracking".split()
_QUORUM_U32 = "expected_votes votes last_man_standing_window leaving_timeout".split()

# section -> {key -> smallest and largest number}. Everything else is text.
NUMBERS: t.Dict[str, t.Dict[str, Range]] = {
    "quorum": dict(dict.fromkeys(_QUORUM_U8, U8), **dict.fromkeys(_QUORUM_U32, U32)),
    "quorum.device": {"timeout": U32, "sync_timeout": U32, "votes": U32, "master_wins": U8},
    "totem": dict(dict.fromkeys(_TOTEM_U32, U32), knet_compression_level=I32, config_version=U64),
    "totem.interface": dict(
        dict.fromkeys(["linknumber", "ttl", "knet_link_priority"], U8),
        mcastport=U16,
        **dict.fromkeys("knet_ping_interval knet_ping_timeout knet_ping_precision knet_pong_count".split(), U32),
    ),
    "nodelist.node": {"nodeid": U32, "quorum_votes": U32},
    "resources": {"watchdog_timeout": U32},
}

# Keys of an interface section that are stored under the number of the link.
LINK_KEYS = ["bindnetaddr", "mcastaddr", "broadcast", "knet_transport"] + [key for key in NUMBERS["totem.interface"] if key != "linknumber"]

# Sections that say in a key of their own what they are about, and are stored under that name.
_NAMED = ("logging.logger_subsys", "logging.logging_daemon")
_LONGEST_LINE = 510  # bytes without the newline: char line[512] in parse_section()
_LONGEST_NAME = 255  # ICMAP_KEYNAME_MAXLEN
_BLANK = " \t\xa0"  # 0xA0 since 3.1.8; the text is held as latin-1 here, one character a byte
_MARK = "\xef\xbb\xbf"  # UTF-8's byte order mark, which some editors write, and which is a part of the first name to corosync
_NAME = re.compile(r"[a-zA-Z0-9._/:-]{3,255}\Z")
_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?)([0-9]+)\Z")


class Item(t.NamedTuple):
    section: str
    key: str
    value: str
    line: int


class Section(t.NamedTuple):
    path: str
    line: int


class Fault(t.NamedTuple):
    id: str
    line: int
    message: str
    advice: str


class Conf:
    """What corosync would have in cmap after reading the file, and where it came from.

    ``values``: cmap key to int or str. ``lines``: cmap key to the line that set it. ``items`` and ``sections``: what was
    written, in order. ``faults``: why corosync refuses to read it; after a fault of the file's form nothing more is read.
    """

    def __init__(self) -> None:
        self.values: t.Dict[str, Value] = {}
        self.lines: t.Dict[str, int] = {}
        self.items: t.List[Item] = []
        self.sections: t.List[Section] = []
        self.faults: t.List[Fault] = []

    def number(self, key: str) -> t.Optional[int]:
        """The number corosync finds under this key, None if there is none or it is text."""
        value = self.values.get(key)
        return value if isinstance(value, int) else None

    def text(self, key: str) -> t.Optional[str]:
        """The text corosync finds under this key, None if there is none or it is a number."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None


def number(text: str, limits: Range) -> t.Optional[int]:
    """``text`` as the number corosync makes of it, None where it refuses (safe_atoq() and str_to_ull(), coroparse.c)."""
    found = _NUMBER.match(text)
    # 25 digits are far more than any range here has; int() refuses thousands of them since Python 3.11.
    digits = found.group(2).lstrip("0") if found else ""
    if not found or len(digits) > 25:
        return None
    value = int(digits or "0")
    if found.group(1) == "-":
        # strtoull() takes a minus sign and wraps.
        value = (2**64 - value) % 2**64 if limits == U64 and value <= U64[1] else -value
    return value if limits[0] <= value <= limits[1] else None


def parse(text: str) -> Conf:
    """``text`` of a corosync.conf, read. Never raises: what corosync refuses is in ``faults`` of the answer."""
    reader = _Reader()
    lines = _lines(text)
    for line_number, line in enumerate(lines, 1):
        if not reader.read(line_number, line):
            break
    else:
        reader.end()
    if reader.conf.faults and lines[0].startswith(_MARK):
        reader.blame_mark()
    return reader.conf


def _lines(text: str) -> t.List[str]:
    lines = text.encode("utf-8", "replace").decode("latin-1").split("\n")
    return lines if lines[-1] else lines[:-1]


def _readable(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")


def _shown_path(path: str) -> str:
    """The path of a section or of a wrong name. A line such as `key: SECRET {` opens a section."""
    return HIDDEN if may_have_key(path) else _readable(path)


def _strip_end(text: str, ending: str) -> str:
    """As remove_whitespace() does it, which never strips the first character."""
    text = text.lstrip(_BLANK)
    return text[:1] + text[1:].rstrip(ending)


class _Reader:
    """parse_section() and main_config_parser_cb(), with a stack instead of recursion."""

    def __init__(self) -> None:
        self.conf = Conf()
        self._open: t.List[Section] = []
        self._line = 0
        self._node = 0
        self._link: t.Dict[str, t.Tuple[Value, int]] = {}
        self._named: t.Dict[str, t.Tuple[str, int]] = {}
        self._named_section = ""
        self._members = 0
        self._text = ""

    def blame_mark(self) -> None:
        """Nothing else is said of a file whose first line does not say what people see there."""
        self._line = 1
        del self.conf.faults[:]
        self._malformed("begins with a byte order mark, which corosync takes for a part of the first name", "Save the file as UTF-8 without that mark.")

    def read(self, line_number: int, line: str) -> bool:
        """One line. False: its form is wrong and nothing after it is read."""
        self._line, self._text = line_number, line
        if len(line) > _LONGEST_LINE:
            return self._malformed(f"is longer than {_LONGEST_LINE} bytes", "Shorten it; corosync has no continuation lines.")
        if "\0" in line:
            if line[0] == "\0":
                return True
            return self._malformed("has a NUL byte", "Write the file as plain text.")
        line = (line[:-1] if line.endswith("\r") else line).rstrip(_BLANK)
        if line.lstrip(_BLANK)[:1] in ("", "#"):
            return True
        if "{" in line:
            return self._start(*line.split("{", 1))
        if ":" in line:
            return self._item(*line.split(":", 1))
        if "}" in line:
            return self._close(line.strip(_BLANK))
        return self._malformed(
            f'is neither "key: value" nor the start or end of a section: "{self._quoted(line)}"',
            'Write "key: value", "name {" or "}", each on a line of its own.',
        )

    def end(self) -> None:
        if self._open:
            section = self._open[-1]
            self._line = section.line
            self._malformed(f'opens section "{_shown_path(section.path)}", which is never closed', 'Add the missing "}".')

    def _malformed(self, what: str, advice: str) -> bool:
        self._fault("refused_syntax", f"Line {self._line} {what}.", advice + " Nothing after this line was read.")
        return False

    def _fault(self, fault_id: str, message: str, advice: str) -> None:
        self.conf.faults.append(Fault(fault_id, self._line, message, advice))

    def _quoted(self, text: str) -> str:
        """A part of the line. The key of the cluster may be in the file."""
        return HIDDEN if may_have_key(self._text) else _readable(text.strip())

    @property
    def _path(self) -> str:
        return self._open[-1].path if self._open else ""

    def _start(self, before: str, after: str) -> bool:
        name = _strip_end(before, _BLANK + ":{")
        if not name:
            return self._malformed('has "{" without a section name before it', 'Write "name {".')
        if after.strip(_BLANK):
            return self._malformed(f'has more after "{{": "{self._quoted(after)}"', 'End the line after "{"; each key and each "}" has a line of its own.')
        path = self._path + "." + name if self._open else name
        if len(self._path) + len(name) + 1 >= _LONGEST_NAME:
            return self._malformed(f"makes a section path of more than {_LONGEST_NAME} bytes", "Nest less or use shorter names.")
        if self._path == "uidgid" or self._path == "totem.interface.member":
            return self._malformed(f'opens a section inside "{self._path}", which takes none', f'Close "{self._path}" first.')
        self._open.append(Section(path, self._line))
        self.conf.sections.append(Section(_shown_path(path), self._line))
        if path == "nodelist":
            self._node = 0  # a second nodelist overwrites the first one's nodes, one by one
        elif path == "totem.interface":
            self._link, self._members = {}, 0
        elif path in _NAMED:
            self._named, self._named_section = {}, path
        return True

    def _close(self, line: str) -> bool:
        if line != "}":
            return self._malformed(f'has more than "}}": "{self._quoted(line)}"', 'Give "}" a line of its own.')
        if not self._open:
            return self._malformed('has "}" but no section is open', 'Remove it, or look for a "{" that is missing above.')
        section = self._open.pop()
        if section.path == "nodelist.node":
            self._node += 1
        elif section.path == "totem.interface":
            self._store_link()
        elif section.path in _NAMED:
            self._store_named(section)
        return True

    def _item(self, before: str, after: str) -> bool:
        key = _strip_end(before, _BLANK + ":{")
        value = _strip_end(after, _BLANK)
        if not key:
            return self._malformed('has a value but no key before ":"', 'Write "key: value". (corosync before 3.1.8 let it pass in a section.)')
        if len(self._path) + len(key) + 1 >= _LONGEST_NAME:
            return self._malformed(f"makes a key path of more than {_LONGEST_NAME} bytes", "Nest less or use shorter names.")
        self.conf.items.append(Item(_shown_path(self._path), _readable(key), _readable(value), self._line))
        self._keep(key, value)
        return True

    def _keep(self, key: str, value: str) -> None:
        path = self._path
        limits = _limits(path, key)
        typed: Value = value
        if limits:
            found = number(value, limits)
            if found is None:
                self._bad_number(key, self._quoted(value), limits)
                return
            typed = found
        if path == "totem.interface" and (key == "linknumber" or key in LINK_KEYS):
            self._link[key] = (typed, self._line)
        elif path == "totem.interface.member":
            self._keep_member(key, value)
        elif path == "uidgid":
            self._keep_uidgid(key, value)
        elif any(within(path, section) for section in _NAMED):
            self._named[(path + "." + key)[len(self._named_section) + 1 :]] = (value, self._line)
        elif within(path, "nodelist.node"):
            self._store(f"nodelist.node.{self._node}.{(path + '.' + key)[len('nodelist.node.') :]}", typed)
        else:
            self._store(path + "." + key if path else key, typed)

    def _keep_member(self, key: str, value: str) -> None:
        if key != "memberaddr":
            self._fault(
                "refused_key",
                f'Section totem.interface.member has "{_readable(key)}"; corosync takes only memberaddr there.',
                "Use a nodelist instead: member sections are deprecated.",
            )
            return
        self._link[f"member.{self._members}"] = (value, self._line)
        self._members += 1

    def _keep_uidgid(self, key: str, value: str) -> None:
        if key not in ("uid", "gid"):
            self._fault("refused_key", f'Section uidgid has "{_readable(key)}"; corosync takes only uid and gid there.', "Remove the line.")
            return
        self._store(f"uidgid.config.{key}.{value}", 1)

    def _bad_number(self, key: str, value: str, limits: Range) -> None:
        advice = f"Give a plain number{': 1 for on, 0 for off' if limits == U8 else ''}."
        if "#" in value:
            advice += " A comment needs a line of its own."
        name = self._path + "." + key
        self._fault("refused_number", f'{name} takes a number from {limits[0]} to {limits[1]}, not "{value}".', advice)

    def _store(self, name: str, value: Value, line: t.Optional[int] = None) -> None:
        if not _NAME.match(name):
            self._fault(
                "refused_key_name",
                f'corosync cannot store a key named "{_shown_path(name)}".',
                "Names are 3 to 255 characters of a-z, A-Z, 0-9 and . _ - / : long, including the name of their section.",
            )
            return
        self.conf.values[name] = _readable(value) if isinstance(value, str) else value
        self.conf.lines[name] = line or self._line

    def _store_link(self) -> None:
        number_of_link = self._link.pop("linknumber", (0, 0))[0]
        for key, (value, line) in self._link.items():
            self._store(f"totem.interface.{number_of_link}.{key}", value, line)
        self._link, self._members = {}, 0

    def _store_named(self, section: Section) -> None:
        daemon = section.path.endswith("logging_daemon")
        wanted = "name" if daemon else "subsys"
        if wanted not in self._named:
            self._fault(
                "refused_logging",
                f'The section {section.path} opened in line {section.line} has no "{wanted}".',
                f"Say which {'daemon' if daemon else 'subsystem'} it is about.",
            )
            self._named = {}
            return
        subsys = self._named["subsys"][0] if "subsys" in self._named else None
        prefix = f"logging.logger_subsys.{subsys}"
        if daemon and self._named["name"][0] == "corosync":
            del self._named["name"]
            prefix = "logging" if subsys is None else prefix
        elif daemon:
            prefix = ".".join(["logging.logging_daemon", self._named["name"][0]] + ([] if subsys is None else [subsys]))
        for key, (value, line) in self._named.items():
            self._store(f"{prefix}.{key}", value, line)
        self._named = {}


def within(path: str, section: str) -> bool:
    """Whether the section at ``path`` is ``section`` or lies in it."""
    return path == section or path.startswith(section + ".")


def _limits(section: str, key: str) -> t.Optional[Range]:
    if key == "poll_period" and (within(section, "resources.system") or within(section, "resources.process")):
        return U64
    return NUMBERS.get(section, {}).get(key)
