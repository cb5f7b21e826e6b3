# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What monitor_files finds on a node. tests/unit/plugins/action/test_monitor_program.py and the role's tests have the rest."""

import pytest

from ansible_collections.corosync.quorum.tests.unit.fakes.modules import run_main

# A managed node has ansible.module_utils and nothing else of Ansible; a bare Python has neither.
basic = pytest.importorskip("ansible.module_utils.basic", reason="ansible.module_utils is not there, which the module itself needs")

from ansible_collections.corosync.quorum.plugins.modules import monitor_files as tested  # noqa: E402  pylint: disable=wrong-import-position


def test_what_is_in_the_place_of_the_token_is_another_one(tmp_path):
    place = tmp_path / "token"
    params = {"token_file": str(place), "token": "secret-token"}
    assert tested._token(params) == "absent"
    place.mkdir()
    assert tested._token(params) == "other"


def written(tmp_path, **more):
    tested.written(dict({"remove": [], "metrics": [], "write": [], "folders": [], "token_wanted": False, "token_file": str(tmp_path / "token")}, **more))


def test_of_metrics_only_the_file_goes(tmp_path):
    """Another user may own their folder. What Python has compiled for the program is looked for in the program's own folders, and not there."""
    away, folder = tmp_path / "away", tmp_path / "metrics"
    away.mkdir()
    folder.mkdir()
    (away / "kept.pyc").touch()
    (folder / "__pycache__").symlink_to(away)
    (folder / "q.prom").write_text("# HELP corosync_quorum_up x\n")
    written(tmp_path, metrics=[str(folder / "q.prom"), str(folder / ".q.prom.new")])
    assert [path.name for path in folder.iterdir()] == ["__pycache__"] and (away / "kept.pyc").exists()


def test_what_is_in_the_place_of_metrics_stays_and_nothing_else_is_done(tmp_path, monkeypatch, capsys):
    place, new = tmp_path / "q.prom", {"path": str(tmp_path / "new"), "content": "", "mode": "0644"}
    place.write_text("something else")
    arguments = {"state": "written", "metrics": [str(place)], "write": [new], "folders": [], "token_file": str(tmp_path / "token")}
    said = run_main(tested, basic, arguments, monkeypatch, capsys)["msg"]
    why = f"{place} has other content than metrics of corosync-quorum."
    assert said == f"The old file with metrics was not removed: {why} Look at it, move or remove it, and run the play again."
    assert [path.name for path in tmp_path.iterdir()] == ["q.prom"]
