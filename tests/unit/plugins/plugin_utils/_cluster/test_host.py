# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of the role found on a host, and whether root may write there."""

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._cluster import host as tested
from ansible_collections.corosync.quorum.tests.unit.fakes.clusters import ABSENT, planned, running, wishes
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

CMAP = """\
corosync_quorum.key (str) = 0123abcd
corosync_quorum.restart (u8) = 1
runtime.config.totem.consensus (u32) = 4380
runtime.config.totem.token (u32) = 3650
runtime.votequorum.ev_tracking_barrier (u32) = 5
runtime.members.2.ip (str) = r(0) ip(127.0.1.1) r(1) ip(10.1.0.2)
runtime.members.3.ip (str) = r(0) ip(10.0.0.3)
totem.config_version (u64) = 7
totem.transport (str) = knet
"""


def file(path, **more):
    is_folder = path == "/etc/corosync"
    return dict({"path": path, "mode": "0755" if is_folder else "0644", "uid": 0, "gid": 0, "isdir": is_folder, "isreg": not is_folder, "islnk": False}, **more)


def test_what_was_found_is_read():
    files = [
        file("/etc/corosync/authkey", checksum="0123abcd", ctime=5.5),
        file("/run/corosync.pid", mtime=6.5),
        file("/etc/pve/corosync.conf"),
        file("/usr/sbin/crm"),
    ]
    quorum = {"available": False, "reason": "timeout", "msg": "no answer", "changed": False}
    seen = tested.seen_of({"conf": "text", "files": files, "quorum": quorum, "cmap": CMAP, "installed": True})
    assert set(seen) == set(ABSENT)
    assert (seen["conf"], seen["key"], seen["key_changed"], seen["started"], seen["key_loaded"]) == ("text", "0123abcd", 5.5, 6.5, "0123abcd")
    assert (seen["loaded_version"], seen["marked"], seen["qdevice_marked"]) == ("7", True, False)
    assert (seen["tools"], seen["uses"], seen["installed"]) == (["Proxmox VE", "crmsh"], [], True)
    assert seen["loaded"] == {"totem.transport": "knet"}
    assert seen["tracks"] and not tested.seen_of({"cmap": "runtime.votequorum.two_node (u8) = 0"})["tracks"]
    assert (seen["token"], seen["consensus"]) == ("3650", "4380")
    assert (seen["available"], seen["reason"], seen["msg"], seen["votequorum"]) == (False, "timeout", "no answer", None)


def test_a_host_with_nothing():
    assert tested.seen_of({}) == dict(ABSENT, reason=None, msg="", installed=False)


def test_the_addresses_that_corosync_uses():
    quorum = {"available": True, "votequorum": value([1, 1, 1], asked=2)}
    assert tested.seen_of({"quorum": quorum, "cmap": CMAP})["uses"] == ["127.0.1.1", "10.1.0.2"]


@pytest.mark.parametrize("said", [None, "yes", [], {"nodeid": 2}, dict(value([1, 1, 1], asked=2), ring_id=None), dict(value([1, 1, 1], asked=2), problems=[1])])
def test_an_answer_that_no_corosync_can_have_given_is_one_that_cannot_be_read(said):
    seen = running(wishes())
    seen["host2"].update(tested.seen_of({"quorum": {"available": True, "votequorum": said}}), conf=seen["host2"]["conf"])
    [told] = planned(wishes(), seen)["refusals"]
    assert told.startswith("The quorum of a host cannot be read, so nothing is known about the quorum of the cluster. host2: ")


def test_a_value_of_an_older_version_may_lack_what_that_did_not_know():
    older = {key: part for key, part in value([1, 1, 1], asked=2).items() if key not in ("cluster_name", "problems")}
    host = tested.Host("host2", dict(ABSENT, available=True, votequorum=older))
    assert (host.runs_as, host.restart_pending) == (None, False)


def refusal(*files):
    seen = running(wishes())
    seen["host2"]["files"] = list(files)
    return " ".join(planned(wishes(), seen)["refusals"])


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (file("/etc/corosync", islnk=True, isdir=False), "/etc/corosync is a symbolic link"),
        (file("/etc/corosync", isdir=False), "/etc/corosync is not a folder"),
        (file("/etc/corosync", uid=1000), "/etc/corosync belongs to the user with the id 1000"),
        (file("/etc/corosync", mode="0757"), "/etc/corosync is writable by others than root (mode 0757)"),
        (file("/etc/corosync", mode="0775", gid=100), "/etc/corosync is writable by others"),
        (file("/etc/corosync/corosync.conf", islnk=True, isreg=False), "corosync.conf is a symbolic link"),
        (file("/etc/corosync/corosync.conf", mode="0666"), "corosync.conf is writable"),
        (file("/etc/corosync/authkey", isreg=False, isdir=True), "authkey is not a file"),
        (file("/etc/corosync/authkey", uid=65534), "authkey belongs to the user with the id 65534"),
    ],
)
def test_what_is_not_roots_alone_is_refused(found, words):
    told = refusal(found)
    assert f"host2: {found['path']} is" in told or f"host2: {found['path']} belongs" in told
    assert words in told


@pytest.mark.parametrize("found", [{"path": "/etc/corosync"}, file("/etc/corosync", mode="strange"), file("/etc/corosync", mode=None)])
def test_an_answer_that_does_not_say_whose_it_is_is_refused(found):
    assert "host2: The host does not say who owns /etc/corosync" in refusal(found)


@pytest.mark.parametrize(
    "found", [file("/etc/corosync"), file("/etc/corosync", mode="0775"), file("/etc/corosync/authkey", mode="0400"), file("/etc/x", uid=7)]
)
def test_what_is_roots_is_not(found):
    assert refusal(found) == ""
