# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""quorum_lock: its states, check mode, and its errors; and what the roles' other modules say of the lock."""

import json
import os

import pytest

from ansible_collections.corosync.quorum.tests.unit.fakes.locks import lock_is_at
from ansible_collections.corosync.quorum.tests.unit.fakes.modules import run_main

# A managed node has ansible.module_utils and nothing else of Ansible; a bare Python has neither.
basic = pytest.importorskip("ansible.module_utils.basic", reason="ansible.module_utils is not there, which the module itself needs")

from ansible_collections.corosync.quorum.plugins.modules import quorum_lock, rolling_upgrade_mark  # noqa: E402  pylint: disable=wrong-import-position

ONE, TWO = "1" * 16, "2" * 16
HOLDER = {"user": "alice", "pid": 7}


@pytest.fixture(name="path", autouse=True)
def _path(tmp_path, monkeypatch):
    """The lock of this node."""
    path = str(tmp_path / "quorum" / "lock")
    lock_is_at(path, monkeypatch)
    return path


@pytest.fixture(name="run")
def _run(monkeypatch, capsys):
    """Run main() as Ansible does, and return what it printed as JSON."""

    def run(module=quorum_lock, **arguments):
        return run_main(module, basic, arguments, monkeypatch, capsys)

    return run


def take(run, run_id, **more):
    return run(state="taken", run=run_id, _holder=HOLDER, **more)


def lock(run_id, stop_requested=None):
    return dict(HOLDER, run_id=run_id, stop_requested=stop_requested)


def test_from_taken_to_given_back(run, path):
    assert run(state="read") == {"changed": False, "lock": None}
    assert take(run, ONE) == {"changed": True, "taken": True, "lock": lock(ONE), "replaced": ""}
    assert run(state="read")["lock"] == run(state="held", run=ONE)["lock"] == lock(ONE)
    assert take(run, TWO) == {"changed": False, "taken": False, "lock": lock(ONE), "replaced": ""}
    assert run(state="given_back", run=TWO) == {"changed": False, "lock": lock(ONE)}
    assert take(run, TWO, take_over=[ONE]) == {"changed": True, "taken": True, "lock": lock(TWO), "replaced": ONE}
    assert run(state="given_back", run=TWO) == {"changed": True, "lock": None}
    assert not os.path.exists(path)


def test_a_request_to_stop(run):
    assert run(state="stop_requested") == {"changed": False, "lock": None}
    take(run, ONE)
    assert run(state="stop_requested", _ansible_check_mode=True) == {"changed": True, "lock": lock(ONE)}
    found = run(state="stop_requested")
    assert found["changed"] and found["lock"]["stop_requested"].endswith("Z")
    assert run(state="stop_requested") == {"changed": False, "lock": found["lock"]}


def test_check_mode_changes_nothing(run, path):
    assert take(run, ONE, _ansible_check_mode=True)["taken"] and not os.path.exists(os.path.dirname(path))
    take(run, ONE)
    assert not take(run, TWO, _ansible_check_mode=True)["taken"] and take(run, TWO, take_over=[ONE], _ansible_check_mode=True)["taken"]
    assert run(state="given_back", run=ONE, _ansible_check_mode=True) == {"changed": True, "lock": None}
    assert run(state="read")["lock"] == lock(ONE)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"state": "taken"}, "run"),
        ({"state": "given_back"}, "run"),
        ({"state": "held"}, "run"),
        ({"state": "given_back", "run": "../x"}, "run must be the id of a run, 16 hexadecimal digits"),
        ({"state": "taken", "run": ONE, "take_over": ["true"], "_holder": {}}, "take_over must be the id of a run"),
        ({"state": "taken", "run": ONE}, "quorum_lock is run by its action plugin"),
    ],
)
def test_what_it_refuses(run, path, arguments, words):
    result = run(**arguments)
    assert result["failed"] and words in result["msg"] and not os.path.exists(path)


def test_what_is_no_lock(run, path):
    os.mkdir(os.path.dirname(path))
    with open(path, "w", encoding="ascii") as file:
        file.write("garbage")
    os.chmod(path, 0o600)
    for arguments in ({"state": "read"}, {"state": "stop_requested"}, {"state": "given_back", "run": ONE}):
        assert "is not what the roles of this collection write there" in run(**arguments)["msg"]
    assert "is not what" in take(run, ONE)["msg"]


# ---- rolling_upgrade_mark ------------------------------------------------------------------------------------------------


def test_a_mark_is_read_with_the_lock(run, tmp_path):
    mark = str(tmp_path / "mark.json")
    nothing = {"changed": False, "lock": None, "lock_fault": "", "mark": None, "fault": "", "missing": [], "pacemaker": False}
    assert run(rolling_upgrade_mark, state="read", path=mark) == dict(nothing, key={"digest": None, "changed": None})
    assert run(rolling_upgrade_mark, state="read", path=mark, programs=["sh", "no-such-program"])["missing"] == ["no-such-program"]
    take(run, ONE)
    assert run(rolling_upgrade_mark, state="written", path=mark, phase="start", nodeid=3, run=ONE, must_hold=True) == {"changed": True}
    found = run(rolling_upgrade_mark, state="read", path=mark)
    assert {name: found["mark"][name] for name in ("phase", "nodeid", "rebooted")} == {"phase": "start", "nodeid": 3, "rebooted": False}
    assert found["mark"]["at"].endswith("Z") and found["lock"] == lock(ONE)
    assert run(rolling_upgrade_mark, state="removed", path=mark, run=ONE, only_done=True) == {"changed": False}
    assert run(rolling_upgrade_mark, state="written", path=mark, phase="done", nodeid=3, rebooted=True, run=ONE) == {"changed": True}
    assert run(rolling_upgrade_mark, state="removed", path=mark, run=ONE, only_done=True) == {"changed": True}
    assert run(rolling_upgrade_mark, state="written", path=mark, phase="start", nodeid=3, run=ONE) == {"changed": True}
    assert run(rolling_upgrade_mark, state="removed", path=mark, run=ONE) == {"changed": True}
    assert run(rolling_upgrade_mark, state="removed", path=mark, run=ONE) == {"changed": False}


def test_what_cannot_be_read_is_said_and_what_cannot_be_written_is_a_failure(run, path):
    take(run, TWO)
    found = run(rolling_upgrade_mark, state="read", path=path)
    assert found["mark"] is None and found["lock"] == lock(TWO) and found["fault"].startswith(f"{path} is not what this role writes there")
    assert "has taken the lock of this node by now" in run(rolling_upgrade_mark, state="written", path=path + ".json", run=ONE)["msg"]
    assert "is not what this role writes there" in run(rolling_upgrade_mark, state="removed", path=path, run=TWO)["msg"]
    assert "run must be the id of a run" in run(rolling_upgrade_mark, state="removed", path=path, run="x")["msg"]
    with open(path, encoding="ascii") as file:
        assert json.load(file) == lock(TWO)
