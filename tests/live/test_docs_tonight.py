# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's upgrade of tonight: a dry run over four clusters, then its plays as they stand, which upgrade real packages."""

import re
import textwrap

from fleets import begin
from lab.host import CHECKOUT
from upgrading import pids, version


def guide_book(folder):
    """The two plays of the guide, in one file: healthy clusters are chosen, then upgraded."""
    guide = (CHECKOUT / "docs/docsite/rst/guide_many_clusters.rst").read_text(encoding="utf-8").partition("Tonight's upgrade")[2]
    blocks = re.findall(r"^\.\. code-block:: (?:yaml\+jinja|text)\n\n((?:    .*\n|\n)+)", guide, re.MULTILINE)
    book = folder / "tonight.yml"
    book.write_text("".join(map(textwrap.dedent, blocks[:2])).replace("hosts: cluster\n", "hosts: clusters\n"), encoding="utf-8")
    return book


def test_healthy_clusters_are_chosen_and_upgraded_together(fleet_lab, fleet, tmp_path):
    watches = {name: made.watch() for name, made in fleet.items()}
    before = {name: pids(made) for name, made in fleet.items()}
    fleet_lab.offer_upgrade("trixie", [node for made in fleet.values() for node in made])
    packages = {"rolling_upgrade_packages": ["corosync"], "rolling_upgrade_upgrade_tasks": ""}
    with begin(fleet_lab, tmp_path, fleet, arguments=["--check"], **packages) as play:
        play.end(100)
        assert not play.process.returncode, play.output
        assert [f"{name}, batch after batch:" in play.output for name in fleet] == [True] * 4, play.output
        assert len(re.findall(r"\d\. node\d+: stop, upgrade and start; corosync 3\.1\.7\S* -> 3\.1\.9", play.output)) == 10, play.output
    assert {name: pids(made) for name, made in fleet.items()} == before
    with begin(fleet_lab, tmp_path, fleet, book=guide_book(tmp_path), **packages) as play:
        play.end(400)
        assert not play.process.returncode, play.output
        assert "3 of 3 clusters are done." in play.output, play.output
    # The guide takes no nodes that can be stopped only as long as a quorum device votes.
    assert {name: {version(node) for node in made} for name, made in fleet.items()} == {name: {"3.1.7" if name == "device" else "3.1.9"} for name in fleet}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("Quorum was never lost on a node that was up.") == 3
    assert {name: watch.losses() for name, watch in watches.items()} == {name: [] for name in fleet}
