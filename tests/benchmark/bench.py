# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sections share: live clusters, programs for the nodes, playbooks with the time of each task."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from lab import private_lab
from lab.node import COLLECTIONS

HERE = pathlib.Path(__file__).resolve().parent
# Where the programs are on the nodes
REMOTE = "/var/tmp/benchmark"
LIBRARIES = {"measure": (), "snapshot": ("votequorum", "quorum", "cmap"), "until_quorate": ("votequorum",)}
SMALL, LARGE = 3, 16
PLAYBOOK = str(pathlib.Path(sys.executable).parent / "ansible-playbook")


class BenchmarkError(Exception):
    """Something that makes the figures worthless, or impossible. The message says what."""


def say(text):
    """Tell what is going on."""
    print("bench: " + text, file=sys.stderr, flush=True)


class Bench:
    """Clusters and programs, made when they are first asked for. A context manager.

    samples: how many of each. idle: the length of the long wait, in seconds.
    """

    def __init__(self, samples, idle):
        self.samples = samples
        self.idle = idle
        self._open = contextlib.ExitStack()
        self._labs = {}
        self.scratch = pathlib.Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="quorum-bench-")))

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self._open.close()

    def lab(self, nodes=SMALL):
        """A booted lab of so many nodes with the programs on each; the same one for the same number."""
        if nodes not in self._labs:
            self._labs[nodes] = self._open.enter_context(private_lab(f"bench{nodes}x", nodes=nodes))
            self.furnish(self._labs[nodes])
        return self._labs[nodes]

    def furnish(self, lab):
        """Put the programs on all nodes of a lab; again after it grew."""
        for node in lab.nodes:
            for program in LIBRARIES:
                self._install(node, self._compiled(program), program)

    def _compiled(self, program):
        binary = self.scratch / program
        if not binary.exists():
            command = ["cc", "-O2", "-Wall", "-o", str(binary), str(HERE / "c" / (program + ".c"))] + ["-l" + name for name in LIBRARIES[program]]
            try:
                subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
            except FileNotFoundError:
                raise BenchmarkError("There is no C compiler here: install gcc, libc6-dev, libvotequorum-dev, libquorum-dev and libcmap-dev.") from None
            except subprocess.CalledProcessError as exc:
                raise BenchmarkError(
                    f"{program}.c does not compile (are libvotequorum-dev, libquorum-dev and libcmap-dev installed?): {exc.stderr.strip()}"
                ) from None
        return binary

    def _install(self, node, path, name):
        place = pathlib.Path(str(node.machine.root) + REMOTE)
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(path.read_bytes())
        (place / name).chmod(0o755)

    def put(self, node, path):
        """Copy a file to the node's folder of the benchmark; returns its path there."""
        self._install(node, path, path.name)
        return f"{REMOTE}/{path.name}"

    def measured(self, node, *command, env=None):
        """Run a command on the node: (what it cost as measure.c says, its output as text)."""
        done = node.run([REMOTE + "/measure"] + list(command), env=dict(env or {}), timeout=60)
        return json.loads(done.stderr.strip().splitlines()[-1]), done.stdout


def interleaved(rounds, jobs):
    """Call all jobs ({name: function}) in each round, each round beginning with another one; returns {name: [result of each round]}."""
    names = list(jobs)
    results = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            results[name].append(jobs[name]())
    return results


def by_bytecode():
    """The environment in which a node's Python finds the collection, with the bytecode of an earlier run."""
    return {"PYTHONPATH": COLLECTIONS, "PYTHONPYCACHEPREFIX": "/var/tmp/pycache-benchmark"}


class Play:
    """A running playbook. tasks: {name: task without its name}, run in this order on `hosts`, one host after the other."""

    def __init__(self, bench, lab, hosts, tasks, env=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=str(bench.scratch)))
        self._times = self.folder / "times"
        self._log = self.folder / "log"
        book = self.folder / "play.yml"
        book.write_text(json.dumps([{"hosts": hosts, "gather_facts": False, "serial": 1, "tasks": [dict(task, name=name) for name, task in tasks]}]))
        environment = dict(
            os.environ,
            ANSIBLE_CONFIG=str(lab.ansible_cfg),
            BENCHMARK_TIMES=str(self._times),
            ANSIBLE_CALLBACK_PLUGINS=str(HERE / "plugins/callback"),
            ANSIBLE_CALLBACKS_ENABLED="benchmark_times",
            ANSIBLE_ACTION_PLUGINS=str(HERE / "plugins/action"),
            ANSIBLE_HOME=str(bench.scratch / "ansible"),
            ANSIBLE_SSH_CONTROL_PATH_DIR=str(bench.scratch / "cp"),
            ANSIBLE_NOCOLOR="1",
            **(env or {}),
        )
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [PLAYBOOK, str(book)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=str(self.folder), start_new_session=True
            )

    def times(self):
        """What the callback has written so far."""
        try:
            text = self._times.read_text()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def wait_started(self, timeout=30):
        """Return when the first task has begun."""
        deadline = time.monotonic() + timeout
        while not self.times():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise BenchmarkError(f"A playbook did not begin: {self._last_words()}")
            time.sleep(0.02)

    def finish(self, timeout):
        """Wait for its end and return times(); a failed task or play is a BenchmarkError."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            raise BenchmarkError(f"A playbook was not done after {timeout} s: {self._last_words()}") from None
        if status:
            raise BenchmarkError(f"A playbook failed: {self._last_words()}")
        return self.times()

    def processes(self):
        """The pids of ansible-playbook and of its workers; without ssh, which may outlive them."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                session = int((path / "stat").read_text().rpartition(")")[2].split()[3])
                if session == self._process.pid and b"ansible-playbook" in (path / "cmdline").read_bytes():
                    found.append(int(path.name))
        return found

    def stop(self):
        """End it."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20)

    def _last_words(self):
        return self._log.read_text(errors="replace")[-2000:]


def durations(times):
    """{task name: [seconds from its start to its result]}, over all hosts in their order."""
    begun, taken = {}, {}
    for line in times:
        key = line["host"], line["task"]
        if line["event"] == "start":
            begun[key] = line["clock"]
        else:
            taken.setdefault(line["task"], []).append(line["clock"] - begun[key])
    return taken


def modules_as_sent(bench, lab, modules):
    """Run each module ({name: its arguments}) once on the first node; returns {name: path on the node of the file that Ansible sent}."""
    node = lab.nodes[0]
    sent = {}
    for module, arguments in modules.items():
        folder = f"{REMOTE}/sent-{module.rpartition('.')[2]}"
        node.sh(f"rm -rf {folder} && mkdir -p {folder}")
        keep = {"ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_PIPELINING": "0", "ANSIBLE_REMOTE_TEMP": folder}
        Play(bench, lab, node.name, [("send", {module: arguments, "vars": {"ansible_pipelining": False}})], env=keep).finish(60)
        found = node.sh(f"ls {folder}/*/AnsiballZ_*.py").stdout.split()
        if len(found) != 1:
            raise BenchmarkError(f"Ansible was to leave one file of {module} on the node, but left {found or 'none'}.")
        sent[module] = found[0]
    return sent
