# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source as ansible-rulebook runs it: a plain file, with programs in the place of ssh and of a node's Python. tests/live has real nodes."""

import asyncio
import contextlib
import json
import os
import pathlib
import runpy
import subprocess
import sys
import textwrap

import pytest
from unit.fakes.votequorum import value

CHECKOUT = pathlib.Path(__file__).resolve().parents[6]
SOURCE = CHECKOUT / "extensions/eda/plugins/event_source/votequorum.py"
PATIENCE = 60


@pytest.fixture(name="source", scope="module")
def _source():
    """What ansible-rulebook gets of the file."""
    source = runpy.run_path(str(SOURCE))
    source["_end"].__globals__["GRACE"] = 0.5
    return source


def said(event="state", nodeid=1, members=(1, 2, 3), tolerates=None, ring=13, **more):
    """tolerates: None for a value without a forecast."""
    told = {"event": event, "at": "2026-11-22T10:15:02.123Z", "node": f"node{nodeid}", "nodeid": nodeid, "cluster_name": "lab", "nodes": [], "changed": {}}
    forecast = None if tolerates is None else {"as_now": {"tolerates": tolerates}}
    return dict(told, votequorum=value(members=list(members), asked=nodeid, ring=ring, forecast=forecast), **more)


@pytest.fixture(name="node")
def _node(tmp_path, monkeypatch):
    """Call it with the name of a node and what its program does; `ssh NAME` runs that. Gives the folder in which it leaves its traces."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    ssh = bin_folder / "ssh"
    ssh.write_text(f'#!/bin/sh\nfor word in "$@"; do host=$command; command=$word; done\nexec {sys.executable} {tmp_path}/$host.py\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_folder}:{os.environ['PATH']}")

    def make(name, program):
        head = (
            "import json, os, pathlib, sys, time\n"
            f"folder = pathlib.Path({str(tmp_path)!r})\n"
            f"with open(folder / '{name}.pids', 'a') as pids: pids.write(f'{{os.getpid()}}\\n')\n"
            "def say(event): print(json.dumps(event), flush=True)\n"
            "def rest(): sys.stdin.buffer.read()\n"
        )
        (tmp_path / f"{name}.py").write_text(head + textwrap.dedent(program))
        return tmp_path

    return make


def follow(source, until, **args):
    """The events until one makes until(events) true; then the source is cancelled."""

    async def followed():
        queue, events = asyncio.Queue(), []
        task = asyncio.ensure_future(source["main"](queue, dict({"delay": 0.05, "max_delay": 0.2, "timeout": PATIENCE}, **args)))
        try:
            while not until(events):
                getting = asyncio.ensure_future(queue.get())
                await asyncio.wait([getting, task], return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
                assert getting.done(), task.exception() if task.done() else events
                events.append(getting.result())
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        return events

    return asyncio.run(followed())


def names(events, host=None):
    return [event["event"] for event in events if host in (None, *event["meta"]["hosts"])]


def test_events_come_with_the_names_of_the_inventory(source, node):
    node("10.0.0.1", f"say({said()!r}); say({said('quorum_lost')!r}); rest()")
    node("web2", f"say({said(nodeid=2)!r}); rest()")
    events = follow(source, lambda seen: len(seen) == 3, hosts=[{"host": "web1", "address": "10.0.0.1"}, "web2"])
    assert sorted(names(events, "web1")) == ["quorum_lost", "state"] and names(events, "web2") == ["state"]
    assert events[-1]["meta"]["cluster_hosts"] == ["web1", "web2"]
    assert len({event["meta"]["cluster"] for event in events}) == 1
    lost = next(event for event in events if event["event"] == "quorum_lost")
    del lost["meta"]
    assert lost == said("quorum_lost")


def test_a_node_that_restarts_alone_is_no_cluster_without_quorum(source, node):
    """Each event says whether anybody in the cluster is quorate, as far as this source knows."""
    node("node1", f"say({said()!r}); rest()")
    alone = said("quorum_lost", nodeid=2, members=[2])
    node("node2", f"say({said(nodeid=2)!r}); time.sleep(0.5); say({alone!r}); rest()")
    node(
        "node3", f"say({dict(alone, event='state', node='node3', cluster_name='other', votequorum=dict(alone['votequorum'], cluster_name='other'))!r}); rest()"
    )
    events = follow(source, lambda seen: len(seen) == 4, hosts=["node1", "node2", "node3"], split=False)
    assert {event["event"]: event["meta"]["cluster_quorate"] for event in events if event["meta"]["hosts"] != ["node3"]} == {"state": True, "quorum_lost": True}
    assert [event["meta"]["cluster_quorate"] for event in events if event["meta"]["hosts"] == ["node3"]] == [False]


@pytest.mark.slow
def test_clusters_with_one_name_have_different_ones_here_which_stay(source, node):
    """A throttle of a rulebook groups by this name: it neither takes two clusters for one, nor one for two where more of its hosts are heard."""
    node("b", f"say({said()!r}); time.sleep(1); say({said('votes_changed')!r}); rest()")
    node("a", f"time.sleep(0.5); say({said(nodeid=2)!r}); rest()")
    other = said(nodeid=1)
    other["votequorum"]["nodes"] = [dict(entry, addresses=[f"198.51.100.{entry['nodeid']}"]) for entry in other["votequorum"]["nodes"]]
    other["votequorum"]["cluster_uuid"] = "another"
    node("c", f"say({other!r}); rest()")
    events = follow(source, lambda seen: len(seen) == 4, hosts=["a", "b", "c"], split=False)
    assert {event["cluster_name"] for event in events} == {"lab"} and events[-1]["meta"]["cluster_hosts"] == ["a", "b"]
    assert {(event["meta"]["hosts"][0], event["meta"]["cluster"]) for event in events} == {("a", "b"), ("b", "b"), ("c", "c")}


def test_one_bad_host_never_stops_the_others(source, node):
    node("bad", "sys.stderr.write('ssh: Could not resolve hostname bad\\n'); sys.exit(255)")
    node("wrong", "sys.exit('boom')")
    node("good", f"time.sleep(0.5); say({said()!r}); rest()")
    events = follow(source, lambda seen: {"state", "unreachable"} <= set(names(seen)) and len(seen) == 3, hosts=["bad", "wrong", "good"])
    told = {event["meta"]["hosts"][0]: (event["event"], event.get("reason"), event.get("msg")) for event in events}
    assert told["bad"] == ("unreachable", "ssh", "bad cannot be followed: ssh says: ssh: Could not resolve hostname bad")
    assert told["wrong"] == ("unreachable", "program", "wrong cannot be followed: the program ended with code 1: boom")
    assert told["good"][0] == "state"


@pytest.mark.slow
def test_it_tries_again_for_ever_and_says_each_thing_once(source, node):
    folder = node("node1", f"if len(open(folder / 'node1.pids').readlines()) in (4, 6): say({said()!r})\nelse: sys.exit(255)")
    events = follow(source, lambda seen: names(seen).count("state") == 2, hosts=["node1"])
    # The third one lived, and then ended with code 0: that is another reason.
    assert names(events) == ["unreachable", "reachable", "state", "unreachable", "unreachable", "reachable", "state"]
    assert [event["reason"] for event in events if "reason" in event] == ["ssh", "program", "ssh"]
    assert len((folder / "node1.pids").read_text().split()) == 6


# Ends after its first line, and then says these: what happened meanwhile happened in a gap.
GAP = "if len(open(folder / 'node1.pids').readlines()) == 1: say({!r})\nelse: {}; rest()"
NOT_QUORATE = said(members=[1])


def followed_over_a_gap(source, node, before, *after):
    """The events from the second connection on."""
    node("node1", GAP.format(before, "; ".join(f"say({event!r})" for event in after)))
    events = follow(source, lambda seen: names(seen)[-1:] == [after[-1]["event"]] and "reachable" in names(seen), hosts=["node1"])
    return events[names(events).index("reachable") :]


def test_a_loss_of_quorum_in_a_gap_is_told_after_it(source, node):
    more = said("votes_changed", members=[1])
    events = followed_over_a_gap(source, node, said(), NOT_QUORATE, more)
    assert names(events) == ["reachable", "state", "quorum_lost", "votes_changed"]
    state, lost = events[1:3]
    assert lost["changed"] == {"quorate": {"before": True, "after": False}} and lost["meta"]["cluster_quorate"] is False
    assert dict(lost, event="state", changed={}) == state


def test_so_is_one_of_a_corosync_that_was_not_there_after_it(source, node):
    away = dict(said("corosync_unavailable"), votequorum=None, reason="not_running", msg="")
    events = followed_over_a_gap(source, node, said(), away, said("corosync_available", members=[1]), NOT_QUORATE, said("votes_changed", members=[1]))
    assert names(events) == ["reachable", "corosync_unavailable", "corosync_available", "state", "quorum_lost", "votes_changed"]


@pytest.mark.parametrize(("before", "after"), [(said(), said()), (NOT_QUORATE, NOT_QUORATE), (NOT_QUORATE, said())])
def test_a_gap_without_a_loss_brings_none(source, node, before, after):
    events = followed_over_a_gap(source, node, before, after, said("votes_changed", members=after["votequorum"]["members"]))
    assert names(events) == ["reachable", "state", "votes_changed"]


def changes_of_reserve(events):
    return [(event["event"], event["meta"]["reserve_change"]) for event in events if "reserve_change" in event["meta"]]


@pytest.mark.parametrize(
    ("before", "after", "more", "changes"),
    [
        (0, 0, [], []),
        (1, 1, [], []),
        (0, 1, ["reserve_back"], [("state", "back")]),
        (1, 0, ["reserve_lost"], [("state", "lost")]),
    ],
)
def test_what_became_of_the_reserve_in_a_gap_is_told_once_and_only_if_it_has_changed(source, node, before, after, more, changes):
    events = followed_over_a_gap(source, node, said(tolerates=before), said(tolerates=after, ring=17), said("links_changed", tolerates=after, ring=17))
    assert names(events) == ["reachable", "state", *more, "links_changed"]
    assert changes_of_reserve(events) == changes
    assert [event["changed"]["tolerates"] for event in events if event["event"] in more] == [{"before": before, "after": after}] * len(more)


def test_a_change_of_the_reserve_that_several_nodes_tell_is_one(source, node):
    """Also where they tell it one after the other, and where a later one comes at once on the same ring."""
    folder = node("node1", "")
    steps = [said(tolerates=1), said("reserve_lost", tolerates=0), said("reserve_back", tolerates=1), said("reserve_lost", tolerates=0)]
    for nodeid in (1, 2):
        told = [dict(step, votequorum=dict(step["votequorum"], nodeid=nodeid)) for step in steps]
        turns = "\n".join(f"while not (folder / 'turn{turn}').exists(): time.sleep(0.02)\nsay({step!r})" for turn, step in enumerate(told))
        node(f"node{nodeid}", f"{turns}\nrest()")

    def done(seen):
        (folder / f"turn{len(seen) // 2}").touch()
        return len(seen) == 2 * len(steps)

    events = follow(source, done, hosts=["node1", "node2"], split=False)
    assert changes_of_reserve(events) == [("reserve_lost", "lost"), ("reserve_back", "back"), ("reserve_lost", "lost")]


# A node was killed and started again before the others have noticed: it is on a ring of its own, and they are on the old one.
QUICK = f"say({said(nodeid=3)!r}); time.sleep(0.5); say({said('quorum_lost', nodeid=3, members=[3], ring=17)!r}); rest()"


def test_a_node_that_restarts_before_the_others_notice_is_no_cluster_without_quorum(source, node):
    for nodeid in (1, 2):
        node(f"node{nodeid}", f"say({said(nodeid=nodeid)!r}); time.sleep(1); say({said('node_restarted', nodeid=nodeid, ring=21)!r}); rest()")
    node("node3", QUICK)
    events = follow(source, lambda seen: "quorum_lost" in names(seen), hosts=["node1", "node2", "node3"])
    assert events[-1]["meta"]["cluster_quorate"] is True and "node_restarted" in names(events)


def test_a_loss_of_the_whole_cluster_is_told_though_some_never_say_so(source, node, monkeypatch):
    """They have lost their power."""
    monkeypatch.setitem(source["Source"]._wait_for_others.__globals__, "LOSS_LASTS", 0.3)
    for nodeid in (1, 2):
        node(f"node{nodeid}", f"say({said(nodeid=nodeid)!r}); rest()")
    node("node3", QUICK)
    events = follow(source, lambda seen: "quorum_lost" in names(seen), hosts=["node1", "node2", "node3"])
    assert events[-1]["meta"]["cluster_quorate"] is False


def test_a_short_loss_of_the_whole_cluster_is_told_as_one(source, node):
    """The others say that they are not quorate, and are quorate again before anybody would have given up waiting."""
    lost, gained = said("quorum_lost", members=[1], ring=17), said("quorum_gained", ring=21)
    node("node1", f"say({said()!r}); time.sleep(0.5); say({lost!r}); time.sleep(0.6); say({gained!r}); rest()")
    node("node2", f"say({said(nodeid=2)!r}); time.sleep(0.7); say({said('quorum_lost', nodeid=2, members=[2], ring=18)!r}); rest()")
    events = follow(source, lambda seen: "quorum_gained" in names(seen), hosts=["node1", "node2"], split=False)
    assert [event["meta"]["cluster_quorate"] for event in events if event["event"] == "quorum_lost"] == [False, False]


@pytest.mark.parametrize("nodeid", [1, 9])
def test_a_node_of_another_cluster_that_looks_alike_neither_makes_a_loss_nor_hides_one(source, node, nodeid):
    """It has the id of a node of this cluster, or one that none of its nodes knows."""
    folder = node("node1", "")
    wait = "while not (folder / 'go').exists(): time.sleep(0.02)"
    for member in (1, 2, 3):
        lost = said("quorum_lost", nodeid=member, members=[member], ring=17)
        node(f"node{member}", f"say({said(nodeid=member)!r})\n{wait}\nsay({lost!r}); rest()")
    alike = said("quorum_lost", nodeid=nodeid, members=[nodeid], ring=2**52)
    claims = dict(alike, event="state", votequorum=dict(alike["votequorum"], quorate=True))
    node("other", f"say({dict(alike, event='state')!r}); time.sleep(0.5); say({alike!r}); time.sleep(0.2); say({claims!r}); rest()")

    def over(seen):
        if len(seen) == 6:
            (folder / "go").touch()
        return len(seen) == 9

    events = follow(source, over, hosts=["node1", "node2", "node3", "other"], split=False)
    lost = [(event["meta"]["hosts"], event["meta"]["cluster_hosts"], event["meta"]["cluster_quorate"]) for event in events if event["event"] == "quorum_lost"]
    of_other = [item for item in lost if item[0] == ["other"]]
    assert of_other[0][2] is True or of_other[0][1] == ["other"]
    assert lost[-1][0] != ["other"] and lost[-1][2] is False, "at the latest when all have said so"


HOSTILE = {
    "sys.stdout.write('x' * 2000000); rest()": "it sent a line of more than 1048576 bytes",
    "say({'event': 'state'}); rest()": "it sent a line that is no event: its 'at' is missing or wrong",
    "print('{{ lookup(1) }}', flush=True); rest()": "it sent a line that is no event: '{ { lookup(1) }}' is no JSON",
    f"say({said('split')!r}); rest()": "it sent a line that is no event: its 'event' is missing or wrong",
}


@pytest.mark.parametrize("program", HOSTILE)
def test_a_hostile_node_is_let_go(source, node, program):
    node("node1", f"say({said()!r})\n{program}")
    events = follow(source, lambda seen: len(seen) == 2, hosts=["node1"])
    assert names(events) == ["state", "unreachable"]
    assert events[1]["reason"] == "protocol" and events[1]["msg"].startswith(f"node1 cannot be followed: {HOSTILE[program]}")


@pytest.mark.parametrize("before", [f"say({said()!r})", ""], ids=["an event", "nothing"])
def test_half_a_line_is_a_connection_that_broke(source, node, before):
    half = f"sys.stdout.write(json.dumps({said()!r})[:100]); sys.stdout.flush(); sys.stderr.write('Connection reset by peer'); sys.exit(255)"
    node("node1", f"{before}\n{half}")
    events = follow(source, lambda seen: "unreachable" in names(seen), hosts=["node1"])
    assert (events[-1]["reason"], events[-1]["msg"]) == ("ssh", "node1 cannot be followed: ssh says: Connection reset by peer")


@pytest.mark.slow
def test_a_login_shell_may_print_first_but_not_for_ever(source, node):
    node("node1", f"print('Welcome'); say({said()!r}); rest()")
    node("node2", "while True: print('Welcome', flush=True)")
    node("node3", "print('This account is not available.'); sys.exit(1)")
    events = follow(source, lambda seen: len(seen) == 3, hosts=["node1", "node2", "node3"])
    told = {event["meta"]["hosts"][0]: event for event in events}
    assert told["node1"]["event"] == "state"
    assert told["node2"]["reason"] == "protocol"
    assert told["node3"]["msg"] == "node3 cannot be followed: the program ended with code 1: This account is not available."


def test_a_node_that_says_nothing_is_given_up(source, node, monkeypatch):
    monkeypatch.setattr(source["launch"], "STARTS", 0.1)
    node("node1", "while True: print(flush=True); time.sleep(0.01)")
    events = follow(source, lambda seen: seen, hosts=["node1"], timeout=0.1)
    assert (events[0]["reason"], events[0]["msg"]) == ("timeout", "node1 cannot be followed: no event came within 0.2 s.")


@pytest.mark.slow
def test_a_short_timeout_does_not_hide_that_corosync_is_frozen(source, node):
    """The program says so when corosync has not answered for some seconds, however soon ssh is to be there."""
    frozen = dict(said("corosync_unavailable"), votequorum=None, reason="timeout", msg="")
    node("node1", f"time.sleep(1.5); say({frozen!r}); rest()")
    assert names(follow(source, lambda seen: seen, hosts=["node1"], timeout=0.1)) == ["corosync_unavailable"]


@pytest.mark.slow
def test_a_program_that_hangs_is_given_up_and_started_anew(source, node, monkeypatch):
    monkeypatch.setattr(source["launch"], "SILENCE", 1.0)
    hang = "import signal; os.kill(os.getpid(), signal.SIGSTOP)"
    folder = node("node1", f"say({said()!r})\nif len(open(folder / 'node1.pids').readlines()) == 1: {hang}\nrest()")
    events = follow(source, lambda seen: names(seen).count("state") == 2, hosts=["node1"])
    assert names(events) == ["state", "unreachable", "reachable", "state"]
    assert events[1]["reason"] == "timeout"
    assert events[1]["msg"] == "node1 cannot be followed: it has sent nothing for 1 s, not even the empty line that the program sends every 5 s."
    assert not [pid for pid in (folder / "node1.pids").read_text().split() if is_alive(int(pid))]


@pytest.mark.slow
def test_empty_lines_say_that_the_program_does_not_hang(source, node, monkeypatch):
    monkeypatch.setattr(source["launch"], "SILENCE", 1.0)
    beats = "for beat in range(10): print(flush=True); time.sleep(0.2)"
    node("node1", f"print(flush=True)\nsay({said()!r})\n{beats}\nsay({said('votes_changed')!r}); rest()")
    assert names(follow(source, lambda seen: len(seen) == 2, hosts=["node1"])) == ["state", "votes_changed"]


@pytest.mark.parametrize(
    ("wrong", "msg"),
    [
        (UnicodeEncodeError("ascii", "caf\xe9", 3, 4, "ordinal not in range(128)"), "its command cannot be run on this host: 'ascii' codec can't encode"),
        (ValueError("embedded null byte"), "its command cannot be run on this host: embedded null byte"),
        (None, "what it says can no longer be read: Connection lost"),
    ],
)
def test_what_this_host_cannot_run_or_read_stops_no_other_host(source, node, monkeypatch, wrong, msg):
    node("bad", "rest()")
    node("good", f"time.sleep(0.5); say({said()!r}); rest()")
    create = asyncio.create_subprocess_exec

    async def create_or_fail(*command, **more):
        if wrong and "bad" in command:
            raise wrong
        process = await create(*command, **more)
        if "bad" in command:
            process.stdout.set_exception(ConnectionResetError("Connection lost"))
            process.stderr.set_exception(ConnectionResetError("Connection lost"))
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", create_or_fail)
    events = follow(source, lambda seen: {"state", "unreachable"} <= set(names(seen)), hosts=["bad", "good"])
    lost = next(event for event in events if event["event"] == "unreachable")
    assert (lost["meta"]["hosts"], lost["reason"]) == (["bad"], "program") and lost["msg"].startswith(f"bad cannot be followed: {msg}")


def test_two_hosts_with_one_node_id_are_named_once_in_the_log(source, node, caplog):
    for name, nodeid in (("a", 1), ("b", 2), ("c", 2)):
        node(name, f"say({said(nodeid=nodeid)!r}); time.sleep(0.5); say({said('votes_changed', nodeid=nodeid)!r}); rest()")
    events = follow(source, lambda seen: names(seen).count("votes_changed") == 3, hosts=["a", "b", "c"])
    assert len(events) == 6
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning.startswith(
        "b, c have the same node id (2) in what looks like one cluster. Splits, quorum and reserve of the cluster are judged without them. "
    )


def test_a_split_is_told_and_ends(source, node, monkeypatch):
    monkeypatch.setattr(source["views"], "SPLIT_LASTS", 0.2)
    again = f"say({said()!r}); rest()"
    folder = node("node1", f"say({said(members=[1, 2])!r})\nwhile not (folder / 'healed').exists(): time.sleep(0.05)\n{again}")
    node("node3", f"say({said(nodeid=3, members=[3])!r})\nwhile not (folder / 'healed').exists(): time.sleep(0.05)\nsay({said(nodeid=3)!r}); rest()")

    def over(seen):
        if "split" in names(seen):
            (folder / "healed").touch()
        return "split_ended" in names(seen)

    events = follow(source, over, hosts=["node1", "node3"])
    split = next(event for event in events if event["event"] == "split")
    assert split["meta"]["hosts"] == ["node1", "node3"] and split["quorate_partitions"] == 1
    assert [part["seen_by"] for part in split["partitions"]] == [["node1"], ["node3"]]


def test_without_split_nobody_compares(source, node, monkeypatch):
    monkeypatch.setattr(source["views"], "SPLIT_LASTS", 0.05)
    node("node1", f"say({said(members=[1, 2])!r}); time.sleep(1); say({said('votes_changed', members=[1, 2])!r}); rest()")
    node("node3", f"say({said(nodeid=3, members=[3])!r}); rest()")
    assert "split" not in names(follow(source, lambda seen: "votes_changed" in names(seen), hosts=["node1", "node3"], split=False))


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("program", ["rest()", "time.sleep(600)", "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)"])
def test_no_process_is_left_when_it_is_cancelled(source, node, program):
    """Whether it ends by itself with its life line, by a signal, or by force."""
    folder = node("node1", f"say({said()!r})\n{program}")
    follow(source, lambda seen: seen, hosts=["node1"])
    assert not [pid for pid in (folder / "node1.pids").read_text().split() if is_alive(int(pid))]


def test_a_cancellation_is_never_missed(source):
    """wait_for() of Python before 3.12 misses one in the moment in which what it waits for is done; then the source went on for ever."""

    async def raced():
        done = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(source["_within"](PATIENCE, done))
        await asyncio.sleep(0)
        done.set_result(None)
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(raced())


@pytest.mark.slow
def test_one_that_python_itself_loses_is_made_again(source, monkeypatch):
    async def deaf(_self, _host):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(PATIENCE)
        await asyncio.sleep(PATIENCE)

    monkeypatch.setattr(source["Source"], "_follow", deaf)

    async def cancelled():
        task = asyncio.ensure_future(source["main"](asyncio.Queue(), {"hosts": ["node1"]}))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task], timeout=PATIENCE / 2)
        return task.cancelled()

    assert asyncio.run(cancelled())


def test_what_goes_to_a_node_is_the_program_and_the_connection_stays_open(source, node):
    expected = source["_program"].receiver() + source["_program"].archive()
    folder = node(
        "node1",
        f"""
        (folder / 'sent').write_bytes(sys.stdin.buffer.read({len(expected)})); say({said()!r})
        rest(); (folder / 'ended').touch()
        """,
    )
    follow(source, lambda seen: seen and not (folder / "ended").exists(), hosts=["node1"])
    assert (folder / "sent").read_bytes() == expected
    assert (folder / "ended").exists(), "its standard input ended before anything else"


def test_wrong_arguments_are_an_error_at_once(source):
    with pytest.raises(ValueError, match="corosync.quorum.votequorum: hosts must be a list of at least one host, not None"):
        asyncio.run(source["main"](asyncio.Queue(), {}))


def test_it_needs_the_standard_library_alone():
    """As ansible-rulebook has it: not even the collection can be imported."""
    program = "import runpy, sys; source = runpy.run_path(sys.argv[1]); print(sorted({name.partition('.')[0] for name in sys.modules if 'ansible' in name}))"
    command = [sys.executable, "-I", "-S", "-c", program, str(SOURCE)]
    assert subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd="/", text=True, timeout=PATIENCE).stdout == "[]\n"


def test_by_hand_it_prints_what_rules_would_get(node):
    node("node1", f"say({said()!r}); rest()")
    process = subprocess.Popen([sys.executable, str(SOURCE), "node1"], stdout=subprocess.PIPE, text=True)
    try:
        assert json.loads(process.stdout.readline())["meta"] == {"hosts": ["node1"], "cluster": "node1", "cluster_hosts": ["node1"], "cluster_quorate": True}
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)
