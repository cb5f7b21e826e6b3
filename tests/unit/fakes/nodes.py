# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes whose Python answers what it likes: ansible-playbook is real, and reaches them over the connection `local`."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t

from run import kept_modules, trees

Vars = dict[str, t.Any]

# Ansible gives a module as a program on standard input, which names the module: with pipelining a task takes a quarter of the processes. What is to start
# a module in the background is a file.
PYTHON = """#!{python} -IS
import datetime, json, pathlib, re, subprocess, sys
program = b"" if sys.argv[1:] else sys.stdin.buffer.read()
module = pathlib.Path(sys.argv[1]).stem if sys.argv[1:] else re.search(rb"[.]modules[.](\\w+)", program).group(1).decode()
with open({answers!r}, encoding="utf-8") as file:
    given = json.load(file)
with open({calls!r}, "a", encoding="utf-8") as calls:
    calls.write({host!r} + " " + module + "\\n")
state = re.search(rb'"state"\\W+(\\w+)', program)
said = f"{{module}}__{{state.group(1).decode()}}" if state else module
if said in given:
    given[module] = given[said]
lock = pathlib.Path({lock!r})
run = re.search(rb"run\\W+([0-9a-f]{{16}})", program)
if module in given and run:
    given[module] = given[module].replace("RUN", run.group(1).decode()).replace("NOW", datetime.datetime.utcnow().isoformat() + "Z")
if module == "quorum_lock" and module not in given:
    # The real one would be the lock of this machine.
    run = run.group(1).decode()
    if b"given_back" in program:
        lock.unlink(missing_ok=True)
    else:
        lock.write_text(run)
    given[module] = json.dumps({{"changed": True, "taken": True, "lock": {{"run_id": run}}, "replaced": None}})
if module == "votequorum_info" and lock.exists():
    given[module] = json.dumps(dict(json.loads(given[module]), lock={{"run_id": lock.read_text()}}, lock_fault=""))
if module in given:
    sys.stdout.buffer.write(given[module].encode("utf-8", "surrogatepass"))
else:
    sys.exit(subprocess.run([{python!r}, *sys.argv[1:]], input=program, check=False).returncode)
"""


class Nodes:
    """web1, web2 ... in a folder of their own.

    answers(host, module=...): what that host answers to this module from now on; a text as it is, anything else as JSON. module__STATE: to this module with
    this `state`. RUN is the id of the run that is asked for, NOW this moment. A module without an answer really runs, on this machine; but quorum_lock keeps
    the lock of each host in a file of the folder. A task in the background is started by the module async_wrapper.
    """

    def __init__(self, folder: pathlib.Path, count: int = 3) -> None:
        self.folder = folder
        self.hosts = [f"web{number}" for number in range(1, count + 1)]
        self._answers: dict[str, dict[str, str]] = {host: {} for host in self.hosts}
        (folder / "calls").touch()
        # Ansible looks for results a hundred times a second and not a thousand times, which costs processor time.
        (folder / "ansible.cfg").write_text("[defaults]\ninternal_poll_interval = 0.01\n", encoding="utf-8")
        for host in self.hosts:
            self._write(host)
            python = folder / f"{host}-python"
            text = PYTHON.format(
                python=sys.executable, answers=str(folder / f"{host}.json"), calls=str(folder / "calls"), host=host, lock=str(folder / f"{host}.lock")
            )
            python.write_text(text, encoding="utf-8")
            python.chmod(0o755)
        variables = {host: {"ansible_connection": "local", "ansible_python_interpreter": str(folder / f"{host}-python")} for host in self.hosts}
        (folder / "inventory.json").write_text(json.dumps({"all": {"children": {"nodes": {"hosts": variables}}}}), encoding="utf-8")

    def answers(self, host: str, **modules: t.Any) -> None:
        self._answers[host].update((name, said if isinstance(said, str) else json.dumps(said)) for name, said in modules.items())
        self._write(host)

    def _write(self, host: str) -> None:
        (self.folder / f"{host}.json").write_text(json.dumps(self._answers[host]), encoding="utf-8")

    @property
    def calls(self) -> list[str]:
        """`web1 votequorum_info`, in order."""
        return (self.folder / "calls").read_text(encoding="utf-8").splitlines()

    def plays(
        self, *plays: Vars, variables: Vars | None = None, path: str = "", playbook: str = "", more: t.Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """What came of a playbook that never takes more than two minutes; stdout: all that a terminal would get.

        path: where the nodes look for a Python. playbook: run this one in place of the plays. more: arguments of ansible-playbook.
        """
        book = self.folder / "book.json"
        book.write_text(json.dumps([dict({"gather_facts": False}, **play) for play in plays]), encoding="utf-8")
        environment = dict(
            {name: text for name, text in os.environ.items() if not name.startswith("ANSIBLE_")},
            **kept_modules.environment(),
            ANSIBLE_CONFIG=str(self.folder / "ansible.cfg"),
            ANSIBLE_COLLECTIONS_PATH=str(trees.linked()),
            ANSIBLE_HOME=str(self.folder / "home"),
            ANSIBLE_LOCAL_TEMP=str(self.folder / "temporary"),
            ANSIBLE_REMOTE_TEMP=str(self.folder / "remote"),
            ANSIBLE_PIPELINING="true",
            ANSIBLE_LOCALHOST_WARNING="false",
            ANSIBLE_DEPRECATION_WARNINGS="false",
            ANSIBLE_LOG_PATH=str(self.folder / "log"),
            LC_ALL="C.UTF-8",
            PATH=path or os.environ["PATH"],
        )
        program = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
        command = [program, "-i", "inventory.json", playbook or str(book), "-e", json.dumps(variables or {}), *more]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=120,
            check=False,
        )

    @staticmethod
    def kept(**expressions: str) -> Vars:
        """A task that keeps what these expressions are on the host, for found()."""
        content = "{{ {" + ", ".join(f"'{name}': {expression}" for name, expression in expressions.items()) + "} | to_json | b64encode }}"
        return {"ansible.builtin.debug": {"msg": "kept-{{ inventory_hostname }}-" + content + "-"}}

    @staticmethod
    def found(done: subprocess.CompletedProcess[str], host: str) -> Vars:
        """What kept() has kept."""
        (content,) = re.findall(f"kept-{host}-([^-]+)-", done.stdout)
        return t.cast(Vars, json.loads(base64.b64decode(content)))


def custom_upgrade(nodes: Nodes) -> dict[str, t.Any]:
    """Variables of the role rolling_upgrade for an upgrade by the user's own tasks, which do nothing."""
    for step in ("stop", "start"):
        (nodes.folder / f"{step}.yml").write_text("[]", encoding="utf-8")
    return {
        "rolling_upgrade_packages": [],
        "rolling_upgrade_stack": "custom",
        "rolling_upgrade_stop_tasks": str(nodes.folder / "stop.yml"),
        "rolling_upgrade_start_tasks": str(nodes.folder / "start.yml"),
        "rolling_upgrade_stable_for": 0,
        "rolling_upgrade_watch": False,
        "rolling_upgrade_report": str(nodes.folder / "report.html"),
    }
