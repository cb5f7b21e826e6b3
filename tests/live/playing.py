# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real ansible-playbook runs in the background, with every line and every result and the moments they came."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import typing as t

from run import kept_modules

PLAYS = pathlib.Path(__file__).resolve().parent / "plays"
WAIT = "corosync.quorum.wait_for_quorum"
# A busy machine takes so many times as long as a quiet one, for which the timeouts of until() and end() are given. They only bound what hangs.
BUSY = 4


# One result of a task. at: when the controller had it, time.time(). status: ok, failed, unreachable, skipped, item ok, item failed, retry.
class Result(t.NamedTuple):
    at: float
    status: str
    host: str
    task: str
    result: dict


class Play:
    """ansible-playbook with one play, in a process group of its own, begun at once. A context manager: leaving it ends what still runs.

    play: what a play may have besides hosts and tasks; a path instead of tasks runs that playbook. lines: (time.time(), line) of its output.
    """

    def __init__(self, lab, tasks, hosts="node1", arguments=(), environment=None, ansible_playbook=None, **play):
        self._folder = tempfile.TemporaryDirectory(prefix="play-")
        folder = pathlib.Path(self._folder.name)
        if isinstance(tasks, pathlib.Path):
            book = tasks
        else:
            book = folder / "play.json"
            book.write_text(json.dumps([dict({"hosts": hosts, "gather_facts": False, "tasks": tasks}, **play)]), encoding="utf-8")
        self._record = folder / "results"
        self._record.touch()
        program = ansible_playbook or self.program("ansible-playbook")
        self.lines = []
        self.process = subprocess.Popen(
            [str(program), str(book), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            cwd=str(folder),
            start_new_session=True,
            env=self._environment(lab, environment or {}),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @staticmethod
    def program(name):
        """The path of a program that stands beside this Python."""
        return str(pathlib.Path(sys.executable).with_name(name))

    def _environment(self, lab, more):
        own = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        return dict(
            own,
            ANSIBLE_CONFIG=str(self._calm_configuration(lab)),
            **kept_modules.environment("recorder", str(PLAYS / "callback_plugins")),
            ANSIBLE_LOCALHOST_WARNING="false",
            ANSIBLE_DEPRECATION_WARNINGS="false",
            RECORDER=str(self._record),
            LC_ALL="C.UTF-8",
            PYTHONUNBUFFERED="1",
            **more,
        )

    def _calm_configuration(self, lab):
        """The lab's, but Ansible looks for results a hundred times a second and not a thousand times, which costs processor time that the nodes need."""
        path = pathlib.Path(self._folder.name) / "ansible.cfg"
        text = lab.ansible_cfg.read_text(encoding="utf-8")
        path.write_text(text.replace("[defaults]\n", "[defaults]\ninternal_poll_interval = 0.01\n"), encoding="utf-8")
        return path

    def _read(self):
        for line in self.process.stdout:
            self.lines.append((time.time(), line.rstrip("\n")))

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        if self.process.poll() is None:
            self.signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGKILL)
        self.process.wait(10)
        self._reader.join(2)
        self.process.stdout.close()
        self._folder.cleanup()

    def signal(self, number, whole_group=True):
        """Send a signal to the process group, as a terminal's Ctrl-C does, or to ansible-playbook alone."""
        (os.killpg if whole_group else os.kill)(self.process.pid, number)

    def until(self, text, timeout=30, count=1):
        """Return when a text has been in so many lines of the output; AssertionError with the output if it never is."""
        deadline = time.monotonic() + BUSY * timeout
        while sum(text in line for _at, line in list(self.lines)) < count:
            assert time.monotonic() < deadline and self.process.poll() is None, f"no {text!r} in:\n{self.output}"
            time.sleep(0.02)

    @property
    def output(self):
        """All its output so far."""
        return "\n".join(line for _at, line in list(self.lines))

    def _own_words(self):
        """Its output but for the progress of waits, which may quote what a node said that went down as it ran the module."""
        return [line for _at, line in list(self.lines) if not line.startswith("wait_for_quorum: ")]

    @property
    def said(self):
        """The progress lines of waits so far, without their beginning."""
        return [line.partition(": ")[2] for _at, line in list(self.lines) if line.startswith("wait_for_quorum: ")]

    @property
    def results(self):
        """The Results so far."""
        return [Result(**json.loads(line)) for line in self._record.read_text(encoding="utf-8").splitlines() if line.endswith("}")]

    def end(self, timeout=60):
        """Wait for its end. Returns the results; AssertionError when it takes longer, or says that something in it is broken."""
        deadline = time.monotonic() + BUSY * timeout
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"the play did not end within {BUSY * timeout} s:\n{self.output}"
            time.sleep(0.02)
        self._reader.join(5)
        assert not any(word in line for word in ("Traceback", "this is probably a bug") for line in self._own_words()), self.output
        return self.results

    def result(self, timeout=60):
        """The end of a play with one result."""
        results = self.end(timeout)
        assert len(results) == 1, f"{len(results)} results:\n{self.output}"
        return results[0]


@contextlib.contextmanager
def users_ssh():
    """A Play's environment with arguments of ssh such as users have: a connection that is shared, and hides it if the node vanishes."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # pytest's own has a name that is too long for a socket
        yield {
            "ANSIBLE_SSH_ARGS": f"-C -o ControlMaster=auto -o ControlPersist=600s -o ServerAliveInterval=0 -o ControlPath={folder}/users-%h",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": folder + "/cp",
        }
        for shared in pathlib.Path(folder).glob("users-*"):
            subprocess.run(["ssh", "-O", "exit", "-o", f"ControlPath={shared}", "any"], stderr=subprocess.DEVNULL, check=False, timeout=10)


def wait(**options):
    """A task that waits, with these options; `keywords` (a dict) are the task's own."""
    keywords = options.pop("keywords", {})
    return dict({WAIT: options}, **keywords)


def events(result):
    """The timeline's events, as a list of names."""
    return [entry["event"] for entry in result["timeline"]]
