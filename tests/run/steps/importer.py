# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""python -m run.steps.importer: what Galaxy says of the artifact in dist/, with its warnings as errors."""

from __future__ import annotations

import configparser
import importlib.util
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

from .. import interpreters, paths

_CONFIGURATION = paths.CHECKOUT / "tests" / "run" / "galaxy-importer.cfg"


def main() -> int:
    artifact = next(paths.DIST.glob("corosync-quorum-*.tar.gz"), None)
    if artifact is None:
        sys.exit(f"FAILED: there is no artifact in {paths.DIST}. Run the stage `package` too, which builds it.")
    environment = dict(
        os.environ, GALAXY_IMPORTER_CONFIG=str(_CONFIGURATION), PATH=os.pathsep.join([os.path.dirname(sys.executable), interpreters.search_path()])
    )
    # It leaves importer_result.json where it stands.
    done = subprocess.run(
        [sys.executable, "-m", "galaxy_importer.main", str(artifact)],
        cwd=paths.SCRATCH,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout)
    warnings = [line for line in done.stdout.splitlines() if line.startswith(("WARNING", "ERROR"))]
    if warnings:
        print(f"{len(warnings)} warnings or errors, and none is wanted")
    return done.returncode or (1 if warnings or not event_plugins_pass(artifact, environment) else 0)


def event_plugins_pass(artifact: pathlib.Path, environment: dict[str, str]) -> bool:
    """Whether ruff and pylint, with what the importer's own tox.ini has, say nothing of the artifact's plugins for Event-Driven Ansible."""
    with tempfile.TemporaryDirectory(prefix="importer-") as folder:
        subprocess.run(["tar", "-xzf", str(artifact), "-C", folder], check=True)
        said = [_said(command, folder, environment) for command in event_plugin_commands(folder)]
    return bool(said) and not any(said)


def event_plugin_commands(folder: str) -> list[list[str]]:
    """The commands of the importer for plugins for Event-Driven Ansible in this folder. It only prints what they say: there `-` means that nothing fails."""
    spec = importlib.util.find_spec("galaxy_importer")
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(pathlib.Path(spec.origin if spec and spec.origin else "").with_name("ansible_test") / "container" / "eda" / "tox.ini", encoding="utf-8")
    commands = []
    for section in settings.sections():
        words = shlex.split(settings.get(section, "commands", fallback="").removeprefix("- ").replace("{posargs}", folder))
        expanded = [str(path) for word in words for path in (sorted(pathlib.Path("/").glob(word[1:])) if "*" in word else [word])]
        if expanded:
            commands.append(expanded)
    return commands


def _said(command: list[str], folder: str, environment: dict[str, str]) -> str:
    """What a command printed, which it is told of, too. Nothing is what is wanted."""
    print("Running " + " ".join(command), flush=True)
    # Not in the checkout, whose settings the importer does not have
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    told = [line for line in done.stdout.splitlines() if line.strip() and not line.startswith("warning: ")]
    print("\n".join(told), flush=True)
    return "\n".join(told)


if __name__ == "__main__":
    sys.exit(main())
