# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of another run, and files that root must not use."""

from __future__ import annotations

import fcntl
import os
import pathlib
import typing as t

from ansible_collections.corosync.quorum.plugins.module_utils._node import lock as _file
from ansible_collections.corosync.quorum.plugins.module_utils._node.trusted import UnsafePath, check_file
from ansible_collections.corosync.quorum.plugins.module_utils._value.errors import Unusable
from ansible_collections.corosync.quorum.plugins.plugin_utils import _lock
from ansible_collections.corosync.quorum.plugins.plugin_utils._upgrade.locking import Locking
from ansible_collections.corosync.quorum.tests.unit.fakes.gates import LOCK, OTHER, OWN, RUN_ID

from . import provokes, refusal

CLUSTER = ["web1", "web2", "web3"]
RUN: t.Any = {"nodeids": {host: number for number, host in enumerate(CLUSTER, start=1)}, "configured": [1, 2, 3]}
SINCE = "2026-11-28T10:00:00.000000Z"


def _look(**more: t.Any) -> _lock.Look:
    """What a node says of its lock."""
    return _lock.look_of({"lock": dict(LOCK, **more), "lock_fault": ""})


def _alive(pid: int, start_time: int) -> bool:
    return True


def _doubt(look: _lock.Look) -> str:
    return _lock.doubt("web1", look, RUN_ID, has_taken=True, before_a_node=True)


@provokes("Another run has the lock on …")
def _held() -> str:
    look = _look(run_id=OTHER, role="rolling_upgrade", user="alice", controller="admin1", since=SINCE, boot_id="another")
    return _lock.refusals({"web1": look}, OWN, _alive, [])[0]


@provokes("On … nobody can say which run has the lock")
def _unknown_holder() -> str:
    return _lock.refusals({"web1": _lock.look_of({})}, OWN, _alive, [])[0]


@provokes("another run has the lock on …: …. Two runs must not stop nodes of one cluster at the same time")
def _taken_over() -> str:
    return _doubt(_look(run_id=OTHER))


@provokes("does not have its lock on … any more, as somebody has removed it")
def _removed() -> str:
    return _doubt(_lock.look_of({"lock": None, "lock_fault": ""}))


@provokes("somebody asked this run to stop before its next node")
def _asked_to_stop() -> str:
    return _doubt(_look(stop_requested=SINCE))


@provokes("quorum_lock_take_over is …, but must be the id of the run whose lock this run may take over")
def _no_id() -> str:
    return refusal(Unusable, _lock.take_over_of, "yes")


@provokes("The lock could not be taken on …, which this run would change")
def _not_on_a_host() -> str:
    locking = Locking(held=["web1", "web2"], out_of_reach={"web3": "no route."})
    return locking.refusal(RUN, CLUSTER, CLUSTER, "web3")


@provokes("The lock could be taken on … of … configured nodes, and must be on more than half of them")
def _not_on_enough() -> str:
    locking = Locking(held=["web1"], out_of_reach={"web2": "no route.", "web3": "no route."})
    return locking.refusal(RUN, CLUSTER, ["web1"], "web3")


@provokes("… on this node is not what the roles of this collection write there")
def _no_lock(tmp_path: pathlib.Path) -> str:
    tmp_path.chmod(0o700)
    (tmp_path / "lock").write_text("nothing", encoding="ascii")
    return refusal(_file.LockError, _file.read, str(tmp_path / "lock"))


@provokes("Cannot take the lock …")
def _no_file() -> str:
    """The kernel takes no file there, not even root's."""
    return refusal(_file.LockError, _file.take, {"run_id": RUN_ID}, path="/sys/lock")


@provokes("Another process of this node has been changing …")
def _in_use(tmp_path: pathlib.Path, monkeypatch: t.Any) -> str:
    monkeypatch.setattr(_file, "_LONGEST", 0.1)
    tmp_path.chmod(0o700)
    path = tmp_path / "lock"
    path.touch(mode=0o600)
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        return refusal(_file.LockError, _file.give_back, RUN_ID, str(path))


@provokes("… can be written by other users than root")
def _writable(tmp_path: pathlib.Path) -> str:
    tmp_path.chmod(0o777)
    return refusal(UnsafePath, check_file, str(tmp_path / "lock"))


@provokes("… belongs to another user than root")
def _foreign(tmp_path: pathlib.Path, monkeypatch: t.Any) -> str:
    """Root and whoever runs the code are trusted, so the file gets another owner, or the code another user."""
    tmp_path.chmod(0o700)
    path = tmp_path / "lock"
    path.touch()
    if path.stat().st_uid == 0:
        os.chown(path, 1, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    return refusal(UnsafePath, check_file, str(path))


@provokes("… is a symbolic link, which is not followed")
def _link(tmp_path: pathlib.Path) -> str:
    tmp_path.chmod(0o700)
    (tmp_path / "lock").symlink_to("/dev/null")
    return refusal(UnsafePath, check_file, str(tmp_path / "lock"))
