# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of metrics: it is replaced as a whole, and nothing else is left."""

import os

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._program.textfile import write


def test_it_is_replaced_as_a_whole_and_everybody_may_read_it(tmp_path):
    path = tmp_path / "q.prom"
    before = os.umask(0o077)
    try:
        write(str(path), "one\n")
        first = path.open()
        (tmp_path / ".q.prom.new").write_text("left by a program that was killed")
        write(str(path), "zwei ü\n")
    finally:
        os.umask(before)
    assert first.read() == "one\n", "whoever reads it meanwhile has a whole one"
    first.close()
    assert path.read_text(encoding="utf-8") == "zwei ü\n"
    assert (path.stat().st_mode & 0o777, os.listdir(str(tmp_path))) == (0o644, ["q.prom"])


def test_a_folder_that_is_not_there_and_a_folder_in_its_place(tmp_path):
    with pytest.raises(FileNotFoundError):
        write(str(tmp_path / "none" / "q.prom"), "x")
    (tmp_path / "q.prom").mkdir()
    with pytest.raises(OSError):
        write(str(tmp_path / "q.prom"), "x")
    assert os.listdir(str(tmp_path)) == ["q.prom"]


def test_it_writes_through_no_link(tmp_path):
    (tmp_path / "secret").write_text("kept")
    (tmp_path / ".q.prom.new").symlink_to(tmp_path / "secret")
    write(str(tmp_path / "q.prom"), "x")
    assert (tmp_path / "secret").read_text() == "kept"
