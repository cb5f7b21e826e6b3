# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One vote is `1 vote`, and foreign text does nothing to a terminal."""

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._value.words import LONGEST_NAME, count, printable, quoted, shown


@pytest.mark.parametrize(("number", "words"), [(0, "0 votes"), (1, "1 vote"), (2, "2 votes")])
def test_count(number, words):
    assert count(number, "vote") == words


@pytest.mark.parametrize(
    ("text", "shows"),
    [
        ("node-1 é 日本", "node-1 é 日本"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("\x9b31m\x7f\x00", "\\x9b31m\\x7f\\x00"),
        ("a\nok: [node2]\rb", "a\\nok: [node2]\\rb"),
        ("safe\u202egpj.exe\u2066\u200b", "safe\\u202egpj.exe\\u2066\\u200b"),
        ("\u2028\udc80", "\\u2028\\udc80"),
    ],
)
def test_what_acts_on_a_terminal_is_an_escape(text, shows):
    assert printable(text) == shown(text) == shows
    assert printable(shows) == shows


def test_line_ends_of_ours_stay():
    assert printable("one.\ntwo\t\x1b", kept="\n") == "one.\ntwo\\t\\x1b"


def test_a_quote_is_one_line_of_bounded_length():
    assert quoted("  refused\n  by\tnode\x1b ") == "refused by node\\x1b"
    assert quoted("x" * 5000) == "x" * 1000 + "… (4000 more characters)"
    assert shown("n" * 4096) == "n" * LONGEST_NAME + "… (3841 more characters)"
