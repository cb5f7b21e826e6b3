# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Python runs which ansible-core: this machine's own, or one that is borrowed from an image of the lab."""

import re
import subprocess

import lab
import pytest
from run import borrowed, environments, interpreters
from run.steps import sanity

NO_LAB = "the lab boots machines, which only root may do: run it with sudo"


@pytest.fixture(name="machine")
def _machine(monkeypatch):
    """Call it to be on a machine with these Pythons, and with a reason why it cannot run the lab."""

    def be(*found, no_lab=None):
        monkeypatch.setattr(interpreters, "found", lambda: {version: "python" + interpreters.name(version) for version in found})
        monkeypatch.setattr(lab, "why_not", lambda: no_lab)

    return be


def test_the_newest_core_is_tried_with_a_borrowed_python_where_there_is_no_such_one(machine):
    machine((3, 11), (3, 13))
    assert [environments.python_of_core(core) for core in ("2.16", "2.22")] == [(3, 11), (3, 14)]
    assert environments.python_of_core("2.22", own=True) == (3, 13)
    assert environments.newest_own_core() == "2.22"


def test_where_none_can_be_borrowed_it_takes_what_there_is_or_says_why_not(machine):
    machine((3, 11), (3, 13), no_lab=NO_LAB)
    assert environments.python_of_core("2.22") == (3, 13)
    machine((3, 11), no_lab=NO_LAB)
    assert environments.python_of_core("2.22") is None
    assert environments.newest_own_core() == "2.19"
    assert {"2.16", "2.19", "2.22"} <= environments.usual_cores()
    assert (
        environments.why_no_python(*environments.CORES["2.22"])
        == f"Python 3.13 or 3.14 or 3.15 is not here, and cannot be borrowed from an image of the lab: {NO_LAB}"
    )
    assert environments.why_no_python((3, 6)) == "Python 3.6 is not here"
    assert environments.why_no_python((3, 11)) is None


def test_a_machine_without_any_python_for_environments_still_lists_its_stages(machine):
    machine(no_lab=NO_LAB)
    assert environments.newest_own_core() is None
    assert {"2.16", "2.22"} <= environments.usual_cores()


def test_every_core_has_a_python_that_is_known():
    assert {version for versions in environments.CORES.values() for version in versions} <= set(interpreters.KNOWN)
    assert borrowed.VERSION in interpreters.KNOWN


def test_a_program_of_a_borrowed_environment_is_run_by_its_name_with_all_its_arguments(tmp_path, monkeypatch):
    monkeypatch.setattr(borrowed, "inside", lambda root, *command: ["env", *command])
    folder = tmp_path / "a folder"
    (folder / "bin").mkdir(parents=True)
    for name in ("python", "tool"):
        (folder / "bin" / name).write_text('#!/bin/sh\necho "${0##*/}"\nprintf "%s\\n" "$@"\n', encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    launcher = borrowed.write_launcher(tmp_path / "image", folder)
    borrowed.lend(folder)
    for name in ("python", "tool"):
        done = subprocess.run([str(launcher.with_name(name)), "one", "two words", ""], capture_output=True, text=True, check=True)
        assert done.stdout == f"{name}\none\ntwo words\n\n"


def test_what_ansible_test_names_by_an_address_comes_from_the_index():
    text = "astroid==4.0.4\ndill @ https://example.com/dill/archive/1f2e.zip#sha256=09\nisort==9.0.1\n"
    once = sanity._of_the_index(text)
    assert [line.partition("#")[0].strip() for line in once.splitlines()] == ["astroid==4.0.4", "dill", "isort==9.0.1"]
    assert re.search("# by address: https://example.com/dill/", once)
    assert sanity._of_the_index(once) == once
