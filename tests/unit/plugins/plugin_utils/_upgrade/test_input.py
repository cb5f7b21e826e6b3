# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was given wrongly to the role rolling_upgrade, each with the variable, the value and what it must be."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.hosts import Play
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.input import refusals
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.look import HOOKS

HOSTS = ["node1", "node2", "node3"]


def options(**wrong: t.Any) -> dict[str, t.Any]:
    """The role's defaults, but for these."""
    hooks = {**dict.fromkeys(HOOKS, ""), **wrong.pop("hooks", {})}
    right = {
        "hosts": HOSTS,
        "stack": "corosync",
        "spare": 0,
        "timeout": 300,
        "stable_for": 5,
        "watch_timeout": 14400,
        "reboot": "never",
        "reboot_timeout": 600,
        "take_over": "",
        "state_file": "/var/lib/corosync-quorum/rolling-upgrade.json",
        "report": "",
        "qdevice": "either",
        "package_state": "latest",
        "hooks": hooks,
    }  # fmt: skip  (a list of defaults reads better side by side)
    return {**right, **wrong}


def refused(folder: pathlib.Path, **wrong: t.Any) -> list[str]:
    given = options(**wrong)
    play = Play(host="node1", cluster=tuple(map(str, given["hosts"])), batch=tuple(HOSTS), everyone=tuple(HOSTS), active=tuple(HOSTS))
    return refusals(given, play, HOSTS, str(folder))


def test_the_defaults_are_right(tmp_path: pathlib.Path) -> None:
    assert refused(tmp_path) == []


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"hosts": ["node1"]}, "rolling_upgrade_hosts must be a list of at least two hosts of a cluster"),
        ({"hosts": ["node1", "node2", "node2", "node3"]}, "must have each host of this play once"),
        ({"hosts": ["node1", "node2"]}, "Hosts of the play that are missing in it: node3"),
        ({"hosts": ["node1", "node2", "node3", "elsewhere"]}, "not in the inventory: elsewhere"),
        ({"stack": "heartbeat"}, "rolling_upgrade_stack is heartbeat, but must be one of corosync, pcs, crmsh, custom."),
        ({"spare": -1}, "rolling_upgrade_spare is -1, but must be a number of nodes, 0 or more."),
        ({"timeout": 0}, "rolling_upgrade_timeout is 0, but must be a number of seconds above 0."),
        ({"timeout": 5, "stable_for": 5}, "rolling_upgrade_stable_for is 5, but must be less than rolling_upgrade_timeout, which is 5."),
        ({"stable_for": "soon"}, "rolling_upgrade_stable_for is soon, but must be a number of seconds, 0 or more."),
        ({"watch_timeout": 0}, "rolling_upgrade_watch_timeout is 0, but must be a number of seconds above 0."),
        ({"watch_timeout": "nan"}, "rolling_upgrade_watch_timeout is nan, but must be a number of seconds above 0."),
        ({"take_over": True}, "quorum_lock_take_over is True, but must be the id of the run whose lock this run may take over"),
        ({"state_file": "mark.json"}, "rolling_upgrade_state_file is mark.json, but must be the absolute path of a file on the nodes."),
        ({"report": "no/page.html"}, "rolling_upgrade_report is no/page.html, but must be a file in a folder that is there on the controller"),
        ({"hooks": {"stop": "nowhere.yml"}}, "/nowhere.yml, which is not there."),
        ({"stack": "custom"}, "rolling_upgrade_stop_tasks and rolling_upgrade_start_tasks must each name a file with tasks."),
    ],
)
def test_one_sentence_for_what_is_wrong(tmp_path: pathlib.Path, wrong: dict[str, t.Any], words: str) -> None:
    (sentence,) = refused(tmp_path, **wrong)
    assert words in sentence


def test_all_of_it_is_said_at_once(tmp_path: pathlib.Path) -> None:
    assert len(refused(tmp_path, spare="x", timeout="x", watch_timeout=-1, state_file="x")) == 4
