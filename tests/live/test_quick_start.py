# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README.md's quick start on a real cluster: with the artifact as a user installs it, and ansible-core, and nothing else."""

import importlib.metadata
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import pytest
import yaml
from docs.examples import CHECKOUT, code
from run import artifact, environments
from run.steps.package import complaints
from upgrading import pids

SECTION = "Quick start for your cluster"
# A page of Markdown shows a command in a block that is indented, or in one between fences.
COMMAND = re.compile(r"^(?:    |\$ )(ansible\S* .+)$", re.MULTILINE)
NAME = re.compile(r"`([\w-]+\.yml)`")


class Guide:
    """The section of README.md: its blocks of YAML by the name under which it says to save them, and its commands in their order."""

    def __init__(self, folder):
        readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
        self.page = folder / "quick_start.md"
        self.page.write_text(readme.split(f"\n## {SECTION}\n")[1].split("\n## ")[0], encoding="utf-8")
        text = self.page.read_text(encoding="utf-8")
        self.commands = [shlex.split(found, comments=True) for found in COMMAND.findall(text)]
        self.blocks = {}
        for block in code(self.page):
            if block.language == "yaml":
                named = NAME.findall("\n".join(text.splitlines()[: block.line - 1]).rpartition("\n\n")[0].rpartition("\n\n")[2])
                self.blocks.setdefault(named[-1] if named else None, block.text)

    def command(self, *words):
        """The first one with all these words."""
        return next(command for command in self.commands if set(words) <= set(command))


class Controller:
    """A user's machine: a folder with the user's files, an ansible-core without anything else, and an empty place for collections."""

    def __init__(self, folder):
        self.folder = folder
        core = importlib.metadata.version("ansible-core")
        self._bin = environments.environment("quick-start", sys.version_info[:2], f"ansible-core == {core}").parent
        self.tree = folder / "collections"
        self.tree.mkdir()
        # A shell sets PWD, and a page with a relative path goes there.
        self._environment = dict(artifact.alone(self.tree), PATH=f"{self._bin}{os.pathsep}{os.environ['PATH']}", LC_ALL="C.UTF-8", PWD=str(folder))

    def run(self, command):
        """Run it to its end, which has to be a good one, without a warning. What it printed."""
        done = subprocess.run(
            [str(self._bin / command[0]), *command[1:]],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        told = f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, told
        assert not complaints(done.stderr), told
        return done.stdout


@pytest.fixture(name="controller")
def _controller():
    with tempfile.TemporaryDirectory(prefix="start-", dir="/tmp") as folder:  # pytest's own has a name that is too long for ssh's socket
        yield Controller(pathlib.Path(folder))


def recap(said, names):
    """Whether each of these hosts has run tasks, and none failed."""
    return all(re.search(rf"^{name} +: ok=[1-9]\d* .*unreachable=0 +failed=0 ", said, re.MULTILINE) for name in names)


def test_it_leads_from_the_artifact_to_a_restart_without_a_loss(cluster, controller, tmp_path):
    guide = Guide(tmp_path)
    assert {"requirements.yml", "ask.yml"} <= set(guide.blocks), "README.md names the files that it shows"
    made = cluster(nodes=3)
    made.wait_quorate()
    names = [node.name for node in made]

    # Two things are not README.md's: the collection comes from the artifact, as it is not published before it is tested; and the inventory is the lab's.
    assert len(yaml.safe_load(guide.blocks["requirements.yml"])["collections"]) == 1
    built = artifact.build(tmp_path / "dist")
    wanted = {"collections": [{"name": str(built), "type": "file"}]}
    (controller.folder / "requirements.yml").write_text(json.dumps(wanted), encoding="utf-8")
    inventory = made.inventory(tmp_path / "nodes.yml").read_text(encoding="utf-8")
    (controller.folder / "inventory.yml").write_text(inventory.replace("\nnodes:\n", "\ncluster:\n"), encoding="utf-8")
    (controller.folder / "ask.yml").write_text(guide.blocks["ask.yml"], encoding="utf-8")

    controller.run(guide.command("ansible-galaxy", "install", "requirements.yml"))
    version = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    installed = controller.tree / "ansible_collections/corosync/quorum"
    assert json.loads((installed / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]["version"] == version
    assert not (installed / "tests").exists()

    said = controller.run(guide.command("ansible", "name=corosync.quorum.prerequisites"))
    assert [name for name in names if not re.search(rf"^{name} \| SUCCESS", said, re.MULTILINE)] == [], said

    said = controller.run(guide.command("ansible-playbook", "corosync.quorum.report"))
    assert recap(said, names), said
    page = (controller.folder / "quorum.html").read_text(encoding="utf-8")
    assert [name for name in names if name not in said or name not in page] == [], said

    said = controller.run(guide.command("ansible-playbook", "ask.yml"))
    assert recap(said, names), said

    # The upgrade and the reboots take minutes: the tests of the role rolling_upgrade have them.
    restart = guide.command("ansible-playbook", "rolling_upgrade_packages=", "corosync.quorum.rolling_upgrade")
    witness, before = made.watch(), pids(made)
    said = controller.run(restart)
    assert recap(said, names), said
    after = pids(made)
    assert [name for name in names if after[name] in ("", before[name])] == [], said
    assert witness.losses() == []
