# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to look at votequorum on a node of the lab: in a Python there, and by votequorum_info through a real Ansible."""

import base64
import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

import ansible
from run import kept_modules

PYTHON = "/usr/bin/python3"
LIBRARY = "/var/tmp/module-library"

# Set up for every program that is run in a node
PRELUDE = """\
import json, os, select, signal, subprocess, sys, threading, time
sys.path.insert(0, "/opt/collections")
from ansible_collections.corosync.quorum.plugins.module_utils._node.judged import observe
from ansible_collections.corosync.quorum.plugins.module_utils._node.observe import Observer
from ansible_collections.corosync.quorum.plugins.module_utils._corosync import errors
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.cmap import Cmap
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.constants import *
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.deadline import Deadline, Lane
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.quorum import Quorum
from ansible_collections.corosync.quorum.plugins.module_utils._corosync.votequorum import *

def tried(function, *args):
    # What came of a call, and how long it took: {error, reason, message, seconds, value}.
    start = time.monotonic()
    try:
        value = function(*args)
        told = {"error": None, "reason": None, "message": "", "value": value}
    except errors.QuorumError as exc:
        told = {"error": type(exc).__name__, "reason": exc.reason, "message": str(exc), "value": None}
    told["seconds"] = time.monotonic() - start
    return told
"""


def program(node, source, *args, user=None, interpreter=PYTHON, timeout=120):
    """Run a program behind PRELUDE in a node and return what it printed, as JSON. It may print one value."""
    done = node.run([interpreter, "-"] + list(args), input=PRELUDE + source, user=user, timeout=timeout, env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr, done.stderr
    return json.loads(done.stdout)


class Background:
    """A program that runs in a node during a `with`, which is entered as soon as the program has made its file `ready`.

    Leaving removes the file, and waits for the program. answer: what it printed.
    """

    def __init__(self, node, source, ready, *args):
        self.answer = None
        self._node, self._ready = node, ready
        self._error = None
        self._thread = threading.Thread(target=self._run, args=(source, args))

    def _run(self, source, args):
        try:
            self.answer = program(self._node, source, *args)
        except Exception as exc:  # pylint: disable=broad-exception-caught
            self._error = exc  # raised where the program is waited for

    def __enter__(self):
        self._node.run(["rm", "-f", self._ready])
        self._thread.start()
        deadline = time.monotonic() + 60
        while self._node.run(["test", "-e", self._ready], check=False).returncode:
            assert self._thread.is_alive() and time.monotonic() < deadline, f"the program made no {self._ready}: {self._error}"
            time.sleep(0.05)
        return self

    def __exit__(self, *dummy):
        self._node.run(["rm", "-f", self._ready])
        self._thread.join()
        if self._error:
            raise self._error


def look(node, timeout, user=None, interpreter=PYTHON):
    """What observe() says in a node, see `tried`."""
    return program(node, "print(json.dumps(tried(observe, float(sys.argv[1]))))", str(timeout), user=user, interpreter=interpreter)


# Kernel documentation, scheduler/sched-stats: the second number of a task is how long it was ready to run, in nanoseconds. It is gone with the task,
# so each thread leaves its own as its last act.
STARVED = """
left = {}
run = threading.Thread.run

def waited(task):
    with open("/proc/%s/schedstat" % task) as file:
        return int(file.read().split()[1]) / 1e9

def run_and_leave(thread):
    try:
        run(thread)
    finally:
        left[os.path.basename(os.readlink("/proc/thread-self"))] = waited("thread-self")

threading.Thread.run = run_and_leave
told = tried(observe, float(sys.argv[1]))
for task in os.listdir("/proc/self/task"):
    try:
        left[task] = waited("self/task/" + task)
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has just ended
told["starved"] = sum(left.values())
print(json.dumps(told))
"""


def look_of_the_starved(node, timeout):
    """As look(). starved: how many seconds this process was kept from running, as when corosync, which has realtime priority, needs all processors."""
    return program(node, STARVED, str(timeout))


def _module_library():
    """What a module finds of Ansible on a node (module_utils below an empty package), as a compressed tar in base64."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=1) as tar:
        tar.addfile(tarfile.TarInfo("ansible/__init__.py"))
        tar.add(
            str(pathlib.Path(ansible.__file__).with_name("module_utils")),
            "ansible/module_utils",
            filter=lambda item: None if "__pycache__" in item.name else item,
        )
    return base64.b64encode(archive.getvalue()).decode("ascii")


def put_module_library(node):
    """Let `module` work on a node."""
    node.run(["sh", "-c", f"mkdir -p {LIBRARY} && base64 -d | tar -xz -C {LIBRARY}"], input=_module_library())


# A module's own process. How long the module takes is measured in it: what Python takes to start and to import is the machine's.
TIMED = """
import importlib, sys, time
module = importlib.import_module("ansible_collections.corosync.quorum.plugins.modules." + sys.argv.pop())
start = time.monotonic()
try:
    module.main()
finally:
    print("\\n%.3f" % (time.monotonic() - start))
"""


def run_module(node, name, arguments, user=None, interpreter=PYTHON):
    """A module of the collection on a node, with these arguments: its result, and in `seconds` how long it took."""
    done = node.run(
        [interpreter, "-c", TIMED, name],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        user=user,
        check=False,
        timeout=120,
        env={"PYTHONPATH": "/opt/collections:" + LIBRARY, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.stderr == "", done.stderr
    told, _end_of_line, seconds = done.stdout.rstrip().rpartition("\n")
    result = json.loads(told)
    assert bool(done.returncode) == bool(result.get("failed"))
    result.pop("invocation", None)
    return dict(result, seconds=float(seconds))


def module(node, user=None, interpreter=PYTHON, **arguments):
    """votequorum_info on a node, see `run_module`."""
    return run_module(node, "votequorum_info", arguments, user, interpreter)


def play(lab, node, *tasks):
    """Run votequorum_info on a node by ansible-playbook, as often as there are tasks, whatever each comes to. Returns their results, a list.

    tasks: (arguments, keywords of the task) each, both dicts.
    """
    names = [f"result{number}" for number in range(len(tasks))]
    with tempfile.TemporaryDirectory() as folder:
        book, answer = pathlib.Path(folder, "play.json"), pathlib.Path(folder, "answer.json")
        written = [
            dict(keywords, register=name, ignore_errors=True, **{"corosync.quorum.votequorum_info": arguments})
            for (arguments, keywords), name in zip(tasks, names)
        ]
        written.append(
            {
                "ansible.builtin.copy": {"dest": str(answer), "content": f"{{{{ [{', '.join(names)}] | to_json }}}}", "mode": "0600"},
                "delegate_to": "localhost",
                "vars": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            }
        )
        book.write_text(json.dumps([{"hosts": node.name, "gather_facts": False, "tasks": written}]), encoding="utf-8")
        command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), str(book)]
        environment = dict(os.environ, ANSIBLE_CONFIG=str(lab.ansible_cfg), ANSIBLE_LOCALHOST_WARNING="false", LC_ALL="C.UTF-8", **kept_modules.environment())
        for name in ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_INVENTORY"):
            environment.pop(name, None)
        done = subprocess.run(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert answer.exists(), done.stdout
        assert "Traceback" not in done.stdout, done.stdout
        return json.loads(answer.read_text(encoding="utf-8"))
