# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the libraries of this process are still those on disk: files that are replaced as package managers do it, and really mapped."""

import mmap
import os

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._corosync import mapped as tested


@pytest.fixture(name="folder")
def _folder(tmp_path):
    for name, target in (("libvotequorum.so.8", "libvotequorum.so.8.0.12"), ("libcmap.so.4", "libcmap.so.4.1.0"), ("libqb.so.100", "libqb.so.100.1.2")):
        (tmp_path / target).write_bytes(b"library")
        (tmp_path / name).symlink_to(target)
    (tmp_path / "libother.so.1").write_bytes(b"library")
    return tmp_path


@pytest.fixture(name="load")
def _load(folder):
    """Map these files into this process."""
    kept = []

    def load(*names):
        for name in names:
            with open(str(folder / name), "rb") as file:
                kept.append(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))

    yield load
    for one in kept:
        one.close()


def replace(path, content=b"newer"):
    new = path.with_name(path.name + ".dpkg-new")
    new.write_bytes(content)
    os.replace(str(new), str(path))


def test_nothing_is_replaced_where_nothing_is_loaded(folder):
    replace(folder / "libvotequorum.so.8.0.12")
    assert not tested.libraries_replaced()


@pytest.mark.parametrize("name", ["libvotequorum.so.8", "libcmap.so.4", "libqb.so.100"])
def test_a_library_of_the_same_name_that_was_replaced(folder, load, name):
    load(name, "libother.so.1")
    assert not tested.libraries_replaced()
    replace(folder / "libother.so.1")
    assert not tested.libraries_replaced(), "it is none of corosync's"
    replace((folder / name).resolve())
    assert tested.libraries_replaced()


def test_a_newer_one_beside_it(folder, load):
    load("libvotequorum.so.8")
    (folder / "libvotequorum.so.8.0.13").write_bytes(b"newer")
    assert not tested.libraries_replaced()
    (folder / "link").symlink_to("libvotequorum.so.8.0.13")
    os.replace(str(folder / "link"), str(folder / "libvotequorum.so.8"))
    assert tested.libraries_replaced()


def test_what_cannot_be_known_is_not_so(monkeypatch, load, folder):
    load("libvotequorum.so.8")
    replace(folder / "libvotequorum.so.8.0.12")
    monkeypatch.setattr(tested, "_MAPS", "/nonexistent")
    assert not tested.libraries_replaced()
