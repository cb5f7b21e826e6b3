# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real ansible-rulebook in the background, in an environment of its own, with the collection of this checkout."""

import contextlib
import http.server
import importlib.metadata
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.request

import yaml
from patience import PATIENCE, until
from run import environments, trees

# Java, rules and sources take their time, the more so side by side on a busy machine. Seconds.
STARTED = 3 * PATIENCE


def program():
    """The path of ansible-rulebook, with the ansible-core that the tests themselves use."""
    core = ".".join(importlib.metadata.version("ansible-core").split(".")[:2])
    return environments.environment("rulebook", sys.version_info[:2], "ansible-rulebook >= 1.1, < 2", f"ansible-core == {core}.*").with_name("ansible-rulebook")


def ruleset_schema():
    """The schema of rulebooks that ansible-rulebook has."""
    return json.loads(next(program().parents[1].glob("lib/python3*/site-packages/ansible_rulebook/schema/ruleset_schema.json")).read_text(encoding="utf-8"))


def inventory(lab, folder, **variables):
    """The path of the lab's inventory with further variables for all hosts."""
    data = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    path = pathlib.Path(folder) / "inventory.yml"
    path.write_text(json.dumps(dict(data, all={"vars": variables})), encoding="utf-8")
    return path


class Rulebook:
    """A rulebook of the collection that runs, or one with this content. lines: its output so far."""

    # The variable of the environment by which its plays are found: they run in sessions of their own.
    MARK = "LAB_RULEBOOK"

    def __init__(self, lab, name, hosts, variables, content=None):
        self._folder = tempfile.TemporaryDirectory(prefix="rulebook-")
        given = pathlib.Path(self._folder.name) / "vars.json"
        given.write_text(json.dumps(variables), encoding="utf-8")
        self.name, self.lines = name, []
        path = program()
        book = f"corosync.quorum.{name}"
        if content is not None:
            book = f"{self._folder.name}/{name}.yml"
            pathlib.Path(book).write_text(json.dumps(content), encoding="utf-8")
        self._process = subprocess.Popen(
            [str(path), "--rulebook", book, "--inventory", str(hosts), "--vars", str(given), "--print-events"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self._folder.name,
            start_new_session=True,
            env=dict(
                {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "PYTHON"))},
                PATH=f"{path.parent}:{os.environ['PATH']}",
                ANSIBLE_CONFIG=str(lab.ansible_cfg),
                ANSIBLE_COLLECTIONS_PATH=str(trees.linked()),
                ANSIBLE_LOCALHOST_WARNING="false",
                PYTHONUNBUFFERED="1",
                **{self.MARK: self._folder.name},
            ),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self.lines.append(line)

    def said(self, text):
        return any(text in line for line in list(self.lines))

    def count(self, text):
        """In how many lines it has printed this."""
        return sum(text in line for line in list(self.lines))

    def wait_for(self, text, timeout=STARTED):
        """Return when it has printed this; AssertionError with its output if it ends before, or in time does not."""
        try:
            until(lambda: self.said(text) or self._process.poll() is not None, timeout)
        except AssertionError:
            pass
        assert self.said(text), f"{self.name} never said {text!r}:\n{''.join(self.lines[-80:])}"

    def end(self):
        """Interrupt it as a user would, and make sure."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(PATIENCE)
            raise
        finally:
            self._end_plays()
            self._reader.join(PATIENCE)
            self._folder.cleanup()

    def _end_plays(self):
        """A play that ran when ansible-rulebook was interrupted has nobody to read what it writes, and would run for ever."""
        mark = f"{self.MARK}={self._folder.name}".encode()
        for environ in pathlib.Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in environ.read_bytes().split(b"\0"):
                    os.kill(int(environ.parent.name), signal.SIGKILL)


@contextlib.contextmanager
def running(lab, hosts, own=None, own_variables=None, **variables_of):
    """Rulebooks of the collection by name, side by side: a dictionary. variables_of: the variables of each. own: the content of one more, named `own`."""
    started = {name: Rulebook(lab, name, hosts, variables) for name, variables in variables_of.items()}
    if own:
        started["own"] = Rulebook(lab, "own", hosts, own_variables or {}, own)
    try:
        yield started
    except BaseException:
        for rulebook in started.values():
            print(f"---- {rulebook.name}\n{''.join(rulebook.lines[-200:])}")
        raise
    finally:
        with contextlib.ExitStack() as ending:
            for rulebook in started.values():
                ending.callback(rulebook.end)


@contextlib.contextmanager
def mailbox():
    """A chat on this machine: its URL, and the texts that were posted so far."""
    texts = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            texts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *dummy):
            """Nothing: pytest has enough to print."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", texts
    finally:
        server.shutdown()
        server.server_close()


def free_port(address):
    """A port of this address of this machine on which nobody listens."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def post(url, ca, token, event):
    """The status with which a webhook answers, whose certificate this authority has signed."""
    request = urllib.request.Request(url, json.dumps(event).encode(), {"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE, context=ssl.create_default_context(cafile=str(ca))) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
