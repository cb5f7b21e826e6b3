# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""corosync.conf written: what is read back is what was meant, and nothing else can be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._conf.parser import parse
from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster import conf_text as tested
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples

NAMES = st.from_regex(r"[a-z][a-z0-9_]{2,8}", fullmatch=True)
WORDS = st.from_regex(r"[A-Za-z0-9:./#-]([A-Za-z0-9 :./#-]{0,20}[A-Za-z0-9:./#-])?", fullmatch=True)


def test_sections_in_sections_and_lists_of_them():
    text = tested.render({"nodelist": {"node": [{"nodeid": 1}, {"nodeid": 2}]}, "quorum": {"provider": "p", "device": {"model": "net", "votes": None}}})
    assert (
        text == "nodelist {\n    node {\n        nodeid: 1\n    }\n    node {\n        nodeid: 2\n    }\n}\n\n"
        "quorum {\n    provider: p\n    device {\n        model: net\n    }\n}\n"
    )


def test_booleans_are_words():
    assert "to_syslog: yes\n    to_file: no\n" in tested.render({"logging": {"to_syslog": True, "to_file": False}})


@examples(100)
@given(st.dictionaries(NAMES, st.dictionaries(NAMES, WORDS, min_size=1, max_size=4), min_size=1, max_size=3))
def test_corosync_reads_back_what_was_meant(sections):
    found = parse(tested.render({"own_" + name: content for name, content in sections.items()}))
    assert not found.faults
    assert found.values == {f"own_{name}.{key}": value for name, content in sections.items() for key, value in content.items()}


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"totem": {"token": "1000\n}\nquorum {"}}, "totem.token"),
        ({"totem": {"token": "a { b"}}, "totem.token"),
        ({"totem": {"token": "}"}}, "totem.token"),
        ({"totem": {"token": " "}}, "totem.token"),
        ({"totem": {"token": "x" * 401}}, "totem.token"),
        ({"totem": {"token": 1.5}}, "totem.token"),
        ({"totem": {"to ken": 1}}, "to ken"),
        ({"totem": {"interface": [{"a:b": 1}]}}, "a:b"),
        ({"totem {": {}}, "totem {"),
        ({"system": "fast"}, "system"),
    ],
)
def test_what_could_be_read_as_something_else_is_refused(sections, named):
    with pytest.raises(tested.TextError) as error:
        tested.render(sections)
    assert named in str(error.value)
