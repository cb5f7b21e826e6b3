# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cluster_tool: it returns what ansible.builtin.command would, and runs nothing where another user listens in corosync's place."""

import hashlib

import pytest

from ansible_collections.corosync.quorum.plugins.module_utils._node import tools
from ansible_collections.corosync.quorum.tests.unit.fakes.listeners import SERVICE, listening
from ansible_collections.corosync.quorum.tests.unit.fakes.modules import run_main

# A managed node has ansible.module_utils and nothing else of Ansible; a bare Python has neither.
basic = pytest.importorskip("ansible.module_utils.basic", reason="ansible.module_utils is not there, which the module itself needs")

from ansible_collections.corosync.quorum.plugins.modules import cluster_tool as tested  # noqa: E402  pylint: disable=wrong-import-position

SCRIPT = """#!/bin/sh
echo "$0 $*" >>"${0%/*}/ran"
case "$*" in *fails*) echo "Could not do it" >&2; exit 3 ;; esac
echo "totem.config_version (u64) = 2"
"""


@pytest.fixture(name="run")
def _run(monkeypatch, capsys, tmp_path):
    """Run main() as Ansible does, with scripts in place of corosync's tools, and root as whoever listens. Returns its result and what was run."""
    for tool in tools.SERVICES:
        (tmp_path / tool).write_text(SCRIPT, encoding="ascii")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def run(refuse=lambda _service: None, **arguments):
        with monkeypatch.context() as patch:
            patch.setattr(tools, "refuse_stranger", refuse)
            result = run_main(tested, basic, arguments, patch, capsys)
        ran = tmp_path / "ran"
        return result, ran.read_text(encoding="ascii").replace(f"{tmp_path}/", "").splitlines() if ran.exists() else []

    return run


def test_it_returns_what_the_tool_says(run):
    result, ran = run(argv=["corosync-cmapctl", "-s", "a", "u8", "1"])
    assert result == {"changed": True, "rc": 0, "stdout": "totem.config_version (u64) = 2", "stderr": ""}
    assert ran == ["corosync-cmapctl -s a u8 1"]


def test_a_tool_that_fails(run):
    result, _ran = run(argv=["corosync-cfgtool", "fails"])
    assert (result["rc"], result["stdout"], result["stderr"]) == (3, "", "Could not do it")
    assert result["failed"] and result["msg"] == "corosync-cfgtool fails failed with the exit code 3: Could not do it"


def test_a_checksum_is_the_last_argument(run, tmp_path):
    (tmp_path / "authkey").write_bytes(b"\0key")
    _result, ran = run(argv=["corosync-cmapctl", "-s", "a", "str"], sha1_of=str(tmp_path / "authkey"))
    assert ran == ["corosync-cmapctl -s a str " + hashlib.sha1(b"\0key").hexdigest()]
    result, again = run(argv=["corosync-cmapctl", "-s", "a", "str"], sha1_of=str(tmp_path / "absent"))
    assert f"There is no file {tmp_path}/absent on this node" in result["msg"] and again == ran


def test_a_version_that_is_loaded_is_not_loaded_again(run):
    result, ran = run(argv=["corosync-cfgtool", "-R"], unless_loaded="2")
    assert result["stdout"] == "totem.config_version (u64) = 2"
    assert ran == ["corosync-cmapctl -g totem.config_version", "corosync-cmapctl totem.config_version"]


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"argv": []}, "argv must begin with corosync-cfgtool or corosync-cmapctl."),
        ({"argv": ["sh", "-c", "x"]}, "argv must begin with"),
        ({"argv": ["corosync-cfgtool", "-s"], "unless_loaded": "1"}, "With unless_loaded, argv must be corosync-cfgtool -R."),
    ],
)
def test_options_that_are_wrong(run, arguments, words):
    result, ran = run(**arguments)
    assert words in result["msg"] and ran == []


def test_another_user_gets_nothing(run):
    """The answer has no `stdout`, so nobody takes it for one of corosync."""
    real = tools.refuse_stranger
    with listening():
        result, ran = run(lambda _service: real(SERVICE), argv=["corosync-cmapctl"])
    assert result["failed"] and "not to root, so nothing was sent to it" in result["msg"] and "stdout" not in result and ran == []


def test_in_check_mode_nothing_is_run(run):
    result, ran = run(argv=["corosync-cmapctl"], _ansible_check_mode=True)
    assert result["skipped"] and ran == []
