# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths that root may write or remove, on a real file system: owners, links, folders of others, and files that are whole or not there."""

import errno
import grp
import os
import pwd

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import trusted as tested

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")


@pytest.fixture(name="folder")
def _folder(tmp_path):
    made = tmp_path / "folder"
    made.mkdir(mode=0o700)
    return made


def refused(path):
    with pytest.raises(tested.UnsafePath) as caught:
        tested.check_file(str(path))
    return str(caught.value)


@pytest.mark.parametrize("there", [True, False])
def test_a_file_in_a_folder_of_ours(folder, there):
    if there:
        (folder / "file").touch(mode=0o600)
    tested.check_file(str(folder / "file"))


def test_what_is_no_file(folder):
    for path in ("", "file", "/", f"{folder}/", f"{folder}/..", f"{folder}/."):
        assert refused(path) == f"{path} is not the absolute path of a file."
    assert refused(folder) == f"{folder} is a folder."
    assert refused("/etc") == "/etc is a folder."
    os.mkfifo(str(folder / "pipe"))
    assert refused(folder / "pipe") == f"{folder}/pipe is no regular file."
    (folder / "file").touch()
    assert refused(folder / "file" / "x") == f"{folder}/file is no folder."


def test_links(folder):
    """The file itself must be none. A link on the way is followed, and where it leads is looked at."""
    (folder / "file").touch()
    (folder / "link").symlink_to(folder / "file")
    assert refused(folder / "link") == f"{folder}/link is a symbolic link, which is not followed."
    (folder / "absolute").symlink_to(folder)
    (folder / "relative").symlink_to("../folder")
    tested.check_file(str(folder / "absolute" / "relative" / "file"))
    (folder / "loop").symlink_to("loop")
    assert "has more than 40 symbolic links" in refused(folder / "loop" / "file")
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (folder / "into").symlink_to(shared)
    assert refused(folder / "into" / "file") == f"{shared} can be written by other users than root (mode 0777)."


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_folders_that_others_can_write_to(folder, mode):
    folder.chmod(mode)
    assert refused(folder / "file") == f"{folder} can be written by other users than root (mode {mode:04o})."


def test_a_folder_on_the_way_where_nobody_can_replace_what_is_ours(folder):
    """As /tmp: it is no place for a file, but one for a folder."""
    folder.chmod(0o1777)
    below = folder / "below"
    below.mkdir(mode=0o700)
    tested.check_file(str(below / "file"))
    folder.chmod(0o777)
    assert "can be written by other users" in refused(below / "file")


@AS_ROOT
def test_owners(folder):
    file = folder / "file"
    file.touch()
    os.chown(str(file), 65534, 0)
    assert refused(file) == f"{file} belongs to another user than root (uid 65534)."
    os.chown(str(folder), 65534, 0)
    assert refused(folder / "other") == f"{folder} belongs to another user than root (uid 65534)."
    os.chown(str(folder), 0, 0)
    (folder / "link").symlink_to(folder)
    os.lchown(str(folder / "link"), 65534, 0)
    assert refused(folder / "link" / "other") == f"{folder}/link belongs to another user than root (uid 65534)."


@AS_ROOT
def test_the_group_of_root_is_trusted_and_no_other_one(folder):
    folder.chmod(0o770)
    os.chown(str(folder), 0, 0)
    tested.check_file(str(folder / "file"))
    os.chown(str(folder), 0, 50)
    assert "can be written by other users" in refused(folder / "file")


def test_a_file_that_others_can_write(folder):
    (folder / "file").touch()
    (folder / "file").chmod(0o606)
    assert refused(folder / "file") == f"{folder}/file can be written by other users than root (mode 0606)."


def test_folders_are_made_where_they_are_missing(folder):
    deep = folder / "a" / "b"
    tested.make_folder(str(deep), 0o700)
    tested.make_folder(str(deep), 0o755)
    assert [oct(path.stat().st_mode & 0o777) for path in (deep, deep.parent)] == ["0o700", "0o700"]
    folder.chmod(0o777)
    with pytest.raises(tested.UnsafePath):
        tested.make_folder(str(folder / "c"), 0o700)
    assert not (folder / "c").exists()


def test_content(folder):
    assert tested.content_of(str(folder / "file")) is None
    (folder / "file").write_bytes(b"x" * 100000)
    assert len(tested.content_of(str(folder / "file"))) == tested.LARGEST + 1


def test_a_file_is_replaced_as_a_whole(folder):
    file = folder / "file"
    tested.replace(str(file), b"one")
    tested.replace(str(file), b"two")
    assert file.read_bytes() == b"two" and oct(file.stat().st_mode & 0o777) == "0o600"
    assert os.listdir(str(folder)) == ["file"]


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_where_it_cannot_be_replaced_the_old_one_stays_and_nothing_else(folder, monkeypatch, call):
    tested.replace(str(folder / "file"), b"one")

    def fail(*dummy):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        tested.replace(str(folder / "file"), b"two")
    assert (folder / "file").read_bytes() == b"one" and os.listdir(str(folder)) == ["file"]


def test_what_is_written_is_on_the_disk_before_it_has_its_name_and_its_name_before_it_is_reported(folder, monkeypatch):
    done = []
    fsync, rename = os.fsync, os.rename
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("folder" if os.path.isdir(f"/proc/self/fd/{fd}") else "file"), fsync(fd)))
    monkeypatch.setattr(os, "rename", lambda *paths: (done.append("rename"), rename(*paths)))
    tested.replace(str(folder / "file"), b"one")
    assert done == ["file", "rename", "folder"]


def endangered(path):
    with pytest.raises(tested.UnsafePath) as caught:
        tested.check_service_folder(str(path))
    return str(caught.value)


def test_a_folder_of_a_service_is_no_ones_elses(folder):
    tested.check_service_folder(str(folder))
    tested.check_service_folder(str(folder / "not" / "there"))
    (folder / "link").symlink_to(folder)
    tested.check_service_folder(str(folder / "link"))
    for mode in (0o777, 0o702):
        folder.chmod(mode)
        assert endangered(folder) == endangered(folder / "below") == f"{folder} can be written by every user (mode {mode:04o})."
    folder.chmod(0o1777)
    tested.check_service_folder(str(folder))


@AS_ROOT
def test_a_service_may_own_its_folder_or_the_one_above(folder):
    below = folder / "below"
    below.mkdir(mode=0o755)
    for upper, lower in ((65534, 0), (0, 65534), (65534, 65534)):
        os.chown(str(folder), upper, upper)
        os.chown(str(below), lower, lower)
        tested.check_service_folder(str(below))
    os.chown(str(below), 1000, 1000)
    assert endangered(below) == f"{below} belongs to the user with the uid 1000, and another user than root owns a folder above it."
    (folder / "link").symlink_to(folder)
    os.lchown(str(folder / "link"), 1000, 1000)
    assert endangered(folder / "link").startswith(f"{folder}/link belongs to the user with the uid 1000")


def group_of(group, members):
    return grp.struct_group((group.gr_name, group.gr_passwd, group.gr_gid, members))


@AS_ROOT
def test_a_group_may_write_to_the_folder_of_a_service_and_above_only_if_nobody_else_is_in_it(folder, monkeypatch):
    """The role prometheus.prometheus.node_exporter makes its folder so, and the folders above it that are missing."""
    below = folder / "below"
    below.mkdir()
    nobody = pwd.getpwuid(65534)
    for path in (below, folder):
        os.chown(str(path), nobody.pw_uid, nobody.pw_gid)
        path.chmod(0o775)
    tested.check_service_folder(str(below))
    refused = f"{folder} can be written by its group (mode 0775), and {below} is below it."
    group = grp.getgrgid(nobody.pw_gid)
    for members, is_refused in (([nobody.pw_name], False), ([nobody.pw_name, "anna"], True)):
        monkeypatch.setattr(grp, "getgrgid", lambda gid, members=members: group_of(group, members))
        assert (endangered(below) == refused) if is_refused else tested.check_service_folder(str(below)) is None
    monkeypatch.undo()
    for uid, gid in ((nobody.pw_uid, 8), (54321, 54321)):
        os.chown(str(below), uid, gid)
        os.chown(str(folder), uid, gid)
        assert endangered(below) == refused, "another group, and a user that has no name"
    for path in (below, folder):
        os.chown(str(path), nobody.pw_uid, 0)
    tested.check_service_folder(str(below))
