# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading corosync.conf. That the rules are corosync's is for tests/truth/test_lint_corosync.py to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import I32, U8, U32, U64, Conf, number, parse
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples

TEXT = """# a comment
totem {
  version: 2
  interface {
    linknumber: 1
    mcastport: 5407
    member {
      memberaddr: 10.0.0.1
    }
    member {
      memberaddr: 10.0.0.2
    }
  }
}
nodelist {
  node {
    name: one
    nodeid: 1
  }
  node {
    nodeid: 2
    quorum_votes: 3
  }
}
quorum {
  provider: corosync_votequorum
  device {
    votes: 1
    net {
      host: 10.0.0.9
    }
  }
}
logging {
  logger_subsys {
    subsys: QUORUM
    debug: on
  }
  logging_daemon {
    name: corosync
    subsys: TOTEM
    debug: off
  }
  logging_daemon {
    name: qdevice
    debug: on
  }
}
uidgid {
  uid: 1000
}
quorum.two_node: 1
"""


def test_values_are_stored_under_corosyncs_names():
    conf = parse(TEXT)
    assert not conf.faults
    assert conf.values == {
        "totem.version": 2,
        "totem.interface.1.mcastport": 5407,
        "totem.interface.1.member.0": "10.0.0.1",
        "totem.interface.1.member.1": "10.0.0.2",
        "nodelist.node.0.name": "one",
        "nodelist.node.0.nodeid": 1,
        "nodelist.node.1.nodeid": 2,
        "nodelist.node.1.quorum_votes": 3,
        "quorum.provider": "corosync_votequorum",
        "quorum.device.votes": 1,
        "quorum.device.net.host": "10.0.0.9",
        "logging.logger_subsys.QUORUM.subsys": "QUORUM",
        "logging.logger_subsys.QUORUM.debug": "on",
        "logging.logger_subsys.TOTEM.subsys": "TOTEM",
        "logging.logger_subsys.TOTEM.debug": "off",
        "logging.logging_daemon.qdevice.debug": "on",
        "logging.logging_daemon.qdevice.name": "qdevice",
        "uidgid.config.uid.1000": 1,
        "quorum.two_node": "1",
    }


def test_lines_are_those_of_the_file():
    conf = parse(TEXT)
    lines = TEXT.split("\n")
    assert lines[conf.lines["nodelist.node.1.quorum_votes"] - 1].strip() == "quorum_votes: 3"
    assert lines[conf.lines["totem.interface.1.mcastport"] - 1].strip() == "mcastport: 5407"
    assert [lines[section.line - 1].strip() for section in conf.sections if section.path == "nodelist.node"] == ["node {", "node {"]


def test_number_and_text_are_kept_apart():
    conf = parse(TEXT)
    assert (conf.number("quorum.two_node"), conf.text("quorum.two_node")) == (None, "1")
    assert (conf.number("totem.version"), conf.text("totem.version")) == (2, None)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("totem {\n", 1, 'opens section "totem", which is never closed'),
        ("totem {\n}\n}\n", 3, 'has "}" but no section is open'),
        ("totem { version: 2 }\n", 1, 'has more after "{": "version: 2 }"'),
        ("totem {\n} # end\n", 2, 'has more than "}"'),
        ("{\n}\n", 1, 'has "{" without a section name'),
        ("totem {\nversion = 2\n}\n", 2, 'is neither "key: value"'),
        ("\n" + "k" * 511 + "\n", 2, "is longer than 510 bytes"),
        ("a\0b\n", 1, "has a NUL byte"),
        ("totem {\n: 2\n}\n", 2, "no key before"),
        ("uidgid {\nsub {\n}\n}\n", 2, 'inside "uidgid", which takes none'),
        ("a {\n" * 200, 128, "section path of more than 255 bytes"),
    ],
)
def test_a_fault_of_the_form_names_the_line_and_ends_the_reading(text, line, words):
    conf = parse(text + "totem {\nversion: many\n}\n")
    assert [fault.id for fault in conf.faults] == ["refused_syntax"]
    assert conf.faults[0].line == line
    assert words in conf.faults[0].message
    assert f"Line {line} " in conf.faults[0].message


def test_faults_of_values_are_all_found():
    conf = parse("quorum {\ntwo_node: yes\nwait_for_all: 256\nexpected_votes: 3 # all\n}\nuidgid {\nuser: x\n}\ntotem {\n\u00fc: 1\n}\n")
    assert [(fault.id, fault.line) for fault in conf.faults] == [
        ("refused_number", 2),
        ("refused_number", 3),
        ("refused_number", 4),
        ("refused_key", 7),
        ("refused_key_name", 10),
    ]
    assert conf.faults[0].message == 'quorum.two_node takes a number from 0 to 255, not "yes".'
    assert "1 for on, 0 for off" in conf.faults[0].advice
    assert "comment needs a line of its own" in conf.faults[2].advice
    assert '"totem.\u00fc"' in conf.faults[4].message


@pytest.mark.parametrize(
    ("text", "limits", "value"),
    [
        ("0", U8, 0),
        ("255", U8, 255),
        ("256", U8, None),
        ("-1", U8, None),
        ("+7", U8, 7),
        ("007", U8, 7),
        ("", U8, None),
        ("+", U8, None),
        ("1x", U8, None),
        ("1.0", U8, None),
        ("\v1", U8, 1),
        ("1 ", U8, None),
        ("\u0661", U8, None),
        ("1_0", U8, None),
        ("4294967295", U32, 4294967295),
        ("4294967296", U32, None),
        ("-2147483648", I32, -2147483648),
        ("-2147483649", I32, None),
        ("18446744073709551615", U64, 2**64 - 1),
        ("18446744073709551616", U64, None),
        ("-1", U64, 2**64 - 1),
        ("0" * 6000 + "1", U8, 1),
        ("9" * 6000, U64, None),
    ],
)
def test_number(text, limits, value):
    assert number(text, limits) == value


def test_text_is_given_back_as_it_was_written():
    conf = parse("totem {\ncluster_name: t\u00fcv\u4e2d\U0001f600\n}\n")
    assert conf.text("totem.cluster_name") == "t\u00fcv\u4e2d\U0001f600"


@examples(100)
@given(st.text())
def test_any_text_is_read(text):
    conf = parse(text)
    assert isinstance(conf, Conf)
    assert all(1 <= fault.line <= text.count("\n") + 1 for fault in conf.faults)
    assert set(conf.lines) == set(conf.values)
