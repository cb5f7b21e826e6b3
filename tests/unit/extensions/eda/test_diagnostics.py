# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook collect_diagnostics, which a rulebook runs where quorum is lost: what comes from a node, and what of it is kept for how long."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import pytest

from ansible_collections.corosync.quorum.tests.unit.fakes.nodes import Nodes
from ansible_collections.corosync.quorum.tests.unit.fakes.votequorum import value

pytestmark = pytest.mark.plays

PLAYBOOK = "corosync.quorum.collect_diagnostics"
READ = {"changed": False, "available": True, "quorate": True, "reading": {"value": value(), "cmap": {}, "files": {}}}
AWAY = {"changed": False, "available": False, "reason": "not_running", "msg": "corosync is not running."}
SAID = {"changed": True, "rc": 0, "stdout": "said", "stderr": ""}
KEY = "0123456789abcdef" * 8
KEPT, REMOVED = 20, 20
CMAP = f"""\
totem.crypto_cipher (str) = aes256
totem.key (str) = {KEY}
totem.keyfile (str) = /etc/corosync/authkey
totem.keyring.key (str) = none
"""


def programs(folder: pathlib.Path) -> str:
    """A PATH with programs in the place of corosync's own, each of which leaves its name in `ran`. corosync-cmapctl says what it does with totem.key."""
    here = folder / "programs"
    here.mkdir()
    (folder / "cmap").write_text(CMAP, encoding="utf-8")
    for name in ("corosync-quorumtool", "corosync-cfgtool", "corosync-cmapctl", "systemctl", "journalctl", "ip", "uptime"):
        says = f'[ $# = 0 ] && cat "{folder}/cmap"' if name == "corosync-cmapctl" else "echo fine"
        (here / name).write_text(f"#!/bin/sh\necho {name} >> {folder}/ran\n{says}\n", encoding="utf-8")
        (here / name).chmod(0o755)
    return f"{here}:{os.environ['PATH']}"


def collected(nodes: Nodes, *more: str, path: str = "", kept: int | None = None) -> str:
    """kept: that many files of a host instead of KEPT. The removal of each file is a process."""
    variables = {"quorum_diagnostics_dir": str(nodes.folder / "found"), **({} if kept is None else {"__quorum_diagnostics_kept": kept})}
    done = nodes.plays(playbook=PLAYBOOK, variables=variables, path=path, more=["--limit", "nodes", *more])
    assert done.returncode == 0, done.stdout
    return done.stdout


def files(nodes: Nodes, host: str) -> list[str]:
    return sorted(path.name for path in (nodes.folder / "found").iterdir() if path.name.startswith(f"{host}-2"))


def test_the_key_of_a_cluster_never_leaves_a_node(tmp_path: pathlib.Path) -> None:
    nodes = Nodes(tmp_path, 1)
    nodes.answers("web1", votequorum_info=READ)
    output = collected(nodes, "-vvv", path=programs(tmp_path))
    (name,) = files(nodes, "web1")
    found = (tmp_path / "found" / name).read_text(encoding="utf-8")
    kept = "".join(line for line in CMAP.splitlines(keepends=True) if KEY not in line)
    assert f"==== sh -c corosync-cmapctl | sed '/^totem[.]key /d': exit code 0\n{kept.rstrip()}\n" in found
    assert "==== corosync-cmapctl -m stats: exit code 1\n" in found and "==== corosync-quorumtool -si: exit code 0\nfine\n" in found
    (tmp_path / "cmap").unlink()
    shutil.rmtree(tmp_path / "home", ignore_errors=True)
    assert KEY not in output + found
    assert subprocess.run(["grep", "-rl", KEY, str(tmp_path)], stdout=subprocess.PIPE, check=False, text=True).stdout == ""


def test_where_corosync_does_not_answer_no_program_of_it_is_run(tmp_path: pathlib.Path) -> None:
    nodes = Nodes(tmp_path, 1)
    nodes.answers("web1", votequorum_info=AWAY)
    collected(nodes, path=programs(tmp_path))
    assert set((tmp_path / "ran").read_text(encoding="utf-8").split()) == {"systemctl", "journalctl", "ip", "uptime"}
    (name,) = files(nodes, "web1")
    assert (tmp_path / "found" / name).read_text(encoding="utf-8").count(": not run, because corosync did not answer the module below") == 5


def test_of_each_host_the_newest_files_are_kept_and_of_others_all(tmp_path: pathlib.Path) -> None:
    """The name of a host is no pattern, neither of a shell nor of a regular expression."""
    nodes = Nodes(tmp_path, 2)
    for host in nodes.hosts:
        nodes.answers(host, votequorum_info=READ, command=SAID)
    folder = tmp_path / "found"
    folder.mkdir()
    times = [f"20200101T0000{second:02d}Z" for second in range(40)]
    for host in ("web1", "web3", "web1-old", "xweb1", "w*"):
        for moment in times[: KEPT + 5]:
            (folder / f"{host}-{moment}.txt").touch()
    mine = ["web1-20200101T000000Z.txt.bak", "web1-notes.txt", "web1-1.txt"]
    for name in mine:
        (folder / name).touch()
    others = set(os.listdir(folder)) - set(files(nodes, "web1"))
    collected(nodes, "--limit", "web1,web2")
    assert len(files(nodes, "web2")) == 1
    left = [name for name in files(nodes, "web1") if name not in mine]
    assert len(left) == KEPT and left[:-1] == [f"web1-{moment}.txt" for moment in times[6 : KEPT + 5]]
    assert others | {mine[0]} | {left[-1], *left, *files(nodes, "web2")} == set(os.listdir(folder))


@pytest.mark.parametrize("name", ["w?b*", "web.(1)|x+"])
def test_a_host_may_have_any_name(tmp_path: pathlib.Path, name: str) -> None:
    nodes = Nodes(tmp_path, 1)
    nodes.answers("web1", votequorum_info=READ, command=SAID)
    inventory = tmp_path / "inventory.json"
    inventory.write_text(inventory.read_text(encoding="utf-8").replace('"web1":', f'"{name}":'), encoding="utf-8")
    folder = tmp_path / "found"
    folder.mkdir()
    for second in range(3 + 2):
        for host in (name, "web1"):
            (folder / f"{host}-20200101T0000{second:02d}Z.txt").touch()
    collected(nodes, kept=3)
    assert (len(files(nodes, name)), len(files(nodes, "web1"))) == (3, 5)


def test_one_run_removes_a_bounded_number(tmp_path: pathlib.Path) -> None:
    """A folder of a year without this would take one run minutes."""
    nodes = Nodes(tmp_path, 1)
    nodes.answers("web1", votequorum_info=READ, command=SAID)
    folder = tmp_path / "found"
    folder.mkdir()
    for number in range(KEPT + 30):
        (folder / f"web1-20200101T00{number:04d}Z.txt").touch()
    collected(nodes)
    assert len(files(nodes, "web1")) == KEPT + 30 + 1 - REMOVED
    collected(nodes)
    assert len(files(nodes, "web1")) == KEPT


def test_check_mode_writes_and_removes_nothing(tmp_path: pathlib.Path) -> None:
    nodes = Nodes(tmp_path, 1)
    nodes.answers("web1", votequorum_info=READ, command=SAID)
    collected(nodes, "--check")
    assert not (tmp_path / "found").exists()
    (tmp_path / "found").mkdir()
    for second in range(3 + 2):
        (tmp_path / "found" / f"web1-20200101T0000{second:02d}Z.txt").touch()
    collected(nodes, "--check", kept=3)
    assert len(files(nodes, "web1")) == 3 + 2
