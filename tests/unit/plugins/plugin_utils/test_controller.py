# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who runs a play, by real processes: alive, dead, a zombie, hidden, and a pid that another process has by now."""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.corosync.quorum.plugins.plugin_utils import _controller as tested

HAS_PROC = pytest.mark.skipif(not pathlib.Path("/proc/self/stat").exists(), reason="this system has no /proc")


@pytest.fixture(name="sleeper")
def _sleeper() -> t.Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def start_of(pid: int) -> int:
    found = tested._stat(pid)
    assert found is not None
    return found[1]


@HAS_PROC
def test_a_process_that_runs(sleeper: subprocess.Popen[bytes]) -> None:
    start = start_of(sleeper.pid)
    assert tested.lives(sleeper.pid, start)
    assert not tested.lives(sleeper.pid, start - 1), "another process has its pid by now"


@HAS_PROC
def test_one_that_has_ended_and_was_not_looked_at_yet(sleeper: subprocess.Popen[bytes]) -> None:
    start = start_of(sleeper.pid)
    os.kill(sleeper.pid, signal.SIGKILL)
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert not tested.lives(sleeper.pid, start), "a zombie does nothing any more"
    sleeper.wait()
    assert not tested.lives(sleeper.pid, start)


def test_one_that_is_there_and_cannot_be_looked_at(sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """As where /proc is mounted with hidepid=2, and another user runs it."""
    monkeypatch.setattr(tested, "PROC", tmp_path)
    assert tested.lives(sleeper.pid, 42)

    def denied(*dummy: t.Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", denied)
    assert tested.lives(sleeper.pid, 42)


def test_a_pid_that_no_kernel_has() -> None:
    assert tested.lives(2**80, 42), "when in doubt it is alive"


@HAS_PROC
def test_the_process_is_the_parent_of_the_one_that_runs_an_action() -> None:
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    worker = context.Process(target=lambda: answers.put(tested.process()))
    worker.start()
    found = answers.get(timeout=20)
    worker.join(20)
    assert (found.pid, found.start_time) == (os.getpid(), start_of(os.getpid()))
    assert found == tested.process() and found.is_known
    assert found.boot_id == pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    assert os.readlink("/proc/self/ns/pid") == f"pid:[{found.pid_namespace}]"


@HAS_PROC
def test_a_program_with_an_odd_name(tmp_path: pathlib.Path) -> None:
    program = tmp_path / "a) S 1 (b"
    program.symlink_to(os.path.realpath(sys.executable))
    with subprocess.Popen([str(program), "-c", "import time; print(flush=True); time.sleep(60)"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline()
        assert tested.lives(process.pid, start_of(process.pid)) and start_of(process.pid) > start_of(os.getpid()) - 1
        process.kill()


def test_a_system_that_has_no_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setattr(tested, "PROC", tmp_path)
    found = tested.process()
    assert (found.boot_id, found.pid_namespace, found.start_time) == (None, None, None) and found.pid == os.getpid() and not found.is_known


def test_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tested.context, "CLIARGS", {"args": ("site.yml", "more.yml")})
    monkeypatch.setenv("SUDO_USER", "alice")
    assert tested.who({}) == {"user": "alice", "playbook": "site.yml more.yml", "controller": tested.socket.gethostname()}
    assert tested.who({"awx_user_name": "bob"})["user"] == "bob"
    monkeypatch.delenv("SUDO_USER")
    monkeypatch.setattr(tested.context, "CLIARGS", {})

    def nobody() -> str:
        raise KeyError

    assert tested.who({})["user"] and tested.who({})["playbook"] == ""
    monkeypatch.setattr(tested.getpass, "getuser", nobody)
    assert tested.who({})["user"] == f"uid {os.getuid()}"
