# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node sends is an event that a playbook can be given, or refused."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.fakes.properties import examples
from unit.fakes.votequorum import value

from ansible_collections.corosync.quorum.plugins.plugin_utils._eda.received import BURST, RATE, SIZE, Pace, event_of
from ansible_collections.corosync.quorum.plugins.plugin_utils._eda.words import HostileError

GOOD = {
    "event": "quorum_lost",
    "at": "2026-11-22T10:15:02.123Z",
    "node": "node1",
    "nodeid": 1,
    "cluster_name": "lab",
    "nodes": ["node2"],
    "changed": {"quorate": {"before": True, "after": False}},
    "votequorum": value(),
}


def line(**changes):
    return json.dumps(dict(GOOD, **changes)).encode()


def test_an_event_is_taken_as_it_is():
    assert event_of(line()) == GOOD
    assert event_of(line(votequorum=None, reason="not_running", msg="corosync does not run.", cluster_name=None))["reason"] == "not_running"


def test_only_the_source_says_which_hosts_an_event_is_about():
    assert "meta" not in event_of(line(meta={"hosts": ["localhost"]}))


REFUSED = [
    (b"Last login: today", "'Last login: today' is no JSON"),
    (b"\xff\x00", "is no JSON"),
    (b"[" * 100000, "is no JSON"),
    (b"9" * 4000, "it is JSON, but no event"),
    (b"[]", "it is JSON, but no event"),
    (b"{}", "its 'event' is missing or wrong"),
    (line(event="split"), "its 'event' is missing or wrong"),
    (line(event="reachable"), "its 'event' is missing or wrong"),
    (line(event=["state"]), "its 'event' is missing or wrong"),
    (line(at="now"), "its 'at' is missing or wrong"),
    (line(node=None), "its 'node' is missing or wrong"),
    (line(cluster_name=1), "its 'cluster_name' is missing or wrong"),
    (line(votequorum=[]), "its 'votequorum' is missing or wrong"),
    (line(votequorum={}), "its 'votequorum' is not what votequorum_info returns (KeyError('nodeid'))"),
    (line(votequorum=dict(value(), members=[[1]])), "its 'votequorum' is not what"),
    (line(votequorum=dict(value(), members=["1"])), "its 'votequorum' has node ids, a ring, a reserve or a name that are none"),
    (line(votequorum=dict(value(), cluster_name=["lab"])), "its 'votequorum' has node ids, a ring, a reserve or a name that are none"),
    (line(votequorum=dict(value(), forecast={"as_now": {"tolerates": "1"}})), "its 'votequorum' has node ids, a ring, a reserve or a name that are none"),
    (line(votequorum=dict(value(), forecast={"as_now": {"tolerates": True}})), "its 'votequorum' has node ids, a ring, a reserve or a name that are none"),
    *(
        (line(votequorum=dict(value(), forecast={"as_now": {"tolerates": nothing}})), "its 'votequorum' has node ids, a ring, a reserve or a name")
        for nothing in ([], {}, "", False, 0.0)
    ),
    (line(votequorum=dict(value(), forecast={"as_now": []})), "its 'votequorum' is not what"),
    (line(votequorum=dict(value(), forecast=["as_now"])), "its 'votequorum' is not what"),
    (line(votequorum=dict(value(), settled="yes")), "its 'votequorum' is neither quorate nor not"),
    (line(__ansible_unsafe="x"), "it has the key '__ansible_unsafe'"),
    (line(changed={"ansible_connection": "local"}), "it has the key 'ansible_connection'"),
    (line(nodeid=10**20), "it has a number that is too large"),
    (line(nodeid=1).replace(b'"nodeid": 1', b'"nodeid": ' + b"9" * 5000, 1), "it has a number that is too large"),
    (line(at="\u0662\u0660\u0662\u0666-11-22T10:15:02.123Z"), "its 'at' is missing or wrong"),
    (line(nodeid=1).replace(b'"nodeid": 1', b'"nodeid": NaN', 1), "it has a number that is too large"),
    (line(nodeid=1).replace(b'"nodeid": 1', b'"nodeid": 1e999', 1), "it has a number that is too large"),
    (line(changed=json.loads("[" * 40 + "]" * 40)), "it is nested deeper than"),
]


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_what_is_no_event_is_refused(text, why):
    with pytest.raises(HostileError, match=re.escape(why)) as refused:
        event_of(text)
    assert str(refused.value).isprintable() and len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ lookup('pipe', 'id') }}", "{ { lookup('pipe', 'id') }}"),
        ("{%x%}{#", "{ %x%}{ #"),
        ("{{{", "{ { {"),
        ("#jinja2: variable_start_string:'['", "# jinja2: variable_start_string:'['"),
        ("a\nb\x1b[31m\u202e", "a\\nb\\x1b[31m\\u202e"),
        ("Knoten-\u00fc {1}", "Knoten-\u00fc {1}"),
        ("\ud800", "\\ud800"),
    ],
)
def test_text_is_printable_and_no_template(text, shown):
    assert event_of(line(node=text, changed={"names": [text]}))["changed"] == {"names": [shown]}


def texts(data):
    if isinstance(data, dict):
        return [text for key, item in data.items() for text in [key, *texts(item)]]
    return [text for item in data for text in texts(item)] if isinstance(data, list) else [data] if isinstance(data, str) else []


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet="{}%#j\x1b\u202ea", max_size=6),
    lambda more: st.lists(more, max_size=3) | st.dictionaries(st.text(max_size=3) | st.sampled_from("abc"), more, max_size=3),
)


@given(st.fixed_dictionaries({}, optional=dict(dict.fromkeys(GOOD, _junk), more=_junk)))
@examples(300)
def test_whatever_comes_is_refused_or_harmless(changes):
    try:
        event = event_of(line(**changes))
    except HostileError:
        return
    assert not [text for text in texts(event) if not text.isprintable() or re.search(r"\{[{%#]|#jinja2:", text)]
    json.dumps(event, allow_nan=False).encode()


@given(st.binary(max_size=200))
@examples(200)
def test_any_bytes_are_refused(data):
    with pytest.raises(HostileError):
        event_of(data)


def test_events_come_at_once_or_at_a_rate_but_are_never_lost():
    pace = Pace(0.0)
    assert [pace.wait(0.0) for _number in range(BURST)] == [0.0] * BURST
    assert pace.wait(0.0) == 1 / RATE
    assert pace.wait(0.0) == 2 / RATE
    assert pace.wait(1000.0) == 0.0


def test_a_long_event_counts_as_several():
    pace = Pace(0.0)
    long = 10 * SIZE
    assert [pace.wait(0.0, long) for _number in range(BURST // 11)] == [0.0] * (BURST // 11)
    assert pace.wait(0.0, long) > 0.0
    assert Pace(0.0).wait(0.0, SIZE - 1) == 0.0
