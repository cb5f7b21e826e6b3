# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook collect_diagnostics on a real cluster, by hand: test_rulebooks.py has it where a rulebook starts it."""

import json
import pathlib

from playing import Play

BOOK = pathlib.Path(__file__).resolve().parents[2] / "playbooks/collect_diagnostics.yml"
KEY = "S3cret" * 30


def test_all_that_corosync_says_is_collected_but_not_its_key(lab, cluster, tmp_path):
    made = cluster(nodes=3, totem={"key": KEY})
    made[3].stop_corosync()
    assert f"totem.key (str) = {KEY}" in made[1].run(["corosync-cmapctl"]).stdout, "it is there to be shown"
    folder = tmp_path / "diagnostics"
    hosts = ",".join(node.name for node in made)
    with Play(lab, BOOK, arguments=["-vvv", "--limit", hosts, "-e", json.dumps({"quorum_diagnostics_dir": str(folder)})]) as play:
        play.end()
        output = play.output
    assert play.process.returncode == 0, output
    found = {path.name.partition("-2")[0]: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert sorted(found) == ["node1", "node2", "node3"]
    for host in ("node1", "node2"):
        assert "==== sh -c corosync-cmapctl | sed '/^totem[.]key /d': exit code 0\n" in found[host]
        assert "totem.cluster_name (str) = lab" in found[host] and "Quorate:          Yes" in found[host]
    assert found["node3"].count(": not run, because corosync did not answer") == 5
    assert "S3cretS3cret" not in output + "".join(found.values())
