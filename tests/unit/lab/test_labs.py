# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and limits of labs, and what they find on the machine they run on."""

import ipaddress
import os
import signal
import subprocess
import threading

import pytest
from lab import Lab, LabError, host, image, inventory, machine
from lab import __main__ as command
from lab.node import MARK, Node


@pytest.mark.parametrize("nodes", [0, 17, -1, "3", None])
def test_a_lab_of_an_impossible_size_is_refused(nodes):
    with pytest.raises(LabError, match="1 to 16 nodes"):
        Lab(nodes=nodes)


def test_an_unknown_suite_is_refused_with_the_known_ones():
    with pytest.raises(LabError, match="bookworm, trixie, bullseye, forky"):
        Lab(suite="buster")


def test_labs_of_two_checkouts_or_two_names_share_nothing(monkeypatch, tmp_path):
    labs = [Lab("one"), Lab("two")]
    monkeypatch.setattr(host, "CHECKOUT", tmp_path)
    labs += [Lab("one"), Lab("two")]
    assert len({lab.id for lab in labs}) == len({lab.bridge for lab in labs}) == len({lab.folder for lab in labs}) == 4


def test_names_of_network_links_fit_the_kernel():
    lab = Lab()
    assert len(lab.bridge) <= 15
    assert len(machine.Machine("/x", "/i", "node16", f"cq{lab.id}n16", lab.bridge).link) <= 15


def test_another_recipe_is_another_image(monkeypatch):
    before = image.key("bookworm")
    monkeypatch.setattr(image, "PACKAGES", image.PACKAGES + ("gcc",))
    assert image.key("bookworm") != before
    assert image.key("trixie") != image.key("bookworm")


@pytest.mark.parametrize(
    "sources, mirror",
    [
        ("deb http://one.example/debian bookworm main", "http://one.example/debian"),
        ("deb [arch=amd64 signed-by=/k.gpg] https://two.example/debian/ bookworm main", "https://two.example/debian/"),
        ("Types: deb\nURIs: https://three.example/debian\nSuites: bookworm", "https://three.example/debian"),
        ("# deb http://no.example/debian bookworm main\ndeb http://four.example/debian bookworm main", "http://four.example/debian"),
        ("deb http://five.example/ubuntu noble main", ""),
        ("deb http://six.example/debian-security bookworm-security main", ""),
        ("", ""),
    ],
)
def test_the_mirror_is_the_one_that_apt_uses(monkeypatch, sources, mirror):
    monkeypatch.delenv("QUORUM_LAB_MIRROR", raising=False)
    assert image.debian_mirror(sources) == mirror


def test_the_mirror_may_be_named(monkeypatch):
    monkeypatch.setenv("QUORUM_LAB_MIRROR", "http://mine.example/debian")
    assert image.debian_mirror("deb http://one.example/debian bookworm main") == "http://mine.example/debian"


def test_a_pid_counts_only_while_it_is_ours(tmp_path):
    mine = machine.Machine(tmp_path, "/image", "node1", "cq000000n1", "bridge")
    pid_file = tmp_path / "supervisor.pid"
    assert mine._own_pid("supervisor.pid") is None
    for text in ("", "nonsense", "999999999", str(os.getpid())):
        pid_file.write_text(text)
        assert mine._own_pid("supervisor.pid") is None
    with subprocess.Popen(["sh", "-c", "echo; read line", "x", str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()  # only now has it its command line for sure
        pid_file.write_text(str(process.pid))
        assert mine._own_pid("supervisor.pid") == process.pid
        process.communicate(b"\n")
    assert mine._own_pid("supervisor.pid") is None


def test_a_process_that_is_not_ours_any_more_is_not_killed():
    """Its number may have gone to another process since it was found."""
    with subprocess.Popen(["sleep", "60"]) as process:
        machine._kill([process.pid, 999999999], lambda pid: False)
        assert process.poll() is None
        machine._kill([process.pid], lambda pid: True)
        assert process.wait() == -signal.SIGKILL


def test_a_command_for_a_node_runs_nowhere_else(monkeypatch, tmp_path):
    """As where the node ended and its number went to a process of this machine, before nsenter looked at it."""
    mine = Node(machine.Machine(tmp_path, "/image", "node1", "cq000000n1", "bridge"), 1, ipaddress.IPv4Address("192.0.2.1"), tmp_path / "ssh_config", [])
    monkeypatch.setattr(mine.machine, "leader", lambda: 4711)
    command = mine.inside(["touch", str(tmp_path / "it ran")])
    assert command[:6] == ["nsenter", "-t", "4711", "-a", "--root", "--wd"]
    here = command[6:]
    monkeypatch.setattr(mine, "inside", lambda argv, user=None: here)
    with pytest.raises(LabError, match=r"node1 has ended meanwhile, or was made by an older version of the lab .*: nothing was run"):
        mine.run(["touch"], check=False)
    assert not (tmp_path / "it ran").exists()
    for mark, runs in (("cq000000n2\n", False), ("", False), ("cq000000n1\n", True)):
        (tmp_path / "mark").write_text(mark)
        done = subprocess.run([word.replace(MARK, str(tmp_path / "mark")) for word in here], timeout=60, check=False)
        assert (done.returncode == 0, (tmp_path / "it ran").exists()) == (runs, runs)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_is_given_to_the_user_of_sudo_is_not_behind_a_link(monkeypatch, tmp_path):
    monkeypatch.setenv("SUDO_UID", "1234")
    monkeypatch.setenv("SUDO_GID", "1234")
    roots, folder = tmp_path / "roots", tmp_path / "folder"
    roots.touch()
    folder.mkdir()
    (folder / "plain").touch()
    (folder / "link").symlink_to(roots)
    host.give_to_sudo_user(folder, ["plain", "link"])
    assert [os.lstat(path).st_uid for path in (folder, folder / "plain", folder / "link", roots)] == [1234, 1234, 1234, 0]
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(LabError, match="stays root's"):
        host.give_to_sudo_user(tmp_path / "link", ["roots"])
    assert roots.stat().st_uid == 0


def test_a_file_that_is_replaced_is_not_written_through_a_link(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "getpid", lambda: 7)
    victim, file = tmp_path / "victim", tmp_path / "file"
    (tmp_path / f"file.7-{threading.get_ident()}").symlink_to(victim)
    file.symlink_to(victim)
    inventory.replace_file(file, "new")
    assert file.read_text() == "new" and not file.is_symlink() and not victim.exists()


def test_a_lock_is_held_by_one_and_free_when_its_holder_ends(tmp_path):
    path = tmp_path / "lock"
    first = host.try_lock(path)
    assert host.try_lock(path) is None
    first.close()
    second = host.try_lock(path)
    assert second
    second.close()


def test_a_command_that_fails_is_told_with_its_last_words():
    with pytest.raises(LabError, match="`sh -c echo oops >&2; exit 3` ended with 3: oops"):
        host.run(["sh", "-c", "echo oops >&2; exit 3"])


def test_a_command_that_is_not_there_says_how_to_get_it():
    with pytest.raises(LabError, match="make lab-prepare"):
        host.run(["/nonexistent/command"])


def test_a_command_that_hangs_is_given_up():
    with pytest.raises(LabError, match="was not done after 0.1 s"):
        host.run(["sleep", "5"], timeout=0.1)


def test_down_takes_what_ended_test_sessions_left_and_nothing_else(monkeypatch, tmp_path, capsys):
    """The lab of molecule, which no session holds, stays while the checkout's tests run."""
    taken = []
    there = [Lab("live1", private=True), Lab("live2", private=True), Lab("molecule"), Lab("mine")]
    monkeypatch.setattr(host, "CHECKOUT", tmp_path)
    monkeypatch.setattr(host, "state_dir", lambda: tmp_path / "state")
    monkeypatch.setattr(command, "become_root", lambda module: None)
    monkeypatch.setattr(command, "all_labs", lambda: there)
    monkeypatch.setattr(Lab, "down", lambda lab: taken.append(lab.name))
    with command.session_lock(there[1]):
        assert command.main(["down"]) == 0
        assert sorted(taken) == ["lab", "live1", "molecule"]
        said = capsys.readouterr().err
        assert "lab: stopped; its nodes, disks and network are removed\n" in said
        assert "lab: stopped live1; its nodes, disks and network are removed\n" in said
        taken.clear()
        with host.try_lock(tmp_path / ".cache" / "run.lock"):
            assert command.main(["down"]) == 0
        assert sorted(taken) == ["lab", "live1"]
