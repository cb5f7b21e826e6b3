# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is taken over of a node's answer, whatever that is."""

from __future__ import annotations

import copy
import dataclasses
import json
import types
import typing as t

import pytest
from ansible.errors import AnsibleConnectionFailure
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.corosync.quorum.plugins.module_utils._judge.assess import completed
from ansible_collections.corosync.quorum.plugins.module_utils._value.shape import VALUE
from ansible_collections.corosync.quorum.plugins.plugin_utils._received import (
    MOST_ENTRIES,
    StrangeAnswer,
    answer_of,
    discovered,
    reading_of,
    record_of,
    value_of,
)
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade import history
from ansible_collections.corosync.quorum.tests.unit.fakes.properties import examples
from ansible_collections.corosync.quorum.tests.unit.fakes.timelines import at, mark
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import device, node, value

INFINITE, NAN = float("inf"), float("nan")
NUMBERS = st.one_of(st.integers(), st.floats(), st.just(10**400), st.sampled_from([2**32, 2**64, -1, 5_000_000]))
PLAIN = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=20), st.just("n" * 5000))
ANYTHING = st.recursive(PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)), max_leaves=12)


@dataclasses.dataclass(frozen=True)
class Event:
    """As ansible-core has it from 2.19 on."""

    msg: str
    formatted_source_context: str | None = None
    formatted_traceback: str | None = None
    help_text: str | None = None
    chain: t.Any = None
    events: t.Any = None


@dataclasses.dataclass(frozen=True)
class Summary:
    event: Event


def answered(answer: t.Any, own: t.Sequence[str] = ()) -> dict[str, t.Any]:
    def execute(**dummy: t.Any) -> t.Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    action = types.SimpleNamespace(_execute_module=execute, _task=types.SimpleNamespace(delegate_to="web2"))
    return answer_of(action, own, task_vars={"inventory_hostname": "web1"})


def with_devices() -> dict[str, t.Any]:
    return value(qdevice=device(), wait_for_all=True, last_man_standing=True, tie_breaker="lowest")


# -- the answer as a whole


def test_what_any_module_may_say_is_kept() -> None:
    answer = {
        "changed": False,
        "failed": True,
        "msg": "No\n corosync\x1b.",
        "reason": "not_running",
        "rc": 1,
        "module_stderr": "Traceback\n\tx\x07",
        "own": [1],
    }
    assert answered(answer, ["own"]) == dict(answer, msg="No corosync\\x1b.", module_stderr="Traceback\n\tx\\x07")


@pytest.mark.parametrize(
    "key",
    "ansible_facts ansible_stats add_host add_group results skipped diff include stdout stderr deprecations invocation _ansible_no_log".split(),
)
def test_nothing_else_is(key: str) -> None:
    assert answered({"changed": True, key: {"anything": 1}}) == {"changed": True}


def test_a_node_does_not_call_itself_unreachable() -> None:
    """Only Ansible's connection does, and a gate passes over such a host."""
    assert answered({"unreachable": True}) == {"failed": True}


def test_texts_have_a_bounded_length_and_number() -> None:
    found = answered({"failed": True, "msg": "m" * 10**6, "module_stdout": "o" * 10**6 + "end", "warnings": ["w\x1b"] * 10**5, "results_file": "f" * 10**6})
    assert len(json.dumps(found)) < 30_000
    assert found["module_stdout"].endswith("end") and found["warnings"][0] == "w\\x1b"


def test_messages_of_newer_ansible_cores_stay_what_they_are_without_their_tricks() -> None:
    event = Event("boom\x1b[2J", "context", "Traceback\n\x07", "help", chain=Summary(Event("more")), events=(Event("more"),))
    clean = Summary(Event("boom\\x1b[2J", formatted_traceback="Traceback\n\\x07"))
    assert answered({"failed": True, "exception": Summary(event), "warnings": [Summary(event)]}) == {"failed": True, "exception": clean, "warnings": [clean]}
    unknown = types.SimpleNamespace(event=types.SimpleNamespace(msg="boom\x1b"))
    assert answered({"failed": True, "exception": unknown})["exception"] == "boom\\x1b"
    assert answered({"failed": True, "exception": "Traceback\x1b"})["exception"] == "Traceback\\x1b"


def test_what_ansible_stumbles_over_is_a_failure_in_a_sentence() -> None:
    found = answered(AttributeError("'str' object has no attribute 'keys'\x1b"))
    assert found == {"failed": True, "msg": "The answer of web1 -> web2 cannot be read: AttributeError: 'str' object has no attribute 'keys'\\x1b"}
    with pytest.raises(AnsibleConnectionFailure):
        answered(AnsibleConnectionFailure("no route"))


@pytest.mark.parametrize(("job", "kept"), [("j123.456", True), ("../../etc", False), ("a b", False), (7, False)])
def test_a_job_in_the_background_has_a_plain_name(job: t.Any, kept: bool) -> None:
    assert ("ansible_job_id" in answered({"changed": True, "ansible_job_id": job, "started": 1, "finished": INFINITE})) is kept


@pytest.mark.parametrize("path", ["/usr/bin/python3.11", "/opt/py+3/bin/python", "/usr/bin/python3 -c x", "/usr/bin/python\n", "bin/python", False, None])
def test_an_interpreter_is_a_plain_path(path: t.Any) -> None:
    action = types.SimpleNamespace(_discovered_interpreter_key="discovered_interpreter_python", _discovered_interpreter=path)
    assert bool(discovered(action)) is (str(path) in ("/usr/bin/python3.11", "/opt/py+3/bin/python"))
    assert discovered(types.SimpleNamespace(_discovered_interpreter_key=None, _discovered_interpreter=path)) == {}


# -- a value


def test_a_value_is_taken_over_as_it_is_but_for_what_is_not_of_it() -> None:
    for seen in (value(), with_devices(), value(members=[], asked=2), completed(with_devices(), {}, {})):
        more = copy.deepcopy(seen)
        more["more"] = [["deep"]]
        more["ring_id"]["more"] = 1
        more["nodes"][0]["more"] = 1
        if more["qdevice"]:
            more["qdevice"]["more"] = more["nodes"][0]["qdevice"]["more"] = 1
        assert value_of(more) == seen
        assert list(value_of(more)) == list(seen)


def test_a_value_without_what_a_later_version_added_has_it_as_unknown() -> None:
    old = value(nodes=[{key: item for key, item in node(1).items() if key not in ("addresses", "links")}])
    assert value_of(old)["nodes"] == [dict(node(1), addresses=None, links=None)]
    one = node(2, links=[{"link": 0, "connected": True, "more": [1]}])
    assert value_of(value(nodes=[node(1), one]))["nodes"][1]["links"] == [{"link": 0, "connected": True}]


def test_names_in_the_value_stay_data() -> None:
    odd = value(nodes=[node(1, name="\x1b[2J{{ x }}"), node(2)])
    assert value_of(odd)["nodes"][0]["name"] == "\x1b[2J{{ x }}"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"total_votes": INFINITE}, "total_votes is the number inf, not a number"),
        ({"total_votes": NAN}, "total_votes is the number nan, not a number"),
        ({"expected_votes": 10**400}, "expected_votes is a number of more than 64 bits, not a number of 64 bits"),
        ({"quorum": True}, "quorum is the boolean true, not a number"),
        ({"name": "n" * 4096}, "name is a string of 4096 characters, not a text or null of at most 1024 characters"),
        ({"members": list(range(100_000))}, "members has 100000 entries, and a cluster at most 384 nodes"),
        ({"nodes": [node(number) for number in range(1000)]}, "nodes has 1000 entries"),
        ({"nodes": [node(number, name="n" * 4096) for number in range(64)]}, "of an entry of nodes, name is a string of 4096 characters"),
        ({"auto_tie_breaker": {"nodes": [1] * 1000}}, "nodes of auto_tie_breaker has 1000 entries"),
        ({"cluster_name": ["web"]}, "cluster_name is a list, not a text or null"),
        ({"nodes": [node(1, addresses=["a"] * 9)]}, "of an entry of nodes, addresses is a list, not a list of addresses or null"),
        ({"nodes": [node(1, addresses=["a" * 4096])]}, "of an entry of nodes, addresses is a list"),
        ({"nodes": [node(1, links=[{"link": 0}])]}, "of an entry of nodes, links is a list, not a list of links or null"),
        ({"nodes": [node(1, links=[{"link": 9, "connected": True}])]}, "of an entry of nodes, links is a list"),
        ({"nodes": [node(1, links=[{"link": 0, "connected": True}] * 9)]}, "of an entry of nodes, links is a list"),
        ({"ring_id": None}, "it lacks ring_id.nodeid"),
        ({"members": [1, 9]}, "nodes says nothing of member the number 9"),
        ({"forecast": {"tolerates": INFINITE}}, "its forecast is none"),
        ({"problems": [{"id": 1}]}, "its problems are none"),
    ],
)
def test_what_corosync_cannot_say_is_named(changes: dict[str, t.Any], words: str) -> None:
    with pytest.raises(StrangeAnswer) as raised:
        value_of(dict(value(), **changes))
    assert words in str(raised.value) and len(str(raised.value)) < 500


def test_problems_are_sentences_of_bounded_length() -> None:
    problem = {"id": "a", "severity": "error", "message": "m\x1b" * 10_000, "advice": "x"}
    found = value_of(dict(value(), problems=[problem] * 1000))["problems"][0]
    assert len(found["message"]) < 20_000 and "\x1b" not in found["message"]


@pytest.mark.parametrize(
    "reading",
    [
        None,
        [],
        {"value": value(), "cmap": [], "files": {}},
        {"value": value(), "cmap": {str(number): 1 for number in range(30_000)}, "files": {}},
        {"value": value(), "cmap": {}, "files": {"corosync.conf": ["text"]}},
        {"value": value(), "cmap": {}, "files": {"corosync.conf": "x" * 2_000_000}},
    ],
)
def test_a_reading_is_of_the_modules_kind(reading: t.Any) -> None:
    with pytest.raises(StrangeAnswer):
        reading_of(reading)


@pytest.mark.parametrize(("said", "files"), [("changed", {"authkey": "changed"}), ("a secret", {}), (None, {}), ({}, {})])
def test_of_a_key_only_that_it_was_changed_is_taken_over(said: t.Any, files: t.Any) -> None:
    assert reading_of({"value": value([1]), "cmap": {}, "files": {"authkey": said}})[2] == files


@examples(100)
@given(data=st.data(), cmap=st.dictionaries(st.sampled_from("quorum.auto_tie_breaker_node config.reload_status totem.config_version x".split()), ANYTHING))
def test_any_reading_is_judged_or_refused(data: st.DataObject, cmap: dict[str, t.Any]) -> None:
    """What passes has a judgement, without an error, and it can be sent on."""
    seen = with_devices()
    for path, _kind in data.draw(st.lists(st.sampled_from(VALUE), max_size=3)):
        *folders, last = path.split(".")
        inside: t.Any = seen
        for key in folders:
            inside = inside.get(key) if isinstance(inside, dict) else None
        if isinstance(inside, dict):
            inside[last] = data.draw(ANYTHING)
    entry = data.draw(st.sampled_from(seen["nodes"])) if isinstance(seen["nodes"], list) and seen["nodes"] else None
    if isinstance(entry, dict):
        entry[data.draw(st.sampled_from(sorted(node(1))))] = data.draw(ANYTHING)
    try:
        found = completed(*reading_of({"value": seen, "cmap": cmap, "files": {"corosync.conf": data.draw(st.text())}}))
    except StrangeAnswer as error:
        assert str(error)
    else:
        assert json.loads(json.dumps(found)) == found


# -- a record

LOOKED = dict(mark(0, "state"), quorate=True, total_votes=2, quorum=2, ring_id={"nodeid": 1, "seq": 8}, members=[1, 2], joined=[2], left=[3])
TIMELINE = [LOOKED, mark(1, "corosync_unavailable", reason="not_running"), mark(2, "corosync_unavailable", reason=None)]
RECORD = {
    "run": "0123456789abcdef",
    "timeline": TIMELINE,
    "boots": [len(TIMELINE), 0],
    "unreadable": 0,
    "running": True,
    "looked": True,
    "now": at(9),
    "until": at(9),
}
WHOLE = dict(RECORD, offset=-0.25, runs=["fedcba9876543210"], was_running=False)


def test_a_record_is_taken_over_as_it_is_but_for_what_is_not_of_it() -> None:
    for record in (WHOLE, dict(RECORD, runs=[]), dict(WHOLE, run=None, until=None, timeline=[], boots=[0])):
        more = dict(copy.deepcopy(record), more=1)
        for entry in more["timeline"]:
            entry["more"] = {"any": "thing"}
        assert record_of(more, has_offset="offset" in record) == record
    assert MOST_ENTRIES == history.MOST_ENTRIES


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"timeline": None}, "the timeline of its record is nothing (None)"),
        ({"timeline": [{}] * 25_001}, "the timeline of its record has 25001 entries, and a record at most 25000"),
        ({"timeline": [TIMELINE[0], 7]}, "entry 2 of its record is the number 7"),
        ({"timeline": [{}]}, "entry 1 of its record lacks at"),
        (
            {"timeline": [dict(LOOKED, members=list(range(384)))] * 6000, "boots": [6000]},
            "the entries of its record name more than 2000000 nodes together, and a record has no room for that",
        ),
        ({"timeline": [dict(TIMELINE[0], event="e" * 1000)]}, "event of entry 1 of its record is a string of 1000 characters"),
        ({"timeline": [dict(TIMELINE[0], members=list(range(1000)))]}, "members of entry 1 of its record is a list"),
        ({"timeline": [dict(TIMELINE[0], ring_id={"nodeid": 1, "seq": 8, "more": "m" * 10**6})]}, "ring_id of entry 1 of its record is a dictionary"),
        ({"timeline": [dict(TIMELINE[0], quorum=10**400)]}, "quorum of entry 1 of its record is a number of more than 64 bits"),
        ({"boots": [1, 1]}, f"boots of its record is of 2 entries, and the record has {len(TIMELINE)}"),
        ({"boots": [0, len(TIMELINE)]}, "boots of its record is a list"),
        ({"boots": []}, "boots of its record is an empty list"),
        ({"boots": [len(TIMELINE), -1]}, "boots of its record is a list"),
        ({"boots": len(TIMELINE)}, f"boots of its record is the number {len(TIMELINE)}"),
        ({"unreadable": "many"}, "unreadable of its record is the string 'many'"),
        ({"looked": 1}, "looked of its record is the number 1"),
        ({"now": "\x1b[2J"}, "now of its record is the string '\\x1b[2J'"),
        ({"until": 7}, "until of its record is the number 7"),
        ({"offset": NAN}, "offset of its record is the number nan"),
        ({"offset": 10**400}, "offset of its record is a number of more than 64 bits"),
        ({"run": "../../etc"}, "run of its record is the string '../../etc'"),
        ({"runs": ["../../etc"]}, "runs of its record is a list"),
        ({"runs": ["fedcba9876543210"] * 10_000}, "runs of its record is a list"),
    ],
)
def test_a_record_that_the_module_does_not_return(change: dict[str, t.Any], words: str) -> None:
    with pytest.raises(StrangeAnswer) as raised:
        record_of(dict(WHOLE, **change), has_offset=True)
    assert str(raised.value) == words


@pytest.mark.parametrize("key", [key for key in WHOLE if key not in ("timeline", "was_running")])
def test_a_record_lacks_nothing(key: str) -> None:
    with pytest.raises(StrangeAnswer, match=f"^its record lacks {key}$"):
        record_of({name: item for name, item in WHOLE.items() if name != key}, has_offset=True)


FLAT = st.one_of(PLAIN, st.lists(PLAIN, max_size=3), st.just({"nodeid": 1, "seq": None}))
CHANGES = st.dictionaries(st.sampled_from(list(LOOKED)), FLAT, max_size=2)


@given(change=st.dictionaries(st.sampled_from(list(WHOLE)), FLAT, max_size=1), entry=CHANGES)
@examples(300)
def test_any_answer_is_a_record_or_a_sentence(change: dict[str, t.Any], entry: dict[str, t.Any]) -> None:
    try:
        record = record_of({**WHOLE, "timeline": [{**LOOKED, **entry}], **change}, has_offset=False)
        assert history.histories({"web1": record}) is not None
    except (StrangeAnswer, history.HistoryError) as error:
        assert len(str(error)) < 500
