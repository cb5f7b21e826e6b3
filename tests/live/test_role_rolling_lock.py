# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of the role rolling_upgrade on real clusters: runs side by side, killed ones, another controller, and a request to stop."""

import json
import signal

import pytest
from playing import Play
from upgrading import ALONE, DONE, MARK, ROLE, begin, failures, pids, upgraded

LOCK = "/var/lib/corosync-quorum/lock"
HELD = "Another run has the lock on "


def linger(until):
    """Tasks for a step that stays in it until a file is there. The file goes with the cluster."""
    return [{"name": "Stay a while", "ansible.builtin.command": f"timeout 400 sh -c 'until [ -e {until} ]; do sleep 0.1; done'", "changed_when": False}]


GO, GO_ON = "/etc/corosync/go", "/etc/corosync/go-on"
NOTHING = [{"name": "Drain it", "ansible.builtin.debug": {"msg": "nothing runs here"}}]


@pytest.fixture(name="folders")
def _folders(tmp_path):
    """Folders for two runs side by side."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    return tmp_path / "first", tmp_path / "second"


def locks(made):
    """Who has the lock, by node: the run's id, or nothing."""
    found = {node.name: node.run(["cat", LOCK], check=False).stdout for node in made}
    return {name: json.loads(text)["run_id"] if text else "" for name, text in found.items()}


def left(made):
    """Files that runs have left on the nodes."""
    return [node.run(["find", "/var/lib/corosync-quorum", "-type", "f"], check=False).stdout for node in made if node.is_on()]


def ended(play, timeout=90):
    """Its code, and what failed in it."""
    play.end(timeout)
    return play.process.returncode, "\n".join(failures(play))


def test_two_runs_in_the_same_second_in_opposite_orders(lab, cluster, folders):
    """One upgrades the cluster, the other one says who does. Without a lock both gates said yes, and quorum was lost."""
    made = cluster()
    made.wait_quorate()
    witness = made.watch()
    orders = ("inventory", "reverse_inventory")
    runs = [begin(lab, folder, made, {"upgrade": DONE}, plays=[dict(ALONE, order=order)]) for folder, order in zip(folders, orders, strict=True)]
    with runs[0], runs[1]:
        codes, said = zip(*(ended(run, 120) for run in runs), strict=True)
        assert sorted(map(bool, codes)) == [False, True], "\n".join(run.output for run in runs)
        loser = codes.index(max(codes))
        here = f"It runs on this controller as process {runs[1 - loser].process.pid}: wait for its end"
        assert HELD in said[loser] and here in said[loser] and "nothing was changed" in said[loser], said[loser]
    assert upgraded(made) == [1, 1, 1] and witness.losses() == []
    assert "Quorum was never lost on a node that was up." in (folders[1 - loser] / "report.html").read_text(encoding="utf-8")
    assert not any(left(made)), "nor did the loser end anything of the winner's"


def test_a_run_that_is_killed_in_any_phase(lab, cluster, tmp_path):
    """The next one on the same controller takes the lock over, and goes on where it was. So does the one after it, until one comes to its end.

    Now with its children, now without: then what a child has begun runs on for a moment.
    """
    made = cluster()
    made.wait_quorate()
    before = pids(made)
    steps = {
        "drain": NOTHING,
        "stop": [{"name": "Stop it", "ansible.builtin.service": {"name": "corosync", "state": "stopped"}}],
        "upgrade": DONE,
        "start": [{"name": "Start it", "ansible.builtin.service": {"name": "corosync", "state": "started"}}],
        "check": [{"name": "Check it", "ansible.builtin.debug": {"msg": "it is well"}}],
    }
    only = {"rolling_upgrade_needed": "{{ inventory_hostname == 'node3' }}"}
    seen = set()
    for number, step in enumerate(["", *steps]):
        stays = {step: steps[step] + linger(GO)} if step else {}
        with begin(lab, tmp_path, made, dict(steps, **stays), rolling_upgrade_watch=not step, **only) as play:
            play.until("Stay a while" if step else "TASK [corosync.quorum.rolling_upgrade : Start recording quorum", timeout=60)
            play.signal(signal.SIGKILL, whole_group=number % 2 == 0)
            play.process.wait(10)
            (run_id,) = set(locks(made).values())
            seen.add(run_id)
            assert [node.name for node in made if node.run(["test", "-e", MARK], check=False).returncode == 0] == (["node3"] if step else [])
    assert len(seen) == 6 and "" not in seen, "each run has a lock of its own"
    with begin(lab, tmp_path, made, steps, **only) as play:
        code, said = ended(play, 120)
        assert not code, said
    made.wait_ring()
    assert upgraded(made) == [0, 0, 2], "the upgrade of node3 was interrupted once behind its tasks"
    assert {name for name, pid in pids(made).items() if pid != before[name]} == {"node3"} and not any(left(made))


def test_one_run_at_a_time(lab, cluster, folders, tmp_path):
    """While one run drains node3: a gate alone is refused. So is a run in a container that looks like the controller of the first one: it has the same
    boot, and may have the same pids, but cannot see the process. Told which run, it takes over. The first run notices that at its next gate, and ends
    without touching anything of the second's. Then somebody asks the second one to stop: it brings node3 to its end before.
    """
    made = cluster()
    made.wait_quorate()
    before, witness = pids(made), made.watch()
    everyone = [node.name for node in made]
    alone = [{"ansible.builtin.import_role": {"name": ROLE, "tasks_from": "before_stop"}}]
    container = tmp_path / "ansible-playbook"
    container.write_text(f'#!/bin/sh\nexec unshare --pid --fork --mount-proc --kill-child {Play.program("ansible-playbook")} "$@"\n', encoding="utf-8")
    container.chmod(0o755)
    with begin(lab, folders[0], made, {"drain": linger(GO), "upgrade": DONE}) as first:
        first.until("Stay a while", timeout=60)
        (run_id,) = set(locks(made).values())
        with begin(lab, folders[1], made, plays=[{"hosts": "node1", "tasks": alone}], rolling_upgrade_hosts=everyone) as gate:
            code, said = ended(gate)
            assert code and "Refused to stop node1: another run has the lock on node2: run " in said, said
            assert said.endswith("When this is corrected, run the playbook again."), said
        steps = {"drain": NOTHING, "upgrade": DONE + linger(GO_ON)}
        with begin(lab, folders[1], made, steps, ansible_playbook=container) as refused:
            code, said = ended(refused)
            advice = f"This controller cannot see whether it still runs. If it is over, run this again with -e quorum_lock_take_over={run_id}."
            assert code and f"{HELD}node1, node2, node3: run {run_id} of the role rolling_upgrade, started at " in said and advice in said, said
        assert set(locks(made).values()) == {run_id}, "whoever is refused leaves it alone"
        with begin(lab, folders[1], made, steps, ansible_playbook=container, quorum_lock_take_over=run_id) as second:
            second.until("Stay a while", timeout=60)
            made[3].run(["touch", GO])
            code, said = ended(first)
            assert code and "Refused to stop node3: another run has the lock on node1: run " in said and "It is drained, and runs on." in said, said
            with Play(
                lab, [{"corosync.quorum.quorum_lock": {"state": "stop_requested"}}], hosts="all", arguments=["-i", str(folders[0] / "inventory.yml")]
            ) as ask:
                assert [bool(result.result["lock"]["stop_requested"]) for result in ask.end()] == [True] * 3
            assert run_id not in locks(made).values(), "it left that of the second one alone"
            made[3].run(["touch", GO_ON])
            code, said = ended(second)
            assert code and "Refused to stop node2: somebody asked this run to stop before its next node (at " in said, said
    assert upgraded(made) == [0, 0, 1] and {name for name, pid in pids(made).items() if pid != before[name]} == {"node3"}
    assert witness.losses() == [] and set(locks(made).values()) == {""}
    assert "Quorum was never lost on a node that was up." in (folders[1] / "report.html").read_text(encoding="utf-8")


def test_gates_alone_have_a_lock_from_the_preflight_to_the_finish(lab, cluster, tmp_path):
    made = cluster()
    made.wait_quorate()
    look = {"ansible.builtin.command": f"cat {LOCK}", "register": "lock", "changed_when": False}
    same = {"ansible.builtin.assert": {"that": "(lock.stdout | from_json).run_id == rolling_upgrade_plan.run_id"}}
    phases = [{"ansible.builtin.import_role": {"name": ROLE, "tasks_from": phase}} for phase in ("preflight", "before_stop", "after_start", "finish")]
    play = {"hosts": "node1", "tasks": [*phases[:2], look, same, *phases[2:]]}
    with begin(lab, tmp_path, made, plays=[play], rolling_upgrade_hosts=[node.name for node in made]) as gates:
        code, said = ended(gates)
        assert not code, said
    assert not any(left(made))


def test_what_is_refused_leaves_nothing(lab, cluster, tmp_path):
    """A lock that cannot be written, check mode beside another run, and state files that are none: all of it is looked at before anything is changed."""
    made = cluster()
    made.wait_quorate()
    before = pids(made)
    made[2].sh(f"mkdir -p -m 700 /var/lib/corosync-quorum; : >{MARK}")
    made[3].sh("mkdir -p /var/lib/corosync-quorum; mount -t tmpfs -o ro,mode=700 tmpfs /var/lib/corosync-quorum")
    try:
        with begin(lab, tmp_path, made) as play:
            code, said = ended(play)
            assert code and "Cannot take the lock /var/lib/corosync-quorum/lock on node3: Read-only file system." in said, said
            assert "The upgrade did not begin, and nothing was changed." in said
            plans = [result.result for result in play.results if result.task.endswith("Check that the upgrade can start")]
            assert plans[0]["resumed"] == ["node2"], "what a power cut left of a mark is an upgrade to be done again"
        assert set(locks(made).values()) == {""}, "what was taken on the nodes before it was given back"
    finally:
        made[3].sh("umount /var/lib/corosync-quorum")
    made[2].sh(f"rm {MARK}; install -d -m 777 /srv/open; mkdir -p /srv/a; ln -sfn /etc/passwd /srv/a/link")
    odd = "{{ {'node1': '/etc', 'node2': '/srv/open/mark', 'node3': '/srv/a/link'}[inventory_hostname] }}"
    made[3].sh("mkdir -p /srv/a; ln -sfn /etc/passwd /srv/a/link")
    with begin(lab, tmp_path, made, rolling_upgrade_state_file=odd) as play:
        code, said = ended(play)
        for words in ("On node1: Cannot read the state file of the upgrade: /etc is a folder.", "/srv/open can be written by other users", "a symbolic link"):
            assert code and words in said and "nothing was changed" in said, said
    assert made[1].run(["cat", "/etc/passwd"]).stdout.startswith("root:")
    lock = {"run_id": "f" * 16, "user": "alice", "boot_id": "another", "pid_namespace": 1, "pid": 7, "start_time": 42}
    made[1].sh(f"umask 077; mkdir -p /var/lib/corosync-quorum; : >{LOCK}")
    made[2].sh(f"umask 077; mkdir -p /var/lib/corosync-quorum; printf %s '{json.dumps(lock)}' >{LOCK}")
    with begin(lab, tmp_path, made, arguments=["--check"]) as play:
        code, said = ended(play)
        assert code and f"{HELD}node2: run {'f' * 16}, started by alice." in said, said
        assert f"On node1 nobody can say which run has the lock: {LOCK} on node1 is not what the roles of this collection write there" in said, said
    assert locks(made)["node2"] == "f" * 16 and pids(made) == before
