# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark of an upgrade: it outlasts a power cut, and nothing that is none is overwritten or removed."""

import os

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import clocks
from ansible_collections.corosync.quorum.plugins.module_utils._node import lock as _lock
from ansible_collections.corosync.quorum.plugins.module_utils._node import mark as tested
from ansible_collections.corosync.quorum.tests.unit.fakes.locks import lock_is_at

RUN, OTHER = "1" * 16, "2" * 16


@pytest.fixture(name="path")
def _path(tmp_path, monkeypatch):
    """The collection's folder, and the mark in it. There is no lock."""
    folder = tmp_path / "quorum"
    monkeypatch.setattr(tested, "FOLDER", str(folder))
    lock_is_at(str(folder / "lock"), monkeypatch)
    return str(folder / "mark.json")


def take(run_id):
    _lock.take({"run_id": run_id, "stop_requested": None})


def write(path, phase="stop", run_id="", must_hold=False, check_mode=False):
    return tested.write(path, phase, 3, run_id, must_hold, check_mode)


def put(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o600)


def told(mark):
    """What of it a later run goes by."""
    return mark["phase"], mark["nodeid"]


def content(path):
    with open(path, "rb") as file:
        return file.read()


def test_it_is_written_read_and_removed(path):
    assert tested.read(path) is None and not tested.remove(path, "", False)
    assert write(path) and told(tested.read(path)) == ("stop", 3)
    assert not write(path), "it is there already"
    assert write(path, "start") and told(tested.read(path)) == ("start", 3)
    assert content(path).startswith(b'{"phase": "start", "nodeid": 3') and os.stat(path).st_mode & 0o777 == 0o600
    assert os.listdir(os.path.dirname(path)) == ["mark.json"]
    assert tested.remove(path, "", False) and os.listdir(os.path.dirname(path)) == []


def test_check_mode_changes_nothing(path):
    assert write(path, check_mode=True) and not os.path.exists(os.path.dirname(path))
    write(path)
    assert not write(path, check_mode=True) and write(path, "start", check_mode=True)
    assert tested.remove(path, "", True) and told(tested.read(path)) == ("stop", 3)


@pytest.mark.parametrize("left", [b"", b"\0" * 4096, b"\n", b'{"phase"', b'{"phase": "st', b'{"phase": "stop", "nodeid": 3', b'{"phase": "stop"\0\0\0\0'])
def test_what_a_power_cut_leaves_of_it_says_that_an_upgrade_has_begun(path, left, tmp_path):
    """In the collection's own folder alone: elsewhere an empty file may be anybody's."""
    put(path, left)
    assert told(tested.read(path)) == ("stop", None)
    assert write(path) and told(tested.read(path)) == ("stop", 3)
    elsewhere = str(tmp_path / "elsewhere" / "mark.json")
    put(elsewhere, left)
    with pytest.raises(tested.MarkError, match="is not what this role writes there"):
        tested.read(elsewhere)


@pytest.mark.parametrize(
    "other",
    [b"root:x:0:0:root:/root:/bin/bash\n", b"[]", b"null", b"3", b'"stop"', b"{}", b'{"phase": "stop"}', b'{"phase": "later", "nodeid": 2}', b"\xff\xfe"]
    + [b'{"phase": "stop", "nodeid": "web2"}', b'{"phase": ["stop"], "nodeid": 2}', b'{"phase": "stop", "nodeid": true}', b"[" * 50000, b"{" + b" " * 70000],
)
def test_a_file_of_somebody_else_is_not_touched(path, other):
    put(path, other)
    for call in (lambda: tested.read(path), lambda: write(path), lambda: tested.remove(path, "", False), lambda: tested.remove(path, "", True)):
        with pytest.raises(tested.MarkError, match="is not what this role writes there .* Check that the node is well, and remove the file; or set"):
            call()
    assert content(path) == other


def test_a_folder_is_not_removed(path):
    """As where rolling_upgrade_state_file is /etc."""
    os.makedirs(path)
    put(path + "/precious", b"x")
    for call in (lambda: tested.read(path), lambda: write(path), lambda: tested.remove(path, "", False)):
        with pytest.raises(tested.MarkError, match=f"the state file of the upgrade: {path} is a folder. Set rolling_upgrade_state_file to a file in a folder"):
            call()
    assert content(path + "/precious") == b"x"


def test_a_link_and_a_folder_of_others(path, tmp_path):
    os.makedirs(os.path.dirname(path))
    target = tmp_path / "target"
    target.write_text('{"phase": "stop", "nodeid": 3}', encoding="ascii")
    os.symlink(str(target), path)
    for call in (lambda: write(path), lambda: tested.remove(path, "", False)):
        with pytest.raises(tested.MarkError, match="is a symbolic link, which is not followed"):
            call()
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(tested.MarkError, match="can be written by other users than root"):
        write(str(shared / "mark.json"))
    assert target.exists() and os.listdir(str(shared)) == []


def test_a_folder_of_the_users_choice_is_made(tmp_path, path):
    assert write(str(tmp_path / "srv" / "a" / "mark.json"))
    assert os.stat(str(tmp_path / "srv")).st_mode & 0o777 == 0o755
    write(path)
    assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700


@pytest.mark.parametrize("number, words", [(13, "Run the task as root"), (28, "Free some space there"), (30, "Mount its file system for writing")])
def test_where_it_cannot_be_written(path, monkeypatch, number, words):
    def fail(*dummy):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tested, "replace", fail)
    with pytest.raises(tested.MarkError, match=f"Cannot write the state file of the upgrade {path} on this node: .* {words}"):
        write(path)


# ---- the lock ------------------------------------------------------------------------------------------------------------


def test_a_run_that_has_lost_its_lock_begins_with_no_node(path):
    with pytest.raises(tested.MarkError, match=f"This run \\({RUN}\\) does not have the lock of this node any more. Somebody has removed "):
        write(path, run_id=RUN, must_hold=True)
    assert tested.read(path) is None
    take(RUN)
    assert write(path, run_id=RUN, must_hold=True)


def test_a_node_that_is_down_is_brought_back_without_a_lock_too(path):
    """Somebody has removed it, and no other run has it: then this one ends what it has begun."""
    assert write(path, run_id=RUN, must_hold=False) and tested.remove(path, RUN, False)


@pytest.mark.parametrize("run_id, named", [(RUN, f"This run ({RUN})"), ("", "This run")])
def test_another_run_has_the_lock_by_now(path, run_id, named):
    """It does this node now, so nothing of it is changed."""
    write(path)
    take(OTHER)
    for call in (lambda: write(path, "start", run_id=run_id), lambda: tested.remove(path, run_id, False)):
        with pytest.raises(tested.MarkError) as caught:
            call()
        assert str(caught.value) == f"Run {OTHER} has taken the lock of this node by now. {named} has to end."
    assert told(tested.read(path)) == ("stop", 3)


def test_a_mark_of_a_node_that_is_done_is_the_only_one_that_goes_when_the_run_is_over(path):
    write(path, "start")
    assert not tested.remove(path, "", False, only_done=True) and not tested.remove(path, "", True, only_done=True)
    assert tested.write(path, "done", 3, "", False, False, rebooted=True)
    found = tested.read(path)
    assert (told(found), found["rebooted"], found["at"][:2]) == (("done", 3), True, "20")
    assert not tested.write(path, "done", 3, "", False, False, rebooted=True) and tested.write(path, "done", 3, "", False, False)
    assert tested.remove(path, "", True, only_done=True) and tested.remove(path, "", False, only_done=True) and tested.read(path) is None


@pytest.mark.parametrize(
    "phase, before, now, rebooted",
    [("reboot", "a", "b", True), ("reboot", "a", "a", False), ("reboot", "a", "", False), ("reboot", "", "b", False)]
    + [("start", "a", "b", False), ("stop", "a", "b", False)],
)
def test_whether_a_node_was_rebooted_is_told_by_its_boots(path, monkeypatch, phase, before, now, rebooted):
    """Where the mark was written right before a reboot, another boot is that reboot. Anywhere else it may be a power cut in the middle of an upgrade."""
    monkeypatch.setattr(tested, "boot_id", lambda: before)
    write(path, phase)
    monkeypatch.setattr(tested, "boot_id", lambda: now)
    assert tested.read(path)["rebooted"] is rebooted


def test_a_mark_that_knows_no_boot_is_read(path, monkeypatch):
    put(path, b'{"phase": "start", "nodeid": 3}')
    assert tested.read(path) == {"phase": "start", "nodeid": 3, "rebooted": False, "at": ""}
    monkeypatch.setattr(clocks, "_BOOT_ID", "/nonexistent")
    write(path, "reboot")
    assert tested.read(path)["rebooted"] is False
