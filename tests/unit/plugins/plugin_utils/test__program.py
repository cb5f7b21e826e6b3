# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program as it comes to a node: all that it needs and nothing else, the same bytes on any controller, and a process that runs by itself."""

import io
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest
from run.imports import PLUGINS, PROGRAM, reached

from ansible_collections.corosync.quorum.plugins.plugin_utils import _program

# A process that knows of no collection, as that of ansible-rulebook, which loads the file from its path
ALONE = """
import importlib.util, os, sys
os.umask(0o077 if sys.argv[2] == "narrow" else 0)
spec = importlib.util.spec_from_file_location("packing", sys.argv[1])
packing = sys.modules["packing"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(packing)
assert not any(name.startswith("ansible") for name in sys.modules)
sys.stdout.buffer.write(packing.archive())
"""


def packed(path, umask="wide", **environment):
    command = [sys.executable, "-I", "-c", ALONE, str(path), umask]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd="/", env=dict(os.environ, **environment), timeout=60).stdout


def test_the_same_bytes_whatever_the_times_of_the_files_the_umask_the_locale_and_the_clock_are(tmp_path):
    copy = tmp_path / "elsewhere"
    shutil.copytree(PLUGINS / "module_utils", copy / "module_utils", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "plugin_utils").mkdir()
    shutil.copy(_program.__file__, copy / "plugin_utils")
    for number, path in enumerate(sorted(copy.rglob("*"))):
        os.utime(path, (number, number))
        path.chmod(0o755)
    first = packed(_program.__file__, LC_ALL="C", TZ="UTC", PYTHONHASHSEED="1")
    second = packed(copy / "plugin_utils" / "_program.py", "narrow", LC_ALL="C.UTF-8", TZ="Asia/Tokyo", PYTHONHASHSEED="2")
    assert first == second == _program.archive()
    with zipfile.ZipFile(io.BytesIO(first)) as opened:
        assert opened.namelist() == sorted(opened.namelist())
        assert {(entry.date_time, entry.external_attr >> 16, entry.create_system, entry.extra) for entry in opened.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 0o100644, 3, b"")
        }
        assert {entry.filename: opened.read(entry) for entry in opened.infolist()} == {file.path: file.content for file in _program.files()}


def test_it_consists_of_what_it_imports_and_of_the_packages_around_that():
    ours = {str(path.relative_to(PLUGINS)) for path in reached([PROGRAM])}
    below = _program.PACKAGE.rpartition("/")[0] + "/"
    packages = [file for file in _program.files() if file.path.endswith("/__init__.py")]
    assert {file.path[len(below) :] for file in _program.files() if file.path.startswith(below) and file not in packages} == ours
    assert {file.content for file in packages} == {b""}
    assert [file.path for file in _program.files()] == sorted(file.path for file in _program.files())
    assert not [path for path in ours if not path.startswith("module_utils/")]


def unpacked(folder):
    for file in _program.files():
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return folder


def test_it_runs_as_a_folder_by_its_launcher_and_as_one_file_past_another_copy_of_the_collection(tmp_path):
    stranger = tmp_path / "stranger" / "ansible_collections"
    stranger.mkdir(parents=True)
    (stranger / "__init__.py").write_text("raise SystemExit('a stranger was imported')\n")
    folder = unpacked(tmp_path / "with a 'quote'")
    command = tmp_path / "corosync-quorum"
    command.write_bytes(_program.launcher(sys.executable, str(folder)))
    command.chmod(0o755)
    (tmp_path / "one.pyz").write_bytes(_program.archive())
    said = [
        subprocess.run([*words, "--help"], stdout=subprocess.PIPE, check=True, cwd=stranger.parent, env={"PYTHONPATH": str(stranger.parent)}, timeout=60).stdout
        for words in ([command], [sys.executable, "-I", folder], [sys.executable, "-I", tmp_path / "one.pyz"])
    ]
    assert said[0].startswith(b"usage: corosync-quorum VERB") and said.count(said[0]) == 3


def test_a_collection_of_which_a_file_is_missing_gives_no_program(monkeypatch):
    monkeypatch.setattr(_program, "_HERE", pathlib.Path("/nowhere"))
    _program.files.cache_clear()
    with pytest.raises(FileNotFoundError, match="nowhere"):
        _program.files()
    monkeypatch.undo()
    assert _program.files()
