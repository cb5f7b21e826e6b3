# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time of a run: by one clock in the processes of all tasks, whenever the controller's clock is set."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import time

import pytest
from run import trees

from ansible_collections.corosync.quorum.plugins.module_utils._value.utc import seconds_of
from ansible_collections.corosync.quorum.plugins.plugin_utils import _steady

# An action of a play, which tells whose clock it goes by.
TELLS = """
import os
from ansible_collections.corosync.quorum.plugins.plugin_utils import _actions, _steady


class ActionModule(_actions.Action):
    def _act(self):
        return {"changed": False, "started": repr(_steady._STARTED), "pid": os.getpid(), "of": os.getppid()}
"""


def test_it_is_the_time_and_goes_on_where_the_clock_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _steady.seconds() == pytest.approx(time.time(), abs=60.0)
    before = _steady.seconds()
    real = time.time()
    monkeypatch.setattr(time, "time", lambda: real - 3600.0)
    assert before <= _steady.seconds() < before + 60.0
    assert seconds_of(_steady.now()) == pytest.approx(before, abs=60.0)


def test_moments_are_in_order_as_text() -> None:
    moments = [_steady.now() for dummy in range(1000)]
    assert moments == sorted(moments) and all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", moment) for moment in moments)


@pytest.mark.plays
@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_the_processes_of_all_tasks_have_one_clock(tmp_path: pathlib.Path, strategy: str) -> None:
    (tmp_path / "action_plugins").mkdir()
    (tmp_path / "action_plugins/tells.py").write_text(TELLS, encoding="utf-8")
    play = {"hosts": "a,b,c", "gather_facts": False, "strategy": strategy, "tasks": [{"tells": {}}, {"tells": {}}]}
    (tmp_path / "play.json").write_text(json.dumps([play, dict(play, serial=1)]), encoding="utf-8")
    output = subprocess.run(
        [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), "-v", "-i", "a,b,c", "play.json"],
        cwd=tmp_path,
        env=dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(trees.linked()), ANSIBLE_HOME=str(tmp_path), ANSIBLE_NOCOLOR="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    told = re.findall(r'"of": (\d+), "pid": (\d+), "started": "([^"]+)"', output)
    assert len(told) == 12 and len({pid for of, pid, started in told}) > 1 and len({of for of, pid, started in told}) == 1, output
    assert len({started for of, pid, started in told}) == 1, "each was loaded by a process of its own"
