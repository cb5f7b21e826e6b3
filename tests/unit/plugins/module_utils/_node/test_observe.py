# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One settled snapshot: what is opened and closed and in which order, and what makes a reading count as settled."""

import gc
import json
import os
import threading
import time
import weakref

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.errors import (
    AccessDenied,
    DaemonGone,
    DeadlineExceeded,
    NotConfigured,
    NotTrusted,
    SharedMemoryHidden,
    ShuttingDown,
    TryAgain,
)
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.votequorum import RingId
from ansible_collections.corosync.quorum.plugins.module_utils._judge.assess import completed
from ansible_collections.corosync.quorum.plugins.module_utils._node import judged
from ansible_collections.corosync.quorum.plugins.module_utils._node import observe as tested
from ansible_collections.corosync.quorum.plugins.module_utils._value.snapshot import CMAP_PREFIXES, cmap_keys
from ansible_collections.corosync.quorum.tests.unit.fakes.corosync import ANY, PROVIDER
from ansible_collections.corosync.quorum.tests.unit.fakes.openings import (
    CMAP,
    QUORUM,
    RING,
    STATISTICS,
    VOTEQUORUM,
    expect_close,
    expect_open,
    expect_tracking,
    first_events,
)

QUORATE = 2


@pytest.fixture(name="pipe")
def _pipe():
    reading, writing = os.pipe()
    yield reading, lambda: os.write(writing, b"x")
    os.close(reading)
    os.close(writing)


def snapshot(timeout):
    return tested.take_reading(timeout).value


def expect_silent(script, nodeids=(1, 2), flags=QUORATE, votes=1, waiting=None, quorum=None):
    """The readings that no event is sent for. quorum: such that it fits the flags, unless it is given."""
    total = votes * len(nodeids)
    if quorum is None:
        quorum = total if flags & QUORATE else total + 1
    for nodeid in nodeids:
        script.expect("votequorum_getinfo", VOTEQUORUM, nodeid, ANY, do=script.info(node_id=nodeid, node_state=1, node_votes=votes, flags=flags))
    script.expect(
        "votequorum_getinfo",
        VOTEQUORUM,
        0,
        ANY,
        do=script.info(node_id=1, node_state=1, total_votes=total, node_expected_votes=total, quorum=quorum, flags=flags),
    )
    key = b"runtime.votequorum.wait_for_all_status"
    if waiting is None:
        script.expect("cmap_get", CMAP, key, ANY, ANY, ANY, code=12)
    else:
        script.expect("cmap_get", CMAP, key, ANY, ANY, ANY, do=script.cmap_value("uint8_t *", 2, waiting))


def expect_read(script, events=(), settled_ring=RING[1], quorate=True, later_events=(), **options):
    """The calls of one reading, whose second look finds the same unless `again` says otherwise.

    nodelist: as for nodes_of(). opens: what the map of statistics answers when it is opened, None where it is not. up: the second link is then.
    """
    again, nodelist, opens, up = options.pop("again", {}), options.pop("nodelist", []), options.pop("opens", None), options.pop("up", None)
    transport = options.pop("transport", b"knet")
    script.expect("votequorum_dispatch", VOTEQUORUM, 2, do=list(events))
    expect_silent(script, **options)
    for key in cmap_keys(options.get("nodeids", (1, 2))):
        if key == "totem.transport" and nodelist and transport is not None:
            script.expect("cmap_get", CMAP, key.encode("ascii"), ANY, ANY, ANY, do=script.cmap_string(transport))
        else:
            script.expect("cmap_get", CMAP, key.encode("ascii"), ANY, ANY, ANY, code=12)
    for prefix in CMAP_PREFIXES:
        script.expect_cmap_read(prefix.encode("ascii"), nodes_of(script, nodelist) if prefix == "nodelist.node." else [], handle=CMAP)
    if opens is not None:
        if opens == 0:  # there is nobody to ask
            return
        script.expect_statistics(handle=STATISTICS, code=opens)
    if up is not None or opens == 1:
        expect_links(script, 1, up or 0)
    script.expect("quorum_trackstart", QUORUM, 1).expect("quorum_dispatch", QUORUM, 2, do=script.settled_event(settled_ring, quorate))
    script.expect("votequorum_dispatch", VOTEQUORUM, 2, do=list(later_events))
    if not later_events:
        expect_silent(script, **dict(options, **again))


def expect_links(script, *connected):
    for link, is_up in enumerate(connected):
        key = b"stats.knet.node2.link%d.connected" % link
        script.expect("cmap_get", STATISTICS, key, ANY, ANY, ANY, do=script.cmap_value("uint8_t *", 2, is_up))


def nodes_of(script, nodelist):
    """What cmap has of these nodes, (nodeid, addresses) each."""
    keys = []
    for position, (nodeid, addresses) in enumerate(nodelist):
        keys.append((b"nodelist.node.%d.nodeid" % position, script.cmap_value("uint32_t *", 6, nodeid)))
        keys += [(b"nodelist.node.%d.ring%d_addr" % (position, ring), script.cmap_string(address)) for ring, address in enumerate(addresses)]
    return keys


def expect_one_reading(script, events, first=lambda *arguments: None, **options):
    """A snapshot that is settled at once."""
    expect_open(script, first)
    expect_read(script, events, **options)
    expect_close(script)


def test_a_snapshot_opens_reads_and_closes_in_order(script):
    expect_one_reading(script, first_events(script))
    value = snapshot(5)
    assert (value["settled"], value["quorate"], value["ring_id"], value["members"]) == (True, True, {"nodeid": 1, "seq": 13}, [1, 2])
    assert script.loaded[0] == "libvotequorum.so.8", "the library that tells a corosync which is too old comes first"


def test_a_reading_is_what_a_value_is_completed_from(script):
    """Also when it has been passed on as JSON."""
    expect_one_reading(script, first_events(script))
    reading = tested.take_reading(5)
    assert "forecast" not in reading.value
    passed_on = json.loads(json.dumps(reading._asdict()))
    assert set(passed_on) == {"value", "cmap", "files"}
    assert completed(*reading) == completed(**passed_on)
    assert reading.value["forecast"]["tolerates"] == 0


def test_what_judges_is_imported_while_the_connections_are_opened(script, monkeypatch):
    """And what it makes is added to what was read."""
    opened = threading.Event()
    expect_one_reading(script, first_events(script), first=lambda *arguments: opened.wait(10))
    loaded = judged._completed
    monkeypatch.setattr(judged, "_completed", lambda: opened.set() or loaded())
    value = judged.observe(5)
    assert (value["forecast"]["tolerates"], value["settled"]) == (0, True)


def test_a_device_in_the_list_of_nodes_is_not_asked_for_as_a_node(script):
    expect_one_reading(script, [script.nodelist_event(RING, [1]), script.quorum_event(True, [(1, 1), (0, 0)])], nodeids=(1,))
    assert [node["nodeid"] for node in snapshot(5)["nodes"]] == [1]


# Everything that makes a first reading unsettled; the second one is quiet.
DISTURBANCES = {
    "another ring has settled": {"settled_ring": RING[1] - 4},
    "quorum was won and has not settled": {"quorate": False},
    "quorum was lost and has not settled": {"flags": 0, "quorate": True},
    "votes changed between two readings": {"again": {"votes": 2}},
    "votes were set that corosync has not counted yet": {"quorum": 3},
    "a flag changed between two readings": {"again": {"flags": QUORATE | 64}},
    "wait-for-all began between two readings": {"again": {"waiting": 1}},
}


@pytest.mark.parametrize("name", sorted(DISTURBANCES))
def test_a_reading_is_taken_again_when(name, script, pipe):
    expect_open(script, pipe=pipe)
    expect_read(script, first_events(script), **DISTURBANCES[name])
    expect_read(script)
    expect_close(script)
    assert snapshot(5)["settled"] is True


@pytest.mark.parametrize("kind", ["nodelist", "quorum", "expected votes"])
def test_a_reading_is_taken_again_when_an_event_came_meanwhile(kind, script, pipe):
    event = {
        "nodelist": script.nodelist_event((1, 17), [1]),
        "quorum": script.quorum_event(True, [(1, 1), (2, 1)]),
        "expected votes": script.expected_votes_event(5),
    }[kind]
    expect_open(script, pipe=pipe)
    expect_read(script, first_events(script), later_events=[event])
    expect_read(script, settled_ring=17 if kind == "nodelist" else 13)
    expect_close(script)
    assert snapshot(5)["settled"] is True


@pytest.mark.slow
def test_an_unsettled_snapshot_is_returned_when_the_time_is_over(script, pipe, monkeypatch):
    monkeypatch.setattr(tested, "AGAIN", 3)
    expect_open(script, pipe=pipe)
    expect_read(script, first_events(script), settled_ring=9)
    expect_read(script, settled_ring=9)
    expect_close(script)
    start = time.monotonic()
    value = snapshot(2)
    assert (value["settled"], value["ring_id"]["seq"]) == (False, 13)
    assert 2 <= time.monotonic() - start < 10


def test_an_event_ends_the_pause_between_two_readings(script, pipe, monkeypatch):
    monkeypatch.setattr(tested, "AGAIN", 3)
    expect_open(script, pipe=pipe)
    expect_read(script, first_events(script), settled_ring=9)
    expect_read(script)
    expect_close(script)
    timer = threading.Timer(0.1, pipe[1])
    timer.start()
    start = time.monotonic()
    assert snapshot(5)["settled"] is True
    assert time.monotonic() - start < 2
    timer.join()


def test_what_was_opened_is_closed_when_a_later_connection_fails(script):
    script.expect_initialize("cmap", handle=CMAP)
    script.expect("cmap_get", CMAP, b"quorum.provider", ANY, ANY, ANY, do=script.cmap_string(PROVIDER))
    script.expect_initialize("quorum", handle=QUORUM).expect_initialize("votequorum", code=15)
    script.expect("quorum_finalize", QUORUM).expect("cmap_finalize", CMAP)
    with pytest.raises(tested.QuorumError, match=r"^/dev/shm is full on this node: .* \(votequorum_initialize: CS_ERR_NO_SPACE, 15\)\.$"):
        snapshot(5)


@pytest.mark.parametrize(
    "code, error, reason",
    [(19, ShuttingDown, "not_running"), (11, AccessDenied, "not_allowed"), (12, SharedMemoryHidden, None)],
)
def test_a_refused_connection(script, code, error, reason):
    script.expect_initialize("cmap", code=code)
    with pytest.raises(error) as caught:
        snapshot(5)
    assert caught.value.reason == reason


@pytest.mark.parametrize("error", [DaemonGone("cmap_initialize"), NotTrusted("nobody's")])
def test_a_listener_that_is_not_roots_or_not_there_is_asked_for_nothing(script, error):
    script.listeners = [error]
    with pytest.raises(type(error)):
        snapshot(5)


@pytest.mark.parametrize(
    "provider, words",
    [
        (None, "its configuration has no quorum provider, so it calls every node quorate whatever happens"),
        (b"corosync_quorum_ykd", "its quorum provider is 'corosync_quorum_ykd'"),
    ],
)
def test_a_corosync_without_votequorum_is_told_before_votequorum_is_asked(script, provider, words):
    script.expect_initialize("cmap", handle=CMAP)
    if provider is None:
        script.expect("cmap_get", CMAP, b"quorum.provider", ANY, ANY, ANY, code=12)
        script.expect("cmap_get", CMAP, b"runtime.votequorum.this_node_id", ANY, ANY, ANY, code=12)
    else:
        script.expect("cmap_get", CMAP, b"quorum.provider", ANY, ANY, ANY, do=script.cmap_string(provider))
    script.expect("cmap_finalize", CMAP)
    with pytest.raises(NotConfigured) as caught:
        snapshot(5)
    assert str(caught.value) == (
        f"corosync runs on this node without votequorum: {words}. Set 'provider: corosync_votequorum' in the quorum section of "
        "/etc/corosync/corosync.conf on all nodes and restart corosync."
    )


def test_votequorum_that_runs_is_read_where_a_reload_has_removed_its_provider(script):
    script.expect_initialize("cmap", handle=CMAP)
    script.expect("cmap_get", CMAP, b"quorum.provider", ANY, ANY, ANY, code=12)
    script.expect("cmap_get", CMAP, b"runtime.votequorum.this_node_id", ANY, ANY, ANY, do=script.cmap_value("uint32_t *", 5, 1))
    expect_tracking(script)
    expect_read(script, first_events(script))
    expect_close(script)
    assert snapshot(5)["settled"] is True


TWO_RINGS = [(1, [b"192.0.2.1", b"198.51.100.1"]), (2, [b"192.0.2.2", b"198.51.100.2"])]
ONE_RING = [(nodeid, addresses[:1]) for nodeid, addresses in TWO_RINGS]


def links(value):
    return [node["links"] and [link["connected"] for link in node["links"]] for node in value["nodes"]]


@pytest.mark.parametrize("transport", [b"knet", None])
def test_for_links_of_knet_the_map_of_statistics_is_opened_once(transport, script, pipe):
    expect_open(script, pipe=pipe)
    expect_read(script, first_events(script), settled_ring=9, nodelist=TWO_RINGS, transport=transport, opens=1)
    expect_read(script, nodelist=TWO_RINGS, transport=transport, up=0)
    script.expect("cmap_finalize", STATISTICS)
    expect_close(script)
    assert links(snapshot(5)) == [None, [True, False]]


def test_a_link_that_goes_has_moved_though_no_event_tells(script):
    expect_open(script)
    observer = tested.Observer(Deadline(5))
    with observer:
        expect_read(script, first_events(script), nodelist=TWO_RINGS, opens=1, up=1)
        observer.snapshot()
        for second in (1, 0):
            expect_silent(script)
            expect_links(script, 1, second)
            assert observer.moved() is (second == 0)
        script.expect("cmap_finalize", STATISTICS)
        expect_close(script)


def test_one_ring_needs_no_map_of_statistics(script):
    expect_one_reading(script, first_events(script), nodelist=ONE_RING)
    assert links(snapshot(5)) == [None, [True]]


@pytest.mark.parametrize("nodelist", [ONE_RING, TWO_RINGS])
def test_without_knet_there_are_no_links(nodelist, script):
    expect_one_reading(script, first_events(script), nodelist=nodelist, transport=b"udpu")
    assert links(snapshot(5)) == [None, None]


@pytest.mark.parametrize("code", [7, 15])
def test_links_that_cannot_be_read_cost_nobody_the_quorum(code, script):
    """A corosync without that map, a full /dev/shm."""
    expect_one_reading(script, first_events(script), nodelist=TWO_RINGS, opens=code)
    value = snapshot(5)
    assert (value["settled"], links(value)) == (True, [None, None])


@pytest.mark.parametrize("nodelist", [ONE_RING, TWO_RINGS])
def test_a_library_before_corosync_3_has_no_links(nodelist, script):
    script.absent.add("cmap_initialize_map")
    expect_one_reading(script, first_events(script), nodelist=nodelist, transport=None)
    assert links(snapshot(5)) == [None, None]


def test_a_corosync_that_ends_before_the_map_of_statistics_is_opened_is_gone(script):
    script.listeners = [None, None, None, DaemonGone("cmap_initialize_map")]
    expect_open(script)
    expect_read(script, first_events(script), nodelist=TWO_RINGS, opens=0)
    expect_close(script, code=2)
    with pytest.raises(DaemonGone):
        snapshot(5)


def test_a_daemon_that_dies_in_mid_read_ends_it_and_is_closed(script):
    expect_open(script)
    script.expect("votequorum_dispatch", VOTEQUORUM, 2, do=first_events(script))
    script.expect("votequorum_getinfo", VOTEQUORUM, 1, ANY, code=2)
    expect_close(script, code=2)
    with pytest.raises(DaemonGone, match="votequorum_getinfo"):
        snapshot(5)


@pytest.mark.slow
def test_a_corosync_that_is_starting_is_asked_until_the_time_is_over(script, monkeypatch):
    monkeypatch.setattr(f"{tested.Lane.__module__.rsplit('.', 1)[0]}.connection.RETRY", 5)
    for _dummy in range(2):  # at once, and after the whole second
        script.expect_initialize("cmap", code=6)
    with pytest.raises(TryAgain, match="still starting") as caught:
        snapshot(1)
    assert caught.value.reason == "timeout"


@pytest.mark.parametrize("frozen_at", ["the first connection", "a call"])
def test_a_frozen_corosync_ends_with_the_deadline_and_after_a_thaw_nothing_more_is_opened_or_asked(frozen_at, script, monkeypatch):
    monkeypatch.setattr(f"{tested.Lane.__module__}.CLOSING", 0.05)
    thaw = threading.Event()

    def wait(*dummy):
        thaw.wait()

    is_first = frozen_at == "the first connection"
    script.expect_initialize("cmap", handle=CMAP, first=wait if is_first else lambda *dummy: None)
    if not is_first:
        script.expect("cmap_get", CMAP, b"quorum.provider", ANY, ANY, ANY, do=[wait, script.cmap_string(PROVIDER)])
    script.expect("cmap_finalize", CMAP)
    start = time.monotonic()
    with pytest.raises(DeadlineExceeded, match=r"^corosync did not answer cmap_\w+ within 0\.1 s"):
        snapshot(0.1)
    assert time.monotonic() - start < 10
    thaw.set()
    for thread in [thread for thread in threading.enumerate() if thread.name == "corosync"]:
        thread.join(10)


def test_moved_tells_of_what_no_event_tells(script):
    expect_open(script)
    observer = tested.Observer(Deadline(5))
    with observer:
        expect_read(script, first_events(script))
        observer.snapshot()
        expect_silent(script)
        assert observer.moved() is False
        expect_silent(script, votes=2)
        assert observer.moved() is True
        expect_silent(script, waiting=1)
        assert observer.moved() is True
        expect_close(script)


def test_changes_counts_rings_and_flips_and_nothing_else(script):
    expect_open(script)
    with tested.Observer(Deadline(5)) as observer:
        script.expect("votequorum_dispatch", VOTEQUORUM, 2, do=first_events(script) + [script.expected_votes_event(5)])
        assert len(observer.dispatch()) == 3
        assert (observer.changes, observer.ring_id) == (2, RingId(1, 13))
        script.expect("votequorum_dispatch", VOTEQUORUM, 2, do=script.expected_votes_event(4))
        observer.dispatch()
        assert observer.changes == 2
        expect_close(script)


def test_flips_are_what_corosync_told_even_if_it_is_over(script):
    expect_open(script)
    with tested.Observer(Deadline(5)) as observer:
        script.expect(
            "votequorum_dispatch",
            VOTEQUORUM,
            2,
            do=first_events(script)
            + [
                script.nodelist_event((1, 17), (1,)),
                script.quorum_event(False, [(1, 1), (2, 2), (0, 0)]),
                script.quorum_event(False, [(1, 1)]),
                script.quorum_event(True, [(2, 1), (1, 1)]),
            ],
        )
        observer.dispatch()
        assert observer.take_flips() == [
            (True, {"nodeid": 1, "seq": 13}, [1, 2]),
            (False, {"nodeid": 1, "seq": 17}, [1]),
            (True, {"nodeid": 1, "seq": 17}, [1, 2]),
        ]
        assert observer.take_flips() == []
        expect_close(script)


def test_a_file_that_claims_to_be_old_was_changed_after_corosync_started(monkeypatch, tmp_path):
    """As after mv, cp -p and rsync -a: the node would not start with it again, and nobody would know."""
    conf, pid = tmp_path / "corosync.conf", tmp_path / "pid"
    conf.write_text("totem {\n", encoding="utf-8")
    pid.write_text("1", encoding="ascii")
    monkeypatch.setattr(tested, "CONFIGURATION", str(conf))
    monkeypatch.setattr(tested, "PID_FILE", str(pid))
    os.utime(pid, (time.time() + 60, time.time() + 60))
    assert tested.newer_file() == {}, "corosync has started since"
    os.utime(pid, (2, 2))
    os.utime(conf, (1, 1))
    assert tested.newer_file() == {"corosync.conf": "totem {\n"}
    moment = os.stat(conf).st_ctime_ns
    os.utime(pid, ns=(moment, moment))
    assert tested.newer_file() == {"corosync.conf": "totem {\n"}, "in the same moment: nobody knows what came first"


def test_the_key_of_a_cluster_does_not_leave_the_node_with_its_file(monkeypatch, tmp_path):
    """The reading is what a module prints, and Ansible shows that with -vvvv."""
    conf = tmp_path / "corosync.conf"
    conf.write_text("totem {\n    version: 2\n\tkey : S3cret\n    keyfile: /my/key\n}\n", encoding="utf-8")
    monkeypatch.setattr(tested, "CONFIGURATION", str(conf))
    monkeypatch.setattr(tested, "PID_FILE", str(tmp_path / "none"))
    assert tested.newer_file() == {"corosync.conf": "totem {\n    version: 2\n\tkey : (hidden)\n    keyfile: /my/key\n}\n"}


@pytest.mark.parametrize(
    "line",
    [
        "totem { key: S3cret }",
        "} key S3cret",
        "version: 2 key: S3cret",
        "key: S3cret {",
        "key\xa0:S3cret",
        "#key: S3cret",
        "  //key: S3cret",
        "key=S3cret",
        "\ufeffkey: S3cret",
        "totem.key: S3cret",
    ],
)
def test_nor_does_it_where_corosync_reads_no_key(monkeypatch, tmp_path, line):
    conf = tmp_path / "corosync.conf"
    conf.write_text(f"totem {{\n{line}\n    cluster_name: my-key-1\n}}\n", encoding="utf-8")
    monkeypatch.setattr(tested, "CONFIGURATION", str(conf))
    monkeypatch.setattr(tested, "PID_FILE", str(tmp_path / "none"))
    found = tested.newer_file()["corosync.conf"]
    assert "S3cret" not in found and "    cluster_name: my-key-1\n" in found


@pytest.mark.parametrize(
    ("command", "environment", "path"),
    [
        (b"/usr/sbin/corosync\0-f\0", b"LANG=C\0", "/etc/corosync/corosync.conf"),
        (b"corosync\0-f\0-c\0/srv/a.conf\0", b"COROSYNC_MAIN_CONFIG_FILE=/srv/b.conf\0", "/srv/a.conf"),
        (b"corosync\0-c/srv/a.conf\0", None, "/srv/a.conf"),
        (b"old-corosync\0", b"LANG=C\0COROSYNC_MAIN_CONFIG_FILE=/srv/b.conf\0", "/srv/b.conf"),
        (b"corosync\0", b"LANG=C\0COROSYNC_MAIN_CONFIG_FILE=/srv/b.conf\0", "/etc/corosync/corosync.conf"),
        (b"corosync\0", None, "/etc/corosync/corosync.conf"),
        (None, None, "/etc/corosync/corosync.conf"),
    ],
)
def test_the_file_is_the_one_that_the_running_corosync_reads(monkeypatch, tmp_path, command, environment, path):
    process = tmp_path / "4711"
    process.mkdir()
    for name, content in (("cmdline", command), ("environ", environment)):
        if content is not None:
            (process / name).write_bytes(content)
    (process / "exe").write_bytes(b"\x7fELF\0COROSYNC_MAIN_CONFIG_FILE\0" if command and command.startswith(b"old") else b"\x7fELF\0")
    (tmp_path / "pid").write_text("4711\n", encoding="ascii")
    monkeypatch.setattr(tested, "PID_FILE", str(tmp_path / "pid"))
    monkeypatch.setattr(tested, "PROCESSES", str(tmp_path))
    assert tested.configuration_file() == path


@pytest.mark.slow
def test_while_rings_come_and_go_the_last_that_was_read_is_the_answer(script, pipe, monkeypatch):
    monkeypatch.setattr(f"{tested.Lane.__module__}.CLOSING", 0.05)
    thaw = threading.Event()
    expect_open(script, pipe=pipe)
    expect_read(script, first_events(script), settled_ring=9)
    script.expect("votequorum_dispatch", VOTEQUORUM, 2)
    script.expect("votequorum_getinfo", VOTEQUORUM, 1, ANY, code=2, do=lambda *dummy: thaw.wait(30))
    expect_close(script)
    value = snapshot(1)
    thaw.set()
    assert (value["settled"], value["members"], value["ring_id"]["seq"]) == (False, [1, 2], 13)


@pytest.mark.parametrize(
    ("reported", "words"), [(True, "because the membership of the cluster keeps changing"), (False, "it is stopped, frozen or overloaded")]
)
def test_no_answer_and_a_change_of_membership_is_no_frozen_corosync(script, pipe, monkeypatch, reported, words):
    monkeypatch.setattr(f"{tested.Lane.__module__}.CLOSING", 0.05)
    thaw = threading.Event()
    expect_open(script, pipe=pipe)
    script.expect("votequorum_dispatch", VOTEQUORUM, 2, do=first_events(script))
    script.expect("votequorum_getinfo", VOTEQUORUM, 1, ANY, code=2, do=lambda *dummy: thaw.wait(30))
    expect_close(script)
    if reported:
        pipe[1]()
    with pytest.raises(DeadlineExceeded, match=r"^corosync did not answer votequorum_getinfo within 0\.3 s.*" + words):
        snapshot(0.3)
    thaw.set()


def test_a_connection_that_could_not_be_opened_leaves_nothing_in_memory(script):
    """Whoever follows corosync connects every second while it is away."""
    observers = []
    for _attempt in range(3):
        script.listeners.append(DaemonGone("cmap_initialize"))
        observer = judged.JudgedObserver(Deadline(1))
        observers.append(weakref.ref(observer))
        with pytest.raises(DaemonGone):
            observer.__enter__()
        del observer
    gc.collect()
    assert [one() for one in observers[1:]] == [None, None], "the first one may be there still: what it imported stays for ever"
